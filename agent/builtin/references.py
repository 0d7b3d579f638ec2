"""Which words point back (`the second one`, `it`, `him`) or compare with what was shown (`older`, `too
long`)."""

from __future__ import annotations

import re
from typing import Literal, cast

from agent.builtin.dialogue import Reference

Delta = Literal["older", "newer", "shorter", "longer", "cheaper", "dearer"]
Era = Literal["old", "recent", "short"]

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9,
    "tenth": 10, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8, "9th": 9,
    "10th": 10,
}  # fmt: skip
_CARDINALS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
_HEAD = r"(?:one|film|movie|product|option|pick|suggestion|recommendation|title|item|choice)"
_HEADS = rf"(?: {_HEAD}s?| of (?:them|those|these))?"
_ORDINAL = "(" + "|".join(_ORDINALS) + ")"
_CARDINAL = "(" + "|".join(_CARDINALS) + ")"
_NOT_A_PLACE = (
    r"(?! (?:time|night|half|world|week|date|year|thing|day|month|part|season|hand|of all|movies? i|"
    r"films? i|things?|aid|"
    r"class|impression|choice of))(?!-hand)"
)

_PLACES = re.compile(rf"\b(?:the |your )?(first|1st|last) {_CARDINAL}\b{_HEADS}", re.IGNORECASE)
_PLACE = re.compile(
    rf"\b(the |that |this |your |my |number )?{_ORDINAL}\b( {_HEAD}\b)?{_NOT_A_PLACE}", re.IGNORECASE
)
_NUMBERED = re.compile(
    r"(?:\b(?:number|no\.?|nr\.?|option|item|the) ?|#)(\d{1,2}|one|two|three|four|five)\b(?![-/:.]\d)",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"(?<![\w.,:/-])(\d{1,2})(?![\w:/-]|[.,]\d)")
_LAST = re.compile(
    rf"\bthe last\b(?: {_HEAD}\b)?(?! (?:time|night|week|year|month|movie|film|thing|few|couple|day|of))",
    re.IGNORECASE,
)
_REST = re.compile(rf"\bthe (?:other (?:{_HEAD}|two|three)|others|rest|other)\b", re.IGNORECASE)
_FOCUS = re.compile(
    rf"\b(?:(?:that|this|the same) {_HEAD}|it|that|this)\b(?! (?:kind|sort|type|way|time|weekend|evening|"
    rf"week|year|"
    r"month|much|many|i|i'm|you|we|they|he|she|night|afternoon|morning|would|will|could|have|has|had|"
    r"(?:a|an|the|my|your|some|really|very|are|combines?|makes?|involves?|features?|takes?|make))\b)",
    re.IGNORECASE,
)
_IT = re.compile(r"\bit\b", re.IGNORECASE)
_ALL = re.compile(
    r"\b(?:all of (?:them|those|these)|any of (?:them|those|these)|all (?:three|four|five)|"
    r"both(?: of (?:them|those|these))?|"
    r"them(?: all| both)?|they|(?:those|these)(?: ones| two| films| movies| three)?|"
    r"everything you (?:listed|showed))\b"
    r"(?! (?:kinds?|sorts?|types?|days|\x00\x01* (?:\w+ )?(?:ones?|films?|movies?)))",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:him|her|he|she|(?:that|this|the same|same) (?:director|actor|actress|guy|man|woman|writer|"
    r"author))\b",
    re.IGNORECASE,
)

_DELTAS = {
    "older": r"older|less (?:new|modern|recent)|too (?:new|modern|recent)|"
    r"not (?:so|too|that|very) (?:new|modern|recent)",
    "newer": r"newer|more (?:recent|modern|current|contemporary)|less (?:old|dated)|too (?:old|dated)|"
    r"(?:not|nothing) (?:so|too|that|very) old|a little dated|a bit dated",
    "shorter": r"shorter|less long|(?:way |a bit |a little )?too long|"
    r"(?:not|isn'?t|nothing) (?:so|too|that|very|super) long|"
    r"not long",
    "longer": r"longer|(?:way |a bit |a little )?too short|(?:not|nothing) (?:so|too|that|very) short",
    "cheaper": r"cheaper|less (?:expensive|pricey|costly)|more affordable|"
    r"(?:way |a bit |a little )?too (?:expensive|pricey|"
    r"costly)|(?:not|nothing) (?:so|too|that|very) (?:expensive|pricey|costly)|not expensive|"
    r"nothing expensive|"
    r"cheap|inexpensive|affordable|low cost|on a budget",
    "dearer": r"more (?:expensive|premium)|pricier|too cheap|higher[- ]end|high[- ]end|premium",
}
_DELTA = re.compile(
    r"\b(?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _DELTAS.items()) + r")\b", re.IGNORECASE
)
_ERAS = re.compile(
    r"\b(?:(?P<old>old(?:[- ](?:school|fashioned|time|timey|ones))?(?! one\b)|oldies|vintage|classics?|"
    r"golden age|older)|"
    r"(?P<recent>recent(?:ly released)?|latest|modern|newest|contemporary|brand[- ]new|newly released|"
    r"new(?= (?:film|movie|comed|horror|thriller|drama|release|one to|\x00)))|"
    r"(?P<short>short(?= (?:film|movie|one|comed|thriller|drama|horror|documentar|and|\x00)|$|[.!?,])|"
    r"quick watch))\b"
    r"(?! (?:enough|days|age|people|school friend|years?)\b)",
    re.IGNORECASE,
)


def find_references(text: str, list_length: int) -> list[tuple[int, int, Reference]]:
    """Return (start, end, reference) for what points back, left to right, without overlap.

    Bare numbers and ordinals count only when a list of at least that many items was shown.
    """
    found: list[tuple[int, int, Reference]] = []

    def add(start: int, end: int, reference: Reference) -> None:
        if not any(start < e and s < end for s, e, _ in found):
            found.append((start, end, reference))

    for m in _PLACES.finditer(text):
        count = _CARDINALS[m[2].casefold()]
        if m[1].casefold() == "last":
            if list_length or m[0].casefold().startswith("the"):
                add(m.start(), m.end(), Reference("last", (count,)))
        else:
            add(m.start(), m.end(), Reference("places", tuple(range(1, count + 1))))
    for m in _PLACE.finditer(text):
        place = _ORDINALS[m[2].casefold()]
        if not m[3] and text[m.end() : m.end() + 2] == " \x00":
            continue  # `the first Alien` names an item.
        if m[1] or m[3] or (list_length >= place and len(text.split()) <= 8):
            add(m.start(), m.end(), Reference("places", (place,)))
    for m in _NUMBERED.finditer(text):
        place = int(_CARDINALS.get(m[1].casefold(), 0) or (m[1] if m[1].isdigit() else 1))
        if not m[0].casefold().startswith("the ") or (m[1].isdigit() and place <= list_length):
            add(m.start(), m.end(), Reference("places", (place,)))
    for m in _DIGIT.finditer(text):
        if 1 <= int(m[1]) <= list_length:
            add(m.start(), m.end(), Reference("places", (int(m[1]),)))
    for pattern, how in (
        (_LAST, "last"),
        (_REST, "rest"),
        (_ALL, "all"),
        (_PERSON, "person"),
        (_FOCUS, "focus"),
    ):
        for m in pattern.finditer(text):
            add(m.start(), m.end(), Reference(how))  # type: ignore[arg-type]
    for m in _IT.finditer(text):
        add(m.start(), m.end(), Reference("focus"))
    return sorted(found, key=lambda entry: entry[0])


def find_deltas(text: str) -> list[tuple[int, int, Delta]]:
    """Return (start, end, name) for comparisons: older, newer, shorter, longer, cheaper, dearer."""
    return [(m.start(), m.end(), cast(Delta, m.lastgroup)) for m in _DELTA.finditer(text)]


def find_eras(text: str) -> list[tuple[int, int, Era]]:
    """Return (start, end, name) for absolute words: old, recent, short."""
    return [(m.start(), m.end(), cast(Era, m.lastgroup)) for m in _ERAS.finditer(text)]
