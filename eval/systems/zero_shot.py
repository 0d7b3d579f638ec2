"""A recommender that was trained on one data set, asked about the items of another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from eval.systems.dialogue_recommender import TastegraphDialogue
from eval.systems.material import MeasuredItem, TrainingDialogue
from eval.systems.protocol import Dialogue, Response, Utterance
from eval.systems.ranking import ranked
from eval.systems.titles import same_items
from recsys.sparse import ones_at

_NEIGHBOURS = 20


class ZeroShot:
    """Ranks new items with a trained recommender: those that it knows by its own score, the others as those most alike.

    The recommender's score is a sum over an item's vector, so that the mean score of the known items most alike in
    people and genres is the score of their mean vector. An item of which neither the title nor an attribute is known
    is not ranked.
    """

    name = "Tastegraph, zero-shot"

    def __init__(
        self, trained: TastegraphDialogue, items: Sequence[MeasuredItem], popularity: Sequence[float] = ()
    ) -> None:
        """`popularity`, one a trained item, decides between films of one title."""
        self._trained = trained
        self.same = same_items([(one.id, one.title, one.year) for one in items], trained.items, popularity)
        """Id to the trained item's id."""
        columns = trained.columns
        self._known = [(item, columns[self.same[item.id]]) for item in items if item.id in self.same]
        unknown = [item for item in items if item.id not in self.same]
        weights = _alike(unknown, trained.items)
        self._placed = [item for item, row in zip(unknown, weights, strict=True) if row.any()]
        self._weights = weights[weights.any(axis=1)]
        self._items = [*(item for item, _ in self._known), *self._placed]

    @property
    def placed(self) -> int:
        """How many items are ranked by those most alike."""
        return len(self._placed)

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank what can be ranked."""
        return self.respond_many([dialogue])[0]

    def respond_many(self, dialogues: Sequence[Dialogue]) -> list[Response]:
        """Rank what can be ranked for each dialogue."""
        scores = self._trained.scores([self._translated(dialogue) for dialogue in dialogues])
        own = scores[:, [column for _, column in self._known]]
        every = np.concatenate([own, scores @ self._weights.T], axis=1)
        return [ranked(self._items, row) for row in every]

    def _translated(self, dialogue: Dialogue) -> Dialogue:
        return Dialogue(
            tuple(
                Utterance(one.speaker, one.text, tuple(self.same.get(item, item) for item in one.items))
                for one in dialogue.utterances
            )
        )


def translated(dialogues: Sequence[TrainingDialogue], same: dict[str, str]) -> tuple[TrainingDialogue, ...]:
    """Return training dialogues with the ids of the new items; `same` leads from new to trained ids."""
    back: dict[str, str] = {}
    for new, old in same.items():
        back.setdefault(old, new)
    return tuple(
        TrainingDialogue(
            dialogue.id,
            tuple(
                Utterance(said.speaker, said.text, tuple(back[one] for one in said.items if one in back))
                for said in dialogue.utterances
            ),
        )
        for dialogue in dialogues
    )


def _alike(unknown: Sequence[MeasuredItem], known: Sequence[MeasuredItem]) -> NDArray[np.float64]:
    """Return (n_unknown, n_known): equal weights of the known items that share most, by rarity; 0 where none does."""
    values: dict[str, int] = {}
    cells = sorted(
        {
            (row, values.setdefault(value.lower(), len(values)))
            for row, item in enumerate([*known, *unknown])
            for _, value in item.attributes
        }
    )
    having = ones_at(
        [row for row, _ in cells],
        [column for _, column in cells],
        (len(known) + len(unknown), max(1, len(values))),
    )
    rarity = np.log1p(having.shape[0] / np.maximum(1.0, np.asarray(having.sum(axis=0)).ravel()))
    weighed = having.multiply(rarity[None, :]).tocsr()
    shared = np.asarray((weighed[len(known) :] @ having[: len(known)].T).todense(), dtype=np.float64)
    weights = np.zeros_like(shared)
    for row, found in enumerate(shared):
        best = np.argsort(-found, kind="stable")[:_NEIGHBOURS]
        best = best[found[best] > 0.0]
        if len(best):
            weights[row, best] = 1.0 / len(best)
    return weights
