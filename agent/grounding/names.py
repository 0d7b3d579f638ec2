"""Names: every word that is written like one must come from the evidence, or be a plain word."""

from __future__ import annotations

import re

from agent.grounding.sentence import Sentence
from agent.grounding.support import Words


def names(sentence: Sentence) -> None:
    """Every capitalised run must be covered by names of the evidence, its prose, or plain words."""
    i = 0
    while i < len(sentence.words):
        word = sentence.words[i]
        length = _name_at(sentence, i)
        if length:
            i += length
            _sequel(sentence, i)
            continue
        if not word.capital or word.text[0].isdigit() or sentence.is_refused(word):
            i += 1
            continue
        run = _run_length(sentence, i)
        if sentence.is_plain(word) and run == 1:
            i += 1
            continue
        held = next((n for n in range(run, 0, -1) if _held(sentence, i, n, run)), 0)
        if held:
            last = sentence.words[i + held - 1]
            sentence.use(word.start, last.end, tuple(w.text for w in sentence.words[i : i + held]))
            sentence.claim(True, word.start, last.end)
            i += held
        elif sentence.is_plain(word):
            i += 1
        else:
            sentence.claim(False, word.start, sentence.words[i + run - 1].end)
            i += run


def _name_at(sentence: Sentence, i: int) -> int:
    """Number of words of the longest name of the evidence at word `i` that is written with a capital."""
    names = sentence.support.everything.names
    longest = sentence.support.longest_from.get(sentence.words[i].text, 0)
    for n in range(min(longest, len(sentence.words) - i), 0, -1):
        some = sentence.words[i : i + n]
        folded = tuple(w.text for w in some)
        if n == 1 and sentence.is_plain(some[0]) and folded not in sentence.support.titles:
            # `All` is a value of some catalogue, and opens many a sentence.
            continue
        if folded in names and not _is_figure(folded, sentence) and (any(w.capital for w in some) or n > 1):
            sentence.use(some[0].start, some[-1].end, folded)
            sentence.claim(True, some[0].start, some[-1].end)
            return n
    return 0


def _is_figure(words: Words, sentence: Sentence) -> bool:
    """Whether a value is nothing but a number, and no title: `29.50 €` is checked as a number, with its unit."""
    return all(word[0].isdigit() for word in words) and words not in sentence.support.titles


def _sequel(sentence: Sentence, i: int) -> None:
    """Refuse a small number right after a title: `Ronin 2` is another film than `Ronin`."""
    start, end, words = sentence.named[-1]
    if i < len(sentence.words) and words in sentence.support.titles:
        word = sentence.words[i]
        if sentence.body[end : word.start] == " " and re.fullmatch(r"[2-9]", word.text):
            sentence.claim(False, start, word.end)


def _run_length(sentence: Sentence, i: int) -> int:
    """Number of capitalised words from `i` on with only spaces, hyphens or points between them."""
    n = 1
    while i + n < len(sentence.words):
        gap = sentence.body[sentence.words[i + n - 1].end : sentence.words[i + n].start]
        following = sentence.words[i + n]
        if sentence.words[i + n - 1].possessive or not following.capital or gap.strip(" -.'’&"):
            break
        if "." in gap and "  " in gap:
            break
        n += 1
    return n


def _held(sentence: Sentence, i: int, n: int, run: int) -> bool:
    """Whether `n` words stand together in the evidence, and do not tear the name apart that they are
    part of."""
    some = tuple(w.text for w in sentence.words[i : i + n])
    pool = sentence.support.everything
    if not (pool.holds(some) or pool.in_title(some)):
        return False
    return n == run or _rest_is_known(sentence, i + n, i + run)


def _rest_is_known(sentence: Sentence, i: int, end: int) -> bool:
    if i >= end:
        return True
    names = sentence.support.everything.names
    return any(tuple(w.text for w in sentence.words[i : i + n]) in names for n in range(end - i, 0, -1))
