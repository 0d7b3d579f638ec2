"""What the tests of the login share: two people with passwords, and a real server that asks for a login."""

import re
import threading
import time

import pytest
import uvicorn

from recsys.errors import TastegraphError
from tests.ui.samples import small_workspace
from ui.access import Passwords
from ui.agents import Agents
from ui.sessions import Guests
from ui.sign_in import SignIn
from ui.web import bind, create_app

SECRET = b"s" * 32
WORDS = "five quiet lamps burn"


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    passwords = Passwords(tmp_path_factory.mktemp("known"))
    passwords.set("ann", WORDS)
    passwords.set("bob", WORDS + " too")
    return passwords


def fields(page):
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))


def log_in(client, name="ann", password=WORDS, path="/login", **changes):
    form = fields(client.get(path))
    return client.post("/login", data={**form, "name": name, "password": password, **changes})


def away(path):
    raise TastegraphError("This catalogue is away.")


@pytest.fixture(scope="module")
def served(tmp_path_factory, known):
    """A real server that asks for a login, as on another address; it listens on this machine only."""
    folder = tmp_path_factory.mktemp("walled")
    before = pytest.MonkeyPatch()
    before.setenv("TASTEGRAPH_HOME", str(folder))
    agents = Agents({"films": small_workspace(folder / "films").path}, opener=away)
    app = create_app(agents, Guests(SECRET), host="0.0.0.0", sign_in=SignIn(known, SECRET))
    with bind("127.0.0.1", 0) as sock:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{sock.getsockname()[1]}", app
        server.should_exit = True
        thread.join(10)
    before.undo()
