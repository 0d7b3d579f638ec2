"""What an answer may say: the evidence of a turn, folded and indexed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from agent.evidence import Fact, ItemCard, ToolPayload
from agent.grounding.measures import NUMBER, Measure, measures_of, to_number
from kg.text import tokenize

Words = tuple[str, ...]

_POSSESSIVE = re.compile(r"['’]s$", re.IGNORECASE)


@dataclass(frozen=True)
class Word:
    """A word of an answer: folded form and place."""

    text: str
    start: int
    end: int
    capital: bool
    """Whether it is written like a name: a capital or a digit at its front, or a capital inside."""
    possessive: bool = False


def words_of(text: str) -> list[Word]:
    """Split `text` as the graph does; `Mann's` is `mann`, with its mark kept apart."""
    found = []
    for token in tokenize(text):
        surface = text[token.start : token.end]
        capital = any(c.isupper() for c in surface) or surface[0].isdigit()
        own = _POSSESSIVE.search(surface)
        if own:
            folded = tokenize(surface[: own.start()])
            if folded:
                end = token.start + own.start()
                found.append(Word(folded[0].text, token.start, end, capital, True))
                continue
        found.append(Word(token.text, token.start, token.end, capital))
    return found


def fold(text: str) -> Words:
    """Return the folded words of a text."""
    return tuple(word.text for word in words_of(text))


@lru_cache(maxsize=50_000)
def _known(text: str) -> tuple[Words, frozenset[float], frozenset[Measure]]:
    """Return the words, numbers and measures of a text of the catalogue, which comes back in turn after turn."""
    return fold(text), frozenset(numbers_of(text)), frozenset(measures_of(text))


def as_written(text: str) -> list[str]:
    """Return the words of a text with their capitals."""
    return [text[token.start : token.end].replace("’", "'") for token in tokenize(text)]


def numbers_of(text: str) -> set[float]:
    """Return every number that `text` writes in digits."""
    return {to_number(match[0]) for match in NUMBER.finditer(text)}


@dataclass
class Pool:
    """Names that may be used whole, and prose that may be repeated in parts."""

    names: set[Words] = field(default_factory=set)
    titles: str = ""
    values: str = ""
    prose: str = ""
    texts: list[str] = field(default_factory=list)
    """What values and prose were read from: capitals are looked up there, which is seldom asked."""
    numbers: set[float] = field(default_factory=set)
    measures: set[Measure] = field(default_factory=set)

    def add_name(self, name: str, title: bool = False) -> None:
        """Let a name of the catalogue be used; a title also without its leading article."""
        words, numbers, measures = _known(name)
        if not words:
            return
        self.names.add(words)
        if title:
            if len(words) > 1 and words[0] in ("the", "a", "an"):
                self.names.add(words[1:])
            self.titles += f" {' '.join(words)} |"
        else:
            self.values += f" {' '.join(words)} |"
            self.texts.append(name)
        self.numbers |= numbers
        self.measures |= measures

    def add_text(self, text: str) -> None:
        """Let the words of a text of the catalogue be repeated."""
        if text:
            self.texts.append(text)
            words, numbers, measures = _known(text)
            self.prose += f" {' '.join(words)} |"
            self.numbers |= numbers
            self.measures |= measures

    def add_prose(self, text: str) -> None:
        """Let the words of any other text be repeated; nothing of it is kept for later turns."""
        if text:
            self.texts.append(text)
            self.prose += f" {' '.join(fold(text))} |"
            self._add_numbers(text)

    def add_own_name(self, name: str) -> None:
        """Let a name be used that may be the person's own; nothing of it is kept for later turns."""
        words = fold(name)
        if words:
            self.names.add(words)
            self.values += f" {' '.join(words)} |"
            self.texts.append(name)
            self._add_numbers(name)

    def _add_numbers(self, text: str) -> None:
        self.numbers |= numbers_of(text)
        self.measures |= set(measures_of(text))

    def include(self, other: Pool) -> None:
        """Add everything that another pool holds."""
        self.names |= other.names
        self.titles += other.titles
        self.values += other.values
        self.prose += other.prose
        self.texts += other.texts
        self.numbers |= other.numbers
        self.measures |= other.measures

    def holds(self, words: Sequence[str]) -> bool:
        """Whether these words stand together in a value or in prose."""
        needle = f" {' '.join(words)} "
        return needle in self.values or needle in self.prose

    def holds_as_written(self, text: str) -> bool:
        """Whether these words stand together in a value or in prose with these capitals."""
        needle = f" {' '.join(as_written(text))} "
        return any(needle in f" {' '.join(as_written(one))} " for one in self.texts)

    def in_title(self, words: Sequence[str]) -> bool:
        """Whether these words stand together in a title."""
        return f" {' '.join(words)} " in self.titles


@dataclass
class Support:
    """The evidence of one turn. Build it with `support_of`."""

    everything: Pool
    general: Pool
    """What belongs to no single item: notes, facts that name none, the person's own words."""
    by_item: Mapping[str, Pool]
    """Item id to what is known of that item."""
    titles: Mapping[Words, frozenset[str]]
    """Folded title to the ids of the items that have it."""
    years: Mapping[Words, frozenset[int]]
    """Folded title to its years."""
    counts: frozenset[int]
    """How many items or facts the tools returned; a count in the answer may be one of these."""

    @cached_property
    def longest_from(self) -> Mapping[str, int]:
        """A name's first word to the number of words of the longest name that begins with it."""
        longest: dict[str, int] = {}
        for name in self.everything.names:
            longest[name[0]] = max(longest.get(name[0], 0), len(name))
        return longest


def support_of(payloads: Iterable[ToolPayload], earlier: Iterable[ItemCard], said: Iterable[str]) -> Support:
    """Index a turn's payloads, the cards of earlier lists, and what the person said."""
    payloads = list(payloads)
    everything, general = Pool(), Pool()
    by_item: dict[str, Pool] = {}
    titles: dict[Words, set[str]] = {}
    years: dict[Words, set[int]] = {}
    now = [card for payload in payloads for card in payload.items]
    cards = [*now, *{card.id: card for card in earlier}.values()]
    for card in cards:
        known = Pool()
        _add_card(known, card)
        for pool in (everything, by_item.setdefault(card.id, Pool())):
            pool.include(known)
        for words in _title_keys(card.title):
            titles.setdefault(words, set()).add(card.id)
            if card.year:
                years.setdefault(words, set()).add(card.year)
    for payload in payloads:
        _add_general(general, payload)
        for fact in payload.facts:
            _add_fact(fact, everything, general, by_item, titles)
    for text in said:
        general.add_prose(text)
    everything.include(general)
    counts = {len(part) for payload in payloads for part in (payload.items, payload.facts)}
    return Support(
        everything,
        general,
        by_item,
        {words: frozenset(ids) for words, ids in titles.items()},
        {words: frozenset(found) for words, found in years.items()},
        frozenset(counts),
    )


def _title_keys(title: str) -> list[Words]:
    words = _known(title)[0]
    if not words:
        return []
    return [words, words[1:]] if len(words) > 1 and words[0] in ("the", "a", "an") else [words]


@lru_cache(maxsize=4096)
def _of_catalogue(
    title: str, kind: str, year: int | None, about: str, facts: tuple[tuple[str, tuple[str, ...]], ...]
) -> Pool:
    """Return what the catalogue says of an item, to be read only: it comes back in turn after turn."""
    pool = Pool()
    pool.add_name(title, title=True)
    pool.add_name(kind)
    if year:
        pool.numbers.add(float(year))
    pool.add_text(about)
    for facet, values in facts:
        pool.add_name(facet.replace("_", " "))
        for value in values:
            pool.add_name(value)
    return pool


def _add_card(pool: Pool, card: ItemCard) -> None:
    facts = tuple((facet, tuple(values)) for facet, values in card.facts.items())
    pool.include(_of_catalogue(card.title, card.kind, card.year, card.about, facts))
    for reason in card.reasons:
        # A reason may repeat a phrase of the person's profile.
        pool.add_prose(reason.text)
        for name in reason.names:
            pool.add_own_name(name)
    if card.score is not None:
        pool.numbers |= {round(card.score, digits) for digits in (0, 1, 2, 3)} | {card.score}
    for granularity, share in card.shares.items():
        pool.add_name(granularity)
        pool.numbers |= {round(share, digits) for digits in (1, 2, 3)}
        total = sum(abs(v) for v in card.shares.values())
        if total:
            percent = float(round(100 * abs(share) / total))
            pool.numbers.add(percent)
            pool.measures.add(Measure("share", percent))
    if card.simulated:
        pool.add_prose("simulated")


def _add_fact(
    fact: Fact,
    everything: Pool,
    general: Pool,
    by_item: Mapping[str, Pool],
    titles: Mapping[Words, Iterable[str]],
) -> None:
    """Add a fact to the one item that it names, to none of several, or to what belongs to no item."""
    folded = f" {' '.join(fold(fact.text))} "
    ids = {one for words, found in titles.items() if f" {' '.join(words)} " in folded for one in found}
    owners = [general] if not ids else [by_item[one] for one in ids] if len(ids) == 1 else []
    for pool in (everything, *owners):
        pool.add_prose(fact.text)
        for name in fact.names:
            pool.add_own_name(name)


def _add_general(pool: Pool, payload: ToolPayload) -> None:
    for text in (*payload.notes, payload.question or "", payload.say or ""):
        pool.add_prose(text)
