"""What do texts say? `tastegraph kg extract`: facts out of plots and product texts, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from recsys.errors import TastegraphError
from ui.console import Example, JsonOption, Output, WorkspaceOption, WrongUsage
from ui.kg_graph import WORKSPACE, NamespaceOption, PasswordOption, linker_of, opened

if TYPE_CHECKING:
    from kg.extraction import Document, Extractor
    from kg.extraction.over_catalogue import Extracted
    from kg.graph import KnowledgeGraph
    from kg.linking import EntityLinker
    from kg.schema import Entity, Triple
    from kg.update import ChangeSummary

extract_app = typer.Typer()
_COLUMNS = ("id", "title", "text")


@extract_app.command(
    help="Read facts out of texts: who directed, who plays, which genre, what it is made of; each with its sentence."
    "\n\nThe texts are the descriptions of a workspace's items, or a file (CSV, JSONL, Parquet) with the columns "
    "id, title, text, and kind where they are no films. With --graph the facts go into a graph, as an update of "
    "their source. An interrupted run goes on where it was."
    + Example
    + "tastegraph kg extract -w films --out facts/[/]"
)
def extract(
    out: Annotated[Path, typer.Option(help="The folder to write facts into.")] = Path("facts"),
    source: Annotated[Path | None, typer.Option("--from", help="A file of texts.")] = None,
    extractor: Annotated[
        Literal["minilm", "chat", "patterns"],
        typer.Option(
            help="`minilm` needs no server; `chat` asks the model at TASTEGRAPH_LLM_BASE_URL; `patterns` is the plain "
            "comparison."
        ),
    ] = "minilm",
    adapter: Annotated[
        Path | None, typer.Option(help="A folder of an extractor of your own training.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first texts.")] = None,
    graph: Annotated[
        str | None,
        typer.Option(
            "--graph", "-g", metavar="PATH|bolt://HOST:PORT", help="A graph that takes the facts in."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
    namespace: NamespaceOption = None,
    password_file: PasswordOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read facts out of texts."""
    if graph is not None and graph.startswith(WORKSPACE):
        raise WrongUsage(
            "The graph of a workspace belongs to its build and is not written. Copy it first: "
            f"tastegraph kg copy {graph} copy.lbug"
        )
    documents = (_of_file(source.expanduser()) if source else _of_workspace(workspace))[:limit]
    output = Output(as_json)

    def tell(done: int, of: int) -> None:
        output.step(f"{done:,} of {of:,} texts")

    if not documents:
        raise TastegraphError(
            "There is no text to read. Give a file with --from, or a workspace with descriptions."
        )
    from kg.extraction.over_catalogue import extract_texts, read_extracted

    if graph is None:
        reader = _extractor(extractor, adapter, None)
        _tell(extract_texts(documents, reader, out.expanduser(), tell), None, output)
        return
    with opened(graph, None, namespace, password_file, read_only=False) as target:
        # Names that the graph knows become its entities, so that the facts meet what is stored.
        reader = _extractor(extractor, adapter, linker_of(target, graph, None))
        extracted = extract_texts(documents, reader, out.expanduser(), tell)
        entities, triples = read_extracted(extracted.folder)
        summary = _take_in(target, reader.source, entities, triples)
    _tell(extracted, summary, output)


def _of_workspace(workspace: str | None) -> list[Document]:
    from kg.extraction import Document
    from recsys.workspace import Workspace
    from ui import home

    items = Workspace.open(home.find_workspace(workspace)).items
    return [
        Document(id=item.id, kind=item.kind, title=item.title, text=item.description)
        for item in items
        if item.description.strip()
    ]


def _of_file(file: Path) -> list[Document]:
    """Return the texts of a table; raises `TastegraphError` when it cannot be read or lacks a column."""
    import polars as pl

    from kg.extraction import Document

    readers: dict[str, Callable[[Path], pl.DataFrame]] = {
        ".csv": lambda path: pl.read_csv(path, infer_schema=False),
        ".jsonl": pl.read_ndjson,
        ".parquet": pl.read_parquet,
    }
    if file.suffix not in readers:
        raise TastegraphError(f"{file} is no table of texts. Give a file that ends in {', '.join(readers)}.")
    if not file.is_file():
        raise TastegraphError(f"There is no file {file}.")
    try:
        frame = readers[file.suffix](file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise TastegraphError(f"{file} cannot be read as a table: {error}.") from error
    missing = [name for name in _COLUMNS if name not in frame.columns]
    if missing:
        raise TastegraphError(f"{file} has no column {missing[0]!r}. It needs {', '.join(_COLUMNS)}.")
    return [
        Document(
            id=str(row["id"]),
            kind=str(row.get("kind") or "film"),
            title=str(row["title"] or ""),
            text=str(row["text"]),
        )
        for row in frame.iter_rows(named=True)
        if row["id"] and row["text"]
    ]


def _extractor(name: str, adapter: Path | None, linker: EntityLinker | None) -> Extractor:
    from kg.extraction.choice import load_extractor

    if name != "chat":
        return load_extractor(name, linker, adapter.expanduser() if adapter else None)
    from agent.settings import Settings

    settings = Settings()
    if not settings.llm_model:
        raise TastegraphError(
            "Say which chat model reads the texts: TASTEGRAPH_LLM_MODEL, and TASTEGRAPH_LLM_BASE_URL."
        )
    return load_extractor(name, linker, url=settings.llm_base_url, model=settings.llm_model)


def _take_in(
    graph: KnowledgeGraph, source: str, entities: Sequence[Entity], triples: Sequence[Triple]
) -> ChangeSummary:
    """Bring a graph up to what the texts say; what it knows of an entity already stays as it is."""
    from kg.update import update

    known = {entity.id for entity in graph.get([entity.id for entity in entities])}
    new = [entity for entity in entities if entity.id not in known]
    return update(graph, source, new, triples, datetime.now(UTC).date())


def _tell(extracted: Extracted, summary: ChangeSummary | None, output: Output) -> None:
    from ui.kg_print import change_tables, show

    if output.document(extracted._asdict() | {"change": summary}):
        return
    output.say(
        f"{extracted.triples:,} facts about {extracted.entities:,} entities were read out of "
        f"{extracted.documents:,} texts. They are in {extracted.folder}"
    )
    if summary is not None:
        show(*change_tables(summary, "What this changed in the graph"))
