"""Words for qualities: which measured number or which facet values `violent`, `cheap` or `funny` stand
for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """A word that a measured number answers."""

    number: str
    """Key of `Item.numbers`, or `year` or `popularity`."""
    sense: int = 1
    """1 when more of the word is more of the number (`violent`), -1 when it is less (`cheap`)."""


@dataclass(frozen=True)
class Comparison:
    """How a number is compared in words."""

    less: str
    more: str
    low: float | None = None
    """What counts as low where there is nothing to compare with; None for the lowest third of the
    catalogue."""
    high: float | None = None
    """What counts as high where there is nothing to compare with; None for the highest third."""


COMPARISONS: dict[str, Comparison] = {
    "violence": Comparison("less violent", "more violent", low=1.0, high=2.0),
    "price": Comparison("cheaper", "more expensive"),
    "runtime": Comparison("shorter", "longer"),
    "year": Comparison("older", "newer"),
    "rating": Comparison("rated lower", "rated higher"),
    "popularity": Comparison("less known", "better known"),
}

_WORDS: dict[str, tuple[int, str]] = {
    "violence": (1, "violent violence gory gore bloody blood brutal brutality bloodshed"),
    "price": (1, "expensive pricey costly price dear luxurious"),
    "runtime": (1, "long lengthy length runtime longer"),
    "year": (1, "new newer recent modern contemporary"),
    "rating": (1, "acclaimed rated rating"),
    "popularity": (1, "popular famous mainstream well-known hyped"),
}
_OPPOSITES: dict[str, tuple[int, str]] = {
    "violence": (-1, "peaceful bloodless nonviolent non-violent"),
    "price": (-1, "cheap cheaper affordable inexpensive budget"),
    "runtime": (-1, "short shorter brief"),
    "year": (-1, "old older dated vintage"),
    "popularity": (-1, "obscure unknown niche"),
}
QUALITIES: dict[str, Quality] = {
    word: Quality(number, sense)
    for table in (_WORDS, _OPPOSITES)
    for number, (sense, words) in table.items()
    for word in words.split()
}
"""Word to the number that answers it."""

FACET_WORDS: dict[str, tuple[str, ...]] = {
    "funny": ("funny", "comedy", "humorous", "witty"),
    "humour": ("comedy", "funny"),
    "hilarious": ("comedy", "funny"),
    "comic": ("comedy", "funny"),
    "scary": ("scary", "horror", "frightening"),
    "frightening": ("frightening", "horror", "scary"),
    "creepy": ("creepy", "eerie", "horror"),
    "romantic": ("romantic", "romance", "love"),
    "love": ("romance", "romantic", "love"),
    "violent": ("violent", "violence"),
    "gory": ("gory", "gore"),
    "tense": ("tense", "suspenseful", "thriller"),
    "suspense": ("suspense", "suspenseful", "tense", "thriller"),
    "exciting": ("exciting", "thrilling", "action"),
    "dark": ("dark", "bleak", "noir", "film-noir"),
    "sad": ("sad", "melancholy", "moving", "tearjerker"),
    "moving": ("moving", "touching", "poignant"),
    "uplifting": ("uplifting", "feel-good", "heartwarming"),
    "cheerful": ("cheerful", "feel-good", "uplifting"),
    "futuristic": ("sci-fi", "science fiction", "futuristic"),
    "sci-fi": ("sci-fi", "science fiction"),
    "magical": ("fantasy", "magical"),
    "animated": ("animation", "animated"),
    "musical": ("musical", "music"),
    "family-friendly": ("family", "family-friendly", "children's"),
    "slow": ("slow", "slow-burning", "contemplative"),
    "clever": ("clever", "cerebral", "witty"),
    "weird": ("weird", "surreal", "strange", "quirky"),
    "waterproof": ("waterproof", "water-resistant"),
    "portable": ("portable", "lightweight", "compact"),
    "light": ("lightweight", "light"),
    "warm": ("warm", "insulated"),
    "sustainable": ("sustainable", "recycled", "organic"),
    "quiet": ("quiet", "silent"),
}
"""Word to facet values that mean it, nearest first; those that the catalogue has are meant."""


def normal_word(word: str) -> str:
    """Return the word as the tables have it: lower case, without `more`, `less`, `too`, `very` and
    punctuation."""
    kept = [part for part in word.casefold().strip(" .,!?\"'").split() if part not in _FILLERS]
    return " ".join(kept)


_FILLERS = frozenset(["more", "less", "too", "very", "much", "so", "a", "bit", "of"])
