"""The catalogue over which the next tool is measured: MovieLens 1M as a workspace, and which titles name one film."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from agent.context import Services
from agent.knowledge import Knowledge
from agent.settings import Settings
from kg.linking import EntityLinker
from recsys.build import build_workspace
from recsys.ingest import load

FOLDER = "ml-1m"


def films_workspace(data: Path, out: Path, progress: Callable[[str], None]) -> Path:
    """Return the folder of an ml-1m workspace in `out`, built from `data` (about a minute) unless it is there."""
    folder = out / FOLDER
    if not (folder / "manifest.json").is_file():
        progress("Building the ml-1m workspace")
        folder.mkdir(parents=True, exist_ok=True)
        build_workspace(folder, load("ml-1m", data / "ml-1m"), 7, progress)
    return folder


def films_knowledge(data: Path, out: Path, progress: Callable[[str], None]) -> Knowledge:
    """Return the vocabulary of that workspace."""
    services = Services.open(films_workspace(data, out, progress), Settings())
    try:
        return services.knowledge
    finally:
        services.close()


def same_film(linker: EntityLinker) -> Callable[[str, str], bool]:
    """Return the test whether two titles are linked to one film of the catalogue."""

    @cache
    def entity(title: str) -> str | None:
        found = linker.link(title)
        return found.entity.id if found.entity else None

    def same(one: str, other: str) -> bool:
        return entity(one) is not None and entity(one) == entity(other)

    return same
