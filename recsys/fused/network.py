"""The parameters of the fused model and what they make: vectors of items, and of people from what is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor, nn
from torch.nn.functional import softplus

from recsys.fused.config import LINEAR, ORDER, FusedConfig
from recsys.fused.graph import mean_of
from recsys.fused.known import NOTHING, Known
from recsys.fused.sampling import Sample
from recsys.fused.sparse_product import SparseConstant
from recsys.models.base import FloatMatrix
from recsys.schema import Granularity as Grain

_START = 0.1
"""Spread of freely learned vectors at the start."""

_LATER = 0.1
"""Weight of each later layer at the start, where item vectors start from the graph."""


@dataclass(frozen=True)
class Parts:
    """What a network is built from; items are rows or columns everywhere."""

    n_items: int
    ties: Mapping[str, csr_array]
    """Relation to (n_items, n_items), as `graph.ties` makes them."""
    attributes: csr_array | None
    """Shape (n_attributes, n_items), or None where the grain is off."""
    relations: Mapping[str, csr_array]
    """Relation to (n_entities, n_items); empty where the grain is off."""
    language: FloatMatrix | None
    """Whitened vectors (n_items, language_dim), or None."""
    directions: FloatMatrix | None
    """Shape (n_items, dim); where item vectors start, or None for noise."""
    met: NDArray[np.float32]
    """Shape (n_items,); by how many people each item was met."""
    scenes: tuple[str, ...]
    contexts: tuple[str, ...]
    grains: tuple[Grain, ...]
    """Grains that take part, in the order of `ORDER`."""


@dataclass(frozen=True)
class Vectors:
    """The vectors of some items."""

    candidates: Tensor
    """Shape (m, dim); a_i."""
    roles: Mapping[Grain, Tensor]
    """Grain to (m, dim): what one met item adds to z_k."""
    bias: Tensor
    """Shape (m,)."""


class Network(nn.Module):
    """Everything that is learned. Made on the CPU from a seed, so that a start is the same everywhere."""

    def __init__(self, parts: Parts, config: FusedConfig, device: torch.device) -> None:
        super().__init__()
        self.config, self.grains = config, parts.grains
        dim, n = config.dim, parts.n_items
        draw = torch.Generator().manual_seed(config.seed)

        def free(*shape: int, spread: float = _START) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=draw) * spread)

        seen = torch.from_numpy((parts.met > 0).astype(np.float32))
        self.register_buffer("seen", seen, persistent=False)
        degree = np.sqrt(np.maximum(parts.met, 1.0)) ** (2.0 * config.item_degree)
        degree /= np.exp(np.log(degree).mean()) if n else 1.0
        self.register_buffer("degree", torch.from_numpy(degree.astype(np.float32)), persistent=False)
        # With a start that ranks well already, noise would only have to be unlearned.
        noise = 0.0 if parts.directions is not None else _START
        directions = None if parts.directions is None else torch.from_numpy(parts.directions)
        self.register_buffer("directions", directions, persistent=False)
        self.gain = nn.Parameter(torch.zeros(2, dim))
        self.gain.requires_grad_(parts.directions is not None)
        self.free = free(n, dim, spread=noise)
        self.start = (
            free(config.language_dim, dim, spread=noise / np.sqrt(config.language_dim))
            if parts.language is not None and config.text_start
            else None
        )
        layers = torch.full((config.layers + 1,), 1.0 / (config.layers + 1))
        if parts.directions is not None and config.combine == "learned":
            # The directions are propagated to the end already; more of it is learned from little.
            layers = torch.tensor([1.0] + [_LATER] * config.layers)
        self.layer_weights = nn.Parameter(layers)
        self.layer_weights.requires_grad_(config.combine == "learned")
        self.gate = nn.Parameter(
            torch.full((len(parts.ties),), float(np.log(np.expm1(1.0 / max(1, len(parts.ties))))))
        )
        self.gate.requires_grad_(config.gates)
        self.relations = tuple(parts.ties)
        self.bias = nn.Parameter(_popularity(parts.met))
        self.bias.requires_grad_(Grain.POPULARITY in parts.grains)
        self.role_free = free(n, dim, spread=noise) if config.own_role else None
        maps = [g for g in (Grain.BEHAVIOUR, Grain.SEQUENCE, Grain.SOCIAL) if g in parts.grains]
        self.maps = nn.ParameterDict(
            {g.value: torch.zeros(dim, dim) for g in maps if g != Grain.BEHAVIOUR or config.own_role}
        )
        self.tables, self.table_maps = nn.ParameterDict(), nn.ParameterDict()
        self.means: dict[str, SparseConstant] = {}
        self._mean_rows: dict[str, csr_array] = {}
        for grain, sources in self._sources(parts).items():
            for name, source in sources.items():
                key = f"{grain.value}/{name}"
                self._mean_rows[key] = mean_of(source)
                self.means[key] = SparseConstant(self._mean_rows[key], device)
                self.tables[key] = free(source.shape[0], config.entity_dim, spread=noise)
            self.table_maps[grain.value] = free(config.entity_dim, dim)
        self.text_map = free(config.language_dim, dim, spread=noise / np.sqrt(config.language_dim))
        self.text_map.requires_grad_(Grain.TEXT in parts.grains)
        self.recency = nn.Parameter(-torch.log1p(torch.arange(config.recent, dtype=torch.float32)))
        self.contexts = free(len(parts.contexts), dim)
        self.scenes = nn.Parameter(torch.ones(len(parts.scenes), dim))
        self.scenes.requires_grad_(len(parts.scenes) > 1)
        self.lambdas = nn.Parameter(_first_lambdas(parts, config))
        self.ties = {name: SparseConstant(matrix, device) for name, matrix in parts.ties.items()}
        self.register_buffer(
            "language",
            torch.from_numpy(parts.language) if parts.language is not None else None,
            persistent=False,
        )
        self.language: Tensor | None
        self.directions: Tensor | None
        self.seen: Tensor
        self.degree: Tensor
        self.to(device)

    @staticmethod
    def _sources(parts: Parts) -> dict[Grain, Mapping[str, csr_array]]:
        found: dict[Grain, Mapping[str, csr_array]] = {}
        if Grain.ATTRIBUTES in parts.grains and parts.attributes is not None:
            found[Grain.ATTRIBUTES] = {"attributes": parts.attributes}
        if Grain.GRAPH in parts.grains:
            found[Grain.GRAPH] = parts.relations
        return found

    def decayed(self) -> list[nn.Parameter]:
        """Return what decays: all that changes a vector freely, and starts at nothing where the start is the graph."""
        found = [self.free, self.text_map, *self.tables.values(), *self.maps.values()]
        found += [one for one in (self.role_free, self.start) if one is not None]
        return [parameter for parameter in found if parameter.requires_grad]

    def open_gates(self) -> Tensor:
        """Return each relation's gate, above 0, in the order of `relations`."""
        return softplus(self.gate)

    def lambda_table(self) -> Tensor:
        """Return (scenes, buckets, grains); behaviour is the unit and always 1."""
        table = self.lambdas if self.config.signed else softplus(self.lambdas)
        keep = torch.tensor([grain != Grain.BEHAVIOUR for grain in ORDER], device=table.device)
        return torch.where(keep, table, torch.ones_like(table))

    def all_vectors(self) -> Vectors:
        """Return the vectors of every item, propagated over the whole graph."""
        layers = [self._start(None)]
        for _ in range(self.config.layers if self.ties else 0):
            layers.append(self._next(self.ties, layers[-1]))
        return self._vectors(self._combined(layers), None)

    def sampled_vectors(self, sample: Sample) -> Vectors:
        """Return the vectors of the items that the sample was asked for, propagated over the sample."""
        layers = [self._start(torch.from_numpy(sample.nodes).to(self.free.device))]
        for block in sample.layers:
            ties = {name: SparseConstant(matrix, self.free.device) for name, matrix in block.items()}
            layers.append(self._next(ties, layers[-1]))
        asked = sample.nodes[: sample.asked]
        return self._vectors(self._combined([layer[: sample.asked] for layer in layers]), asked)

    def _start(self, nodes: Tensor | None) -> Tensor:
        def among(table: Tensor) -> Tensor:
            return table if nodes is None else table[nodes]

        start = among(self.free) * among(self.seen)[:, None]
        if self.directions is not None:
            start = start + among(self.directions) * torch.exp(self.gain[0])
        if self.start is not None and self.language is not None:
            start = start + among(self.language) @ self.start
        return start

    def _next(self, ties: Mapping[str, SparseConstant], vectors: Tensor) -> Tensor:
        gates = self.open_gates()
        total = gates[0] * (ties[self.relations[0]] @ vectors)
        for k, name in enumerate(self.relations[1:], start=1):
            total = total + gates[k] * (ties[name] @ vectors)
        return total

    def _combined(self, layers: list[Tensor]) -> Tensor:
        total = self.layer_weights[0] * layers[0]
        for weight, layer in zip(self.layer_weights[1:], layers[1:], strict=False):
            total = total + weight * layer
        return total

    def _vectors(self, combined: Tensor, items: NDArray[np.int64] | None) -> Vectors:
        chosen = None if items is None else torch.from_numpy(items).to(combined.device)

        def among(table: Tensor) -> Tensor:
            return table if chosen is None else table[chosen]

        degree = among(self.degree)[:, None]
        candidates, met = combined * degree, combined / degree * torch.exp(self.gain[1])
        roles: dict[Grain, Tensor] = {}
        for grain in self.grains:
            if grain is Grain.TEXT and self.language is not None:
                roles[grain] = among(self.language) @ self.text_map
            elif grain in (Grain.ATTRIBUTES, Grain.GRAPH):
                roles[grain] = self._table_role(grain, items)
            elif grain is Grain.BEHAVIOUR and self.role_free is None:
                roles[grain] = met
            elif grain in (Grain.BEHAVIOUR, Grain.SEQUENCE, Grain.SOCIAL):
                roles[grain] = met + met @ self.maps[grain.value]
                if grain is Grain.BEHAVIOUR and self.role_free is not None:
                    roles[grain] = roles[grain] + among(self.role_free * self.seen[:, None])
        return Vectors(candidates, roles, among(self.bias))

    def _table_role(self, grain: Grain, items: NDArray[np.int64] | None) -> Tensor:
        total: Tensor | None = None
        gates = self.open_gates()
        for key, mean in self.means.items():
            if not key.startswith(f"{grain.value}/"):
                continue
            rows = mean if items is None else SparseConstant(self._mean_rows[key][items], self.free.device)
            share = rows @ self.tables[key]
            relation = key.split("/", 1)[1]
            if grain is Grain.GRAPH and relation in self.relations:
                share = gates[self.relations.index(relation)] * share
            total = share if total is None else total + share
        if total is None:
            raise ValueError(f"the grain {grain.value} has no tables")
        mapped: Tensor = total @ self.table_maps[grain.value]
        return mapped

    def people(self, known: Known, vectors: Vectors) -> Tensor:
        """Return the sum of lambda_k z_k of each person, (n, dim), the scene's vector multiplied in."""
        device = self.free.device
        table = self.lambda_table()
        scene = torch.from_numpy(known.scene).to(device)
        lambdas = table[scene, torch.from_numpy(known.bucket).to(device)]
        linear = [grain for grain in LINEAR if grain in vectors.roles]
        total = torch.zeros(known.n, self.config.dim, device=device)
        if linear:
            summed = SparseConstant(known.history, device) @ torch.cat(
                [vectors.roles[g] for g in linear], dim=1
            )
            for k, grain in enumerate(linear):
                part = summed[:, k * self.config.dim : (k + 1) * self.config.dim]
                total = total + lambdas[:, ORDER.index(grain), None] * part
        if Grain.SOCIAL in vectors.roles and known.social is not None:
            part = SparseConstant(known.social, device) @ vectors.roles[Grain.SOCIAL]
            total = total + lambdas[:, ORDER.index(Grain.SOCIAL), None] * part
        if Grain.SEQUENCE in vectors.roles and known.recent is not None:
            part = self._recent(known.recent, vectors.roles[Grain.SEQUENCE])
            total = total + lambdas[:, ORDER.index(Grain.SEQUENCE), None] * part
        if Grain.CONTEXT in self.grains and known.context is not None:
            part = torch.from_numpy(known.context).to(device) @ self.contexts
            total = total + lambdas[:, ORDER.index(Grain.CONTEXT), None] * part
        return total * self.scenes[scene]

    def prior(self, known: Known) -> Tensor:
        """Return the lambda of popularity of each person, (n,)."""
        device = self.free.device
        scene, bucket = (torch.from_numpy(rows).to(device) for rows in (known.scene, known.bucket))
        found: Tensor = self.lambda_table()[scene, bucket, ORDER.index(Grain.POPULARITY)]
        return found

    def _recent(self, places: NDArray[np.int64], role: Tensor) -> Tensor:
        index = torch.from_numpy(places).to(role.device)
        there = (index != NOTHING).to(role.dtype)
        weights = torch.exp(self.recency)[None, :] * there
        return torch.einsum("np,npd->nd", weights, role[index.clamp(min=0)])


def _first_lambdas(parts: Parts, config: FusedConfig) -> Tensor:
    """Start every lambda at 1; where item vectors start from the graph, which knows what is popular, the prior's at .1
    for people of whom something is known."""
    table = torch.ones(len(parts.scenes), len(config.buckets) + 1, len(ORDER))
    if parts.directions is not None:
        table[:, 1:, ORDER.index(Grain.POPULARITY)] = 0.1
    return table if config.signed else torch.log(torch.expm1(table))


def _popularity(met: NDArray[np.float32]) -> Tensor:
    logs = np.log1p(met)
    return torch.from_numpy((logs - logs.mean() if len(logs) else logs).astype(np.float32))
