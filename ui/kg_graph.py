"""Which graph is meant, and which of its entities? What all commands of `tastegraph kg` share."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kg.stores.opening import is_server
from recsys.errors import TastegraphError
from ui import home
from ui.console import complain

if TYPE_CHECKING:
    from kg.graph import KnowledgeGraph
    from kg.linking import EntityLinker, LinkResult
    from kg.schema import Entity, Triple

GraphOption = Annotated[
    str | None,
    typer.Option(
        "--graph",
        "-g",
        metavar="PATH|bolt://HOST:PORT",
        help="A graph file or a Neo4j server instead of the workspace's own graph. The server's user and "
        "password come from TASTEGRAPH_NEO4J_USER and TASTEGRAPH_NEO4J_PASSWORD or --password-file.",
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--graph",
        "-g",
        metavar="PATH|bolt://HOST:PORT",
        help="The graph to write: a file or a Neo4j server, whose user and password come from "
        "TASTEGRAPH_NEO4J_USER and TASTEGRAPH_NEO4J_PASSWORD or --password-file.",
    ),
]
NamespaceOption = Annotated[
    str | None,
    typer.Option(
        help="Which graph of a Neo4j server. Default: the workspace's where one is named, else `default`."
    ),
]
PasswordOption = Annotated[
    Path | None, typer.Option("--password-file", help="A file with the password of the Neo4j server.")
]
WORKSPACE = "workspace:"
"""Before the name of a workspace, where a graph is asked for."""


@contextmanager
def opened(
    graph: str | None,
    workspace: str | None = None,
    namespace: str | None = None,
    password_file: Path | None = None,
    *,
    read_only: bool = True,
) -> Iterator[KnowledgeGraph]:
    """Open the graph that is meant: `graph`, else the workspace's own, for reading unless told otherwise.

    Raises `GraphError` when it is not there or away, `WorkspaceError` when there is no such workspace.
    """
    from kg.stores.opening import open_graph

    found = open_graph(
        graph_file(graph, workspace),
        user=os.environ.get("TASTEGRAPH_NEO4J_USER", "neo4j"),
        password=_password(password_file) if graph and is_server(graph) else "",
        namespace=_namespace(graph, workspace, namespace),
        read_only=read_only,
    )
    try:
        yield found
    finally:
        found.close()


def graph_file(graph: str | None, workspace: str | None) -> str:
    """Return the path or address of the graph that is meant."""
    from recsys.workspace import Workspace

    if graph is not None and not graph.startswith(WORKSPACE):
        return str(Path(graph).expanduser()) if "://" not in graph else graph
    name = graph.removeprefix(WORKSPACE) if graph else workspace
    return str(Workspace.open(home.find_workspace(name or None)).graph_path)


def _namespace(graph: str | None, workspace: str | None, given: str | None) -> str:
    from recsys.workspace import Workspace, graph_namespace

    if given:
        return given
    if graph and is_server(graph) and workspace:
        return graph_namespace(Workspace.open(home.find_workspace(workspace)))
    return "default"


def _password(file: Path | None) -> str:
    """Return the password of the server; never an argument, which every process of the machine can read."""
    if file is None:
        return os.environ.get("TASTEGRAPH_NEO4J_PASSWORD", "")
    try:
        return file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TastegraphError(f"The password file {file} cannot be read ({error}).") from error


class _Triples:
    """The triples of a graph, read each time anew: few names need them."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph

    def __iter__(self) -> Iterator[Triple]:
        return self._graph.triples()


def linker_of(graph: KnowledgeGraph, graph_option: str | None, workspace: str | None) -> EntityLinker:
    """Return a linker for the names of a graph; a workspace's also knows what its items are about."""
    from kg.linking import EntityLinker
    from recsys.workspace import Workspace

    texts = {}
    if graph_option is None:
        items = Workspace.open(home.find_workspace(workspace)).items
        texts = {item.id: item.description for item in items if item.description}
    return EntityLinker(list(graph.entities()), _Triples(graph), texts)


def entities_named(
    graph: KnowledgeGraph, names: Sequence[str], graph_option: str | None, workspace: str | None
) -> list[Entity]:
    """Return the entity that each name or id means; says so where a name was not met as it is written.

    Ends the command with 1, and says what is there instead, when one means nothing or several things.
    """
    by_id = {entity.id: entity for entity in graph.get(list(names))}
    if all(name in by_id for name in names):
        return [by_id[name] for name in names]
    linker = linker_of(graph, graph_option, workspace)
    found = []
    for name in names:
        result = linker.link(name)
        entity = by_id.get(name, result.entity)
        if entity is None or (result.ambiguous and name not in by_id):
            complain(nothing_or_several(graph, name, result))
            raise typer.Exit(1)
        if name not in by_id and result.reason not in ("", "exact", "alias"):
            typer.echo(f"I took {name!r} to be {described(entity)}.", err=True)
        found.append(entity)
    return found


def nothing_or_several(graph: KnowledgeGraph, name: str, result: LinkResult) -> str:
    """Return what to say of a name that means nothing, or several things."""
    if result.entity is not None:
        return question(name, [result.entity, *result.alternatives])
    near = result.alternatives or tuple(graph.search(name, limit=5))
    if not near:
        words = [entity for word in name.split() if len(word) > 3 for entity in graph.search(word, limit=3)]
        near = tuple({entity.id: entity for entity in words}.values())[:5]
    hint = f" Near it: {'; '.join(map(described, near))}." if near else " Try `tastegraph kg stats`."
    return f"There is no {name!r} in this graph.{hint}"


def question(name: str, entities: Sequence[Entity]) -> str:
    """Return the question back when a name means several things."""
    return f"Which {name!r} do you mean: {'; '.join(map(described, entities))}? Say it with its id."


def described(entity: Entity) -> str:
    """Return an entity for a line of text."""
    return f"{entity.name or entity.id} ({entity.kind}, {entity.id})"
