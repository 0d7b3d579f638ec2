"""Mends the calls of our small model: adds what it is not taught to copy, and takes out what nobody said.

A small model that has learned `comedy` from a thousand requests writes it into the next one too. A wish, unlike an
answer, has no evidence but the person's words: a value of a list that has no root in them is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, ToolCall

from agent.answers import payload_of, text_of
from agent.builtin.concepts import FILM_CONCEPTS, SHOP_CONCEPTS, Concept
from agent.builtin.dialogue import LIST_TOOLS
from agent.grounding.support import fold

_MOST_EXCLUDED = 10
_ROOTED = ("include", "exclude", "like")
"""Lists of `recommend` whose values a person has to have named."""
_MOST_TEXT = 2000
_HEARD = 2
"""Messages of the person, newest first, in which a value may be rooted."""
_ROOT = 4
"""Letters that two forms of a word share at least: `mature`, `matured`; shorter words are the same or not."""


def shown_labels(messages: Sequence[BaseMessage]) -> list[str]:
    """Return the labels of everything that lists of this dialogue showed, oldest first, each once."""
    payloads = [payload for m in messages if (payload := payload_of(m)) and payload.tool in LIST_TOOLS]
    return list(dict.fromkeys(card.label for payload in payloads for card in payload.items))


def completed(calls: Sequence[ToolCall], messages: Sequence[BaseMessage]) -> list[ToolCall]:
    """Return the calls as they are to be made.

    A request for a list keeps the values that are rooted in what was said, leaves out what was shown before, and takes
    the person's own words where nothing is left of it.
    """
    said = [text_of(m) for m in reversed(messages) if isinstance(m, HumanMessage)]
    shown = shown_labels(messages)
    return [
        {**call, "args": _request(call["args"], said, shown)} if call["name"] == "recommend" else call
        for call in calls
    ]


def _request(arguments: dict[str, Any], said: Sequence[str], shown: Sequence[str]) -> dict[str, Any]:
    args = dict(arguments)
    heard = "\n".join(said[:_HEARD])
    for name in _ROOTED:
        if isinstance(args.get(name), list):
            args[name] = [one for one in args[name] if is_rooted(str(one), heard, shown)]
    args = {name: value for name, value in args.items() if value != []}
    if not args and said:
        args["text"] = said[0][:_MOST_TEXT]
    excluded = args.get("exclude", [])
    if isinstance(excluded, list):
        fresh = [label for label in reversed(shown) if label not in excluded]
        args["exclude"] = [*excluded, *fresh][:_MOST_EXCLUDED]
    return {name: value for name, value in args.items() if value != []}


def is_rooted(value: str, heard: str, shown: Iterable[str] = ()) -> bool:
    """Whether a value was named, in this form or another, meant by another word, or shown before."""
    wanted = fold(value)
    words = fold(heard)
    if any(_same_root(one, word) for one in wanted for word in words if len(one) > 2 or one == word):
        return True
    told = f" {' '.join(words)} "
    if any(f" {phrase} " in told for phrase in _ways_to_say().get(" ".join(wanted), ())):
        return True
    return any(wanted == fold(label)[: len(wanted)] for label in shown)


def _same_root(one: str, other: str) -> bool:
    if one == other or not one.isascii():
        return one == other or one in other
    shared = min(len(one), len(other))
    return shared >= _ROOT and one[: max(_ROOT, shared - 1)] == other[: max(_ROOT, shared - 1)]


@cache
def _ways_to_say() -> dict[str, tuple[str, ...]]:
    """Return the folded values of the catalogue to the folded phrases that mean them."""
    ways: dict[str, list[str]] = {}
    concept: Concept
    for concept in chain(FILM_CONCEPTS, SHOP_CONCEPTS):
        phrases = [
            " ".join(fold(phrase))
            for phrase in (*concept.nouns, *concept.adjectives, *concept.comparatives, concept.quality)
        ]
        values = [part.strip("~") for value in concept.values for part in value.split("+")]
        for name in (*values, *phrases):
            ways.setdefault(" ".join(fold(name)), []).extend(phrases)
    return {name: tuple(dict.fromkeys(phrases)) for name, phrases in ways.items()}
