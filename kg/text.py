"""How names are folded, so that `Matrix, The`, `the matrix` and `The MATRIX!` are one key."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

KEY_LIMIT = 1_000
"""Longest key, in characters; the tail of a longer name cannot be searched."""

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = "\u0300-\u036f"
_TOKEN = re.compile(
    rf"(?<![^\W_])(?:[^\W\d_]\.){{2,}}(?:[^\W\d_](?![^\W_]))?"  # E.T., L.A.
    rf"|[{_CJK}]"
    rf"|(?:(?![{_CJK}])[^\W_])(?:(?![{_CJK}])[^\W_]|[{_MARKS}])*"
    rf"(?:['’`](?:(?![{_CJK}])[^\W_])(?:(?![{_CJK}])[^\W_]|[{_MARKS}])*)*"
    r"|&"
)
_TRAILING_ARTICLE = re.compile(
    r"^(?P<head>.+),\s*(?P<article>the|an?|l[aeo]s?|l['’]|un|une|un[ao]|il|i|gli|el|der|die|das|den|det|de|het|os?|as)"
    r"(?P<tail>\s*(?:\(.*)?)$",
    re.IGNORECASE | re.DOTALL,
)
_ARTICLES = frozenset({"the", "a", "an"})
_ROMAN = re.compile(r"^x{0,3}(?:ix|iv|v?i{0,3})$")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10}
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
_DATED = re.compile(r"^(?P<name>.*\S)\s*\((?P<year>(?:1[89]|20)\d\d)\)\s*$", re.DOTALL)


class Token(NamedTuple):
    """A word of a text: its folded form and its place in the original."""

    text: str
    start: int
    end: int


def fold_word(word: str) -> str:
    """Return `word` without case, accents, dots and apostrophes."""
    if word.isascii() and word.isalnum():
        # Most words; what follows would give the same, ten times slower.
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold()).casefold()
    bare = "".join(c for c in decomposed if c.isalnum() and not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.translate(_LETTERS))


def tokenize(text: str) -> list[Token]:
    """Split `text` into folded words with their offsets; each Chinese or Japanese character is a word."""
    tokens = []
    for match in _TOKEN.finditer(text):
        folded = "and" if match[0] == "&" else fold_word(match[0])
        if folded:
            tokens.append(Token(folded, match.start(), match.end()))
    return tokens


def arabic(word: str) -> str:
    """Return a roman numeral from II to XXXIX as digits, any other word as it is; `i` is a pronoun."""
    if word == "i" or not word or not _ROMAN.match(word):
        return word
    values = [_ROMAN_VALUES[c] for c in word]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return str(sum(-value if value < following else value for value, following in pairs))


def join_key(words: Sequence[str]) -> str:
    """Join folded words into a key: no leading English article, sequel numbers as digits."""
    if len(words) > 1 and words[0] in _ARTICLES:
        words = words[1:]
    return " ".join([*words[:1], *(arabic(word) for word in words[1:])])


def is_article(word: str) -> bool:
    """Say whether a folded word is an English article, which keys leave out at the front."""
    return word in _ARTICLES


def fold_name(name: str) -> str:
    """Return the key of a name, at most `KEY_LIMIT` characters.

    A name without any letter or digit (an emoji, `!!!`) is its own key, without case and extra spaces.
    """
    name = name[: 4 * KEY_LIMIT]
    inverted = _TRAILING_ARTICLE.match(name)
    if inverted:
        gap = "" if inverted["article"][-1] in "'’" else " "
        name = f"{inverted['article']}{gap}{inverted['head']}{inverted['tail']}"
    key = join_key([token.text for token in tokenize(name)])
    if not key:
        key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return key[:KEY_LIMIT].strip()


def split_year(name: str) -> tuple[str, int | None]:
    """Split `Heat (1995)` into `Heat` and 1995; the year is None where the name does not end in one."""
    match = _DATED.match(name)
    return (match["name"], int(match["year"])) if match else (name, None)
