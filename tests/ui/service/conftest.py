"""The console as it is served, over a real shop; once a session."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from recsys.workspace import Workspace
from tests.agent.service.conftest import built_shop
from ui.agents import Agents
from ui.service.board import Board
from ui.service.console import Console
from ui.service.desks import Desks
from ui.service.seat import Seat

__all__ = ["built_shop"]


@pytest.fixture(scope="session")
def shop_of_pictures(tmp_path_factory, request) -> Path:
    """Return the shop that is served: the starter's where pictures are drawn, else a small one."""
    if not os.environ.get("TASTEGRAPH_SCREENSHOTS"):
        return request.getfixturevalue("built_shop")
    from recsys.build import build_workspace
    from recsys.starter import load_starter

    path = tmp_path_factory.mktemp("starter-shop") / "shop"
    path.mkdir()
    build_workspace(path, load_starter("shop", 7), 7, lambda line: None)
    return path


@pytest.fixture(scope="session")
def desks(built_shop, tmp_path_factory) -> Iterator[Desks]:
    """Return the desks of one shop, open."""
    path = tmp_path_factory.mktemp("desks") / "shop"
    shutil.copytree(built_shop, path)
    agents = Agents({"shop": path})
    found = Desks(agents)
    agents.start()
    found.get("shop")
    yield found
    found.close()
    agents.close()


@pytest.fixture
def console(desks) -> Console:
    """Return a console without cases."""
    agent = desks.get("shop")
    for case in agent.cases():
        agent.forget(case)
    return Console(desks, Board())


@pytest.fixture
def sit(console):
    """Return a way to sit down at the console under a name."""

    def down(name: str = "olga", **kept: str) -> Seat:
        seat = Seat()
        console.arrive(seat, {"operator": name, **kept}, None)
        return seat

    return down


@pytest.fixture(scope="session")
def address(shop_of_pictures, tmp_path_factory) -> Iterator[str]:
    """Serve the shop on a free port; yields the address of the console."""
    import uvicorn

    from ui.sessions import Guests
    from ui.web import create_app

    home = tmp_path_factory.mktemp("console-home")
    path = home / "workspaces" / "shop"
    shutil.copytree(shop_of_pictures, path)
    before = os.environ.get("TASTEGRAPH_HOME")
    os.environ["TASTEGRAPH_HOME"] = str(home)
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        agents = Agents({"shop": path})
        app = create_app(agents, Guests(b"s" * 32), port=port)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        agents.get("shop", timeout=180) if agents.start() is None else None
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(timeout=20)
    if before is None:
        del os.environ["TASTEGRAPH_HOME"]
    else:
        os.environ["TASTEGRAPH_HOME"] = before


@pytest.fixture(scope="session")
def people(shop_of_pictures) -> list[tuple[str, str, str]]:
    """Return (email, name, order number) of customers with a delivered order of one thing, in the shop's order."""
    customers = Workspace.open(shop_of_pictures).customers
    found: dict[str, tuple[str, str, str]] = {}
    for order in customers.orders:
        who = customers.get(order.customer)
        if who is not None and order.status == "delivered" and len(order.lines) == 1:
            found.setdefault(who.id, (who.email, who.name, order.id))
    return list(found.values())
