"""Which tools follow from what people say."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Literal

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from agent.answers import shown_ids
from agent.builtin.acts import Act
from agent.builtin.dialogue import Dialogue
from agent.builtin.model import BuiltinChatModel
from agent.builtin.understand import Understanding
from agent.evidence import ToolPayload
from agent.tools.payloads import item_card
from tests.agent.builtin.utterances import FILM_ROWS, SHOP_ROWS, TOLD_ROWS, Row
from tests.agent.builtin.world import CONTEXTS, FILMS, PRODUCTS, SYSTEM, knowledge_of

FILM_MODEL = BuiltinChatModel(knowledge_of(FILMS, "films"))
SHOP_MODEL = BuiltinChatModel(knowledge_of(PRODUCTS, "shop"))
ALL_ROWS = [(FILM_MODEL, row) for row in (*FILM_ROWS, *TOLD_ROWS)] + [(SHOP_MODEL, row) for row in SHOP_ROWS]


def ask(model: BuiltinChatModel, context: str, said: str) -> AIMessage:
    return model.answer([SYSTEM, *CONTEXTS[context], HumanMessage(said)])


def wrong(answer: AIMessage, expected: list[tuple[str, dict[str, Any]]] | str) -> str:
    """Say what is wrong, or nothing."""
    if isinstance(expected, str):
        if answer.tool_calls:
            return f"called {[(c['name'], c['args']) for c in answer.tool_calls]}"
        return "" if expected in answer.text and answer.text else f"said {answer.text!r}"
    got = []
    for call, (_, wanted) in zip(answer.tool_calls, expected, strict=False):
        got.append((call["name"], {k: v for k, v in call["args"].items() if k != "text" or "text" in wanted}))
    got += [(call["name"], call["args"]) for call in answer.tool_calls[len(expected) :]]
    return "" if got == expected else f"called {got} {answer.text!r}"


@pytest.mark.parametrize(("model", "row"), ALL_ROWS, ids=[f"{r[0]}: {r[1]}"[:70] for _, r in ALL_ROWS])
def test_every_utterance_leads_to_its_tools(model: BuiltinChatModel, row: Row) -> None:
    context, said, expected = row
    assert not wrong(ask(model, context, said), expected)


def test_accuracy_and_speed_over_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(ALL_ROWS) >= 150
    seconds, right = [], 0
    for model, (context, said, expected) in ALL_ROWS:
        start = time.perf_counter()
        answer = ask(model, context, said)
        seconds.append(time.perf_counter() - start)
        right += not wrong(answer, expected)
    p95 = sorted(seconds)[int(0.95 * len(seconds))]
    with capsys.disabled():
        print(f"\nbuiltin: {right} of {len(ALL_ROWS)} utterances right, p95 {1000 * p95:.1f} ms a call")  # noqa: T201
    assert right == len(ALL_ROWS)


def test_a_decade_is_years_also_where_the_catalogue_has_years_only() -> None:
    """The graph has decades of its own; a new one takes the place of the one before."""
    known = knowledge_of(FILMS, "films")
    facets = {facet: values for facet, values in known.facet_values.items() if facet != "decade"}
    model = BuiltinChatModel(replace(known, facet_values=facets))
    first = model.answer([SYSTEM, HumanMessage("a comedy from the 1980s")])
    assert first.tool_calls[0]["args"] == {"include": ["Comedy"], "year_from": 1980, "year_to": 1989}
    cards = [item_card(film) for film in FILMS if film.title in ("Airplane!", "The Naked Gun")]
    payload = ToolPayload(tool="recommend", items=cards)
    before = [
        SYSTEM,
        HumanMessage("a comedy from the 1980s"),
        first,
        ToolMessage(payload.model_dump_json(), tool_call_id=first.tool_calls[0]["id"], artifact=payload),
        AIMessage("1. **Airplane!**\n2. **The Naked Gun**", additional_kwargs=shown_ids(cards)),
    ]
    changed = model.answer([*before, HumanMessage("Something different: a musical from the 1950s")])
    wanted = changed.tool_calls[0]["args"]
    assert (wanted["include"], wanted["year_from"], wanted["year_to"]) == (["Musical"], 1950, 1959)


def test_the_question_what_one_wants_is_asked_once() -> None:
    asked = "What are you in the mood for"
    first = ask(FILM_MODEL, "", "hello")
    told = [SYSTEM, HumanMessage("hello"), first, HumanMessage("how are you?")]
    second = FILM_MODEL.answer(told)
    questions = [text for text in (first.text, second.text) if "?" in text]
    assert len(questions) == 1
    assert asked in first.text or "Which film did you enjoy lately" in first.text


def test_a_learned_reader_is_asked_only_where_the_rules_find_nothing() -> None:
    heard: list[str] = []

    class Learned:
        def act(self, text: str, dialogue: Dialogue) -> Act | None:
            heard.append(text)
            return Act.THANKS

        def outside(self, text: str, dialogue: Dialogue) -> bool:
            return False

        def verdict(self, text: str, dialogue: Dialogue) -> Literal["like", "dislike"] | None:
            return None

    reader = Understanding(knowledge_of(FILMS, "films"), Learned())
    dialogue = Dialogue.read([SYSTEM, HumanMessage("x")])
    assert Act.THANKS in reader.read("blessings upon your house", dialogue).acts
    assert reader.read("a comedy please", dialogue).acts == [Act.RECOMMEND]
    assert heard == ["blessings upon your house"]
