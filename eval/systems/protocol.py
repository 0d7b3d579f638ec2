"""What a measured system is: it is shown a dialogue and says what it would recommend and how it would say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

Speaker = Literal["seeker", "recommender"]


@dataclass(frozen=True)
class Utterance:
    """One thing that was said."""

    speaker: Speaker
    text: str
    """As it was said, with the titles in it and no markers."""
    items: tuple[str, ...] = ()
    """Ids of the items that are named in it, in the order in which they are named; ids of the measured data."""


@dataclass(frozen=True)
class Dialogue:
    """What has been said before the turn that is measured."""

    utterances: tuple[Utterance, ...]
    """Oldest first. May be empty: the system is then to open the dialogue."""

    @property
    def named(self) -> tuple[str, ...]:
        """Every item that was named so far, once, in the order of its first naming."""
        return tuple(dict.fromkeys(item for said in self.utterances for item in said.items))

    @property
    def last(self) -> str:
        """The text of the latest utterance; empty when nothing was said."""
        return self.utterances[-1].text if self.utterances else ""


@dataclass(frozen=True)
class Response:
    """What a system answers."""

    items: tuple[str, ...]
    """Ids, best first, each once, as many as the system ranks: up to the whole list of items."""
    text: str
    """What it says to the person; empty when it only ranks."""
    scores: tuple[float, ...] = ()
    """Where the order comes from scores: one an item, falling. Items of one score are then counted against the system:
    an order among them that happens to be right earns nothing."""
    invented: int = 0
    """Titles that it named and that are no item of the data."""
    failed: str = ""
    """Why there is no answer, where the system could not give one in its time; such a turn counts as not found."""


class System(Protocol):
    """Anything that can be measured. It keeps nothing of one dialogue for the next."""

    name: str
    """As it stands in tables and samples; the same in every run."""

    def respond(self, dialogue: Dialogue) -> Response:
        """Answer the latest utterance. Must give the same answer to the same dialogue and seed."""
        ...


@runtime_checkable
class ManySystem(System, Protocol):
    """A system that answers many dialogues at once faster than one by one; the answers are the same."""

    def respond_many(self, dialogues: Sequence[Dialogue]) -> list[Response]:
        """Return the answer to each."""
        ...
