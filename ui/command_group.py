"""Which commands are there, and how does one that fails end?"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from kg.graph import GraphError
from recsys.errors import TastegraphError
from ui.console import INTERRUPTED, PROBLEM, USAGE, WrongUsage, complain

if TYPE_CHECKING:
    from typer._click import Command, Context

COMMAND_GROUP = "tastegraph.commands"
"""Entry points of this group become commands; each names a typer application."""


class Commands(TyperGroup):
    """Adds the commands of other parts when they are asked for; an error for a person becomes one line."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Return our commands, then those of the entry points."""
        own = super().list_commands(ctx)
        return own + sorted(point.name for point in _entry_points() if point.name not in own)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """Return a command by name, or None."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        return next((_attached(point) for point in _entry_points() if point.name == cmd_name), None)

    def invoke(self, ctx: Context) -> Any:  # noqa: ANN401 - as in the base class
        """Run the command; how it ends is described in `ui.console`."""
        code = PROBLEM
        try:
            return super().invoke(ctx)
        except (TastegraphError, GraphError) as error:
            complain(str(error))
            code = USAGE if isinstance(error, WrongUsage) else PROBLEM
        except ValidationError as error:
            complain(_settings_message(error))
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise
            complain(f"{error.filename or 'A file'} could not be used: {error.strerror or error}.")
        except KeyboardInterrupt:
            code = INTERRUPTED
        raise typer.Exit(code)


def _entry_points() -> list[importlib.metadata.EntryPoint]:
    return list(importlib.metadata.entry_points(group=COMMAND_GROUP))


def _attached(point: importlib.metadata.EntryPoint) -> Command:
    try:
        loaded = point.load()
    except (ImportError, AttributeError) as error:
        return _absent(
            point.name, f"The command {point.name} cannot be loaded ({error}). Install the package anew."
        )
    command = typer.main.get_command(loaded)
    command.name = point.name
    return command


def _absent(name: str, why: str) -> Command:
    stub = typer.Typer(add_completion=False)

    @stub.command(name, help=why, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
    def absent() -> None:
        raise TastegraphError(why)

    return typer.main.get_command(stub)


def _settings_message(error: ValidationError) -> str:
    parts = [
        f"{error.title}.{'.'.join(map(str, problem['loc'])) or 'values'}: {problem['msg']}"
        for problem in error.errors()
    ]
    return f"A value is wrong: {'; '.join(parts)}. Settings come from variables named TASTEGRAPH_…."
