"""What a system may learn from before it is measured: items, training dialogues, and likes from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from scipy.sparse import csr_array

from eval.systems.protocol import Utterance
from recsys.sparse import ones_at


@dataclass(frozen=True)
class MeasuredItem:
    """One item of the measured data."""

    id: str
    """As the data set writes it, which is what stands in the texts of its dialogues."""
    title: str
    """Without the year."""
    year: int | None = None
    text: str = ""
    """Title, genres and plot, whichever are known."""
    attributes: tuple[tuple[str, str], ...] = ()
    """(relation, value): (`genre`, `drama`), (`director`, `Mike Nichols`)."""


@dataclass(frozen=True)
class TrainingDialogue:
    """A whole dialogue of the training part."""

    id: str
    utterances: tuple[Utterance, ...]


@dataclass(frozen=True)
class Material:
    """Everything that a system is made from. It holds nothing of validation or test."""

    items: tuple[MeasuredItem, ...]
    """All candidates; a ranking is over these."""
    dialogues: tuple[TrainingDialogue, ...] = ()
    """In the order of time where the time is known. Empty: the data is for zero-shot systems."""
    behaviour: csr_array = field(default_factory=lambda: ones_at([], [], (0, 0)))
    """Shape (n_people, n_items) or (0, 0); 1.0 where somebody outside the dialogues liked an item."""

    @cached_property
    def columns(self) -> dict[str, int]:
        """Item id to its place in `items`."""
        return {item.id: column for column, item in enumerate(self.items)}

    @cached_property
    def named_together(self) -> csr_array:
        """Shape (n_dialogues, n_items): 1.0 where either speaker named the item in the dialogue."""
        cells = sorted(
            {
                (row, self.columns[item])
                for row, dialogue in enumerate(self.dialogues)
                for said in dialogue.utterances
                for item in said.items
                if item in self.columns
            }
        )
        return ones_at(
            [row for row, _ in cells], [column for _, column in cells], (len(self.dialogues), len(self.items))
        )

    @cached_property
    def recommended(self) -> list[int]:
        """How often the recommender named each item first in a dialogue, in the order of `items`."""
        counts = [0] * len(self.items)
        for dialogue in self.dialogues:
            named: set[str] = set()
            for said in dialogue.utterances:
                if said.speaker == "recommender":
                    for item in set(said.items) - named:
                        if item in self.columns:
                            counts[self.columns[item]] += 1
                named.update(said.items)
        return counts
