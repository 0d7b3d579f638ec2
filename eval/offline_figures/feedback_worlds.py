"""People of ml-1m with a hidden taste for granularities, and how a policy does with them round by round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from eval.split import Split
from recsys.attributes import attribute_matrix
from recsys.feedback.bandit import BanditConfig, GranularityBandit, contexts_of
from recsys.metrics import ndcg_at_k, target_ranks
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.sparse import unit_rows

Values = NDArray[np.float64]
Policy = Literal["fixed lambda", "most likely", "half of Thompson", "Thompson"]
POLICIES: tuple[Policy, ...] = ("fixed lambda", "most likely", "half of Thompson", "Thompson")
_EXPLORE: dict[Policy, float] = {
    "fixed lambda": 0.0,
    "most likely": 0.0,
    "half of Thompson": 0.5,
    "Thompson": 1.0,
}
GRANULARITIES = ("behaviour", "attributes", "graph", "popularity")
LAMBDAS = {"behaviour": 1.0, "attributes": 0.3, "graph": 0.3, "popularity": 0.2}
"""Weights of the standardised parts before anything is known of a person."""
CONFIG = BanditConfig(granularities=GRANULARITIES)
BEST, POOL, SHOWN = 400, 100, 5
_MADE = frozenset({"director", "cast", "writer"})


class Parts:
    """What each granularity gives to each item for a history; the parts of the simulated recommender."""

    def __init__(self, split: Split) -> None:
        attributes, names = attribute_matrix(split.items)
        made = np.array([facet in _MADE for facet, _ in names])
        self.ease = Ease(EaseConfig(dropout=0.0, attribute_weight=0.0))
        self.ease.fit(TrainingData(split.train, csr_array((0, split.train.shape[1]))))
        self._rows = {
            "attributes": unit_rows(attributes[np.flatnonzero(~made)].T.tocsr()),
            "graph": unit_rows(attributes[np.flatnonzero(made)].T.tocsr()),
        }
        self._turned = {name: rows.T.tocsr() for name, rows in self._rows.items()}
        self._prior = np.log1p(np.asarray(split.train.sum(axis=0), dtype=np.float64).ravel())

    def of(self, history: csr_array) -> dict[str, Values]:
        """Return each part, (n, n_items), standardised over the items and weighted by `LAMBDAS`."""
        raw: dict[str, Values] = {"behaviour": self.ease.score(Users(history)).astype(np.float64)}
        for name, rows in self._rows.items():
            profile = history.astype(np.float32) @ rows
            raw[name] = (profile @ self._turned[name]).toarray().astype(np.float64)
        raw["popularity"] = np.repeat(self._prior[None], history.shape[0], axis=0)
        return {name: LAMBDAS[name] * _standard(part) for name, part in raw.items()}


def _standard(part: Values) -> Values:
    spread = part.std(axis=1, keepdims=True)
    return np.asarray(
        (part - part.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0), dtype=np.float64
    )


@dataclass(frozen=True)
class People:
    """Some people of the split."""

    rows: NDArray[np.int64]
    parts: dict[str, Values]
    """Granularity to (n, BEST) parts of each person's best items that train does not have."""
    items: NDArray[np.int64]
    """Shape (n, BEST); which items these are, best first."""


def some_people(split: Split, parts: Parts, count: int, seed: int) -> People:
    """Choose people who have something in validation and test, by the seed."""
    having = np.flatnonzero((np.diff(split.valid.indptr) >= 5) & (np.diff(split.test.indptr) >= 5))
    rows = np.sort(np.random.default_rng([seed, 7]).permutation(having)[:count]).astype(np.int64)
    history = split.train[rows]
    found = parts.of(history)
    total = np.sum(list(found.values()), axis=0)
    total[history.nonzero()] = -np.inf
    items = np.argsort(-total, axis=1, kind="stable")[:, :BEST].astype(np.int64)
    return People(
        rows, {name: np.take_along_axis(part, items, axis=1) for name, part in found.items()}, items
    )


def hidden_tastes(count: int, world: str, seed: int) -> tuple[Values, Values]:
    """Draw what people really go by: multipliers (n, d) and levels (n,).

    `as believed`: from the bandit's own prior. `one grain`: everybody goes by one granularity three times as much as
    assumed and by the others a quarter as much.
    """
    rng = np.random.default_rng([seed, 11])
    d = len(GRANULARITIES)
    if world == "one grain":
        tastes = np.full((count, d), 0.25)
        tastes[np.arange(count), rng.integers(0, d, count)] = 3.0
    else:
        tastes = rng.normal(1.0, CONFIG.spread, (count, d))
        while (outside := (tastes < 0) | (tastes > CONFIG.most)).any():
            tastes[outside] = rng.normal(1.0, CONFIG.spread, int(outside.sum()))
    return tastes, rng.normal(0.0, 0.3, count)


@dataclass(frozen=True)
class Course:
    """How a policy did, by round."""

    regret: Values
    """Shape (rounds,); what the best list would have got more, in mean reaction, mean over people."""
    ndcg: Values
    """Shape (rounds,); of the list against the pool's really best."""


def simulate(people: People, world: str, policy: Policy, rounds: int, seed: int) -> Course:
    """Let everybody ask `rounds` times; each time a hundred of their best items, drawn anew, are in question.

    A person likes an item with the chance (1 + m) / 2 and dislikes it otherwise, m = level + slope x taste.context in
    [-1, 1]. All policies meet the same requests, and the same luck where they show the same.
    """
    n = len(people.rows)
    tastes, levels = hidden_tastes(n, world, seed)
    bandits = [
        GranularityBandit(CONFIG.model_copy(update={"seed": int(seed * 1_000_003 + row)}))
        for row in people.rows
    ]
    regret, ndcg = np.zeros(rounds), np.zeros(rounds)
    for number in range(rounds):
        scores, truth = np.zeros((n, POOL)), np.zeros((n, POOL))
        for k, bandit in enumerate(bandits):
            rng = np.random.default_rng([seed, number, k])
            pool = rng.permutation(BEST)[:POOL]
            contexts = contexts_of(
                {name: part[k, pool] for name, part in people.parts.items()}, GRANULARITIES
            )
            luck = rng.random(POOL)
            real = np.clip(levels[k] + CONFIG.slope * contexts @ tastes[k], -1.0, 1.0)
            if policy == "fixed lambda":
                weights = np.ones(len(GRANULARITIES))
            else:
                weights = np.array(list(bandit.multipliers().values()))
            scores[k] = contexts @ weights
            shown = np.argsort(-scores[k], kind="stable")[:SHOWN]
            best = np.argsort(-(contexts @ tastes[k]), kind="stable")[:SHOWN]
            truth[k, best] = 1.0
            regret[number] += (real[best].mean() - real[shown].mean()) / n
            if policy != "fixed lambda":
                bandit.learn(
                    contexts[shown], np.where(luck[shown] < (1.0 + real[shown]) / 2.0, 1.0, -1.0).tolist()
                )
        ndcg[number] = ndcg_at_k(target_ranks(scores, csr_array(truth)), SHOWN).mean()
    return Course(regret, ndcg)


def on_held_out(
    split: Split, people: People, rounds: int, seed: int, config: BanditConfig = CONFIG
) -> dict[str, float]:
    """Learn lambda from what people really met (validation), and judge it on what they met besides (test).

    Each round shows the ten best not shown yet; what is in the validation is liked, the rest passed over. Returns
    NDCG@20 on test over all items, only train masked, with everybody's lambda and with each person's own.
    """
    valid, test = split.valid[people.rows].toarray() != 0, split.test[people.rows]
    n, n_items = valid.shape
    plain, own = np.full((n, n_items), -1e6), np.full((n, n_items), -1e6)
    for k in range(n):
        contexts = contexts_of({name: part[k] for name, part in people.parts.items()}, GRANULARITIES)
        bandit = GranularityBandit(config.model_copy(update={"seed": seed}))
        left = np.ones(BEST, dtype=bool)
        for _ in range(rounds):
            scores = contexts @ np.array(list(bandit.multipliers().values()))
            shown = np.argsort(-np.where(left, scores, -np.inf), kind="stable")[:10]
            left[shown] = False
            bandit.learn(contexts[shown], np.where(valid[k, people.items[k, shown]], 1.0, -0.2).tolist())
        plain[k, people.items[k]] = contexts.sum(axis=1)
        own[k, people.items[k]] = contexts @ np.array(list(bandit.multipliers(explore=False).values()))
    return {
        name: float(ndcg_at_k(target_ranks(scores, test, split.train[people.rows]), 20).mean())
        for name, scores in (("everybody's", plain), ("own", own))
    }
