"""What is on the page of all commands? Read out of the application itself: `python -m ui.command_reference`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context

PAGE = Path("docs/command-line.md")
BEGIN, END = "<!-- commands: begin -->", "<!-- commands: end -->"
STREAMS = {
    "chat": "an event a line",
    "assist": "an event a line",
}
"""Commands whose `--json` prints many documents, one a line, as they come."""
NO_RESULT = {"serve": "it serves", "mcp": "its standard output is the protocol"}
"""Commands that print no result, and why."""
_MARKUP = re.compile(r"\[/?[a-z ]*\]")
_EXAMPLES = re.compile(r"\s*\bExamples?:\s*")


@dataclass(frozen=True)
class Described:
    """One command as its help describes it."""

    path: str
    """Without `tastegraph`: `kg serve stop`."""
    about: str
    """The first paragraph of its help, in one line."""
    examples: tuple[str, ...]
    """Whole command lines, each beginning with `tastegraph`."""
    json: bool
    """Whether it takes `--json`."""
    hidden: bool
    command: Command


def commands(app: typer.Typer) -> Iterator[Described]:
    """Yield every command of an application and of its groups, those of other packages too."""
    root = typer.main.get_command(app)
    yield from _below(root, root.make_context("tastegraph", ["--help"], resilient_parsing=True), ())


def table(app: typer.Typer, but: str = "eval") -> str:
    """Return the commands as a table in Markdown; `but` is a group with a page of its own."""
    lines = ["| command | what it does | `--json` |", "| --- | --- | --- |"]
    for one in commands(app):
        if one.hidden or one.path.split()[0] == but:
            continue
        told = STREAMS.get(one.path) or ("yes" if one.json else f"no: {NO_RESULT.get(one.path, '')}")
        lines.append(f"| `tastegraph {one.path}` | {one.about.replace('|', chr(92) + '|')} | {told} |")
    return "\n".join(lines)


def renewed(page: str, app: typer.Typer) -> str:
    """Return a page with the table between its two marks made anew."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{table(app)}\n{END}{after}"


def _below(command: Command, context: Context, path: tuple[str, ...]) -> Iterator[Described]:
    if isinstance(command, TyperGroup):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            if found is not None:
                inner = found.make_context(name, [], parent=context, resilient_parsing=True)
                yield from _below(found, inner, (*path, name))
        if not command.invoke_without_command or not path:
            return
    yield _described(command, " ".join(path))


def _described(command: Command, path: str) -> Described:
    text = _MARKUP.sub("", command.help or "")
    about, *rest = _EXAMPLES.split(text, maxsplit=1)
    paragraphs = [" ".join(part.split()) for part in "".join(rest).split("\n\n")]
    return Described(
        path=path,
        about=" ".join(about.split("\n\n")[0].split()),
        examples=tuple(part for part in paragraphs if part.startswith("tastegraph ")),
        json=any("--json" in parameter.opts for parameter in command.params),
        hidden=command.hidden,
        command=command,
    )


if __name__ == "__main__":
    from ui.cli import app

    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), app), encoding="utf-8")
