"""What tools return: typed evidence. Answers may say nothing that is not in it."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Hop(BaseModel):
    """One edge of a path through the graph."""

    start: str
    relation: str
    """As the graph names it: `director`."""
    end: str
    forward: bool | None = None
    """True where the fact is of `start` (Heat has the director Michael Mann), False where it is of `end`, None where
    the path does not tell."""


class Reason(BaseModel):
    """Why an item, in a clause that was checked when it was made."""

    kind: str
    """`path`, `history`, `attribute`, `text` or `popularity`."""
    text: str
    names: list[str] = Field(default_factory=list)
    path: list[Hop] = Field(default_factory=list)
    """Of a `path`: the way through the graph from what was named or liked to the item. For the faces; a chat model
    reads the clause."""


class ItemCard(BaseModel):
    """An item as it is shown, numbered as in the answer."""

    number: int = 0
    """1-based place in the answer; 0 when the item is only talked about."""
    id: str
    title: str
    year: int | None = None
    kind: str = "item"
    about: str = ""
    facts: dict[str, list[str]] = Field(default_factory=dict)
    """Facet to values: genre, director, cast, ...; numbers as text with their unit (`runtime`: `170 min`)."""
    reasons: list[Reason] = Field(default_factory=list)
    score: float | None = None
    shares: dict[str, float] = Field(default_factory=dict)
    """Granularity to its additive part of the score; they sum to `score`."""
    simulated: bool = False
    """True when part of the score was learned from simulated behaviour."""

    @property
    def label(self) -> str:
        """Title with the year where one is known."""
        return f"{self.title} ({self.year})" if self.year else self.title


class Fact(BaseModel):
    """One statement that the answer may make."""

    text: str
    names: list[str] = Field(default_factory=list)
    kind: str = ""
    """What it tells. Of an explanation: `reason`, `share`, `told`, `without`, `against` or `end`. Of a confirmation:
    `likes`, `dislikes`, `now_likes`, `now_dislikes`, `seen` and `skipped`, whose subject is the last of `names`, or
    `forgotten` and `taken_back`, whose subjects are all of them. Else empty."""


class ToolPayload(BaseModel):
    """What every tool returns, as JSON to the model and as an artifact to the faces."""

    tool: str
    ok: bool = True
    items: list[ItemCard] = Field(default_factory=list)
    facts: list[Fact] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)
    """What the person must be told: a constraint that was dropped, a title that was not found, a part that was away."""
    question: str | None = None
    """A question to put to the person, when the request could not be understood in one way only."""
    say: str | None = None
    """What to tell the person when `ok` is false."""
