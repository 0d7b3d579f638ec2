"""The sentence encoder: texts to vectors, loaded once a process and only when first used."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kg.minilm import DIMENSIONS, HUB_NAME, PACKAGE, minilm_source, packaged_folder
from recsys.errors import TastegraphError
from recsys.models.base import FloatMatrix

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["DIMENSIONS", "HUB_NAME", "SETTING", "Encoder", "EncoderError"]

SETTING = "TASTEGRAPH_ENCODER"
_CACHED_TEXTS = 4096
_CACHE_UP_TO = 16
"""Calls with more texts than this are catalogue work and would only push people's texts out of the cache."""

_loading = threading.Lock()
_loaded: dict[str, _Model] = {}


class EncoderError(TastegraphError):
    """The sentence encoder cannot be loaded, or is of another size."""


class Encoder:
    """all-MiniLM-L6-v2, or what `TASTEGRAPH_ENCODER` names. Instances of one model share it; safe between
    threads."""

    def __init__(self, model: str | None = None) -> None:
        """Choose the model (a folder or a hub name) without loading it."""
        self._source = model or os.environ.get(SETTING) or minilm_source()

    @property
    def name(self) -> str:
        """Which model this is, without the folders above it."""
        packaged = packaged_folder()
        if packaged and self._source == packaged:
            return HUB_NAME
        return Path(self._source).name if Path(self._source).is_dir() else self._source

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        """Return one vector of length 1 a text, shape (n, 384); an empty text has a vector too.

        Raises `EncoderError` when the model cannot be loaded.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), dtype=np.float32)
        return _model(self._source).encode(texts)

    def parts(self) -> tuple[Any, Any]:
        """Return the transformer (a `BertModel`) and its tokenizer, for what reads below the sentence vector.

        They are shared: copy what is to be changed, and the tokenizer before another thread uses it. Raises
        `EncoderError` when the model cannot be loaded.
        """
        return _model(self._source).parts()

    def warm_up(self) -> None:
        """Load the model and encode one text, so that the first person does not wait; call it from a
        thread."""
        self.encode(["warm up"])


class _Model:
    def __init__(self, source: str) -> None:
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, FloatMatrix] = OrderedDict()
        self._model = _load(source)

    def encode(self, texts: Sequence[str]) -> FloatMatrix:
        # A fast tokenizer cannot be borrowed twice at once, so one thread encodes at a time.
        with self._lock:
            if len(texts) > _CACHE_UP_TO:
                return self._run(texts)
            missing = [text for text in dict.fromkeys(texts) if text not in self._cache]
            if missing:
                self._cache.update(zip(missing, self._run(missing), strict=True))
            rows = [self._cache[text] for text in texts]
            for text in texts:
                self._cache.move_to_end(text)
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)
            return np.stack(rows)

    def parts(self) -> tuple[Any, Any]:
        return self._model[0].auto_model, self._model.tokenizer

    def _run(self, texts: Sequence[str]) -> FloatMatrix:
        vectors = self._model.encode(
            list(texts),
            batch_size=32,
            show_progress_bar=False,
            normalize_embeddings=True,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)


def _model(source: str) -> _Model:
    with _loading:
        if source not in _loaded:
            _loaded[source] = _Model(source)
        return _loaded[source]


def _load(source: str) -> SentenceTransformer:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    is_folder = Path(source).is_dir()
    try:
        try:
            model = SentenceTransformer(source, device="cpu", local_files_only=True)
        except (OSError, ValueError):
            if is_folder or os.environ.get("HF_HUB_OFFLINE") == "1":
                raise
            model = SentenceTransformer(source, device="cpu")
    except Exception as error:
        # The hub client and the model loaders raise many unrelated types; each means that there is no
        # encoder.
        raise EncoderError(
            f"The sentence encoder {source!r} cannot be loaded ({error.__class__.__name__}). "
            f"Without a network, install the model with `pip install {PACKAGE}`, "
            f"or set {SETTING} to a folder that holds {HUB_NAME}."
        ) from error
    size = model.get_embedding_dimension()
    if size != DIMENSIONS:
        raise EncoderError(
            f"The sentence encoder {source!r} makes vectors of {size} numbers; {DIMENSIONS} are needed. "
            f"Set {SETTING} to {HUB_NAME} or to a model fine-tuned from it."
        )
    return model
