"""An answer in another language than English, from what there is to say."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.builtin.acts import Act
from agent.builtin.phrases.reasons import told
from agent.builtin.phrases.structure import Phrases
from agent.builtin.request import Request
from agent.evidence import ItemCard

_MOST_LISTED = 2
"""Reasons of an item in a list."""


@dataclass(frozen=True)
class Told:
    """What an answer says, before it is in a language."""

    items: Sequence[ItemCard] = ()
    """The numbered list."""
    whys: Sequence[ItemCard] = ()
    """Items whose reasons are told."""
    own: Sequence[str] = ()
    """Confirmations, facts and comparisons in the language already."""
    others: Sequence[str] = ()
    """What is there in English only, as the tools give it."""
    questions: Sequence[str] = field(default_factory=tuple)
    """Questions of the tools, in English."""
    searched: bool = False
    another: bool = False
    """Whether more of the same was asked for."""
    known: bool = False
    """Whether what is known of the person drove the list."""
    profile: bool = False
    """Whether `others` holds what is remembered."""
    empty: bool = False
    """Whether a list was asked for and nothing found."""
    before: str = ""
    """The last answer: the next one does not begin alike."""


def in_language(content: Told, phrases: Phrases, seed: str) -> str:
    """Return the answer: own sentences in the language; what the tools say in English is said to be so."""
    parts: list[str] = []
    if content.profile:
        parts.append(phrases.profile)
    parts += content.own
    english = [*content.others, *content.questions]
    if english:
        lines = [text for text in content.others if text.startswith("- ")]
        prose = [text for text in content.others if text not in lines]
        parts += ["\n".join(lines), *prose]
    parts += [_why(card, phrases) for card in content.whys]
    if content.items:
        parts.append(_opening(content, phrases, seed))
        parts.append("\n".join(_line(k, card, phrases) for k, card in enumerate(content.items, 1)))
    parts += content.questions
    if content.items and not content.questions:
        parts.append(_pick(phrases.hints, seed + "hint", ""))
    if content.empty:
        parts.append(phrases.nothing_found)
    if english:
        parts.append(phrases.partly)
    text = "\n\n".join(dict.fromkeys(part for part in parts if part))
    return text or _pick(phrases.ask, seed, content.before)


def social(request: Request, phrases: Phrases) -> str:
    """Return the reply to a greeting, thanks or a good-bye; an empty string for anything else."""
    seed, acts = request.text, set(request.acts)
    if Act.BYE in acts:
        return _pick(phrases.bye, seed, "")
    if Act.THANKS in acts:
        return _pick(phrases.thanks, seed, "")
    if Act.GREET in acts:
        return f"{_pick(phrases.greeting, seed, '')} {_pick(phrases.ask, seed, '')}"
    return ""


def _opening(content: Told, phrases: Phrases, seed: str) -> str:
    options = phrases.openings
    if content.searched:
        options = phrases.openings_found
    elif content.another:
        options = phrases.openings_more
    elif content.known:
        options = phrases.openings_known
    return _pick(options, seed, content.before)


def _line(number: int, card: ItemCard, phrases: Phrases) -> str:
    reasons = told(card, phrases)[:_MOST_LISTED]
    why = f"{phrases.joint}{phrases.conjunction_of_clauses.join(reasons)}{phrases.stop}" if reasons else ""
    return f"{number}. **{card.label}**{why}"


def _why(card: ItemCard, phrases: Phrases) -> str:
    lines = [f"- **{card.label}**{phrases.joint}{reason}{phrases.stop}" for reason in told(card, phrases)]
    return "\n".join([phrases.why.format(label=card.label), "", *lines]) if lines else ""


def _pick(options: Sequence[str], seed: str, before: str) -> str:
    digest = hashlib.sha256(seed.encode("utf-8", "replace")).digest()
    new = [option for option in options if option not in before] or list(options)
    return new[int.from_bytes(digest[:4], "big") % len(new)]
