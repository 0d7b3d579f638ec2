"""Titles: marked ones, those of the catalogue, those that are offered, and what is said to be called something."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agent.grounding.plain_words import ALWAYS
from agent.grounding.sentence import Mention, Sentence, is_title
from agent.grounding.support import Word, Words, words_of
from kg.text import is_article

_MARKED = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|(?<!\*)\*(?P<italic>[^*\n]+)\*(?!\*)|\"(?P<straight>[^\"\n]+)\"|“(?P<curly>[^”\n]+)”"
    r"|«(?P<guillemet>[^»\n]+)»|《(?P<cjk>[^》\n]+)》|「(?P<corner>[^」\n]+)」"
)
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+")
_YEAR_AFTER = re.compile(r"^[*\"”»'’》」]*\s*\((?P<year>1[89]\d\d|20\d\d)\)")
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
    r"(?:(?:the\s+)?(?:film|movie|product)\s+)?(?P<name>[^\W\dA-Z](?:[^,;:.!?\n*\"“”]|"
    r"(?<=\b[djs]r)\.|(?<=\bm[rs])\.|(?<=\bmrs)\.|(?<=\b[sv][ts])\.){1,60})",
)
"""A point after `dr` or `mr` ends no title."""
_LONGEST_TITLE = 8
"""Words of the longest title that is looked for word by word."""
_OPENS_SENTENCE = ".!?:;—–…\n•|"
_STOP = frozenset(
    ["the", "a", "an", "of", "and", "in", "on", "to", "for", "at", "is", "it", "with", "or", "by"]
)


def marked_titles(sentence: Sentence) -> None:
    """Bold, italic and quoted spans that are written like names must be names, or quotes of the
    evidence."""
    for match in _MARKED.finditer(sentence.body):
        group = match.lastgroup or "bold"
        start, end = match.span(group)
        text = sentence.body[start:end]
        dated = re.search(r"\s*\((1[89]\d\d|20\d\d)\)\W*$", text)
        title = text[: dated.start()] if dated else text
        words = [w for w in sentence.words if start <= w.start < start + len(title)]
        if not words or not (dated or _written_like_a_name(words, title, sentence.language.plain)):
            continue
        folded = tuple(w.text for w in words)
        # What is dated is a title: `Danish (1999)` is none, although both are somewhere in the evidence.
        whole = is_title(sentence, folded, dated[1]) if dated else folded in sentence.support.everything.names
        quoted = not dated and group != "bold" and sentence.support.everything.holds(folded)
        if not whole and _is_other_item(sentence, title, folded):
            sentence.claim(False, start, end)
        elif whole or quoted or (not dated and any(w.capital for w in words) and _covered(sentence, words)):
            sentence.use(words[0].start, words[-1].end, folded)
            sentence.claim(True, start, end)
        else:
            sentence.claim(False, start, end)


def _is_other_item(sentence: Sentence, title: str, words: Words) -> bool:
    """Whether a marked span is, as a whole, the title of an item that no tool returned and nobody spoke of."""
    if title.islower() or sentence.support.general.holds(words):
        return False
    found = [m for m in sentence.language.find_items(title) if m.end - m.start >= len(title.strip())]
    ids = {item for mention in found for item in mention.item_ids} | set(sentence.language.titled(title))
    return bool(ids) and not ids & sentence.support.by_item.keys()


def _mentions(sentence: Sentence) -> Iterable[Mention]:
    """Yield where the catalogue's items are named: as entities are linked, and whole titles of two words or
    more, which a linker may take for a brand and some words."""
    yield from sentence.language.find_items(sentence.body)
    for i, first in enumerate(sentence.words):
        if not first.capital or not _may_open(sentence, first.text):
            continue
        for last in sentence.words[i + 1 : i + _LONGEST_TITLE]:
            ids = frozenset(sentence.language.titled(sentence.body[first.start : last.end]))
            if ids:
                yield Mention(first.start, last.end, ids)


def _may_open(sentence: Sentence, word: str) -> bool:
    openings = sentence.language.openings
    return openings is None or word in openings or is_article(word)


def catalogue_titles(sentence: Sentence) -> None:
    """An item of the catalogue that no tool returned may not be named, whatever other words cover it."""
    known = sentence.support.by_item.keys()
    for mention in _mentions(sentence):
        inside = [w for w in sentence.words if mention.start <= w.start and w.end <= mention.end]
        folded = tuple(w.text for w in inside)
        if not inside or mention.item_ids & known or folded in sentence.support.everything.names:
            continue
        if sentence.support.general.holds(folded) or any(
            a <= mention.start and mention.end <= b and (b - a) > (mention.end - mention.start)
            for a, b, _ in sentence.named
        ):
            continue
        content = [w for w in inside if w.text not in _STOP]
        capital = all(w.capital for w in content) and bool(content)
        if sentence.support.everything.holds(folded) and not (capital and sentence.dated(mention.end)):
            # `Her` and `Brother` are titles where a summary has `her brother`, unless they open a sentence.
            as_word = not capital or sentence.opens(inside[0])
            written = sentence.body[mention.start : mention.end]
            if as_word or sentence.support.everything.holds_as_written(written):
                continue
        if not capital and not sentence.support.everything.holds(folded):
            # In lower case only words that are no ordinary ones, or an offer, make a title of it.
            rare = bool(content) and any(w.text not in sentence.language.plain for w in content)
            if rare or _OFFERS.search(sentence.body[: mention.start]):
                sentence.claim(False, mention.start, mention.end)
                continue
        plain_start = len(inside) == 1 and sentence.opens(inside[0]) and folded[0] in sentence.language.plain
        if (capital and not plain_start) or len(content) >= 3:
            sentence.claim(False, mention.start, mention.end)


def offered(sentence: Sentence) -> None:
    """A title of the catalogue in lower case, behind a word such as `watch`, is an offer of that item."""
    for match in _OFFERED.finditer(sentence.body):
        phrase = match["name"].strip()
        words = tuple(w.text for w in words_of(phrase))
        found = [m for m in sentence.language.find_items(phrase.title()) if m.end - m.start == len(phrase)]
        ids = {item for mention in found for item in mention.item_ids} | set(sentence.language.titled(phrase))
        if ids and not (ids & sentence.support.by_item.keys() or words in sentence.support.everything.names):
            known = sentence.support.general.holds(words)
            sentence.claim(known, match.start("name"), match.start("name") + len(phrase))


def called(sentence: Sentence) -> None:
    """What a sentence says something is called must be a name of the evidence, or in its prose."""
    pool = sentence.support.everything
    for match in _CALLED.finditer(sentence.body):
        start, end = match.span("name")
        words = [w for w in sentence.words if start <= w.start and w.end <= end]
        known = any(
            tuple(w.text for w in words[:n]) in pool.names or pool.holds([w.text for w in words[:n]])
            for n in range(len(words), 0, -1)
            if n > 1 or len(words) == 1 or not words[0].capital or (words[0].text,) in pool.names
        )
        if words:
            sentence.claim(known, start, end)


def _covered(sentence: Sentence, words: list[Word]) -> bool:
    """Whether names of the evidence and words in lower case make up the whole span."""
    names = sentence.support.everything.names
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


def _written_like_a_name(words: list[Word], text: str, plain: frozenset[str]) -> bool:
    if text.rstrip().endswith((":", "?")) and len(words) > 3:
        return False
    if not words[0].capital and not any(w.capital for w in words):
        return not text.isascii() and not any(c.islower() for c in text)
    if any(w.capital for w in words[1:]):
        return True
    return len(words) == 1 or not all(w.text in plain for w in words)
