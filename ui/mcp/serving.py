"""How is the server reached? Over the standard streams of a process, or over HTTP on this machine."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import anyio

from ui.agents import Agents

PATH = "/mcp"


def serve_stdio(workspace: Path, user: str) -> None:
    """Serve one client over the standard streams until it closes them. Nothing but the protocol goes out.

    Raises `WorkspaceError` when the workspace is not there.
    """
    from mcp.server.stdio import stdio_server

    _quiet()
    agents = Agents({workspace.name: workspace})

    async def serve() -> None:
        # Taken before anything is loaded: from here on, what a library prints goes to the error stream.
        async with stdio_server() as (incoming, outgoing):
            from ui.mcp.server import TasteServer

            server = TasteServer(agents, user).server
            await server.run(incoming, outgoing, server.create_initialization_options())

    try:
        anyio.run(serve)
    finally:
        agents.close()


def serve_http(workspace: Path, user: str, port: int) -> None:
    """Serve clients of this machine over streamable HTTP until it is interrupted; says the address on the error stream.

    Other hosts' and pages' requests are refused by their `Host` and `Origin`. Raises `WorkspaceError` when the
    workspace is not there and `TastegraphError` when the port cannot be used.
    """
    import uvicorn

    from ui.mcp.server import TasteServer
    from ui.web import bind

    _quiet()
    agents = Agents({workspace.name: workspace})
    with bind("127.0.0.1", port) as sock:
        address = f"http://127.0.0.1:{sock.getsockname()[1]}{PATH}"
        app = TasteServer(agents, user).server.streamable_http_app(streamable_http_path=PATH)
        print(f"MCP for {user} on {address} (Ctrl-C stops it)", file=sys.stderr, flush=True)  # noqa: T201
        config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
        try:
            uvicorn.Server(config).run(sockets=[sock])
        finally:
            agents.close()


def _quiet() -> None:
    """Log warnings to the error stream; clients keep it, and what people said is in none of them."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
