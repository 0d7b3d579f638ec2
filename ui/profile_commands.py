"""`tastegraph profile`: what is stored about a person, to look at, to correct, to take along, and to erase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from recsys.errors import TastegraphError
from ui import home
from ui.console import Example, JsonOption, Output, WorkspaceOption, WrongUsage

if TYPE_CHECKING:
    from agent.session import Agent

profile_app = typer.Typer(
    no_args_is_help=True, help="See, correct, take along or erase what is stored about a person."
)
UserOption = Annotated[str | None, typer.Option("--user", help="Whose taste. Default: your login name.")]


@profile_app.command(
    "list", help="The same as `show`." + Example + "tastegraph profile list --user ann[/]", hidden=True
)
@profile_app.command(
    help="Show what is stored about a person's taste, each with the sentence it comes from."
    + Example
    + "tastegraph profile show --user ann[/]"
)
def show(
    user: UserOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is stored about a person's taste."""
    from ui.terminal import profile_table

    with _opened(workspace) as agent:
        profile = agent.profile(_name(user))
    out = Output(as_json)
    if not out.document(profile):
        out.console().print(profile_table(profile))


@profile_app.command(
    help="Change what is stored of one taste: NUMBER is its place in `profile show`."
    + Example
    + "tastegraph profile correct 1 dislike --user ann[/]\n\n[cyan]tastegraph profile correct 2 --subject westerns[/]"
)
def correct(
    number: Annotated[int, typer.Argument(min=1, help="Its number in `profile show`.")],
    polarity: Annotated[str, typer.Argument(help="`like` or `dislike`; as it is where left out.")] = "",
    subject: Annotated[str | None, typer.Option(help="What it should be about.")] = None,
    user: UserOption = None,
    workspace: WorkspaceOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change what is stored of one taste."""
    from recsys.taste import statement

    if polarity not in ("", "like", "dislike"):
        raise WrongUsage(f"Say like or dislike, not {polarity!r}; another subject goes after --subject.")
    sign: Literal[-1, 1] | None = None if not polarity else 1 if polarity == "like" else -1
    with _opened(workspace) as agent:
        interests = agent.profile(_name(user)).interests
        if number > len(interests):
            raise TastegraphError(
                f"There is no number {number}: {len(interests)} are stored. See `tastegraph profile show`."
            )
        now = agent.correct(_name(user), interests[number - 1].id, sign, subject)
    out = Output(as_json)
    if not out.document(now):
        out.say(f"Corrected: {statement(now)}")


@profile_app.command(
    help="Write everything stored about a person as JSON: interests and dialogues."
    + Example
    + "tastegraph profile export --user ann --to ann.json[/]"
)
def export(
    user: UserOption = None,
    workspace: WorkspaceOption = None,
    to: Annotated[Path | None, typer.Option(help="A new file. Default: the standard output.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --to: print as JSON which file was written.")
    ] = False,
) -> None:
    """Write everything stored about a person as JSON."""
    from ui.personal import as_text, write_export

    with _opened(workspace) as agent:
        exported = agent.export(_name(user))
    if to is None:
        typer.echo(as_text(exported), nl=False)
        return
    written = write_export(exported, to)
    out = Output(as_json)
    if not out.document({"file": written}):
        out.say(f"Written: {written}")


@profile_app.command(
    help="Erase everything stored about a person: interests and dialogues. It cannot be undone."
    + Example
    + "tastegraph profile erase --user ann[/]"
)
def erase(
    user: UserOption = None,
    workspace: WorkspaceOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase everything stored about a person."""
    name = _name(user)
    with _opened(workspace) as agent:
        where = agent.services.workspace.manifest.name
        if not yes:
            typer.confirm(f"Erase everything stored about {name} in {where}?", abort=True, err=as_json)
        erased = agent.erase(name)
    out = Output(as_json)
    if not out.document({"user": name, "erased": erased}):
        out.say(erased)


@profile_app.command(
    help="Wipe what deleted interests left in the files of a Chroma server that is stopped. A workspace's own files "
    "need no wiping." + Example + "tastegraph profile wipe /var/lib/chroma[/]"
)
def wipe(
    folder: Annotated[Path, typer.Argument(help="The folder that `chroma run --path` was given.")],
    as_json: JsonOption = False,
) -> None:
    """Wipe what deleted interests left in a folder of Chroma."""
    from recsys.interest_collection import wipe_folder

    kept = wipe_folder(folder)
    out = Output(as_json)
    if not out.document({"folder": folder, "kept": kept}):
        out.say(f"Wiped: {folder}. {kept} interests stay.")


@contextmanager
def _opened(workspace: str | None) -> Iterator[Agent]:
    from recsys.workspace import Workspace
    from ui.agents import open_agent

    agent = open_agent(Workspace.open(home.find_workspace(workspace)).path)
    try:
        yield agent
    finally:
        agent.close()


def _name(user: str | None) -> str:
    from ui.terminal import login_name

    return user or login_name()
