"""Which answer template fits a message? Our templates, and their ranking for what a customer wrote.

A template's score blends the likeness of the message to the ways in which customers ask for it with the chance that
the trained reader gives its intent. The reader knows 27 intents; for the others the likeness alone counts.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from agent.nlu.reader import NluReader
from agent.service.evidence import TemplateHit
from agent.service.wording import sentences_of
from recsys.encoder import Encoder
from recsys.errors import WorkspaceError
from recsys.models.base import FloatMatrix

log = logging.getLogger(__name__)
Scores = NDArray[np.float64]
OTHER = "other"
"""Id of the template for what no template fits."""
THRESHOLD = 0.35
"""Score below which nothing fits."""
_READER = 0.2
"""Weight of the reader's chance for an intent that it knows."""
NO_READER = "The trained reader of intents could not be loaded, so templates are ranked by likeness alone."
_MOST_SENTENCES = 8


class Template(BaseModel):
    """One answer template; see `data/templates.toml` for what its texts may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    intent: str
    title: str
    asks: tuple[str, ...] = ()
    """Ways in which a customer may ask for it."""
    policy: str = ""
    """What to look for in the written policy."""
    needs: Literal["", "customer", "order"] = ""
    """What must be known before it can be filled whole."""
    change: str = ""
    """The change of an order or account that it asks for, in words; the human makes it, or nobody."""
    possible: tuple[str, ...] = ()
    """States of an order in which the change can be made; empty: any."""
    about: tuple[str, ...] = ()
    """States of an order that such a message speaks of; empty: those in which the change is possible, or any."""
    products: Literal["", "replacement", "addition"] = ""
    body: str
    otherwise: str = ""
    ask: tuple[str, ...] = ()
    """What the customer is asked."""
    to_do: tuple[str, ...] = Field(default=("Read the draft, correct it where needed, and send it.",))


@cache
def all_templates() -> tuple[Template, ...]:
    """Return our templates, in the order of their file."""
    text = (files("agent.service") / "data" / "templates.toml").read_text(encoding="utf-8")
    return tuple(Template.model_validate(one) for one in tomllib.loads(text)["templates"])


@cache
def by_id() -> dict[str, Template]:
    """Return our templates by id."""
    return {one.id: one for one in all_templates()}


class TemplateIndex:
    """Ranks the templates. Threads may share it."""

    def __init__(self, encoder: Encoder, reader: NluReader | None = None) -> None:
        """Keep the templates; vectors are made at first use. Without a `reader` the likeness alone counts."""
        self._encoder = encoder
        self._reader = reader
        self.degraded = ""
        """What a person must be told of the ranking; empty while every part takes part."""
        self._templates = [one for one in all_templates() if one.asks]
        self._asked = [(k, text) for k, one in enumerate(self._templates) for text in (one.title, *one.asks)]
        self._owner = np.array([k for k, _ in self._asked])
        self._vectors: FloatMatrix | None = None

    def warm_up(self) -> None:
        """Make the vectors of all questions."""
        self._all_vectors()

    def find(self, message: str, limit: int = 3) -> list[TemplateHit]:
        """Return the nearest templates, best first. Raises `EncoderError` when the encoder cannot be loaded."""
        return self.find_all([message], limit)[0]

    def find_all(self, messages: Sequence[str], limit: int = 3) -> list[list[TemplateHit]]:
        """Return the nearest templates of each message; a message counts as a whole and by each of its sentences."""
        parts = [_parts(message) for message in messages]
        vectors = self._encoder.encode([text for some in parts for text in some])
        likeness = vectors @ self._all_vectors().T
        chances = self._read(messages)
        found: list[list[TemplateHit]] = []
        start = 0
        for some in parts:
            rows = likeness[start : start + len(some)]
            start += len(some)
            best = np.full(len(self._templates), -np.inf)
            np.maximum.at(best, self._owner, rows.max(axis=0))
            best = best if chances is None else self._blended(best, chances[len(found)])
            order = np.argsort(-best, kind="stable")[:limit]
            found.append([self._hit(int(k), float(best[k])) for k in order])
        return found

    def _blended(self, likeness: Scores, chances: dict[str, float]) -> Scores:
        known = np.array([chances.get(one.intent, np.nan) for one in self._templates])
        return np.where(np.isnan(known), likeness, (1 - _READER) * likeness + _READER * known)

    def _read(self, messages: Sequence[str]) -> list[dict[str, float]] | None:
        """Return the reader's chances of each message, or None when it cannot be loaded."""
        if self._reader is None:
            return None
        try:
            return [reading.service for reading in self._reader.read_all(list(messages))]
        except WorkspaceError as error:
            log.warning("%s", error)
            self.degraded, self._reader = NO_READER, None
            return None

    def _hit(self, k: int, score: float) -> TemplateHit:
        one = self._templates[k]
        return TemplateHit(id=one.id, intent=one.intent, title=one.title, score=round(score, 3))

    def _all_vectors(self) -> FloatMatrix:
        if self._vectors is None:
            # Two threads may both make them once; they make the same ones.
            self._vectors = self._encoder.encode([text for _, text in self._asked])
        return self._vectors


def _parts(message: str) -> list[str]:
    sentences = sentences_of(message)[:_MOST_SENTENCES]
    whole = message.strip()[:1000] or "."
    return [whole] if len(sentences) < 2 else [whole, *sentences]
