"""A message in its dialogue: what was named, and what its references stand for."""

from __future__ import annotations

from collections.abc import Sequence

from agent.builtin.dialogue import Dialogue, Reference
from agent.builtin.skeleton import Skeleton, Span


class Scene:
    """A skeleton in its dialogue: spans by number, and what references stand for."""

    def __init__(self, skeleton: Skeleton, dialogue: Dialogue) -> None:
        self.spans = dict(enumerate(skeleton.spans))
        self.dialogue = dialogue
        self._named = [(k, s.name) for k, s in self.spans.items() if s.tag in "tu"]
        for k, span in self.spans.items():
            if isinstance(span.data, Reference) and span.data.how in ("places", "last"):
                self._named += [(k, label) for label in dialogue.resolve(span.data)]
        self._named.sort(key=lambda pair: pair[0])

    @property
    def named(self) -> list[str]:
        """The items that the message names or points at by place, in order."""
        return [name for _, name in self._named]

    def numbers(self, spans: Sequence[Span]) -> list[int]:
        """Return the numbers of spans."""
        return [k for k, span in self.spans.items() if span in spans]

    def resolve(self, reference: Reference, at: int | None = None) -> list[str]:
        """Return the labels of a reference; `it` after a title in the same message (before span `at`) is
        that title."""
        if reference.how in ("focus", "all") and at is not None:
            before = [name for k, name in self._named if k < at]
            if before:
                return before if reference.how == "all" else before[-1:]
        return self.dialogue.resolve(reference)
