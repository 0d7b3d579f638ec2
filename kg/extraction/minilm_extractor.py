"""The extractor that needs no server: a tagger over MiniLM with an adapter of a few megabytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from kg.extraction.adapter_files import read_adapter
from kg.extraction.assembling import Linker, assemble
from kg.extraction.documents import OF_FILMS, OF_PRODUCTS, Document, Extraction, Span
from kg.extraction.tagger import decode

SHIPPED = Path(__file__).parent / "adapter"
"""Learned from sentences of our own about our own starter catalogue, and from nothing else."""
_CHUNK = 256


class MiniLmExtractor:
    """Reads facts with a tagger. Safe in one thread at a time."""

    source = "text:minilm"

    def __init__(self, folder: Path = SHIPPED, linker: Linker | None = None, batch: int = 32) -> None:
        """Load the adapter in `folder`. Raises `ExtractionError` when it, or MiniLM, cannot be loaded."""
        self._tagger, self.card = read_adapter(folder)
        self._linker = linker
        self._batch = batch

    def extract(
        self, documents: Sequence[Document], progress: Callable[[int], None] | None = None
    ) -> Iterator[Extraction]:
        """Yield one extraction a document, in their order."""
        for begin in range(0, len(documents), _CHUNK):
            chunk = documents[begin : begin + _CHUNK]
            for document, spans in zip(chunk, self.spans(chunk), strict=True):
                yield assemble(document, spans, self.source, self._linker)
            if progress is not None:
                progress(min(begin + _CHUNK, len(documents)))

    def spans(self, documents: Sequence[Document]) -> list[list[Span]]:
        """Return the marked spans of each document; a film has the relations of films, a product its own."""
        found: list[list[Span]] = [[] for _ in documents]
        windows = sorted(self._tagger.windows([d.text for d in documents]), key=lambda w: len(w.pieces))
        with torch.inference_mode():
            for begin in range(0, len(windows), self._batch):
                chosen = windows[begin : begin + self._batch]
                logits = self._tagger(*self._tagger.batch(chosen))
                for window, row in zip(chosen, logits, strict=True):
                    kind = documents[window.text].kind
                    allowed = OF_PRODUCTS if kind == "product" else OF_FILMS
                    found[window.text] += [
                        s for s in decode(window, row, self.card.threshold) if s.relation in allowed
                    ]
        return found
