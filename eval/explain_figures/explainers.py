"""Who explains: the product, and templates that say the same of everything. All are measured by the same code."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recsys.schema import Evidence, Recommendation

Explain = Callable[[str, Recommendation, Sequence[str]], tuple[Evidence, ...]]
"""From a person, what was recommended and the ids of their history to the reasons given."""


@dataclass(frozen=True)
class Explained:
    """One recommendation with the reasons that somebody gave for it."""

    person: str
    recommendation: Recommendation
    history: tuple[str, ...]
    """Ids of what the person liked before, all that the recommender was told."""
    reasons: tuple[Evidence, ...]

    @property
    def cited(self) -> str | None:
        """The first item of the history that a reason names, or None."""
        return next((i for one in self.reasons for i in one.entity_ids if i in self.history), None)


def ours(_: str, recommendation: Recommendation, __: Sequence[str]) -> tuple[Evidence, ...]:
    """Return the product's own reasons."""
    return recommendation.evidence


def because_popular(_: str, recommendation: Recommendation, __: Sequence[str]) -> tuple[Evidence, ...]:
    """Say of everything that it is popular."""
    text = "is among the most popular in this catalogue"
    return (Evidence(kind="popularity", text=text, entity_ids=(recommendation.item.id,)),)


@dataclass(frozen=True)
class BecauseYouLiked:
    """Says that people who liked one item of the history like this one: the most popular, or any."""

    titles: Mapping[str, str]
    counts: Mapping[str, float]
    by_chance: bool = False
    seed: int = 0

    def __call__(
        self, person: str, recommendation: Recommendation, history: Sequence[str]
    ) -> tuple[Evidence, ...]:
        """Return the one reason."""
        if self.by_chance:
            other = random.Random(f"{self.seed}/{person}/{recommendation.item.id}").choice(list(history))
        else:
            other = max(history, key=lambda i: (self.counts[i], i))
        name = self.titles[other]
        text = f"is liked by people who like {name}"
        return (Evidence(kind="history", text=text, entity_ids=(other,), names=(name,)),)
