"""Files read line by line; what is not right is counted, and a missing file is said in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from kg.sources.dump import DumpBuilder, SourceError


def check_file(file: Path, what: str) -> Path:
    """Return `file` where it is one. Raises `SourceError` otherwise; `what` says what was expected there."""
    if not file.is_file():
        raise SourceError(f"There is no file {file}. It should be {what}.")
    return file


def file_day(*files: Path) -> date:
    """Return the day (UTC) on which the latest of the files was written."""
    return datetime.fromtimestamp(max(file.stat().st_mtime for file in files), UTC).date()


def lines(file: Path, builder: DumpBuilder) -> Iterator[tuple[int, str]]:
    """Yield (number from 1, text) of every line with something on it; lines that are not UTF-8 are skipped."""
    try:
        with file.open("rb") as stream:
            for number, raw in enumerate(stream, 1):
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                except UnicodeDecodeError:
                    builder.skip(file, number, "not text in UTF-8")
                    continue
                if text.strip():
                    yield number, text
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error


def records(file: Path, builder: DumpBuilder) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (line, object) of a JSONL file; other lines are skipped."""
    for number, line in lines(file, builder):
        try:
            record = json.loads(line)
        except ValueError:
            builder.skip(file, number, "not JSON")
            continue
        if isinstance(record, dict):
            yield number, record
        else:
            builder.skip(file, number, "not a JSON object")


def whole_json(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the JSON of a whole file. Raises `SourceError` when it cannot be read or is not JSON."""
    try:
        return json.loads(file.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise SourceError(f"{file} is not JSON in UTF-8: {error}.") from error
