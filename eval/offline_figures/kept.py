"""Finished parts of a measurement in one file, so that an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from kg.files import write_text

Found = dict[str, float]


def key_of(*told: object) -> str:
    """Return 12 hexadecimal digits that change with anything told; what is told must be plain JSON values."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


class Keeper:
    """Parts by name; a part is made once and then read."""

    def __init__(self, file: Path) -> None:
        """Read what `file` has; its name must hold a key of data and configuration."""
        self._file = file
        self._found: dict[str, Found] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    def get(self, name: str, make: Callable[[], Found]) -> Found:
        """Return the part, making and writing it when it is not there."""
        if name not in self._found:
            self._found[name] = make()
            self._file.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._file, json.dumps(self._found, indent=1) + "\n")
        return self._found[name]
