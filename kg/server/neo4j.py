"""A Neo4j server of our own, with data in one folder: by Java and Maven, or by Docker."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Literal, LiteralString, Self

from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from kg.graph import GraphError, GraphUnavailable
from kg.server.jars import (
    NEO4J_VERSION,
    Progress,
    cache_folder,
    can_fetch,
    fetch_jars,
    find_java,
    quiet,
)
from kg.server.ports import LOOPBACK, free_port

__all__ = ["Neo4jServer", "docker_command", "fetch_jars", "free_port", "java_command"]

USER = "neo4j"
_IMAGE = f"neo4j:{NEO4J_VERSION}-community"
_FIRST_PASSWORD = "neo4j"  # what a new server starts with; it asks to change it at once
_OPENED = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.lang")
_START_SECONDS = 120
_STOP_SECONDS = 30


def java_command(java: str, jars: Path, home: Path, heap: str = "1g") -> list[str]:
    """Return the command that runs the server in the foreground."""
    return [
        java,
        f"-Xmx{heap}",
        "-Xms256m",
        "-XX:+ExitOnOutOfMemoryError",
        *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED),
        "-cp",
        f"{jars}/*",
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]


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
        _IMAGE,
    ]


class Neo4jServer:
    """The server whose data lives in `home`; a second object on the same home finds the one that runs.

    `port` 0 takes a free one, and keeps it for the next start where it is still free. Survives `kill -9` of
    the server and of the process that started it. `heap` bounds the server's memory, and with it how much one
    `upsert` can write: 40,000 entities with 150,000 triples need more than 512m.
    """

    def __init__(
        self,
        home: Path,
        port: int = 0,
        cache: Path | None = None,
        heap: str = "1g",
        progress: Progress = quiet,
    ) -> None:
        self.home = home.resolve()
        self.cache = cache or cache_folder()
        self._wanted_port = port
        self._heap = heap
        self._progress = progress
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> str:
        """The name to log in with."""
        return USER

    @property
    def password(self) -> str:
        """The password, made on first use and kept in `home/password`, which only the owner can read."""
        file = self.home / "password"
        if not file.is_file():
            self.home.mkdir(parents=True, exist_ok=True)
            beside = self.home / f".password.{uuid.uuid4().hex[:8]}"
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(secrets.token_urlsafe(24))
            beside.rename(file)
        return file.read_text(encoding="utf-8").strip()

    @property
    def uri(self) -> str:
        """Where Bolt answers. Raises `GraphUnavailable` when the server was never started."""
        port = self._state().get("port")
        if port is None:
            raise GraphUnavailable(f"The Neo4j server in {self.home} was not started. Run `make neo4j`.")
        return f"bolt://{LOOPBACK}:{port}"

    @property
    def pid(self) -> int | None:
        """The process of the server, or None when it does not run or runs in Docker."""
        pid = self._state().get("pid")
        return int(pid) if pid is not None and self._is_ours(int(pid)) else None

    def start(self) -> None:
        """Start the server and wait until it answers; does nothing when it answers already.

        Raises `GraphError` when neither Java with Maven nor Docker is here, or when it does not start.
        """
        if self.running():
            return
        self.stop()
        java = find_java()
        docker = shutil.which("docker") is not None
        if docker and not can_fetch(self.cache):
            java = None
        if java is None and not docker:
            raise GraphError(
                "A Neo4j server needs Java 17 or 21 with Maven, or Docker, and none of them is here. Install "
                "one (Debian: apt-get install openjdk-17-jre-headless maven), or use the embedded graph, "
                "which needs no server."
            )
        port = self._choose_port()
        if java is not None:
            self._start_java(java, port)
        else:
            self._start_docker(port)
        try:
            self._wait_for_bolt()
        except BaseException:
            self.stop()
            raise

    def running(self) -> bool:
        """Say whether a server answers on this home's port with this home's password."""
        state = self._state()
        return "port" in state and self._login() == "in"

    def stop(self) -> None:
        """Stop the server of this home, whoever started it; does nothing when there is none."""
        state = self._state()
        if "container" in state and shutil.which("docker"):
            subprocess.run(
                ["docker", "rm", "--force", state["container"]], capture_output=True, timeout=60, check=False
            )
        elif (pid := self.pid) is not None:
            self._end(pid)
        self._write_state({key: value for key, value in state.items() if key == "port"})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_java(self, java: str, port: int) -> None:
        jars = fetch_jars(self.cache, self._progress)
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        (self.home / "conf" / "neo4j.conf").write_text(_configuration(port, self._heap), encoding="utf-8")
        self._progress(f"Starting Neo4j {NEO4J_VERSION} on port {port}")
        with (self.home / "server.log").open("wb") as log:
            # A session of its own: an interrupt at the terminal reaches us first, and we stop it in order.
            self._child = subprocess.Popen(
                java_command(java, jars, self.home, self._heap),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._write_state({"port": port, "pid": self._child.pid})

    def _start_docker(self, port: int) -> None:
        name = f"tastegraph-{sha256(str(self.home).encode()).hexdigest()[:12]}"
        data = self.home / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._progress(f"Starting Neo4j {NEO4J_VERSION} in Docker on port {port}")
        command = docker_command(name, port, data, self._heap, f"{os.getuid()}:{os.getgid()}")
        done = _run(command, {**os.environ, "NEO4J_AUTH": f"{USER}/{self.password}"})
        if done.returncode != 0:
            raise GraphError(
                f"Docker could not start Neo4j: {done.stderr.strip()[-300:]}. Start Docker, or "
                "install Java 17 and Maven (Debian: apt-get install openjdk-17-jre-headless maven)."
            )
        self._write_state({"port": port, "container": name})

    def _wait_for_bolt(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            login = self._login()
            if login == "in":
                self._progress(f"Neo4j answers on {self.uri}")
                return
            if login == "refused":
                raise GraphError(
                    f"The Neo4j server in {self.home} does not take the password in its file "
                    "`password`. Put the right one there, or remove the folder to begin anew."
                )
            if self._child is not None and self._child.poll() is not None:
                raise GraphError(f"The Neo4j server ended while starting: {self._log_tail()}")
            time.sleep(0.3)
        raise GraphError(f"Neo4j did not answer within {_START_SECONDS} s: {self._log_tail()}")

    def _login(self) -> Literal["in", "refused", "away"]:
        """Try our password; a new server still has the first one, which is then changed to ours."""
        try:
            try:
                self._ask(self.password, "RETURN 1", {})
            except AuthError as error:
                if "Unauthorized" not in (error.code or ""):
                    return "away"
                change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
                self._ask(_FIRST_PASSWORD, change, {"old": _FIRST_PASSWORD, "new": self.password}, "system")
        except AuthError:
            return "refused"
        except (Neo4jError, DriverError, OSError):
            return "away"
        return "in"

    def _ask(
        self, password: str, query: LiteralString, values: dict[str, str], database: str = "neo4j"
    ) -> None:
        # Without managed retries: the caller waits and asks again by itself.
        with (
            GraphDatabase.driver(
                self.uri, auth=(USER, password), connection_timeout=2.0, telemetry_disabled=True
            ) as driver,
            driver.session(database=database) as session,
        ):
            session.run(query, values).consume()

    def _choose_port(self) -> int:
        wanted = self._wanted_port or int(self._state().get("port", 0))
        if wanted and not _taken(wanted):
            return wanted
        if self._wanted_port:
            raise GraphError(f"Port {wanted} is taken by another program. Name another one, or 0 for any.")
        return free_port()

    def _state(self) -> dict[str, str]:
        file = self.home / "server.json"
        if not file.is_file():
            return {}
        state = json.loads(file.read_text(encoding="utf-8"))
        return {str(key): str(value) for key, value in state.items()}

    def _write_state(self, state: Mapping[str, str | int]) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        beside = self.home / f".server.{uuid.uuid4().hex[:8]}"
        beside.write_text(json.dumps(state), encoding="utf-8")
        beside.replace(self.home / "server.json")

    def _is_ours(self, pid: int) -> bool:
        """Say whether this process is a server on this home: its id may have gone to another one since."""
        listed = Path("/proc") / str(pid) / "cmdline"
        if listed.parent.parent.joinpath("self").exists():
            try:
                shown = listed.read_bytes().decode(errors="replace")
            except (FileNotFoundError, ProcessLookupError):
                return False
        else:
            shown = _run(["ps", "-ww", "-o", "args=", "-p", str(pid)]).stdout
        return f"--home-dir={self.home}" in shown

    def _end(self, pid: int) -> None:
        for how, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 10)):
            os.kill(pid, how)
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                if self._child is not None and self._child.pid == pid:
                    self._child.poll()
                if not self._is_ours(pid):
                    return
                time.sleep(0.1)
        raise GraphError(f"The Neo4j server (process {pid}) does not end. End it by hand.")

    def _log_tail(self) -> str:
        file = self.home / "server.log"
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        return " ".join(lines[-5:])[-600:] or "it wrote nothing"


def _configuration(port: int, heap: str) -> str:
    return "\n".join(
        [
            f"server.default_listen_address={LOOPBACK}",
            f"server.bolt.listen_address={LOOPBACK}:{port}",
            "server.http.enabled=false",
            "server.https.enabled=false",
            "dbms.usage_report.enabled=false",
            "server.memory.heap.initial_size=256m",
            f"server.memory.heap.max_size={heap}",
            "server.memory.pagecache.size=128m",
            "db.tx_log.rotation.retention_policy=1 files",
            "",
        ]
    )


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False


def _run(
    command: Sequence[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)
