"""Numbers written in words, in the languages of our answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SMALL = {
    word: value
    for value, words in enumerate(
        (
            "two dos zwei", "three tres drei", "four cuatro vier", "five cinco fünf", "six seis sechs",
            "seven siete sieben", "eight ocho acht", "nine nueve neun", "ten diez zehn", "eleven", "twelve doce zwölf",
            "thirteen trece dreizehn", "fourteen catorce vierzehn", "fifteen quince fünfzehn", "sixteen sechzehn",
            "seventeen siebzehn", "eighteen achtzehn", "nineteen neunzehn",
        ),
        2,
    )
    for word in words.split()
}  # fmt: skip
_TENS = {
    word: 10 * value
    for value, words in enumerate(
        (
            "twenty veinte zwanzig", "thirty treinta dreißig", "forty cuarenta vierzig", "fifty cincuenta fünfzig",
            "sixty sesenta sechzig", "seventy setenta siebzig", "eighty ochenta achtzig", "ninety noventa neunzig",
        ),
        2,
    )
    for word in words.split()
}  # fmt: skip
_UNITS = {"one": 1} | _SMALL
_SCALES = {"hundred": 100, "hundert": 100, "thousand": 1000, "million": 1_000_000, "dozen": 12}
_WORD = "|".join(sorted([*_UNITS, *_TENS, *_SCALES], key=len, reverse=True))
_RUN = re.compile(rf"(?<!\w)(?:{_WORD})(?:(?:[ -]|\sand\s)(?:{_WORD}))*(?!\w)", re.IGNORECASE)
_CHINESE = {c: k for k, c in enumerate("一二三四五六七八九", 1)} | {"两": 2, "零": 0, "〇": 0}
_CHINESE_RUN = re.compile(r"[一二两三四五六七八九十百千零〇]+(?=\s*(?:个?小时|分钟|年|欧元|部|款|件|颗星))")


def written_numbers(text: str) -> Iterator[tuple[int, int, float]]:
    """Yield start, end and value of each number that `text` writes in words; `one` alone is none."""
    for match in _RUN.finditer(text):
        words = [w for w in re.split(r"[ -]|\band\b", match[0].lower()) if w]
        if words != ["one"]:
            yield match.start(), match.end(), float(_value(words))
    for match in _CHINESE_RUN.finditer(text):
        value = _chinese(match[0])
        if value != 1:
            yield match.start(), match.end(), float(value)


def _value(words: list[str]) -> int:
    halves = [_below_hundred(words[:k]) for k in range(1, len(words))]
    rest = [_below_hundred(words[k:]) for k in range(1, len(words))]
    for first, last in zip(halves, rest, strict=True):
        if first and last and 18 <= first <= 20 and last >= 10:
            return 100 * first + last
    total = part = 0
    for word in words:
        if word in _SCALES:
            part = max(part, 1) * _SCALES[word]
            if _SCALES[word] >= 1000:
                total, part = total + part, 0
        else:
            part += _UNITS.get(word) or _TENS.get(word, 0)
    return total + part


def _below_hundred(words: list[str]) -> int | None:
    if len(words) == 1:
        return _UNITS.get(words[0]) or _TENS.get(words[0])
    if len(words) == 2 and words[0] in _TENS and _UNITS.get(words[1], 10) < 10:
        return _TENS[words[0]] + _UNITS[words[1]]
    return None


def _chinese(run: str) -> int:
    if not set(run) & set("十百千"):
        return int("".join(str(_CHINESE[c]) for c in run))
    total = digit = 0
    for c in run:
        scale = {"十": 10, "百": 100, "千": 1000}.get(c)
        if scale:
            total += (digit or 1) * scale
            digit = 0
        else:
            digit = _CHINESE[c]
    return total + digit
