"""What is said: grounded in the payloads, deterministic, and the same streamed or whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import StructuredTool
from pydantic import BaseModel

from agent.builtin.model import BuiltinChatModel
from agent.builtin.policy import TOOL_NAMES
from agent.evidence import ToolPayload
from agent.grounding import Language, Mention, check_sentence
from agent.grounding.plain_words import PLAIN_WORDS
from agent.grounding.support import support_of
from agent.knowledge import Knowledge
from agent.sentences import SentenceBuffer
from tests.agent.builtin.test_policy import ALL_ROWS, FILM_MODEL, SHOP_MODEL
from tests.agent.builtin.utterances import Row
from tests.agent.builtin.world import CONTEXTS, HEAT_LIST, SYSTEM, answer_to, listed

PACKS = ("Ostrel Trail Backpack", "Zelkin City Backpack")


def finish(
    model: BuiltinChatModel, context: str, said: str
) -> tuple[list[BaseMessage], list[ToolPayload], str]:
    """Run a turn to its final text: the messages, the turn's payloads, the text."""
    messages: list[BaseMessage] = [SYSTEM, *CONTEXTS[context], HumanMessage(said)]
    answer = model.answer(messages)
    payloads: list[ToolPayload] = []
    if answer.tool_calls:
        messages.append(answer)
        labels = HEAT_LIST if model is FILM_MODEL else PACKS
        for call in answer.tool_calls:
            payloads.append(answer_to(call, labels))
            content = payloads[-1].model_dump_json(exclude_defaults=True)
            messages.append(ToolMessage(content, tool_call_id=call["id"], name=call["name"]))
        answer = model.answer(messages)
        assert not answer.tool_calls
    return messages, payloads, answer.text


def language_of(knowledge: Knowledge) -> Language:
    def find(text: str) -> Iterable[Mention]:
        for mention in knowledge.linker.find(text):
            if mention.entity.kind in ("film", "product"):
                yield Mention(mention.start, mention.end, frozenset({mention.entity.id}))

    return Language(find, PLAIN_WORDS)


@pytest.mark.parametrize(("model", "row"), ALL_ROWS, ids=[f"{r[0]}: {r[1]}"[:70] for _, r in ALL_ROWS])
def test_every_answer_is_supported_by_its_evidence(model: BuiltinChatModel, row: Row) -> None:
    context, said, _ = row
    messages, payloads, text = finish(model, context, said)
    assert text.strip()
    earlier = [ToolPayload.model_validate_json(m.text) for m in messages if isinstance(m, ToolMessage)]
    words = [m.text for m in messages if isinstance(m, HumanMessage)]
    support = support_of(payloads, [card for payload in earlier for card in payload.items], words)
    language = language_of(model.knowledge)
    buffer = SentenceBuffer()
    for sentence in buffer.feed(text) + buffer.flush():
        assert not check_sentence(sentence, support, language).unsupported, (sentence, text)


def test_a_list_is_numbered_with_reasons_word_for_word() -> None:
    _, payloads, text = finish(FILM_MODEL, "", "something like Heat but less violent")
    for number, card in enumerate(payloads[0].items, 1):
        line = next(line for line in text.splitlines() if line.startswith(f"{number}. **{card.label}** "))
        assert card.reasons[0].text in line
    assert "less violent" in text


def test_why_tells_the_reasons_and_the_shares_and_that_behaviour_is_simulated() -> None:
    _, payloads, text = finish(FILM_MODEL, "list", "why the first one?")
    assert all(reason.text in text for reason in payloads[0].items[0].reasons)
    assert "graph" in text
    assert "simulated" in text


def test_notes_and_questions_are_passed_on() -> None:
    said = HumanMessage("a western from 2020")
    call = FILM_MODEL.answer([SYSTEM, said])
    payload = ToolPayload(
        tool="recommend",
        items=listed(["Unforgiven (1992)"]),
        notes=["Nothing meets everything."],
        question="Is that fine?",
    )
    result = ToolMessage(
        payload.model_dump_json(exclude_defaults=True), tool_call_id=call.tool_calls[0]["id"]
    )
    text = FILM_MODEL.answer([SYSTEM, said, call, result]).text
    assert "Nothing meets everything." in text
    assert text.endswith("Is that fine?")


def test_a_failed_tool_is_said_in_its_words() -> None:
    said = HumanMessage("a western")
    call = FILM_MODEL.answer([SYSTEM, said])
    payload = ToolPayload(tool="recommend", ok=False, say="The knowledge graph does not answer.")
    result = ToolMessage(payload.model_dump_json(), tool_call_id=call.tool_calls[0]["id"])
    assert "The knowledge graph does not answer." in FILM_MODEL.answer([SYSTEM, said, call, result]).text
    broken = ToolMessage("Error: boom", tool_call_id=call.tool_calls[0]["id"], name="recommend")
    assert "did not work" in FILM_MODEL.answer([SYSTEM, said, call, broken]).text


def test_a_title_that_the_catalogue_lacks_is_named_as_such() -> None:
    _, _, text = finish(FILM_MODEL, "", "a comedy like Super Troopers (2001)")
    assert "Super Troopers (2001) is not in this catalogue" in text


def test_a_yes_or_no_question_is_answered_from_the_facts() -> None:
    assert finish(SHOP_MODEL, "tents", "is the second one waterproof?")[2].startswith("Yes")
    assert "The catalogue does not say so" in finish(SHOP_MODEL, "tents", "does the first come in blue?")[2]


def test_a_comparison_is_a_table() -> None:
    text = finish(FILM_MODEL, "list", "compare 1 and 3")[2]
    assert "| director | John Frankenheimer | Michael Mann |" in text


def test_a_spanish_message_is_answered_in_spanish() -> None:
    text = finish(FILM_MODEL, "", "quiero una comedia sin romance por favor")[2]
    assert "catálogo" in text
    assert "inglés" not in text
    assert "catalogue" not in text


def test_one_question_and_never_twice() -> None:
    first = FILM_MODEL.answer([SYSTEM, HumanMessage("recommend something")])
    assert not first.tool_calls
    assert first.text.endswith("?")
    second = FILM_MODEL.answer(
        [SYSTEM, HumanMessage("recommend something"), first, HumanMessage("just recommend something")]
    )
    assert [call["name"] for call in second.tool_calls] == ["recommend"]


def test_the_answer_to_a_question_of_a_tool_completes_the_call() -> None:
    said = HumanMessage("how long is Titanic?")
    call = FILM_MODEL.answer([SYSTEM, said])
    payload = ToolPayload(tool="item_facts", question="Do you mean Titanic (1953) or Titanic (1997)?")
    result = ToolMessage(payload.model_dump_json(), tool_call_id=call.tool_calls[0]["id"], name="item_facts")
    asked = FILM_MODEL.answer([SYSTEM, said, call, result])
    again = FILM_MODEL.answer([SYSTEM, said, call, result, asked, HumanMessage("the 1953 one")])
    assert again.tool_calls[0]["args"] == {"title": "Titanic (1953)", "facets": ["runtime"]}


def test_what_contradicted_is_settled_by_the_next_message() -> None:
    said = HumanMessage("a French comedy without comedy")
    asked = FILM_MODEL.answer([SYSTEM, said])
    assert asked.text.endswith("Which one counts?")
    settled = FILM_MODEL.answer([SYSTEM, said, asked, HumanMessage("no comedy")])
    assert settled.tool_calls[0]["args"] == {"include": ["France"], "exclude": ["Comedy"]}


def test_the_same_messages_get_the_same_answer_streamed_or_whole() -> None:
    messages, _, text = finish(FILM_MODEL, "", "something like Heat but less violent")
    assert finish(FILM_MODEL, "", "something like Heat but less violent")[2] == text
    chunks = list(FILM_MODEL.stream(messages))
    assert len(chunks) > 10
    assert "".join(chunk.text for chunk in chunks) == text
    calls = list(FILM_MODEL.stream([SYSTEM, HumanMessage("films by Kurosawa")]))
    streamed = calls[0]
    for chunk in calls[1:]:
        streamed = streamed + chunk
    whole = FILM_MODEL.invoke([SYSTEM, HumanMessage("films by Kurosawa")])
    assert [(c["name"], c["args"]) for c in streamed.tool_calls] == [
        (c["name"], c["args"]) for c in whole.tool_calls
    ]


def _tool(name: str, arguments: type[BaseModel], model: Callable[[], BuiltinChatModel]) -> StructuredTool:
    def run(**given: object) -> str:
        call = {"name": name, "args": json.loads(arguments(**given).model_dump_json(exclude_defaults=True))}
        return answer_to(call, HEAT_LIST).model_dump_json(exclude_defaults=True)

    return StructuredTool.from_function(run, name=name, description=name, args_schema=arguments)


def test_it_drives_the_agent_loop() -> None:
    tools = [_tool(name, arguments, lambda: FILM_MODEL) for arguments, name in TOOL_NAMES.items()]
    loop = create_agent(FILM_MODEL, tools)
    first = loop.invoke({"messages": [HumanMessage("something like Heat but less violent")]})["messages"]
    assert "1. **Ronin (1998)**" in first[-1].text
    second = loop.invoke({"messages": [*first, HumanMessage("I loved the first. Who directed it?")]})[
        "messages"
    ]
    names = [call["name"] for m in second[len(first) :] if isinstance(m, AIMessage) for call in m.tool_calls]
    assert names == ["give_feedback", "item_facts"]
    assert "John Frankenheimer directed **Ronin (1998)**." in second[-1].text


def test_tools_that_are_not_bound_are_not_called() -> None:
    only_facts = [
        {"type": "function", "function": {"name": "item_facts", "description": "", "parameters": {}}}
    ]
    answer = FILM_MODEL.answer([SYSTEM, HumanMessage("a comedy")], only_facts)
    assert not answer.tool_calls
    assert answer.text
