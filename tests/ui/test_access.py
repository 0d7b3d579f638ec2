"""The login in front of the page: what it asks, what it opens, and that nothing gets past it."""

import json
import re
from types import SimpleNamespace

import httpx
import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from tests.ui.samples import small_workspace
from tests.ui.walled import SECRET, WORDS, fields, known, log_in, served
from ui.access import Passwords
from ui.agents import Agents
from ui.api.keys import KeyStore
from ui.login import LoginWall, logged_in
from ui.page import html_block
from ui.sessions import Dialogue, Guests
from ui.side_desk import SideDesk
from ui.sign_in import SignIn
from ui.web import create_app

__all__ = ["known", "served"]
HTML = {"accept": "text/html"}
API_PATHS = ("/v1/models", "/v1/chat/completions", "/metrics")


# --- the wall ------------------------------------------------------------------------------------------------


def tell(request):
    return PlainTextResponse(f"{request.url.path} {logged_in(request)}")


async def talk(socket):
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def walled(known, keys=False, url="http://taste.example"):
    routes = [WebSocketRoute("/ws", talk), Route("/{path:path}", tell, methods=["GET", "POST"])]
    inner = Starlette(routes=routes)
    wall = LoginWall(inner, SignIn(known, SECRET), lambda: keys)
    return TestClient(wall, base_url=url, follow_redirects=False)


def test_without_a_login_a_page_leads_to_the_form_and_the_rest_is_refused(known):
    client = walled(known)
    page = client.get("/service?case=1", headers=HTML)
    assert (page.status_code, page.headers["location"]) == (303, "/login?next=/service%3Fcase%3D1")
    for path in (
        "/",
        "/config",
        "/gradio_api/info",
        "/v1",
        "/v1/",
        "//v1/x",
        "/v1/../config",
        "/login/x",
        "/healthz",
    ):
        assert client.get(path).status_code == 401, path
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://taste.example/ws"):
        pass


def test_a_login_opens_it_as_that_person_and_a_logout_closes_it(known):
    client = walled(known)
    answer = log_in(client, path="/login?next=/service%3Fcase%3D1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/service?case=1")
    assert client.get("/config").text == "/config ann"
    with client.websocket_connect("ws://taste.example/ws") as socket:
        assert socket.receive_text() == "hello"
    stolen = dict(client.cookies)
    page = client.get("/logout")
    assert client.post("/logout", data={"form": "made up"}).status_code == 403
    assert client.get("/config").status_code == 200
    assert client.post("/logout", data=fields(page)).status_code == 303
    assert client.get("/config").status_code == 401
    for name, value in stolen.items():
        client.cookies.set(name, value)
    assert client.get("/config").status_code == 401


def test_a_new_login_ends_the_one_before(known):
    client = walled(known)
    log_in(client)
    first = client.cookies["tastegraph-session"]
    log_in(client, "bob", WORDS + " too")
    assert client.get("/config").text == "/config bob"
    client.cookies.clear()
    assert client.get("/config", headers={"cookie": f"tastegraph-session={first}"}).status_code == 401


def test_another_port_of_this_host_changes_nothing(known):
    client = walled(known)
    log_in(client)
    assert client.post("/gradio_api/queue/join", json={}).status_code == 200
    for site in ("same-site", "cross-site"):
        assert (
            client.post("/gradio_api/queue/join", json={}, headers={"sec-fetch-site": site}).status_code
            == 403
        )


def test_a_strange_cookie_beside_ours_locks_nobody_out(known):
    client = walled(known)
    log_in(client)
    ours = client.cookies["tastegraph-session"]
    client.cookies.clear()
    assert client.get("/config").status_code == 401
    strange = f"a[b]={{}}; =x; tastegraph-session={ours}; é".encode()
    assert client.get("/config", headers={"cookie": strange}).text == "/config ann"


@pytest.mark.parametrize(
    "back", ["https://evil.invalid/", "//evil.invalid", "/\\evil.invalid", "javascript:x", "/login"]
)
def test_a_login_leads_nowhere_else(known, back):
    assert log_in(walled(known), next=back).headers["location"] == "/"


def test_a_wrong_password_says_neither_which_part_nor_what_was_sent(known):
    client = walled(known)
    answers = [log_in(client, name, "<b>wrong</b>") for name in ("ann", '"><b>nobody')]
    assert [one.status_code for one in answers] == [401, 401]
    said = [re.search(r'role="alert">(.*?)<', one.text)[1] for one in answers]
    assert said[0] == said[1] == "That name and password do not fit together."
    assert "<b>" not in answers[0].text
    assert client.get("/").status_code == 401


def test_too_many_attempts_are_told_to_wait(known):
    client = walled(known)
    for _ in range(5):
        assert log_in(client, "ann", "wrong").status_code == 401
    answer = log_in(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 300
    assert "Too many attempts" in answer.text


def test_a_form_of_another_site_logs_nobody_in(known):
    client = walled(known)
    assert client.post("/login", data={"name": "ann", "password": WORDS}).status_code == 403
    form = {**fields(client.get("/login")), "name": "ann", "password": WORDS}
    for headers in ({"origin": "https://evil.invalid"}, {"sec-fetch-site": "cross-site"}):
        assert client.post("/login", data=form, headers=headers).status_code == 403
    assert walled(known).post("/login", data=form).status_code == 403
    assert client.post("/login", data={**form, "password": "x" * 5000}).status_code == 403
    assert client.post("/login", data=form, headers={"origin": "http://taste.example"}).status_code == 303


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(known):
    plain = log_in(walled(known)).headers.get_list("set-cookie")
    session = next(one for one in plain if one.startswith("tastegraph-session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(session.split("; "))
    assert "Domain" not in session
    secure = log_in(walled(known, url="https://taste.example")).headers.get_list("set-cookie")
    session = next(one for one in secure if one.startswith("__Host-tastegraph-session="))
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(session.split("; "))


def test_the_api_is_not_behind_the_login_but_closed_without_any_key(known):
    closed = walled(known)
    for path in API_PATHS:
        answer = closed.get(path)
        assert answer.status_code == 403
        assert "tastegraph keys create NAME" in answer.json()["error"]["message"]
    opened = walled(known, keys=True)
    for path in API_PATHS:
        assert opened.get(path).text == f"{path} None"
    assert opened.get("/health").text == "/health None"


def test_the_page_is_closed_where_only_keys_are(tmp_path):
    client = walled(Passwords(tmp_path), keys=True)
    answer = client.get("/", headers=HTML)
    assert answer.status_code == 403
    assert "tastegraph password set NAME" in answer.text
    assert client.get("/login").status_code == 403
    assert client.get("/v1/models").status_code == 200


# --- the page behind it --------------------------------------------------------------------------------------


def every_path(app):
    """Return the paths of the application and of what is mounted in it, parameters filled in."""
    found = set()
    for route in app.routes:
        # A router that was included shows its routes by themselves.
        included = getattr(route, "effective_route_contexts", None)
        found |= {one.path for one in included()} if included else {getattr(route, "path", "")}
        inner = getattr(route, "app", None)
        if isinstance(getattr(inner, "routes", None), list):
            found |= {route.path.rstrip("/") + one for one in every_path(inner)}
    return {re.sub(r"\{[^}]*\}", "x", path) or "/" for path in found}


def test_nothing_of_the_page_can_be_read_without_a_login(served):
    address, app = served
    paths = sorted(every_path(app))
    assert {"/config", "/gradio_api/queue/join", "/gradio_api/info", "/theme.css"} <= set(paths)
    with httpx.Client(base_url=address) as client:
        for path in paths:
            for method in ("GET", "POST"):
                answer = client.request(method, path)
                allowed = {200, 303, 403, 405} if path in ("/login", "/logout") else {401, 403}
                if path != "/health":
                    assert answer.status_code in allowed, f"{method} {path} {answer.status_code}"
                    assert "tg-chat" not in answer.text
        joined = client.post("/gradio_api/queue/join", json={"data": [], "fn_index": 0, "session_hash": "a"})
        assert joined.status_code == 401
        assert "content-security-policy" in client.get("/login").headers


def test_gradio_itself_knows_who_is_logged_in(served):
    address, _ = served
    with httpx.Client(base_url=address, follow_redirects=True) as client:
        page = log_in(client)
        assert page.status_code == 200
        assert client.get("/config").json()["username"] == "ann"
        assert client.get("/gradio_api/user").json() == "ann"
        assert "Log out" in str(client.get("/config").json()["components"])


def test_an_event_of_the_page_is_the_persons_who_logged_in(served):
    """What is sent to the queue cannot name anybody: a forged guest is ignored, another's page is not answered."""
    address, app = served
    states = {}
    for name, password in (("ann", WORDS), ("bob", WORDS + " too")):
        with httpx.Client(base_url=address, follow_redirects=True, timeout=30) as client:
            log_in(client, name, password)
            config = client.get("/config").json()
            first = next(d["id"] for d in config["dependencies"] if d["targets"][0][1] == "load")
            sent = {
                "data": [{"guest": Guests(SECRET).new(), "user": "eve", "threads": {}}],
                "fn_index": first,
                "session_hash": f"page{name}",
            }
            assert client.post("/gradio_api/queue/join", json=sent).status_code == 200
            with client.stream(
                "GET", "/gradio_api/queue/data", params={"session_hash": f"page{name}"}
            ) as told:
                for line in told.iter_lines():
                    if "process_completed" in line:
                        assert json.loads(line.removeprefix("data: "))["success"], line
                        break
            blocks = next(r.app for r in app.routes if hasattr(getattr(r, "app", None), "state_holder"))
            state = blocks.state_holder[f"page{name}"]
            states[name] = [v for v in state.state_data.values() if isinstance(v, Dialogue)] or [
                v.value for v in state.state_data.values() if isinstance(getattr(v, "value", None), Dialogue)
            ]
    assert {name: found[0].user for name, found in states.items()} == {"ann": "ann", "bob": "bob"}


def test_a_page_of_somebody_else_is_not_answered(tmp_path):
    agents = Agents(
        {"films": small_workspace(tmp_path / "films").path}, opener=lambda _: pytest.fail("opened")
    )
    person = "ann"
    desk = SideDesk(agents, Guests(SECRET), html_block, who=lambda: person)
    _, dialogue, *_ = desk.arrive({"guest": Guests(SECRET).new()})
    assert dialogue.user == "ann"
    person = "bob"
    agents._futures["films"].set_result(
        SimpleNamespace(export=pytest.fail, profile=pytest.fail, conversations=pytest.fail)
    )
    assert "not logged in as the person of this page" in desk.export(dialogue)[1]
    assert "not logged in as the person of this page" in desk.known(dialogue)
    assert "not logged in as the person of this page" in desk.talks(dialogue)
    assert "not logged in as the person of this page" in desk.graph(dialogue)


def test_a_key_opens_the_api_and_nothing_else(served):
    address, _ = served
    with httpx.Client(base_url=address) as client:
        assert client.get("/v1/models").json()["error"]["type"] == "no_keys"
        _, token = KeyStore.at_home().create("site")
        assert client.get("/v1/models").status_code == 401
        client.headers["authorization"] = f"Bearer {token}"
        assert client.get("/v1/models").status_code == 200
        assert client.get("/config").status_code == 401
        client.cookies.update(httpx.Cookies({"tastegraph-session": token}))
        assert client.get("/config").status_code == 401


def test_guests_stay_guests_on_this_machine(tmp_path):
    guests = Guests(SECRET)
    agents = Agents({"films": small_workspace(tmp_path / "films").path})
    client = TestClient(create_app(agents, guests), base_url="http://127.0.0.1:7860")
    assert client.get("/config").status_code == 200
    assert client.get("/config").json().get("username") is None
    assert "You are a guest" in client.get("/config").text
    kept, dialogue, *_ = SideDesk(agents, guests, html_block).arrive({})
    assert dialogue.user == guests.user(kept["guest"])
