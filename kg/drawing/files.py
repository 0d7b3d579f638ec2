"""The pictures of a neighbourhood, written beside one another: never half a file."""

from __future__ import annotations

import re
from pathlib import Path

from kg.drawing.page import render_page
from kg.drawing.selection import Neighbourhood
from kg.drawing.svg import render_svg
from kg.files import write_text
from kg.graph import GraphError
from kg.text import fold_name

_UNSAFE = re.compile(r"[^a-z0-9]+")


def write_pictures(around: Neighbourhood, folder: Path) -> tuple[Path, Path]:
    """Write `NAME.html` and `NAME.svg` into a folder, which is made when missing, and return both paths.

    NAME is the entity's id in plain letters. Files of these names are replaced once the new ones are whole.
    Raises `GraphError` when they cannot be written.
    """
    stem = file_stem(around.centre.id)
    pictures = {
        folder / f"{stem}.html": render_page(around),
        folder / f"{stem}.svg": render_svg(around),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in pictures.items():
            write_text(path, text)
    except OSError as error:
        raise GraphError(
            f"The picture could not be written to {folder} ({error.strerror}). Choose another place with --out."
        ) from error
    html, svg = pictures
    return html, svg


def file_stem(entity_id: str) -> str:
    """Return an id as a file's name: lower-case letters, digits and hyphens, at most 80 characters."""
    return (
        _UNSAFE.sub("-", fold_name(entity_id.replace(":", " ")).lower()).strip("-")[:80].strip("-")
        or "entity"
    )
