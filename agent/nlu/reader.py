"""Reads messages with the trained heads: intents, polarity, mention, scope, service intent. One pass a message."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from agent.nlu import labels
from recsys.encoder import Encoder
from recsys.errors import WorkspaceError
from recsys.models.persist import check_shape, load_model

NAME = "nlu"
PACKAGED = Path(__file__).parent
_CACHED = 512


@dataclass(frozen=True)
class Reading:
    """What the heads say of one message; all numbers are chances in [0, 1]."""

    intents: dict[str, float]
    """Each of `labels.INTENTS` by itself: a message may do several things, or none clearly."""
    polarity: dict[str, float]
    """`dislike`, `neutral`, `like`; they add up to 1."""
    mention: dict[str, float]
    """`none`, `entity`, `preference`; they add up to 1."""
    inside: float
    """That it is about items, tastes, orders or accounts at all."""
    service: dict[str, float]
    """The 27 service intents; they add up to 1, also for messages that are no service request."""
    topic: dict[str, float]
    """The 150 topics of everyday requests; they add up to 1."""
    energy: float
    """How much the message is like any of those topics: low where none fits."""
    thresholds: dict[str, float]
    """`intent`: from which chance on an intent counts; `outside`: from which chance of being outside on a message is
    refused; `topic`: below which energy no topic fits. Chosen on validation data."""

    @property
    def told(self) -> tuple[str, ...]:
        """The intents that count, the likeliest first; at least one."""
        ordered = sorted(self.intents, key=lambda name: -self.intents[name])
        return tuple(n for n in ordered if self.intents[n] >= self.thresholds["intent"]) or (ordered[0],)

    @property
    def outside(self) -> bool:
        """Whether the message is surely about something else."""
        return 1.0 - self.inside >= self.thresholds["outside"]

    @property
    def service_intent(self) -> tuple[str, float]:
        """The likeliest service intent and its chance."""
        name = max(self.service, key=lambda one: self.service[one])
        return name, self.service[name]


class NluReader:
    """Reads messages. Threads may share it; the weights are loaded at first use."""

    def __init__(self, encoder: Encoder | None = None, folder: Path = PACKAGED) -> None:
        """Take the encoder whose lower layers are used, and the folder of `nlu.safetensors`."""
        self._encoder = encoder or Encoder()
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._cache: OrderedDict[tuple[str, str], Reading] = OrderedDict()

    def read(self, text: str, before: str = "") -> Reading:
        """Return what is in a message that follows `before`, the other side's last words.

        Raises `WorkspaceError` when the weights are missing or of another encoder, `EncoderError` when MiniLM is.
        """
        key = (text, before)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        reading = self.read_all([text], [before])[0]
        with self._lock:
            self._cache[key] = reading
            while len(self._cache) > _CACHED:
                self._cache.popitem(last=False)
        return reading

    def read_all(self, texts: Sequence[str], before: Sequence[str] = ()) -> list[Reading]:
        """Return one reading a text; `before` is empty or as long as `texts`. Raises as `read` does."""
        loaded = self._load()
        earlier = list(before) or [""] * len(texts)
        found: list[Reading] = []
        for start in range(0, len(texts), 32):
            found += loaded.read(texts[start : start + 32], earlier[start : start + 32])
        return found

    def warm_up(self) -> None:
        """Load the weights and read one message, so that the first person does not wait."""
        self.read("warm up")

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _Loaded(self._encoder, self._folder)
            return self._loaded


class _Loaded:
    def __init__(self, encoder: Encoder, folder: Path) -> None:
        from agent.nlu.network import HEADS, Lower, Upper, updated_layers

        card, tensors = load_model(folder, NAME)
        config: dict[str, Any] = card.config
        if encoder.name.rpartition("/")[2] != str(config.get("encoder")).rpartition("/")[2]:
            raise WorkspaceError(
                f"The reader in {folder} was trained on {config.get('encoder')}, but the encoder is {encoder.name}. "
                "Train it anew: tastegraph nlu train --data FOLDER."
            )
        for name, (width, size) in HEADS.items():
            check_shape(NAME, tensors.get(f"heads.{name}.weight", np.zeros(0)), (size, width))
            check_shape(NAME, tensors.get(f"heads.{name}.bias", np.zeros(0)), (size,))
        self._topics: list[str] = config["topics"]
        self._thresholds: dict[str, float] = config["thresholds"]
        # The tokenizer cannot be borrowed twice at once; the layers can, but two cores gain nothing from it.
        self._lock = threading.Lock()
        self._lower = Lower(encoder, int(config["layers"]))
        self._upper = Upper(updated_layers(self._lower.upper, tensors, float(config["scale"]))).eval()
        self._upper.take_heads(tensors)

    def read(self, texts: Sequence[str], before: Sequence[str]) -> list[Reading]:
        from agent.nlu.network import chances_of

        with self._lock:
            chances = chances_of(self._lower, self._upper, texts, before)
        return [
            Reading(
                intents=_named(labels.INTENTS, chances["intent"][k]),
                polarity=_named(labels.POLARITIES, chances["polarity"][k]),
                mention=_named(labels.MENTIONS, chances["mention"][k]),
                inside=float(chances["scope"][k][1]),
                service=_named(labels.SERVICE_INTENTS, chances["service"][k]),
                topic=_named(self._topics, chances["topic"][k]),
                energy=float(chances["energy"][k]),
                thresholds=self._thresholds,
            )
            for k in range(len(texts))
        ]


@cache
def shared_reader() -> NluReader:
    """Return the reader of this process; its weights are loaded at first use."""
    return NluReader()


def service_intent(text: str) -> tuple[str, float]:
    """Return the likeliest of the 27 service intents (`labels.SERVICE_INTENTS`) of a message and its chance.

    Every message gets one: ask `shared_reader().read(text)` whether it is `outside` first. Raises `WorkspaceError` or
    `EncoderError` when the weights cannot be loaded.
    """
    return shared_reader().read(text).service_intent


def _named(names: Sequence[str], chances: Any) -> dict[str, float]:  # noqa: ANN401 - a row of numbers
    return dict(zip(names, (float(c) for c in chances), strict=True))
