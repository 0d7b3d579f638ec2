"""Whatever is written, it is answered: no exception, no argument that a tool would refuse, no long wait."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from agent.builtin.policy import TOOL_NAMES
from tests.agent.builtin.test_answers import finish
from tests.agent.builtin.test_policy import FILM_MODEL, SHOP_MODEL
from tests.agent.builtin.utterances import FILM_ROWS
from tests.agent.builtin.world import CONTEXTS, FILMS, SYSTEM

ARGUMENTS = {name: model for model, name in TOOL_NAMES.items()}
MODELS = (FILM_MODEL, SHOP_MODEL)
PIECES = [
    "I", "love", "hate", "not", "no", "like", "something", "but", "less", "more", "older", "cheaper",
    "the first", "2", "it",
    "him", "and", "or", ",", "?", ".", "!", "why", "who directed", "compare", "forget", "everything",
    "seen", "from the 80s",
    "before "
    "1990", "under two hours", "under 50 euros", "films by", "with", "a", "comedy", "horror",
    "French", "funny",
    "Heat", "Alien", "Titanic (1997)", "Nobody Knows (2031)", "\"quoted\"", "another", "recommend",
    "what about", "undo",
    "Kurosawa", "Tom Cruise", "tents", "how do I return", "hi", "thanks", "is", "than", "three",
    "newer than 2010", "0", "99999",
]  # fmt: skip


def check(answer: AIMessage) -> None:
    assert bool(answer.tool_calls) != bool(answer.text.strip())
    for call in answer.tool_calls:
        ARGUMENTS[call["name"]].model_validate(call["args"])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300), st.sampled_from(sorted(CONTEXTS)), st.sampled_from(MODELS))
def test_any_text_is_answered(said: str, context: str, model: object) -> None:
    assert model in MODELS
    check(
        (FILM_MODEL if model is FILM_MODEL else SHOP_MODEL).answer(
            [SYSTEM, *CONTEXTS[context], HumanMessage(said)]
        )
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=14), st.sampled_from(sorted(CONTEXTS)))
def test_any_mix_of_known_phrases_is_answered(pieces: Sequence[str], context: str) -> None:
    for model in MODELS:
        check(model.answer([SYSTEM, *CONTEXTS[context], HumanMessage(" ".join(pieces))]))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8), st.sampled_from(sorted(CONTEXTS)))
def test_no_title_is_named_that_neither_a_payload_nor_the_person_named(
    pieces: Sequence[str], context: str
) -> None:
    messages, _, text = finish(FILM_MODEL, context, " ".join(pieces))
    known = "\n".join(message.text for message in messages)
    for item in FILMS:
        if f"**{item.label}**" in text or f" {item.label}" in text:
            assert item.title in known


@pytest.mark.parametrize(
    "said",
    [
        "a" * 100_000,
        "like Heat and " * 8_000,
        "no horror, " * 9_000,
        "(" * 50_000,
        "the first and the second or " * 4_000,
        "<t0> <v1> <r2>",
        "'; DROP TABLE films; --",
        "MATCH (n) DETACH DELETE n",
        "\x00\x01\ud800",
        "1" * 5_000,
        "\n" * 10_000,
        "A B C D E F G " * 6_000,
    ],
)
@pytest.mark.timeout(30)
def test_hostile_text_is_answered_soon(said: str) -> None:
    check(FILM_MODEL.answer([SYSTEM, *CONTEXTS["list"], HumanMessage(said)]))


def test_messages_of_other_shapes_are_answered() -> None:
    check(FILM_MODEL.answer([SYSTEM]))
    check(FILM_MODEL.answer([AIMessage("Hello.")]))
    check(FILM_MODEL.answer([HumanMessage([{"type": "text", "text": "a comedy"}])]))


def test_many_people_share_one_instance() -> None:
    rows = [(context, said) for context, said, _ in FILM_ROWS]

    def answer(row: tuple[str, str]) -> tuple[str, object]:
        message = FILM_MODEL.answer([SYSTEM, *CONTEXTS[row[0]], HumanMessage(row[1])])
        return message.text, [(call["name"], call["args"]) for call in message.tool_calls]

    alone = [answer(row) for row in rows]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(answer, rows * 3))
    assert together == alone * 3
