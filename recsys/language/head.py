"""What is trained on top of the language model: a head for every text, and a map for histories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, normalize


class Head(nn.Module):
    """Vectors of texts to vectors of taste: `A x + b`, and for `mlp` also `W2 gelu(W1 x + b1)`.

    At the start it takes out the mean of the items' vectors, which all texts of one domain share and which says
    nothing about taste, and changes nothing else. A history is the sum of its items' vectors, times a map that
    starts as the identity.
    """

    def __init__(
        self, dim_in: int, dim_out: int, kind: Literal["linear", "mlp"] = "linear", hidden: int = 512
    ) -> None:
        super().__init__()
        self.kind = kind
        self.linear = nn.Linear(dim_in, dim_out)
        self.history = nn.Linear(dim_out, dim_out, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(0.0))
        if kind == "mlp":
            self.inner = nn.Linear(dim_in, hidden)
            self.outer = nn.Linear(hidden, dim_out, bias=False)

    def start(self, vectors: Tensor, temperature: float, seed: int) -> None:
        """Begin at the untuned tower. `vectors` (n, dim_in) are those of the items.

        Where vectors become shorter, the directions in which the items differ most are kept.
        """
        dim_in, dim_out = self.linear.in_features, self.linear.out_features
        mean = vectors.mean(0)
        if dim_out == dim_in:
            kept = torch.eye(dim_in)
        else:
            kept = torch.zeros(dim_out, dim_in)
            found = torch.linalg.svd(vectors - mean, full_matrices=False).Vh[:dim_out]
            kept[: len(found)] = found
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            self.linear.weight.copy_(kept)
            self.linear.bias.copy_(-(kept @ mean))
            self.history.weight.copy_(torch.eye(dim_out))
            self.log_scale.fill_(-math.log(temperature))
            if self.kind == "mlp":
                # Unit vectors have components of about dim^-1/2, so weights of about 1 give the units something
                # to tell apart.
                self.inner.weight.normal_(0.0, 1.0, generator=generator)
                self.inner.bias.zero_()
                self.outer.weight.zero_()

    def forward(self, vectors: Tensor) -> Tensor:
        """Return vectors of length 1, shape (n, dim_out)."""
        out = self.linear(vectors)
        if self.kind == "mlp":
            out = out + self.outer(gelu(self.inner(vectors)))
        return normalize(out, dim=1)

    def of_histories(self, sums: Tensor) -> Tensor:
        """Return vectors of length 1 for sums of item vectors, both (n, dim_out)."""
        mapped: Tensor = self.history(normalize(sums, dim=1))
        return normalize(mapped, dim=1)

    @property
    def scale(self) -> Tensor:
        """The inverse temperature, from 1 to 100."""
        return self.log_scale.clamp(0.0, math.log(100.0)).exp()


def head_of(tensors: Mapping[str, Tensor]) -> Head:
    """Make a head from its tensors. Raises `KeyError` or `RuntimeError` when they are not those of one."""
    weight = tensors["linear.weight"]
    kind: Literal["linear", "mlp"] = "mlp" if "inner.weight" in tensors else "linear"
    hidden = tensors["inner.weight"].shape[0] if kind == "mlp" else 1
    head = Head(weight.shape[1], weight.shape[0], kind, hidden)
    head.load_state_dict(dict(tensors))
    return head.eval()


def as_modules(head: Head) -> list[Any]:
    """Return the head as modules of the sentence-transformers library, exact to rounding.

    An `mlp` has a straight way past its hidden layer, which one chain of layers has not; but
    gelu(x) - gelu(-x) = x, so two more hidden units a number carry it.
    """
    from sentence_transformers.sentence_transformer.modules import Dense

    dim_in, dim_out = head.linear.in_features, head.linear.out_features
    if head.kind == "linear":
        dense = Dense(dim_in, dim_out, activation_function=nn.Identity())
        dense.linear.load_state_dict(head.linear.state_dict())
        return [dense]
    straight = torch.eye(dim_in)
    wide = 2 * dim_in + head.inner.out_features
    first = Dense(dim_in, wide, activation_function=nn.GELU())
    second = Dense(wide, dim_out, activation_function=nn.Identity())
    with torch.no_grad():
        first.linear.weight.copy_(torch.cat([straight, -straight, head.inner.weight]))
        first.linear.bias.copy_(torch.cat([torch.zeros(2 * dim_in), head.inner.bias]))
        second.linear.weight.copy_(
            torch.cat([head.linear.weight, -head.linear.weight, head.outer.weight], dim=1)
        )
        second.linear.bias.copy_(head.linear.bias)
    return [first, second]
