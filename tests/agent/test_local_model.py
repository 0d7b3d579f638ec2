"""The small model in process: the kept prefix changes nothing, people wait their turn, calls come back as calls."""

import json
import threading

import pytest
import torch
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from agent.brief import RULES, brief
from agent.completion import completed
from agent.errors import ChatModelUnavailable
from agent.evidence import ItemCard, ToolPayload
from agent.local_model import LocalChatModel
from agent.prompts import REWRITE
from agent.serving.weights import CHAT_TEMPLATE
from agent.small_model import NOTHING, SmallChatModel
from agent.tools import ALL_TOOLS
from agent.tools.payloads import to_json


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model with random weights and a tokenizer of bytes: what it writes means nothing, how it writes does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    raw = Tokenizer(models.BPE(vocab={letter: k for k, letter in enumerate(letters)}, merges=[]))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>")
    tokenizer.chat_template = CHAT_TEMPLATE.read_text(encoding="utf-8")
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=4096,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny-model")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def asked(text: str) -> list:
    return [SystemMessage(RULES), HumanMessage(text)]


def test_kept_prefix_gives_what_the_model_writes_without_it(folder):
    model = LocalChatModel(folder=folder, max_tokens=12)
    kept = model.bind_tools(ALL_TOOLS)
    first, second = kept.invoke(asked("something funny")).text, kept.invoke(asked("who made Heat?")).text
    tools = kept.kwargs["tools"]
    for text, told in (("something funny", first), ("who made Heat?", second)):
        prompt = model.prompt_tokens(asked(text), tools)
        *_, (alone, _) = model.write(prompt, 0)
        assert alone == told


def test_streams_in_pieces_that_make_the_whole_and_says_why_it_ended(folder):
    model = LocalChatModel(folder=folder, max_tokens=8)
    pieces = list(model.stream(asked("hello")))
    assert "".join(str(piece.content) for piece in pieces) == model.invoke(asked("hello")).text
    reasons = [piece.response_metadata.get("finish_reason") for piece in pieces]
    assert len(pieces) > 3
    assert [reason for reason in reasons if reason] in (["stop"], ["length"])


def test_a_required_call_begins_as_one(folder):
    bound = LocalChatModel(folder=folder, max_tokens=4).bind_tools(ALL_TOOLS, tool_choice="recommend")
    assert bound.invoke(asked("x")).text.startswith('<tool_call>{"name": "recommend", "arguments": ')


def test_who_waits_too_long_is_told(folder):
    model = LocalChatModel(folder=folder, max_tokens=4, wait=0.05)
    entered, leave = threading.Event(), threading.Event()

    def hold():
        stream = model.stream(asked("first"))
        next(stream)
        entered.set()
        leave.wait(10)
        list(stream)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(30)
    with pytest.raises(ChatModelUnavailable, match="other people"):
        model.invoke(asked("second"))
    leave.set()
    thread.join()
    assert model.invoke(asked("third")).text is not None


def test_missing_weights_say_what_to_do(tmp_path):
    with pytest.raises(ChatModelUnavailable, match="llm prepare"):
        LocalChatModel(folder=tmp_path / "none").invoke(asked("hi"))


def small(*answers: str) -> SmallChatModel:
    return SmallChatModel(inner=_Fake(messages=iter([AIMessage(answer) for answer in answers])))


class _Fake(GenericFakeChatModel):
    def bind_tools(self, tools, **_):
        return self


def shown(*titles: str) -> list:
    cards = [ItemCard(number=k, id=f"film:{t}", title=t, year=1995) for k, t in enumerate(titles, 1)]
    call = {"name": "recommend", "args": {}, "id": "1", "type": "tool_call"}
    payload = to_json(ToolPayload(tool="recommend", items=cards))
    return [
        HumanMessage("something good"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(payload, tool_call_id="1", name="recommend"),
        AIMessage("Here: Heat."),
    ]


def test_calls_in_tags_come_back_as_calls_with_what_was_shown_left_out():
    text = '<tool_call>{"name": "recommend", "arguments": {"include": ["crime"]}}</tool_call>'
    answer = small(text).bind_tools(ALL_TOOLS).invoke([*shown("Heat"), HumanMessage("another, a crime film")])
    (call,) = answer.tool_calls
    assert call["name"] == "recommend"
    assert call["args"] == {"include": ["crime"], "exclude": ["Heat (1995)"]}
    assert answer.text == ""


def test_text_comes_back_as_text():
    answer = small("Hello! What do you feel like?").bind_tools(ALL_TOOLS).invoke([HumanMessage("hi")])
    assert answer.text == "Hello! What do you feel like?"
    assert not answer.tool_calls


def test_a_sentence_is_not_written_again():
    prompt = REWRITE.format(claims="x", evidence="y", sentence="z")
    assert small().invoke([HumanMessage(prompt)]).text == NOTHING


def test_a_wish_without_arguments_takes_the_words():
    call = {"name": "recommend", "args": {}, "id": "1", "type": "tool_call"}
    (whole,) = completed([call], [HumanMessage("surprise me")])
    assert whole["args"] == {"text": "surprise me"}


@pytest.mark.parametrize(
    ("said", "written", "kept"),
    [
        ("I'm looking for a film like Heat (1995)", ["Comedy"], []),
        ("something to make me laugh", ["Comedy"], ["Comedy"]),
        ("a more matured one", ["more mature"], ["more mature"]),
        ("maybe for my kids", ["Family", "Horror"], ["Family"]),
        ("romcoms please", ["Romance", "Comedy"], ["Romance", "Comedy"]),
        ("with al pacino", ["Al Pacino"], ["Al Pacino"]),
        ("Any good movies?", ["Film"], []),
        ("给我一部喜剧片", ["喜剧"], ["喜剧"]),
    ],
)
def test_a_wish_keeps_what_was_said_and_nothing_else(said, written, kept):
    call = {
        "name": "recommend",
        "args": {"include": written, "like": ["Heat (1995)"]},
        "id": "1",
        "type": "tool_call",
    }
    (whole,) = completed([call], [HumanMessage("hi"), AIMessage("Hello."), HumanMessage(said)])
    assert whole["args"].get("include", []) == kept
    assert ("like" in whole["args"]) is ("Heat" in said)
    # Nothing that was said is lost where the model heard none of it.
    assert whole["args"].get("text", "") == ("" if kept or "Heat" in said else said)


def test_short_form_tells_lists_by_their_titles_and_results_as_lines():
    messages = brief([SystemMessage("Long rules."), *shown("Heat", "Ronin"), HumanMessage("why the second?")])
    assert [str(m.text) for m in messages] == [
        RULES,
        "something good",
        "Shown: 1. Heat (1995); 2. Ronin (1995)",
        "why the second?",
    ]
    payload = ToolPayload(tool="recommend", items=[ItemCard(number=1, id="a", title="Up", year=2009)])
    call = {"name": "recommend", "args": {}, "id": "1", "type": "tool_call"}
    current = [
        HumanMessage("x"),
        AIMessage("", tool_calls=[call]),
        ToolMessage(to_json(payload), tool_call_id="1"),
    ]
    assert brief(current)[-1].text == "1. Up (2009)"
    assert json.loads(to_json(payload))["items"]
