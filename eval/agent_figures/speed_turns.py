"""What people say in dialogues that are timed: written for this, filled with titles and values of a catalogue."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recsys.schema import Item

_OPENINGS = (
    "something like {title} but less violent",
    "I'm in the mood for a {genre} from the 90s",
    "recommend something for tonight",
    "I loved {title} and {other}, what should I see next?",
    "a {genre} film, but not with {person}",
    "what do you have by {person}?",
    "hi there!",
    "I can't stand {genre} films. Anything slow and thoughtful?",
    "algo como {title}, por favor",
)
_FOLLOW_UPS = (
    "older ones please",
    "why the first one?",
    "why?",
    "and why is that?",
    "tell me more about the second one",
    "compare the first and the third",
    "who directed {title}?",
    "I've seen the first one, it was great",
    "the second is not for me",
    "something darker",
    "the same, but shorter than two hours",
    "anything with {person}?",
    "what do you know about my taste?",
    "actually I don't like {genre} films that much",
    "forget that I like {title}",
    "thanks, that helps",
    "what's the weather like in Paris?",
    "how long is {title}, and is it any good for children?",
)


@dataclass(frozen=True)
class Dialogue:
    """One person's turns, in order."""

    user: str
    says: tuple[str, ...]


def dialogues(
    items: Sequence[Item], count: int, turns: int, seed: int, who: str = "person"
) -> list[Dialogue]:
    """Return `count` dialogues of `turns` turns each: an opening and follow-ups, each kind equally often.

    Titles, people and genres are drawn from `items`; the same seed gives the same dialogues.
    """
    draw = random.Random(seed)
    openings, follow_ups = _rounds(_OPENINGS, draw), _rounds(_FOLLOW_UPS, draw)
    return [
        Dialogue(
            f"{who}-{number}",
            tuple(
                _filled(next(openings) if turn == 0 else next(follow_ups), items, draw)
                for turn in range(turns)
            ),
        )
        for number in range(count)
    ]


def _rounds(lines: Sequence[str], draw: random.Random) -> Iterator[str]:
    while True:
        yield from draw.sample(lines, len(lines))


def _filled(line: str, items: Sequence[Item], draw: random.Random) -> str:
    item, other = draw.choice(items), draw.choice(items)
    people = [*item.attributes.get("director", ()), *item.attributes.get("cast", ())]
    genres = item.attributes.get("genre", ()) or ("drama",)
    return line.format(
        title=item.title,
        other=other.title,
        person=draw.choice(people) if people else "Tom Hanks",
        genre=draw.choice(genres).lower(),
    )
