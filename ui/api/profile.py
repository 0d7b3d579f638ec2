"""`/v1/profile`: what is stored of a person, to see, to correct, to take along and to erase."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from ui.api.callers import Caller, allowed
from ui.api.catalogues import opened
from ui.api.errors import responses
from ui.api.keys import Scope
from ui.api.schemas import CorrectBody, ExportAnswer, KnownInterest, ProfileAnswer, Told
from ui.api.threads import Threads
from ui.api.words import Catalogue

router = APIRouter(prefix="/profile", tags=["profile"])
Person = Annotated[Caller, Depends(allowed(Scope.PROFILE))]
Named = Annotated[Catalogue, Query()]


@router.get("", summary="See what is believed of the person", responses=responses(404))
def see(request: Request, caller: Person, catalogue: Named = None) -> ProfileAnswer:
    """Return each interest with the sentence that it comes from, newest first."""
    name, agent = opened(request.app.state.agents, catalogue)
    known = agent.profile(caller.user).interests
    return ProfileAnswer(catalogue=name, interests=[KnownInterest.of(one) for one in known])


@router.patch("", summary="Correct an interest", responses=responses(404))
def correct(body: CorrectBody, request: Request, caller: Person) -> KnownInterest:
    """Change the opinion, the subject, or both, of one interest; what it was is gone."""
    _, agent = opened(request.app.state.agents, body.catalogue)
    polarity: Literal[-1, 1] | None = None if body.opinion is None else 1 if body.opinion == "like" else -1
    return KnownInterest.of(agent.correct(caller.user, body.interest, polarity, body.subject))


@router.delete("", summary="Erase everything stored of the person", responses=responses(404))
def erase(request: Request, caller: Person, catalogue: Named = None) -> Told:
    """Erase interests, reactions and dialogues in one catalogue. It cannot be undone."""
    name, agent = opened(request.app.state.agents, catalogue)
    threads: Threads = request.app.state.threads
    told = agent.erase(caller.user)
    threads.forget(caller.user, name)
    return Told(catalogue=name, message=told)


@router.delete("/interests/{interest}", summary="Forget one interest", responses=responses(404))
def forget(interest: str, request: Request, caller: Person, catalogue: Named = None) -> Told:
    """Erase one interest, with the reactions to its item."""
    name, agent = opened(request.app.state.agents, catalogue)
    count = agent.forget(caller.user, interest)
    return Told(catalogue=name, message=f"Forgotten: {count} interest.")


@router.get("/export", summary="Take along everything stored of the person", responses=responses(404))
def export(request: Request, caller: Person, catalogue: Named = None) -> ExportAnswer:
    """Return interests, reactions and dialogues as JSON."""
    name, agent = opened(request.app.state.agents, catalogue)
    return ExportAnswer(catalogue=name, **agent.export(caller.user))
