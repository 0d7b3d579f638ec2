"""Words that a misspelt word may have meant: one letter inserted, left out, replaced, or swapped with the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

_MIN_LENGTH = 2
_MAX_LENGTH = 24


class SpellingIndex:
    """Finds words one typing error away, by what is left of each when one letter is taken out.

    Symmetric deletion (Garbe, "SymSpell", 2012): a word and its misspelling share a form with at most one letter
    less. Built once, read by any thread.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, None] = {}
        self._forms: dict[str, list[str]] = {}
        for word in words:
            if word in self._words or not _MIN_LENGTH <= len(word) <= _MAX_LENGTH or word.isdigit():
                continue
            self._words[word] = None
            for form in _shortened(word):
                self._forms.setdefault(form, []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def near(self, word: str) -> list[str]:
        """Return the words that are exactly one typing error away from `word`, in a fixed order."""
        if len(word) > _MAX_LENGTH + 1:
            return []
        found = dict.fromkeys(self._forms.get(word, ()))
        for form in _shortened(word):
            if form in self._words:
                found[form] = None
            found.update(dict.fromkeys(self._forms.get(form, ())))
        found.pop(word, None)
        return [one for one in found if OSA.distance(word, one, score_cutoff=1) == 1]


def _shortened(word: str) -> Iterator[str]:
    yield from dict.fromkeys(word[:k] + word[k + 1 :] for k in range(len(word)))
