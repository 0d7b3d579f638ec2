"""Requests in other languages: the right tool, an answer in the language, nothing in it unsupported."""

import re
from dataclasses import fields

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from agent.builtin.languages import detect
from agent.builtin.phrases import LANGUAGES
from agent.builtin.phrases.reasons import told
from agent.builtin.smalltalk import fresh
from agent.evidence import ItemCard, Reason, ToolPayload
from agent.grounding import check_sentence
from agent.grounding.support import support_of
from agent.sentences import SentenceBuffer
from tests.agent.builtin.test_answers import finish, language_of
from tests.agent.builtin.test_policy import FILM_MODEL

REQUESTS = [
    ("es", "Recomiéndame una película de terror, por favor", "recommend"),
    ("es", "Hola, ¿puedes recomendar algo?", "recommend"),
    ("es", "Algo más antiguo, por favor", "recommend"),
    ("es", "¿Por qué la primera?", "explain"),
    ("es", "¿Qué sabes de mí, por favor?", "show_profile"),
    ("es", "compara Heat con Alien por favor", "compare"),
    ("es", "Gracias por la película", None),
    ("de", "Ich suche einen Film wie Heat, aber ohne Gewalt", "similar_items"),
    ("de", "Hallo, kannst du mir etwas empfehlen?", "recommend"),
    ("de", "Etwas älteres bitte", "recommend"),
    ("de", "Warum der erste, bitte?", "explain"),
    ("de", "Was weißt du über mich?", "show_profile"),
    ("de", "Vergleiche Heat und Alien bitte", "compare"),
    ("de", "Ich mag Alien und Heat", "remember_taste"),
    ("de", "Danke dir, das ist gut", None),
    ("zh", "推荐一部科幻电影", "recommend"),
    ("zh", "推荐类似《Heat》的电影", "similar_items"),
    ("zh", "更老的", "recommend"),
    ("zh", "为什么第一部？", "explain"),
    ("zh", "你知道我什么？", "show_profile"),
    ("zh", "比较 Heat 和 Alien", "compare"),
    ("es", "compara Heat con Alien", "compare"),
    ("es", "¿Quién dirigió Heat?", "item_facts"),
    ("es", "No me gusta el terror", "remember_taste"),
    ("es", "ya la he visto, Alien", "give_feedback"),
    ("de", "Vergleiche Heat mit Alien bitte", "compare"),
    ("de", "Wer hat bei Heat Regie geführt?", "item_facts"),
    ("de", "Wie lange dauert Alien?", "item_facts"),
    ("de", "Erzähl mir etwas über Alien", "item_facts"),
    ("de", "Ich hasse Horrorfilme", "remember_taste"),
    ("de", "Ich habe Alien schon gesehen", "give_feedback"),
    ("de", "etwas wie Alien, aber ohne Horror", "recommend"),
    ("zh", "《Heat》的导演是谁？", "item_facts"),
    ("zh", "我讨厌恐怖片", "remember_taste"),
    ("es", "¿Quién dirigió la primera?", "item_facts"),
    ("de", "Wer hat bei dem ersten Regie geführt?", "item_facts"),
    ("zh", "你好", None),
    ("zh", "谢谢", None),
]


def own_text(code: str) -> list[str]:
    """Return every whole sentence of a language, without patterns."""
    phrases = LANGUAGES[code]
    found: list[str] = []
    for field in fields(phrases):
        value = getattr(phrases, field.name)
        found += value if isinstance(value, tuple) else value.values() if isinstance(value, dict) else [value]
    return [text for text in found if len(text) > 3 and "{" not in text]


@pytest.mark.parametrize(("code", "said", "tool"), REQUESTS)
def test_a_request_gets_its_tool_and_a_supported_answer_in_its_language(code, said, tool):
    messages, payloads, text = finish(FILM_MODEL, "list", said)
    found = detect(said)
    assert found is not None
    assert found.code == code
    called = [p.tool for p in payloads]
    assert tool in called if tool else not called
    phrases = LANGUAGES[code]
    patterns = [phrases.why, phrases.facts, *phrases.noted.values()]
    own = [*own_text(code), *(re.split(r"[*{]", pattern, maxsplit=1)[0] for pattern in patterns)]
    assert any(phrase and phrase in text for phrase in own), text
    earlier = [ToolPayload.model_validate_json(m.text) for m in messages if isinstance(m, ToolMessage)]
    words = [m.text for m in messages if isinstance(m, HumanMessage)]
    support = support_of(payloads, [card for payload in earlier for card in payload.items], words)
    buffer = SentenceBuffer()
    for sentence in buffer.feed(text) + buffer.flush():
        verdict = check_sentence(sentence, support, language_of(FILM_MODEL.knowledge))
        assert not verdict.unsupported, (sentence, text)


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_no_sentence_of_a_language_is_taken_for_a_claim(code):
    support = support_of([], [], [])
    for text in own_text(code):
        buffer = SentenceBuffer()
        for sentence in buffer.feed(text) + buffer.flush():
            verdict = check_sentence(sentence, support, language_of(FILM_MODEL.knowledge))
            assert not verdict.unsupported, sentence


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_patterns_of_a_language_fill_in_the_same_names(code):
    for field in fields(LANGUAGES[code]):
        values = [getattr(one, field.name) for one in (LANGUAGES["de"], LANGUAGES[code])]
        assert all(values)
        if isinstance(values[0], str):
            first, other = (set(re.findall(r"\{(\w+)\}", value)) for value in values)
            assert first == other, field.name


@pytest.mark.parametrize("code", sorted(LANGUAGES))
def test_a_reason_whose_names_are_not_the_items_own_is_left_out_not_guessed(code):
    older = Reason(kind="attribute", text="is older than Alien", names=["Alien"])
    shared = Reason(
        kind="path", text="shares the director Michael Mann with Heat", names=["Michael Mann", "Heat"]
    )
    card = ItemCard(id="thief", title="Thief", facts={"director": ["Michael Mann"]}, reasons=[older, shared])
    (clause,) = told(card, LANGUAGES[code])
    assert "Michael Mann" in clause
    assert "Heat" in clause


def test_an_opening_does_not_come_twice_in_a_row():
    options = ("These may suit you:", "You could try these:")
    for seed in map(str, range(20)):
        assert fresh(options, seed, f"{options[0]}\n\n1. **Heat**") == options[1]
    assert {fresh(options, str(seed), "") for seed in range(20)} == set(options)


def test_an_answer_goes_on_in_the_language_of_the_message_before():
    german = detect("Ich suche einen Film wie Heat")
    assert german is not None
    assert detect("Warum der?") is None or detect("Warum der?") is german
    assert detect("und der zweite", german) is german
    assert detect("and the second one", german) is None
    assert detect("Das Boot") is None
    assert detect("Die Hard") is None
    assert detect("La La Land") is None


@pytest.mark.parametrize(
    "said", ["something like Alien, but without Horror", "etwas wie Alien, aber ohne Horror"]
)
def test_a_title_of_plain_words_is_not_said_to_be_lacking(said):
    _, _, text = finish(FILM_MODEL, "", said)
    assert "not in this catalogue" not in text
