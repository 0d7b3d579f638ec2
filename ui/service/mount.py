"""Where is the console served, and to whom? At `/service`, where a workspace has something to serve with."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.requests import Request

from ui.agents import Agents
from ui.service.desks import Desks

PATH = "/service"
Login = Callable[[Request], str | None]


class ConsoleSettings(BaseSettings):
    """Settings of the console, from variables named TASTEGRAPH_SERVICE_…."""

    model_config = SettingsConfigDict(env_prefix="TASTEGRAPH_SERVICE_")

    operators: str = ""
    """Names of the logins that may use the console, with commas between them. Without a login it plays no part:
    whoever sits at this machine may."""

    def may(self, name: str) -> bool:
        """Say whether somebody who logged in may use the console."""
        return name in {one.strip() for one in self.operators.split(",") if one.strip()}


def mount_console(
    app: FastAPI,
    agents: Agents,
    secret: str,
    login: Login | None = None,
    settings: ConsoleSettings | None = None,
    **options: Any,  # noqa: ANN401 - those of `gradio.mount_gradio_app`
) -> Desks | None:
    """Mount the console and return its desks, which the caller closes; None where no workspace can be served.

    Args:
        app: nothing may be mounted at `/` yet.
        agents: the chats, whose parts the desks share.
        secret: of the browser's storage; not one that opens anything.
        login: who a request is from; None where nobody has to log in. A chat is for everybody who may log in, the
            customers of the shop are not: the console lets in those whom `settings` name.
        settings: default: from the environment.
        options: as the chat is mounted with; the look is the console's own.
    """
    desks = Desks(agents)
    if not desks.names:
        return None
    import gradio as gr

    from ui.service.page import STYLE_SHEET, build_console
    from ui.theme import HEAD, theme

    allowed = settings or ConsoleSettings()

    def operator(request: Request) -> str | None:
        name = login(request) if login is not None else None
        return name if name is not None and allowed.may(name) else None

    storage = hmac.digest(secret.encode(), b"console storage", "sha256").hex()[:16]
    looks = {"theme": theme(), "css_paths": STYLE_SHEET, "head": HEAD}
    gr.mount_gradio_app(
        app,
        build_console(desks, storage),
        path=PATH,
        auth_dependency=operator if login is not None else None,
        **{**options, **looks},
    )
    return desks
