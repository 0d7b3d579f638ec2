"""Weights and vectors in 8 bits: one scale a row, symmetric around 0."""

from __future__ import annotations

import warnings
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import embedding, linear

from recsys.language.backbone import Backbone
from recsys.models.base import FloatMatrix

Int8 = Literal["weights", "dynamic"]
"""`weights`: layers and word vectors are kept in 8 bits and computed with in float32. `dynamic`: the layers compute in
8 bits, activations too (`torch.ao`, on a CPU); less exact and faster."""


def rows_to_int8(matrix: FloatMatrix) -> tuple[NDArray[np.int8], FloatMatrix]:
    """Return int8 numbers of the same shape and the scale of each row, (n, 1): their product is within half a scale."""
    scale = np.abs(matrix).max(axis=1, keepdims=True) / 127.0
    scale = np.where(scale > 0, scale, 1.0).astype(np.float32)
    return np.rint(matrix / scale).astype(np.int8), scale


class Int8Linear(nn.Module):
    """A linear layer whose weights are int8."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.weight, self.scale = _int8(layer.weight)
        self.bias = None if layer.bias is None else nn.Parameter(layer.bias.detach(), requires_grad=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what the layer would, to rounding of its weights."""
        # Scaling what comes out saves scaling the weights.
        out = linear(inputs, self.weight.to(inputs.dtype)) * self.scale.squeeze(1)
        return out if self.bias is None else out + self.bias


class Int8Embedding(nn.Module):
    """Word vectors as int8."""

    def __init__(self, table: nn.Embedding) -> None:
        super().__init__()
        self.weight, self.scale = _int8(table.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Return vectors of shape (*ids, dim)."""
        return embedding(ids, self.weight).to(torch.float32) * embedding(ids, self.scale)


def to_int8(backbone: Backbone, kind: Int8) -> None:
    """Change a model in place, for reading only; LoRA changes must have been merged."""
    for module in list(backbone.model.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.Embedding) and child.num_embeddings > 1000:
                setattr(module, name, Int8Embedding(child))
            elif isinstance(child, nn.Linear) and kind == "weights":
                setattr(module, name, Int8Linear(child))
    if kind == "dynamic":
        inner = backbone.model[0]
        with warnings.catch_warnings():
            # torch.ao is on its way to another package; torch is pinned to a version that has it.
            warnings.simplefilter("ignore")
            inner.model = torch.ao.quantization.quantize_dynamic(  # type: ignore[no-untyped-call]
                inner.model, {nn.Linear}, dtype=torch.qint8
            )
    backbone.model.eval()


def weights_megabytes(backbone: Backbone) -> float:
    """Return the size of the model's weights in memory, in units of 10^6 bytes."""
    total = 0
    for module in backbone.model.modules():
        total += sum(t.numel() * t.element_size() for t in module.parameters(recurse=False))
        total += sum(t.numel() * t.element_size() for t in module.buffers(recurse=False))
        if isinstance(module, torch.ao.nn.quantized.dynamic.Linear):
            total += module.in_features * module.out_features + 4 * module.out_features
    return total / 1e6


def _int8(weight: Tensor) -> tuple[nn.Parameter, nn.Parameter]:
    values, scale = rows_to_int8(weight.detach().float().cpu().numpy())
    return (
        nn.Parameter(torch.from_numpy(values), requires_grad=False),
        nn.Parameter(torch.from_numpy(scale), requires_grad=False),
    )
