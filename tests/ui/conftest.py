"""One server of the page for all browser tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.serving import serving


@pytest.fixture(scope="session")
def served(starter_films: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the starter films, a small catalogue of one's own, and one whose manifest is damaged; yields the address.

    The films are a copy: other tests open the starter's while this server runs.
    """
    from recsys.build import build_workspace
    from tests.agent.conftest import catalogue

    home = tmp_path_factory.mktemp("served")
    films, own, broken = (home / "workspaces" / name for name in ("films", "my-films", "old-books"))
    shutil.copytree(starter_films, films, ignore=shutil.ignore_patterns("people"))
    build_workspace(own, catalogue(), seed=7, progress=lambda line: None)
    broken.mkdir()
    (broken / "manifest.json").write_text("{")
    with serving(home, home / "log") as address:
        yield address
