"""A Neo4j server of our own, with data in one folder: by Java and Maven, or by Docker."""

from __future__ import annotations

import subprocess
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Literal, LiteralString, Self

from neo4j import GraphDatabase
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from kg.graph import GraphError, GraphUnavailable
from kg.server.docker import container_name, docker_here, remove_container, run_container
from kg.server.home import kept_secret, make_folder, one_start, read_state, write_state
from kg.server.jars import NEO4J_VERSION, Progress, cache_folder, can_fetch, fetch_jars, quiet
from kg.server.java import check_heap, configuration, find_java, home_of, java_command, no_java
from kg.server.ports import LOOPBACK, free_port, taken
from kg.server.process import command_line, end_group

USER = "neo4j"
_FIRST_PASSWORD = "neo4j"  # what a new server starts with; it asks to change it at once
_START_SECONDS = 120
_STOP_SECONDS = 30


class Neo4jServer:
    """The server whose data lives in `home`; a second object on the same home finds the one that runs.

    `port` 0 takes a free one, and keeps it for the next start where it is still free. Survives `kill -9` of
    the server and of the process that started it; of two starts at once the second finds the first one's
    server. A home that was moved is found again, and one that was copied has a server of its own. `heap`
    bounds the server's memory, and with it how much one `upsert` can write: 40,000 entities with 150,000
    triples need more than 512m.
    """

    def __init__(
        self,
        home: Path,
        port: int = 0,
        cache: Path | None = None,
        heap: str = "1g",
        progress: Progress = quiet,
    ) -> None:
        """Start nothing yet. Raises `GraphError` when `heap` is not an amount of memory."""
        self.home = home.resolve()
        self.cache = cache or cache_folder()
        self._wanted_port = port
        self._heap = check_heap(heap)
        self._progress = progress
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def user(self) -> str:
        """The name to log in with."""
        return USER

    @property
    def password(self) -> str:
        """The password, made on first use and kept in `home/password`, which only the owner can read."""
        return kept_secret(self.home / "password")

    @property
    def uri(self) -> str:
        """Where Bolt answers. Raises `GraphUnavailable` when the server was never started."""
        port = read_state(self.home).get("port")
        if port is None:
            raise GraphUnavailable(
                f"The Neo4j server in {self.home} was not started. Run `tastegraph kg serve`."
            )
        return f"bolt://{LOOPBACK}:{port}"

    @property
    def pid(self) -> int | None:
        """The process of the server, or None when it does not run or runs in Docker."""
        found = self._process()
        return found[0] if found else None

    def start(self) -> None:
        """Start the server and wait until it answers; does nothing when it answers already.

        Raises `GraphError` when neither Java with Maven nor Docker is here, when the wanted port is taken, or
        when it does not start.
        """
        with one_start(self.home, _START_SECONDS + _STOP_SECONDS, self._say_waiting):
            if self.running():
                self._check_port()
                return
            self.stop()
            java = find_java()
            if docker_here() and not can_fetch(self.cache):
                java = None
            if java is None and not docker_here():
                raise no_java()
            port = self._choose_port()
            try:
                if java is not None:
                    self._start_java(java, port)
                else:
                    self._start_docker(port)
                self._wait_for_bolt()
            except BaseException:
                self.stop()
                raise

    def running(self) -> bool:
        """Say whether the server of this home answers with this home's password."""
        found = self._process()
        here = found is not None and found[1] == self.home
        return (here or self._container() == container_name(self.home)) and self._login() == "in"

    def stop(self) -> None:
        """Stop the server of this home, whoever started it; does nothing when there is none."""
        state = read_state(self.home)
        if (container := self._container()) is not None:
            remove_container(container)
        elif (pid := self.pid) is not None and not end_group(
            pid, lambda: self.pid == pid, patience=_STOP_SECONDS
        ):
            raise GraphError(f"The Neo4j server (process {pid}) does not end. End it by hand.")
        if state:
            write_state(self.home, {key: value for key, value in state.items() if key == "port"})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start_java(self, java: str, port: int) -> None:
        jars = fetch_jars(self.cache, self._progress)
        make_folder(self.home / "conf")
        (self.home / "conf" / "neo4j.conf").write_text(configuration(port, self._heap), encoding="utf-8")
        mark = uuid.uuid4().hex
        self._progress(f"Starting Neo4j {NEO4J_VERSION} on port {port}")
        with (self.home / "server.log").open("wb") as log:
            # A session of its own: an interrupt at the terminal reaches us first, and we stop it in order.
            self._child = subprocess.Popen(
                java_command(java, jars, self.home, self._heap, mark),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        write_state(self.home, {"port": port, "pid": self._child.pid, "mark": mark})

    def _start_docker(self, port: int) -> None:
        name = container_name(self.home)
        self._progress(f"Starting Neo4j {NEO4J_VERSION} in Docker on port {port}")
        write_state(self.home, {"port": port, "container": name, "home": str(self.home)})
        run_container(name, port, self.home / "data", self._heap, USER, self.password)

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

    def _check_port(self) -> None:
        port = int(read_state(self.home)["port"])
        if self._wanted_port not in (0, port):
            raise GraphError(
                f"The Neo4j server of this folder runs on port {port}. To move it to {self._wanted_port}, stop "
                "it first: tastegraph kg serve stop"
            )

    def _choose_port(self) -> int:
        wanted = self._wanted_port or int(read_state(self.home).get("port", 0))
        if wanted and not taken(wanted):
            return wanted
        if self._wanted_port:
            raise GraphError(f"Port {wanted} is taken by another program. Name another one, or 0 for any.")
        return free_port()

    def _process(self) -> tuple[int, Path] | None:
        """Return the process of the server and the home it was started on; None when it does not run."""
        state = read_state(self.home)
        if "pid" not in state:
            return None
        if self._child is not None:
            self._child.poll()
        started_on = home_of(command_line(int(state["pid"])) or "", state.get("mark", ""))
        if started_on is None or (started_on != self.home and started_on.exists()):
            # The id went to another process, or this home is a copy and the server is the other one's.
            return None
        return int(state["pid"]), started_on

    def _container(self) -> str | None:
        """Return the container of the server; None when it is no container, or that of a home copied to here."""
        state = read_state(self.home)
        started_on = Path(state.get("home", self.home))
        return None if started_on != self.home and started_on.exists() else state.get("container")

    def _log_tail(self) -> str:
        file = self.home / "server.log"
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        return " ".join(lines[-5:])[-600:] or "it wrote nothing"

    def _say_waiting(self) -> None:
        self._progress("Another start of this server is under way; waiting for it")
