"""The network of the sequence model, and its loss over every item. Imports torch: import this module late."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn import functional

from recsys.models.base import Columns, FloatMatrix

_CHUNK = {"cpu": 64, "cuda": 4_096}
"""Positions whose logits exist at once; on a CPU few enough that they stay in its cache."""
_SAFE_LOGIT = 60.0
"""exp of this, times any catalogue, is below the largest float32: no maximum needs to be taken out."""
_LENGTHS = (4, 8, 16, 32)
"""Lengths that histories of one pass are padded to; beyond them, multiples of 20."""


class Block(nn.Module):
    """Causal self-attention and a position-wise layer, each with its norm before and a residual around it."""

    def __init__(self, dim: int, heads: int, widening: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm, self.inner_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.project, self.merge = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.widen, self.narrow = nn.Linear(dim, widening * dim), nn.Linear(widening * dim, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (people, length, dim) to the same shape; a position sees itself and what is before it."""
        people, length, dim = x.shape
        parts = self.project(self.attention_norm(x)).view(people, length, 3, self.heads, dim // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.dropout(self.merge(seen.transpose(1, 2).reshape(people, length, dim)))
        inner = self.dropout(functional.gelu(self.widen(self.inner_norm(x))))
        out: Tensor = x + self.dropout(self.narrow(inner))
        return out


class SequenceNetwork(nn.Module):
    """SASRec (Kang and McAuley, 2018) with norms before the layers; items of the input and the output are one
    table.

    An item's row in the table is a vector of its own, plus the mean over the vectors of its attributes, plus a
    linear map of the vector that was given for it.
    """

    def __init__(
        self,
        n_items: int,
        dim: int,
        layers: int,
        heads: int,
        widening: int,
        dropout: float,
        max_length: int,
        attributes: csr_array | None = None,
        vectors: FloatMatrix | None = None,
    ) -> None:
        """Start at random from torch's generator.

        `attributes` has the shape (n_attributes, n_items), `vectors` (n_items, any); None where they take no
        part.
        """
        super().__init__()
        self.max_length = max_length
        self.own = nn.Parameter(torch.randn(n_items, dim) * 0.02)
        self.places = nn.Parameter(torch.randn(max_length, dim) * 0.02)
        self.blocks = nn.ModuleList(Block(dim, heads, widening, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.dropout = nn.Dropout(dropout)
        self.of_attributes: nn.Parameter | None = None
        self.of_vectors: nn.Linear | None = None
        if attributes is not None:
            self.of_attributes = nn.Parameter(torch.randn(attributes.shape[0], dim) * 0.02)
            means = _means(attributes)
            self.register_buffer("having", _sparse(means), persistent=False)
            self.register_buffer("had", _sparse(means.T.tocsr()), persistent=False)
        if vectors is not None:
            self.of_vectors = nn.Linear(vectors.shape[1], dim, bias=False)
            self.register_buffer("vectors", torch.from_numpy(vectors), persistent=False)

    def table(self) -> Tensor:
        """Return the items' vectors, shape (n_items, dim)."""
        table: Tensor = self.own
        if self.of_attributes is not None:
            table = table + _SparseProduct.apply(self.having, self.had, self.of_attributes)  # type: ignore[no-untyped-call]
        if self.of_vectors is not None:
            table = table + self.of_vectors(self.vectors)
        return table

    def forward(self, table: Tensor, histories: Sequence[Columns], last_only: bool = False) -> Tensor:
        """Return the state after each position, (positions, dim), or after the last of each person, (n, dim).

        Histories have 1 to `max_length` items. Positions are in the order of the histories, oldest first.
        Histories of like length go through together, padded at the end, where a causal layer cannot see.
        """
        lengths = np.array([len(history) for history in histories])
        padded = np.array([_padded_length(length) for length in lengths])
        groups = [np.flatnonzero(padded == length) for length in np.unique(padded)]
        boards = [_board([histories[int(row)] for row in group], self.max_length) for group in groups]
        device = table.device
        flat = torch.from_numpy(np.concatenate([board.ravel() for board in boards])).to(device)
        inputs = torch.split(functional.embedding(flat, table), [board.size for board in boards])
        starts = np.concatenate([[0], np.cumsum(lengths)])
        found, order = [], []
        for group, board, rows in zip(groups, boards, inputs, strict=True):
            width = board.shape[1]
            x = rows.view(len(group), width, -1) * math.sqrt(table.shape[1]) + self.places[:width]
            x = self.dropout(x)
            for block in self.blocks:
                x = block(x)
            if last_only:
                ends = torch.from_numpy(lengths[group] - 1).to(device)
                found.append(x[torch.arange(len(group), device=device), ends])
                order.append(group)
            else:
                inside = np.arange(width)[None, :] < lengths[group][:, None]
                found.append(x[torch.from_numpy(inside).to(device)])
                order.append((starts[group][:, None] + np.arange(width)[None, :])[inside])
        back = torch.from_numpy(np.argsort(np.concatenate(order))).to(device)
        result: Tensor = self.norm(torch.cat(found)[back])
        return result


def cross_entropy(states: Tensor, table: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over the positions of -log softmax(states table')[target], over every item.

    Neither the logits nor their gradient of more than a chunk of positions are ever held.
    """
    loss: Tensor = _FullSoftmax.apply(states, table, targets)  # type: ignore[no-untyped-call]
    return loss


class _FullSoftmax(torch.autograd.Function):
    """Both gradients are made in the forward pass, while a chunk of logits is in the cache."""

    @staticmethod
    def forward(ctx: Any, states: Tensor, table: Tensor, targets: Tensor) -> Tensor:  # noqa: ANN401
        states, table = states.detach().float(), table.detach().float()
        chunk = _CHUNK.get(states.device.type, 128)
        by_state, by_table = torch.empty_like(states), torch.zeros_like(table)
        buffer = states.new_empty(min(chunk, len(states)), len(table))
        largest = (states.norm(dim=1).amax() * table.norm(dim=1).amax()).item()
        total_loss = 0.0
        for start in range(0, len(states), chunk):
            part, wanted = states[start : start + chunk], targets[start : start + chunk]
            logits = torch.mm(part, table.T, out=buffer[: len(part)])
            if largest > _SAFE_LOGIT:
                logits -= logits.amax(dim=1, keepdim=True)
            chosen = logits.gather(1, wanted[:, None])[:, 0]
            sums = logits.exp_().sum(dim=1)
            total_loss += float((sums.log() - chosen).sum())
            inverse = (1.0 / sums)[:, None]
            by_state[start : start + chunk] = torch.mm(logits, table) * inverse - table[wanted]
            by_table.addmm_(logits.T, part * inverse)
            by_table.index_add_(0, wanted, part, alpha=-1.0)
        ctx.save_for_backward(by_state / len(states), by_table / len(states))
        return states.new_tensor(total_loss / len(states))

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[Tensor, Tensor, None]:  # noqa: ANN401
        by_state, by_table = ctx.saved_tensors
        return by_state * outputs[0], by_table * outputs[0], None


class _SparseProduct(torch.autograd.Function):
    """A sparse matrix times a dense one, whose gradient uses the transpose that is kept beside it."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, transposed: Tensor, dense: Tensor) -> Tensor:  # noqa: ANN401
        ctx.transposed = transposed
        return matrix @ dense

    @staticmethod
    def backward(ctx: Any, *outputs: Tensor) -> tuple[None, None, Tensor]:  # noqa: ANN401
        return None, None, ctx.transposed @ outputs[0].contiguous()


def _means(attributes: csr_array) -> csr_array:
    """Return the items by attributes, each row divided by how many the item has."""
    rows = attributes.T.tocsr().astype(np.float32)
    counts = np.maximum(np.asarray(rows.sum(axis=1)).ravel(), 1.0).astype(np.float32)
    return cast(csr_array, rows.multiply(1.0 / counts[:, None]).tocsr())


def _sparse(matrix: csr_array) -> Tensor:
    with warnings.catch_warnings():
        # Torch calls this form a beta, once a process; the products that are used here are tested.
        warnings.simplefilter("ignore", UserWarning)
        return torch.sparse_csr_tensor(
            torch.from_numpy(matrix.indptr.astype(np.int64)),
            torch.from_numpy(matrix.indices.astype(np.int64)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        )


def _padded_length(length: int) -> int:
    return next((limit for limit in _LENGTHS if length <= limit), 20 * math.ceil(length / 20))


def _board(histories: Sequence[Columns], max_length: int) -> NDArray[np.int64]:
    """Return the histories as rows, (n, longest), padded at the end with item 0."""
    board = np.zeros((len(histories), max(len(history) for history in histories)), dtype=np.int64)
    if board.shape[1] > max_length:
        raise ValueError(f"A history has {board.shape[1]} items; at most {max_length} are read.")
    for row, history in zip(board, histories, strict=True):
        row[: len(history)] = history
    return board
