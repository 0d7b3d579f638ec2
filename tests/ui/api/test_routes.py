"""Our own routes against the real server: chat, ranking, reasons, verdicts, the profile."""

import json
import socket
import threading
import time

import pytest

from agent.events import event_adapter

pytestmark = pytest.mark.slow
ASKED = {"text": "Something like Heat but less violent"}


@pytest.fixture
def client(served):
    with served.client() as one:
        yield one


def test_a_turn_comes_as_lines_of_events(client):
    answer = client.post("/v1/chat", json={**ASKED, "thread": "lines"})
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["tastegraph-thread"] == "lines"
    events = [event_adapter.validate_json(line) for line in answer.text.splitlines()]
    assert [events[0].type, events[-1].type] == ["turn_started", "turn_ended"]
    assert "".join(e.text for e in events if e.type == "text").strip() == events[-1].text
    assert len(events[-1].items) == 5


def test_a_turn_comes_as_server_sent_events_when_they_are_asked_for(client):
    answer = client.post("/v1/chat", json=ASKED, headers={"Accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["tastegraph-thread"].startswith("t-")
    blocks = [block.split("\n") for block in answer.text.strip().split("\n\n")]
    for name, data in blocks:
        assert json.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
    assert blocks[-1][0] == "event: turn_ended"


def test_words_come_before_the_turn_is_over(client):
    with client.stream("POST", "/v1/chat", json=ASKED) as answer:
        times = {json.loads(line)["type"]: time.monotonic() for line in answer.iter_lines()}
    assert times["step_started"] < times["step_finished"] < times["turn_ended"]


def test_a_ranking_has_shares_and_reasons_and_keeps_the_limits(client):
    body = {
        "like": ["Heat"],
        "less": ["violent"],
        "year_from": 1999,
        "number_max": {"runtime": 130},
        "limit": 3,
    }
    told = client.post("/v1/recommend", json=body).json()
    assert (told["catalogue"], told["relaxed"], told["degraded"]) == ("films", [], [])
    assert [item["number"] for item in told["items"]] == [1, 2, 3]
    for item in told["items"]:
        assert item["year"] >= 1999
        assert int(item["facts"]["runtime"][0].split()[0]) <= 130
        assert sum(item["shares"].values()) == pytest.approx(item["score"])
        assert item["reasons"]
    scores = [item["score"] for item in told["items"]]
    assert scores == sorted(scores, reverse=True)
    within = client.post(
        "/v1/recommend", json={"include": {"genre": ["Western"]}, "exclude": {"genre": ["Comedy"]}}
    )
    for item in within.json()["items"]:
        assert "Western" in item["facts"]["genre"]
        assert "Comedy" not in item["facts"]["genre"]


def test_what_cannot_all_be_met_is_told(client):
    told = client.post("/v1/recommend", json={"year_from": 2000, "year_to": 1950}).json()
    assert told["items"]
    assert told["relaxed"]


def test_an_explanation_is_the_score_of_the_ranking(client):
    wish = {"like": ["Heat"], "less": ["violent"]}
    first = client.post("/v1/recommend", json={**wish, "limit": 1}).json()["items"][0]
    told = client.post("/v1/explain", json={**wish, "item": first["id"]}).json()
    assert told["item"]["score"] == pytest.approx(first["score"])
    assert told["item"]["shares"] == pytest.approx(first["shares"])
    assert told["facts"][0]["text"].startswith(first["title"])
    assert told["effects"] == []
    client.post("/v1/feedback", json={"item": "The Insider", "verdict": "like"})
    moved = client.post("/v1/explain", json={**wish, "item": first["id"]}).json()["effects"]
    assert [one["statement"] for one in moved] == ["You like The Insider (1999)."]
    assert moved[0]["gain"] == pytest.approx(moved[0]["known"]["score"] - moved[0]["unknown"]["score"])


def test_a_verdict_counts_in_the_next_ranking(client):
    wish = {"like": ["Heat"], "limit": 3}
    first = client.post("/v1/recommend", json=wish).json()["items"][0]["id"]
    told = client.post("/v1/feedback", json={"item": first, "verdict": "dislike"}).json()
    assert "dislike" in told["message"]
    after = client.post("/v1/recommend", json=wish).json()["items"]
    assert first not in [item["id"] for item in after]
    without = client.post("/v1/recommend", json={**wish, "use_profile": False}).json()["items"]
    assert first not in [item["id"] for item in without]


def test_a_profile_is_seen_corrected_taken_along_and_erased(client):
    client.post("/v1/chat", json={"text": "I love slow science fiction", "thread": "taste"}).read()
    known = client.get("/v1/profile").json()["interests"]
    assert known[0]["sentence"] == "I love slow science fiction"
    one = known[0]["id"]
    corrected = client.patch("/v1/profile", json={"interest": one, "opinion": "dislike"}).json()
    assert (corrected["id"], corrected["polarity"]) == (one, -1)
    assert corrected["statement"].startswith("You dislike")
    assert client.patch("/v1/profile", json={"interest": one}).status_code == 422
    exported = client.get("/v1/profile/export").json()
    assert exported["dialogues"]["taste"][0]["said"] == "I love slow science fiction"
    forgotten = client.delete(f"/v1/profile/interests/{one}").json()
    assert forgotten["message"] == "Forgotten: 1 interest."
    assert one not in [i["id"] for i in client.get("/v1/profile").json()["interests"]]
    erased = client.delete("/v1/profile", params={"catalogue": "films"}).json()
    assert "1 conversations" in erased["message"]
    gone = client.get("/v1/profile/export").json()
    assert (gone["interests"], gone["dialogues"]) == ([], {})


def test_an_erased_dialogue_is_not_gone_on_with(client):
    said = [{"role": "user", "content": "Something like Heat"}]
    first = client.post("/v1/chat/completions", json={"model": "films", "messages": said}).json()
    message = first["choices"][0]["message"]
    client.delete("/v1/profile")
    said += [
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "Something newer"},
    ]
    second = client.post("/v1/chat/completions", json={"model": "films", "messages": said}).json()
    told = second["choices"][0]["message"]["tastegraph"]
    assert told["thread"] != message["tastegraph"]["thread"]


def test_health_needs_no_key_and_looks_at_the_parts(served):
    import httpx

    told = httpx.get(f"{served.address}/v1/health", timeout=30).json()
    assert told["status"] == "ok"
    films = told["catalogues"][0]
    assert (films["model"], films["state"], films["chat_model"]) == ("tastegraph/films", "ready", "builtin")
    assert films["degraded"] == []
    assert films["items"] > 100


def test_the_page_of_the_documentation_asks_nobody(served):
    import httpx

    page = httpx.get(f"{served.address}/v1/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'self'")
    assert "<script" not in page.text
    assert 'href="http' not in page.text
    assert 'src="' not in page.text
    description = httpx.get(f"{served.address}/v1/openapi.json").json()
    for path, methods in description["paths"].items():
        for method in methods:
            assert (
                f"{method.upper()} /v1{path.replace('{', '&#123;').replace('}', '&#125;')}</code>"
                in page.text
            )
    assert httpx.get(f"{served.address}/v1/docs.css").headers["content-type"].startswith("text/css")
    for schema in (
        "ChatRequest",
        "CompletionRequest",
        "RecommendBody",
        "ExplainBody",
        "FeedbackBody",
        "CorrectBody",
    ):
        assert description["components"]["schemas"][schema]["examples"]


def test_many_are_answered_at_once_and_each_with_their_own(served):
    answers = {}

    def ask(number):
        with served.client() as one:
            text = f"I love {'westerns' if number % 2 else 'musicals'}"
            one.post("/v1/chat", json={"text": text}).read()
            answers[number] = [i["sentence"] for i in one.get("/v1/profile").json()["interests"]]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert answers == {n: [f"I love {'westerns' if n % 2 else 'musicals'}"] for n in range(12)}


def test_a_client_that_leaves_ends_its_turn_and_frees_the_dialogue(served):
    token = served.token()
    host, port = served.address.removeprefix("http://").split(":")
    body = json.dumps({**ASKED, "thread": "left"}).encode()
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=30) as one:
        one.sendall(head.encode() + body)
        assert b"turn_started" in one.recv(4096) + one.recv(4096)
    with served.client(token) as client:
        events = client.post("/v1/chat", json={**ASKED, "thread": "left"}).text.splitlines()
        assert json.loads(events[-1])["items"]
    assert served.api.metrics.registry.get_sample_value("tastegraph_turns_running") == 0
