"""Baseline: what was recommended most in the training dialogues, whatever is said."""

from __future__ import annotations

from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response
from eval.systems.ranking import ranked


class Popularity:
    """Ranks by how often the recommender of a training dialogue named an item."""

    name = "popularity"

    def __init__(self, material: Material) -> None:
        answer = ranked(material.items, material.recommended)
        best = next(iter(answer.items), "")
        self._answer = Response(answer.items, f"Many people like {best}." if best else "", answer.scores)

    def respond(self, dialogue: Dialogue) -> Response:
        """Return the same ranking always."""
        return self._answer
