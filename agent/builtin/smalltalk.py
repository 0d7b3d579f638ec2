"""What to say when nothing needs looking up: greetings, thanks, who I am, what I cannot do, what I need to
know."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from agent.builtin.acts import Act
from agent.builtin.phrases import LANGUAGES
from agent.builtin.request import Request
from agent.knowledge import Knowledge
from agent.labels import plural

CONTRADICTION = "Which one counts?"
"""Ends the question about a contradiction, so that the next turn can tell what it answers."""

_VAGUE_FILMS = (
    "What are you in the mood for: something funny, tense, romantic or strange?",
    "Which film did you enjoy lately, or what should tonight feel like: light, dark, exciting?",
)
_VAGUE_OTHER = (
    "What is it for, and is there a price you would rather not go above?",
    "What do you have in mind: what kind of thing, and what matters most about it?",
)
_EXAMPLES_FILMS = (
    "a funny film for the family, nothing too long",
    "something tense, but not too violent",
    "an old film with a happy ending",
)
_EXAMPLES_OTHER = (
    "something light that is not too expensive",
    "the same, but cheaper",
    "a gift for someone who is often outdoors",
)


_ASKED = tuple(question for phrases in LANGUAGES.values() for question in phrases.ask)


def pick(options: Sequence[str], seed: str) -> str:
    """Return one of the options, the same one for the same seed."""
    digest = hashlib.sha256(seed.encode("utf-8", "replace")).digest()
    return options[int.from_bytes(digest[:4], "big") % len(options)]


def fresh(options: Sequence[str], seed: str, before: str) -> str:
    """Return one of the options, the same one for the same seed, and none that begins as the answer `before` has
    it; any where all do."""
    new = [option for option in options if " ".join(option.split()[:2]) not in before]
    return pick(new or options, seed)


class SmallTalk:
    """Replies for one workspace."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._noun = knowledge.noun
        self._nouns = plural(knowledge.noun)
        self._has_help = knowledge.has_help
        films = knowledge.domain in ("films", "series")
        self._vague = _VAGUE_FILMS if films else _VAGUE_OTHER
        self._examples = _EXAMPLES_FILMS if films else _EXAMPLES_OTHER

    def was_asked(self, replies: Sequence[str]) -> bool:
        """Say whether the person was asked what they want in an earlier reply."""
        return any(question in reply for reply in replies for question in (*self._vague, *_ASKED))

    def ask_wish(self, seed: str) -> str:
        """Ask what the person wants."""
        return pick(self._vague, seed)

    def ask_which(self, has_list: bool) -> str:
        """Ask which item is meant."""
        if has_list:
            return "Which one do you mean? Give me its title or its place in the list."
        return f"Which {self._noun} do you mean? There is no list yet, so give me its title."

    def contradiction(self, request: Request) -> str:
        """Say what contradicts, and ask which counts."""
        said = [word for word in request.contradictions if word != "years"]
        if said:
            named = said[0].lower()
            return f"You asked for {named} and also for no {named}. {CONTRADICTION}"
        clash = f"part of it asks for older {self._nouns} than the rest"
        return f"No year fits all that you said: {clash}. {CONTRADICTION}"

    def empty(self, seed: str) -> str:
        """Answer a message without words."""
        return f"I could not read any words in that. Try {self._example(seed)}."

    def unclear(self, seed: str) -> str:
        """Answer a message that could not be understood."""
        return (
            f"I did not quite follow. Tell me a title you like, a kind of {self._noun}, or something such as "
            f"{self._example(seed)}."
        )

    def nothing_to_undo(self) -> str:
        """Answer an undo with nothing before it."""
        return "There is nothing to take back yet. To see what is remembered, ask what I know about you."

    def no_tool(self) -> str:
        """Answer a request that no tool at hand can serve."""
        return f"That cannot be done here; I can look for {self._nouns} and tell you about them."

    def what_to_change(self) -> str:
        """Answer a bare `no`."""
        return f"What should be different: older, newer, funnier, or another kind of {self._noun} altogether?"

    def reply(self, request: Request, seed: str) -> str:
        """Answer the social part of a message; an empty string when it has none."""
        acts = set(request.acts)
        if Act.OFF_TOPIC in acts:
            return (
                f"That is beyond me: I know this catalogue of {self._nouns}, and nothing else. "
                f"Try {self._example(seed)}."
            )
        if Act.WHO in acts:
            help_desk = ", answer questions about orders and returns" if self._has_help else ""
            return (
                f"I am a guide to this catalogue of {self._nouns}. I can recommend with reasons that you "
                f"can check, look up "
                f"facts, compare{help_desk}, and remember or forget what you like. Try {self._example(seed)}."
            )
        if Act.BYE in acts:
            return pick(("Enjoy, and see you soon.", "Have a good time. Come back whenever you like."), seed)
        if Act.HOW_ARE_YOU in acts:
            return f"I am well, thanks. {self.ask_wish(seed)}"
        if Act.GREET in acts:
            return f"{pick(('Hello.', 'Hi.', 'Hello, good to hear from you.'), seed)} {self.ask_wish(seed)}"
        if Act.THANKS in acts:
            return pick(
                (
                    "You are welcome. Say more whenever you want another.",
                    f"Glad to help. Ask for another {self._noun} any time.",
                ),
                seed,
            )
        if Act.REACT in acts:
            return pick(
                (
                    "Then it may be worth a look. Ask what it is about, or for another.",
                    "Good to know. Say more, or ask for another.",
                ),
                seed,
            )
        return ""

    def _example(self, seed: str) -> str:
        return f"“{pick(self._examples, seed)}”"
