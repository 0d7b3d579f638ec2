"""Arguments of every tool, as the chat model sees them. Names and descriptions are part of the prompt: keep them short.

No argument names a person: whose turn it is comes from the run's context.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

TITLE = "A title, or a place in the last list such as 'first' or '2'."


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Wishes(_Arguments):
    """What the person wants. Used by `recommend`."""

    like: list[str] = Field(default_factory=list, max_length=10, description="Titles it should be like.")
    include: list[str] = Field(
        default_factory=list,
        max_length=10,
        description="Must have: genres, people, themes, countries, brands.",
    )
    exclude: list[str] = Field(default_factory=list, max_length=10, description="Must not have; titles too.")
    more: list[str] = Field(default_factory=list, max_length=6, description="Move towards: funny, romantic.")
    less: list[str] = Field(
        default_factory=list, max_length=6, description="Move away from: violent, expensive."
    )
    year_from: int | None = Field(default=None, description="Earliest year.")
    year_to: int | None = Field(default=None, description="Latest year.")
    max_runtime: int | None = Field(default=None, gt=0, description="Minutes at most.")
    max_price: float | None = Field(default=None, gt=0, description="Euros at most.")
    text: str = Field(default="", max_length=2000, description="The wish in the person's own words.")
    count: int = Field(default=5, ge=1, le=10, description="How many.")


class SearchCatalogue(_Arguments):
    """Find items by words, people or attributes."""

    query: str = Field(max_length=2000, description="Words to find.")
    include: list[str] = Field(default_factory=list, max_length=10, description="Must have.")
    exclude: list[str] = Field(default_factory=list, max_length=10, description="Must not have.")
    year_from: int | None = None
    year_to: int | None = None
    count: int = Field(default=5, ge=1, le=10)


class SimilarItems(_Arguments):
    """Items like one item."""

    title: str = Field(description=TITLE)
    more: list[str] = Field(default_factory=list, max_length=6, description="Move towards.")
    less: list[str] = Field(default_factory=list, max_length=6, description="Move away from.")
    count: int = Field(default=5, ge=1, le=10)


class ItemFacts(_Arguments):
    """What is known of one item."""

    title: str = Field(description=TITLE)
    facets: list[str] = Field(
        default_factory=list,
        max_length=6,
        description="Only these: director, cast, runtime, price. Empty: all.",
    )


class Explain(_Arguments):
    """Why an item was, or would be, recommended."""

    title: str = Field(description=TITLE)
    without: str = Field(
        default="",
        max_length=200,
        description="Only for `what if I had not told you that I like ...`: the subject.",
    )


class Compare(_Arguments):
    """Two to four items side by side."""

    titles: list[str] = Field(min_length=2, max_length=4, description="Titles, or places in the last list.")


class RememberTaste(_Arguments):
    """Keep something that the person said about their taste."""

    subject: str = Field(max_length=200, description="A title, genre, person, theme or phrase.")
    polarity: Literal["like", "dislike"]


class ShowProfile(_Arguments):
    """Show what is remembered of the person."""


class GiveFeedback(_Arguments):
    """Record what the person thinks of an item."""

    title: str = Field(description=TITLE)
    verdict: Literal["like", "dislike", "seen", "skip"]


class Forget(_Arguments):
    """Forget one thing, or everything, that is remembered of the person."""

    subject: str = Field(default="", max_length=200, description="What to forget.")
    everything: bool = Field(
        default=False, description="True only when the person asked to forget everything."
    )


class AnswerHelp(_Arguments):
    """Answer a question about the shop: returns, shipping, warranty, payment."""

    question: str = Field(max_length=2000)
