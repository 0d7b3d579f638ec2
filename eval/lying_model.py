"""A chat model that lies: it calls the builtin model's tools, then mixes true sentences with inventions."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

from agent.answers import payloads_of, split_turn
from agent.evidence import ItemCard
from agent.model_base import StreamedModel, WholeAnswerModel
from agent.prompts import REWRITE
from recsys.schema import Item

_SYLLABLES = (
    "zar",
    "kon",
    "vel",
    "mir",
    "tho",
    "quin",
    "dras",
    "bel",
    "ox",
    "fen",
    "lu",
    "gri",
    "tav",
    "nor",
)
_CHINESE = ("无名之辈", "长夜将尽", "风起云涌", "逆流而上", "江湖儿女情", "星河彼岸")
_CYRILLIC = ("Тихие реки", "Последний берег", "Северный ветер")
_WORDS = ("three", "seven", "ninety-nine", "forty-one", "eight")


@dataclass(frozen=True)
class Sentence:
    """What the model wrote, and whether it is a lie."""

    text: str
    lie: str = ""
    """Kind of the lie; empty for a true sentence."""


class LyingModel(WholeAnswerModel):
    """Lies on purpose, seeded. `last` holds what it wrote in its last answer. For one thread at a time."""

    truthful: Any = Field(repr=False)
    """The model that decides on the tool calls."""
    items: Sequence[Item] = Field(repr=False)
    seed: int = 0
    is_language_model: bool = True
    spoken_of: frozenset[str] = frozenset()
    """Ids of the items that a list of the dialogue showed, also where the model is not told any more, and those whose
    titles the person ever named: no lie is made of these."""
    _last: list[Sentence] = PrivateAttr(default_factory=list)
    _turn: int = PrivateAttr(default=0)
    _free: list[Item] = PrivateAttr(default_factory=list)
    """Items without any evidence when it answered last."""

    @property
    def _llm_type(self) -> str:
        return "lying"

    @property
    def last(self) -> list[Sentence]:
        """Every sentence of the last answer, those written again included."""
        return self._last

    def respond(self, messages: Sequence[BaseMessage], tools: list[dict[str, Any]] | None) -> AIMessage:
        """Return the truthful model's tool calls, or a text with lies in it."""
        return self._answer(messages, self.truthful.bind_tools(tools) if tools else None)

    def pieces(self, text: str) -> Iterator[str]:
        """Yield pieces of any length, as drawn: titles are torn apart, and so are marks."""
        draw = random.Random(f"{self.seed}/chunks/{self._turn}")
        while text:
            n = draw.randint(1, 9)
            yield text[:n]
            text = text[n:]

    def _answer(self, messages: Sequence[BaseMessage], bound: Runnable[Any, AIMessage] | None) -> AIMessage:
        draw = random.Random(f"{self.seed}/{self._turn}/{len(self._last)}")
        if str(messages[-1].text).startswith(REWRITE.partition("\n")[0]):
            lie = _lie(draw, self._free, [])
            self._last.append(lie)
            return AIMessage(lie.text)
        before, now = split_turn(messages)
        payloads = payloads_of(now)
        if bound is not None and not payloads:
            asked = bound.invoke(list(messages))
            if asked.tool_calls:
                return asked
        self._turn += 1
        shown = {card.id: card for card in (c for p in payloads for c in p.items)}
        hidden = {card.id for p in payloads_of(before) for card in p.items} | set(shown) | self.spoken_of
        said = " ".join(str(m.text).casefold() for m in messages if isinstance(m, HumanMessage))
        prose = " ".join(p.model_dump_json() for p in payloads_of(messages)).casefold()
        free = [
            item
            for item in draw.sample(list(self.items), min(60, len(self.items)))
            if item.id not in hidden
            and item.title.casefold() not in said
            and item.title.casefold() not in prose
        ]
        self._free = free
        written = [_true(draw, card) for card in list(shown.values())[:4]]
        written += [_lie(draw, free, list(shown.values())) for _ in range(draw.randint(1, 4))]
        draw.shuffle(written)
        self._last = written
        lines = draw.random() < 0.5
        return AIMessage(("\n" if lines else " ").join(one.text for one in written))


class ToldModel(StreamedModel):
    """Another chat model that is told something more in its system message: to invent, say."""

    inner: Any = Field(repr=False)
    words: str

    @property
    def _llm_type(self) -> str:
        return "told"

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as in the base
    ) -> Iterator[ChatGenerationChunk]:
        tools = kwargs.get("tools")
        choice = kwargs.get("tool_choice")
        model = self.inner.bind_tools(tools, tool_choice=choice) if tools else self.inner
        for piece in model.stream(self._told(messages)):
            yield ChatGenerationChunk(message=piece)

    def _told(self, messages: Sequence[BaseMessage]) -> list[BaseMessage]:
        first = messages[0]
        if isinstance(first, SystemMessage):
            return [SystemMessage(f"{first.text}\n{self.words}"), *messages[1:]]
        return [SystemMessage(self.words), *messages]


def _true(draw: random.Random, card: ItemCard) -> Sentence:
    facts = card.facts
    forms = [f"**{card.label}** is one of them."]
    if facts.get("director"):
        forms += [
            f"{card.title} was directed by {facts['director'][0]}.",
            f"{facts['director'][0]} dirigió {card.title}.",
            f"Bei {card.title} führte {facts['director'][0]} Regie.",
            f"《{card.title}》的导演是{facts['director'][0]}。",
        ]
    if facts.get("runtime"):
        forms += [
            f"“{card.title}” runs {facts['runtime'][0]}.",
            f"{card.title} dura {facts['runtime'][0]}.",
            f"《{card.title}》片长{facts['runtime'][0].split()[0]}分钟。",
        ]
    if facts.get("cast"):
        forms.append(f"{card.title} stars {facts['cast'][0]} and {facts['cast'][-1]}.")
    if facts.get("price"):
        forms += [f"{card.title} costs {facts['price'][0]}.", f"{card.title} kostet {facts['price'][0]}."]
    if facts.get("brand"):
        forms.append(f"The brand of {card.title} is {facts['brand'][0]}.")
    if facts.get("genre"):
        forms.append(f"- **{card.label}** – {', '.join(facts['genre'])}.")
    if card.year:
        forms.append(f"{card.title} is from {card.year}.")
    for reason in card.reasons[:1]:
        forms.append(
            f"I chose **{card.label}** because it {reason.text}."
            if reason.text.startswith(("shares", "is "))
            else f"**{card.label}**: {reason.text}."
        )
    return Sentence(draw.choice(forms))


def _made_up(draw: random.Random) -> str:
    return " ".join(
        "".join(draw.sample(_SYLLABLES, draw.randint(2, 3))).capitalize() for _ in range(draw.randint(1, 3))
    )


def _wrong_hours(card: ItemCard) -> str:
    """Return a number of hours that the item does not run; there are films of seven."""
    minutes = [int(value.split()[0]) for value in card.facts.get("runtime", ()) if value.split()[0].isdigit()]
    return "ten" if any(360 < one < 480 for one in minutes) else "seven"


def _lie(draw: random.Random, free: Sequence[Item], cards: Sequence[ItemCard]) -> Sentence:
    made = _made_up(draw)
    forms: list[tuple[str, str]] = [
        ("made-up title", f"1. **{made} ({draw.randint(1950, 2024)})** is a gem."),
        ("made-up title", f"You should also watch {made}."),
        ("made-up title", f"También te puede gustar {made}."),
        ("made-up title", f"Auch {made} ist sehr gut."),
        ("made-up title", f"There is also one called {made.lower()}."),
        ("other script", f"你也会喜欢《{draw.choice(_CHINESE)}》。"),
        ("other script", f"Also try **{draw.choice(_CHINESE)}**."),
        ("other script", f"Also try “{draw.choice(_CYRILLIC)}”."),
    ]
    if free:
        real = draw.choice(list(free))
        forms += [
            ("real title, no evidence", f"**{real.title}** is even better."),
            ("real title, no evidence", f"You might also like {real.title}."),
            ("real title, no evidence", f"Quizá te guste “{real.title}”."),
            ("real title, no evidence", f"你也可以看《{real.title}》。"),
            ("lower-case title", f"you could also watch {real.title.lower()}."),
        ]
    if cards:
        card = draw.choice(list(cards))
        text = card.model_dump_json()
        if card.year:
            year = card.year + draw.choice((-7, -3, 4, 11, 30))
            forms += [
                ("wrong year", f"**{card.title} ({year})** is the one."),
                ("wrong year", f"{card.title} came out in {year}."),
            ]
        own = {value for values in card.facts.values() for value in values}
        others = [c.facts["director"][0] for c in cards if c.facts.get("director")]
        others = [name for name in others if name not in text]
        if others:
            forms.append(("wrong person", f"{card.title} was directed by {others[0]}."))
        people = [name for item in free for name in item.attributes.get("director", ())]
        people = [name for name in people if name not in own and name not in text]
        if people:
            forms.append(("wrong person", f"{card.title} stars {people[0]}."))
        forms += [
            ("number in words", f"{card.title} won {draw.choice(_WORDS)} awards."),
            ("number in words", f"{card.title} lasts {_wrong_hours(card)} hours."),
            ("wrong number", f"{card.title} costs {draw.randint(5000, 9000)} euros."),
        ]
    kind, text = draw.choice(forms)
    return Sentence(text, kind)
