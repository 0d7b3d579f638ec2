"""Who is let in, as whom, how often, and with how much."""

import json
import socket
import time

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette

from tests.ui.samples import small_workspace
from ui.agents import Agents
from ui.api.app import Api
from ui.api.keys import KeyStore, Scope

pytestmark = pytest.mark.slow
LIKE_HEAT = {"item": "Heat", "verdict": "like"}
ROUTES = [
    ("POST", "/v1/chat/completions", Scope.CHAT),
    ("GET", "/v1/models", Scope.CHAT),
    ("POST", "/v1/chat", Scope.CHAT),
    ("POST", "/v1/recommend", Scope.RECOMMEND),
    ("POST", "/v1/explain", Scope.RECOMMEND),
    ("POST", "/v1/feedback", Scope.FEEDBACK),
    ("GET", "/v1/profile", Scope.PROFILE),
    ("PATCH", "/v1/profile", Scope.PROFILE),
    ("DELETE", "/v1/profile", Scope.PROFILE),
    ("GET", "/v1/profile/export", Scope.PROFILE),
    ("DELETE", "/v1/profile/interests/x", Scope.PROFILE),
    ("GET", "/v1/metrics", Scope.METRICS),
    ("GET", "/metrics", Scope.METRICS),
]


def error(answer):
    """Return the error of an answer, which has the one form and the request's id."""
    told = answer.json()["error"]
    assert set(told) == {"message", "type", "param", "code", "request_id"}
    assert told["request_id"] == answer.headers["x-request-id"]
    assert len(told["message"]) > 20
    return answer.status_code, told["code"]


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_every_route_asks_for_its_scope(served, method, path, scope):
    others = tuple(one for one in Scope if one != scope)
    with served.client(served.token(*others)) as client:
        assert error(client.request(method, path)) == (403, "missing_scope")
    with served.client(served.token(scope)) as client:
        assert client.request(method, path).status_code in (200, 404, 422)
    with httpx.Client(base_url=served.address) as nobody:
        answer = nobody.request(method, path)
        assert error(answer) == (401, "missing_key")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_route_that_needs_a_key_is_in_the_list_above(served):
    free = {("GET", "/v1/health")}
    described = {
        (method.upper(), f"/v1{path}")
        for path, methods in served.api.openapi()["paths"].items()
        for method in methods
    }
    listed = {(method, path.replace("/x", "/{interest}")) for method, path, _ in ROUTES}
    assert described - free - {("GET", "/v1/models/{model}")} == listed - {("GET", "/metrics")}


def test_a_revoked_or_expired_key_is_refused_at_once(served):
    token = served.token()
    with served.client(token) as client:
        assert client.get("/v1/models").status_code == 200
        served.keys.revoke(f"key {served.made}")
        assert error(client.get("/v1/models")) == (401, "revoked_key")


def test_two_keys_see_nothing_of_each_other(served):
    with served.client() as ann, served.client() as bob:
        assert ann.post("/v1/feedback", json=LIKE_HEAT).status_code == 200
        told = ann.get("/v1/profile").json()["interests"]
        assert [one["statement"] for one in told] == ["You like Heat (1995)."]
        assert bob.get("/v1/profile").json()["interests"] == []
        one = told[0]["id"]
        answer = bob.patch("/v1/profile", json={"interest": one, "opinion": "dislike"})
        assert error(answer) == (404, "unknown_interest")
        assert error(bob.delete(f"/v1/profile/interests/{one}")) == (404, "unknown_interest")
        body = {"text": "Something like Heat but less violent", "thread": "shared"}
        assert ann.post("/v1/chat", json=body).status_code == 200
        assert bob.get("/v1/profile/export").json()["dialogues"] == {}
        assert bob.delete("/v1/profile").status_code == 200
        kept = ann.get("/v1/profile/export").json()
        assert len(kept["dialogues"]["shared"]) == len(kept["interests"]) == 1


def test_no_body_names_the_person(served):
    with served.client() as ann, served.client() as bob:
        whose = bob.get("/v1/profile/export").json()["user"]
        assert error(ann.post("/v1/feedback", json={**LIKE_HEAT, "user": whose})) == (422, "invalid_request")
        said = [{"role": "user", "content": "I love westerns"}]
        body = {"model": "films", "messages": said, "user": whose, "metadata": {"user": whose}}
        assert ann.post("/v1/chat/completions", json=body).status_code == 200
        assert bob.get("/v1/profile").json()["interests"] == []
        assert [one["subject"] for one in ann.get("/v1/profile").json()["interests"]] != []


def test_a_key_may_speak_for_people_of_its_own_with_the_scope_alone(served):
    first, second = served.token(), served.token()
    seven = {"Tastegraph-User": "customer-7"}
    with served.client(first) as one, served.client(second) as other:
        assert one.post("/v1/feedback", json=LIKE_HEAT, headers=seven).status_code == 200
        assert len(one.get("/v1/profile", headers=seven).json()["interests"]) == 1
        assert one.get("/v1/profile").json()["interests"] == []
        assert other.get("/v1/profile", headers=seven).json()["interests"] == []
        bad = one.get("/v1/profile", headers={"Tastegraph-User": "a:b"})
        assert error(bad) == (422, "invalid_request")
    with served.client(served.token(Scope.PROFILE)) as alone:
        assert error(alone.get("/v1/profile", headers=seven)) == (403, "missing_scope")


def test_a_key_has_a_rate_of_its_own(served):
    with served.client(served.token(rate="2/minute")) as client, served.client() as other:
        first = client.get("/v1/models")
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert client.get("/v1/models").status_code == 200
        answer = client.get("/v1/models")
        assert error(answer) == (429, "rate_limited")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert other.get("/v1/models").status_code == 200


def test_a_body_is_refused_before_it_is_read_whole(served):
    token = served.token()
    host, port = served.address.removeprefix("http://").split(":")
    head = f"POST /v1/chat HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
    head += "Content-Type: application/json\r\n"
    with socket.create_connection((host, int(port)), timeout=30) as one:
        one.sendall(f"{head}Content-Length: 1000000000\r\n\r\n{{".encode())
        assert one.recv(20).startswith(b"HTTP/1.1 413")
    with socket.create_connection((host, int(port)), timeout=30) as one:
        one.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(5):
            one.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
        assert one.recv(20).startswith(b"HTTP/1.1 413")
    with served.client(token) as client:
        assert error(client.post("/v1/chat", json={"text": "x" * 50_000})) == (413, "body_too_large")


def test_every_other_error_has_the_one_form(served):
    with served.client() as client:
        assert error(client.get("/v1/nothing")) == (404, "unknown_route")
        answer = client.put("/v1/chat", json={})
        assert error(answer) == (405, "wrong_method")
        assert answer.headers["allow"] == "POST"
        for kind in ("text/plain", "multipart/form-data; boundary=x", ""):
            wrong = client.post("/v1/chat", content=b'{"text": "hi"}', headers={"Content-Type": kind})
            assert error(wrong) == (415, "wrong_content_type")
        broken = client.post("/v1/chat", content=b"{", headers={"Content-Type": "application/json"})
        assert error(broken) == (422, "invalid_json")
        assert error(client.post("/v1/chat", json={"text": "x" * 5000})) == (422, "text_too_long")
        wrong = client.post("/v1/feedback", json={"item": "Heat", "verdict": "SECRETWORD"})
        assert error(wrong) == (422, "invalid_request")
        assert "verdict" in wrong.text
        assert "SECRETWORD" not in wrong.text
        unknown = client.post("/v1/explain", json={"item": "Haet"})
        assert error(unknown) == (404, "unknown_item")
        assert "Heat (1995)" in unknown.json()["error"]["message"]
        assert error(client.get("/v1/profile?catalogue=music")) == (404, "unknown_catalogue")


def test_a_request_id_is_taken_over_when_it_can_be(served):
    with served.client() as client:
        given = client.get("/v1/health", headers={"X-Request-ID": "trace.me-0001"})
        assert given.headers["x-request-id"] == "trace.me-0001"
        for bad in ("short", "x" * 65, 'a"b{c}d-e', "with space"):
            made = client.get("/v1/health", headers={"X-Request-ID": bad}).headers["x-request-id"]
            assert made != bad
            assert made.startswith("req-")


def without_agents(tmp_path, local):
    """Return a client of an API whose catalogue is not open yet."""
    api = Api(
        Agents({"films": small_workspace(tmp_path / "films").path}),
        KeyStore(tmp_path / "keys"),
        local,
    )
    app = Starlette()
    api.add_to(app)
    return TestClient(app, base_url="http://127.0.0.1"), KeyStore(tmp_path / "keys")


def test_on_this_machine_no_key_is_needed_until_there_is_one(tmp_path):
    client, keys = without_agents(tmp_path, "ann")
    assert client.get("/v1/models").json()["data"] == []
    answer = client.get("/v1/profile")
    assert error(answer) == (503, "opening")
    assert answer.headers["retry-after"] == "3"
    _, token = keys.create("first")
    assert error(client.get("/v1/models")) == (401, "missing_key")
    assert client.get("/v1/models", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    keys.revoke("first")
    assert error(client.get("/v1/models")) == (401, "missing_key")


def test_beyond_this_machine_a_key_is_needed_even_when_there_is_none(tmp_path):
    client, _ = without_agents(tmp_path, None)
    assert error(client.get("/v1/models")) == (401, "missing_key")
    assert client.get("/v1/health").json()["status"] == "opening"


def test_keys_that_cannot_be_read_let_nobody_in(tmp_path):
    client, keys = without_agents(tmp_path, "ann")
    key, token = keys.create("first")
    (keys.folder / f"{key.id}.json").write_text("broken")
    answer = client.get("/v1/models", headers={"Authorization": f"Bearer {token}"})
    assert error(answer) == (503, "keys_away")
    assert str(tmp_path) not in answer.text


def test_a_catalogue_that_cannot_be_opened_is_said(tmp_path):
    agents = Agents({"films": small_workspace(tmp_path / "films").path})
    api = Api(agents, KeyStore(tmp_path / "keys"), "ann")
    agents.start()
    until = time.monotonic() + 60
    while not agents.ready("films") and time.monotonic() < until:
        time.sleep(0.05)
    app = Starlette()
    api.add_to(app)
    client = TestClient(app, base_url="http://127.0.0.1")
    assert error(client.get("/v1/profile")) == (503, "not_opened")
    health = client.get("/v1/health").json()
    assert health["status"] == "degraded"
    assert [(one["name"], one["state"]) for one in health["catalogues"]] == [("films", "failed")]
    assert json.dumps(health).count(str(tmp_path)) == 0
