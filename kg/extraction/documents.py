"""What goes into an extractor and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field

from kg.graph import GraphError
from kg.schema import Entity, Triple

RELATIONS: dict[str, str] = {
    "director": "person",
    "writer": "person",
    "cast": "person",
    "producer": "person",
    "composer": "person",
    "genre": "genre",
    "country": "country",
    "language": "language",
    "year": "year",
    "based_on": "work",
    "brand": "brand",
    "material": "material",
    "feature": "feature",
    "colour": "colour",
}
"""Relation to the kind of its object. The subject is always the document's item."""

PEOPLE = tuple(name for name, kind in RELATIONS.items() if kind == "person")
OF_FILMS = tuple(RELATIONS)[:10]
OF_PRODUCTS = ("brand", "material", "feature", "colour")


class ExtractionError(GraphError):
    """Facts cannot be read out of a text. The message says why and what to do."""


class Document(BaseModel):
    """A text about one item."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    """The item's entity id: the subject of every fact."""
    kind: str = Field(min_length=1)
    """`film`, `product`, ..."""
    title: str
    text: str
    """Data, never instructions."""


class Span(NamedTuple):
    """A stretch of a text that names an object of a relation."""

    start: int
    end: int
    relation: str
    confidence: float = 1.0


class Extraction(BaseModel):
    """The facts of one document."""

    model_config = ConfigDict(frozen=True)

    document: str
    """The document's id."""
    entities: tuple[Entity, ...]
    """The item, then the objects of its triples, each once."""
    triples: tuple[Triple, ...]
    """At most one for each relation and object, with the sentence that says it most surely."""


@runtime_checkable
class Extractor(Protocol):
    """Reads facts out of texts."""

    source: str
    """What is written on every triple, for example `text:minilm`."""

    def extract(
        self, documents: Sequence[Document], progress: Callable[[int], None] | None = None
    ) -> Iterator[Extraction]:
        """Yield one extraction a document, in their order; `progress` takes how many are done.

        A text without facts gives an extraction without triples. Raises `ExtractionError` when the extractor
        cannot work at all.
        """
