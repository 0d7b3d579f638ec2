"""Baseline: BM25 of what the seeker said over the texts of the items (Robertson and Zaragoza, 2009)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer

from eval.systems.material import Material
from eval.systems.protocol import Dialogue, Response
from eval.systems.ranking import ranked

_SATURATION, _LENGTH = 1.2, 0.75
"""k1 and b, as usual."""


class TextRetrieval:
    """Ranks by how well an item's title, genres and plot answer the seeker's words as a search."""

    name = "text retrieval (BM25)"

    def __init__(self, material: Material) -> None:
        self._items = material.items
        self._words = CountVectorizer(stop_words="english", dtype=np.float32)
        counts = csr_array(self._words.fit_transform([item.text or item.title for item in material.items]))
        lengths = np.asarray(counts.sum(axis=1)).ravel()
        having = np.asarray((counts > 0).sum(axis=0)).ravel()
        rarity = np.log1p((len(material.items) - having + 0.5) / (having + 0.5))
        norm = _SATURATION * (1.0 - _LENGTH + _LENGTH * lengths / max(lengths.mean(), 1e-9))
        per_cell = np.repeat(norm, np.diff(counts.indptr))
        values = rarity[counts.indices] * counts.data * (_SATURATION + 1.0) / (counts.data + per_cell)
        self._weights = csr_array((values, counts.indices, counts.indptr), shape=counts.shape)

    def respond(self, dialogue: Dialogue) -> Response:
        """Search for the words of all that the seeker said."""
        said = " ".join(one.text for one in dialogue.utterances if one.speaker == "seeker")
        asked = csr_array(self._words.transform([said]))
        return ranked(self._items, np.asarray((self._weights @ asked.T).todense()).ravel())
