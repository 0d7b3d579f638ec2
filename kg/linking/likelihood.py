"""How likely a stretch of a text is meant as a title: a logistic model over what it is and what stands around it.

The weights in `title_weights.json` were fitted on training dialogues of ReDial (Li et al., 2018, CC BY 4.0) by
`eval/kg_figures/linking_weights.py`; `title_weights.card.json` says more.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from kg.linking.view import Span, TextView
from kg.linking.words import FUNCTION, is_common

_TOP = 300
"""Ranks above this say no more: the best known titles of a small catalogue are not better known than its others."""


class Evidence(NamedTuple):
    """What is known of a candidate beside its words."""

    rank: int
    """How many titles are more popular than the most popular one that it may be."""
    weight: float
    """How much the match says; see `kg.linking.lexicon`."""
    article: bool
    """Whether an article stands before the title as in its name."""
    marked: bool
    """Whether the rules of `kg.linking.marks` take it for a title."""
    cued: bool
    """Whether words such as `watched` or `similar to` stand before it."""
    other: str
    """`person` or `plain` where the same words name such a thing; else empty."""
    misspelt: int = -1
    """The token that was read as another word, or -1."""
    meant: str = ""
    """The key that it is read as."""
    known_word: bool = False
    """Whether the misspelt word is, as it is written, a word of some name."""


def log_odds(view: TextView, span: Span, evidence: Evidence) -> float:
    """Return the log odds that a span is meant as a title."""
    weights = _weights()
    return sum(weights.get(name, 0.0) for name in features(view, span, evidence))


def is_plain(view: TextView, span: Span) -> bool:
    """Say whether a span has only words and numbers that are met in plain talk."""
    return not _rare([view.word(k) for k in range(span.core, span.last)])


def _rare(words: Sequence[str]) -> list[str]:
    return [word for word in words if not is_common(word) and not word.isdigit() and len(word) > 2]


def features(view: TextView, span: Span, evidence: Evidence) -> list[str]:
    """Return the names of the features that a span has."""
    words = [view.word(k) for k in range(span.core, span.last)]
    content = [k for k in range(span.core, span.last) if view.word(k) not in FUNCTION]
    rare = _rare(words)
    shape = f"{min(len(words), 4)}{min(len(content), 3)}{'r' if rare else 'c'}"
    case = _case(view, span, content)
    bucket = f"p{round(2 * math.log10(max(evidence.rank, _TOP)))}"
    article = f"a{int(span.core > span.first)}{int(evidence.article)}"
    found = [
        "bias",
        f"shape={shape}",
        f"case={case}",
        f"case={case},shape={shape}",
        bucket,
        f"{bucket},shape={shape}",
        f"{article},{shape[0]}",
        f"weight={evidence.weight:.1f}",
        f"marked={evidence.marked},case={case}",
        f"cued={evidence.cued},{shape[0]}",
        f"other={evidence.other}",
        f"other={evidence.other},{case},{shape[0]}",
        f"left={_side(view, span.first - 1)}",
        f"left2={_side(view, span.first - 2)}",
        f"right={_side(view, span.last)}",
        f"between={_gap(view, span.first)}|{_gap(view, span.last)}",
        f"near={_neighbour(view, span.first - 1)}|{_neighbour(view, span.last)},{case[0]}",
    ]
    if span.first == 0 and span.last == len(view.tokens):
        found += ["whole", f"whole,shape={shape}"]
    if len(words) <= 2 and not rare:
        found.append(f"key={' '.join(words)}")
    if evidence.misspelt >= 0:
        found += _typo(view, evidence, shape, case, bucket)
    return found


def _typo(view: TextView, evidence: Evidence, shape: str, case: str, bucket: str) -> list[str]:
    written = view.word(evidence.misspelt)
    kind = "common" if is_common(written) else "known" if evidence.known_word else "rare"
    size = min(len(evidence.meant) // 3, 6)
    return [
        "typo",
        f"typo={kind},{size}",
        f"typo={kind},{shape}",
        f"typo={kind},{case}",
        f"typo={kind},{bucket}",
        f"typo,marked={evidence.marked}",
        f"typo,cued={evidence.cued}",
        f"typo,word={min(len(written), 8)}",
        *([f"typo,written={written}"] if kind == "common" else []),
    ]


def _case(view: TextView, span: Span, content: list[int]) -> str:
    """Say how it is written: in capitals, at the start of a sentence, in a text that has none, ..."""
    places = content or list(range(span.core, span.last))
    if view.shouting:
        return "shouting"
    raised = [view.text[view.tokens[k].start].isupper() or view.word(k).isdigit() for k in places]
    if not any(raised):
        return "low" if view.has_capitals else "none"
    start = "^" if view.starts[span.first] else ""
    return f"{'Cap' if all(raised) else 'mixed'}{start}"


def _side(view: TextView, k: int) -> str:
    if not 0 <= k < len(view.tokens):
        return "^" if k < 0 else "$"
    return view.word(k)


def _gap(view: TextView, k: int) -> str:
    mark = view.gap(k).strip(" \t")
    return mark[:1] if mark else "_" if 0 < k < len(view.tokens) else ""


def _neighbour(view: TextView, k: int) -> str:
    """Say what a word beside it looks like, as it may be more of the name."""
    if not 0 <= k < len(view.tokens):
        return "-"
    raised = view.capital(k)
    return f"{'C' if raised else 'l'}{'c' if is_common(view.word(k)) else 'r'}"


@cache
def _weights() -> dict[str, float]:
    text = resources.files("kg.linking").joinpath("title_weights.json").read_text(encoding="utf-8")
    weights: dict[str, float] = json.loads(text)
    return weights
