"""Manners of simulated people: how much they say at once, what they look at, how long they stay."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

Act = Literal["open", "more", "less", "older", "newer", "answer", "change", "other", "accept", "leave"]


@dataclass(frozen=True)
class Persona:
    """One manner."""

    name: str
    says: tuple[int, int]
    """Attributes in one message, least and most."""
    names: tuple[int, int]
    """Films of the past that the opening names, least and most."""
    patience: tuple[int, int]
    """Messages before they give up, least and most, the opening among them."""
    looks_at: int
    """Items of a list that they look at."""
    critical: float
    """Chance that they say what they do not want, where something shown has it."""
    restless: float
    """Chance that, unsatisfied, they turn to another thing that they would like."""
    forms: dict[Act, tuple[str, ...]]
    """Ways to say each act. `{what}` is a noun phrase or keywords, `{value}` what is not wanted, `{titles}` films."""


_TALKATIVE: dict[Act, tuple[str, ...]] = {
    "open": (
        "Hi there! Tonight I feel like watching {what}. I really loved {titles}.",
        "Hello, I hope you can help me. I am in the mood for {what}. I enjoyed {titles} a lot.",
        "I would love {what}. Some of my favourites are {titles}.",
    ),
    "more": (
        "Those look nice, but I would rather have {what}.",
        "Hmm, not quite it. What I have in mind is {what}.",
        "Could you find me {what}?",
    ),
    "less": (
        "Interesting, but nothing with {value} please.",
        "I am not fond of {value}, could you leave that out?",
    ),
    "older": ("I would like something older, though.",),
    "newer": ("I would like something more recent, though.",),
    "answer": ("Good question! I would say {what}.", "Well, I like {what}."),
    "change": ("Let us try another direction: {what}.", "Or maybe I would rather see {what}."),
    "other": ("What else is there?", "Do you have any others?"),
    "accept": ("That one sounds perfect, thank you!",),
    "leave": ("Thank you, but I will look elsewhere.",),
}
_TERSE: dict[Act, tuple[str, ...]] = {
    "open": ("{what}", "{what} please"),
    "more": ("{what}", "{what} please"),
    "less": ("no {value}",),
    "older": ("older",),
    "newer": ("newer",),
    "answer": ("{what}",),
    "change": ("{what}",),
    "other": ("others?", "more"),
    "accept": ("ok, that one",),
    "leave": ("bye",),
}
_PICKY: dict[Act, tuple[str, ...]] = {
    "open": ("I want {what}. I liked {titles}.", "Find me {what}. I liked {titles}."),
    "more": ("No, I want {what}.", "It has to be {what}.", "Not these. I want {what}."),
    "less": ("I do not want {value}.", "Without {value}, please."),
    "older": ("Too new, something older.",),
    "newer": ("Too old, something newer.",),
    "answer": ("I want {what}.",),
    "change": ("Then {what}.",),
    "other": ("None of these. Something else.",),
    "accept": ("Fine, I take that one.",),
    "leave": ("This does not help me.",),
}
_EXPLORING: dict[Act, tuple[str, ...]] = {
    "open": (
        "What would you recommend to somebody who liked {titles}?",
        "I liked {titles}. What else is there?",
    ),
    "more": ("Do you also have {what}?", "What about {what}?"),
    "less": ("Anything without {value}?",),
    "older": ("And something older?",),
    "newer": ("And something newer?",),
    "answer": ("Maybe {what}.",),
    "change": ("Something different: {what}.", "Show me {what} instead."),
    "other": ("Show me others.", "What else?"),
    "accept": ("Oh, that one, I will watch it.",),
    "leave": ("I will think about it.",),
}
PERSONAS = (
    Persona("talkative", (2, 3), (1, 2), (6, 9), 5, 0.3, 0.15, _TALKATIVE),
    Persona("terse", (1, 1), (0, 0), (3, 6), 5, 0.2, 0.15, _TERSE),
    Persona("picky", (2, 2), (1, 1), (5, 8), 3, 0.6, 0.0, _PICKY),
    Persona("exploring", (1, 2), (1, 3), (6, 10), 5, 0.1, 0.5, _EXPLORING),
)


def all_forms(act: Act) -> list[str]:
    """Return every way in which anybody says an act."""
    return [form for persona in PERSONAS for form in persona.forms[act]]


def persona_of(person: str, seed: int) -> Persona:
    """Return a person's manner: drawn, and the same for the same seed."""
    return random.Random(f"{seed}/persona/{person}").choice(PERSONAS)
