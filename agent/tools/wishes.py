"""From a person's words to constraints of the recommender, and from its answer to notes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.tools.base import Scope
from agent.tools.payloads import number_text, words_list
from kg.text import split_year, tokenize
from recsys.recommender import NO_GRAPH
from recsys.schema import Constraints, RecommendationList

GIVEN_UP = "Nothing meets everything, so this was given up:"
"""Begins the note on a list that does not meet all of the wishes."""
GRAPH_AWAY = (
    "The knowledge graph does not answer at the moment, so no reason here comes from it. "
    "Suggestions, search and what you like still work."
)
_ASKING = frozenset(
    "a about all also am an and any anything are at be but by can could do does don ever feel find for get give go "
    "good great have hello help hey hi hmm how i id idea ideas if ill im in is it just kind know let like liked lol "
    "looking look lot love loved make maybe me mood movie movies film films more much my need new nice no not now of "
    "ok okay on one ones or out please recommend recommendation recommendations really same see seen show similar "
    "so some somebody someone something sort sounds suggest suggestion suggestions sure t tell than thank thanks "
    "that the them then there these they thing things think this to today tonight too try up us very want wanted "
    "was watch watched watching we well what which whatever will with would yeah yes you your ve m s re ll d "
    "product products item items buy".split()
)
"""Words of asking, which say nothing of what is asked for. Folded: no apostrophes."""


@dataclass
class ReadWishes:
    """Constraints, and what could not become one."""

    constraints: Constraints
    words: list[str] = field(default_factory=list)
    """Wanted words that are no facet value; they steer by meaning."""
    unwanted: list[str] = field(default_factory=list)
    """Unwanted words that are no facet value."""
    notes: list[str] = field(default_factory=list)


def constraints_of(
    scope: Scope,
    include: Sequence[str],
    exclude: Sequence[str],
    year_from: int | None = None,
    year_to: int | None = None,
    max_runtime: int | None = None,
    max_price: float | None = None,
) -> ReadWishes:
    """Resolve words to facet values and titles; a note says which hard wish is no attribute here."""
    services = scope.services
    wanted = services.facets.include(include)
    unwanted = services.facets.exclude(exclude)
    notes: list[str] = []
    banned: list[str] = []
    soft: list[str] = []
    for word in unwanted.rest:
        items = services.titles.exact(word)
        if items:
            banned += [item.id for item in items]
        else:
            soft.append(word)
    if wanted.rest:
        words = _quoted(scope, wanted.rest)
        notes.append(f"{words} is no attribute of this catalogue; the words steer the search instead.")
    if soft:
        notes.append(
            f"{_quoted(scope, soft)} is no attribute of this catalogue, so it can only be steered away from."
        )
    clash = [
        value
        for facet, values in wanted.values.items()
        for value in values
        if value in unwanted.values.get(facet, ())
    ]
    if clash:
        notes.append(f"You asked for {words_list(clash)} and also against it; what you do not want counts.")
    low = max(_years(year_from, wanted.year_from), default=None)
    high = min(_years(year_to, wanted.year_to), default=None)
    if low is not None and high is not None and low > high:
        notes.append(f"No year is both from {low} on and up to {high}; the years are left open.")
        low = high = None
    limits, missing = {}, []
    for name, bound in (("runtime", max_runtime), ("price", max_price)):
        if bound is None:
            continue
        if services.has_number(name):
            limits[name] = float(bound)
        else:
            missing.append(f"{name} (at most {number_text(name, float(bound))})")
    if missing:
        notes.append(f"The catalogue does not know the {words_list(missing)}, so it could not be met.")
    return ReadWishes(
        Constraints(
            include=wanted.values,
            exclude=unwanted.values,
            year_from=low,
            year_to=high,
            number_max=limits,
            exclude_items=tuple(banned),
        ),
        list(wanted.rest),
        soft,
        notes,
    )


def wish_text(text: str, titles: Sequence[str]) -> str:
    """Return what a wish says beside its titles, or an empty string when only words of asking are left.

    A title is looked up by itself; its words say nothing of what the person wants it to be about.
    """
    for title in sorted(titles, key=len, reverse=True):
        for form in (title, split_year(title)[0]):
            if form.strip():
                text = re.sub(re.escape(form), " ", text, flags=re.IGNORECASE)
    left = [token.text for token in tokenize(text)]
    return "" if all(word in _ASKING or word.isdigit() for word in left) else " ".join(text.split())


def list_notes(found: RecommendationList) -> list[str]:
    """Return what the person must be told of a list: what was given up, and which part was away."""
    notes = []
    if found.relaxed and found.recommendations:
        notes.append(f"{GIVEN_UP} {words_list(found.relaxed)}.")
    return [*notes, *degraded_notes(found.degraded)]


def degraded_notes(degraded: Sequence[str]) -> list[str]:
    """Return a note for each part that could not take part in an answer."""
    return [GRAPH_AWAY if part == NO_GRAPH else f"Note that {part}." for part in degraded]


def _quoted(scope: Scope, words: Sequence[str]) -> str:
    said = [f"“{word[:80]}”" for word in words if scope.did_say(word)]
    return words_list(said) if said else "Part of the wish"


def _years(*found: int | None) -> list[int]:
    return [year for year in found if year is not None]
