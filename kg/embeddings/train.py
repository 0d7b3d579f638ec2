"""Learning embeddings: a softmax over entities for each question, Adagrad, early stopping on validation.

The loss is the one of Lacroix et al. (2018): every edge is asked in both directions, the reverse through a
relation of its own, and each answer competes with all entities. Questions with several answers are scored
once for all of them, which gives the same gradient for about half the work.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch_geometric.nn.kge import KGEModel  # type: ignore[import-untyped]

from kg.embeddings import scoring
from kg.embeddings.checkpoint import Progress, read_checkpoint, write_checkpoint
from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.edges import EdgeSplit
from kg.embeddings.links import Questions, figures_of, link_ranks, questions
from kg.embeddings.vectors import EmbeddingCard, GraphEmbeddings
from kg.graph import GraphError

_VERSIONED = ("tastegraph", "torch", "torch-geometric", "numpy", "safetensors")


def train_embeddings(
    split: EdgeSplit,
    config: EmbeddingConfig | None = None,
    progress: Callable[[str], None] = lambda _: None,
    checkpoint: Path | None = None,
) -> GraphEmbeddings:
    """Learn from `split.train` and return the vectors of the epoch with the best MRR on `split.valid`.

    With `checkpoint`, a file, each look at validation is kept there and an interrupted run goes on from it:
    the result is the same as without the interruption. Deterministic for the same split, configuration and
    number of threads. Raises `GraphError` when training diverges or the checkpoint is of something else.
    """
    config = config or EmbeddingConfig()
    graph = split.graph
    asked = questions(split.train, len(graph.relations))
    model = scoring.make_model(config, len(graph.entities), len(graph.relations))
    optimiser = torch.optim.Adagrad(model.parameters(), lr=config.lr)
    key = f"{graph.data_hash}/{_hash(split)}/{config.model_dump_json(exclude={'epochs'})}"
    state = _resume(model, optimiser, checkpoint, key) or Progress()
    while state.epoch < config.epochs and state.worse < config.patience:
        loss = _epoch(model, optimiser, asked, config, state.epoch)
        state.epoch += 1
        if not np.isfinite(loss):
            raise GraphError(
                f"Training diverged in epoch {state.epoch}. Choose a smaller step size than {config.lr}."
            )
        if state.epoch % config.evaluate_every and state.epoch < config.epochs:
            continue
        mrr = _validation_mrr(model, split, config)
        state.worse += 1
        if mrr > state.best_mrr:
            state.best_mrr, state.best_epoch, state.worse = mrr, state.epoch, 0
            for name, weight in model.named_parameters():
                state.tensors[f"best.{name}"] = weight.detach().clone()
        progress(f"Epoch {state.epoch}: loss {loss:.3f}, MRR on validation {mrr:.4f}")
        if checkpoint is not None:
            _note(model, optimiser, state)
            write_checkpoint(checkpoint, key, state)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(state.tensors[f"best.{name}"])
    return _embeddings(model, split, config, state.best_epoch)


def _epoch(
    model: KGEModel, optimiser: torch.optim.Optimizer, asked: Questions, config: EmbeddingConfig, epoch: int
) -> float:
    """Go through all questions once, in an order that the seed and the epoch give; return the mean loss."""
    rng = np.random.default_rng([config.seed, epoch])
    order = rng.permutation(len(asked.entity))
    total = 0.0
    for begin in range(0, len(order), config.batch):
        chosen = order[begin : begin + config.batch]
        loss, nats = _loss(model, asked, chosen, config, rng)
        total += nats
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.sparse.check_sparse_tensor_invariants(False):  # type: ignore[no-untyped-call]
            optimiser.step()
    return total / len(asked.answer)


def _loss(
    model: KGEModel,
    asked: Questions,
    chosen: NDArray[np.int64],
    config: EmbeddingConfig,
    rng: np.random.Generator,
) -> tuple[Tensor, float]:
    """Return what these questions are to minimise, and their nats summed over the answers."""
    answer, line = asked.answers_of(chosen)
    place, ids = answer, None
    if 0 < config.negatives < model.num_nodes:
        drawn = rng.choice(model.num_nodes, config.negatives, replace=False)
        found, place = np.unique(np.r_[answer, drawn], return_inverse=True)
        ids, place = torch.from_numpy(found), place.ravel()[: len(answer)]
    candidates = scoring.entity_vectors(model, ids)
    entity, relation = torch.from_numpy(asked.entity[chosen]), torch.from_numpy(asked.relation[chosen])
    logits = scoring.scores(model, scoring.queries(model, entity, relation), candidates)
    rows = torch.from_numpy(line)
    loss = (logits.logsumexp(1)[rows] - logits[rows, torch.from_numpy(place)]).mean()
    nats = float(loss.detach()) * len(answer)
    if config.n3 and config.model != "rotate":
        cubes = scoring.n3(model, entity[rows], relation[rows], torch.from_numpy(answer))
        loss = loss + config.n3 * cubes
    return loss, nats


def _validation_mrr(model: KGEModel, split: EdgeSplit, config: EmbeddingConfig) -> float:
    rows = np.random.default_rng(config.seed).permutation(len(split.valid))[: config.evaluated]
    known = np.concatenate([split.train, split.valid])
    vectors = _embeddings(model, split, config, 0)
    ranks = link_ranks(vectors.score, split.valid[np.sort(rows)], known, len(split.graph.relations))
    return figures_of(ranks).mrr


def _embeddings(model: KGEModel, split: EdgeSplit, config: EmbeddingConfig, epochs: int) -> GraphEmbeddings:
    entity, relation = scoring.arrays(model)
    card = EmbeddingCard(
        relations=split.graph.relations,
        config=config,
        epochs=epochs,
        data_hash=split.graph.data_hash,
        edges={"train": len(split.train), "valid": len(split.valid), "test": len(split.test)},
        versions={name: _version(name) for name in _VERSIONED},
    )
    return GraphEmbeddings(split.graph.entities, entity, relation, card)


def _note(model: KGEModel, optimiser: torch.optim.Optimizer, state: Progress) -> None:
    """Put what is needed to go on into `state.tensors`."""
    for name, weight in model.named_parameters():
        state.tensors[f"now.{name}"] = weight
        state.tensors[f"sum.{name}"] = optimiser.state[weight]["sum"]
        state.tensors[f"step.{name}"] = optimiser.state[weight]["step"].reshape(1)


def _resume(
    model: KGEModel, optimiser: torch.optim.Optimizer, checkpoint: Path | None, key: str
) -> Progress | None:
    """Put what the checkpoint holds into the model and the optimiser, and return how far it was."""
    state = read_checkpoint(checkpoint, key) if checkpoint is not None else None
    if state is None:
        return None
    with torch.no_grad():
        for name, weight in model.named_parameters():
            kept: dict[str, Tensor] = optimiser.state[weight]
            weight.copy_(state.tensors[f"now.{name}"])
            kept["sum"].copy_(state.tensors[f"sum.{name}"])
            kept["step"].copy_(state.tensors[f"step.{name}"].reshape(()))
    return state


def _hash(split: EdgeSplit) -> str:
    return hashlib.sha256(split.train.tobytes() + b"/" + split.valid.tobytes()).hexdigest()


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
