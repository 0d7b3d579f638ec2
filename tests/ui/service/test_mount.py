"""Who gets the console, and where: beside the chat, and only where there is something to serve with."""

import pytest
from fastapi.testclient import TestClient
from starlette.requests import Request

from tests.ui.samples import small_workspace
from ui.agents import Agents
from ui.service.desks import Desks
from ui.service.mount import ConsoleSettings, mount_console
from ui.sessions import Guests
from ui.web import create_app

LOCAL = "http://127.0.0.1:7860"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))


def client(path):
    return TestClient(create_app(Agents({"one": path}), Guests(b"s" * 32)), base_url=LOCAL)


def test_a_shop_has_a_console_and_a_way_to_it(built_shop, home):
    web = client(built_shop)
    page = web.get("/service/")
    assert page.status_code == 200
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert 'href="/service/"' in str(web.get("/config").json()["components"]).replace("'", '"')
    config = web.get("/service/config").json()
    labels = {part["props"].get("label") for part in config["components"]}
    assert {
        "Search cases",
        "What the customer wrote",
        "Find a customer",
        "Colleague who takes over",
    } <= labels
    assert config["analytics_enabled"] is False
    assert config["stylesheets"] == []
    assert web.get("/service/gradio_api/info").json()["named_endpoints"] == {}


def test_films_have_none(tmp_path, home):
    films = small_workspace(tmp_path / "films", "Films").path
    assert Desks(Agents({"films": films})).names == []
    web = client(films)
    assert web.get("/service/").status_code == 404
    assert "/service/" not in str(web.get("/config").json()["components"])


@pytest.mark.parametrize(("person", "status"), [("olga", 200), ("customer", 401), ("", 401)])
def test_with_a_login_only_named_operators_get_in(built_shop, person, status):
    from fastapi import FastAPI

    def login(request: Request) -> str | None:
        return request.headers.get("x-person") or None

    app = FastAPI()
    settings = ConsoleSettings(operators="pia, olga")
    mount_console(app, Agents({"shop": built_shop}), "secret", login, settings)
    web = TestClient(app, base_url=LOCAL)
    assert web.get("/service/config", headers={"x-person": person}).status_code == status


def test_nobody_is_an_operator_unless_named(monkeypatch):
    assert not ConsoleSettings(operators="").may("")
    monkeypatch.setenv("TASTEGRAPH_SERVICE_OPERATORS", "Olga , Pia")
    assert ConsoleSettings().may("Pia")
    assert not ConsoleSettings().may("olga")
