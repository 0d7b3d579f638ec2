"""What a message asks for, once understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agent.builtin.acts import Act
from agent.builtin.languages import Language
from agent.builtin.references import Delta


@dataclass
class Slots:
    """Wishes as they were said: what it should be like, must have, must not have, and how to move."""

    like: list[str] = field(default_factory=list)
    include: list[str] = field(default_factory=list)
    exclude: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    less: list[str] = field(default_factory=list)
    years: list[tuple[int | None, int | None, bool]] = field(default_factory=list)
    """Earliest and latest year, and whether it is a bound (`before 1980`) rather than a stretch (`the
    80s`)."""
    eras: list[tuple[int | None, int | None, bool]] = field(default_factory=list)
    """What `old`, `classic` and `recent` mean in years; they yield to years that were said."""
    max_runtime: int | None = None
    max_price: float | None = None
    count: int | None = None
    deltas: list[Delta] = field(default_factory=list)
    """Comparisons with what was shown: `older`, `cheaper`."""

    @property
    def constrained(self) -> bool:
        """Whether anything but a count was said."""
        lists = (
            self.like,
            self.include,
            self.exclude,
            self.more,
            self.less,
            self.years,
            self.eras,
            self.deltas,
        )
        return any(lists) or self.max_runtime is not None or self.max_price is not None


Verdict = Literal["like", "dislike", "seen", "skip"]


@dataclass
class Request:
    """A message, understood in the light of the dialogue."""

    text: str
    """The cleaned text."""
    acts: list[Act] = field(default_factory=list)
    """In the order in which they were said, each once."""
    slots: Slots = field(default_factory=Slots)
    tastes: dict[str, Literal["like", "dislike"]] = field(default_factory=dict)
    """Subject to polarity, in the order said."""
    feedback: dict[str, Verdict] = field(default_factory=dict)
    """Label or title to verdict, in the order said."""
    without: str = ""
    """What a why asks to think away: `if I had not told you that I like heists`."""
    targets: list[str] = field(default_factory=list)
    """What a question, a why or a comparison is about."""
    facets: list[str] = field(default_factory=list)
    """What a question asks of its target; empty: everything."""
    checks: list[str] = field(default_factory=list)
    """Words of a yes-or-no question: `is it waterproof`."""
    forget: str | None = None
    """What to forget; an empty string means everything."""
    undo: bool = False
    unknown: list[str] = field(default_factory=list)
    """Titles and people that the catalogue lacks, as written."""
    phrases: list[tuple[str, str]] = field(default_factory=list)
    """The wishes in the person's own words, for the opening of an answer: (`like`, `value`, `theme`,
    `person`, `bound`, `less`,
    `more` or `not`; words)."""
    lost: list[str] = field(default_factory=list)
    """References that point at nothing: `the second one` without a list."""
    continues: bool = False
    """Whether the wishes change the last ones rather than start anew."""
    another: bool = False
    """Whether more of the same was asked for."""
    anything: bool = False
    """Whether the person said that anything goes."""
    contradictions: list[str] = field(default_factory=list)
    """Values asked for and refused in the same message, or `years`."""
    language: Language | None = None
    bare: list[str] = field(default_factory=list)
    """Titles that stand there without a word on what is wanted of them."""
    unseen: list[str] = field(default_factory=list)
    """Titles that the person has not seen."""
    implied: bool = False
    """Whether a wish follows from a taste only: `I love horror`."""
    words: list[str] = field(default_factory=list)
    """Words that say something although nothing was made of them."""
    empty: bool = False
    """Whether the message has no letter or digit."""

    def add(self, act: Act) -> None:
        """Note an act once."""
        if act not in self.acts:
            self.acts.append(act)
