"""`tastegraph keys`: make, list and revoke the keys of the API."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ui.console import Example, JsonOption, Output, WrongUsage

keys_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke keys of the HTTP API.")
_LASTS = re.compile(r"(?P<count>[1-9]\d{0,4})(?P<unit>[hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


@keys_app.command(
    help="Make a key and show it once; only its digest is kept."
    + Example
    + "tastegraph keys create shop-site --scope chat --scope act_as --rate 300/minute --expires 90d[/]"
)
def create(
    name: Annotated[str, typer.Argument(help="What the list and the log call it.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="chat, recommend, feedback, profile, act_as or metrics. May be repeated. Default: the first four."
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="Whose taste it is about. Default: a person of the key's own.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option(help="Requests in a time, such as 60/minute. Default: TASTEGRAPH_API_RATE.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="After how long: 12h, 90d or 4w. Default: never.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key."""
    from ui.api.keys import USUAL_SCOPES, KeyStore, Scope

    known = [one.value for one in Scope]
    if unknown := [one for one in scope or () if one not in known]:
        raise WrongUsage(f"There is no scope {unknown[0]!r}. Choose of {', '.join(known)}.")
    scopes = tuple(Scope(one) for one in scope) if scope else USUAL_SCOPES
    key, token = KeyStore.at_home().create(name, scopes, user, rate, _lasts(expires))
    out = Output(as_json)
    if out.document({"key": token} | key.model_dump(exclude={"digest"})):
        return
    out.say(
        f"Key {key.name} for {key.user}, allowed: {', '.join(key.scopes)}. Keep it now; it is not shown again:"
    )
    typer.echo(token)


@keys_app.command("list", help="List the keys." + Example + "tastegraph keys list --json[/]")
def list_keys(
    as_json: JsonOption = False,
) -> None:
    """List the keys."""
    from ui.api.keys import KeyStore

    store, now = KeyStore.at_home(), datetime.now(UTC)
    keys = store.all()
    out = Output(as_json)
    if out.document([key.model_dump(exclude={"digest"}) | {"state": key.state(now)} for key in keys]):
        return
    if not keys:
        out.say(f"There are no keys in {store.folder}: on this machine the API answers without one.")
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("id", "name", "user", "scopes", "rate", "expires", "state"):
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for key in keys:
        expires = f"{key.expires:%Y-%m-%d %H:%M}" if key.expires else "never"
        row = (key.id, key.name, key.user, ", ".join(key.scopes), key.rate or "usual", expires)
        table.add_row(*(Text(cell) for cell in row), key.state(now))
    out.console().print(table)


@keys_app.command(
    help="Revoke a key for good; a server that runs refuses it from now on."
    + Example
    + "tastegraph keys revoke shop-site[/]"
)
def revoke(
    key: Annotated[str, typer.Argument(help="Its id or its name.")],
    as_json: JsonOption = False,
) -> None:
    """Revoke a key."""
    from ui.api.keys import KeyStore

    gone = KeyStore.at_home().revoke(key)
    out = Output(as_json)
    if not out.document(gone.model_dump(exclude={"digest"})):
        out.say(f"Revoked: {gone.name} ({gone.id})")


def _lasts(expires: str | None) -> timedelta | None:
    if expires is None:
        return None
    match = _LASTS.fullmatch(expires)
    if match is None:
        raise WrongUsage(f"{expires!r} is no time. Write hours, days or weeks: 12h, 90d, 4w.")
    return timedelta(**{_UNITS[match["unit"]]: int(match["count"])})
