"""The command `tastegraph`. Heavy parts are imported inside the commands, so that help answers at once."""

from __future__ import annotations

import io
import logging
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from recsys.errors import TastegraphError
from ui import home
from ui.api.key_commands import keys_app
from ui.build_commands import add_to as add_build_commands
from ui.command_group import Commands
from ui.console import Example, JsonOption, WorkspaceOption, print_json, say
from ui.kg_commands import kg_app
from ui.llm_commands import app as llm_app
from ui.mcp_command import mcp
from ui.nlu_commands import nlu_app
from ui.password_commands import password_app
from ui.profile_commands import profile_app
from ui.recommend_command import recommend
from ui.service_command import assist
from ui.train_commands import add_to as add_train_commands

app = typer.Typer(
    name="tastegraph",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="A conversational recommender: it chats, recommends, and gives reasons that can be checked.",
)
workspace_app = typer.Typer(no_args_is_help=True, help="Look into a workspace.")
app.add_typer(workspace_app, name="workspace")
app.add_typer(kg_app, name="kg")
app.add_typer(llm_app, name="llm")
app.add_typer(profile_app, name="profile")
app.add_typer(nlu_app, name="nlu")
app.add_typer(keys_app, name="keys")
app.add_typer(password_app, name="password")

add_build_commands(app)
add_train_commands(app)


@app.command(
    help="Chat in the terminal; lines piped in are answered one by one."
    + Example
    + 'tastegraph chat --once "something like Heat but less violent"[/]'
)
def chat(
    workspace: WorkspaceOption = None,
    user: Annotated[str | None, typer.Option(help="Whose taste this is. Default: your login name.")] = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this dialogue. Default: a new one.")] = None,
    once: Annotated[str | None, typer.Option(help="Answer this message and leave.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every event as a line of JSON.")] = False,
) -> None:
    """Chat in the terminal."""
    from ui.chat_model_check import words
    from ui.terminal import Terminal, login_name

    path = _workspace(workspace)
    waiting = Console(stderr=True)
    with waiting.status("Getting ready"):
        from ui.agents import open_agent

        agent = open_agent(path)
        looked = [] if once is not None else words(agent.settings)
    for line in looked:
        waiting.print(line, markup=False)
    try:
        terminal = Terminal(agent, user or login_name(), thread, Console(highlight=False), as_json=as_json)
        if once is not None:
            terminal.say(once)
        else:
            if isinstance(sys.stdin, io.TextIOWrapper):
                # What is piped in may be anything; a byte that is no UTF-8 must not end the dialogue.
                sys.stdin.reconfigure(errors="replace")
            terminal.loop(sys.stdin)
    finally:
        agent.close()


app.command(
    help="Rank the catalogue for titles, words or a person, without a dialogue."
    + Example
    + "tastegraph recommend --like Heat --less violent[/]"
)(recommend)
app.command(
    help="The service desk: drafts replies to customers from orders, policy and templates; a human sends them."
    + Example
    + "tastegraph assist -w shop[/]"
)(assist)
app.command(
    help="Serve the agent's tools to other assistants over the Model Context Protocol."
    + Example
    + "tastegraph mcp -w films[/]"
)(mcp)


@app.command(
    help="Serve the web chat and the API, on this machine or, with a login, to others."
    + Example
    + "tastegraph serve --port 7861 --workspace films --workspace shop[/]"
)
def serve(
    host: Annotated[
        str,
        typer.Option(help="Where to listen. Beyond this machine people log in and programs need a key."),
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 7860,
    workspace: Annotated[
        list[str] | None,
        typer.Option("--workspace", "-w", help="May be given several times. Default: all at home."),
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="Ask for a login on this machine too, as behind a proxy.")
    ] = False,
) -> None:
    """Serve the web chat."""
    from ui.access import Passwords, binding
    from ui.api.keys import KeyStore
    from ui.sign_in import SignIn

    passwords = Passwords.at_home()
    rule = binding(host, bool(passwords.names()), KeyStore.at_home().exist(), login)
    paths = [_workspace(one) for one in workspace] if workspace else home.workspaces_at_home()
    if not paths:
        raise TastegraphError(
            f"There is no workspace in {home.home() / 'workspaces'}. "
            "Make one: tastegraph starter --catalogue all"
        )
    served = {
        path.name if sum(p.name == path.name for p in paths) == 1 else str(path): path for path in paths
    }
    from agent.settings import Settings
    from ui.chat_model_check import tell
    from ui.web import serve as serve_web

    tell(Settings(), say)
    if rule.login:
        say(rule.words())
    secret = home.secret()
    serve_web(served, secret, host, port, say, SignIn(passwords, secret) if rule.login else None)


@app.command(
    help="Say of every part whether it works, and what to do if not."
    + Example
    + "tastegraph doctor --workspace films[/]"
)
def doctor(
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(help="The port that the web chat would use.")] = 7860,
    as_json: JsonOption = False,
) -> None:
    """Say of every part whether it works."""
    from ui.doctor import healthy, run_checks, table

    checks = run_checks(home.find_workspace(workspace), port)
    if as_json:
        print_json(checks)
    else:
        Console().print(table(checks))
    if not healthy(checks):
        raise typer.Exit(1)


@workspace_app.command(
    help="Show what a workspace holds and what made it."
    + Example
    + "tastegraph workspace info --workspace films[/]"
)
def info(
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a workspace holds."""
    from recsys.workspace import Workspace
    from ui.terminal import manifest_table

    opened = Workspace.open(home.find_workspace(workspace))
    if as_json:
        print_json(opened.manifest)
    else:
        Console().print(manifest_table(opened))


def main() -> None:
    """Run the command line."""
    # The driver reports each try to reach a server; we say once, in words, that the server is away.
    logging.getLogger("neo4j").setLevel(logging.ERROR)
    app()


def _workspace(given: str | None) -> Path:
    """Return the folder of a workspace that is there; raises `WorkspaceError` otherwise."""
    from recsys.workspace import Workspace

    return Workspace.open(home.find_workspace(given)).path
