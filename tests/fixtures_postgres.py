"""A real Postgres server with data of its own, for tests that need one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.server.ports import free_port
from tests.parts import need

PASSWORD = "not-to-be-shown"
INSTALL = "apt-get install postgresql && uv sync --extra postgres"


class PostgresServer:
    """A server that can be stopped and started again; it never runs as root."""

    def __init__(self, binaries: Path, folder: Path, port: int) -> None:
        self._binaries, self._folder, self.port = binaries, folder, port
        self.url = f"postgresql://tastegraph:{PASSWORD}@127.0.0.1:{port}/postgres"

    def create(self) -> None:
        """Make its data folder."""
        password = self._folder / "password"
        password.write_text(PASSWORD)
        self._own(self._folder, password)
        self._do(
            "initdb", "-D", str(self.data), "-U", "tastegraph", "--pwfile", str(password), "--auth=scram-sha-256",
            "-E", "UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self._folder / "data"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-p {self.port} -h 127.0.0.1 -k {self._folder} -c fsync=off -c max_wal_size=64MB"
        log = str(self._folder / "log")
        self._do("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", log, "-o", options, "start")

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast`, or `immediate` as in a power cut."""
        self._do("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def _own(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, "postgres", "postgres")

    def _do(self, program: str, *arguments: str) -> None:
        who: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam("postgres")
            who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        # Not into a pipe: the server would keep it open after pg_ctl has ended.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [self._binaries / program, *arguments], cwd=self._folder, stdout=output, stderr=output, check=False,
                timeout=120, **who,
            )  # fmt: skip
            output.seek(0)
            assert done.returncode == 0, output.read().decode()


def postgres_binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, which Debian keeps off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return folders[-1].parent if folders else None


def _package() -> bool:
    try:
        import langgraph.checkpoint.postgres
        import psycopg  # noqa: F401
    except ImportError:
        return False
    return bool(langgraph.checkpoint.postgres)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server for the session; a test that stops it must start it again."""
    binaries = postgres_binaries()
    need(binaries is not None and _package(), "Postgres with its Python package", INSTALL)
    assert binaries is not None
    # The user of the server cannot enter the folders of pytest.
    folder = Path(tempfile.mkdtemp(prefix="tastegraph-postgres-"))
    server = PostgresServer(binaries, folder, free_port())
    try:
        server.create()
        server.start()
        yield server
        server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
