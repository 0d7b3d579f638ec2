"""What might a person say next? A few answers that fit the newest turn, in its language, as buttons to press."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from agent.answers import LISTING
from agent.builtin.dialogue import Call, Dialogue, Turn, number_of
from agent.builtin.languages import detect
from agent.builtin.smalltalk import CONTRADICTION
from agent.evidence import ItemCard
from agent.tools.wishes import GIVEN_UP, GRAPH_AWAY
from recsys.schema import HelpAnswer
from ui.replies_words import OTHERS, Words, words_of
from ui.text import escape

MOST = 4
"""Replies offered at once."""
_LONGEST_AGAIN = 80
"""Characters of a message up to which it is offered to be sent again."""
_LOOK_BACK = 6
_LONG_MINUTES = 110
_MIDDLE_YEAR = 1990
_CLASH = re.compile(rf"You asked for (.+?) and also for no .+ {re.escape(CONTRADICTION)}$")
_STORY = "film"
"""Kind of item that is about something."""
_DECADE = re.compile(r"\d{4}s")
_WITHOUT = ("genre", "material", "feature")
"""Facets of which a value may be refused: what most people have an opinion of."""
_SHELVES = ("category", "kind", "genre")
"""Facets that name the shelves of a catalogue."""


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the dialogue."""

    domain: str = "films"
    shelves: tuple[str, ...] = ()
    """The most frequent kinds of items, see `shelves_of`."""
    help_answers: tuple[HelpAnswer, ...] = ()
    named: Callable[[str], Sequence[str]] = field(default=lambda text: ())
    """Labels of the items that a text names."""
    troubled: bool = False
    """Whether the newest answer came with a warning or an error."""


def replies_html(replies: Iterable[str]) -> str:
    """Return the replies as buttons; `data-say` is what pressing one says. Empty without any."""
    buttons = "".join(
        f'<button type="button" class="tg-reply" data-say="{escape(text)}">{escape(text)}</button>'
        for text in replies
    )
    return (
        f'<div class="tg-replies" role="group" aria-label="Suggested replies">{buttons}</div>'
        if buttons
        else ""
    )


def language_of(texts: Sequence[str]) -> str:
    """Return the code of the language that the newest of these messages is in: `en` where it is none of ours."""
    language = None
    for text in texts[-_LOOK_BACK:]:
        language = detect(text, language)
    return language.code if language is not None and language.code in OTHERS else "en"


def shelves_of(facets: Mapping[str, Mapping[str, int]], most: int = 3) -> tuple[str, ...]:
    """Return the most frequent kinds of items, given facet to value to number of items, most frequent first."""
    for facet in _SHELVES:
        if facets.get(facet):
            return tuple(list(facets[facet])[:most])
    return ()


def replies(dialogue: Dialogue, around: Surroundings) -> tuple[str, ...]:
    """Return at most `MOST` replies to the newest answer of a dialogue; none before the first.

    A reply that the person sent in one of the last turns is not offered again.
    """
    if not dialogue.past:
        return ()
    turn = dialogue.past[-1]
    texts = [one.text for one in dialogue.past]
    words = words_of(language_of(texts))
    # What failed may work now; that is offered although it was just said.
    again = [turn.text] if _troubled(turn, around) and 0 < len(turn.text) <= _LONGEST_AGAIN else []
    said = {text.casefold().strip() for text in texts[-3:]}
    fitting = [text for text in _fitting(dialogue, turn, words, around) if text.casefold() not in said]
    return tuple(dict.fromkeys([*again, *fitting]))[:MOST]


def _fitting(dialogue: Dialogue, turn: Turn, words: Words, around: Surroundings) -> list[str]:
    if turn.question is not None:
        return list(around.named(turn.question))
    clash = _CLASH.search(turn.reply)
    if clash is not None:
        return [clash[1].capitalize(), f"No {clash[1]}"]
    last = turn.calls[-1] if turn.calls else Call("", {})
    if any(call.name in LISTING for call in turn.calls):
        wish = next(call for call in reversed(turn.calls) if call.name in LISTING)
        return _after_list(turn, wish, words, around)
    items = list({card.id: card for payload in turn.payloads for card in payload.items}.values())
    match last.name:
        case "compare" if items:
            return [words.like.format(title=card.label) for card in items[:2]]
        case "explain" | "item_facts" if items:
            return _after_item(dialogue, items[-1], last, words)
        case "give_feedback" | "remember_taste":
            liked = items[-1:] if last.args.get("verdict", last.args.get("polarity")) == "like" else []
            return [
                *(words.like.format(title=c.label) for c in liked),
                words.anything,
                *words.undo,
                words.known,
            ]
        case "forget" | "show_profile":
            return [words.anything, *_starts(words, around)]
        case "answer_help":
            return [*_more_help(last, words, around), *_starts(words, around)[:2]]
    return [*_starts(words, around), words.known]


def _after_list(turn: Turn, wish: Call, words: Words, around: Surroundings) -> list[str]:
    cards = turn.shown
    if not cards:
        # Each of the wishes by itself may be met.
        return [*_singly(wish, words), *_starts(words, around)]
    if any(note.startswith(GIVEN_UP) for payload in turn.payloads for note in payload.notes):
        return [*_singly(wish, words), words.like_first, words.why_first, words.other]
    if wish.name == "search_catalogue":
        return [
            words.like_first,
            _about_first(cards, words),
            *_extreme(cards, words),
            *_apart(cards, wish, words),
        ]
    return [
        words.why_first,
        *_moved(cards, wish, words),
        *_without(cards, wish, words),
        *_apart(cards, wish, words),
    ]


def _singly(wish: Call, words: Words) -> list[str]:
    """Return some of the wishes, where there were several, each by itself."""
    asked = [value for value in _texts(wish.args.get("include")) if not _DECADE.fullmatch(value)]
    return [words.show.format(value=value) for value in asked[:2]] if len(asked) > 1 else []


def _about_first(cards: Sequence[ItemCard], words: Words) -> str:
    return words.about_first if cards[0].kind == _STORY else words.tell_first


def _moved(cards: Sequence[ItemCard], wish: Call, words: Words) -> list[str]:
    """Return how to move on from a list by what its items measure."""
    prices = _numbers(cards, "price")
    if prices:
        return [words.cheaper]
    minutes = _numbers(cards, "runtime")
    long = minutes and sorted(minutes)[len(minutes) // 2] > _LONG_MINUTES
    return [words.shorter] if long and not wish.args.get("max_runtime") else []


def _without(cards: Sequence[ItemCard], wish: Call, words: Words) -> list[str]:
    """Return the refusal of what most of a list share, and nobody asked for."""
    asked = {value.casefold() for value in _texts(wish.args.get("include"))}
    for facet in _WITHOUT:
        counts = Counter(v for card in cards for v in card.facts.get(facet, ()) if v.casefold() not in asked)
        value, count = next(iter(counts.most_common(1)), ("", 0))
        if count > 1:
            return [words.without.format(value=value)]
    return []


def _apart(cards: Sequence[ItemCard], wish: Call, words: Words) -> list[str]:
    """Return a stretch of time that some of a list are from, else the other side of time."""
    years = [card.year for card in cards if card.year is not None]
    bound = any(_DECADE.fullmatch(value) for value in _texts(wish.args.get("include")))
    if not years or bound or wish.args.get("year_from") or wish.args.get("year_to"):
        return []
    decade, count = Counter(year // 10 * 10 for year in years).most_common(1)[0]
    only = words.decade(decade)
    if only and 1 < count < len(years):
        return [only]
    return [words.newer if sorted(years)[len(years) // 2] < _MIDDLE_YEAR else words.older]


def _extreme(cards: Sequence[ItemCard], words: Words) -> list[str]:
    if len(cards) < 2:
        return []
    if _numbers(cards, "price"):
        return list(words.cheapest)
    return list(words.shortest) if _numbers(cards, "runtime") else []


def _after_item(dialogue: Dialogue, card: ItemCard, last: Call, words: Words) -> list[str]:
    title = card.label
    asked = set(_texts(last.args.get("facets")))
    about = (
        []
        if last.name == "item_facts" and not asked
        else [(words.about if card.kind == _STORY else words.tell).format(title=title)]
    )
    facts = [
        form.format(title=title)
        for facet, form in (("director", words.director), ("runtime", words.runtime), ("price", words.price))
        if card.facts.get(facet) and facet not in asked
    ]
    why = [words.why.format(title=title)] if last.name == "item_facts" else []
    other = [words.other] if dialogue.last_list else []
    return [words.like.format(title=title), *why, *about, *facts[:1], *other]


def _more_help(last: Call, words: Words, around: Surroundings) -> list[str]:
    """Return other questions of the topic that was asked about; the written answers are in English."""
    if words.code != "en":
        return []
    asked = str(last.args.get("question", "")).casefold()
    topics = {
        one.topic
        for one in around.help_answers
        if asked in (q.casefold() for q in (one.question, *one.variants))
    }
    near = [one.question for one in around.help_answers if one.topic in topics]
    return [
        question
        for question in near or [one.question for one in around.help_answers]
        if question.casefold() != asked
    ][:2]


def _starts(words: Words, around: Surroundings) -> list[str]:
    """Return wishes to begin with."""
    if around.domain in ("films", "series"):
        return list(words.films)
    return [words.show.format(value=value) for value in around.shelves] or [words.anything]


def _troubled(turn: Turn, around: Surroundings) -> bool:
    lost = any(not payload.ok or GRAPH_AWAY in payload.notes for payload in turn.payloads)
    return around.troubled or lost


def _numbers(cards: Sequence[ItemCard], facet: str) -> list[float]:
    """Return a measured facet of all cards; empty unless each has it."""
    found = [number for card in cards if (number := number_of(card, facet)) is not None]
    return found if len(found) == len(cards) else []


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
