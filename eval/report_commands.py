"""`tastegraph eval compare` and `merge`: what is done with reports that are there."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from recsys.errors import TastegraphError


def compare(
    before: Annotated[Path, typer.Argument(help="A report's JSON, or its folder.")],
    after: Annotated[Path | None, typer.Argument(help="The other; left out with --systems.")] = None,
    systems: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="X Y", help="Two systems of one report, on the same units."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the resamples.")] = 0,
    resamples: Annotated[int, typer.Option(min=99, help="How many resamples.")] = 9999,
    other_data: Annotated[
        bool, typer.Option("--other-data", help="Compare though data or size are not the same.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON on the standard output.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write it as a page too.")] = None,
) -> None:
    """Say what changed between two reports, and whether it is noise (paired bootstrap, Holm's correction).

    Examples: tastegraph eval compare reports/crs-before reports/crs --html changes.html

    tastegraph eval compare reports/crs --systems popularity builtin
    """
    from rich.console import Console

    from eval.compare import compare_reports, compare_systems
    from eval.compare_report import show, write_html
    from eval.report import read_report

    console = Console(stderr=as_json)
    if (after is None) == (systems is None):
        raise typer.BadParameter("give two reports, or one with --systems X Y", param_hint="AFTER")
    try:
        first = read_report(before)
        if systems is not None:
            found = compare_systems(first, *systems, seed=seed, resamples=resamples)
        else:
            assert after is not None
            names = (str(before), str(after))
            found = compare_reports(
                first, read_report(after), names, other_data=other_data, seed=seed, resamples=resamples
            )
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    if as_json:
        sys.stdout.write(found.model_dump_json(indent=2) + "\n")
    else:
        show(console, found)
    if html is not None:
        write_html(found, html)
        console.print(f"Wrote {html}", markup=False, soft_wrap=True)


def merge(
    reports: Annotated[list[Path], typer.Argument(help="Reports' JSON files, or their folders.")],
    out: Annotated[
        Path, typer.Option(help="The Markdown file to write; JSON and HTML are written beside it.")
    ] = Path("reports/results.md"),
) -> None:
    """Put the reports of several suites together as one, with commands, machines and dates.

    Example: tastegraph eval merge reports/crs reports/kg reports/agent --out docs/results.md
    """
    from rich.console import Console

    from eval.merge import merge as merged
    from eval.report import read_report
    from eval.report_html import write_html
    from eval.run_suite import typed_command
    from eval.sections import write_report

    console = Console()
    try:
        found, folders = {}, {}
        for path in reports:
            report = read_report(path)
            name = path.name if path.is_dir() else path.stem
            if name in found:
                raise TastegraphError(
                    f"Two reports are called {name}. Put them into folders of different names."
                )
            found[name] = report
            folder = path if path.is_dir() else path.parent
            folders[name] = os.path.relpath(folder.resolve(), out.resolve().parent)
        whole = merged(found, command=typed_command(), folders=folders)
        files = [*write_report(whole, out.parent, out.stem), write_html(whole, out.parent, out.stem)]
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    for file in files:
        console.print(f"Wrote {file}", markup=False, soft_wrap=True)
    if whole.failed:
        console.print(f"Failed: {', '.join(whole.failed)}", style="red", markup=False)
        raise typer.Exit(1)
