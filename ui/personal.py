"""How does a person take along what is stored about them? As a file of JSON that only they can read."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys.errors import TastegraphError


def as_text(exported: Mapping[str, Any]) -> str:
    """Return what `Agent.export` gave as JSON for people and programs."""
    return json.dumps(exported, ensure_ascii=False, indent=2) + "\n"


def write_export(exported: Mapping[str, Any], file: Path) -> Path:
    """Write what `Agent.export` gave to `file`, readable by the owner only, and return its full path.

    Raises `TastegraphError` when something is there already or the file cannot be written.
    """
    file = file.expanduser().absolute()
    if file.exists():
        raise TastegraphError(f"{file} is there already and was left as it is. Name another file.")
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(as_text(exported).encode())
        beside.replace(file)
    except OSError as error:
        raise TastegraphError(
            f"{file} cannot be written ({error.strerror}). Name a file in a folder that you can write to."
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return file
