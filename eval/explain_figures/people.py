"""Whose recommendations are explained: real people, with what they liked before and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.explain_figures.explainers import Explain, Explained
from eval.figures import MeasureOptions
from eval.simulate_figures.people import number
from eval.simulated.contenders import liking
from eval.simulated.tastes import Taste
from eval.simulated.world import World, open_world
from recsys.recommender import Recommender
from recsys.schema import Constraints, Profile, Recommendation, RecommendRequest

PEOPLE = 100
_QUICK = 10
_WORLD = 200
"""The people whom the suite `simulate` measures with, so that one workspace serves both."""
LISTED = 5


@dataclass(frozen=True)
class Asked:
    """One request of one person and what was recommended."""

    taste: Taste
    profile: Profile
    request: RecommendRequest
    wanted: tuple[tuple[str, str], ...]
    """Facet and value that the request asks for."""
    recommendations: tuple[Recommendation, ...]

    def explained(self, explain: Explain) -> list[Explained]:
        """Return each recommendation with somebody's reasons."""
        return [
            Explained(
                self.taste.person, one, self.taste.known, explain(self.taste.person, one, self.taste.known)
            )
            for one in self.recommendations
        ]


def people_of(options: MeasureOptions, progress: Callable[[str], None]) -> tuple[World, Sequence[Taste]]:
    """Return the world and as many of its people as were asked for."""
    count = number(options, "people", _QUICK if options.quick else PEOPLE)
    world = open_world(options.data, options.out, max(_WORLD, count), options.seed, progress)
    return world, world.tastes[:count]


def from_history(recommender: Recommender, taste: Taste) -> Asked:
    """Recommend from what a person liked, with nothing asked for."""
    profile, request = liking(taste.known), RecommendRequest(limit=LISTED)
    return Asked(taste, profile, request, (), recommender.recommend(request, profile).recommendations)


def with_wish(recommender: Recommender, taste: Taste) -> Asked:
    """Recommend from what a person liked and the genre that they like most."""
    genre = next((one for wants in taste.wants.values() for one in wants if one.facet == "genre"), None)
    wanted = ((genre.facet, genre.value),) if genre else ()
    include = {facet: (value,) for facet, value in wanted}
    profile, request = (
        liking(taste.known),
        RecommendRequest(limit=LISTED, constraints=Constraints(include=include)),
    )
    return Asked(taste, profile, request, wanted, recommender.recommend(request, profile).recommendations)
