"""What people say in the conversations of docs/conversations.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Script:
    """One conversation: who talks where, and their lines. A line `---` begins another dialogue of the same person."""

    title: str
    about: str
    """What to look for when reading it."""
    workspace: Literal["films", "shop"]
    says: tuple[str, ...]
    desk: bool = False
    """A customer writes to the service desk, and the human there sees a draft."""


NEW_DIALOGUE = "---"
SCRIPTS = (
    Script(
        "An evening without a plan",
        "Little is known, so it shows films to react to, and each answer narrows what came before.",
        "films",
        (
            "I don't know what to watch tonight",
            "something funny, for an evening with friends",
            "a bit older than that",
            "who is in the second one?",
            "how long is it?",
        ),
    ),
    Script(
        "Like this film, but",
        "A wish by example with a reservation; every next sentence changes one thing and keeps the rest.",
        "films",
        (
            "something like Heat but less violent",
            "and shorter than two hours",
            "without Al Pacino",
            "newer than 1990 please",
        ),
    ),
    Script(
        "Why, and why again",
        "The reasons of an answer, then what lies beneath them, then what the answer would be without what was told.",
        "films",
        (
            "I loved Blade Runner and Gattaca",
            "why the first one?",
            "why?",
            "what if I had not told you about Gattaca?",
        ),
    ),
    Script(
        "Two films side by side",
        "A comparison of what the catalogue knows, a question about one of them, and a decision.",
        "films",
        (
            "compare Amadeus and The Social Network",
            "how long is Amadeus?",
            "something like Amadeus, for next week",
            "compare the first and the third",
        ),
    ),
    Script(
        "What was said moves the next answer",
        "Praise and complaint in passing are remembered, and the next list follows them.",
        "films",
        (
            "recommend me a good thriller",
            "I've seen the first one and it bored me",
            "but I loved Spirited Away",
            "what should I see next?",
            "why the first one?",
        ),
    ),
    Script(
        "Everything it should not be",
        "Negations of genre, person and property, over several turns.",
        "films",
        (
            "a thriller, but no horror and nothing with Tom Cruise",
            "nothing from before 1980 either",
            "and not longer than two hours",
        ),
    ),
    Script(
        "It remembers, in another dialogue too",
        "What is told in one dialogue counts in the next; it can be seen, with the sentence it came from.",
        "films",
        (
            "my favourite director is Hayao Miyazaki and I can't stand gore",
            "thanks, that is all for now",
            NEW_DIALOGUE,
            "recommend something for Sunday",
            "what do you know about my taste?",
        ),
    ),
    Script(
        "Changing one's mind",
        "A later statement wins over an earlier one, and what was told can be taken back.",
        "films",
        (
            "I love musicals",
            "actually no, I don't like musicals",
            "what do you know about my taste?",
            "forget that I dislike musicals",
            "what do you know about my taste?",
        ),
    ),
    Script(
        "In Spanish, then in German",
        "The same kinds of questions, in two other languages.",
        "films",
        (
            "algo como El laberinto del fauno, pero menos violento",
            "¿por qué la primera?",
            "gracias",
            "etwas Lustiges aus den achtziger Jahren, bitte",
        ),
    ),
    Script(
        "Titles that are not there, and wishes that cannot be met",
        "An unknown title is said to be unknown; small talk and what is not its business are answered shortly; a wish "
        "against itself is not met in silence.",
        "films",
        (
            "hello! how are you?",
            "something like The Quantum Badger of Oslo",
            "I meant The Grand Budapest Hotel",
            "what's the capital of Australia?",
            "a film under 90 minutes that lasts longer than three hours",
            "haha, thank you, bye",
        ),
    ),
    Script(
        "A present, in the shop",
        "Prices and properties bound the list; questions about the shop itself are answered from its written policy.",
        "shop",
        (
            "I need a present for a coffee lover, under 60 euros",
            "something cheaper",
            "tell me more about the first one",
            "how long do I have to return it?",
        ),
    ),
    Script(
        "At the service desk",
        "A customer writes; the person at the desk sees a draft with what it rests on, and what they must do "
        "themselves: nothing is sent and no order is changed.",
        "shop",
        (
            "Hello, this is Tamara Fokkema, tamara.fokkema.1@customers.invalid. The cork roller from my order "
            "FW-100018 arrived broken. What now?",
            "And if I send it back, when do I get my money?",
        ),
        desk=True,
    ),
)
