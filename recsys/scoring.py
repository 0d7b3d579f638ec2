"""The score: additive parts, each on a fixed scale.

A part's unit is the strength of an item's twentieth-nearest neighbour, measured when the models were trained.
Strengths have a long tail (a sequel is a hundred times nearer than the twentieth), so x units count as
sign(x) log2(1 + |x|): one unit is 1, seven units are 3. Nothing is normalised within a request, so scores of
different requests compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator
from scipy.sparse import csr_array

from recsys.behaviour import Behaviour
from recsys.constraints import ItemIndex
from recsys.graph_matrix import GraphMatrix
from recsys.models.base import FloatMatrix
from recsys.models.text_tower import TextTower
from recsys.rerank import RerankConfig
from recsys.schema import Granularity
from recsys.wishes import Wish, Wishes

Part = NDArray[np.float64]


class RecommenderConfig(BaseModel):
    """Weights of the score."""

    model_config = ConfigDict(frozen=True)

    behaviour: float = Field(default=1.0, ge=0.0)
    """Lambda of what people who met the seeds and the liked items met too."""
    attributes: float = Field(default=4.0, ge=0.0)
    """Lambda of the facet values asked for. What was named outweighs all but the nearest neighbours."""
    graph: float = Field(default=1.0, ge=0.0)
    """Lambda of the entities shared with the seeds and the liked items."""
    text: float = Field(default=1.0, ge=0.0)
    """Lambda of the closeness of descriptions to what was said and to the seeds."""
    popularity: float = Field(default=0.1, ge=0.0)
    """Lambda of the prior, in standard deviations of the logarithm of the counts; decides among equals."""
    liked: float = Field(default=0.6, ge=0.0)
    """Weight of the liked items beside a seed's 1."""
    disliked: float = Field(default=0.6, ge=0.0)
    """Weight against what goes with the disliked items."""
    beside_seeds: float = Field(default=0.5, ge=0.0, le=1.0)
    """Factor of the profile when there are seeds: who asks for something like this wants this now."""
    profile_wishes: float = Field(default=0.3, ge=0.0)
    """Weight of the profile's facets and phrases beside those of the request."""
    seeds_text: float = Field(default=0.6, ge=0.0)
    """Weight of the seeds' descriptions beside what the person said."""
    words: float = Field(default=2.0, ge=0.0)
    """Weight of `more` and `less` words that no facet and no number answers."""
    rerank: RerankConfig = RerankConfig(diversity=0.2)
    """How the list is chosen from the pool; `exposure` has no groups here and must stay 0."""
    pool: int = Field(default=50, ge=1)
    """From how many of the best the list is chosen (or ten times its length, if that is more)."""

    @field_validator("rerank")
    @classmethod
    def _no_floor(cls, value: RerankConfig) -> RerankConfig:
        if value.exposure:
            raise ValueError("exposure needs groups and targets: call recsys.rerank.rerank with them")
        return value


@dataclass(frozen=True)
class Anchors:
    """The items that a request leans on, as columns of the catalogue."""

    seeds: tuple[int, ...] = ()
    liked: tuple[int, ...] = ()
    disliked: tuple[int, ...] = ()
    strength: Mapping[int, float] = field(default_factory=dict)
    """What a liked or disliked item weighs now, in [0, 1]; 1 where it is not named."""

    @property
    def order(self) -> tuple[int, ...]:
        """What speaks for something, oldest first: a profile is told newest first, and seeds are of now."""
        return (*reversed(self.liked), *self.seeds)

    def weights(self, config: RecommenderConfig) -> dict[int, float]:
        """Return each anchor's weight; a group of n shares its weight over the square root of n."""
        found: dict[int, float] = {}
        beside = config.beside_seeds if self.seeds else 1.0
        for group, weight in (
            (self.disliked, -config.disliked * beside),
            (self.liked, config.liked * beside),
            (self.seeds, 1.0),
        ):
            for column in group:
                strength = 1.0 if group is self.seeds else self.strength.get(column, 1.0)
                found[column] = strength * weight / np.sqrt(len(group))
        return found


@dataclass
class Directions:
    """Where the text part points; the sum is one vector, so the part stays linear in it."""

    said: FloatMatrix | None = None
    """What the person said, shape (384,)."""
    rest: FloatMatrix | None = None
    """Seeds, liked items, words and phrases, weighted and summed, shape (384,)."""
    more: list[tuple[str, FloatMatrix]] = field(default_factory=list)
    """Words to move towards and their vectors."""

    @property
    def total(self) -> FloatMatrix | None:
        """The sum, or None when there is nothing to point at."""
        parts = [part for part in (self.said, self.rest) if part is not None]
        return np.sum(parts, axis=0, dtype=np.float32) if parts else None


def _add(found: dict[Granularity, Part], granularity: Granularity, part: Part) -> None:
    found[granularity] = found[granularity] + part if granularity in found else part


def damp(strength: NDArray[np.floating]) -> Part:
    """Return sign(x) log2(1 + |x|)."""
    wide = strength.astype(np.float64)
    return np.asarray(np.sign(wide) * np.log2(1.0 + np.abs(wide)), dtype=np.float64)


def damped(strength: float) -> float:
    """Return sign(x) log2(1 + |x|) of one strength."""
    return float(damp(np.array([strength]))[0])


class Scoring:
    """Computes the parts over all items. Holds nothing of a request; threads may share it."""

    def __init__(
        self,
        index: ItemIndex,
        scales: Mapping[str, float],
        counts: NDArray[np.floating],
        tower: TextTower,
        behaviour: Behaviour | None,
        graph: GraphMatrix,
        config: RecommenderConfig,
    ) -> None:
        self.index, self.scales, self.tower, self.behaviour = index, scales, tower, behaviour
        self.graph, self.config = graph, config
        logs = np.log1p(counts.astype(np.float64))
        spread = float(logs.std()) if len(logs) else 0.0
        self.prior: Part = (logs - logs.mean()) / spread if spread > 1e-9 else np.zeros(len(logs))
        """Shape (n_items,); the popularity part before its lambda."""

    def parts(
        self, anchors: Anchors, wishes: Wishes, directions: Directions, with_graph: bool
    ) -> dict[Granularity, Part]:
        """Return each part of the score, shape (n_items,), lambdas applied; a part that is away is left
        out."""
        config = self.config
        weights = anchors.weights(config)
        found = {Granularity.POPULARITY: config.popularity * self.prior}
        if self.behaviour is not None and weights:
            found |= self._behaviour(self.behaviour, anchors, weights)
        positive = {column: weight for column, weight in weights.items() if weight > 0}
        if with_graph and positive:
            profile = self._row(positive) @ self.graph.rows
            raw = (self.graph.rows @ profile.T).toarray().ravel()
            _add(found, Granularity.GRAPH, config.graph * damp(raw / self.scales["graph"]))
        if wishes.asked or wishes.liked:
            asked = self._fit(wishes.asked)
            liked = config.profile_wishes * self._fit(wishes.liked)
            # What a person thinks of an item itself comes before what they think of its kind.
            for columns, nearer in ((anchors.liked, np.maximum), (anchors.disliked, np.minimum)):
                liked[list(columns)] = nearer(liked[list(columns)], 0.0)
            _add(found, Granularity.ATTRIBUTES, config.attributes * (asked + liked))
        total = directions.total
        if total is not None:
            told = config.text * damp(self.tower.centred @ total / self.scales["text"])
            _add(found, Granularity.TEXT, told)
        return found

    def wish_share(self, wishes: Mapping[Wish, float], wish: Wish) -> float:
        """Return how much one met wish adds to the fit: its weight alone, less beside others of its sign."""
        sign = wishes[wish] > 0
        rarities = {other: self._rarity(other) for other, weight in wishes.items() if (weight > 0) == sign}
        # Of the rarities only: a wish of half the weight adds half, also when it is the only one.
        length = float(np.sqrt(sum(rarity**2 for rarity in rarities.values())))
        return wishes[wish] * rarities[wish] / length if length else 0.0

    def behaviour_share(self, anchor: int, item: int, weight: float) -> float:
        """Return how many damped units one anchor alone gives to one item."""
        if self.behaviour is None:
            return 0.0
        return damped(weight * float(self.behaviour.alone(anchor)[item]) / self.scales["behaviour"])

    def entity_share(self, anchor: int, item: int, entity_id: str, weight: float) -> float:
        """Return how many damped units one entity that both have gives to an item."""
        column = self.graph.column.get(entity_id)
        if column is None:
            return 0.0
        product = float(self.graph.rows[item, column]) * float(self.graph.rows[anchor, column])
        return damped(weight * product / self.scales["graph"])

    def text_share(self, direction: FloatMatrix, item: int) -> float:
        """Return how many damped units one direction alone gives to an item."""
        return damped(float(self.tower.centred[item] @ direction) / self.scales["text"])

    def likeness(self, columns: Sequence[int] | NDArray[np.int64]) -> Part:
        """Return how alike these items are, (n, n) in [0, 1]: the mean of the graph's and the text's
        cosine."""
        chosen = self.graph.rows[np.asarray(columns)]
        texts = self.tower.centred[np.asarray(columns)]
        shared = (chosen @ chosen.T).toarray()
        return np.asarray((shared + np.clip(texts @ texts.T, 0.0, 1.0)) / 2.0, dtype=np.float64)

    def _behaviour(
        self, behaviour: Behaviour, anchors: Anchors, weights: Mapping[int, float]
    ) -> dict[Granularity, Part]:
        shares = behaviour.shares(self._row(weights), anchors.order)
        total: Part = np.sum(list(shares.values()), axis=0, dtype=np.float64)
        total /= self.scales["behaviour"]
        # The sum is damped, and every share of it by the same factor, so that they still add up to it.
        slope = np.divide(damp(total), total, out=np.full_like(total, 1.0 / np.log(2.0)), where=total != 0.0)
        factor = self.config.behaviour * slope / self.scales["behaviour"]
        return {granularity: factor * share for granularity, share in shares.items()}

    def _fit(self, wishes: Mapping[Wish, float]) -> Part:
        fit: Part = np.zeros(len(self.index.items))
        for wish in wishes:
            fit[self.index.having(*wish)] += self.wish_share(wishes, wish)
        return fit

    def _rarity(self, wish: Wish) -> float:
        return float(np.log1p(len(self.index.items) / max(1, len(self.index.having(*wish)))))

    def _row(self, weights: Mapping[int, float]) -> csr_array:
        columns = sorted(weights)
        values = np.array([weights[column] for column in columns], dtype=np.float32)
        return csr_array(
            (values, np.array(columns, dtype=np.int64), np.array([0, len(columns)], dtype=np.int64)),
            shape=(1, len(self.index.items)),
        )
