"""From training data to a trained state: which grains have data, the stages of training, what is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.sparse import csr_array

from recsys.fused.batches import Behaviour
from recsys.fused.checkpoint import remove_checkpoint
from recsys.fused.config import ORDER, FusedConfig
from recsys.fused.graph import edges, leading_directions, ties
from recsys.fused.known import know
from recsys.fused.language import Whitening, learn_whitening
from recsys.fused.network import Network, Parts, Vectors
from recsys.fused.state import FusedState
from recsys.fused.training import Run, Watched, finished, grains_in_words, train
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.held_out import hold_out, people_with_targets
from recsys.schema import Granularity as Grain
from recsys.sparse import ones_at

if TYPE_CHECKING:
    from recsys.fused.model import FusedModel

Watcher = Callable[[int, FusedState], None]
"""Told after each epoch: its number, from 1, and the state as it is now."""
_SEARCH, _FINAL = "search", "final"


def fit_state(model: FusedModel, data: TrainingData, data_hash: str) -> tuple[FusedState, list[str]]:
    """Train as the model's configuration says; return the state and notes for the card."""
    config, notes = model.config, []
    whitening = None if model.language is None else learn_whitening(model.language, config.language_dim)
    key = _key(config, data_hash, model)
    epochs = config.epochs
    run = Run(key=key, folder=model.checkpoints, tell=model.tell)
    kept, out = hold_out(data.interactions, config.held_out, config.seed) if config.held_out else (None, None)
    rows = (
        people_with_targets(out, config.measure_people, config.seed) if out is not None else np.zeros(0, int)
    )
    network: Network | None = None
    if kept is not None and out is not None and len(rows):
        done = finished(run, _FINAL)
        if done is not None:
            epochs = done.epochs
        else:
            part = _part_of(data, kept)
            parts, behaviour = _prepare(model, part, whitening)
            known = know(_people(part, rows), config, parts.scenes)
            watched = Watched(known, kept[rows], out[rows])
            network, progress = train(parts, behaviour, config, run, _SEARCH, epochs, watched)
            epochs = max(1, progress.best_epoch)
            model.tell(f"Best after epoch {epochs}: NDCG@20 {progress.best_value:.4f} on what was set aside")
    elif config.held_out:
        notes.append("No history was long enough to set a part aside; all epochs were trained.")
    if network is None or config.refit:
        parts, behaviour = _prepare(model, data, whitening)
        watch = model.watch

        def measured(epoch: int, vectors: Vectors, current: Network) -> None:
            if watch is not None:
                watch(epoch, _state(parts, config, vectors, current, whitening))

        run = Run(key, model.checkpoints, model.tell, measured if watch is not None else None)
        network, _ = train(parts, behaviour, config, run, _FINAL, epochs, None)
    with torch.no_grad():
        state = _state(parts, config, network.all_vectors(), network, whitening)
    if model.checkpoints is not None:
        remove_checkpoint(model.checkpoints)
    left_out = [grain for grain in ORDER if grain in config.granularities and grain not in state.grains]
    if left_out:
        notes.append(f"Left out, because the data has nothing for them: {grains_in_words(left_out)}.")
    if edges(parts.ties) * config.layers > config.max_edges:
        notes.append(f"Trained over samples of the graph: {edges(parts.ties):,} ties are past the budget.")
    if model.language is not None and model.encode is None and Grain.TEXT in state.grains:
        notes.append("No encoder was given; what people say in words is not read.")
    notes.append(f"Trained for {epochs} epochs.")
    return state, notes


def _prepare(model: FusedModel, data: TrainingData, whitening: Whitening | None) -> tuple[Parts, Behaviour]:
    config = model.config
    met = data.interactions.tocsr().astype(np.float32)
    met.eliminate_zeros()
    met.sort_indices()
    language = None if whitening is None or model.language is None else whitening(model.language)
    has = {
        Grain.BEHAVIOUR: True,
        Grain.ATTRIBUTES: data.attributes.shape[0] > 0,
        Grain.GRAPH: bool(data.relations),
        Grain.TEXT: language is not None,
        Grain.SEQUENCE: any(len(sequence) for sequence in data.sequences),
        Grain.SOCIAL: data.social is not None and data.social.nnz > 0,
        Grain.CONTEXT: bool(model.contexts),
        Grain.POPULARITY: True,
    }
    grains = tuple(grain for grain in ORDER if grain in config.granularities and has[grain])
    scenes = {name: cells for name, cells in sorted(data.scenes.items()) if name != "default"}
    parts = Parts(
        n_items=met.shape[1],
        ties=ties(data, config.met, config.entities, config.neighbours) if config.layers else {},
        attributes=data.attributes if Grain.ATTRIBUTES in grains else None,
        relations=dict(sorted(data.relations.items())) if Grain.GRAPH in grains else {},
        language=language,
        directions=_directions(met, data, config),
        met=np.bincount(met.indices, minlength=met.shape[1]).astype(np.float32),
        scenes=("default", *scenes),
        contexts=tuple(sorted(model.contexts)) if Grain.CONTEXT in grains else (),
        grains=grains,
    )
    social = None
    if Grain.SOCIAL in grains and data.social is not None:
        social = csr_array(data.social.tocsr().astype(np.float32) @ met)
    contexts: Mapping[str, csr_array] = {name: model.contexts[name].tocsr() for name in parts.contexts}
    return parts, Behaviour(
        met=met,
        sequences=data.sequences if Grain.SEQUENCE in grains else (),
        scenes={name: cells.tocsr() for name, cells in scenes.items()},
        contexts=contexts,
        social=social,
    )


def _directions(met: csr_array, data: TrainingData, config: FusedConfig) -> FloatMatrix | None:
    if not config.spectral_start:
        return None
    others = [data.attributes, *(data.relations[name] for name in sorted(data.relations))]
    others = [other for other in others if other.nnz]
    weight = config.start_entities / max(1, len(others))
    return leading_directions(met, others, weight, config.dim, config.seed)


def _state(
    parts: Parts, config: FusedConfig, vectors: Vectors, network: Network, whitening: Whitening | None
) -> FusedState:
    def array(tensor: torch.Tensor) -> np.ndarray:
        return tensor.detach().float().cpu().numpy().copy()

    bias = array(vectors.bias)
    if (parts.met > 0).any():
        # What nobody met was never to be found, so it starts where the least liked of the others are.
        bias[parts.met == 0] = bias[parts.met > 0].min()
    with torch.no_grad():
        return FusedState(
            grains=parts.grains,
            scenes=parts.scenes,
            contexts=parts.contexts,
            relations=network.relations,
            items=array(vectors.candidates),
            roles={grain: array(role) for grain, role in vectors.roles.items()},
            bias=bias,
            lambdas=array(network.lambda_table()),
            gates=array(network.open_gates()),
            scene_vectors=array(network.scenes),
            context_vectors=array(network.contexts),
            recency=array(torch.exp(network.recency)),
            text_map=array(network.text_map),
            whitening=whitening if Grain.TEXT in parts.grains else None,
        )


def _part_of(data: TrainingData, kept: csr_array) -> TrainingData:
    """Return the data without the meetings that are set aside, wherever they would show."""
    rows = kept.tocsr()
    present = ones_at(*rows.nonzero(), rows.shape)

    def without(sequence: np.ndarray, row: int) -> np.ndarray:
        mine = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
        return np.asarray(sequence)[np.isin(sequence, mine)]

    return TrainingData(
        interactions=kept,
        attributes=data.attributes,
        texts=data.texts,
        sequences=tuple(without(np.asarray(s), row) for row, s in enumerate(data.sequences)),
        scenes={name: csr_array(cells.multiply(present)) for name, cells in data.scenes.items()},
        relations=data.relations,
        social=data.social,
    )


def _people(data: TrainingData, rows: np.ndarray) -> Users:
    social = None
    if data.social is not None:
        social = csr_array(data.social.tocsr()[rows] @ data.interactions)
    return Users(
        history=data.interactions[rows],
        sequences=[data.sequences[row] for row in rows] if data.sequences else (),
        social=social,
    )


def _key(config: FusedConfig, data_hash: str, model: FusedModel) -> str:
    digest = hashlib.sha256(data_hash.encode())
    digest.update(json.dumps(config.model_dump(mode="json"), sort_keys=True).encode())
    if model.language is not None:
        digest.update(np.ascontiguousarray(model.language).tobytes())
    for name, cells in sorted(model.contexts.items()):
        digest.update(name.encode() + cells.tocsr().indices.tobytes() + cells.tocsr().indptr.tobytes())
    return digest.hexdigest()
