"""Cuts a stream of words into sentences as early as that is safe."""

from __future__ import annotations

import re

_END = re.compile(
    r"(?P<mark>[.!?…]+[\"'”’»)*]*)(?P<space>[ \t]+)(?=(?P<next>[\"'“‘«(*]*[^\s\"'“‘«(*]))|[。！？]|\n+"
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"*])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Sr|Jr|Prof|Lt|Sgt|Col|Gen|Capt|Rev|Vol|No|vs|Inc|Ltd|etc|e\.g|i\.e|approx|(?:[A-Z]\.)+[A-Z]?)\.$"
)
_LIST_MARK = re.compile(r"^\s*\d{1,2}\.$")


class SentenceBuffer:
    """Collects words and gives back whole sentences; their concatenation is the text as it came.

    A line of a list is a sentence. There is no cut inside `**bold**`, after an abbreviation or an initial, or
    before a word in lower case.
    """

    def __init__(self) -> None:
        self._text = ""

    @property
    def pending(self) -> str:
        """What waits for the end of its sentence."""
        return self._text

    def feed(self, text: str) -> list[str]:
        """Add words; return the sentences that are complete now."""
        self._text += text
        done = []
        while (end := self._end()) is not None:
            done.append(self._text[:end])
            self._text = self._text[end:]
        return done

    def flush(self) -> list[str]:
        """Return what is left as a last sentence; an empty list when nothing is."""
        left, self._text = self._text, ""
        return [left] if left else []

    def _end(self) -> int | None:
        for match in _END.finditer(self._text):
            before = self._text[: match.start()]
            if "\n" in match[0]:
                # More line ends may follow, and a sentence keeps its own.
                return match.end() if match.end() < len(self._text) else None
            if before.count("**") % 2 and "**" not in match[0]:
                continue
            if match["mark"] is None:
                return match.end()
            to_mark = before + match["mark"].rstrip("\"'”’»)*")
            line = to_mark.rsplit("\n", 1)[-1]
            if _LIST_MARK.match(line) or (match["mark"] == "." and _ABBREVIATION.search(line)):
                continue
            if match["next"][-1].islower():
                continue
            return match.end()
        return None
