"""One simulated person talks to one system, until something is found or the patience is over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eval.simulated.agenda import Agenda, Line
from eval.simulated.satisfaction import Exchange
from eval.systems.protocol import Dialogue, Response, System, Utterance

SHOWN = 5
"""Items of an answer that a person can see; a system may rank more."""
Wording = Callable[[Agenda, Line], Utterance]
"""Puts a line into words."""


@dataclass(frozen=True)
class Held:
    """What a conversation came to."""

    person: str
    persona: str
    utterances: tuple[Utterance, ...]
    """Oldest first, beginning with the person's opening."""
    found: str | None
    """The target that was accepted."""
    turns: int
    """Messages of the person until it was shown, or all of them."""
    repeated: int
    """Items shown that had been shown before."""
    shown: int
    """Items shown."""

    def success_at(self, k: int) -> float:
        """Return 1.0 when it was found with the first k messages, else 0.0."""
        return float(self.found is not None and self.turns <= k)

    def exchanges(self) -> list[Exchange]:
        """Return the answers, each with what came before it."""
        own = [one.text for one in self.utterances if one.speaker == "recommender"]
        asked = [one.text for one in self.utterances if one.speaker == "seeker"]
        return [Exchange(0, tuple(own[:k]), asked[k], text) for k, text in enumerate(own)]


def as_utterance(response: Response) -> Utterance:
    """Return an answer as the person sees it."""
    return Utterance("recommender", response.text, response.items[:SHOWN])


def hold(agenda: Agenda, system: System, wording: Wording = Agenda.worded) -> Held:
    """Let the person talk to the system from the opening to the end."""
    said: list[Utterance] = []
    before: set[str] = set()
    repeated = shown = turns = 0
    response: Response | None = None
    found: str | None = None
    while found is None and (line := agenda.next_line(response)) is not None:
        said.append(wording(agenda, line))
        response = system.respond(Dialogue(tuple(said)))
        answer = as_utterance(response)
        said.append(answer)
        turns += 1
        shown += len(answer.items)
        repeated += sum(item in before for item in answer.items)
        before.update(answer.items)
        found = agenda.found(Response(answer.items, answer.text))
    return Held(agenda.taste.person, agenda.persona.name, tuple(said), found, turns, repeated, shown)
