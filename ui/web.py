"""How is the page served? FastAPI around Gradio, on this machine only, up before the agents are."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from recsys.errors import TastegraphError
from ui.agents import Agents
from ui.guard import Guard, check_host
from ui.login import LoginWall, logged_in
from ui.sessions import Guests
from ui.sign_in import SignIn

if TYPE_CHECKING:
    from ui.api.app import Api

logger = logging.getLogger(__name__)

OPEN_AFTER_SECONDS = 1.0
"""Seconds after the start of the server at which the agents begin to open."""


def create_app(
    agents: Agents,
    guests: Guests,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    api: Api | None = None,
    sign_in: SignIn | None = None,
) -> FastAPI:
    """Return the application: `/` is the page, `/health` says which catalogues are open, `/v1` is the API.

    Without an `api` the one of this person's home is made; with a `sign_in` everything but the API and `/health` is
    behind a login, and the person of the page is who logged in instead of a guest.

    The agents begin to open when the application starts and are closed when it stops.
    """
    import gradio as gr

    from ui.api.app import Api
    from ui.api.keys import KeyStore
    from ui.page import build_page
    from ui.service.mount import mount_console
    from ui.theme import HEAD, STYLE_SHEETS, theme

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # Importing the models holds the interpreter for seconds; the first page is to come before that.
        opening = asyncio.get_running_loop().call_later(OPEN_AFTER_SECONDS, agents.start)
        yield
        opening.cancel()
        served_api.close()
        if desks is not None:
            desks.close()
        agents.close()

    app = FastAPI(title="Tastegraph", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    def health() -> dict[str, dict[str, bool]]:
        return {"ready": {name: agents.ready(name) for name in agents.names}}

    served_api = api or Api.at_home(agents, host if sign_in is None else None)
    served_api.add_to(app)

    # A second lock behind the wall: Gradio itself answers nobody who is not logged in.
    login = logged_in if sign_in else None
    options: dict[str, Any] = {
        "server_name": host,
        "server_port": port,
        "footer_links": [],
        "run_history": False,
        "enable_monitoring": False,
        "show_error": False,
        "ssr_mode": False,
        "pwa": False,
        "mcp_server": False,
        "max_file_size": "1kb",
        "app_kwargs": {"docs_url": None, "redoc_url": None, "openapi_url": None},
    }
    desks = mount_console(app, agents, guests.storage_secret, login, **options)
    gr.mount_gradio_app(
        app,
        build_page(agents, guests, login=sign_in is not None),
        path="/",
        auth_dependency=login,
        **options,
        theme=theme(),
        css_paths=list(STYLE_SHEETS),
        head=HEAD,
    )
    if sign_in is not None:
        app.add_middleware(LoginWall, sign_in=sign_in, keys_exist=KeyStore.at_home().exist)
    # Another site that resolves its own name to this machine would otherwise be let in. Where there is a login its
    # name gets it no further: cookies and keys belong to ours.
    hosts = ["127.0.0.1", "localhost", "[::1]", host] if sign_in is None else ["*"]
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(Guard)
    return app


def bind(host: str, port: int, *, login: bool = False) -> socket.socket:
    """Return a socket that listens on `host` and `port` (0 picks a free one).

    Raises `TastegraphError` when the port is taken, or the address is not this machine's alone and nobody
    has to log in.
    """
    if not login:
        check_host(host)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise TastegraphError(
            f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or choose another "
            f"one: tastegraph serve --port {port + 1 if port < 65535 else 7860}"
        ) from error
    sock.listen(128)
    return sock


def serve(
    workspaces: Mapping[str, Path],
    secret: bytes,
    host: str,
    port: int,
    say: Callable[[str], None],
    sign_in: SignIn | None = None,
) -> None:
    """Serve the page until it is interrupted; `say` gets one line with the address once it can be opened.

    Without a `sign_in` on this machine alone; see `ui.access.binding` for where which is right.
    """
    import uvicorn

    from ui.api.logs import write_to

    agents = Agents(workspaces)
    write_to(sys.stderr)
    logging.getLogger("uvicorn.error").addFilter(_not_an_end)
    with bind(host, port, login=sign_in is not None) as sock:
        # Every address of this machine is no place to go to; this one is among them.
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
        address = f"http://{shown}:{sock.getsockname()[1]}"
        app = create_app(agents, Guests(secret), host=host, port=sock.getsockname()[1], sign_in=sign_in)
        say(f"Open {address} (Ctrl-C stops it)")
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[sock])


def _not_an_end(record: logging.LogRecord) -> bool:
    """Keep everything but the end of streams to pages that are still open when the server stops."""
    cancelled = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not (cancelled or str(record.msg).startswith("Cancel %s running task"))
