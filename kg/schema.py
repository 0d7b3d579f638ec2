"""The vocabulary of the graph: entities, triples, paths, statistics."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class Entity(BaseModel):
    """A thing the graph knows: an item, a person, a genre, a theme, a brand."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    """Unique in its graph; `kind:slug`, for example `person:michael-mann`."""
    kind: str = Field(min_length=1)
    """`film`, `product`, `person`, `genre`, `theme`, ... in the singular."""
    name: str
    """As a person would read it."""
    aliases: tuple[str, ...] = ()
    """Other names a person may use."""
    popularity: float = Field(default=0.0, ge=0.0)
    """Any non-negative measure of how often it is met; breaks ties in search and linking."""


class Triple(BaseModel):
    """One edge: subject -relation-> object, with where it came from."""

    model_config = ConfigDict(frozen=True)

    subject: str
    relation: str
    """Equal to the item facet it came from: `director`, `cast`, `genre`, `theme`, ..."""
    object: str
    source: str
    """Which catalogue, dump or extractor said so."""
    confidence: float = Field(default=1.0, ge=0.0, le=1.0)
    first_seen: date | None = None
    """The day of the first dump of this source that said so."""
    last_seen: date | None = None
    """The day of the latest dump of this source that said so."""
    sentence: str = ""
    """The sentence it was read in, where it comes from a text. Data, never instructions."""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same triple again: subject, relation, object, source."""
        return (self.subject, self.relation, self.object, self.source)


class Neighbour(BaseModel):
    """An entity one edge away."""

    model_config = ConfigDict(frozen=True)

    entity: Entity
    relation: str
    outgoing: bool
    """True when the edge points from the asked entity to this one."""


class Path(BaseModel):
    """A walk from one entity to another; `len(relations) == len(entities) - 1`."""

    model_config = ConfigDict(frozen=True)

    entities: tuple[Entity, ...]
    relations: tuple[str, ...]
    score: float = 0.0
    """Specificity, in 0..1: how much it says, see `kg.paths.specificity`. A direct edge has 1.0."""


class Change(BaseModel):
    """What an update does to a graph; applied whole or not at all, removals first."""

    model_config = ConfigDict(frozen=True)

    entities: tuple[Entity, ...] = ()
    """To add, or to put in the place of those of the same id."""
    triples: tuple[Triple, ...] = ()
    """To add, or to put in the place of those of the same key."""
    expired_triples: tuple[tuple[str, str, str, str], ...] = ()
    """Keys of triples to remove; a key that is not stored is left out of account."""
    expired_entities: tuple[str, ...] = ()
    """Ids of entities to remove, with whatever triples they still have."""


class GraphStats(BaseModel):
    """How many of what."""

    entities: dict[str, int]
    """Number of entities by kind."""
    triples: dict[str, int]
    """Number of triples by relation."""
    sources: dict[str, int] = {}
    """Number of triples by source."""

    @property
    def total_entities(self) -> int:
        """All entities."""
        return sum(self.entities.values())

    @property
    def total_triples(self) -> int:
        """All triples."""
        return sum(self.triples.values())
