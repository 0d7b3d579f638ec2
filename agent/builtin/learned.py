"""What trained readers say of a message of which the rules made little: another subject, an opinion, a request."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Literal, TypeVar

from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.nlu.reader import NluReader, Reading, shared_reader
from kg.text import split_year
from recsys.errors import TastegraphError
from recsys.sentiment import Sentiment, history_weight

log = logging.getLogger(__name__)

SURE = 0.7
"""Chance from which on an intent counts where no rule agrees."""
GLAD = 0.5
"""Weight of an opinion, in either direction, from which on it is a verdict."""
_ACTS = {
    "request": Act.RECOMMEND,
    "critique": Act.RECOMMEND,
    "accept": Act.REACT,
    "neutral": Act.REACT,
    "seen": Act.REACT,
}
"""Intents that say what to do next without naming anything; a rejection or a preference that no rule could read has no
subject to keep."""
_NO_VERDICT = {"request": 0.5, "critique": 0.5, "inquire": 0.5, "neutral": 0.5, "other": 0.9}
"""Chances of intents from which on a message says nothing of the item just talked about. `Other` is small talk, which
people mix with opinions."""
_DoneT = TypeVar("_DoneT")


class LearnedReader:
    """Answers what the rules leave open. Threads may share it; the models are loaded at first use.

    Where a model cannot be loaded the answers are None and False, and the log says so once.
    """

    def __init__(self, reader: NluReader | None = None) -> None:
        """Take a reader; default: the one that ships."""
        self._reader = reader or shared_reader()
        self._sentiment: Sentiment | None = None
        self._away = False

    def act(self, text: str, dialogue: Dialogue) -> Act | None:
        """Return what a message asks for, or None when it is not sure."""
        reading = self._read(text, dialogue)
        if reading is None:
            return None
        name = reading.told[0]
        return _ACTS.get(name) if reading.intents[name] >= SURE else None

    def outside(self, text: str, dialogue: Dialogue) -> bool:
        """Say whether a message is surely about something else than items, tastes and orders."""
        reading = self._read(text, dialogue)
        return reading is not None and reading.outside

    def verdict(self, text: str, dialogue: Dialogue) -> Literal["like", "dislike"] | None:
        """Return what a message that names nothing says of the item just talked about: `it dragged, but what an end`.

        None when it says too little, asks for something, or there is no such item.
        """
        if dialogue.focus is None or text.rstrip().endswith("?"):
            return None
        reading = self._read(text, dialogue)
        if reading is None or reading.outside:
            return None
        if any(reading.intents[name] >= chance for name, chance in _NO_VERDICT.items()):
            return None
        weight = self._weight(text, dialogue.focus)
        if weight is None or abs(weight) < GLAD:
            return None
        return "like" if weight > 0 else "dislike"

    def _weight(self, text: str, label: str) -> float | None:
        title = split_year(label)[0]
        said = re.sub(re.escape(title), "it", text, flags=re.IGNORECASE)
        if self._sentiment is None:
            self._sentiment = self._unless_away(Sentiment)
        sentiment = self._sentiment
        return (
            None if sentiment is None else self._unless_away(lambda: history_weight(sentiment.of([said])[0]))
        )

    def _read(self, text: str, dialogue: Dialogue) -> Reading | None:
        before = dialogue.past[-1].reply if dialogue.past else ""
        return self._unless_away(lambda: self._reader.read(text, before))

    def _unless_away(self, do: Callable[[], _DoneT]) -> _DoneT | None:
        if self._away:
            return None
        try:
            return do()
        except TastegraphError as error:
            self._away = True
            log.warning("Messages are understood by rules alone: %s", error)
            return None
