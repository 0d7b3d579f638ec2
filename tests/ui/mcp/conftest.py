"""Servers over a small real workspace: a process on the standard streams, and HTTP in this process."""

import os
import shlex
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio.from_thread
import pytest
import uvicorn
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from recsys.build import build_workspace
from tests.agent.conftest import catalogue
from tests.parts import ROOT
from ui.agents import Agents
from ui.mcp.server import TasteServer
from ui.mcp.serving import PATH
from ui.web import bind


class Connection:
    """The official client, called from a test that is no coroutine."""

    def __init__(self, portal, client, errors=None):
        self._portal, self.client, self._errors = portal, client, errors

    def __call__(self, method, *args, **named):
        """Call a method of the client and wait for its answer."""
        return self._portal.call(lambda: getattr(self.client, method)(*args, **named))

    def tool(self, name, /, **arguments):
        """Call a tool; returns its result."""
        return self("call_tool", name, arguments)

    def told(self) -> str:
        """Return what the server wrote to its error stream so far."""
        return self._errors.read_text()

    def sent(self) -> list[str]:
        """Return the lines that the server wrote to its output so far."""
        return self._errors.with_suffix(".out").read_text().splitlines()


@contextmanager
def connected(target, errors=None, **options) -> Iterator[Connection]:
    """Connect the official client; leaves it at the end."""
    with (
        anyio.from_thread.start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(target, read_timeout_seconds=120, **options)) as client,
    ):
        yield Connection(portal, client, errors)


def command(workspace: Path, user: str) -> StdioServerParameters:
    """Return what starts a server, as a client's configuration does; its output is written down on the way."""
    server = shlex.join([sys.executable, "-m", "ui", "mcp", "--workspace", str(workspace), "--user", user])
    return StdioServerParameters(
        command="bash",
        args=["-c", f"{server} | tee {shlex.quote(str(workspace.parent / user))}.out"],
        cwd=ROOT,
        env={"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "TASTEGRAPH_HOME": str(workspace.parent)},
    )


@contextmanager
def served(workspace: Path, user: str) -> Iterator[str]:
    """Serve a person over HTTP in this process; yields the address."""
    agents = Agents({workspace.name: workspace})
    app = TasteServer(agents, user).server.streamable_http_app(streamable_http_path=PATH)
    with bind("127.0.0.1", 0) as sock:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{sock.getsockname()[1]}{PATH}"
        server.should_exit = True
        thread.join(10)
    agents.close()


@pytest.fixture(scope="session")
def mcp_workspace(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mcp") / "films"
    path.mkdir()
    build_workspace(path, catalogue(), seed=7, progress=lambda line: None)
    return path


@pytest.fixture(scope="session")
def ann(mcp_workspace) -> Iterator[Connection]:
    """The person ann, over the standard streams of a process."""
    log = mcp_workspace.parent / "ann.log"
    with log.open("w") as errors, connected(stdio_client(command(mcp_workspace, "ann"), errors), log) as one:
        yield one


@pytest.fixture(scope="session")
def bob_at(mcp_workspace) -> Iterator[str]:
    """The address of a server of the person bob over the same workspace."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    with served(mcp_workspace, "bob") as address:
        yield address


@pytest.fixture(scope="session")
def bob(bob_at) -> Iterator[Connection]:
    with connected(bob_at) as one:
        yield one
