"""The page as it is served: its parts, its headers, and nothing from outside."""

import re
import socket

import pytest
from fastapi.testclient import TestClient

from recsys.errors import TastegraphError, WorkspaceError
from tests.ui.samples import small_workspace
from ui.agents import Agents
from ui.guard import check_host
from ui.sessions import Guests
from ui.web import bind, create_app

LOCAL = "http://127.0.0.1:7860"
OUTSIDE = re.compile(r"(?:https?:)?//(?!127\.0\.0\.1|localhost|www\.w3\.org/)[a-z0-9-]+\.[a-z]+[^\s\"']*")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    names = {"films": "Small <b>films</b>", "other": "Other films"}
    workspaces = {name: small_workspace(folder / name, shown).path for name, shown in names.items()}
    agents = Agents(workspaces)
    return agents, TestClient(create_app(agents, Guests(b"s" * 32)), base_url=LOCAL)


def test_the_page_names_its_parts(served):
    _, client = served
    config = client.get("/config").json()
    by_id = {part["props"].get("elem_id"): part for part in config["components"]}
    parts = {"tg-chat", "tg-input", "tg-send", "tg-new", "tg-catalogue", "tg-status", "tg-known", "tg-talks"}
    assert parts <= set(by_id)
    assert by_id["tg-input"]["props"]["label"] == "Your message"
    assert by_id["tg-send"]["props"]["value"] == "Send"
    assert by_id["tg-new"]["props"]["value"] == "New chat"
    assert by_id["tg-catalogue"]["props"]["visible"] is True
    menu = by_id["tg-tools"]["props"]["value"]
    assert re.findall(r'data-do="(\w+)"', menu.partition("<ul")[2]) == [
        "new",
        "panel",
        "picture",
        "export",
        "erase",
    ]
    assert "Something like Heat but less violent" in str(by_id["tg-chat"]["props"]["examples"])
    assert "Behaviour in this catalogue is simulated" in by_id["tg-foot"]["props"]["value"]


def test_catalogue_names_are_escaped(served):
    _, client = served
    heads = [str(part["props"].get("value")) for part in client.get("/config").json()["components"]]
    assert any("Small &lt;b&gt;films&lt;/b&gt;" in head for head in heads)


def test_nothing_is_reported_or_fetched_from_outside(served):
    _, client = served
    page = client.get("/")
    assert page.status_code == 200
    assert "text/html" in page.headers["content-type"]
    assert int(page.headers["content-length"]) == len(page.content)
    assert OUTSIDE.findall(page.text) == []
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["stylesheets"] == []
    for link in re.findall(r'(?:src|href)="(\./[^"]+)"', page.text):
        answer = client.get(link.removeprefix("."))
        assert answer.status_code == 200, link
    styles = "".join(
        client.get(p.removeprefix(".")).text for p in re.findall(r'href="(\./[^"]+\.css)"', page.text)
    )
    assert re.findall(r"@import\s+[^;]*//|url\([\"']?https?:", styles + config["css"]) == []
    assert re.findall(r"@import|url\([\"']?https?:", client.get("/theme.css").text) == []


def test_the_browser_is_told_to_load_nothing_from_elsewhere(served):
    _, client = served
    for path in ("/", "/config", "/health", "/theme.css"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "connect-src 'self'" in policy
        assert "http" not in policy


def test_another_sites_name_for_this_machine_is_refused(served):
    _, client = served
    assert client.get("/", headers={"host": "evil.invalid"}).status_code == 400


def test_no_monitoring_documentation_or_programming_interface(served):
    _, client = served
    assert client.get("/monitoring").status_code in (403, 404, 405)
    assert client.get("/docs").status_code == 404
    assert client.get("/openapi.json").status_code == 404
    info = client.get("/gradio_api/info").json()
    assert info["named_endpoints"] == {}


def test_the_page_is_there_before_any_agent(served):
    agents, client = served
    assert client.get("/health").json() == {"ready": {"films": False, "other": False}}
    assert not agents.ready("films")


def test_an_agent_that_cannot_open_says_why(tmp_path):
    agents = Agents({"films": small_workspace(tmp_path / "w").path})
    agents.start()
    with pytest.raises(Exception, match="Build the workspace") as caught:
        agents.get("films", timeout=120)
    assert not isinstance(caught.value, TimeoutError)
    agents.close()


class Breaking:
    """An agent whose warming up breaks in a way that nobody foresaw."""

    closed = False

    def warm_up(self) -> None:
        raise RuntimeError("out of memory")

    def close(self) -> None:
        self.closed = True


def test_nobody_waits_for_ever_when_warming_up_breaks(tmp_path, caplog):
    agent = Breaking()
    workspaces = {name: small_workspace(tmp_path / name).path for name in ("films", "other")}
    agents = Agents(workspaces, opener=lambda path: agent)
    agents.start()
    assert agents.get("films", timeout=20) is agent
    assert agents.get("other", timeout=20) is agent
    assert "out of memory" in caplog.text
    agents.close()
    assert agent.closed


def test_a_folder_without_a_workspace_is_refused_at_once(tmp_path):
    with pytest.raises(WorkspaceError, match="tastegraph starter"):
        Agents({"films": tmp_path})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_only_this_machine_is_served(host):
    with pytest.raises(TastegraphError, match="without a login"):
        check_host(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_is_served(host):
    check_host(host)


def test_a_taken_port_is_a_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(TastegraphError, match=f"--port {port + 1}"):
            bind("127.0.0.1", port)
