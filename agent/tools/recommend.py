"""Recommend under constraints, for this person."""

from __future__ import annotations

from agent.evidence import ToolPayload
from agent.tools.arguments import Wishes
from agent.tools.base import Scope, make_tool
from agent.tools.payloads import recommended_cards
from agent.tools.resolve import resolve_title
from agent.tools.wishes import constraints_of, list_notes, wish_text
from recsys.schema import Context, RecommendRequest

NAME = "recommend"


def run(scope: Scope, wanted: Wishes) -> ToolPayload:
    """Rank the catalogue for the wishes and the person's interests."""
    notes: list[str] = []
    seeds: list[str] = []
    for title in wanted.like:
        place = resolve_title(scope, title)
        if place.item is not None:
            seeds.append(place.item.id)
        elif place.question and len(wanted.like) == 1:
            return ToolPayload(tool=NAME, question=place.question)
        else:
            notes.append(place.note)
    read = constraints_of(
        scope,
        wanted.include,
        wanted.exclude,
        year_from=wanted.year_from,
        year_to=wanted.year_to,
        max_runtime=wanted.max_runtime,
        max_price=wanted.max_price,
    )
    request = RecommendRequest(
        seeds=tuple(dict.fromkeys(seeds)),
        text=" ".join([wish_text(wanted.text, wanted.like), *read.words]).strip()[:2000],
        more=(*wanted.more, *read.words),
        less=(*wanted.less, *read.unwanted),
        constraints=read.constraints,
        context=Context(dialogue=scope.thread),
        limit=wanted.count,
    )
    services = scope.services
    found = services.recommender.recommend(request, services.interests.profile(scope.user))
    notes += [*read.notes, *list_notes(found)]
    if not found.recommendations:
        notes.append(f"No {services.knowledge.noun} in this catalogue meets this.")
    return ToolPayload(tool=NAME, items=recommended_cards(found.recommendations), notes=notes)


recommend = make_tool(NAME, Wishes, run)
