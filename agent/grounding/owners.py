"""Whose is it? What a sentence says of one item must be that item's own."""

from __future__ import annotations

import re

from agent.grounding.sentence import Sentence

_IT = re.compile(r"\b(?:it|its|es|sie|ihn|ella|él)\b|它|这部|该片", re.IGNORECASE)
_BOUND_BEFORE = re.compile(
    r"\b(?:before|after|since|until|till|between|and|than|under|over|below|above|within|at most|up to|unter|über|"
    r"höchstens|menos de|más de|vor|nach|seit|bis|ab|zwischen|und|antes de|"
    r"después de|desde|hasta|entre|y)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:you|your|asked|du|dir|dein|wie gewünscht|pediste|pedías|querías|tú|te)\b|你", re.IGNORECASE
)
_YEARS = range(1870, 2100)


def attribution(sentence: Sentence) -> None:
    """Where one item is spoken of, names that belong to other items only are not its own."""
    titles = {words for _, _, words in sentence.named if words in sentence.support.titles}
    ids = frozenset(item for words in titles for item in sentence.support.titles[words])
    if not titles and sentence.before and _IT.search(sentence.body):
        ids = sentence.before
    elif len(titles) != 1:
        return
    ids &= sentence.support.by_item.keys()
    if not ids:
        return
    sentence.verdict.about = ids
    own = [sentence.support.by_item[item] for item in ids]
    general = sentence.support.general
    for start, end, words in sentence.named:
        if words in titles or general.holds(words) or words in general.names:
            continue
        if not any(pool.holds(words) or pool.in_title(words) for pool in own):
            sentence.claim(_stands_in_evidence(sentence, start, end), start, end)
    for start, end, value, measure in sentence.figures:
        if measure:
            mine = any(measure.is_borne_out(pool.measures) for pool in own)
            asked = measure.is_borne_out(general.measures) and _is_asked(sentence, start)
        else:
            mine = any(value in pool.numbers for pool in own)
            asked = value in general.numbers and (value not in _YEARS or _is_asked(sentence, start))
        if not (mine or asked):
            sentence.claim(_stands_in_evidence(sentence, start, end), start, end)


def _is_asked(sentence: Sentence, start: int) -> bool:
    """Whether the number that begins there is told as what the person asked for, or as a bound."""
    return bool(_ASKED.search(sentence.body) or _BOUND_BEFORE.search(sentence.body[:start]))


def _stands_in_evidence(sentence: Sentence, start: int, end: int) -> bool:
    """Whether a place stands beside the title in the words of a reason or a fact, as it does here."""
    for a, b, words in sentence.named:
        if words not in sentence.support.titles:
            continue
        first, last = min(a, start), max(b, end)
        run = [w.text for w in sentence.words if first <= w.start and w.end <= last]
        if sentence.support.everything.holds(run):
            return True
    return False
