"""What needs the whole message: bare titles, contradictions, and whether it goes on from the last wishes."""

from __future__ import annotations

import re

from agent.builtin import acts
from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.builtin.lexicon import Lexicon, Sense
from agent.builtin.request import Request
from agent.builtin.skeleton import Skeleton, Span
from kg.text import fold_name

_STATEMENT = re.compile(r"\b(?:i|i'm|i've|we|he|he's|she|she's|they|it's|there's|my|his|her|our)\b")
"""Words of somebody who tells something; after a list, such a message asks for nothing by itself."""
_SIMILAR = re.compile(
    r"\b(?:something|anything|movies?|films?|ones?|others?|more|stuff|any) (?:\w+ )?similar\b(?! to\b)|"
    r"\b(?:something|anything|others?|more) along (?:those|these) lines\b"
)
_GOES_ON = re.compile(r"^(?:(?:or|and|also|maybe|perhaps|even)\b ?){1,3}(?:like )?<[tu]\d+>")
"""A title added to wishes that were not answered yet."""


def settle(request: Request, skeleton: Skeleton, dialogue: Dialogue, lexicon: Lexicon) -> None:
    """Settle what needs the whole message: bare titles, contradictions, whether it goes on from the last
    wishes."""
    slots = request.slots
    pending = bool(dialogue.past) and "?" in dialogue.past[-1].reply
    if Act.BYE in request.acts and Act.RECOMMEND not in request.acts:
        request.bare = []
    if _SIMILAR.search(skeleton.words) and not slots.like:
        named = [span.name for span in skeleton.spans if span.tag in "tu"]
        slots.like += named[-1:] or ([dialogue.focus] if dialogue.focus else [])
        request.phrases += [("like", title) for title in slots.like]
        request.bare = [title for title in request.bare if title not in slots.like]
        request.add(Act.RECOMMEND)
    if request.bare and _GOES_ON.match(skeleton.words) and dialogue.past and not dialogue.past[-1].shown:
        request.implied = True
    request.bare = [title for title in request.bare if title not in request.feedback]
    if request.bare:
        if Act.SEARCH in request.acts or Act.QUESTION in request.acts:
            pass
        elif (
            len(request.bare) > 1
            or pending
            or Act.RECOMMEND in request.acts
            or request.implied
            or slots.constrained
        ):
            slots.like += [t for t in request.bare if t not in slots.like]
            request.phrases += [("like", t) for t in request.bare]
            request.add(Act.RECOMMEND)
            request.bare = []
        else:
            request.targets += request.bare
            request.add(Act.QUESTION)
    if request.unseen and not request.acts and not request.tastes and not request.feedback:
        request.targets += request.unseen[:1]
        request.add(Act.QUESTION)
    slots.years = slots.years or slots.eras
    _contradictions(request)
    rejects = any(verdict in ("seen", "skip") for verdict in request.feedback.values())
    if rejects and dialogue.last_list and not slots.like:
        request.another = True
        request.add(Act.RECOMMEND)
    negative = bool(slots.exclude or slots.less) and not (slots.include or slots.like)
    fragment = bool(acts.FRAGMENT.search(_without_yes(skeleton.words))) or negative
    if dialogue.last_wish and not slots.like and Act.SEARCH not in request.acts:
        request.continues = request.another or bool(slots.deltas) or (slots.constrained and fragment)
        heads = [v for v in slots.include if lexicon.facet_of(v) in ("kind", "category", "genre")]
        moved = any(_moves(span) for span in skeleton.spans if span.tag == "v")
        request.continues |= moved and not heads
        if any(lexicon.facet_of(v) in ("kind", "category") for v in slots.include):
            request.continues = request.another
        if request.continues and (slots.constrained or request.another):
            request.add(Act.RECOMMEND)
    if request.implied and not request.feedback and Act.SEARCH not in request.acts:
        request.add(Act.RECOMMEND)
    _leftover(request, skeleton, dialogue)
    if Act.SEARCH in request.acts and Act.RECOMMEND in request.acts and not request.implied:
        request.acts.remove(Act.RECOMMEND)
    if Act.SEARCH in request.acts and (
        slots.more or slots.less or slots.like or slots.max_runtime or slots.max_price
    ):
        request.acts[request.acts.index(Act.SEARCH)] = Act.RECOMMEND
        slots.like += [t for t in request.bare if t not in slots.like]


def _leftover(request: Request, skeleton: Skeleton, dialogue: Dialogue) -> None:
    """Make something of words that no pattern knew: a wish in words, a look-up, or another subject
    altogether."""
    if request.acts or request.tastes or request.feedback or request.lost or not request.words:
        return
    if acts.is_open_question(skeleton.words) and not acts.names_domain(skeleton.words):
        request.add(Act.OFF_TOPIC)
    elif dialogue.last_list and _STATEMENT.search(skeleton.words) and not acts.is_asking(skeleton.words):
        request.add(Act.REACT)
    elif len(request.words) > 1 or acts.names_domain(skeleton.words):
        request.add(Act.RECOMMEND)
    elif len(skeleton.text.split()) <= 3:
        request.add(Act.SEARCH)


def _moves(span: Span) -> bool:
    return isinstance(span.data, Sense) and span.data.comparative


def _contradictions(request: Request) -> None:
    slots = request.slots
    unwanted = {fold_name(word) for word in slots.exclude}
    request.contradictions += [value for value in slots.include if fold_name(value) in unwanted]
    request.contradictions += [quality for quality in slots.more if quality in slots.less]
    low, high = years_of(slots.years)
    if low is not None and high is not None and low > high:
        request.contradictions.append("years")


def years_of(years: list[tuple[int | None, int | None, bool]]) -> tuple[int | None, int | None]:
    """Return the earliest and latest year that fit everything said: stretches add up, bounds cut."""
    stretches = [
        (low, high) for low, high, bound in years if not bound and low is not None and high is not None
    ]
    lows = [low for low, _, bound in years if bound and low is not None]
    highs = [high for _, high, bound in years if bound and high is not None]
    if stretches:
        lows.append(min(low for low, _ in stretches))
        highs.append(max(high for _, high in stretches))
    return max(lows, default=None), min(highs, default=None)


def _without_yes(words: str) -> str:
    return (
        re.sub(
            r"^(?:yes|yeah|ok(?:ay)?|sure|hm+|well|no|thanks?|great|nice|cool|good|perfect)\b[,.!]? ?(?!<)",
            "",
            words,
        )
        or words
    )
