"""Files that are there whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(file: Path) -> Iterator[Path]:
    """Give a path beside `file` to write to; when the block ends it takes the name of `file`.

    A reader sees the old file or the new one. When the block raises, the old one stays and nothing else is left.
    """
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield beside
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def write_text(file: Path, text: str) -> None:
    """Write a text as UTF-8, whole or not at all."""
    with written_whole(file) as beside:
        beside.write_text(text, encoding="utf-8")
