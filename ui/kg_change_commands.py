"""How does a graph come about and change? `tastegraph kg build`, `diff`, `update` and `copy`."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.stores.opening import is_server
from recsys.errors import TastegraphError
from ui.console import Example, JsonOption, Output, WorkspaceOption, WrongUsage
from ui.kg_graph import (
    WORKSPACE,
    GraphOption,
    NamespaceOption,
    PasswordOption,
    TargetOption,
    graph_file,
    opened,
)

if TYPE_CHECKING:
    from kg.build import Built
    from kg.graph import KnowledgeGraph
    from kg.resolution.config import ResolutionConfig
    from kg.schema import Change
    from kg.sources.dump import Dump
    from kg.update import ChangeSummary

change_app = typer.Typer()

SourceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        "-s",
        metavar="NAME=PATH",
        help="A source and where it is; NAME:LABEL=PATH names it on every edge. --list describes them.",
    ),
]
SeenOption = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="The day of the dump. Default: the day its files were written."),
]
PriorityOption = Annotated[
    str,
    typer.Option(help="Sources by trust, the most trusted first, commas between: who speaks in a conflict."),
]
SameAsOption = Annotated[
    Path | None,
    typer.Option(
        "--same-as",
        help="Which record became which entity, a Parquet file. Default: beside the graph's file, named after it.",
    ),
]
KeepOption = Annotated[
    bool, typer.Option("--keep-expired", help="Keep what the dump no longer says, with its last day.")
]


@change_app.command(
    help="Build a graph out of sources: read, resolved into entities, conflicts kept, written in one step."
    + Example
    + "tastegraph kg build --source wikipedia=films/ --source omdb=metadata.jsonl --graph films.lbug[/]"
    "\n\nSources: tastegraph kg build --list"
)
def build(
    source: SourceOption = None,
    graph: TargetOption = None,
    seen: SeenOption = None,
    priority: PriorityOption = "",
    report: Annotated[
        Path | None, typer.Option(help="Write the report of the build here, as Markdown.")
    ] = None,
    same_as: SameAsOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    listed: Annotated[bool, typer.Option("--list", help="List the sources and leave.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build a graph out of sources."""
    from kg.build import build_graph
    from kg.resolution.same_as import write_same_as

    out = Output(as_json)
    if listed:
        _list_sources(out)
        return
    if not source:
        raise WrongUsage("Name a source: --source NAME=PATH. `tastegraph kg build --list` describes them.")
    where = _writable(graph, "--graph films.lbug")
    map_file = _same_as_file(where, same_as)
    if map_file is None:
        raise WrongUsage("Say where the map of merged records is kept: --same-as films.same-as.parquet")
    dumps = [_read(given, seen, out) for given in source]
    built = build_graph(dumps, _config(priority), out.step)
    with _writing(where, namespace, password_file) as target:
        target.replace(built.entities, built.triples, out.step)
    write_same_as(built.same_as, map_file)
    if report is not None:
        _write(report.expanduser(), built.report.markdown())
    if not out.document(built.report):
        out.say(built.report.markdown())
        out.say(f"The graph is in {where}, its map of merged records in {map_file}")


@change_app.command(
    help="Say what a new dump of one source would change, and change nothing."
    + Example
    + "tastegraph kg diff --source wikipedia=films-new/ --graph films.lbug[/]"
)
def diff(
    source: SourceOption = None,
    graph: GraphOption = None,
    seen: SeenOption = None,
    priority: PriorityOption = "",
    keep_expired: KeepOption = False,
    same_as: SameAsOption = None,
    workspace: WorkspaceOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what an update would do."""
    where = graph_file(graph, workspace)
    out = Output(as_json)
    dump = _read(_one(source), seen, out)
    with opened(graph, workspace, namespace, password_file) as found:
        summary, _, _ = _planned(found, dump, _same_as_file(where, same_as), priority, keep_expired, out)
    _tell(summary, f"What {dump.source} of {dump.seen} would change", out)


@change_app.command(
    help="Bring a graph up to a new dump of one source: add, change, expire; all of it or nothing."
    + Example
    + "tastegraph kg update --source wikipedia=films-new/ --graph films.lbug[/]"
)
def update(
    source: SourceOption = None,
    graph: TargetOption = None,
    seen: SeenOption = None,
    priority: PriorityOption = "",
    keep_expired: KeepOption = False,
    same_as: SameAsOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a graph up to a new dump of one source."""
    from kg.resolution.same_as import write_same_as
    from kg.schema import Change

    where = _writable(graph, "--graph films.lbug")
    if not is_server(where) and not Path(where).is_file():
        raise TastegraphError(
            f"There is no graph in {where}. Build it first: tastegraph kg build --graph {where}"
        )
    map_file = _same_as_file(where, same_as)
    out = Output(as_json)
    dump = _read(_one(source), seen, out)
    with opened(where, None, namespace, password_file, read_only=False) as found:
        summary, change, built = _planned(found, dump, map_file, priority, keep_expired, out)
        if change != Change():
            found.apply(change)
    if built is not None and map_file is not None:
        write_same_as(built.same_as, map_file)
    _tell(summary, f"What {dump.source} of {dump.seen} changed", out)


@change_app.command(
    help="Copy a graph, losing nothing: from a file to a Neo4j server, back, or to another file."
    "\n\nEach end is a path, bolt://HOST:PORT or workspace:NAME. Both ends are compared afterwards."
    + Example
    + "tastegraph kg copy workspace:films films.lbug[/]"
)
def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="A path, bolt://HOST:PORT or workspace:NAME.")
    ],
    target: Annotated[str, typer.Argument(metavar="TO", help="A path or bolt://HOST:PORT.")],
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of what TO holds.")] = False,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy a graph."""
    from kg.stores.copying import copy_graph

    where = _writable(target, "a path or bolt://HOST:PORT")
    if graph_file(source, None) == where and not is_server(where):
        raise WrongUsage(f"{source} and {target} are one graph; there is nothing to copy.")
    out = Output(as_json)
    with (
        opened(source, None, namespace, password_file) as old,
        _writing(where, namespace, password_file) as new,
    ):
        held = new.stats()
        if held.total_entities and not replace:
            raise TastegraphError(
                f"{target} holds {held.total_entities:,} entities already. Replace them with --replace."
            )
        stats = copy_graph(old, new, out.step)
    if not out.document(stats):
        out.say(
            f"{target} holds {stats.total_entities:,} entities and {stats.total_triples:,} triples, "
            f"the same as {source}."
        )


def _planned(
    graph: KnowledgeGraph, dump: Dump, map_file: Path | None, priority: str, keep_expired: bool, out: Output
) -> tuple[ChangeSummary, Change, Built | None]:
    """Return what an update changes, the change, and the resolved dump where the graph has a map of records.

    Without a map the ids of the dump are taken for those of the graph.
    """
    from kg.build import build_update
    from kg.resolution.same_as import read_same_as
    from kg.update import plan_update

    built = None
    entities, triples = dump.entities, dump.triples
    if map_file is not None and map_file.is_file():
        built = build_update(dump, graph, read_same_as(map_file), _config(priority), out.step)
        entities, triples = built.entities, built.triples
    else:
        out.step("The graph has no map of merged records; ids of the dump are taken as ids of the graph.")
    change, summary = plan_update(graph, dump.source, entities, triples, dump.seen, keep_expired)
    return summary, change, built


def _tell(summary: ChangeSummary, title: str, out: Output) -> None:
    from ui.kg_print import change_tables, show

    if not out.document(summary):
        show(*change_tables(summary, title))


def _one(source: list[str] | None) -> str:
    if not source or len(source) > 1:
        raise WrongUsage("Name one source: --source NAME=PATH. `tastegraph kg build --list` describes them.")
    return source[0]


def _read(given: str, seen: datetime | None, out: Output) -> Dump:
    from kg.sources.registry import read_source

    dump = read_source(given, _day(seen))
    out.step(f"{dump.source} of {dump.seen}: {len(dump.entities):,} entities, {len(dump.triples):,} triples")
    for reason, count in dump.skipped_by_reason().items():
        out.step(f"  left out: {count:,} rows, {reason}")
    return dump


def _day(seen: datetime | None) -> date | None:
    return seen.date() if seen else None


def _config(priority: str) -> ResolutionConfig:
    from kg.resolution.config import ResolutionConfig

    return ResolutionConfig(priority=tuple(name.strip() for name in priority.split(",") if name.strip()))


def _writable(graph: str | None, example: str) -> str:
    """Return the path or address of a graph to write; a workspace's belongs to its build."""
    if graph is None:
        raise WrongUsage(f"Say which graph is written: {example}")
    if graph.startswith(WORKSPACE):
        raise WrongUsage(
            "The graph of a workspace belongs to its build and is not written. Copy it first: "
            f"tastegraph kg copy {graph} copy.lbug"
        )
    return graph_file(graph, None)


def _same_as_file(where: str, given: Path | None) -> Path | None:
    """Return where the map of merged records is; beside a server there is no place for it."""
    if given is not None:
        return given.expanduser()
    return None if is_server(where) else Path(f"{where}.same-as.parquet")


@contextmanager
def _writing(where: str, namespace: str | None, password_file: Path | None) -> Iterator[KnowledgeGraph]:
    """Open a graph to write; a file that was made for it goes again when the writing fails or is broken off."""
    file = None if is_server(where) or Path(where).exists() else Path(where)
    try:
        with opened(where, None, namespace, password_file, read_only=False) as graph:
            yield graph
    except BaseException:
        if file is not None:
            for left in file.parent.glob(f"{glob.escape(file.name)}*"):
                left.unlink()
        raise


def _list_sources(out: Output) -> None:
    from rich.table import Table

    from kg.sources.registry import SOURCES
    from ui.kg_print import show

    if out.document([{"name": name, "expects": source.expects} for name, source in SOURCES.items()]):
        return
    table = Table(title="Sources for tastegraph kg build", title_justify="left")
    for column in ("name", "PATH is"):
        table.add_column(column, overflow="fold")
    for name, source in SOURCES.items():
        table.add_row(name, source.expects)
    show(table)


def _write(path: Path, text: str) -> None:
    from kg.files import write_text

    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)
