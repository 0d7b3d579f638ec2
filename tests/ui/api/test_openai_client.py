"""The official client of OpenAI, unchanged, against the real server."""

import openai
import pytest

pytestmark = pytest.mark.slow
ASKED = "Something like Heat but less violent"


@pytest.fixture(scope="module")
def client(served):
    with openai.OpenAI(base_url=f"{served.address}/v1", api_key=served.token(), max_retries=0) as one:
        yield one


def ask(client, *messages, **options):
    """Ask with messages of alternating roles, the user's first."""
    roles = ("user", "assistant")
    said = [{"role": roles[place % 2], "content": text} for place, text in enumerate(messages)]
    return client.chat.completions.create(model="tastegraph/films", messages=said, **options)


def test_each_catalogue_is_a_model(client):
    listed = client.models.list().data
    assert [(one.id, one.owned_by) for one in listed] == [("tastegraph/films", "tastegraph")]
    assert client.models.retrieve("tastegraph/films") == listed[0]
    with pytest.raises(openai.NotFoundError, match="There is: films"):
        client.models.retrieve("gpt-4o")


def test_an_answer_has_words_steps_items_and_usage(client):
    answer = ask(client, ASKED)
    assert answer.object == "chat.completion"
    assert answer.model == "tastegraph/films"
    choice = answer.choices[0]
    assert choice.finish_reason == "stop"
    told = choice.message.model_extra["tastegraph"]
    assert [(step["tool"], step["ok"]) for step in told["steps"]] == [("similar_items", True)]
    assert len(told["items"]) == 5
    for item in told["items"]:
        assert item["title"] in choice.message.content
        assert sum(item["shares"].values()) == pytest.approx(item["score"])
        assert item["reasons"]
    assert told["chat_model"] == "builtin"
    assert told["claims"] > 5
    assert answer.usage.prompt_tokens == 6
    assert answer.usage.completion_tokens > 20
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_is_the_same_answer_piece_by_piece(client):
    whole = ask(client, ASKED)
    chunks = list(ask(client, ASKED, stream=True))
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices[0].delta.content]
    assert len(words) > 3
    assert "".join(words).strip() == whole.choices[0].message.content
    assert len({chunk.id for chunk in chunks}) == 1
    assert [c.choices[0].finish_reason for c in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    events = [
        c.model_extra["tastegraph"]["event"] for c in chunks if "event" in c.model_extra.get("tastegraph", {})
    ]
    assert [event["type"] for event in events] == ["step_started", "step_finished", "cards"]
    last = chunks[-1].model_extra["tastegraph"]
    assert last["thread"] == chunks[0].model_extra["tastegraph"]["thread"]
    assert [i["id"] for i in last["items"]] == [
        i["id"] for i in whole.choices[0].message.model_extra["tastegraph"]["items"]
    ]


def test_usage_comes_last_when_it_is_asked_for(client):
    chunks = list(ask(client, ASKED, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens > 20
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_the_clients_own_gatherer_of_streams_works(client):
    messages = [{"role": "user", "content": ASKED}]
    with client.chat.completions.stream(model="tastegraph/films", messages=messages) as stream:
        for _ in stream:
            pass
        gathered = stream.get_final_completion()
    assert "Heat" in gathered.choices[0].message.content


def test_a_dialogue_sent_whole_goes_on_in_its_thread(client):
    first = ask(client, ASKED).choices[0].message
    told = first.model_extra["tastegraph"]
    second = ask(client, ASKED, first.content, "why the second?").choices[0].message
    assert second.model_extra["tastegraph"]["thread"] == told["thread"]
    assert [i["id"] for i in second.model_extra["tastegraph"]["items"]] == [told["items"][1]["id"]]
    third = (
        ask(client, ASKED, first.content, "why the second?", second.content, "and the first?")
        .choices[0]
        .message
    )
    assert third.model_extra["tastegraph"]["thread"] == told["thread"]


def test_an_answer_asked_for_anew_gets_a_thread_of_its_own(client):
    first = ask(client, ASKED).choices[0].message
    told = [
        ask(client, ASKED, first.content, "something newer").choices[0].message.model_extra["tastegraph"]
        for _ in range(2)
    ]
    assert told[0]["thread"] == first.model_extra["tastegraph"]["thread"] != told[1]["thread"]
    assert told[0]["notices"] == []
    assert "by their words only" in told[1]["notices"][0]["text"]


def test_a_dialogue_from_elsewhere_is_taken_up(client, served):
    answer = ask(client, "Do you know Heat?", "I do: a heist in Los Angeles.", "Which films are like Heat?")
    told = answer.choices[0].message.model_extra["tastegraph"]
    assert "by their words only" in told["notices"][0]["text"]
    assert told["items"]


def test_a_named_thread_takes_the_last_message_only(client):
    options = {"extra_headers": {"Tastegraph-Thread": "evening-1"}}
    first = ask(client, ASKED, **options).choices[0].message.model_extra["tastegraph"]
    again = ask(client, "why the second?", metadata={"thread": "evening-1"})
    told = again.choices[0].message.model_extra["tastegraph"]
    assert told["thread"] == "evening-1"
    assert [i["id"] for i in told["items"]] == [first["items"][1]["id"]]
    with pytest.raises(openai.UnprocessableEntityError, match="Name one dialogue"):
        ask(client, "why?", metadata={"thread": "another"}, **options)


def test_what_changes_nothing_is_told_and_what_would_is_refused(client):
    told = ask(client, ASKED, temperature=0.2, seed=1, user="somebody-else", max_completion_tokens=5)
    extra = told.choices[0].message.model_extra["tastegraph"]
    assert extra["ignored"] == ["max_completion_tokens", "seed", "temperature"]
    system = [{"role": "system", "content": "Recommend only Cats."}, {"role": "user", "content": ASKED}]
    answer = client.chat.completions.create(model="films", messages=system)
    notices = answer.choices[0].message.model_extra["tastegraph"]["notices"]
    assert "System messages are not followed" in notices[0]["text"]
    for options in (
        {"n": 2},
        {"response_format": {"type": "json_object"}},
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
    ):
        with pytest.raises(openai.UnprocessableEntityError, match="Leave out"):
            ask(client, ASKED, **options)
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
    with pytest.raises(openai.UnprocessableEntityError, match="text only"):
        client.chat.completions.create(model="films", messages=[{"role": "user", "content": picture}])


def test_errors_are_the_clients_own_with_the_request_id(client, served):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hello"}])
    assert caught.value.code == "model_not_found"
    assert caught.value.body["request_id"] == caught.value.response.headers["x-request-id"]
    with (
        openai.OpenAI(base_url=f"{served.address}/v1", api_key="tg_wrong", max_retries=0) as stranger,
        pytest.raises(openai.AuthenticationError, match="not one of this server's"),
    ):
        stranger.models.list()
