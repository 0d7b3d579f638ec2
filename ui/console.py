"""What do all commands share? The option that names a workspace, and how a line is printed."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

WorkspaceOption = Annotated[
    str | None,
    typer.Option("--workspace", "-w", help="The name of a workspace at home, or a folder. Default: films."),
]


def say(line: str) -> None:
    """Print a line; it is shown as it is, markup or not."""
    Console(highlight=False).print(Text(line), soft_wrap=True)


def step(line: str) -> None:
    """Print a line of progress."""
    say(f"  {line}")


def complain(message: str) -> None:
    """Print an error for a person to the standard error stream."""
    Console(stderr=True, highlight=False).print(
        Text.assemble(("Error: ", "bold red"), message), soft_wrap=True
    )
