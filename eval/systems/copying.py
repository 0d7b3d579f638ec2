"""Baseline: what was named, the latest first. How much of a figure is mere repetition?"""

from __future__ import annotations

from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response


class CopyLatest:
    """Returns the named items only."""

    name = "copy the latest named"

    def __init__(self, material: Material) -> None:
        self._items = material.columns

    def respond(self, dialogue: Dialogue) -> Response:
        """Return every named item once, the latest first."""
        named = [item for said in reversed(dialogue.utterances) for item in reversed(said.items)]
        return Response(tuple(dict.fromkeys(item for item in named if item in self._items)), "")
