"""Labelled texts: what a tagger learns from, and how lists of facts are laid over a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kg.extraction.documents import OF_FILMS, PEOPLE, Document, Span
from kg.extraction.names import listed_together, names_in
from kg.extraction.patterns import pattern_spans
from kg.extraction.values import GENRES, NATIONS, value_key
from kg.text import fold_name, tokenize


class LabelledText(NamedTuple):
    """A text with what is known of it."""

    document: Document
    spans: tuple[Span, ...]
    """What is there."""
    unknown: tuple[Span, ...] = ()
    """Stretches of which it is not known whether they have the relation; they teach nothing about it."""


Facts = Mapping[str, Sequence[str]]
"""Relation to names. A relation with a list, even an empty one, is known; one that is left out is not."""


def align(document: Document, facts: Facts) -> LabelledText:
    """Label a film's text by its own facts: distant supervision (Mintz et al., 2009) with gaps left open.

    A name of the list is an example of its relation wherever it stands. Where no list is known, wording labels
    (`pattern_spans`), and other names are left open. Lists are incomplete, so a name that is not on one but
    stands beside one that is (`X, Y and Z`) is left open as well; every other name is a counterexample.
    """
    text = document.text
    by_wording = pattern_spans(document)
    spans: set[Span] = set()
    unknown: set[Span] = set()
    names = names_in(text)
    for relation in OF_FILMS:
        known = facts.get(relation)
        worded = {s for s in by_wording if s.relation == relation}
        if relation in PEOPLE:
            listed = {place for name in known or () for place in _places(text, name)}
            found = {Span(*place, relation) for place in listed}
            # Who directed and produced is not said to have produced in `directed by X`.
            said = {s for s in found if _worded_otherwise(s, by_wording)}
            unknown |= said
            found -= said
            if known is None:
                found = {s._replace(confidence=1.0) for s in worded}
            spans |= found
            unknown |= _open_names(text, names, found, relation, worded if known is None else found)
        elif relation == "genre" and known is not None:
            own = {value_key("genre", name) for name in known}
            for start, end in _genre_words(text):
                same = value_key("genre", text[start:end]) in own
                spans |= {Span(start, end, relation)} if same else set()
        elif relation == "year" and known:
            spans |= {s for s in worded if text[s.start : s.end] in known}
        else:
            spans |= worded
    return LabelledText(document, tuple(sorted(spans)), tuple(sorted(unknown - spans)))


def stands_in(text: str, relation: str, name: str) -> bool:
    """Say whether a fact's name is written in the text, in any of the ways that a text writes it."""
    if relation == "genre":
        return any(value_key("genre", text[a:b]) == value_key("genre", name) for a, b in _genre_words(text))
    if relation == "country":
        country = value_key("country", name)
        ways = [word for word, nation in NATIONS.items() if fold_name(nation) == country]
        return any(_places(text, way) for way in (name, country, *ways))
    return bool(_places(text, name))


def _worded_otherwise(span: Span, by_wording: Sequence[Span]) -> bool:
    """Say whether the wording gives the name at this place other relations than this one."""
    worded = {s.relation for s in by_wording if s.start < span.end and span.start < s.end}
    return bool(worded) and span.relation not in worded


def _open_names(
    text: str, names: list[tuple[int, int]], found: set[Span], relation: str, sure: set[Span]
) -> set[Span]:
    """Return the names that may have the relation too, because they stand in a list with one that has it."""
    marked = {(s.start, s.end) for s in found}
    near = set()
    for i, left in enumerate(names[:-1]):
        right = names[i + 1]
        if listed_together(text, left, right) and (left in marked) != (right in marked):
            near.add(right if left in marked else left)
    # A list of three: what is open opens its neighbours too.
    for i, left in enumerate(names[:-1]):
        if left in near and listed_together(text, left, names[i + 1]):
            near.add(names[i + 1])
    if not sure and relation in ("producer", "composer"):
        return set()
    return {Span(a, b, relation) for a, b in near - marked}


def _places(text: str, name: str) -> list[tuple[int, int]]:
    """Return where a name stands, whatever its case and accents."""
    wanted = fold_name(name).split()
    if not wanted:
        return []
    tokens = tokenize(text)
    folded = [token.text for token in tokens]
    return [
        (tokens[i].start, tokens[i + len(wanted) - 1].end)
        for i in range(len(tokens) - len(wanted) + 1)
        if folded[i : i + len(wanted)] == wanted
    ]


def _genre_words(text: str) -> list[tuple[int, int]]:
    lowered = text.lower()
    if len(lowered) != len(text):
        return []
    found: list[tuple[int, int]] = []
    for word in sorted(GENRES, key=len, reverse=True):
        start = lowered.find(word)
        while start >= 0:
            end = start + len(word)
            whole = not (lowered[start - 1 : start].isalnum() or lowered[end : end + 1].isalnum())
            if whole and not any(a < end and start < b for a, b in found):
                found.append((start, end))
            start = lowered.find(word, end)
    return sorted(found)
