"""The starter films, built for real once a session."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def starter_films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the folder of a workspace that `tastegraph starter` would build; TASTEGRAPH_HOME is its home."""
    from recsys.build import build_workspace
    from recsys.starter import load_starter

    home = tmp_path_factory.mktemp("starter-home")
    path = home / "workspaces" / "films"
    path.mkdir(parents=True)
    before = os.environ.get("TASTEGRAPH_HOME")
    os.environ["TASTEGRAPH_HOME"] = str(home)
    build_workspace(path, load_starter("films", 7), 7, lambda line: None)
    yield path
    if before is None:
        del os.environ["TASTEGRAPH_HOME"]
    else:
        os.environ["TASTEGRAPH_HOME"] = before
