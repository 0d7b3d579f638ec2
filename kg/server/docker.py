"""Neo4j by Docker: the command that runs the pinned image, and its container."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from kg.graph import GraphError
from kg.server.jars import NEO4J_VERSION
from kg.server.java import INSTALL
from kg.server.ports import LOOPBACK

_IMAGE = f"neo4j:{NEO4J_VERSION}-community"
_RUN_SECONDS = 900
"""Docker brings the image first where it is not there yet."""
_SHORT_SECONDS = 60


def docker_here() -> bool:
    """Say whether the docker command is on the path; its daemon may still be away."""
    return shutil.which("docker") is not None


def container_name(home: Path) -> str:
    """Return the name of the container of a home folder."""
    return f"tastegraph-{sha256(str(home).encode()).hexdigest()[:12]}"


def docker_command(name: str, port: int, data: Path, heap: str = "1g", owner: str = "") -> list[str]:
    """Return the command that runs the pinned image; the password comes from NEO4J_AUTH in its environment.

    `owner` is `uid:gid`; empty runs as the image's own user.
    """
    return [
        *("docker", "run", "--detach", "--rm", "--name", name),
        *("--publish", f"{LOOPBACK}:{port}:7687"),
        *("--volume", f"{data}:/data"),
        *(("--user", owner) if owner else ()),
        *("--env", "NEO4J_AUTH"),
        *("--env", "NEO4J_server_http_enabled=false"),
        *("--env", "NEO4J_dbms_usage__report_enabled=false"),
        *("--env", f"NEO4J_server_memory_heap_max__size={heap}"),
        *("--env", "NEO4J_db_transaction_timeout=15m"),
        *("--env", "NEO4J_db_tx__log_rotation_retention__policy=1 files"),
        *("--env", "NEO4J_db_tx__log_rotation_size=32M"),
        _IMAGE,
    ]


def run_container(name: str, port: int, data: Path, heap: str, user: str, password: str) -> None:
    """Start the container; raises `GraphError` with what Docker said when it cannot."""
    data.mkdir(parents=True, exist_ok=True)
    command = docker_command(name, port, data, heap, f"{os.getuid()}:{os.getgid()}")
    try:
        done = _docker(command, _RUN_SECONDS, {**os.environ, "NEO4J_AUTH": f"{user}/{password}"})
        said = done.stderr.strip()[-300:]
    except subprocess.TimeoutExpired:
        said = f"it did nothing for {_RUN_SECONDS // 60} minutes"
    else:
        if done.returncode == 0:
            return
    raise GraphError(
        f"Docker could not start Neo4j: {said}. Start Docker, or install Java 17 and Maven (Debian: {INSTALL})."
    )


def remove_container(name: str) -> None:
    """End and remove a container; does nothing when there is none. Raises `GraphError` when Docker hangs."""
    if not docker_here():
        return
    try:
        _docker(["docker", "rm", "--force", name], _SHORT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise GraphError(
            f"Docker does not answer, so the container {name} may still run. Start Docker, then try again."
        ) from error


def _docker(
    command: Sequence[str], seconds: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=seconds, check=False, env=environment
    )
