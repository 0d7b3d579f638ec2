"""How varied texts are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable


def distinct_n(texts: Iterable[str], n: int) -> float:
    """Return distinct n-grams over all n-grams of the texts together, in [0, 1] (Li et al., 2016).

    Words are lower-cased and split at white space; an n-gram does not cross from one text to the next. It falls with
    the amount of text, so compare the same number of texts only. 0 where no text is long enough; `ValueError` where
    n < 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = text.lower().split()
        seen.update(tuple(words[start : start + n]) for start in range(len(words) - n + 1))
    return len(seen) / seen.total() if seen else 0.0
