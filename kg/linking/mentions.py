"""Mentions in running text: which stretches match a name, and whether they are meant as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kg.linking.acronyms import AcronymIndex
from kg.linking.candidates import Candidate, Walker
from kg.linking.lexicon import DESCRIPTIVE_KINDS, PERSON_KINDS, Lexicon, Mention, Sense
from kg.linking.likelihood import Evidence, is_plain, log_odds
from kg.linking.marks import Marks
from kg.linking.view import Span, TextView
from kg.text import arabic, tokenize

LIKELY = -0.75
"""Log odds from which a stretch is taken for a title."""
_NEAR = 0.9
"""What a misspelt name says beside the name itself."""
_FEW = 5_000
"""Fewer titles than this are a small catalogue."""
_KNOWN = 300
"""Up to this rank a title that the rules take for one is one."""


def find_mentions(lexicon: Lexicon, text: str, acronyms: AcronymIndex | None = None) -> list[Mention]:
    """Return the mentions in `text`; see `EntityLinker.find`."""
    return list(Finder(lexicon, text, acronyms).mentions())


class Finder:
    """Reads one text."""

    def __init__(self, lexicon: Lexicon, text: str, acronyms: AcronymIndex | None = None) -> None:
        self._lexicon = lexicon
        self._acronyms = acronyms
        self.view = TextView(text, tokenize(text))
        self.walker = Walker(lexicon, self.view)
        self._marks = Marks(self.view, lambda k: any(True for _ in self.walker.exact(k)))

    def mentions(self) -> Iterator[Mention]:
        """Yield the mentions, in order, not overlapping."""
        k = 0
        while k < len(self.view.tokens):
            found = self._at(k)
            if found is None:
                k += 1
                continue
            mention, k = found
            yield mention

    def _at(self, k: int) -> tuple[Mention, int] | None:
        """Return the longest accepted mention at a token; a misspelt one only where it is longer."""
        exact = None
        for one in self.walker.exact(k):
            exact = self._accept(one.span, self._lexicon.senses(one.key))
            if exact is not None:
                break
        for one in self.walker.misspelt(k):
            if exact is not None and one.span.last <= exact[1]:
                break
            found = self._accept_misspelt(one)
            if found is not None:
                return found
        return exact or self._initials_at(k)

    def _initials_at(self, k: int) -> tuple[Mention, int] | None:
        """Return the title whose initials stand at a token, with the sequel number after them."""
        if self._acronyms is None or self.view.shouting:
            return None
        written = self.view.text[self.view.tokens[k].start : self.view.tokens[k].end]
        number = arabic(self.view.word(k + 1))
        if number.isdigit() and len(number) == 1 and self.view.gap(k + 1) == " ":
            senses = self._acronyms.in_sentence(written, number)
            if senses:
                return self._made(Span(k, k, k + 2), senses)
        senses = self._acronyms.in_sentence(written, "")
        return self._made(Span(k, k, k + 1), senses) if senses else None

    def _accept(self, span: Span, senses: list[Sense]) -> tuple[Mention, int] | None:
        if self.view.quoted(span):
            return self._made(span, senses)
        year = self.view.year_after(span)
        if year is not None:
            dated = self._lexicon.dated(senses, year[0])
            if dated:
                return self._made(span, dated, end=year[2])
            if year[1]:
                return None
        plain, people, titles = self._by_kind(senses)
        chosen = [s for s in people if self._marks.person(span, s)]
        if titles:
            chosen += titles if self._meant(span, self.evidence(span, senses), titles) else []
        if not chosen and self._marks.describes(span):
            chosen = plain
        return self._made(span, chosen) if chosen else None

    def _accept_misspelt(self, one: Candidate) -> tuple[Mention, int] | None:
        senses = self._lexicon.senses(one.key)
        titles = self._by_kind(senses)[2]
        if not titles:
            return None
        quoted = self.view.quoted(one.span)
        if not quoted and not self._meant(one.span, self.evidence(one.span, senses, one), titles):
            return None
        year = self.view.year_after(one.span)
        near = [s._replace(weight=_NEAR * s.weight, reason="typo") for s in titles]
        dated = self._lexicon.dated(near, year[0]) if year else near
        return self._made(one.span, dated, end=year[2] if year else None) if dated else None

    def _meant(self, span: Span, evidence: Evidence, titles: Sequence[Sense]) -> bool:
        """Say whether words that are a title are meant as one.

        What the rules take for one is one, if it is well known. In a small catalogue plain words that no rule
        marks are none: there, being popular among the few says nothing.
        """
        if evidence.marked and evidence.misspelt < 0:
            if min(self._lexicon.ranks[s.entity] for s in titles) < _KNOWN:
                return True
        elif len(self._lexicon.ranks) < _FEW and is_plain(self.view, span):
            return False
        return log_odds(self.view, span, evidence) >= LIKELY

    def evidence(self, span: Span, senses: Sequence[Sense], misspelt: Candidate | None = None) -> Evidence:
        """Return what speaks for a span as a title."""
        plain, people, titles = self._by_kind(senses)
        ranks = self._lexicon.ranks
        best = min(titles, key=lambda s: (ranks[s.entity], -s.weight))
        article = span.core > span.first
        return Evidence(
            rank=round(ranks[best.entity] * self._lexicon.rank_scale),
            weight=max(s.weight for s in titles),
            article=any(self._lexicon.has_article(s.entity) == article for s in titles),
            marked=self._marks.marked(span, certain_only=bool(plain)),
            cued=self._marks.cued(span.first),
            other="person" if people else "plain" if plain else "",
            misspelt=misspelt.misspelt if misspelt else -1,
            meant=misspelt.key if misspelt else "",
            known_word=misspelt is not None and self._lexicon.is_word(self.view.word(misspelt.misspelt)),
        )

    def _by_kind(self, senses: Sequence[Sense]) -> tuple[list[Sense], list[Sense], list[Sense]]:
        """Divide senses into plain words, people and titles."""
        kinds = [self._lexicon.entities[s.entity].kind for s in senses]
        plain = [s for s, kind in zip(senses, kinds, strict=True) if kind in DESCRIPTIVE_KINDS]
        people = [s for s, kind in zip(senses, kinds, strict=True) if kind in PERSON_KINDS]
        return plain, people, [s for s in senses if s not in plain and s not in people]

    def _made(self, span: Span, senses: Sequence[Sense], end: int | None = None) -> tuple[Mention, int]:
        tokens = self.view.tokens
        start = tokens[span.first].start
        stop = tokens[span.last - 1].end if end is None else end
        result = self._lexicon.rank(senses, article=span.core > span.first)
        if result.entity is None:
            raise AssertionError("a mention is made of at least one sense")
        following = next((k for k in range(span.last, len(tokens)) if tokens[k].start >= stop), len(tokens))
        if result.entity.kind not in DESCRIPTIVE_KINDS:
            self._marks.last_title = following
        mention = Mention(
            start,
            stop,
            self.view.text[start:stop],
            result.entity,
            result.score,
            alternatives=result.alternatives,
            ambiguous=result.ambiguous,
            reason=result.reason,
        )
        return mention, following
