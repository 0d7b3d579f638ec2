"""A dialogue as a recommender sees it: who said what, and which items were named how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from scipy.sparse import csr_array


class Speaker(StrEnum):
    """Who says something."""

    SEEKER = "seeker"
    """The person who wants something to be recommended."""
    RECOMMENDER = "recommender"


@dataclass(frozen=True)
class Utterance:
    """What one speaker says until the other one answers."""

    speaker: Speaker
    text: str
    """Plain words. Titles of named items may be left out: the items are given as mentions."""


@dataclass(frozen=True)
class Mention:
    """One item named in one utterance."""

    item: int
    """Column of the catalogue."""
    utterance: int
    """Place in `DialogueState.utterances`, from 0."""
    polarity: float = 1.0
    """How the item is meant, from -1 (not like that one) to 1; 0 for one that only is known not to be wanted again."""


@dataclass(frozen=True)
class DialogueState:
    """Everything known before the next recommendation. An empty one is a cold start."""

    utterances: tuple[Utterance, ...] = ()
    mentions: tuple[Mention, ...] = ()
    """In the order in which they were made."""

    @property
    def named(self) -> tuple[int, ...]:
        """Columns of the items that were named, each once, first named first."""
        return tuple(dict.fromkeys(mention.item for mention in self.mentions))


@dataclass(frozen=True)
class DialogueTurn:
    """A state and the items that the next utterance named: one example to learn from."""

    state: DialogueState
    items: tuple[int, ...]
    """Columns of what was named next."""
    speaker: Speaker = Speaker.RECOMMENDER
    """Who named them: what seekers name next teaches what goes with what, but is no recommendation."""
    dialogue: int = 0
    """Turns of one number are one dialogue; numbers rise with time where the time is known."""


@dataclass(frozen=True)
class DialogueData:
    """What a recommender for dialogues learns from; `n_items` columns everywhere."""

    n_items: int
    turns: Sequence[DialogueTurn]
    attributes: csr_array
    """Shape (n_attributes, n_items); 1.0 where an item has an attribute. May have no rows."""
    attribute_names: Sequence[str] = field(default_factory=tuple)
    """How each attribute is called in a text, such as `horror` or `Tom Hanks`; one a row, or empty."""
    behaviour: csr_array | None = None
    """Shape (n_people, n_items); 1.0 where somebody outside the dialogues liked an item, or None."""


def turns_of(
    utterances: Sequence[Utterance], mentions: Sequence[Mention], dialogue: int = 0
) -> list[DialogueTurn]:
    """Cut a whole dialogue into the turns that named something; each with the state before it.

    Mentions of an utterance outside the dialogue raise `ValueError`.
    """
    if any(not 0 <= mention.utterance < len(utterances) for mention in mentions):
        raise ValueError(f"a mention is of an utterance outside the {len(utterances)} of the dialogue")
    turns = []
    for place, utterance in enumerate(utterances):
        named = dict.fromkeys(mention.item for mention in mentions if mention.utterance == place)
        if named:
            before = tuple(mention for mention in mentions if mention.utterance < place)
            state = DialogueState(tuple(utterances[:place]), before)
            turns.append(DialogueTurn(state, tuple(named), utterance.speaker, dialogue))
    return turns
