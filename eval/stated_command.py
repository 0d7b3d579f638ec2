"""`tastegraph eval stated`: are the figures that README and docs state still true?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def stated(
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")] = Path("../shared/data"),
    out: Annotated[Path, typer.Option(help="Folder for the report and what is built on the way.")] = Path(
        "reports/stated"
    ),
    small: Annotated[bool, typer.Option("--small", help="Samples, ten minutes on two cores.")] = False,
    only: Annotated[str, typer.Option(help="Runs of the ledger, with commas between.")] = "",
    budget: Annotated[
        float | None, typer.Option(min=0.0, help="Minutes; a run is begun only where it fits.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Keep runs that the same code has finished.")] = False,
    texts: Annotated[
        bool, typer.Option("--texts", help="Only look whether every stated figure is in the ledger.")
    ] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would run, and for how long.")] = False,
) -> None:
    """Measure again what README and docs state (docs/figures.toml), and say what is off by more than its spread.

    Examples: tastegraph eval stated --small

    tastegraph eval stated --plan
    """
    from rich.console import Console
    from rich.table import Table

    from eval.provenance import ROOT
    from eval.report_html import write_html
    from eval.run_suite import typed_command
    from eval.sections import write_report
    from eval.stated import LEDGER, check_texts, read_ledger, unstated
    from eval.stated_run import planned, report_of, run_all
    from recsys.errors import TastegraphError

    console = Console()
    try:
        ledger = read_ledger(ROOT / LEDGER)
        wanted = [name.strip() for name in only.split(",") if name.strip()]
        unknown = [name for name in wanted if name not in ledger.run]
        if unknown:
            raise TastegraphError(f"The ledger has no run {unknown[0]!r}. It has: {', '.join(ledger.run)}.")
        problems = [*check_texts(ledger, ROOT), *unstated(ledger, ROOT)]
        for problem in problems:
            console.print(problem, style="red", markup=False, soft_wrap=True)
        names = planned(ledger, small, wanted)
        total = sum(ledger.run[name].seconds for name in names)
        console.print(
            f"{len(names)} runs, about {total / 60:,.0f} minutes on two cores.", markup=False, soft_wrap=True
        )
        if plan:
            shown = Table("run", "figures", "about", "needs", "command")
            for name in names:
                run = ledger.run[name]
                count = sum(len(entry.figures) for entry in ledger.stated if entry.run == name)
                about = f"{run.seconds:,.0f} s{', estimated' if run.estimated else ''}"
                shown.add_row(name, str(count), about, run.needs, run.command)
            console.print(shown)
        if plan or texts:
            raise typer.Exit(1 if problems else 0)
        if not data.is_dir():
            raise TastegraphError(f"There is no folder {data}. Give the folder of the data sets with --data.")
        results, left_out = run_all(
            ledger,
            names,
            data,
            out,
            None if budget is None else 60 * budget,
            resume,
            lambda line: console.print(line, markup=False, soft_wrap=True),
        )
        report = report_of(ledger, results, left_out, data, typed_command())
        files = [*write_report(report, out, "stated"), write_html(report, out, "stated")]
    except TastegraphError as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    except KeyboardInterrupt:
        console.print(f"Interrupted. What is finished is kept in {out}; go on with --resume.", markup=False)
        raise typer.Exit(130) from None
    off = 0
    for name, section in report.sections.items():
        off += int(section.figures[0].value)
        for table in section.tables:
            for verdict, written, measured, allowed, at, where in table.rows:
                if verdict != "holds":
                    console.print(
                        f"{name}: {where} states {written} ({allowed}), measured {measured or 'nothing'}: {at}",
                        style="red",
                        markup=False,
                        soft_wrap=True,
                    )
    counted = sum(len(table.rows) for section in report.sections.values() for table in section.tables)
    took = sum(report.seconds.values())
    console.print(f"{counted - off} of {counted} stated figures hold; {took:,.0f} s.", markup=False)
    for remark in report.remarks:
        console.print(remark, style="yellow", markup=False, soft_wrap=True)
    for name, reason in report.failed.items():
        console.print(f"Failed: {name}. {reason}", style="red", markup=False, soft_wrap=True)
    for file in files:
        console.print(f"Wrote {file}", markup=False, soft_wrap=True)
    if off or report.failed or problems:
        raise typer.Exit(1)
