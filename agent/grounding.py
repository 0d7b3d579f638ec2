"""Is a sentence supported? Every title, name and number in it must come from the evidence or from the
person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.number_words import measured_as, thing_counted, written_numbers
from agent.plain_words import ALWAYS, GERMAN_NOUNS, PLAIN_WORDS, is_german
from agent.support import NUMBER, Pool, Support, Word, Words, to_number, words_of

_MARKED = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|(?<!\*)\*(?P<italic>[^*\n]+)\*(?!\*)|\"(?P<straight>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”"
    r"|«(?P<guillemet>[^»\n]+)»|《(?P<cjk>[^》\n]+)》|「(?P<corner>[^」\n]+)」"
)
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_YEAR_AFTER = re.compile(r"^[*\"”»'’》」]*\s*\((?P<year>1[89]\d\d|20\d\d)\)")
_DECADE = re.compile(r"(?<!\w)(?P<digits>(?:1[89]|20)?\d0)['’]?s\b")
_COUNTED = re.compile(
    r"\s*(?:[a-zà-ÿ-]+\s+){0,2}?(?:(?:films|movies|items|products|titles|picks|options|ones|recommendations|suggestions|"
    r"results|ideas|choices|matches|películas|productos|títulos|opciones|Filme|Filmen|Produkte|Titel|Vorschläge)\b|"
    r"[部个款件]|条结果)"
)
_CALLED = re.compile(
    r"(?:\b(?:called|titled|entitled|named|llamad[ao]|titulad[ao]|namens|genannt|appelée?)\s+|名叫|叫做|片名是|题为)"
    r"[\"'“‘«《「*]*(?P<name>[^,;:.!?。，！？\n]+)",
    re.IGNORECASE,
)
"""Whatever stands behind such a word is a name, also in lower case and in scripts without capitals."""
_OFFERS = re.compile(
    r"\b(?:watch|try|see|recommend|suggest|buy|get|consider|rent|prueba|compra|recomiendo|empfehle|probier)\s+"
    r"(?:(?:the\s+)?(?:film|movie|product)\s+)?$",
    re.IGNORECASE,
)
"""What stands behind such a word may be a title in lower case."""
_OFFERED = re.compile(
    r"\b(?:watch|try|see|recommend|suggest|buy|get|consider|rent|like|enjoy|ver|prueba|compra|recomiendo|empfehle)\s+"
    r"(?:(?:the\s+)?(?:film|movie|product)\s+)?(?P<name>[^\W\dA-Z][^,;:.!?\n*\"“”]{1,60})"
)
_IT = re.compile(r"\b(?:it|its|es|sie|ihn|ella|él)\b|它|这部|该片", re.IGNORECASE)
_LONGEST_TITLE = 8
"""Words of the longest title that is looked for word by word."""
_OPENS_SENTENCE = ".!?:;—–…\n•|"
_STOP = frozenset(
    ["the", "a", "an", "of", "and", "in", "on", "to", "for", "at", "is", "it", "with", "or", "by"]
)


@dataclass(frozen=True)
class Mention:
    """A place in a text that names items of the catalogue."""

    start: int
    end: int
    item_ids: frozenset[str]


@dataclass(frozen=True)
class Language:
    """What a check may know beside the evidence: the catalogue's titles, and which words are no names."""

    find_items: Callable[[str], Iterable[Mention]]
    plain: frozenset[str] = PLAIN_WORDS
    titled: Callable[[str], Iterable[str]] = lambda title: ()
    """Ids of the items with exactly this title, whatever its case."""


@dataclass
class Verdict:
    """Claims found in a sentence, and those that nothing supports, as written."""

    claims: int = 0
    unsupported: list[str] = field(default_factory=list)
    about: frozenset[str] = frozenset()
    """Ids of the one item that the sentence is about; empty when it names none, or several."""

    @property
    def supported(self) -> bool:
        """Whether the sentence may be shown."""
        return not self.unsupported


def check_sentence(
    sentence: str, support: Support, language: Language, before: frozenset[str] = frozenset()
) -> Verdict:
    """Check one sentence, or one line of a list, against the evidence of its turn.

    `before` holds the ids of the item that the sentence before was about: `it` is that item.
    """
    mark = _LIST_MARK.match(sentence)
    body = " " * mark.end() + sentence[mark.end() :] if mark else sentence
    check = _Check(body, support, language, before)
    check.marked_titles()
    check.names()
    check.catalogue_titles()
    check.offered()
    check.called()
    check.numbers()
    check.attribution()
    return check.verdict


class _Check:
    def __init__(self, body: str, support: Support, language: Language, before: frozenset[str]) -> None:
        self.body = body
        self.before = before
        self.nouns = GERMAN_NOUNS if is_german(body) else frozenset[str]()
        self.support = support
        self.language = language
        self.words = words_of(body)
        self.verdict = Verdict()
        self.named: list[tuple[int, int, Words]] = []
        """Places that hold a name of the evidence: start, end, folded words."""
        self.refused: list[tuple[int, int]] = []
        self.figures: list[tuple[int, int, float]] = []
        """Numbers that measure something: start, end, value."""

    def claim(self, supported: bool, start: int, end: int) -> None:
        self.verdict.claims += 1
        if not supported and not any(a <= start and end <= b for a, b in self.refused):
            self.refused.append((start, end))
            self.verdict.unsupported.append(self.body[start:end].strip())

    def marked_titles(self) -> None:
        """Bold, italic and quoted spans that are written like names must be names, or quotes of the
        evidence."""
        for match in _MARKED.finditer(self.body):
            group = match.lastgroup or "bold"
            start, end = match.span(group)
            text = self.body[start:end]
            dated = re.search(r"\s*\((1[89]\d\d|20\d\d)\)\W*$", text)
            title = text[: dated.start()] if dated else text
            words = [w for w in self.words if start <= w.start < start + len(title)]
            if not words or not (dated or _written_like_a_name(words, title, self.language.plain)):
                continue
            folded = tuple(w.text for w in words)
            whole = folded in self.support.everything.names
            quoted = not dated and group != "bold" and self.support.everything.holds(folded)
            if not whole and self._is_other_item(title, folded):
                self.claim(False, start, end)
            elif whole or quoted or (not dated and any(w.capital for w in words) and self._covered(words)):
                self._use(words[0].start, words[-1].end, folded)
                self.claim(True, start, end)
            else:
                self.claim(False, start, end)

    def _is_other_item(self, title: str, words: Words) -> bool:
        """Whether a marked span is, as a whole, the title of an item that no tool returned and nobody spoke of."""
        if title.islower() or self.support.general.holds(words):
            return False
        found = [m for m in self.language.find_items(title) if m.end - m.start >= len(title.strip())]
        ids = {item for mention in found for item in mention.item_ids} | set(self.language.titled(title))
        return bool(ids) and not ids & self.support.by_item.keys()

    def _mentions(self) -> Iterable[Mention]:
        """Yield where the catalogue's items are named: as entities are linked, and whole titles of two words or
        more, which a linker may take for a brand and some words."""
        yield from self.language.find_items(self.body)
        for i, first in enumerate(self.words):
            if not first.capital:
                continue
            for last in self.words[i + 1 : i + _LONGEST_TITLE]:
                ids = frozenset(self.language.titled(self.body[first.start : last.end]))
                if ids:
                    yield Mention(first.start, last.end, ids)

    def names(self) -> None:
        """Every capitalised run must be covered by names of the evidence, its prose, or plain words."""
        i = 0
        while i < len(self.words):
            word = self.words[i]
            length = self._name_at(i)
            if length:
                i += length
                self._sequel(i)
                continue
            if not word.capital or word.text[0].isdigit() or self._is_refused(word):
                i += 1
                continue
            run = self._run_length(i)
            if self._is_plain(word) and run == 1:
                i += 1
                continue
            held = next((n for n in range(run, 0, -1) if self._held(i, n, run)), 0)
            if held:
                last = self.words[i + held - 1]
                self._use(word.start, last.end, tuple(w.text for w in self.words[i : i + held]))
                self.claim(True, word.start, last.end)
                i += held
            elif self._is_plain(word):
                i += 1
            else:
                self.claim(False, word.start, self.words[i + run - 1].end)
                i += run

    def catalogue_titles(self) -> None:
        """An item of the catalogue that no tool returned may not be named, whatever other words cover it."""
        known = self.support.by_item.keys()
        for mention in self._mentions():
            inside = [w for w in self.words if mention.start <= w.start and w.end <= mention.end]
            folded = tuple(w.text for w in inside)
            if not inside or mention.item_ids & known or folded in self.support.everything.names:
                continue
            if self.support.general.holds(folded) or any(
                a <= mention.start and mention.end <= b and (b - a) > (mention.end - mention.start)
                for a, b, _ in self.named
            ):
                continue
            content = [w for w in inside if w.text not in _STOP]
            capital = all(w.capital for w in content) and bool(content)
            if self.support.everything.holds(folded) and not (capital and self._dated(mention.end)):
                continue
            if not capital and not self.support.everything.holds(folded):
                # In lower case only words that are no ordinary ones, or an offer, make a title of it.
                rare = bool(content) and any(w.text not in self.language.plain for w in content)
                if rare or _OFFERS.search(self.body[: mention.start]):
                    self.claim(False, mention.start, mention.end)
                    continue
            plain_start = len(inside) == 1 and self._opens(inside[0]) and folded[0] in self.language.plain
            if (capital and not plain_start) or len(content) >= 3:
                self.claim(False, mention.start, mention.end)

    def offered(self) -> None:
        """A title of the catalogue in lower case, behind a word such as `watch`, is an offer of that item."""
        for match in _OFFERED.finditer(self.body):
            phrase = match["name"].strip()
            words = tuple(w.text for w in words_of(phrase))
            found = [m for m in self.language.find_items(phrase.title()) if m.end - m.start == len(phrase)]
            ids = {item for mention in found for item in mention.item_ids} | set(self.language.titled(phrase))
            if ids and not (ids & self.support.by_item.keys() or words in self.support.everything.names):
                known = self.support.general.holds(words)
                self.claim(known, match.start("name"), match.start("name") + len(phrase))

    def called(self) -> None:
        """What a sentence says something is called must be a name of the evidence, or in its prose."""
        pool = self.support.everything
        for match in _CALLED.finditer(self.body):
            start, end = match.span("name")
            words = [w for w in self.words if start <= w.start and w.end <= end]
            known = any(
                tuple(w.text for w in words[:n]) in pool.names or pool.holds([w.text for w in words[:n]])
                for n in range(len(words), 0, -1)
                if n > 1 or len(words) == 1 or not words[0].capital or (words[0].text,) in pool.names
            )
            if words:
                self.claim(known, start, end)

    def numbers(self) -> None:
        """Digits and number words must be in the evidence, be a count of what was found, or be the
        person's."""
        pool = self.support.everything.numbers
        decades = set()
        for match in _DECADE.finditer(self.body):
            decades.add(match.start("digits"))
            digits = match["digits"]
            tens = int(digits[-2:])
            known = {int(n) for n in pool if n == int(n)}
            fits = any(
                (n // 10 * 10) % 100 == tens and (len(digits) == 2 or n // 10 * 10 == int(digits))
                for n in known
            )
            self.claim(fits or int(digits) in known, match.start(), match.end())
        for match in NUMBER.finditer(self.body):
            inside = any(a <= match.start() and match.end() <= b for a, b, _ in self.named)
            if match.start() in decades or inside:
                continue
            value = to_number(match[0])
            if self._claim_things(match.start(), match.end()):
                continue
            self.claim(self._fits(value, match.end()), match.start(), match.end())
            title = self._title_ending_at(match)
            if title is not None and value not in self.support.years[title]:
                self.claim(self.support.general.holds((*title, match[0])), match.start(), match.end())
            elif self._is_quantity(match.end()) or value > max(self.support.counts, default=0):
                self.figures.append((match.start(), match.end(), value))
        for start, end, value in written_numbers(self.body):
            if any(a <= start and end <= b for a, b, _ in self.named):
                continue
            if self._claim_things(start, end):
                continue
            words = tuple(w.text for w in self.words if start <= w.start and w.end <= end)
            small = value <= max(self.support.counts, default=0) and not self._is_quantity(end)
            fits = self._fits(value, end) or (small and not self._counts_items(end))
            self.claim(fits or self.support.everything.holds(words), start, end)
            if self._is_quantity(end):
                self.figures.append((start, end, value))

    def _claim_things(self, start: int, end: int) -> bool:
        """Claim `three awards`, which only words of the evidence can bear out; whether it is such a count."""
        thing = thing_counted(self.body[end:])
        if thing is None:
            return False
        said = [w.text for w in words_of(f"{self.body[start:end]} {thing}")]
        self.claim(self.support.everything.holds(said), start, end)
        return True

    def _fits(self, value: float, end: int) -> bool:
        if self._counts_items(end):
            return self._count_fits(value)
        if self._is_quantity(end):
            return any(measured_as(self.body[end:], value, one) for one in self.support.everything.numbers)
        return self._number_fits(value)

    def _is_quantity(self, end: int) -> bool:
        """Whether a unit follows: `three hours` is no count of items, and must be a measure of one."""
        return measured_as(self.body[end:], 1.0, None)

    def attribution(self) -> None:
        """Where one item is spoken of, names that belong to other items only are not its own."""
        titles = {words for _, _, words in self.named if words in self.support.titles}
        ids = frozenset(item for words in titles for item in self.support.titles[words])
        if not titles and self.before and _IT.search(self.body):
            ids = self.before
        elif len(titles) != 1:
            return
        ids &= self.support.by_item.keys()
        if not ids:
            return
        self.verdict.about = ids
        own = [self.support.by_item[item] for item in ids]
        general = self.support.general
        for start, end, words in self.named:
            if words in titles or general.holds(words) or words in general.names:
                continue
            if not any(pool.holds(words) or pool.in_title(words) for pool in own):
                self.claim(self._stands_in_evidence(start, end), start, end)
        for start, end, value in self.figures:
            mine = any(measured_as(self.body[end:], value, one) for pool in own for one in pool.numbers)
            if not (mine or self._own_number(value, own) or value in general.numbers):
                self.claim(self._stands_in_evidence(start, end), start, end)

    def _own_number(self, value: float, own: list[Pool]) -> bool:
        return any(value in pool.numbers for pool in own)

    def _stands_in_evidence(self, start: int, end: int) -> bool:
        """Whether a place stands beside the title in the words of a reason or a fact, as it does here."""
        for a, b, words in self.named:
            if words not in self.support.titles:
                continue
            first, last = min(a, start), max(b, end)
            run = [w.text for w in self.words if first <= w.start and w.end <= last]
            if self.support.everything.holds(run):
                return True
        return False

    def _number_fits(self, value: float) -> bool:
        return value in self.support.everything.numbers or (
            value == int(value) and int(value) in self.support.counts
        )

    def _counts_items(self, end: int) -> bool:
        """Whether the number that ends here counts items: `5 dark films`."""
        return _COUNTED.match(self.body[end:]) is not None

    def _count_fits(self, value: float) -> bool:
        """Whether so many items were found, or the person or a note spoke of so many."""
        return value <= max(self.support.counts, default=0) or value in self.support.general.numbers

    def _title_ending_at(self, match: re.Match[str]) -> Words | None:
        for _, end, words in self.named:
            dated = _YEAR_AFTER.match(self.body[end:])
            if dated and end + dated.start("year") == match.start() and words in self.support.years:
                return words
        return None

    def _dated(self, end: int) -> bool:
        return _YEAR_AFTER.match(self.body[end:]) is not None

    def _name_at(self, i: int) -> int:
        """Number of words of the longest name of the evidence at word `i` that is written with a capital."""
        names = self.support.everything.names
        for n in range(min(self.support.longest_name, len(self.words) - i), 0, -1):
            some = self.words[i : i + n]
            folded = tuple(w.text for w in some)
            if folded in names and (any(w.capital for w in some) or n > 1):
                self._use(some[0].start, some[-1].end, folded)
                self.claim(True, some[0].start, some[-1].end)
                return n
        return 0

    def _sequel(self, i: int) -> None:
        """Refuse a small number right after a title: `Ronin 2` is another film than `Ronin`."""
        start, end, words = self.named[-1]
        if i < len(self.words) and words in self.support.titles:
            word = self.words[i]
            if self.body[end : word.start] == " " and re.fullmatch(r"[2-9]", word.text):
                self.claim(False, start, word.end)

    def _covered(self, words: list[Word]) -> bool:
        """Whether names of the evidence and words in lower case make up the whole span."""
        names = self.support.everything.names
        i = 0
        while i < len(words):
            n = next(
                (n for n in range(len(words) - i, 0, -1) if tuple(w.text for w in words[i : i + n]) in names),
                0,
            )
            if not n and words[i].capital and words[i].text not in ALWAYS:
                return False
            i += n or 1
        return True

    def _run_length(self, i: int) -> int:
        """Number of capitalised words from `i` on with only spaces, hyphens or points between them."""
        n = 1
        while i + n < len(self.words):
            gap = self.body[self.words[i + n - 1].end : self.words[i + n].start]
            following = self.words[i + n]
            if self.words[i + n - 1].possessive or not following.capital or gap.strip(" -.'’&"):
                break
            if "." in gap and "  " in gap:
                break
            n += 1
        return n

    def _held(self, i: int, n: int, run: int) -> bool:
        """Whether `n` words stand together in the evidence, and do not tear the name apart that they are
        part of."""
        some = tuple(w.text for w in self.words[i : i + n])
        pool = self.support.everything
        if not (pool.holds(some) or pool.in_title(some)):
            return False
        return n == run or self._rest_is_known(i + n, i + run)

    def _rest_is_known(self, i: int, end: int) -> bool:
        if i >= end:
            return True
        names = self.support.everything.names
        return any(tuple(w.text for w in self.words[i : i + n]) in names for n in range(end - i, 0, -1))

    def _opens(self, word: Word) -> bool:
        before = self.body[: word.start].rstrip(" \t\"'“‘«(*_")
        return not before or before[-1] in _OPENS_SENTENCE or before.endswith(" -")

    def _is_plain(self, word: Word) -> bool:
        """Whether a capital makes no name of this word: at the front of a sentence, or of a German noun."""
        return (
            word.text in ALWAYS
            or word.text in self.nouns
            or (self._opens(word) and word.text in self.language.plain)
        )

    def _is_refused(self, word: Word) -> bool:
        return any(a <= word.start and word.end <= b for a, b in self.refused)

    def _use(self, start: int, end: int, words: Words) -> None:
        self.named.append((start, end, words))


def _written_like_a_name(words: list[Word], text: str, plain: frozenset[str]) -> bool:
    if text.rstrip().endswith((":", "?")) and len(words) > 3:
        return False
    if not words[0].capital and not any(w.capital for w in words):
        return not text.isascii() and not any(c.islower() for c in text)
    if any(w.capital for w in words[1:]):
        return True
    return len(words) == 1 or not all(w.text in plain for w in words)
