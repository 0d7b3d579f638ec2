"""`/v1/recommend`, `/v1/explain`, `/v1/feedback`: one question to the recommender each, without a dialogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from agent.context import Services
from agent.evidence import Fact
from agent.session import Agent
from agent.tools.payloads import recommended_card, recommended_cards
from recsys.schema import RecommendRequest
from recsys.taste import statement
from ui.api.callers import Caller, allowed
from ui.api.catalogues import item_named, opened
from ui.api.errors import responses
from ui.api.keys import Scope
from ui.api.schemas import (
    ExplainAnswer,
    ExplainBody,
    FeedbackBody,
    RecommendAnswer,
    RecommendBody,
    Standing,
    Told,
    ToldEffect,
    Wish,
)

router = APIRouter(tags=["recommender"])


@router.post("/recommend", summary="Rank the catalogue for a wish", responses=responses(404))
def recommend(
    body: RecommendBody, request: Request, caller: Annotated[Caller, Depends(allowed(Scope.RECOMMEND))]
) -> RecommendAnswer:
    """Return the best items for a wish and the person, each with its reasons and the shares of its score.

    An empty wish ranks by what is stored of the person, and where nothing is, by what most people like.
    """
    name, agent = opened(request.app.state.agents, body.catalogue)
    wanted, notes = _wanted(agent.services, body, body.limit)
    found = agent.services.recommend(caller.user, wanted)
    return RecommendAnswer(
        catalogue=name,
        items=recommended_cards(found.recommendations),
        relaxed=list(found.relaxed),
        degraded=list(found.degraded),
        notes=notes,
    )


@router.post("/explain", summary="Say why an item is, or would be, recommended", responses=responses(404))
def explain(
    body: ExplainBody, request: Request, caller: Annotated[Caller, Depends(allowed(Scope.RECOMMEND))]
) -> ExplainAnswer:
    """Score one item as `recommend` would for the same wish, and say what the score is made of.

    The shares sum to the score. What each thing that the person told does to the item is measured by ranking the
    catalogue again without it.
    """
    name, agent = opened(request.app.state.agents, body.catalogue)
    item, note = item_named(agent.services, body.item, "item")
    wanted, notes = _wanted(agent.services, body, 1)
    found = agent.services.explain(caller.user, item.id, wanted)
    card = recommended_card(found, whole=True)
    moved = agent.services.effects(caller.user, item.id, wanted) if body.use_profile else []
    effects = [
        ToldEffect(
            interest=one.interest.id,
            statement=statement(one.interest),
            gain=one.gain,
            known=Standing(**one.known.model_dump()),
            unknown=Standing(**one.unknown.model_dump()),
        )
        for one in moved
    ]
    facts = [
        Fact(text=f"{card.label}: {reason.text}.", names=[card.title, *reason.names], kind="reason")
        for reason in card.reasons
    ]
    return ExplainAnswer(
        catalogue=name, item=card, effects=effects, facts=facts, notes=[*([note] if note else []), *notes]
    )


@router.post("/feedback", summary="Say what the person thinks of an item", responses=responses(404))
def feedback(
    body: FeedbackBody, request: Request, caller: Annotated[Caller, Depends(allowed(Scope.FEEDBACK))]
) -> Told:
    """Keep a verdict, as a button on the page does; the next answer knows it."""
    name, agent = opened(request.app.state.agents, body.catalogue)
    return Told(catalogue=name, message=_judged(agent, caller, body))


def _judged(agent: Agent, caller: Caller, body: FeedbackBody) -> str:
    item, _ = item_named(agent.services, body.item, "item")
    return agent.feedback(caller.user, item.id, body.verdict)


def _wanted(services: Services, wish: Wish, limit: int) -> tuple[RecommendRequest, list[str]]:
    """Return the request of a wish, and how its titles were read."""
    seeds, notes = [], []
    for place, title in enumerate(wish.like):
        item, note = item_named(services, title, f"like.{place}")
        seeds.append(item.id)
        notes += [note] if note else []
    request = RecommendRequest(
        seeds=tuple(seeds),
        text=wish.text,
        more=tuple(wish.more),
        less=tuple(wish.less),
        constraints=wish.constraints(),
        use_profile=wish.use_profile,
        limit=limit,
    )
    return request, notes
