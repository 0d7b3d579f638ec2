"""The pinned Neo4j Community server as jars, fetched once through Maven into the cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import platformdirs

from kg.graph import GraphError
from kg.server.java import INSTALL

NEO4J_VERSION = "5.26.30"
_FETCH_TIMEOUT = 900
_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tastegraph</groupId>
  <artifactId>neo4j-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.neo4j</groupId><artifactId>neo4j</artifactId><version>{NEO4J_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.neo4j.app</groupId><artifactId>neo4j-server</artifactId><version>{NEO4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""

Progress = Callable[[str], None]
"""Takes a line for the person who waits."""


def quiet(line: str) -> None:
    """Show nothing."""


def cache_folder() -> Path:
    """Return the folder of what is fetched once: TASTEGRAPH_CACHE, else the user's cache folder."""
    named = os.environ.get("TASTEGRAPH_CACHE")
    return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("tastegraph"))


def jars_folder(cache: Path) -> Path:
    """Return where the jars of the pinned version are, or will be."""
    return cache / f"neo4j-{NEO4J_VERSION}" / "lib"


def can_fetch(cache: Path) -> bool:
    """Say whether the server's jars are in `cache` or Maven is here to fetch them."""
    return jars_folder(cache).is_dir() or shutil.which("mvn") is not None


def fetch_jars(cache: Path, progress: Progress = quiet) -> Path:
    """Return the folder of the server's jars, fetching them (123 MB) when they are not in `cache` yet.

    Raises `GraphError` when Maven is missing or cannot fetch; the cache is then as it was.
    """
    folder = jars_folder(cache)
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise GraphError(
            "Maven is needed once to fetch the Neo4j server and is not here. Install it "
            f"(Debian: {INSTALL}), or install Docker."
        )
    progress(f"Fetching Neo4j {NEO4J_VERSION} Community through Maven (123 MB, once)")
    beside = folder.parent / f".fetch-{uuid.uuid4().hex[:8]}"
    beside.mkdir(parents=True)
    try:
        (beside / "pom.xml").write_text(_POM, encoding="utf-8")
        _run_maven([maven, "-q", "-B", _PLUGIN, "-DincludeScope=runtime", "-DoutputDirectory=lib"], beside)
        try:
            (beside / "lib").rename(folder)
        except OSError:
            # Somebody else fetched the same at the same time; theirs is complete, since it was renamed too.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    progress(f"Neo4j {NEO4J_VERSION} is in {folder}")
    return folder


def _run_maven(command: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=_FETCH_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise GraphError(
            f"Maven did not fetch the Neo4j server within {_FETCH_TIMEOUT // 60} minutes. "
            "Check the network, then try again."
        ) from error
    if done.returncode != 0 or not any((folder / "lib").glob("neo4j-*.jar")):
        tail = " ".join((done.stdout + done.stderr).split())[-400:]
        raise GraphError(
            f"Maven could not fetch the Neo4j server: {tail or 'it gave no reason'}. "
            "Check the network or the mirror in ~/.m2/settings.xml, then try again."
        )
