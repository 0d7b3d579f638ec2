"""How entities of several sources are made one."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

Key = tuple[str, str]
"""What names a record of a dump: (source, id within that source)."""

STORED = ""
"""Source name of the entities of a stored graph, when a new dump is resolved against them."""


class ResolutionConfig(BaseModel):
    """What is compared, how sure a merge must be, and who speaks where sources differ."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    priority: tuple[str, ...] = ()
    """Sources, the most trusted first; those not named follow by name. Gives id, name and the spoken value."""
    scored: dict[str, str] = Field(
        default={"film": "item", "book": "item", "album": "item", "product": "item", "person": "person"}
    )
    """Kinds whose pairs are scored, and by which scorer; entities of other kinds are one when their names are."""
    thresholds: dict[str, float] = Field(default_factory=dict)
    """Score from which a pair is one entity, by scorer, in place of the one that came with its weights."""
    near_certain: float = Field(default=0.995, ge=0.0, le=1.0)
    """Score that a pair within one source must reach; a source seldom names a thing twice."""
    trusted_identifiers: tuple[str, ...] = ("imdb", "wikidata")
    """Prefixes of identifiers; two entities of one kind that share such an identifier are one. Pages of
    Wikipedia are not among them: its lists link some films to the page of a namesake."""
    synonyms: dict[str, str] = Field(
        default={"genre:sci fi": "genre:science fiction", "country:usa": "country:united states"}
    )
    """`kind:folded name` to the one that it stands for, for kinds that are not scored."""
    legal_forms: frozenset[str] = frozenset(
        "inc incorporated ltd limited llc gmbh ag plc corp corporation co company sa bv spa kg".split()
    )
    """Last words that say nothing in the name of a brand or a company."""
    weak_relations: frozenset[str] = frozenset({"year", "runtime", "genre", "country", "language", "decade"})
    """Edges that too many items share to say that two of them are one."""
    single_valued: frozenset[str] = frozenset({"year", "runtime"})
    """Relations with one true value: several values are a conflict."""
    together: tuple[tuple[Key, Key], ...] = ()
    """Pairs that a person knows to be one."""
    apart: tuple[tuple[Key, Key], ...] = ()
    """Pairs that a person knows to be two: how a wrong merge is undone."""
    max_rounds: int = Field(default=4, ge=1, le=20)
    """Rounds of items, then people, then items again; fewer where nothing changes any more."""

    def rank(self, source: str) -> tuple[int, str]:
        """Return the sort key of a source: the most trusted is least."""
        place = self.priority.index(source) if source in self.priority else len(self.priority)
        return place, source

    def scored_by(self, scorer: str) -> Sequence[str]:
        """Return the kinds that a scorer looks at."""
        return sorted(kind for kind, name in self.scored.items() if name == scorer)
