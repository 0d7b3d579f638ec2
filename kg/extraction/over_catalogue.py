"""Facts from the texts of a whole catalogue, in parts that survive an interruption, into two Parquet tables."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import polars as pl
from pydantic import BaseModel

from kg.extraction.documents import Document, ExtractionError, Extractor
from kg.files import write_text, written_whole
from kg.schema import Entity, Triple

ENTITIES, TRIPLES = "extracted_entities.parquet", "extracted_triples.parquet"
_PARTS = ".extracting"
Row = TypeVar("Row", bound=BaseModel)


class Extracted(NamedTuple):
    """What was read out of a catalogue."""

    documents: int
    entities: int
    triples: int
    folder: Path


def extract_texts(
    documents: Iterable[Document],
    extractor: Extractor,
    out: Path,
    progress: Callable[[int, int], None] | None = None,
    part: int = 500,
) -> Extracted:
    """Write `extracted_entities.parquet` and `extracted_triples.parquet` into `out`, each in one step.

    Documents without text are left out. Every `part` documents are kept as they are done, so that an interrupted
    run goes on after the last of them, as long as documents and extractor are the same; otherwise it starts
    anew. `progress` takes (done, all). Raises `ExtractionError` when the extractor cannot work or the folder
    cannot be written.
    """
    given = [d for d in documents if d.text.strip()]
    kept = out / _PARTS
    try:
        _open_parts(kept, _key(given, extractor, part))
        starts = range(0, len(given), part)
        for begin in starts:
            if progress is not None:
                progress(begin, len(given))
            file = kept / f"{begin:09}.json"
            if not file.is_file():
                write_text(file, _one_part(given[begin : begin + part], extractor))
        entities: dict[str, Entity] = {}
        triples: list[Triple] = []
        for begin in starts:
            found = json.loads((kept / f"{begin:09}.json").read_text(encoding="utf-8"))
            for row in found["entities"]:
                entities.setdefault(row["id"], Entity.model_validate(row))
            triples += [Triple.model_validate(row) for row in found["triples"]]
        _write_table(out / ENTITIES, sorted(entities.values(), key=lambda e: e.id), Entity)
        _write_table(out / TRIPLES, sorted(triples, key=lambda t: t.key), Triple)
        shutil.rmtree(kept)
    except OSError as error:
        raise ExtractionError(f"{out} cannot be written: {error.strerror or error}.") from error
    if progress is not None:
        progress(len(given), len(given))
    return Extracted(len(given), len(entities), len(triples), out)


def read_extracted(folder: Path) -> tuple[list[Entity], list[Triple]]:
    """Return what `extract_texts` wrote. Raises `ExtractionError` when it is not there."""
    try:
        entities = pl.read_parquet(folder / ENTITIES).to_dicts()
        triples = pl.read_parquet(folder / TRIPLES).to_dicts()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ExtractionError(f"There are no extracted facts in {folder}. Extract them first.") from error
    return [Entity.model_validate(e) for e in entities], [Triple.model_validate(t) for t in triples]


def _open_parts(folder: Path, key: str) -> None:
    """Keep the parts of an interrupted run of the same documents; throw others away."""
    mark = folder / "key"
    if mark.is_file() and mark.read_text(encoding="utf-8") == key:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    write_text(mark, key)


def _one_part(documents: Sequence[Document], extractor: Extractor) -> str:
    entities: dict[str, Entity] = {}
    triples: list[Triple] = []
    for extraction in extractor.extract(documents):
        for entity in extraction.entities:
            entities.setdefault(entity.id, entity)
        triples += extraction.triples
    return json.dumps(
        {
            "entities": [e.model_dump(mode="json") for e in entities.values()],
            "triples": [t.model_dump(mode="json") for t in triples],
        }
    )


def _key(documents: Sequence[Document], extractor: Extractor, part: int) -> str:
    digest = hashlib.sha256(f"{extractor.source}/{part}".encode())
    card = getattr(extractor, "card", None)
    if isinstance(card, BaseModel):
        digest.update(card.model_dump_json().encode())
    for document in documents:
        digest.update(document.model_dump_json().encode())
    return digest.hexdigest()


def _write_table(file: Path, rows: Sequence[Row], of: type[Row]) -> None:
    schema: dict[str, pl.DataType] = (
        {
            "id": pl.String(), "kind": pl.String(), "name": pl.String(), "aliases": pl.List(pl.String()),
            "popularity": pl.Float64(),
        }
        if of.__name__ == "Entity"
        else {
            "subject": pl.String(), "relation": pl.String(), "object": pl.String(), "source": pl.String(),
            "confidence": pl.Float64(), "first_seen": pl.Date(), "last_seen": pl.Date(), "sentence": pl.String(),
        }
    )  # fmt: skip
    with written_whole(file) as beside:
        pl.DataFrame([row.model_dump() for row in rows], schema=schema, orient="row").write_parquet(beside)
