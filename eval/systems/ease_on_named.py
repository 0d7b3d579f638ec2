"""Baseline: EASE on the items that were named, each training dialogue being one person who met its items."""

from __future__ import annotations

from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response
from eval.systems.ranking import ranked
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.sparse import ones_at


class EaseOnNamed:
    """Ranks by what is named together with what was named; without a named item every score is 0."""

    name = "EASE on named items"

    def __init__(self, material: Material) -> None:
        self._items, self._columns = material.items, material.columns
        self._model = Ease(EaseConfig(regularization=20.0, dropout=0.0, attribute_weight=0.0))
        nothing = ones_at([], [], (0, len(material.items)))
        self._model.fit(TrainingData(material.named_together, nothing, [""] * len(material.items)))

    def respond(self, dialogue: Dialogue) -> Response:
        """Rank by the sum of the weights from the named items."""
        named = sorted(self._columns[item] for item in dialogue.named if item in self._columns)
        history = ones_at([0] * len(named), named, (1, len(self._items)))
        return ranked(self._items, self._model.score(Users(history))[0])
