"""Facts by wording alone: `directed by X`, `starring X and Y`, `a 1995 French crime film`.

A baseline that needs no model, and a weak labeller where no list of facts is at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kg.extraction.assembling import Linker, assemble
from kg.extraction.documents import Document, Extraction, Span
from kg.extraction.names import NAMES, names_in
from kg.extraction.sentences import sentences
from kg.extraction.values import GENRES, NATIONS

_CONFIDENCE = 0.8

_DEEDS = {
    "directed": "director", "written": "writer", "produced": "producer", "scripted": "writer", "scored": "composer",
}  # fmt: skip
_DEED = rf"(?:(?:also|co|executive)[- ]?)?(?:{'|'.join(_DEEDS)})"
_BY = re.compile(
    rf"\b(?P<deeds>{_DEED}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*/\s*|\s*&\s*)(?:edited|{_DEED})){{0,5}})"
    rf"(?:\s+(?:for the screen|for \w+))?\s+by\s+(?:the\s+)?(?P<names>{NAMES})"
)
_BEFORE: tuple[tuple[str, str], ...] = (
    ("writer", r"\b(?:screenplay|script|story|teleplay)(?:\s+was|\s+is)?(?:\s+written)?\s+(?:by|from)\s+"),
    ("writer", r"\bscreenwriters?\s+"),
    ("director", r"\b(?:director|filmmaker)s?\s+"),
    ("composer", r"\b(?:music|score|songs|soundtrack)\b[^.;]{0,30}?\bby\s+"),
    ("composer", r"\bcomposers?\s+"),
    ("producer", r"\bproducers?\s+"),
    (
        "cast",
        r"\b(?:[Ss]tar(?:s|ring|red)|[Ff]eatur(?:es|ing|ed)|co-star(?:s|ring)|cast (?:of|includes|including)"
        r"|played by|portrayed by)\s+(?:the voices? of\s+|actors?\s+|actress(?:es)?\s+)?",
    ),
)
"""Relation to the wording that stands before the names."""
_ROLES = (
    *((relation, re.compile(rf"{before}(?P<names>{NAMES})")) for relation, before in _BEFORE),
    (
        "cast",
        re.compile(
            rf"(?P<names>{NAMES})\s+(?:(?:co-)?(?:stars?|plays?|portrays?|appears?)\b"
            r"|in supporting roles|in the (?:lead|title|leading) roles?)"
        ),
    ),
)
_YEAR = re.compile(r"\b(?:is|was) (?:an? |the )(?:[\w-]+ ){0,2}?(?P<year>(?:18|19|20)\d\d)\b")
_WORK = re.compile(
    r"\b(?:based (?:up)?on|adapt(?:ed|ation) (?:from|of)|inspired by)\s+[^.,;\"“]{0,60}?"
    r"(?:novel|novella|book|play|story|memoir|musical|comic|manga|autobiography|novels|tale|poem)\s+"
    r"(?:titled\s+|called\s+)?[\"“]?(?P<work>[A-ZÀ-Þ0-9][^.,;\"”()]{1,70}?)[\"”]?(?=\s+by\b|[.,;\"”(]|$)"
)
_LEAD = re.compile(
    r"\b(?:is|was) (?:an? |the )(?P<kind>[^.;]{0,120}?\b(?:film|movie|comedy|drama|western|documentary|short|serial)\b)"
)
_GENRE = re.compile(
    rf"\b(?:{'|'.join(sorted(map(re.escape, GENRES), key=len, reverse=True))})\b", re.IGNORECASE
)
_NATION = re.compile(
    rf"\b(?:{'|'.join(sorted((re.escape(n.title()) for n in NATIONS if len(n) > 3), key=len, reverse=True))})\b"
)
_LANGUAGE = re.compile(
    r"\b(?P<language>[A-Z][a-z]+)[- ]language\b|\bin (?P<spoken>[A-Z][a-z]+) with (?:English )?subtitles"
)
_PRODUCT: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "material",
        re.compile(r"\bmade (?:of|from|in|with) (?P<value>[a-z][a-z -]{2,30}?)(?=[.,;]| and | with |$)"),
    ),
    (
        "brand",
        re.compile(
            r"\b(?:[Mm]ade|[Ss]old|[Dd]esigned|[Mm]anufactured) by "
            r"(?P<value>[A-Z][\w'&-]*(?: [A-Z][\w'&-]*){0,2})"
        ),
    ),
    (
        "colour",
        re.compile(r"\b(?:comes|available|sold) in (?P<value>[a-z][a-z ]{2,20}?)(?=[.,;]| and | or |$)"),
    ),
)


class PatternExtractor:
    """Reads facts by patterns of wording."""

    source = "text:patterns"

    def __init__(self, linker: Linker | None = None) -> None:
        self._linker = linker

    def extract(
        self, documents: Sequence[Document], progress: Callable[[int], None] | None = None
    ) -> Iterator[Extraction]:
        """Yield one extraction a document, in their order."""
        for number, document in enumerate(documents, 1):
            yield assemble(document, pattern_spans(document), self.source, self._linker)
            if progress is not None:
                progress(number)


def pattern_spans(document: Document) -> list[Span]:
    """Return the spans that a pattern marks, by place; one span may have several relations."""
    spans = _of_product(document.text) if document.kind == "product" else _of_film(document.text)
    return sorted(set(spans))


def _of_product(text: str) -> Iterator[Span]:
    for relation, pattern in _PRODUCT:
        for match in pattern.finditer(text):
            yield Span(*match.span("value"), relation, _CONFIDENCE)


def _of_film(text: str) -> Iterator[Span]:
    for start, end in sentences(text):
        for match in _BY.finditer(text, start, end):
            relations = {relation for deed, relation in _DEEDS.items() if deed in match["deeds"]}
            yield from _people(text, match, relations)
        for relation, pattern in _ROLES:
            for match in pattern.finditer(text, start, end):
                yield from _people(text, match, {relation})
        for match in _WORK.finditer(text, start, end):
            yield Span(*match.span("work"), "based_on", _CONFIDENCE)
        for match in _LANGUAGE.finditer(text, start, end):
            yield Span(*match.span("language" if match["language"] else "spoken"), "language", _CONFIDENCE)
    yield from _lead(text)


def _lead(text: str) -> Iterator[Span]:
    """Yield what the first `is a ... film` says: year, country, genres."""
    if year := _YEAR.search(text):
        yield Span(*year.span("year"), "year", _CONFIDENCE)
    if lead := _LEAD.search(text):
        for relation, pattern in (("genre", _GENRE), ("country", _NATION)):
            for match in pattern.finditer(text, *lead.span("kind")):
                yield Span(*match.span(), relation, _CONFIDENCE)


def _people(text: str, match: re.Match[str], relations: set[str]) -> Iterator[Span]:
    for start, end in names_in(text, *match.span("names")):
        for relation in relations:
            yield Span(start, end, relation, _CONFIDENCE)
