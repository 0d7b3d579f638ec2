"""The product's recommender for dialogues alone: named items, their attributes and the words; it writes no text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eval.systems.material import Material, MeasuredItem
from eval.systems.protocol import Dialogue, Response, Utterance
from eval.systems.ranking import ranked
from eval.systems.titles import title_and_year
from recsys.dialogue.recommender import DialogueConfig, DialogueRecommender
from recsys.dialogue.repeats import repetition, with_repeats
from recsys.dialogue.second_look import SecondLook, SecondLookConfig
from recsys.dialogue.state import DialogueData, DialogueState, Mention, Speaker, turns_of
from recsys.dialogue.state import Utterance as Said
from recsys.sparse import ones_at


class TastegraphDialogue:
    """Ranks everything by what was said. A named item competes by how often one so recent is named again."""

    name = "Tastegraph, recommender alone"

    def __init__(
        self,
        material: Material,
        config: DialogueConfig | None = None,
        look: SecondLookConfig | None = None,
        groups: Sequence[int] = (),
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Fit on the dialogues of `material`; minutes on thousands of them.

        With `look` a second look is trained as well; `groups` says for each dialogue who recommends in it, see
        `SecondLook.fit`.
        """
        data = training_data(material)
        model = DialogueRecommender(config)
        model.fit(data)
        second = None
        if look is not None:
            second = SecondLook(look)
            second.fit(data, model.config, groups, progress)
        self._take(material.items, model, repetition(data.turns), second)

    @classmethod
    def of_trained(
        cls,
        items: Sequence[MeasuredItem],
        model: DialogueRecommender,
        repeats: Sequence[float],
        second: SecondLook | None = None,
    ) -> Self:
        """Use what was trained before; `items` in the order of its columns."""
        made = cls.__new__(cls)
        made._take(items, model, repeats, second)
        return made

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank every item."""
        return self.respond_many([dialogue])[0]

    def respond_many(self, dialogues: Sequence[Dialogue]) -> list[Response]:
        """Rank every item for each dialogue."""
        return [ranked(self.items, row) for row in self.scores(dialogues)]

    def scores(self, dialogues: Sequence[Dialogue]) -> NDArray[np.float32]:
        """Return the log-chance of each of `items`, shape (n, n_items)."""
        states = [state_of(dialogue, self.columns) for dialogue in dialogues]
        found = self.second.score(self.model, states) if self.second else self.model.score(states)
        return with_repeats(found, states, self.repeats)

    def _take(
        self,
        items: Sequence[MeasuredItem],
        model: DialogueRecommender,
        repeats: Sequence[float],
        second: SecondLook | None,
    ) -> None:
        self.items, self.model, self.repeats, self.second = tuple(items), model, tuple(repeats), second
        self.columns = {item.id: column for column, item in enumerate(items)}


def state_of(dialogue: Dialogue, columns: Mapping[str, int]) -> DialogueState:
    """Return the dialogue as the recommender sees it: items as mentions, and the words without their titles."""
    utterances, mentions = _said(dialogue.utterances, columns)
    return DialogueState(utterances, mentions)


def training_data(material: Material) -> DialogueData:
    """Return the material as the recommender learns from it; dialogues are numbered in their order."""
    turns = []
    for number, dialogue in enumerate(material.dialogues):
        utterances, mentions = _said(dialogue.utterances, material.columns)
        turns += turns_of(utterances, mentions, number)
    names: dict[str, int] = {}
    cells = sorted(
        {
            (names.setdefault(value, len(names)), column)
            for column, item in enumerate(material.items)
            for _, value in item.attributes
        }
    )
    attributes = ones_at(
        [row for row, _ in cells], [column for _, column in cells], (len(names), len(material.items))
    )
    behaviour = material.behaviour if material.behaviour.nnz else None
    return DialogueData(len(material.items), turns, attributes, tuple(names), behaviour)


def _said(
    utterances: Sequence[Utterance], columns: Mapping[str, int]
) -> tuple[tuple[Said, ...], tuple[Mention, ...]]:
    said = tuple(Said(Speaker(one.speaker), _without_titles(one)) for one in utterances)
    mentions = tuple(
        Mention(columns[item], place)
        for place, one in enumerate(utterances)
        for item in one.items
        if item in columns
    )
    return said, mentions


def _without_titles(said: Utterance) -> str:
    text = said.text
    for item in sorted(set(said.items), key=len, reverse=True):
        whole = re.sub(re.escape(item), " ", text, flags=re.IGNORECASE)
        if whole == text:
            # The data set may write the item otherwise than people do: `Heat (film)`, and `Heat (1995)` in the text.
            bare = re.escape(title_and_year(item)[0])
            whole = re.sub(rf"(?<!\w){bare}(?!\w)(?:\s*\(\d{{4}}\))?", " ", text)
        text = whole
    return " ".join(text.split())
