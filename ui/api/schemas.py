"""What do our own routes take and give? The shapes, with an example each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from agent.evidence import Fact, ItemCard
from recsys.schema import Constraints, Interest
from recsys.taste import statement
from ui.api.words import Catalogue, Name, Thread, Words

Facets = Annotated[dict[Name, Annotated[list[Name], Field(max_length=20)]], Field(max_length=20)]
Bounds = Annotated[dict[Name, Annotated[float, Field(allow_inf_nan=False)]], Field(max_length=20)]
Year = Annotated[int, Field(ge=-5000, le=5000)]
Names = Annotated[list[Name], Field(max_length=20)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChatRequest(_Request):
    """One message of a dialogue."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Something like Heat but less violent",
                    "thread": "evening-1",
                    "catalogue": "films",
                }
            ]
        },
    )

    text: Words = Field(min_length=1, description="What the person says.")
    thread: Thread | None = None
    catalogue: Catalogue = None


class Wish(_Request):
    """What to rank for. Titles may be given as ids."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"like": ["Heat"], "less": ["violent"], "year_from": 1990, "limit": 3}]
        },
    )

    catalogue: Catalogue = None
    like: Names = Field(default_factory=list, description="Titles or ids of items that it should be like.")
    text: Words = Field(default="", description="The wish in words.")
    more: Names = Field(default_factory=list, description="Qualities to move towards: `funny`.")
    less: Names = Field(default_factory=list, description="Qualities to move away from: `violent`.")
    include: Facets = Field(
        default_factory=dict, description="Facet to wanted values; one of them is needed: `genre`."
    )
    exclude: Facets = Field(default_factory=dict, description="Facet to unwanted values.")
    year_from: Year | None = None
    year_to: Year | None = None
    number_min: Bounds = Field(
        default_factory=dict, description="Measured facet to a lower bound: `runtime`."
    )
    number_max: Bounds = Field(default_factory=dict, description="Measured facet to an upper bound: `price`.")
    use_profile: bool = Field(default=True, description="Whether what is stored of the person counts.")

    def constraints(self) -> Constraints:
        """Return the hard part of the wish."""
        return Constraints(
            include={facet: tuple(values) for facet, values in self.include.items()},
            exclude={facet: tuple(values) for facet, values in self.exclude.items()},
            year_from=self.year_from,
            year_to=self.year_to,
            number_min=self.number_min,
            number_max=self.number_max,
        )


class RecommendBody(Wish):
    """A wish, and how many items meet it."""

    limit: int = Field(default=5, ge=1, le=50)


class RecommendAnswer(BaseModel):
    """The best items, numbered from 1, and what had to be given up."""

    catalogue: str
    items: list[ItemCard]
    relaxed: list[str]
    """Constraints that were dropped, because nothing meets all of them."""
    degraded: list[str]
    """Parts that could not take part."""
    notes: list[str]
    """How a title was read, where several items have it."""


class ExplainBody(Wish):
    """An item, and the wish for which it was or would be recommended."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"item": "The Insider", "like": ["Heat"], "less": ["violent"]}]},
    )

    item: Name = Field(description="Title or id.")


class Standing(BaseModel):
    """Where the item stands."""

    place: int
    """1 is the best."""
    among: int
    score: float


class ToldEffect(BaseModel):
    """What one thing that the person told does to the item, measured by ranking again without it."""

    interest: str
    """Its id in the profile."""
    statement: str
    gain: float
    """What it adds to the score."""
    known: Standing
    unknown: Standing
    """Without it."""


class ExplainAnswer(BaseModel):
    """The item with its reasons and the shares of its score, and what the person's own words do to it."""

    catalogue: str
    item: ItemCard
    effects: list[ToldEffect]
    """The largest change of score first; at most 12."""
    facts: list[Fact]
    """The reasons as sentences."""
    notes: list[str]


class FeedbackBody(_Request):
    """What the person thinks of an item."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"item": "Heat", "verdict": "like"}]}
    )

    item: Name = Field(description="Title or id.")
    verdict: Literal["like", "dislike", "seen", "skip"]
    catalogue: Catalogue = None


class Told(BaseModel):
    """What was done, in words."""

    catalogue: str
    message: str


class KnownInterest(BaseModel):
    """One thing that is believed of the person."""

    id: str
    statement: str
    """As a sentence to the person."""
    subject: str
    subject_id: str | None
    facet: str
    polarity: Literal[-1, 1]
    strength: float
    kind: Literal["stated", "liked", "disliked", "seen", "skipped"]
    sentence: str
    """What the person said; empty where a button was pressed."""
    scene: str
    time: datetime

    @classmethod
    def of(cls, interest: Interest) -> Self:
        """Return an interest as it is told; whose it is the caller knows."""
        kept = interest.model_dump(include=set(cls.model_fields))
        return cls(statement=statement(interest), **kept)


class ProfileAnswer(BaseModel):
    """What is believed of the person, newest first."""

    catalogue: str
    interests: list[KnownInterest]


class CorrectBody(_Request):
    """What is right about an interest: the opinion, the subject, or both."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"interest": "i-1f0c6a", "opinion": "dislike"}]},
    )

    interest: Name = Field(description="Its id in `GET /v1/profile`.")
    opinion: Literal["like", "dislike"] | None = None
    subject: Name | None = None
    catalogue: Catalogue = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.opinion is None and self.subject is None:
            raise ValueError("say what is right: an opinion, a subject, or both")
        return self


class ExportAnswer(BaseModel):
    """Everything stored of the person in one catalogue."""

    model_config = ConfigDict(extra="allow")

    catalogue: str
    user: str
    interests: Any
    feedback: Any
    dialogues: dict[str, list[dict[str, Any]]]


class CatalogueHealth(BaseModel):
    """How one catalogue is."""

    name: str
    model: str
    """Its name in OpenAI's form."""
    state: Literal["opening", "ready", "failed"]
    items: int
    simulated: bool
    """Whether behaviour in it is simulated."""
    chat_model: str | None = None
    degraded: list[str] = Field(default_factory=list)
    """Parts that cannot take part now."""


class Health(BaseModel):
    """Whether the server is up, and what it can answer."""

    status: Literal["ok", "degraded", "opening"]
    version: str
    catalogues: list[CatalogueHealth]
