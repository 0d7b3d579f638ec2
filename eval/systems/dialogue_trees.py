"""The product's trees over the graph and what was named; for data whose dialogues are about a graph's neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from eval.crs_figures.turns import Turn
from eval.systems.dialogue_recommender import state_of
from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response
from eval.systems.ranking import ranked
from recsys.dialogue.candidates import Facts
from recsys.dialogue.state import DialogueTurn
from recsys.dialogue.trees import DialogueTrees, TreesConfig


class TastegraphTrees:
    """Ranks everything; a named item competes with the others on the same scale."""

    name = "Tastegraph, trees over the graph"

    def __init__(self, material: Material, turns: Sequence[Turn], config: TreesConfig | None = None) -> None:
        """Learn from turns of the training part."""
        self._items, self._columns = material.items, material.columns
        self._model = DialogueTrees(facts_of(material), config)
        self._model.fit(learned_turns(turns, self._columns))

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank every item."""
        return self.respond_many([dialogue])[0]

    def respond_many(self, dialogues: Sequence[Dialogue]) -> list[Response]:
        """Rank every item for each dialogue."""
        states = [state_of(dialogue, self._columns) for dialogue in dialogues]
        return [ranked(self._items, row) for row in self._model.score(states)]


def facts_of(material: Material) -> Facts:
    """Return what is known of the items."""
    having = [
        (*item.attributes, *((("year", str(item.year)),) if item.year else ())) for item in material.items
    ]
    return Facts.of([item.title for item in material.items], having)


def learned_turns(turns: Sequence[Turn], columns: dict[str, int]) -> list[DialogueTurn]:
    """Return the turns as the product learns from them; dialogues are numbered in the order in which they come."""
    numbers: dict[str, int] = {}
    return [
        DialogueTurn(
            state_of(turn.dialogue, columns),
            tuple(columns[item] for item in turn.targets),
            dialogue=numbers.setdefault(turn.dialogue_id, len(numbers)),
        )
        for turn in turns
    ]
