"""What do all commands share? The options that most have, and how a result, a line and an error are printed.

How every command ends: 0 it was done; 1 it was not, or the answer is that there is none, and one line on the standard
error says why; 2 the command line itself is wrong; 130 it was interrupted. Other parts' commands (`tastegraph eval`)
end so too.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from recsys.errors import TastegraphError

PROBLEM = 1
"""The exit code where it was not done and the standard error says why, or where the answer is that there is none."""
USAGE = 2
"""The exit code of a command line that cannot be understood; the same as that of typer's own errors."""
INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells give it: 128 and the number of the signal."""

Example = "\n\nExample: [cyan]"
"""Before the example in a command's help; the example ends with `[/]`."""

WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", "-w", help="The name of a workspace at home, or a folder. Default: films."),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the result as one JSON document; what is said besides goes to the standard error.",
    ),
]


class WrongUsage(TastegraphError):  # noqa: N818 - reads as what it is, as in click's own UsageError
    """The command line lacks a part or has two that do not go together; the command ends with 2."""


class Output:
    """What one command prints: for people, or, with `as_json`, for a program.

    For a program the standard output holds one JSON document and nothing else; what is said on the way goes to the
    standard error.
    """

    def __init__(self, as_json: bool) -> None:
        """Take the value of `--json`."""
        self.as_json = as_json

    def say(self, line: str) -> None:
        """Print a line as it is, markup or not."""
        say(line, aside=self.as_json)

    def step(self, line: str) -> None:
        """Print a line of progress."""
        self.say(f"  {line}")

    def console(self) -> Console:
        """Return where tables and progress bars go."""
        return Console(stderr=self.as_json, highlight=False)

    def document(self, value: Any) -> bool:  # noqa: ANN401 - whatever a command found
        """Print `value` where the result is for a program, and say whether it was.

        Values may be models of Pydantic, dataclasses, paths, dates and what JSON knows; a number that is none becomes
        null.
        """
        if self.as_json:
            print_json(value)
        return self.as_json


def print_json(value: Any) -> None:  # noqa: ANN401 - as above
    """Print one JSON document to the standard output."""
    from pydantic_core import to_json

    typer.echo(to_json(value, indent=2, inf_nan_mode="null").decode("utf-8"))


def say(line: str, *, aside: bool = False) -> None:
    """Print a line; it is shown as it is, markup or not. What is said `aside` goes to the standard error."""
    Console(stderr=aside, highlight=False).print(Text(line), soft_wrap=True)


def step(line: str) -> None:
    """Print a line of progress."""
    say(f"  {line}")


def complain(message: str) -> None:
    """Print an error for a person to the standard error stream."""
    Console(stderr=True, highlight=False).print(
        Text.assemble(("Error: ", "bold red"), message), soft_wrap=True
    )
