"""Finished answers, one a line of JSON, so that an interrupted run goes on after the last."""

from __future__ import annotations

from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from kg.files import write_text

Line = TypeVar("Line", bound=BaseModel)


class KeptLines(Generic[Line]):
    """Lines of one model in a file, or in memory alone."""

    def __init__(self, model: type[Line], file: Path | None) -> None:
        """Read what `file` has; its name must change with whatever decides the answers."""
        self._file = file
        self.lines: list[Line] = []
        if file is not None and file.is_file():
            text = file.read_text(encoding="utf-8")
            whole = text[: text.rfind("\n") + 1]
            if whole != text:
                # The run was killed while it wrote the last line.
                write_text(file, whole)
            self.lines = [model.model_validate_json(line) for line in whole.splitlines()]

    def add(self, line: Line) -> None:
        """Append one answer, at once."""
        self.lines.append(line)
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(line.model_dump_json() + "\n")
