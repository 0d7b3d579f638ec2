"""From what a person wrote to the entities meant: one mention by itself, or all mentions in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from kg.linking.lexicon import MAX_ALTERNATIVES, Lexicon, LinkResult, Mention, Sense
from kg.linking.mentions import find_mentions
from kg.schema import Entity
from kg.text import fold_name, tokenize

__all__ = ["EntityLinker", "LinkResult", "Mention"]

_MAX_MENTION = 300
_QUOTES = "\"'“”‘’«»*_`"
_YEAR_AT_END = re.compile(r"^(?P<name>.*\S)[\s,]+[(\[]?(?P<year>(?:1[89]|20)\d\d)[)\]]?$", re.DOTALL)
_LEAD = re.compile(
    r"^(?:the\s+)?(?:movie|film|show|series|product|song|album|book)s?\s+(?=\S)", re.IGNORECASE
)
_CREDIT = re.compile(r"\s+(?:by|from|starring|with|directed by)\s+.*$", re.IGNORECASE | re.DOTALL)


class EntityLinker:
    """Links names to entities, in memory; built once, read by any thread.

    The year of an entity is taken from its name or an alias of the form `Heat (1995)`.
    """

    def __init__(self, entities: Sequence[Entity]) -> None:
        self._lexicon = Lexicon(entities)

    def link(
        self, mention: str, context_ids: Sequence[str] = (), kinds: Sequence[str] | None = None
    ) -> LinkResult:
        """Link a name that stands by itself, also a misspelt one or one with its year.

        Among entities of equal name one in `context_ids` (what the talk is about) wins, then the year, then
        popularity. A mention that is an id is that entity.
        `kinds` keeps the answer to these kinds. A year that no such entity has links to nothing.
        """
        if mention in self._lexicon.by_id:
            number = self._lexicon.by_id[mention]
            if kinds is None or self._lexicon.entities[number].kind in kinds:
                return LinkResult(self._lexicon.entities[number], 1.0)
        text = mention[:_MAX_MENTION].strip().strip(_QUOTES).strip().rstrip("?!.,;").strip(_QUOTES)
        for attempt, factor in _readings(text):
            found = self._exact(attempt, context_ids, kinds, factor)
            if found is not None:
                return found
        return self._misspelt(text, context_ids, kinds)

    def find(self, text: str) -> list[Mention]:
        """Return the mentions in a text, in order, not overlapping.

        Titles made of plain words count only where something marks them: a capital inside a sentence, quotes,
        a year, or words such as `like`, `watched`, `similar to` before them.
        """
        return find_mentions(self._lexicon, text)

    def _of_kinds(self, senses: Iterable[Sense], kinds: Sequence[str] | None) -> list[Sense]:
        return [s for s in senses if kinds is None or self._lexicon.entities[s.entity].kind in kinds]

    def _exact(
        self, text: str, context_ids: Sequence[str], kinds: Sequence[str] | None, factor: float
    ) -> LinkResult | None:
        whole = self._of_kinds(self._lexicon.senses(fold_name(text)), kinds)
        bare, year = _split_loose_year(text)
        if not whole and year is not None:
            dated = self._of_kinds(self._lexicon.senses(fold_name(bare)), kinds)
            whole = self._lexicon.dated(dated, year)
            if dated and not whole:
                return LinkResult(None, alternatives=self._shown(dated))
        if not whole:
            return None
        return self._lexicon.rank((Sense(s.entity, s.weight * factor) for s in whole), frozenset(context_ids))

    def _misspelt(self, text: str, context_ids: Sequence[str], kinds: Sequence[str] | None) -> LinkResult:
        bare, year = _split_loose_year(text)
        for name, wanted in ((text, None), (bare, year)):
            near = self._of_kinds(self._lexicon.nearest(fold_name(name)), kinds)
            if near and (wanted is not None or year is None):
                return self._lexicon.rank(self._lexicon.dated(near, wanted), frozenset(context_ids))
        return LinkResult(None)

    def _shown(self, senses: Sequence[Sense]) -> tuple[Entity, ...]:
        ranked = self._lexicon.rank(senses)
        return tuple(e for e in (ranked.entity, *ranked.alternatives) if e is not None)[:MAX_ALTERNATIVES]


def _readings(text: str) -> list[tuple[str, float]]:
    """Return the text, and it without `the film` before or `by somebody` after, each with a factor."""
    bare = _LEAD.sub("", text)
    readings = {text: 1.0}
    readings.setdefault(bare, 0.98)
    readings.setdefault(_CREDIT.sub("", bare), 0.9)
    return [(name, factor) for name, factor in readings.items() if name]


def _split_loose_year(text: str) -> tuple[str, int | None]:
    match = _YEAR_AT_END.match(text)
    if match and tokenize(match["name"]):
        return match["name"], int(match["year"])
    return text, None
