"""The scoring modules of PyTorch Geometric, asked for all answers of a question at once.

`torch_geometric.nn.kge` holds the parameters and scores single triples. Ranking, and a softmax over entities,
need all entities for one question; for these three models that is one product of matrices.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch_geometric.nn.kge import (  # type: ignore[import-untyped]
    ComplEx,
    DistMult,
    KGEModel,
    RotatE,
)

from kg.embeddings.config import EmbeddingConfig, ModelName
from kg.embeddings.links import FloatMatrix

_MODELS: dict[ModelName, type[KGEModel]] = {"complex": ComplEx, "rotate": RotatE, "distmult": DistMult}
_START = 1e-3
"""Standard deviation of the first vectors of the two product models (Lacroix et al., 2018)."""


def make_model(config: EmbeddingConfig, n_entities: int, n_relations: int) -> KGEModel:
    """Return a module with 2R relations, for each its reciprocal too; seeded by `config.seed`.

    Takes the state of torch's random numbers and gives it back.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = _MODELS[config.model](
            n_entities, 2 * n_relations, config.dim, sparse=0 < config.negatives < n_entities
        )
        if config.model != "rotate":
            for weight in model.parameters():
                torch.nn.init.normal_(weight, std=_START)
    return model


def queries(model: KGEModel, entity: Tensor, relation: Tensor) -> Tensor:
    """Return the vectors with which the answers are compared, shape (n, width)."""
    if isinstance(model, DistMult):
        return torch.mul(model.node_emb(entity), model.rel_emb(relation))
    real, imaginary = model.node_emb(entity), model.node_emb_im(entity)
    turn = relation_parts(model, relation)
    half = turn.shape[1] // 2
    r_real, r_imaginary = turn[:, :half], turn[:, half:]
    return torch.cat(
        [real * r_real - imaginary * r_imaginary, real * r_imaginary + imaginary * r_real], dim=1
    )


def relation_parts(model: KGEModel, relation: Tensor) -> Tensor:
    """Return relation vectors, shape (n, width): real then imaginary parts, or real numbers for DistMult."""
    chosen: Tensor = model.rel_emb(relation)
    if isinstance(model, DistMult):
        return chosen
    if isinstance(model, RotatE):
        return torch.cat([torch.cos(chosen), torch.sin(chosen)], dim=1)
    return torch.cat([chosen, model.rel_emb_im(relation)], dim=1)


def entity_vectors(model: KGEModel, entity: Tensor | None = None) -> Tensor:
    """Return the vectors of these entities, or of all, shape (n, width).

    Where wrong answers are drawn, the gradient of looked-up rows is sparse: a step then costs what it touches,
    not what the graph has.
    """
    tables = [model.node_emb] if isinstance(model, DistMult) else [model.node_emb, model.node_emb_im]
    parts: list[Tensor] = [table.weight if entity is None else table(entity) for table in tables]
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def scores(model: KGEModel, asked: Tensor, answers: Tensor) -> Tensor:
    """Compare queries (n, width) with entity vectors (m, width): (n, m), the module's own scores.

    RotatE's constant margin is left out: no softmax and no rank sees it.
    """
    product = asked @ answers.T
    if not isinstance(model, RotatE):
        return product
    squared = asked.square().sum(1)[:, None] + answers.square().sum(1)[None, :] - 2.0 * product
    return -squared.clamp_min(1e-12).sqrt()


def n3(model: KGEModel, entity: Tensor, relation: Tensor, answer: Tensor) -> Tensor:
    """Return the mean over triples of the cubed moduli of the three vectors (Lacroix et al., 2018)."""
    total = torch.zeros(())
    ends = entity_vectors(model, entity), entity_vectors(model, answer)
    for chosen in (*ends, relation_parts(model, relation)):
        if isinstance(model, DistMult):
            total = total + chosen.abs().pow(3).sum()
        else:
            half = chosen.shape[1] // 2
            squared = chosen[:, :half].square() + chosen[:, half:].square()
            total = total + squared.clamp_min(1e-20).pow(1.5).sum()
    return total / len(entity)


def arrays(model: KGEModel) -> tuple[FloatMatrix, FloatMatrix]:
    """Return copies of the entity and relation vectors as `GraphEmbeddings` holds them."""
    with torch.no_grad():
        relations = relation_parts(model, torch.arange(model.num_relations))
        return entity_vectors(model).numpy().copy(), relations.numpy().copy()
