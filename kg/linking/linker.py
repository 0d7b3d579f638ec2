"""From what a person wrote to the entities meant: one mention by itself, or all mentions in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz.distance import OSA

from kg.linking.acronyms import AcronymIndex
from kg.linking.describe import Describer, TextEncoder
from kg.linking.lexicon import MAX_ALTERNATIVES, Lexicon, LinkResult, Mention, Sense, begins_with_article
from kg.linking.mentions import find_mentions
from kg.linking.readings import Reading, readings, split_loose_year
from kg.schema import Entity, Triple
from kg.text import fold_name, is_article

__all__ = ["EntityLinker", "LinkResult", "Mention", "TextEncoder"]

_MAX_MENTION = 300
_QUOTES = "\"'“”‘’«»*_`"
_DESCRIBES = re.compile(
    r"^(?:that|the|this|a|an)\b.*\b(?:movie|film|flick|one|show)\b"
    r"|\b(?:movie|film|flick|one|show)s?\s+(?:where|with|about|by|from|starring|in which|that|who|directed|set)\b",
    re.IGNORECASE,
)
_SAYS_MORE = re.compile(r"\S\s+(?:by|with|starring|about|where|featuring)\s+\S", re.IGNORECASE)


class EntityLinker:
    """Links names to entities, in memory; built once, read by any thread.

    The year of an entity is taken from its name or an alias of the form `Heat (1995)`. With `triples` (who and what
    an item has to do with) and `texts` (entity id to its text) a description is understood too; an `encoder` tells
    what a description is near in meaning, where people and words leave several.
    """

    def __init__(
        self,
        entities: Sequence[Entity],
        triples: Iterable[Triple] = (),
        texts: Mapping[str, str] | None = None,
        encoder: TextEncoder | None = None,
    ) -> None:
        self._lexicon = Lexicon(entities)
        self._acronyms = AcronymIndex(self._lexicon)
        self._describer = Describer(self._lexicon, triples, texts or {}, encoder)

    def link(
        self, mention: str, context_ids: Sequence[str] = (), kinds: Sequence[str] | None = None
    ) -> LinkResult:
        """Link a name that stands by itself, also a misspelt one, one with its year, initials or a description.

        Among entities of equal name one in `context_ids` (what the talk is about) wins, then the year, then
        popularity. A mention that is an id is that entity.
        `kinds` keeps the answer to these kinds. A year that no such entity has links to nothing.
        """
        if mention in self._lexicon.by_id:
            number = self._lexicon.by_id[mention]
            if kinds is None or self._lexicon.entities[number].kind in kinds:
                return LinkResult(self._lexicon.entities[number], 1.0, reason="exact")
        text = mention[:_MAX_MENTION].strip().strip(_QUOTES).strip().rstrip("?!.,;").strip(_QUOTES)
        ways = readings(text)
        for way in ways:
            found = self._exact(way, context_ids, kinds)
            if found is not None:
                return found
        initials = self._of_kinds((s for way in ways for s in self._acronyms.senses(way.name)), kinds)
        if initials:
            return self._lexicon.rank(initials, frozenset(context_ids))
        if _DESCRIBES.search(text):
            result = self.describe(text, kinds)
            if result.entity is not None:
                return result
        result = self._misspelt(text, context_ids, kinds)
        if result.entity is None and _SAYS_MORE.search(text) and self._describer.names_somebody(text):
            return self.describe(text, kinds)
        return result

    def find(self, text: str) -> list[Mention]:
        """Return the mentions in a text, in order, not overlapping.

        Titles made of plain words count only where something marks them: a capital inside a sentence, quotes,
        a year, or words such as `like`, `watched`, `similar to` before them.
        """
        return find_mentions(self._lexicon, text, self._acronyms)

    def describe(self, text: str, kinds: Sequence[str] | None = None) -> LinkResult:
        """Return what a description fits: people, genres and words of the texts; nothing where none fits well.

        It is `ambiguous` where another fits about as well.
        """
        return self._describer.describe(text[:_MAX_MENTION], kinds)

    def warm_up(self) -> None:
        """Build what is otherwise built at first use."""
        self._lexicon.warm_up()
        self._describer.warm_up()

    @property
    def entities(self) -> tuple[Entity, ...]:
        """The entities that mentions are linked to."""
        return self._lexicon.entities

    def _of_kinds(self, senses: Iterable[Sense], kinds: Sequence[str] | None) -> list[Sense]:
        return [s for s in senses if kinds is None or self._lexicon.entities[s.entity].kind in kinds]

    def _exact(
        self, way: Reading, context_ids: Sequence[str], kinds: Sequence[str] | None
    ) -> LinkResult | None:
        senses = self._of_kinds(self._lexicon.senses(fold_name(way.name)), kinds)
        if not senses or (way.credit and not self._describer.is_person(way.credit)):
            return None
        kept = self._lexicon.dated(senses, way.year)
        if not kept:
            return LinkResult(None, alternatives=self._shown(senses))
        if way.newest is not None:
            kept = self._lexicon.of_age(kept, way.newest)
        return self._lexicon.rank(
            [s._replace(weight=s.weight * way.factor) for s in kept],
            frozenset(context_ids),
            begins_with_article(way.name),
        )

    def _misspelt(self, text: str, context_ids: Sequence[str], kinds: Sequence[str] | None) -> LinkResult:
        bare, year = split_loose_year(text)
        for name, wanted in ((text, None), (bare, year)):
            near = self._of_kinds(self._near(fold_name(name)), kinds)
            if near and (wanted is not None or year is None):
                return self._lexicon.rank(
                    self._lexicon.dated(near, wanted), frozenset(context_ids), begins_with_article(name)
                )
        return LinkResult(None)

    def _near(self, key: str) -> list[Sense]:
        """Return what a misspelt key may mean; first what it means where only its article is misspelt."""
        first, _, rest = key.partition(" ")
        if rest and not is_article(first) and OSA.distance(first, "the", score_cutoff=1) <= 1:
            senses = self._lexicon.senses(rest)
            if senses:
                return [s._replace(weight=0.9 * s.weight, reason="typo") for s in senses]
        return self._lexicon.nearest(key)

    def _shown(self, senses: Sequence[Sense]) -> tuple[Entity, ...]:
        ranked = self._lexicon.rank(senses)
        return tuple(e for e in (ranked.entity, *ranked.alternatives) if e is not None)[:MAX_ALTERNATIVES]
