"""One schema for every domain. A data adapter turns its source into this; nothing else knows the source."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

from kg.schema import Path


class Item(BaseModel):
    """Something that can be recommended."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    """Unique in its workspace; also the id of the item's entity in the graph."""
    title: str = Field(min_length=1)
    kind: str = "item"
    """`film`, `product`, `artist`, ... in the singular."""
    year: int | None = None
    description: str = ""
    attributes: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Facet to values: genre, director, cast, writer, country, language, theme, mood, decade; for products
    category, kind, brand, feature, material, colour."""
    numbers: dict[str, float] = Field(default_factory=dict)
    """Measured facets: runtime (minutes), violence (0-3), price (euros), rating (mean, source's scale)."""
    aliases: tuple[str, ...] = ()
    popularity: float = Field(default=0.0, ge=0.0)
    """Number of interactions, or 0 when there are none."""

    @property
    def label(self) -> str:
        """Title with the year where one is known: `Heat (1995)`."""
        return f"{self.title} ({self.year})" if self.year else self.title


class Interaction(BaseModel):
    """One person met one item: a row of the tables of `recsys.catalogue.INTERACTION_SCHEMA`."""

    model_config = ConfigDict(frozen=True)

    user: str
    item: str
    value: float = 1.0
    """Rating or strength on the source's own scale; 1.0 when the source is implicit."""
    time: int | None = None
    """Seconds since 1970-01-01 UTC, where the source has it."""
    scene: str = "default"
    """Kind of behaviour: `rating`, `view`, `cart`, `buy`, `listen`, ..."""


class Context(BaseModel):
    """The circumstances of a request."""

    time: datetime | None = None
    device: str | None = None
    dialogue: str = ""


class Granularity(StrEnum):
    """At what grain a share of a score speaks."""

    BEHAVIOUR = "behaviour"
    ATTRIBUTES = "attributes"
    GRAPH = "graph"
    TEXT = "text"
    POPULARITY = "popularity"
    SEQUENCE = "sequence"
    SOCIAL = "social"
    CONTEXT = "context"


Grain = Literal["item", "entity", "attribute", "text"]
GRAINS: tuple[Grain, ...] = ("item", "entity", "attribute", "text")
"""What an interest speaks of, nearest first: one item, a person or maker, a value that many items share, a phrase."""
_ENTITY_FACETS = frozenset({"person", "director", "cast", "writer", "author", "artist", "brand", "studio"})
MOMENTARY_SCENES = frozenset({"tonight"})
"""Scenes that are over the next day."""
HALF_LIFE_DAYS: dict[str, float | None] = {
    "stated": 730.0,
    "liked": 365.0,
    "disliked": 365.0,
    "skipped": 1.0,
    "seen": None,
}
"""Days after which an interest of a kind weighs half; None: what happened stays so. A taste that was said in words
holds longer than a reaction to one item, and passing over something speaks of a moment."""


class Interest(BaseModel):
    """One thing we believe about one person's taste, and the sentence it came from."""

    id: str
    user: str
    subject: str
    """As a person reads it: a title, a genre, a name, or a free phrase."""
    subject_id: str | None = None
    """The entity it was linked to, or None for a free phrase."""
    facet: str
    """`item` for a recommendable item, a facet name (`genre`, `director`, ...), or `text` for a free phrase."""
    polarity: Literal[-1, 1]
    strength: float = Field(default=1.0, ge=0.0, le=1.0)
    kind: Literal["stated", "liked", "disliked", "seen", "skipped"] = "stated"
    sentence: str = ""
    """What the person said; empty where they pressed a button or corrected it by hand."""
    time: datetime = Field(default_factory=lambda: datetime.now(UTC))
    scene: str = "default"
    """The circumstances it holds in, see `recsys.occasions`; `default` holds everywhere."""

    # Derived, so that what was stored before they were there has them too, and a corrected kind has its own.

    @computed_field  # type: ignore[prop-decorator]
    @property
    def granularity(self) -> Grain:
        """What it speaks of, see `GRAINS`."""
        facet = self.facet.casefold()
        if facet in ("item", "text"):
            return "item" if facet == "item" else "text"
        return "entity" if facet in _ENTITY_FACETS else "attribute"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def half_life_days(self) -> float | None:
        """Days after which it weighs half; None when it does not fade."""
        days = HALF_LIFE_DAYS[self.kind]
        return 1.0 if days is not None and self.scene in MOMENTARY_SCENES else days

    def weight(self, now: datetime) -> float:
        """Return what it weighs at `now`, in [0, 1]: its strength, halved once every half-life.

        Age counts in whole days, so that what is asked twice in one day is answered alike.
        """
        if self.half_life_days is None:
            return self.strength
        days = max(0, (_aware(now) - _aware(self.time)).days)
        return float(self.strength * 0.5 ** (days / self.half_life_days))


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


class Profile(BaseModel):
    """Everything we believe about one person; built from the interest store, newest first."""

    user: str
    interests: tuple[Interest, ...] = ()

    def item_ids(self, *kinds: str) -> tuple[str, ...]:
        """Ids of the items with an interest of one of these kinds."""
        return tuple(
            i.subject_id for i in self.interests if i.facet == "item" and i.kind in kinds and i.subject_id
        )

    @property
    def liked(self) -> tuple[str, ...]:
        """Ids of items that the person likes."""
        return tuple(
            i.subject_id
            for i in self.interests
            if i.facet == "item" and i.polarity > 0 and i.kind in ("stated", "liked") and i.subject_id
        )

    @property
    def disliked(self) -> tuple[str, ...]:
        """Ids of items that the person dislikes or does not want now."""
        return tuple(
            i.subject_id for i in self.interests if i.facet == "item" and i.polarity < 0 and i.subject_id
        )


class Constraints(BaseModel):
    """What an answer must and must not be. Facet values are matched without case."""

    include: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Facet to wanted values; an item must have one of them in every facet named."""
    exclude: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Facet to unwanted values; an item must have none of them."""
    year_from: int | None = None
    year_to: int | None = None
    number_min: dict[str, float] = Field(default_factory=dict)
    number_max: dict[str, float] = Field(default_factory=dict)
    exclude_items: tuple[str, ...] = ()


class RecommendRequest(BaseModel):
    """What to rank for."""

    seeds: tuple[str, ...] = ()
    """Ids of items that the answer should be like."""
    text: str = ""
    """What the person said they want, in words."""
    more: tuple[str, ...] = ()
    """Qualities to move towards: `funny`, `romantic`."""
    less: tuple[str, ...] = ()
    """Qualities to move away from: `violent`, `scary`, `expensive`."""
    constraints: Constraints = Field(default_factory=Constraints)
    use_profile: bool = True
    """Whether the person's stored interests count."""
    scene: str = "default"
    context: Context = Field(default_factory=Context)
    limit: int = Field(default=5, ge=1, le=50)


class Contribution(BaseModel):
    """An additive part of a score. The parts of a recommendation sum to its score."""

    model_config = ConfigDict(frozen=True)

    granularity: Granularity
    value: float
    simulated: bool = False
    """True when this part was learned from simulated behaviour."""


class Evidence(BaseModel):
    """One checkable reason for an item."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["path", "history", "attribute", "text", "popularity"]
    text: str
    """A clause a person can read: `shares the director Michael Mann with Heat`."""
    entity_ids: tuple[str, ...] = ()
    """The graph entities or items it names."""
    names: tuple[str, ...] = ()
    """The names it uses; whoever repeats the reason may use exactly these."""
    path: Path | None = None


class Recommendation(BaseModel):
    """An item with its score, the additive shares of that score, and reasons that can be checked."""

    model_config = ConfigDict(frozen=True)

    item: Item
    score: float
    contributions: tuple[Contribution, ...]
    evidence: tuple[Evidence, ...] = ()


class RecommendationList(BaseModel):
    """A ranked answer, and what had to be given up for it."""

    recommendations: tuple[Recommendation, ...]
    relaxed: tuple[str, ...] = ()
    """Constraints that were dropped because nothing met all of them, in words; empty when all hold."""
    degraded: tuple[str, ...] = ()
    """Parts that could not take part, in words (`the graph did not answer`); empty when all took part."""


class HelpAnswer(BaseModel):
    """One written answer of a help desk."""

    model_config = ConfigDict(frozen=True)

    id: str
    topic: str
    question: str
    variants: tuple[str, ...] = ()
    answer: str
    policy: str = ""
    """Anchor of the section in the written policy that says so."""
