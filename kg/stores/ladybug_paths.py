"""Paths of the embedded store: its edges as an adjacency, in memory or mapped from a file beside the graph."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kg.paths.adjacency import Adjacency, build_adjacency
from kg.paths.adjacency_file import load_adjacency, save_adjacency
from kg.paths.candidates import Candidate
from kg.paths.specificity import RelationStatistics
from kg.schema import Entity
from kg.stores.ladybug_session import LadybugSession

Progress = Callable[[str], None]


def quiet(line: str) -> None:
    """Show nothing."""


def file_state(graph: Path) -> str:
    """Say in which state the file of a graph is, together with what was not yet written into it."""
    parts = []
    for file in (graph, graph.with_name(f"{graph.name}.wal")):
        with suppress(FileNotFoundError):
            seen = file.stat()
            parts.append(f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}")
    return "+".join(parts)


@dataclass
class Sees:
    """Which state of the graph a transaction sees."""

    version: int = 0


class AdjacencyCache:
    """Keeps the adjacency of the latest state that was asked for.

    A graph that is open for reading only does not change: its adjacency is kept in the file `GRAPH.paths`
    beside it, made by whoever needs it first, and made anew when the graph is another one. For a graph that is
    open for writing it is kept in memory and made anew after a write.
    """

    def __init__(self, graph: Path, read_only: bool, before: str) -> None:
        """Begin when the graph has been opened; `before` is its `file_state` from before that.

        When another file took its name meanwhile nobody can say which one was opened: then it is not kept.
        """
        self.file = graph.with_name(f"{graph.name}.paths")
        self._state = before if read_only and before == file_state(graph) else None
        self._commit = threading.Lock()
        self._build = threading.Lock()
        self._version = 0
        self._latest: tuple[int, Adjacency] | None = None

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Hold around each commit: from here the graph is in another state."""
        with self._commit:
            self._version += 1
            yield

    @contextmanager
    def beginning(self, sees: Sees) -> Iterator[None]:
        """Hold around the begin of a transaction; `sees` is told which state that is."""
        with self._commit:
            sees.version = self._version
            yield

    def of(self, session: LadybugSession, sees: Sees, progress: Progress = quiet) -> Adjacency:
        """Return the adjacency of the state that this transaction sees."""
        latest, version = self._latest, sees.version
        if latest is not None and latest[0] == version:
            return latest[1]
        with self._build:
            latest = self._latest
            if latest is not None and latest[0] == version:
                return latest[1]
            adjacency = self._make(session, progress)
            if latest is None or latest[0] < version:
                self._latest = (version, adjacency)
            return adjacency

    def _make(self, session: LadybugSession, progress: Progress) -> Adjacency:
        if self._state is None:
            return read_adjacency(session)
        found = load_adjacency(self.file, self._state)
        if found is not None:
            return found
        progress("Sorting the edges of the graph for paths, once")
        made = read_adjacency(session)
        # A folder that cannot be written to costs the time again with each start, and nothing else.
        with suppress(OSError):
            save_adjacency(made, self.file, self._state)
        return load_adjacency(self.file, self._state) or made


def read_adjacency(session: LadybugSession) -> Adjacency:
    """Read all edges within a transaction."""
    entities = session.arrow("MATCH (e:Entity) RETURN offset(id(e)) AS at, e.id AS id")
    facts = session.arrow(
        "MATCH (a:Entity)-[f:Fact]->(b:Entity) "
        "RETURN offset(id(a)) AS subject, f.relation AS relation, offset(id(b)) AS object"
    )
    offsets = entities.column("at").to_numpy()
    places = np.zeros(int(offsets.max(initial=-1)) + 1, dtype=np.int64)
    places[offsets] = np.arange(len(offsets))
    relations = facts.column("relation").combine_chunks().dictionary_encode()
    return build_adjacency(
        entities.column("id").to_pylist(),
        relations.dictionary.to_pylist(),
        places[facts.column("subject").to_numpy()],
        relations.indices.to_numpy().astype(np.int64),
        places[facts.column("object").to_numpy()],
    )


@dataclass(frozen=True)
class LadybugPaths:
    """Answers as a `PathReader` within one transaction."""

    session: LadybugSession
    adjacency: Adjacency

    def candidates(self, source: str, target: str, max_hops: int, pool: int) -> list[Candidate]:
        """Return walks as `PathReader.candidates` says."""
        return self.adjacency.candidates(source, target, max_hops, pool)

    def relations(self) -> Mapping[str, RelationStatistics]:
        """Return what is known of each relation."""
        return self.adjacency.by_relation

    def entities(self, ids: Sequence[str]) -> dict[str, Entity]:
        """Return entities by id."""
        return self.session.entities(ids)
