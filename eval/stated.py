"""The ledger of stated figures: which number stands where, and what measures it again.

`docs/figures.toml` has an entry for each text of README and docs that states a measured number. This module reads it
and checks, without measuring anything, that every text is still there and that no measured number of the README is
without an entry; `eval.stated_run` measures.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from eval.numbers import number_spans
from recsys.errors import TastegraphError

LEDGER = Path("docs/figures.toml")
_LIMIT = re.compile(r"(<=|>=)\s*(\d*\.?\d+)")
_DECIMAL = re.compile(r"[-−+]?\d*\.\d+")


class LedgerError(TastegraphError):
    """The ledger of stated figures cannot be read, or names what is not there."""


class Run(BaseModel):
    """One command that measures stated figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: str
    """`{data}` and `{out}` stand for the folder of the data sets and one of its own."""
    report: str = ""
    """The file in `{out}` that has the figures; empty where the command prints them."""
    seconds: float = Field(gt=0)
    """What it took on two cores that did other work too."""
    estimated: bool = False
    """The seconds are no measurement; `note` says where they come from."""
    note: str = ""
    size: Literal["full", "small", "both"] = "full"
    """Whether it belongs to the run of everything, to the one that is to take ten minutes, or to both."""
    needs: str = ""
    """What must be there beside the data: Java, vLLM, a network."""


class Figure(BaseModel):
    """One stated number."""

    model_config = ConfigDict(frozen=True)

    written: str
    """As it stands in the text: `.2905`, `1,388`, `97`."""
    at: str
    """A figure's name, `table / row / column` of the report, `seconds` of the run, or `printed: REGEX` whose first
    group is the number."""
    spread: float = 0.0
    """How far off it may be, beside the rounding of what is written."""
    limit: str = ""
    """`<= 58` or `>= 20` in the place of a spread: for speeds, where only one side is a fault."""

    @property
    def value(self) -> float:
        """The number."""
        return float(self.written.replace(",", "").replace("−", "-"))

    @property
    def rounding(self) -> float:
        """Half of the last place that is written."""
        _, is_there, decimals = self.written.partition(".")
        return 0.5 * 10.0 ** -len(decimals) if is_there else 0.5

    def holds(self, measured: float) -> bool:
        """Return whether the measured number bears the stated one out."""
        found = _LIMIT.fullmatch(self.limit)
        if found:
            bound = float(found[2])
            return measured <= bound if found[1] == "<=" else measured >= bound
        return abs(measured - self.value) <= self.spread + self.rounding + 1e-9

    @property
    def allowed(self) -> str:
        """What is allowed, in words."""
        return self.limit or (f"± {self.spread:g}" if self.spread else "as written")


class Stated(BaseModel):
    """One text with the numbers in it that one run measures; without a file, numbers that only the ledger states."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = ""
    text: str = ""
    run: str
    figures: tuple[Figure, ...] = Field(alias="is", min_length=1)

    @field_validator("figures", mode="before")
    @classmethod
    def _unfold(cls, rows: object) -> object:
        if not isinstance(rows, list):
            return rows
        return [_figure(row) if isinstance(row, list) else row for row in rows]

    @model_validator(mode="after")
    def _both_or_none(self) -> Stated:
        if bool(self.file) != bool(self.text):
            raise ValueError("give file and text, or neither")
        return self


class Given(BaseModel):
    """A text whose numbers nothing of this project measures, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    text: str
    why: str = Field(min_length=8)


class Ledger(BaseModel):
    """Every stated figure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: dict[str, Run]
    stated: tuple[Stated, ...]
    given: tuple[Given, ...] = ()

    @model_validator(mode="after")
    def _runs_are_there(self) -> Ledger:
        unknown = sorted({stated.run for stated in self.stated} - set(self.run))
        unused = sorted(set(self.run) - {stated.run for stated in self.stated})
        if unknown or unused:
            raise ValueError(f"runs that are not there: {unknown}; runs without a figure: {unused}")
        return self


def read_ledger(file: Path) -> Ledger:
    """Read the ledger; raises `LedgerError` that says what is wrong with it."""
    try:
        return Ledger.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise LedgerError(
            f"There is no ledger of stated figures at {file}. Run this in the project."
        ) from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise LedgerError(f"{file} is not a ledger of stated figures: {error}") from error


def check_texts(ledger: Ledger, root: Path) -> list[str]:
    """Return in words which texts of the ledger are not in their files, or do not hold their numbers."""
    problems = []
    entries: tuple[Stated | Given, ...] = (*ledger.stated, *ledger.given)
    for entry in entries:
        if not entry.file:
            continue
        file = root / entry.file
        if not file.is_file():
            problems.append(f"{entry.file} is not there.")
        elif entry.text not in file.read_text(encoding="utf-8"):
            problems.append(
                f"{entry.file} no longer says {entry.text!r}. Change the entry in {LEDGER}, and measure it again."
            )
    for stated in ledger.stated:
        if stated.text:
            written = [stated.text[start:end] for start, end, _ in number_spans(stated.text)]
            problems += [
                f"{stated.file}: {stated.text!r} does not hold the number {figure.written}."
                for figure in stated.figures
                if figure.written not in written
            ]
    return problems


def unstated(ledger: Ledger, root: Path, file: str = "README.md") -> list[str]:
    """Return in words the numbers of a file that look measured and that no entry of the ledger has."""
    text = (root / file).read_text(encoding="utf-8")
    covered: list[tuple[int, int, frozenset[str] | None]] = []
    entries: tuple[Stated | Given, ...] = (*ledger.stated, *ledger.given)
    for entry in entries:
        if entry.file == file:
            known = frozenset(f.written for f in entry.figures) if isinstance(entry, Stated) else None
            covered += [(at, at + len(entry.text), known) for at in _places(text, entry.text)]
    problems = []
    for start, end in _measured_looking(text):
        number = text[start:end]
        if not any(a <= start and end <= b and (known is None or number in known) for a, b, known in covered):
            line = text.count("\n", 0, start) + 1
            problems.append(
                f"{file}:{line} states {number} and {LEDGER} does not. Say there what measures it, or why nothing does."
            )
    return problems


def _measured_looking(text: str) -> Iterator[tuple[int, int]]:
    """Yield decimals everywhere outside code, and every number of the section Measured."""
    blank = re.sub(
        r"`[^`]*`|\]\([^)]*\)|<[^>\s]+>", lambda found: " " * len(found.group()), _without_code(text)
    )
    heading = re.search(r"^## Measured$", text, re.MULTILINE)
    following = re.search(r"^## ", text[heading.end() :], re.MULTILINE) if heading else None
    measured = (
        range(heading.end(), heading.end() + following.start() if following else len(text))
        if heading
        else range(0)
    )
    for start, end, _ in number_spans(blank):
        of_a_cut = re.search(r"@\d+(?:/\d+)*/$", blank[:start])  # Recall@1/10/50
        if not of_a_cut and (start in measured or _DECIMAL.fullmatch(blank[start:end])):
            yield start, end


def _without_code(text: str) -> str:
    return re.sub(
        r"^```.*?^```", lambda found: " " * len(found.group()), text, flags=re.MULTILINE | re.DOTALL
    )


def _places(text: str, part: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _figure(row: list[object]) -> dict[str, object]:
    """Read `[written, at]`, `[written, at, spread]` or `[written, at, "<= limit"]`."""
    if not 2 <= len(row) <= 3:
        raise ValueError(f"{row} is not [written, at] or [written, at, spread or limit]")
    third: object = row[2] if len(row) == 3 else 0.0
    kind: Literal["limit", "spread"] = "limit" if isinstance(third, str) else "spread"
    if isinstance(third, str) and not _LIMIT.fullmatch(third):
        raise ValueError(f"{third!r} is not a limit such as '<= 58'")
    return {"written": row[0], "at": row[1], kind: third}
