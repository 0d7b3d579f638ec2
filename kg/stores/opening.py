"""Opening a graph by where it is: a file, or the address of a server."""

from __future__ import annotations

import re
from pathlib import Path

from kg.graph import GraphError, KnowledgeGraph

_SERVER = re.compile(r"(?:bolt|neo4j)(?:\+s|\+ssc)?://", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)


def is_server(where: str) -> bool:
    """Say whether this is the address of a Neo4j server rather than a file."""
    return _SERVER.match(where) is not None


def open_graph(
    where: str,
    *,
    user: str = "neo4j",
    password: str = "",
    namespace: str = "default",
    read_only: bool = False,
) -> KnowledgeGraph:
    """Open the graph in a file (Ladybug), or under `bolt://` or `neo4j://` (Neo4j; not connected to yet).

    Raises `GraphError` when it is neither, or as the store does.
    """
    if is_server(where):
        if not password:
            raise GraphError(f"The Neo4j server at {where} asks for a password, and none was given.")
        from kg.stores.neo4j import Neo4jGraph

        return Neo4jGraph(where, user, password, namespace=namespace, read_only=read_only)
    if _ADDRESS.match(where):
        raise GraphError(
            f"{where!r} is no graph: give a file, or an address that begins with bolt:// or neo4j://."
        )
    if not where.strip() or Path(where).is_dir():
        raise GraphError(f"{where!r} is no file of a graph. Give the file itself, such as graph.lbug.")
    from kg.stores.ladybug import LadybugGraph

    return LadybugGraph(Path(where), read_only=read_only)
