"""`tastegraph password`: who may log in to the page."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ui.console import Example, JsonOption, Output

password_app = typer.Typer(
    no_args_is_help=True,
    help="Who may log in to the page, where it is served beyond this machine.",
)


@password_app.command(
    "set",
    help="Set a person's password; it is asked for, and only its hash is kept. Open logins of that person end."
    + Example
    + "tastegraph password set ann[/]",
)
def set_password(
    name: Annotated[str, typer.Argument(help="Whose: the name they log in with, and whose taste it is.")],
    from_stdin: Annotated[
        bool, typer.Option("--stdin", help="Read it from the input, one line, instead of asking.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Set a person's password."""
    from ui.access import Passwords

    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt(
            f"Password of {name}", hide_input=True, confirmation_prompt="The same again", err=True
        )
    Passwords.at_home().set(name, password)
    out = Output(as_json)
    if not out.document({"name": name}):
        out.say(f"{name} can log in. Serve to others: tastegraph serve --host 0.0.0.0")


@password_app.command("list", help="List who may log in." + Example + "tastegraph password list[/]")
def list_people(
    as_json: JsonOption = False,
) -> None:
    """List who may log in."""
    from ui.access import SET_PASSWORD, Passwords

    names = Passwords.at_home().names()
    out = Output(as_json)
    if not out.document(names):
        for line in names or [f"Nobody. Set a password: {SET_PASSWORD}"]:
            out.say(line)


@password_app.command(
    "remove",
    help="Take a person's login away; what is stored of them stays."
    + Example
    + "tastegraph password remove ann[/]",
)
def remove(
    name: Annotated[str, typer.Argument(help="Whose.")],
    as_json: JsonOption = False,
) -> None:
    """Take a person's login away."""
    from ui.access import Passwords

    Passwords.at_home().remove(name)
    out = Output(as_json)
    if not out.document({"name": name}):
        out.say(
            f"{name} cannot log in any more. What is stored of them: tastegraph profile show --user {name}"
        )
