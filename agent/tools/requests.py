"""The request that a call of a tool stands for: read in one place, so that a list and its explanation agree."""

from __future__ import annotations

from dataclasses import dataclass, field

from langchain_core.messages import HumanMessage

from agent.answers import shown_in
from agent.tools.arguments import SimilarItems, Wishes
from agent.tools.base import Scope
from agent.tools.resolve import resolve_title
from agent.tools.wishes import constraints_of, wish_text
from recsys.occasions import DEFAULT, scene_of
from recsys.schema import Context, Item, RecommendRequest

_SCENE_HOLDS = 6
"""Messages for which a scene holds once it was named."""


@dataclass(frozen=True)
class Asked:
    """A request, or the question that must be answered first, with what could not be read."""

    request: RecommendRequest | None
    notes: list[str] = field(default_factory=list)
    question: str | None = None


def request_of(scope: Scope, wanted: Wishes) -> Asked:
    """Read wishes in the light of the dialogue: places in the last list, constraints, words that only steer."""
    notes: list[str] = []
    seeds: list[str] = []
    for title in wanted.like:
        place = resolve_title(scope, title)
        if place.item is not None:
            seeds.append(place.item.id)
        elif place.question and len(wanted.like) == 1:
            return Asked(None, question=place.question)
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
        scene=scene_in(scope),
        context=Context(dialogue=scope.thread),
        limit=wanted.count,
    )
    return Asked(request, [*notes, *read.notes])


def without_aside(scope: Scope, request: RecommendRequest) -> RecommendRequest:
    """Return the request without the items that were set aside in this dialogue.

    Who wants others than some that were shown wants none of those that were shown before either; the argument holds ten
    titles, a dialogue shows more.
    """
    out = request.constraints.exclude_items
    shown = shown_in(scope.messages)
    also = (*scope.aside, *(shown if set(out) & set(shown) else ()))
    if not also:
        return request
    constraints = request.constraints.model_copy(
        update={"exclude_items": tuple(dict.fromkeys((*out, *also)))}
    )
    return request.model_copy(update={"constraints": constraints})


def scene_in(scope: Scope) -> str:
    """Return the scene that the person named last in their newest messages, `default` where they named none."""
    said = [str(m.text) for m in scope.messages if isinstance(m, HumanMessage)][-_SCENE_HOLDS:]
    found = (scene_of(text) for text in reversed(said or [scope.said]))
    return next((scene for scene in found if scene is not None), DEFAULT)


def likeness_of(item: Item, wanted: SimilarItems) -> RecommendRequest:
    """Return the request for items like one item, for nobody in particular."""
    return RecommendRequest(
        seeds=(item.id,),
        more=tuple(wanted.more),
        less=tuple(wanted.less),
        use_profile=False,
        limit=wanted.count,
    )
