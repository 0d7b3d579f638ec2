"""What the trained reader says of a message in which no rule found anything."""

from __future__ import annotations

import logging

from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.nlu.reader import NluReader, Reading, shared_reader
from recsys.errors import TastegraphError

log = logging.getLogger(__name__)

SURE = 0.7
"""Chance from which on an intent counts where no rule agrees."""
_ACTS = {
    "request": Act.RECOMMEND,
    "critique": Act.RECOMMEND,
    "other": Act.REACT,
    "accept": Act.REACT,
    "neutral": Act.REACT,
    "seen": Act.REACT,
}
"""Intents that say what to do next without naming anything; a rejection or a preference that no rule could read has no
subject to keep."""


class LearnedReader:
    """Answers the understanding's question what a message is. Threads may share it."""

    def __init__(self, reader: NluReader | None = None, sure: float = SURE) -> None:
        """Take a reader (default: the one that ships) and the chance from which on an intent counts."""
        self._reader = reader or shared_reader()
        self._sure = sure
        self._away = False

    def act(self, text: str, dialogue: Dialogue) -> Act | None:
        """Return what a message asks for, or None when it is not sure, or when the reader cannot be loaded (the log
        says so once)."""
        reading = self._read(text, dialogue.past[-1].reply if dialogue.past else "")
        if reading is None:
            return None
        if reading.outside:
            return Act.OFF_TOPIC
        name = reading.told[0]
        return _ACTS.get(name) if reading.intents[name] >= self._sure else None

    def _read(self, text: str, before: str) -> Reading | None:
        if self._away:
            return None
        try:
            return self._reader.read(text, before)
        except TastegraphError as error:
            self._away = True
            log.warning("Messages are understood by rules alone: %s", error)
            return None
