"""What is left of a training: the tensors that scoring needs, and how they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.errors import WorkspaceError
from recsys.fused.config import ORDER, FusedConfig
from recsys.fused.language import Whitening
from recsys.models.base import FloatMatrix
from recsys.models.persist import check_shape
from recsys.schema import Granularity as Grain

_NAME = "fused"
Row = NDArray[np.float32]


@dataclass(frozen=True)
class FusedState:
    """A trained model."""

    grains: tuple[Grain, ...]
    """Grains that take part, in the order of `ORDER`."""
    scenes: tuple[str, ...]
    contexts: tuple[str, ...]
    relations: tuple[str, ...]
    items: FloatMatrix
    """Shape (n_items, dim); the propagated vectors a_i."""
    roles: Mapping[Grain, FloatMatrix]
    """Grain to (n_items, dim): what one met item adds to z_k."""
    bias: Row
    """Shape (n_items,); the popularity prior."""
    lambdas: NDArray[np.float32]
    """Shape (scenes, buckets + 1, len(ORDER))."""
    gates: Row
    """Shape (relations,)."""
    scene_vectors: FloatMatrix
    """Shape (scenes, dim)."""
    context_vectors: FloatMatrix
    """Shape (contexts, dim)."""
    recency: Row
    """Shape (recent,); weight of each place of a sequence, the newest first."""
    text_map: FloatMatrix
    """Shape (language_dim, dim)."""
    whitening: Whitening | None

    @classmethod
    def empty(cls, config: FusedConfig) -> FusedState:
        """Return the state before any training."""
        none = np.zeros((0, config.dim), dtype=np.float32)
        return cls(
            grains=(),
            scenes=("default",),
            contexts=(),
            relations=(),
            items=none,
            roles={},
            bias=np.zeros(0, dtype=np.float32),
            lambdas=np.ones((1, len(config.buckets) + 1, len(ORDER)), dtype=np.float32),
            gates=np.zeros(0, dtype=np.float32),
            scene_vectors=np.ones((1, config.dim), dtype=np.float32),
            context_vectors=none,
            recency=np.zeros(config.recent, dtype=np.float32),
            text_map=np.zeros((config.language_dim, config.dim), dtype=np.float32),
            whitening=None,
        )


def write_state(state: FusedState) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the tensors of a state and what the card must say of them."""
    tensors: dict[str, NDArray[Any]] = {
        "items": state.items,
        "bias": state.bias,
        "lambdas": state.lambdas,
        "gates": state.gates,
        "scenes": state.scene_vectors,
        "contexts": state.context_vectors,
        "recency": state.recency,
        "text_map": state.text_map,
        **{f"role.{grain.value}": role for grain, role in state.roles.items()},
    }
    if state.whitening is not None:
        tensors |= {
            "whitening.mean": state.whitening.mean,
            "whitening.directions": state.whitening.directions,
        }
    told = {
        "grains": [grain.value for grain in state.grains],
        "scenes": list(state.scenes),
        "contexts": list(state.contexts),
        "relations": list(state.relations),
    }
    return tensors, told


def read_state(
    config: FusedConfig, n_items: int, told: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> FusedState:
    """Return the state that `write_state` took apart; raises `WorkspaceError` when it does not fit together."""
    try:
        grains = tuple(Grain(name) for name in told["grains"])
        scenes, contexts, relations = (
            tuple(map(str, told[key])) for key in ("scenes", "contexts", "relations")
        )
        width = config.dim
        shapes: dict[str, tuple[int, ...]] = {
            "items": (n_items, width),
            "bias": (n_items,),
            "lambdas": (len(scenes), len(config.buckets) + 1, len(ORDER)),
            "gates": (len(relations),),
            "scenes": (len(scenes), width),
            "contexts": (len(contexts), width),
            "recency": (config.recent,),
            "text_map": (config.language_dim, width),
        }
        roles = [grain for grain in grains if grain not in (Grain.CONTEXT, Grain.POPULARITY)]
        shapes |= {f"role.{grain.value}": (n_items, width) for grain in roles}
        found = {}
        for key, shape in shapes.items():
            check_shape(_NAME, tensors[key], shape)
            found[key] = tensors[key].astype(np.float32, copy=False)
        whitening = None
        if "whitening.mean" in tensors:
            mean, directions = tensors["whitening.mean"], tensors["whitening.directions"]
            check_shape(_NAME, directions, (len(mean), config.language_dim))
            whitening = Whitening(mean, directions)
    except (KeyError, ValueError, TypeError) as error:
        raise WorkspaceError(f"The model {_NAME} is not whole. Build the workspace anew.") from error
    return FusedState(
        grains=grains,
        scenes=scenes,
        contexts=contexts,
        relations=relations,
        items=found["items"],
        roles={grain: found[f"role.{grain.value}"] for grain in roles},
        bias=found["bias"],
        lambdas=found["lambdas"],
        gates=found["gates"],
        scene_vectors=found["scenes"],
        context_vectors=found["contexts"],
        recency=found["recency"],
        text_map=found["text_map"],
        whitening=whitening,
    )
