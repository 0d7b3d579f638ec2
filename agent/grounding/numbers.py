"""Numbers: in the evidence with the unit they have here, or a count of what was found, or the person's."""

from __future__ import annotations

import re

from agent.grounding.measures import NUMBER, Measure, measure_at, thing_counted, to_number, unit_end
from agent.grounding.number_words import written_numbers
from agent.grounding.sentence import YEAR_AFTER, Sentence, is_title
from agent.grounding.support import Words, words_of

_DECADE = re.compile(r"(?<!\w)(?P<digits>(?:1[89]|20)?\d0)['’]?s\b")
_COUNTED = re.compile(
    r"\s*(?:[a-zà-ÿ-]+\s+){0,2}?(?:(?:films|movies|items|products|titles|picks|options|ones|recommendations|suggestions|"
    r"results|ideas|choices|matches|películas|productos|títulos|opciones|Filme|Filmen|Produkte|Titel|Vorschläge)\b|"
    r"[部个款件]|条结果)"
)


def numbers(sentence: Sentence) -> None:
    """Digits and number words must be in the evidence, be a count of what was found, or be the person's."""
    decades = _decades(sentence)
    for match in NUMBER.finditer(sentence.body):
        start, end = match.span()
        if start in decades or _in_name(sentence, start, end) or _claim_things(sentence, start, end):
            continue
        value = to_number(match[0])
        measure = measure_at(sentence.body, start, end, value)
        sentence.claim(_fits(sentence, value, measure, end), start, end)
        title = _dated_by(sentence, match)
        if title is not None and title not in sentence.support.years:
            sentence.claim(is_title(sentence, title, match[0]), start, end)
        elif title is not None and value not in sentence.support.years[title]:
            sentence.claim(sentence.support.general.holds((*title, match[0])), start, end)
        elif measure or value > max(sentence.support.counts, default=0):
            sentence.figures.append((start, end, value, measure))
    for start, end, value in written_numbers(sentence.body):
        if _in_name(sentence, start, end) or _claim_things(sentence, start, end):
            continue
        measure = measure_at(sentence.body, start, end, value)
        fits = _fits(sentence, value, measure, end)
        if measure:
            # A number word alone stands in many a summary: only with its unit it says the same here.
            said = words_of(sentence.body[start : unit_end(sentence.body, end)])
            sentence.figures.append((start, end, value, measure))
        else:
            small = value <= max(sentence.support.counts, default=0)
            fits = fits or (small and not _counts_items(sentence, end))
            said = [w for w in sentence.words if start <= w.start and w.end <= end]
        sentence.claim(fits or sentence.support.everything.holds([w.text for w in said]), start, end)


def _decades(sentence: Sentence) -> set[int]:
    """Claim each `1990s` and `90s`; returns where their digits begin."""
    known = {int(n) for n in sentence.support.everything.numbers if n == int(n)}
    found = set()
    for match in _DECADE.finditer(sentence.body):
        found.add(match.start("digits"))
        digits = match["digits"]
        tens = int(digits[-2:])
        fits = any(
            (n // 10 * 10) % 100 == tens and (len(digits) == 2 or n // 10 * 10 == int(digits)) for n in known
        )
        sentence.claim(fits or int(digits) in known, match.start(), match.end())
    return found


def _in_name(sentence: Sentence, start: int, end: int) -> bool:
    return any(a <= start and end <= b for a, b, _ in sentence.named)


def _claim_things(sentence: Sentence, start: int, end: int) -> bool:
    """Claim `three awards`, which only words of the evidence can bear out; whether it is such a count."""
    thing = thing_counted(sentence.body[end:])
    if thing is None:
        return False
    said = [w.text for w in words_of(f"{sentence.body[start:end]} {thing}")]
    sentence.claim(sentence.support.everything.holds(said), start, end)
    return True


def _fits(sentence: Sentence, value: float, measure: Measure | None, end: int) -> bool:
    support = sentence.support
    if _counts_items(sentence, end):
        # So many were found, or the person or a note spoke of so many.
        return value <= max(support.counts, default=0) or value in support.general.numbers
    if measure:
        return measure.is_borne_out(support.everything.measures)
    return value in support.everything.numbers or value in support.counts


def _counts_items(sentence: Sentence, end: int) -> bool:
    """Whether the number that ends here counts items: `5 dark films`."""
    return _COUNTED.match(sentence.body[end:]) is not None


def _dated_by(sentence: Sentence, match: re.Match[str]) -> Words | None:
    """Return the name behind which a number stands as its year in brackets."""
    for _, end, words in sentence.named:
        dated = YEAR_AFTER.match(sentence.body[end:])
        if dated and end + dated.start("year") == match.start():
            return words
    return None
