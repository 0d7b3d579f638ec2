"""Several scorers as one: standardised, weighted by what choices taught, and added up.

Each member's scores are standardised person by person and added up with weights that a gate learned (see
`recsys.ensemble.gate`); so a score is a sum of what each member gave, exactly. A member that does not pay on
held-out choices is left out, and the card says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse import csr_array

from recsys.ensemble.cells import Cells, candidates, joined
from recsys.ensemble.gate import Gate, Learning, learn_where_decided
from recsys.ensemble.holding_out import divide, part_of, people_of
from recsys.ensemble.members import Member, new_scorer
from recsys.ensemble.selection import Worth, crossed, select
from recsys.ensemble.standard import standardised
from recsys.ensemble.traits import ITEM_TRAITS, USER_TRAITS, Traits
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix, TrainingData, Users
from recsys.models.held_out import people_with_targets
from recsys.models.persist import (
    ModelCard,
    check_shape,
    hash_training_data,
    library_versions,
    load_model,
    save_model,
)
from recsys.schema import Granularity

_CELLS = 16_000_000
"""Most people times items that are scored at once; each takes 4 bytes a member while weights are learned."""


class EnsembleConfig(BaseModel):
    """How weights are learned."""

    model_config = ConfigDict(frozen=True)

    held_out: float = Field(default=0.2, gt=0.0, lt=1.0)
    """Share of each history that weights are learned on, where no order is known; with one it is the last item."""
    people: int = Field(default=6_000, ge=1)
    """Most people that weights are learned on, a scene; members learn from everybody."""
    among: int = Field(default=200, ge=1)
    """Candidates a person: the items that the members together put first."""
    decided: int = Field(default=40, ge=1)
    """Of them, how many compete: those that one weight a member puts first, where a list is decided."""
    traits: bool = True
    """Whether weights depend on history length, taste and popularity; else one weight a member and scene."""
    ridge: float = Field(default=1e-2, ge=0.0)
    """Price of a squared weight of 1 on a trait or a scene, in nats a choice."""
    least_gain: float = Field(default=0.0005, ge=0.0)
    """NDCG@20 on people whose choices taught nothing that a member must add to stay."""
    select: bool = True
    """Whether members that add less are left out; else all stay."""
    seed: int = 0
    """Of what is held out, and of the two halves of the people."""


class Ensemble:
    """An `AdditiveScorer` over members. Without any learned weights every member counts alike."""

    name = "ensemble"

    def __init__(self, members: Sequence[Member] = (), config: EnsembleConfig | None = None) -> None:
        names = [member.name for member in members]
        if len(set(names)) < len(names):
            raise ValueError(f"members must have names of their own, not {names}")
        self.members = list(members)
        self.recommends_for_cold = any(member.scorer.recommends_for_cold for member in members)
        self.config = config or EnsembleConfig()
        self.off: frozenset[str] = frozenset()
        """Members that take no part in scores for now, whatever their weights."""
        self.worth: dict[str, Worth] = {}
        """Member to what was measured of it on held-out choices when weights were learned."""
        self.held_out = 0.0
        """NDCG@20 of all members that stayed on held-out choices, each half of the people scored with weights that
        the other half taught; 0 before weights were learned."""
        self.card = ModelCard(name=self.name, n_items=0)
        self._traits = Traits(np.zeros(0, np.float32), (0.0, 1.0), ((0.0, 1.0),) * len(USER_TRAITS))
        self.gate = self._equal()

    @property
    def names(self) -> list[str]:
        """The members, in their order."""
        return [member.name for member in self.members]

    def fit(self, data: TrainingData, progress: Callable[[str], None] = lambda _: None) -> None:
        """Hold out a part of `data`, learn weights on it, leave out what does not pay, fit the rest on all."""
        held = divide(data, self.config.held_out, self.config.seed)
        batches = []
        for scene, targets in held.by_scene.items():
            rows = people_with_targets(targets, self.config.people, self.config.seed)
            if len(rows):
                batches.append((people_of(held.data, rows, scene), targets[rows]))
        if batches and len(self.members) > 1:
            self.fit_members(held.data, progress)
            self.fit_weights(*batches, progress=progress)
        else:
            self.gate, self.worth, self.held_out = self._equal(), {}, 0.0
            if len(self.members) > 1:
                self.card.notes.append("No history was long enough to learn weights on; all count alike.")
        notes = self.card.notes
        self.fit_members(data, progress)
        self.card.notes = notes

    def fit_members(self, data: TrainingData, progress: Callable[[str], None] = lambda _: None) -> None:
        """Fit every member on `data`; weights stay as they are. A member left out before is not fitted."""
        for member in self.members:
            progress(f"Fitting {member.name}")
            member.scorer.fit(data)
        self.adopt(data)

    def adopt(self, data: TrainingData) -> None:
        """Take the members as fitted on `data` already; weights stay as they are."""
        self._traits = Traits.learn(data.interactions)
        self.card = ModelCard(
            name=self.name,
            n_items=data.interactions.shape[1],
            seed=self.config.seed,
            config=self.config.model_dump(),
            data_hash=hash_training_data(data),
            versions=library_versions(),
        )

    def fit_weights(
        self,
        *batches: tuple[Users, csr_array],
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Learn the weights from choices that the members were not fitted on.

        Each batch is people (n) in one scene and what they chose, (n, n_items), 1.0 a choice. Members that do not
        pay are dropped from the ensemble when the configuration says so.
        """
        cells = [(users.scene, self.cells(users, targets)) for users, targets in batches]
        self.learn_from(cells, progress)

    def learn_from(
        self, cells: Sequence[tuple[str, Cells]], progress: Callable[[str], None] = lambda _: None
    ) -> None:
        """Learn the weights from cells (scene, cells) that `cells` made, values in the order of the members."""
        config, item_traits = self.config, self._traits.items()
        kept = list(range(len(self.members)))
        if config.select and len(kept) > 1:
            names, learning = self.names, self.learning
            kept, found = select(
                cells, item_traits, learning, config.least_gain, config.seed, names, progress
            )
            self.worth = {self.members[k].name: worth for k, worth in found.items()}
        left_out = [name for k, name in enumerate(self.names) if k not in kept]
        self.members = [self.members[k] for k in kept]
        self.recommends_for_cold = any(member.scorer.recommends_for_cold for member in self.members)
        chosen = [(scene, one.of_members(kept)) for scene, one in cells]
        self.gate = learn_where_decided(chosen, item_traits, self.learning)
        self.held_out = crossed(chosen, item_traits, self.learning, config.seed)
        self.card.notes = [
            f"{name} was left out: without it NDCG@20 on held-out choices is {-self.worth[name].gain:+.4f}."
            for name in left_out
        ]

    def cells(self, users: Users, targets: csr_array) -> Cells:
        """Return the candidates of these people with every member's standardised scores."""
        n, n_items = users.history.shape
        step = max(1, _CELLS // max(1, n_items * max(1, len(self.members))))
        parts = []
        for start in range(0, n, step):
            rows = slice(start, start + step)
            some = part_of(users, rows)
            scores = self.standard_scores(some)
            traits = self._traits.users(some.history)
            parts.append(candidates(scores, traits, some.history, targets[rows], self.config.among))
        return joined(parts)

    def without(self, *names: str) -> Ensemble:
        """Return the same ensemble with these members switched off; members are shared, weights as learned.

        Raises `ValueError` for a name that is none of the members.
        """
        unknown = [name for name in names if name not in self.names]
        if unknown:
            raise ValueError(f"there is no member {unknown[0]!r} among {self.names}")
        other = Ensemble(self.members, self.config)
        other.gate, other.worth, other.card, other._traits = self.gate, self.worth, self.card, self._traits
        other.held_out = self.held_out
        other.off = self.off | frozenset(names)
        return other

    def member_shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each member gives to each score, (n, n_items) a member; they add up to `score`."""
        return dict(self._parts(users))

    def shares(self, users: Users) -> dict[str, FloatMatrix]:
        """Return what each granularity gives to each score, (n, n_items) a granularity; they add up to
        `score`."""
        found: dict[str, FloatMatrix] = {}
        speaks = {member.name: member.granularity.value for member in self.members}
        for name, part in self._parts(users):
            if speaks[name] in found:
                found[speaks[name]] += part
            else:
                found[speaks[name]] = part
        return found

    def score(self, users: Users) -> FloatMatrix:
        """Add the shares up, shape (n, n_items); a person of whom no member knows anything gets zeros."""
        total: FloatMatrix = np.zeros(users.history.shape, dtype=np.float32)
        for _, part in self._parts(users):
            total += part
        return total

    def standard_scores(self, users: Users) -> list[FloatMatrix]:
        """Return every member's standardised scores, (n, n_items) each, in the order of the members."""
        return [standardised(member.scorer.score(users)) for member in self.members]

    def added_up(self, scores: Sequence[FloatMatrix], users: Users) -> FloatMatrix:
        """Return `score` from what `standard_scores` gave for these people, so that weights can be compared
        without scoring again."""
        total: FloatMatrix = np.zeros(users.history.shape, dtype=np.float32)
        of_users, of_items = self._weights(users)
        for k, (member, part) in enumerate(zip(self.members, scores, strict=True)):
            if member.name not in self.off:
                total += (of_users[:, k, None] + of_items[None, :, k]) * part
        return total

    def save(self, folder: Path) -> None:
        """Write `ensemble.safetensors`, `ensemble.json` and each member into `ensemble/NAME/`."""
        for member in self.members:
            member.scorer.save(folder / self.name / member.name)
        listed = [{"name": m.name, "type": m.type, "granularity": m.granularity.value} for m in self.members]
        scenes = sorted(self.gate.scenes)
        card = self.card.model_copy(
            update={
                "config": {
                    **self.config.model_dump(),
                    "members": listed,
                    "scenes": scenes,
                    "held_out_ndcg": self.held_out,
                    "worth": {name: worth.model_dump() for name, worth in self.worth.items()},
                }
            }
        )
        tensors: dict[str, NDArray[Any]] = {
            "base": self.gate.base,
            "user": self.gate.user,
            "item": self.gate.item,
            "scenes": np.array([self.gate.scenes[name] for name in scenes]).reshape(
                len(scenes), len(self.members)
            ),
            "popularity": self._traits.popularity,
            "item_scale": np.array(self._traits.item_scale),
            "user_scales": np.array(self._traits.user_scales),
        }
        save_model(folder, card, tensors)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote; raises `WorkspaceError` when it is missing or of another shape."""
        card, tensors = load_model(folder, self.name)
        told = dict(card.config)
        listed, scenes = told.pop("members", []), told.pop("scenes", [])
        worth, held_out = told.pop("worth", {}), told.pop("held_out_ndcg", 0.0)
        try:
            config = EnsembleConfig.model_validate(told)
            self.worth = {name: Worth.model_validate(one) for name, one in worth.items()}
            members = [
                Member(one["name"], new_scorer(one["type"]), Granularity(one["granularity"]))
                for one in listed
            ]
            base, user, item = tensors["base"], tensors["user"], tensors["item"]
            popularity, by_scene = tensors["popularity"], tensors["scenes"]
            item_scale, user_scales = tensors["item_scale"], tensors["user_scales"]
        except (KeyError, ValueError) as error:
            raise WorkspaceError(
                f"The model {self.name} in {folder} is not whole. Build the workspace anew."
            ) from error
        check_shape(self.name, base, (len(members),))
        check_shape(self.name, user, (len(members), len(USER_TRAITS)))
        check_shape(self.name, item, (len(members), len(ITEM_TRAITS)))
        check_shape(self.name, popularity, (card.n_items,))
        check_shape(self.name, item_scale, (2,))
        check_shape(self.name, user_scales, (len(USER_TRAITS), 2))
        if scenes:
            check_shape(self.name, by_scene, (len(scenes), len(members)))
        for member in members:
            member.scorer.load(folder / self.name / member.name)
        self.held_out = float(held_out)
        self.members, self.config, self.card, self.off = members, config, card, frozenset()
        self.recommends_for_cold = any(member.scorer.recommends_for_cold for member in members)
        self.gate = Gate(base, user, item, {name: by_scene[k] for k, name in enumerate(scenes)})
        self._traits = Traits(
            popularity,
            (float(item_scale[0]), float(item_scale[1])),
            tuple((float(mean), float(spread)) for mean, spread in user_scales),
        )

    def _parts(self, users: Users) -> Iterator[tuple[str, FloatMatrix]]:
        if users.history.shape[1] != self.card.n_items:
            raise WorkspaceError(
                f"History has {users.history.shape[1]} items; the model was trained for {self.card.n_items}."
            )
        of_users, of_items = self._weights(users)
        for k, member in enumerate(self.members):
            if member.name not in self.off:
                part = standardised(member.scorer.score(users))
                part *= of_users[:, k, None] + of_items[None, :, k]
                yield member.name, part

    def _weights(self, users: Users) -> tuple[FloatMatrix, FloatMatrix]:
        of_users = self.gate.of_users(self._traits.users(users.history), users.scene)
        return of_users, self.gate.of_items(self._traits.items())

    @property
    def item_traits(self) -> FloatMatrix:
        """What the gate is told of items, shape (n_items, item traits)."""
        return self._traits.items()

    @property
    def learning(self) -> Learning:
        """How the configuration says that weights are learned."""
        config = self.config
        return Learning(config.ridge, config.decided, config.traits)

    def _equal(self) -> Gate:
        return Gate.equal(len(self.members), len(USER_TRAITS), len(ITEM_TRAITS))
