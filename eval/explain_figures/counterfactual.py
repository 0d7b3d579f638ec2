"""Is the item that a reason cites one that mattered? Without it the score must fall more than without another one.

What is left out is left out of the profile and everything is ranked again, as in `recsys.counterfactual`: nothing is
estimated. Beside the cited item, other items of the same history are left out one at a time, drawn at random; the
difference of the two falls is compared person by person.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from eval.explain_figures.explainers import BecauseYouLiked, Explain, because_popular, ours
from eval.explain_figures.people import Asked, from_history, people_of
from eval.figures import Figure, MeasureOptions, Sample, Section, Table
from eval.paired import PairedDifference, paired_difference
from kg.stores.ladybug import LadybugGraph
from recsys.counterfactual import Effect, effects
from recsys.recommender import Recommender
from recsys.workspace import Workspace

OTHERS = 3
"""Items of the history, drawn at random, that are left out beside the cited one."""


@dataclass(frozen=True)
class Fall:
    """What one reason's item does to the score, beside what others do."""

    person: str
    kind: str
    """Kind of the reason that cites it."""
    cited: float
    """Fall of the score without the cited item."""
    other: float
    """Mean fall without one of the others."""
    cited_places: float
    other_places: float
    """Places lost, likewise."""
    rank: float
    """Share of the others whose fall is smaller, ties as half; .5 is chance."""


def measure(options: MeasureOptions, progress: Callable[[str], None]) -> Section:
    """Leave out the cited item, and others, for the recommendations of real people."""
    started = time.monotonic()
    world, tastes = people_of(options, progress)
    workspace = Workspace.open(world.workspace)
    titles = {item.id: item.title for item in workspace.items}
    counts = {item.id: item.popularity for item in workspace.items}
    explainers: dict[str, Explain] = {
        "ours": ours,
        "because you liked your most popular one": BecauseYouLiked(titles, counts),
        "because you liked any one": BecauseYouLiked(titles, counts, by_chance=True, seed=options.seed),
        "because it is popular": because_popular,
    }
    found: dict[str, list[Fall]] = {name: [] for name in explainers}
    cites: dict[str, list[bool]] = {name: [] for name in explainers}
    taken = 0
    with closing(LadybugGraph(workspace.graph_path, read_only=True)) as graph:
        recommender = Recommender.open(workspace, graph)
        for taste in tastes:
            if taken and options.budget_s is not None and time.monotonic() - started > options.budget_s:
                break
            asked = from_history(recommender, taste)
            known = _Effects(recommender, asked)
            for name, explain in explainers.items():
                falls, cited = _falls(asked, explain, known, options.seed)
                found[name] += falls
                cites[name] += cited
            taken += 1
            if taken % 20 == 0:
                progress(f"{taken} of {len(tastes)} people")
    pairs = {name: _compared(falls) for name, falls in found.items() if falls}
    figures = []
    for name, pair in pairs.items():
        interval = f"95 % interval {pair.low:+.4f} to {pair.high:+.4f}"
        note = f"{interval} over {pair.units} people, {len(found[name]):,} reasons"
        figures.append(
            Figure(name=f"fall without the cited item minus fall without another, {name}", value=pair.difference,
                   reach="> 0" if name == "ours" else "", note=note)
        )  # fmt: skip
    for name, cited in cites.items():
        figures.append(
            Figure(name=f"recommendations with a cited item, {name}", value=float(np.mean(cited)),
                   note=f"of {len(cited):,}; a reason that cites nothing cannot be tested so")
        )  # fmt: skip
    return Section(
        title="Counterfactual faithfulness",
        question="Does the score fall more without the item that a reason cites than without another of the history?",
        figures=tuple(figures),
        tables=(_table(found, pairs), _kinds(found["ours"])),
        samples=tuple(
            Sample(system=name, metric="fall, cited minus other", values=_by_person(falls))
            for name, falls in found.items()
            if falls
        ),
        config={
            "seed": options.seed,
            "people": taken,
            "others": OTHERS,
            "history": max(len(t.known) for t in tastes),
        },
    )


class _Effects:
    """What each item of a history does to each recommended item, asked once."""

    def __init__(self, recommender: Recommender, asked: Asked) -> None:
        self._recommender, self._asked = recommender, asked
        self._known: dict[tuple[str, str], Effect] = {}

    def of(self, item: str, liked: str) -> Effect:
        """Return the effect of one liked item on one recommended item."""
        key = (item, liked)
        if key not in self._known:
            interest = [one for one in self._asked.profile.interests if one.subject_id == liked]
            self._known[key] = effects(
                self._recommender, item, self._asked.request, self._asked.profile, interest
            )[0]
        return self._known[key]


def _falls(asked: Asked, explain: Explain, known: _Effects, seed: int) -> tuple[list[Fall], list[bool]]:
    falls, cites = [], []
    for one in asked.explained(explain):
        item = one.recommendation.item.id
        cited = [
            (reason.kind, i)
            for reason in one.reasons
            for i in reason.entity_ids
            if i in one.history and i != item
        ]
        cites.append(bool(cited))
        # The same others for every explainer, so that these differ in nothing but the item that they cite.
        drawn = random.Random(f"{seed}/{one.person}/{item}").sample(one.history, len(one.history))
        for kind, liked in dict.fromkeys(cited):
            others = [known.of(item, other) for other in drawn if other != liked][:OTHERS]
            if not others:
                continue
            effect = known.of(item, liked)
            gains = np.array([other.gain for other in others])
            falls.append(
                Fall(
                    one.person,
                    kind,
                    effect.gain,
                    float(gains.mean()),
                    float(effect.places),
                    float(np.mean([other.places for other in others])),
                    float(((gains < effect.gain) + 0.5 * (gains == effect.gain)).mean()),
                )
            )
    return falls, cites


def _by_person(falls: Sequence[Fall]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for one in falls:
        found.setdefault(one.person, []).append(one.cited - one.other)
    return {person: float(np.mean(values)) for person, values in found.items()}


def _compared(falls: Sequence[Fall]) -> PairedDifference:
    people = sorted({one.person for one in falls})
    other, cited = (
        [float(np.mean([getattr(one, side) for one in falls if one.person == person])) for person in people]
        for side in ("other", "cited")
    )
    return paired_difference(other, cited)


def _table(found: dict[str, list[Fall]], pairs: dict[str, PairedDifference]) -> Table:
    rows = []
    for name, falls in found.items():
        if not falls:
            rows.append((name, "0", *["–"] * 7))
            continue
        pair = pairs[name]
        rows.append(
            (
                name,
                f"{len(falls):,}",
                f"{np.mean([one.cited for one in falls]):.4f}",
                f"{np.mean([one.other for one in falls]):.4f}",
                f"{pair.difference:+.4f}",
                f"{pair.low:+.4f} to {pair.high:+.4f}",
                f"{np.mean([one.rank for one in falls]):.3f}",
                f"{np.mean([one.cited_places for one in falls]):.1f}",
                f"{np.mean([one.other_places for one in falls]):.1f}",
            )
        )
    columns = (
        "explainer", "reasons that cite", "fall without it", "without another", "difference", "95 % interval",
        "falls more than another", "places lost", "without another",
    )  # fmt: skip
    return Table(
        title="Falls of the score", columns=columns, rows=tuple(rows),
        note=f"Another: {OTHERS} of the same history, drawn at random. `Falls more than another` is .5 by chance.",
    )  # fmt: skip


def _kinds(falls: Sequence[Fall]) -> Table:
    rows = []
    for kind in sorted({one.kind for one in falls}):
        own = [one for one in falls if one.kind == kind]
        pair = _compared(own)
        rows.append(
            (kind, f"{len(own):,}", f"{pair.difference:+.4f}", f"{pair.low:+.4f} to {pair.high:+.4f}",
             f"{np.mean([one.rank for one in own]):.3f}")
        )  # fmt: skip
    columns = ("kind", "reasons", "difference", "95 % interval", "falls more than another")
    return Table(title="Our reasons by kind", columns=columns, rows=tuple(rows))
