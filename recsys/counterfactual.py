"""What if one had not been told: an item ranked again without one thing that is believed of a person.

Nothing is estimated: the request is scored a second time over the whole catalogue with that interest left out, so a
place that is told is the place that the item would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from recsys.recommender import Recommender
from recsys.schema import Interest, Profile, Recommendation, RecommendRequest

MOST = 12
"""Interests that are left out one after the other, newest first: each costs a whole ranking."""


class Standing(BaseModel):
    """Where an item stands among all that may be returned for a request."""

    model_config = ConfigDict(frozen=True)

    place: int
    """1 is the best."""
    among: int
    """Items that the request allows, this one counted in any case."""
    score: float


class Effect(BaseModel):
    """What one interest does to one item."""

    model_config = ConfigDict(frozen=True)

    interest: Interest
    known: Standing
    unknown: Standing
    """Without the interest."""

    @property
    def places(self) -> int:
        """Places that the item gains by it; negative where it loses some."""
        return self.unknown.place - self.known.place

    @property
    def gain(self) -> float:
        """What it adds to the score."""
        return self.known.score - self.unknown.score


def effects(
    recommender: Recommender,
    item_id: str,
    request: RecommendRequest,
    profile: Profile,
    interests: Sequence[Interest],
    multipliers: Mapping[str, float] | None = None,
) -> list[Effect]:
    """Return what each of `interests` does to the item, at most the first `MOST`, the largest change of score first.

    Args:
        recommender: of the item's catalogue.
        item_id: the item. Raises `UnknownItemError` when it is not in the catalogue.
        request: what was asked; one that leaves the profile out gives effects of nothing.
        profile: what is known of the person.
        interests: some of the profile's, to be left out one at a time.
        multipliers: as in `Recommender.recommend`.
    """
    known = standing(recommender, item_id, request, profile, multipliers)
    found = []
    for interest in interests[:MOST]:
        others = tuple(one for one in profile.interests if one.id != interest.id)
        without = profile.model_copy(update={"interests": others})
        unknown = standing(recommender, item_id, request, without, multipliers)
        found.append(Effect(interest=interest, known=known, unknown=unknown))
    return sorted(found, key=lambda effect: -abs(effect.gain))


class Carried(BaseModel):
    """What a profile alone leads to, and which interest carries which item."""

    model_config = ConfigDict(frozen=True)

    recommendations: tuple[Recommendation, ...]
    """The best first."""
    gains: dict[str, tuple[float, ...]]
    """Interest id to what the score of each recommendation, in their order, loses without it; negative where it gains.
    Of the newest `MOST` interests, each left out by itself: gains need not sum to a score."""


def carried(
    recommender: Recommender,
    profile: Profile,
    limit: int = 10,
    multipliers: Mapping[str, float] | None = None,
) -> Carried:
    """Return what is recommended for a profile when nothing is asked, and what each of its interests adds."""
    request = RecommendRequest(limit=limit)
    found = recommender.recommend(request, profile, multipliers).recommendations
    ids = [one.item.id for one in found]
    known = recommender.scores_of(ids, request, profile, multipliers)
    gains = {}
    for interest in profile.interests[:MOST]:
        others = tuple(one for one in profile.interests if one.id != interest.id)
        without = profile.model_copy(update={"interests": others})
        unknown = recommender.scores_of(ids, request, without, multipliers)
        gains[interest.id] = tuple(a - b for a, b in zip(known, unknown, strict=True))
    return Carried(recommendations=found, gains=gains)


def standing(
    recommender: Recommender,
    item_id: str,
    request: RecommendRequest,
    profile: Profile,
    multipliers: Mapping[str, float] | None = None,
) -> Standing:
    """Return the place of an item by score alone, before a list is made various.

    Raises `UnknownItemError` when it is not in the catalogue.
    """
    place, among, score = recommender.place_of(item_id, request, profile, multipliers)
    return Standing(place=place, among=among, score=score)
