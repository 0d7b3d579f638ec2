"""Find items by words: exact titles, then titles and facet values in the words, then what the words mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from rapidfuzz import fuzz, process

from recsys.constraints import ItemIndex, Mask
from recsys.encoder import Encoder, EncoderError
from recsys.explain import CLOSE
from recsys.models.text_tower import TextTower
from recsys.schema import Item

_WORD = re.compile(r"\w+")
_ARTICLES = frozenset({"the", "a", "an"})
_LONGEST_VALUE = 5
_NEAR_TITLE = 88.0
_MOST_CHARACTERS = 500


class Found(list[Item]):
    """Items that were found, best first, and which part took no part in finding them."""

    def __init__(self, items: Iterable[Item] = (), degraded: tuple[str, ...] = ()) -> None:
        super().__init__(items)
        self.degraded = degraded
        """What a person must be told, as in `RecommendationList.degraded`."""


class Retrieval:
    """Ranks items for a text. Holds nothing of a request; threads may share it."""

    def __init__(self, index: ItemIndex, tower: TextTower, encoder: Encoder) -> None:
        self._index, self._tower, self._encoder = index, tower, encoder
        self._titles: defaultdict[str, list[int]] = defaultdict(list)
        for column, item in enumerate(index.items):
            for name in dict.fromkeys(_key(name) for name in (item.title, item.label, *item.aliases)):
                if name:
                    self._titles[name].append(column)
        self._values: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for facet, values in index.columns.items():
            for value in values:
                self._values[" ".join(_WORD.findall(value))].append((facet, value))
        self._names = list(self._titles)

    def rank(self, text: str, allowed: Mask, limit: int) -> tuple[list[int], bool]:
        """Return at most `limit` columns of allowed items, best first, and whether the encoder took part.

        The order is: titles that are the text, titles within one or two typing errors of it, items that have
        more of the facet values named in it, then items whose text is near in meaning. An empty text gives
        the most popular.
        """
        said = text[:_MOST_CHARACTERS]
        if not _WORD.search(said):
            popular = np.argsort(-self._index.numbers["popularity"], kind="stable")
            return [int(column) for column in popular if allowed[column]][:limit], True
        nearness, took_part = self._nearness(said, allowed)
        tiers = np.zeros(len(allowed))
        tiers += self._facet_hits(said)
        for column, ratio in self._near_titles(said).items():
            tiers[column] += ratio
        tiers[self._titles.get(_key(said), [])] += 1000.0
        order = np.argsort(-(tiers + nearness), kind="stable")
        scores = (tiers + nearness)[order]
        return [
            int(column)
            for column, score in zip(order, scores, strict=True)
            if allowed[column] and score > 0.0
        ][:limit], took_part

    def _nearness(
        self, text: str, allowed: Mask
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], bool]:
        nearness = np.zeros(len(allowed))
        try:
            vector = self._encoder.encode([text])
        except EncoderError:
            return nearness, False
        # Only an index over everything can be asked, so a narrow filter is answered from the vectors
        # themselves.
        if allowed.sum() * 4 < len(allowed):
            columns = np.flatnonzero(allowed)
            nearness[columns] = np.clip(self._tower.vectors[columns] @ vector[0], 0.0, 1.0) * 0.999
        else:
            found, near = self._tower.nearest(vector, 200)
            kept = near[0] >= 0
            nearness[near[0][kept]] = np.clip(found[0][kept], 0.0, 1.0) * 0.999
            # Something is always nearest; what is not near in itself was not found. Within a narrow filter the
            # filter has found it, and nearness only orders.
            nearness[nearness < CLOSE] = 0.0
        return nearness, True

    def _facet_hits(self, text: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        hits = np.zeros(len(self._index.items))
        words = _WORD.findall(text.casefold())
        for value in {
            " ".join(words[start : start + size])
            for size in range(1, _LONGEST_VALUE + 1)
            for start in range(len(words) - size + 1)
        }:
            named = np.zeros(len(hits), dtype=bool)
            for facet, exact in self._values.get(value, ()):
                named[self._index.having(facet, exact)] = True
            hits += named
        return hits

    def _near_titles(self, text: str) -> dict[int, float]:
        near = process.extract(_key(text), self._names, scorer=fuzz.ratio, score_cutoff=_NEAR_TITLE, limit=10)
        best: dict[int, float] = {}
        for name, ratio, _ in near:
            for column in self._titles[name]:
                best[column] = max(ratio, best.get(column, 0.0))
        return best


def _key(name: str) -> str:
    """Return a title without case, punctuation and article, wherever a catalogue has put it (`Heat, The`)."""
    return " ".join(word for word in _WORD.findall(name.casefold()) if word not in _ARTICLES)
