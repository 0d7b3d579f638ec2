"""Where a source is wrong: one place that collects bad rows and says them to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from recsys.errors import SourceError

MOST_SHOWN = 20
"""After this many bad rows the reading stops."""
_LONGEST = 60


@dataclass(frozen=True)
class RowError:
    """One bad cell, row or file."""

    file: str
    line: int | None
    """1-based line in the file, or None when the whole file is meant."""
    column: str
    """Name of the column, or an empty string when the whole row is meant."""
    expected: str
    found: str

    def __str__(self) -> str:
        """Say it in one line."""
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: expected {self.expected}, found {_shown(self.found)}"


class RowErrors:
    """Collects the bad rows of one source. Raises `SourceError` at the 20th, or at `stop_if_any`."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.rows: list[RowError] = []

    def add(self, file: str, line: int | None, column: str, expected: str, found: str) -> None:
        """Note one bad cell; raises `SourceError` with all of them once there are 20."""
        self.rows.append(RowError(file, line, column, expected, found))
        if len(self.rows) >= MOST_SHOWN:
            self._stop(f"the first {MOST_SHOWN} bad rows")

    def stop_if_any(self) -> None:
        """Raise `SourceError` with every bad row so far; return when there is none."""
        if self.rows:
            self._stop("1 bad row" if len(self.rows) == 1 else f"{len(self.rows)} bad rows")

    def _stop(self, what: str) -> NoReturn:
        lines = "\n".join(f"  {row}" for row in self.rows)
        raise SourceError(
            f"{self.source}: {what}; nothing was written. Correct the source and run the command "
            f"again.\n{lines}"
        )


def _shown(found: str) -> str:
    if not found:
        return "nothing"
    if len(found) > _LONGEST:
        found = found[: _LONGEST - 1] + "…"
    return '"' + "".join(c if c.isprintable() else "�" for c in found) + '"'
