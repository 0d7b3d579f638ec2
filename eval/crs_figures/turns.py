"""What is asked of a system: the turns of recorded dialogues in which the recommender named something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.systems.protocol import Dialogue, Utterance


@dataclass(frozen=True)
class Turn:
    """One turn of a test: what was said, and what the recommender then named."""

    dialogue_id: str
    number: int
    """Place of the utterance in its dialogue, from 0."""
    dialogue: Dialogue
    targets: tuple[str, ...]
    """Items that the recommender named, each once."""
    unknown: int = 0
    """Targets that are no candidate; they count as not found."""
    known: frozenset[str] | None = None
    """Items that the data set counts as named before; None: those of `dialogue`."""
    answer: str = ""
    """What the recommender of the recording said."""

    @property
    def id(self) -> str:
        """The same in every run: `20001/3`."""
        return f"{self.dialogue_id}/{self.number}"

    @property
    def named(self) -> frozenset[str]:
        """Items that were named before."""
        return frozenset(self.dialogue.named) if self.known is None else self.known


def recommending_turns(
    dialogue_id: str, utterances: Sequence[Utterance], unknown: Sequence[int] = ()
) -> Iterator[Turn]:
    """Yield a turn for every utterance of the recommender that names an item.

    `unknown` says for each utterance how many items it names that are no candidate.
    """
    for place, said in enumerate(utterances):
        missing = unknown[place] if unknown else 0
        targets = tuple(dict.fromkeys(said.items))
        if said.speaker == "recommender" and (targets or missing):
            before = Dialogue(tuple(utterances[:place]))
            yield Turn(dialogue_id, place, before, targets, missing, answer=said.text)


def sampled(turns: Sequence[Turn], dialogues: int) -> tuple[Turn, ...]:
    """Return the turns of the first so many dialogues."""
    first = set(list(dict.fromkeys(turn.dialogue_id for turn in turns))[:dialogues])
    return tuple(turn for turn in turns if turn.dialogue_id in first)
