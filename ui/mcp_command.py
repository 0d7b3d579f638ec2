"""`tastegraph mcp`: the tools for other assistants, over the Model Context Protocol."""

from __future__ import annotations

from typing import Annotated

import typer

from ui import home
from ui.console import WorkspaceOption


def mcp(
    workspace: WorkspaceOption = None,
    user: Annotated[str | None, typer.Option(help="Whose taste this is. Default: your login name.")] = None,
    http: Annotated[
        int | None,
        typer.Option(
            "--http",
            min=0,
            max=65535,
            help="Serve over HTTP on this port of 127.0.0.1 instead of the standard streams; 0 takes a free one.",
        ),
    ] = None,
) -> None:
    """Serve the tools over the Model Context Protocol."""
    from recsys.workspace import Workspace
    from ui.mcp.serving import serve_http, serve_stdio
    from ui.terminal import login_name

    path = Workspace.open(home.find_workspace(workspace)).path
    if http is None:
        serve_stdio(path, user or login_name())
    else:
        serve_http(path, user or login_name(), http)
