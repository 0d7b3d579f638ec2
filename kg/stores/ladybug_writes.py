"""Writing to the embedded store: a batch within one transaction, or a whole graph into a file of its own."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import ladybug
import polars as pl

from kg.schema import Entity, Triple
from kg.stores.ladybug_file import open_database, sync, transaction
from kg.stores.ladybug_session import LadybugSession, run_rows
from kg.stores.rows import Batch
from kg.stores.spool import Spool, entity_frame, triple_frame

_DELETE_FACTS = (
    "LOAD FROM $frame WITH subject AS s, object AS o, relation AS r, source AS origin "
    "MATCH (a:Entity {id: s})-[f:Fact]->(b:Entity {id: o}) "
    "WHERE f.relation = r AND f.source = origin DELETE f"
)
_COUNT_FACTS = _DELETE_FACTS.replace("DELETE f", "RETURN count(*)")


def known_ids(session: LadybugSession, ids: Sequence[str]) -> set[str]:
    """Return those of `ids` that are stored."""
    return {row[0] for row in session.for_ids("UNWIND $ids AS id MATCH (e:Entity {id: id}) RETURN e.id", ids)}


def mixes(session: LadybugSession, batch: Batch) -> bool:
    """Say whether a batch both removes or changes what is stored and adds to it.

    The log of this store does not hold what COPY brings, and creating many edges without COPY takes gigabytes.
    After a crash between the commit and the file, removals of the same transaction would be replayed and the
    copied rows be gone: such a batch must not be written in place.
    """
    if not (batch.triples or batch.entities):
        return False
    if batch.expired_triples or batch.expired_entities:
        return True
    known = known_ids(session, list(batch.entities))
    if known:
        return bool(batch.triples) or len(known) < len(batch.entities)
    return bool(batch.triples) and _stored_facts(session, batch)


def write_batch(session: LadybugSession, batch: Batch) -> None:
    """Write a checked batch: in bulk, where MERGE a row would take minutes."""
    if batch.expired_triples:
        names = ("subject", "relation", "object", "source")
        rows = [dict(zip(names, key, strict=True)) for key in batch.expired_triples]
        session.rows(_DELETE_FACTS, {"frame": pl.DataFrame(rows).to_arrow()})
    gone = session.for_ids(
        "UNWIND $ids AS id MATCH (e:Entity {id: id}) DETACH DELETE e", batch.expired_entities
    )
    for _ in gone:
        pass
    known = known_ids(session, list(batch.entities))
    old = [batch.entities[entity_id] for entity_id in sorted(known)]
    new = [entity for entity_id, entity in batch.entities.items() if entity_id not in known]
    if old:
        session.rows(
            "LOAD FROM $frame MATCH (e:Entity {id: id}) SET e.kind = kind, e.name = name, "
            "e.search_key = search_key, e.aliases = aliases, e.popularity = popularity",
            {"frame": entity_frame(old).to_arrow()},
        )
    if new:
        session.rows("COPY Entity FROM $frame", {"frame": entity_frame(new).to_arrow()})
    if batch.triples:
        frame = {"frame": triple_frame(batch.triples.values()).to_arrow()}
        if _stored_facts(session, batch):
            session.rows(_DELETE_FACTS, frame)
        session.rows("COPY Fact FROM $frame", frame)


def _stored_facts(session: LadybugSession, batch: Batch) -> bool:
    """Say whether some triple of a batch is stored already."""
    if not session.rows("MATCH (:Entity)-[f:Fact]->(:Entity) RETURN 1 LIMIT 1"):
        return False
    return bool(session.rows(_COUNT_FACTS, {"frame": triple_frame(batch.triples.values()).to_arrow()})[0][0])


@contextmanager
def changed_beside(path: Path, batch: Batch) -> Iterator[Path]:
    """Give a closed copy of a settled file to which a batch was written, as `loaded_beside` does."""
    with _folder_beside(path) as folder:
        file = folder / path.name
        shutil.copyfile(path, file)
        database = open_database(file)
        try:
            connection = ladybug.Connection(database)
            with transaction(connection, read_only=False):
                write_batch(LadybugSession(connection), batch)
            run_rows(connection, "CHECKPOINT")
            connection.close()
        finally:
            database.close()
        sync(file)
        yield file


@contextmanager
def loaded_beside(
    path: Path, entities: Iterable[Entity], triples: Iterable[Triple], progress: Callable[[str], None]
) -> Iterator[Path]:
    """Give a closed file with this graph in a folder beside `path`, which is removed at the end.

    What a load that was killed had left there is removed first. Raises `GraphError` when a triple names an
    entity that is not given.
    """
    with _folder_beside(path) as folder:
        spool = Spool(folder, progress)
        spool.fill(entities, triples)
        file = folder / path.name
        _load(file, spool, progress)
        yield file


@contextmanager
def _folder_beside(path: Path) -> Iterator[Path]:
    name = f".{path.name}.load-"
    for leftover in path.parent.glob(f"{name}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = path.parent / f"{name}{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _load(file: Path, spool: Spool, progress: Callable[[str], None]) -> None:
    database = open_database(file)
    try:
        connection = ladybug.Connection(database)
        for name, table, frames, total in (
            ("entities", "Entity", spool.entity_frames(), spool.entities),
            ("triples", "Fact", spool.triple_frames(), spool.triples),
        ):
            done = 0
            for frame in frames:
                run_rows(connection, f"COPY {table} FROM $frame", {"frame": frame.to_arrow()})
                done += len(frame)
                progress(f"Stored {done:,} of {total:,} {name}")
        run_rows(connection, "CHECKPOINT")
        connection.close()
    finally:
        database.close()
    sync(file)
