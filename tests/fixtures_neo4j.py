"""One real Neo4j server for the whole session."""

import shutil
from collections.abc import Iterator

import pytest

from kg.graph import GraphError
from kg.server import Neo4jServer
from kg.server.jars import cache_folder, fetch_jars, jars_folder
from kg.server.java import INSTALL, find_java
from tests.parts import need


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """Start a server on a free port with data of its own; its jars come from the cache folder."""
    have_jars = jars_folder(cache_folder()).is_dir() or shutil.which("mvn") is not None
    need(find_java() is not None and have_jars, "Java 17 with Maven", INSTALL)
    try:
        fetch_jars(cache_folder())
    except GraphError as error:
        need(False, f"The Neo4j server ({error})", "make neo4j-jars")
    with Neo4jServer(tmp_path_factory.mktemp("neo4j")) as server:
        yield server
