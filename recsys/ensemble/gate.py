"""How much each member counts, for whom, for which item and in which scene: learned from choices.

The score of a person u and an item i in a scene s is sum_k w_k(u, i, s) z_k(u, i), with z_k a member's
standardised score and w_k linear in what is known of the person and the item, so that it is a sum of parts:

    w_k(u, i, s) = base_k + user_k . traits(u) + item_k . traits(i) + scene_k,s

The numbers are those under which held-out choices are likely in a softmax over each person's candidates, with a
ridge on everything but the base. The problem is convex: there is one answer, and no seed. A base is never
negative: a member speaks for what it puts first, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from recsys.ensemble.cells import Cells
from recsys.models.base import FloatMatrix
from recsys.models.choices import Choices

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Gate:
    """Learned weights of `members` members."""

    base: Numbers
    """Shape (members,), at least 0."""
    user: Numbers
    """Shape (members, user traits)."""
    item: Numbers
    """Shape (members, item traits)."""
    scenes: Mapping[str, Numbers]
    """Scene to what it adds to each base, (members,); a scene that is not named adds nothing."""

    @classmethod
    def equal(cls, members: int, user_traits: int, item_traits: int) -> Gate:
        """The gate before anything was learned: every member counts alike."""
        base = np.full(members, 1.0 / max(1, members))
        return cls(base, np.zeros((members, user_traits)), np.zeros((members, item_traits)), {})

    def of_users(self, traits: FloatMatrix, scene: str) -> FloatMatrix:
        """Return the part of each weight that a person and the scene decide, shape (n, members)."""
        base = self.base + self.scenes.get(scene, 0.0)
        return np.asarray(base + traits @ self.user.T, dtype=np.float32)

    def of_items(self, traits: FloatMatrix) -> FloatMatrix:
        """Return the part of each weight that an item decides, shape (n_items, members)."""
        return np.asarray(traits @ self.item.T, dtype=np.float32)

    def scores(self, cells: Cells, item_traits: FloatMatrix, scene: str) -> FloatMatrix:
        """Score candidates, shape (n, among)."""
        of_users, of_items = self.of_users(cells.users, scene), self.of_items(item_traits)
        total: FloatMatrix = np.zeros(cells.items.shape, dtype=np.float32)
        for k, values in enumerate(cells.values):
            total += (of_users[:, k, None] + of_items[cells.items, k]) * values
        return total


class _Batch:
    """The flat cells of one scene as one linear problem: logits are parameters times columns."""

    def __init__(self, cells: Cells, item_traits: FloatMatrix, scene: int, traits: bool) -> None:
        self.scene = scene
        self.choices: Choices = cells.choices()
        self.values = cells.values[:, cells.filled]
        self.by: list[NDArray[np.float32]] = []
        if traits:
            people = np.broadcast_to(cells.users[:, None, :], (*cells.items.shape, cells.users.shape[1]))
            described = np.concatenate([people, item_traits[cells.items]], axis=2)[cells.filled]
            self.by = [np.ascontiguousarray(column) for column in described.T]

    def loss(self, weights: Numbers) -> tuple[float, Numbers]:
        """Nats of all choices, and the gradient; `weights` is (1 + traits, members)."""
        logits = weights[0].astype(np.float32) @ self.values
        for row, column in zip(weights[1:], self.by, strict=True):
            logits += column * (row.astype(np.float32) @ self.values)
        loss, slope = self.choices.loss(logits.astype(np.float64))
        slope32 = slope.astype(np.float32)
        gradient = [self.values @ slope32, *(self.values @ (slope32 * column) for column in self.by)]
        return loss * self.choices.count, np.stack(gradient).astype(np.float64) * self.choices.count


@dataclass(frozen=True)
class Learning:
    """How weights are learned; see `EnsembleConfig`, whose words these are."""

    ridge: float
    decided: int
    traits: bool


def learn_where_decided(
    batches: Sequence[tuple[str, Cells]], item_traits: FloatMatrix, how: Learning
) -> Gate:
    """Learn one weight a member among all candidates, then the whole gate among those that it puts first.

    Far down a list there are more choices than at its top, and they would decide the weights.
    """
    rough = learn_gate(batches, item_traits, how.ridge, False)
    first = [
        (scene, cells.first(rough.scores(cells, item_traits, scene), how.decided)) for scene, cells in batches
    ]
    return learn_gate(first, item_traits, how.ridge, how.traits)


def learn_gate(
    batches: Sequence[tuple[str, Cells]],
    item_traits: FloatMatrix,
    ridge: float,
    traits: bool = True,
    steps: int = 200,
) -> Gate:
    """Return the weights under which the choices in `batches` (scene, its cells) are likeliest.

    `item_traits` is (n_items, item traits). `ridge` is the price of a squared weight of 1 on a trait or a scene, in
    nats a choice; with `traits` False only base and scenes are learned. With no choice at all every member counts
    alike.
    """
    members, user_traits = batches[0][1].values.shape[0], batches[0][1].users.shape[1]
    names = sorted({scene for scene, _ in batches})
    several = len(names) > 1
    problems = [_Batch(cells, item_traits, names.index(scene), traits) for scene, cells in batches]
    count = sum(float(problem.choices.chosen.sum()) for problem in problems)
    if not count:
        return Gate.equal(members, user_traits, item_traits.shape[1])
    rows = 1 + (user_traits + item_traits.shape[1] if traits else 0)
    shape = (rows + (len(names) if several else 0), members)

    def objective(flat: Numbers) -> tuple[float, Numbers]:
        told = flat.reshape(shape)
        gradient = np.zeros(shape)
        loss = 0.0
        for problem in problems:
            weights = told[:rows].copy()
            if several:
                weights[0] += told[rows + problem.scene]
            one, slope = problem.loss(weights)
            loss += one
            gradient[:rows] += slope
            if several:
                gradient[rows + problem.scene] += slope[0]
        gradient /= count
        gradient[1:] += 2.0 * ridge * told[1:]
        return loss / count + ridge * float((told[1:] ** 2).sum()), gradient.ravel()

    start = np.zeros(shape)
    start[0] = 1.0 / members
    bounds = [(0.0, None)] * members + [(None, None)] * (members * (shape[0] - 1))
    found = minimize(
        objective, start.ravel(), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": steps}
    )
    told = found.x.reshape(shape)
    user, item = np.zeros((members, user_traits)), np.zeros((members, item_traits.shape[1]))
    if traits:
        user, item = told[1 : 1 + user_traits].T.copy(), told[1 + user_traits : rows].T.copy()
    scenes = {name: told[rows + k].copy() for k, name in enumerate(names)} if several else {}
    return Gate(told[0].copy(), user, item, scenes)
