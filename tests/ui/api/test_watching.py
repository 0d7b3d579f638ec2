"""What can be seen from behind: log lines without words, counters, spans."""

import json
import logging
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ui.api.keys import Scope

pytestmark = pytest.mark.slow
WORDS = ("zebrafish", "Something like", "Heat", "violent", "Insider", "customer-7", "heat-1995")


def wait_for(there):
    """Wait until something is there, 10 seconds at most."""
    until = time.monotonic() + 10
    while not there() and time.monotonic() < until:
        time.sleep(0.01)


@pytest.fixture
def lines(served):
    """Return a function that gives the log lines since it was made."""
    start = served.log.tell()

    def read(count):
        # A line is written after the last byte has gone out.
        wait_for(lambda: served.log.getvalue()[start:].count("\n") >= count)
        return [json.loads(line) for line in served.log.getvalue()[start:].splitlines()]

    return read


def drive(served, token):
    """Use every route once, with words that nothing but the answer may hold."""
    asked = "Something like Heat but less violent, zebrafish"
    with served.client(token, **{"Tastegraph-User": "customer-7"}) as client:
        said = [{"role": "user", "content": asked}]
        client.post("/v1/chat", json={"text": asked, "thread": "zebrafish"})
        for stream in (True, False):
            body = {"model": "films", "messages": said, "stream": stream}
            client.post("/v1/chat/completions", json=body).raise_for_status()
        client.post("/v1/recommend", json={"like": ["Heat"], "text": asked}).raise_for_status()
        client.post("/v1/recommend", json={"like": ["zebrafish"]})
        client.post("/v1/explain", json={"item": "The Insider"}).raise_for_status()
        client.post("/v1/feedback", json={"item": "Heat", "verdict": "like"}).raise_for_status()
        client.post("/v1/feedback", json={"item": "zebrafish", "verdict": "zebrafish", "zebrafish": 1})
        one = client.get("/v1/profile").json()["interests"][0]["id"]
        client.patch("/v1/profile", json={"interest": one, "subject": "zebrafish"})
        client.get("/v1/profile/export")
        client.get("/v1/models/zebrafish")
        client.get("/v1/zebrafish?zebrafish=zebrafish")
        client.delete("/v1/profile/interests/zebrafish")
        client.delete("/v1/profile")


def test_no_line_of_any_log_holds_what_people_said(served, lines, caplog):
    token = served.token()
    with caplog.at_level(logging.INFO):
        drive(served, token)
    told = lines(15)
    assert len(told) == 15
    # The client of this test writes lines too.
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    written = json.dumps(told) + "\n".join(ours)
    for word in (*WORDS, token, token.rpartition("_")[2]):
        assert word not in written, word
    first = told[0]
    assert {
        key: first[key] for key in ("event", "key", "method", "route", "status", "chars_in", "steps")
    } == {
        "event": "request",
        "key": f"key {served.made}",
        "method": "POST",
        "route": "/v1/chat",
        "status": 200,
        "chars_in": 47,
        "steps": 1,
    }
    assert first["chars_out"] > 100
    assert first["ms"] > 0
    assert {line["route"] for line in told} >= {
        "unknown",
        "/v1/profile/interests/{interest}",
        "/v1/models/{model}",
    }
    assert len({line["request_id"] for line in told}) == 15


def test_what_breaks_is_written_without_its_message(served, lines, monkeypatch):
    def breaks(*_):
        raise RuntimeError("zebrafish")

    with served.client() as client:
        monkeypatch.setattr(served.agents.get("films"), "profile", breaks)
        answer = client.get("/v1/profile")
        assert answer.status_code == 500
        assert "tastegraph doctor" in answer.json()["error"]["message"]
        assert "zebrafish" not in answer.text
        monkeypatch.setattr(served.agents.get("films"), "turn", breaks)
        said = {"model": "films", "messages": [{"role": "user", "content": "hello"}]}
        assert client.post("/v1/chat/completions", json=said).status_code == 500
        for path, body in (
            ("/v1/chat", {"text": "hello"}),
            ("/v1/chat/completions", {**said, "stream": True}),
        ):
            stream = client.post(path, json=body)
            last = json.loads(stream.text.strip().splitlines()[-1].removeprefix("data: "))
            assert last["error"]["code"] == "internal_error"
            assert last["error"]["request_id"] == stream.headers["x-request-id"]
    told = lines(9)
    failures = [line for line in told if line["event"] == "failure"]
    assert {line["error"] for line in failures} == {"RuntimeError"}
    assert "breaks" in failures[0]["frames"][-1]
    assert "zebrafish" not in json.dumps(told)


def test_counters_count_and_name_nobody(served):
    token = served.token()
    with served.client(token) as client:
        before = _samples(client)
        drive(served, token)
        time.sleep(0.2)
        after = _samples(client)

    def more(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after.get(key, 0) - before.get(key, 0)

    assert more("tastegraph_http_requests_total", route="/v1/recommend", method="POST", status="200") == 1
    assert more("tastegraph_http_requests_total", route="/v1/recommend", method="POST", status="404") == 1
    assert more("tastegraph_http_request_seconds_count", route="/v1/chat") == 1
    assert more("tastegraph_turns_total", catalogue="films", outcome="ok") == 3
    assert more("tastegraph_turn_seconds_count", catalogue="films") == 3
    assert more("tastegraph_steps_total", tool="similar_items", ok="true") == 3
    assert more("tastegraph_claims_total", catalogue="films") > 15
    assert ("tastegraph_cut_sentences_total", (("catalogue", "films"),)) in after
    assert ("tastegraph_fallbacks_total", (("catalogue", "films"),)) not in after
    names = {label for _, labels in after for label, _ in labels}
    assert names <= {"route", "method", "status", "le", "catalogue", "outcome", "tool", "ok"}
    assert not any(word in str(list(after)) for word in WORDS)


def _samples(client):
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_request_its_turn_and_its_steps_are_one_trace(served):
    trace = "0af7651916cd43dd8448eb211c80319c"
    with served.client(served.token(Scope.CHAT)) as client:
        served.spans.clear()
        headers = {"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
        body = {"text": "Something like Heat but less violent", "thread": "zebrafish"}
        client.post("/v1/chat", json=body, headers=headers).read()
    wait_for(lambda: len(served.spans.get_finished_spans()) >= 3)
    spans = {span.name: span for span in served.spans.get_finished_spans()}
    request, turn, step = (spans[name] for name in ("POST /v1/chat", "turn", "step similar_items"))
    assert {f"{span.context.trace_id:032x}" for span in (request, turn, step)} == {trace}
    assert turn.parent.span_id == request.context.span_id
    assert step.parent.span_id == turn.context.span_id
    assert request.attributes["http.response.status_code"] == 200
    assert turn.attributes["tastegraph.catalogue"] == "films"
    assert turn.attributes["tastegraph.items"] == 5
    assert step.attributes["tastegraph.ok"] is True
    told = str([dict(span.attributes) for span in spans.values()]) + str(list(spans))
    assert not any(word in told for word in WORDS)


def test_spans_go_out_only_where_the_environment_says_so(monkeypatch):
    from ui.api.tracing import ENDPOINT, Tracing

    monkeypatch.delenv(ENDPOINT, raising=False)
    quiet = Tracing.from_environment()
    assert not quiet.tracer.start_span("x").is_recording()
    monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")
    sending = Tracing.from_environment()
    assert sending.tracer.start_span("x").is_recording()
