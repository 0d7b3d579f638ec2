"""The faults: what each breaks while people talk, and how it is mended."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from eval.load_figures.forwarder import Forwarder
from eval.load_figures.served import Served
from kg.graph import GraphError
from kg.server import Neo4jServer
from kg.server.ports import free_port
from recsys.errors import TastegraphError
from recsys.workspace import Workspace

_GRAPH_DELAY, _INTERESTS_DELAY = 8.0, 1.5
"""Seconds. The first is more than the application waits for the graph, the second is borne."""
_DISK_MIB = 64


class CannotInject(TastegraphError):  # noqa: N818 - reads as what it is
    """This fault cannot be made on this machine; the message says why."""


class Fault(ABC):
    """One part that fails and comes back. `prepare` comes first, `close` last, whatever happens between them."""

    name: str
    breaks: str
    """What is done, in words."""
    answers: bool = True
    """Whether people must be answered while it lasts."""

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Start what it needs for a copy of a workspace; returns variables for the application.

        Raises `CannotInject` where this machine has not what it takes.
        """
        return {}

    @abstractmethod
    def inject(self, served: Served) -> None:
        """Break it."""

    @abstractmethod
    def heal(self, served: Served) -> None:
        """Mend it, as whoever runs the application would."""

    def close(self) -> None:  # noqa: B027 - most faults start nothing
        """End what `prepare` started."""


class ApplicationKilled(Fault):
    """The application ends in the middle of answers, without a chance to write anything."""

    name = "the application killed"
    breaks = "SIGKILL while people are being answered; started again"
    answers = False

    def inject(self, served: Served) -> None:
        """Kill it."""
        served.kill()

    def heal(self, served: Served) -> None:
        """Start it again."""
        served.start()


class GraphKilled(Fault):
    """The graph's server ends."""

    name = "the graph's server killed"
    breaks = "SIGKILL of Neo4j; started again"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Start Neo4j with the workspace's graph."""
        self._server = Neo4jServer(folder / "neo4j", heap="512m")
        try:
            self._server.start()
            _load(workspace, self._server)
        except GraphError as error:
            raise CannotInject(str(error)) from error
        return {
            "TASTEGRAPH_GRAPH": self._server.uri,
            "TASTEGRAPH_NEO4J_PASSWORD": self._server.password,
        }

    def inject(self, served: Served) -> None:
        """Kill it."""
        pid = self._server.pid
        if pid is None:
            raise CannotInject("Neo4j runs in Docker here and cannot be killed from outside.")
        os.kill(pid, signal.SIGKILL)

    def heal(self, served: Served) -> None:
        """Start it again."""
        self._server.start()

    def close(self) -> None:
        """Stop it."""
        self._server.stop()


class GraphSlow(GraphKilled):
    """The graph's server answers later than the application waits."""

    name = "the graph's server slow"
    breaks = f"each piece of an answer of Neo4j waits {_GRAPH_DELAY:g} s"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Put a door before Neo4j."""
        settings = dict(super().prepare(workspace, folder))
        self._door = Forwarder(int(self._server.uri.rpartition(":")[2]))
        return settings | {"TASTEGRAPH_GRAPH": f"bolt://127.0.0.1:{self._door.port}"}

    def inject(self, served: Served) -> None:
        """Slow it down."""
        self._door.delay = _GRAPH_DELAY

    def heal(self, served: Served) -> None:
        """Let it go at its own pace."""
        self._door.delay = 0.0

    def close(self) -> None:
        """Shut the door and stop the server."""
        if hasattr(self, "_door"):
            self._door.close()
        super().close()


class InterestsKilled(Fault):
    """The server of what people like ends."""

    name = "the interests' server killed"
    breaks = "SIGKILL of Chroma; started again"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Start Chroma."""
        self._folder, self._port = folder, free_port()
        self._start()
        return {"TASTEGRAPH_CHROMA_URL": f"http://127.0.0.1:{self._port}"}

    def inject(self, served: Served) -> None:
        """Kill it."""
        self._process.kill()
        self._process.wait(20)

    def heal(self, served: Served) -> None:
        """Start it again."""
        self._start()

    def close(self) -> None:
        """Stop it."""
        with contextlib.suppress(AttributeError):
            self._process.kill()
            self._process.wait(20)

    def _start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        command = [str(program), "run", "--path", str(self._folder / "chroma"), "--host", "127.0.0.1"]
        with (self._folder / "chroma.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self._port)],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise CannotInject(f"Chroma does not start; see {self._folder / 'chroma.log'}.")


class InterestsFrozen(InterestsKilled):
    """The server of what people like is there and answers nothing."""

    name = "the interests' server frozen"
    breaks = "SIGSTOP of Chroma; let go on"

    def inject(self, served: Served) -> None:
        """Freeze it."""
        self._process.send_signal(signal.SIGSTOP)

    def heal(self, served: Served) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


class InterestsSlow(InterestsKilled):
    """The server of what people like takes its time."""

    name = "the interests' server slow"
    breaks = f"each piece of an answer of Chroma waits {_INTERESTS_DELAY:g} s"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Put a door before Chroma."""
        super().prepare(workspace, folder)
        self._door = Forwarder(self._port)
        return {"TASTEGRAPH_CHROMA_URL": f"http://127.0.0.1:{self._door.port}"}

    def inject(self, served: Served) -> None:
        """Slow it down."""
        self._door.delay = _INTERESTS_DELAY

    def heal(self, served: Served) -> None:
        """Let it go at its own pace."""
        self._door.delay = 0.0

    def close(self) -> None:
        """Shut the door and stop the server."""
        if hasattr(self, "_door"):
            self._door.close()
        super().close()


class LanguageModelKilled(Fault):
    """The language model's server ends; the builtin model answers in its place and says so."""

    name = "the language model's server killed"
    breaks = "SIGKILL of vLLM; started again"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Start vLLM with the small instruction model."""
        from agent.serving.hardware import find_hardware
        from agent.serving.plan import make_plan, read_model
        from agent.serving.server import VllmServer
        from agent.serving.weights import ServingError, prepare_weights

        try:
            plan = make_plan(read_model(str(prepare_weights())), find_hardware())
            self._server = VllmServer(plan, folder / "vllm.log")
            self._server.start()
        except ServingError as error:
            raise CannotInject(str(error).splitlines()[0]) from error
        return {
            "TASTEGRAPH_LLM_COOLDOWN": "3",
            **plan.client(self._server.port),
        }

    def inject(self, served: Served) -> None:
        """Kill it with everything that it started."""
        process = self._server._process
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def heal(self, served: Served) -> None:
        """Start it again."""
        self._server.stop()
        self._server.start()

    def close(self) -> None:
        """Stop it."""
        if hasattr(self, "_server"):
            self._server.stop()


class DiskFull(Fault):
    """Nothing more can be written where people's words are kept."""

    name = "the disk full"
    breaks = f"people/ on a file system of {_DISK_MIB} MiB that is filled to the last byte; then room is made"

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Mount a small file system in memory."""
        self._people = workspace / "people"
        self._people.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_MIB}m,mode=700", "tmpfs", str(self._people)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise CannotInject("There is no mount command here.") from error
        if done.returncode != 0:
            raise CannotInject(
                f"A file system cannot be mounted here ({done.stderr.strip()}); it takes root."
            )
        self._mounted = True
        return {}

    def inject(self, served: Served) -> None:
        """Fill it."""
        ballast, size = self._people / "ballast", 1 << 20
        with ballast.open("ab", buffering=0) as stream:
            while size:
                try:
                    stream.write(b"\0" * size)
                except OSError:
                    size //= 2

    def heal(self, served: Served) -> None:
        """Make room."""
        (self._people / "ballast").unlink()

    def close(self) -> None:
        """Unmount it."""
        if getattr(self, "_mounted", False):
            subprocess.run(["umount", "-l", str(self._people)], check=False)


class FileDamaged(Fault):
    """A file is damaged while the application is stopped, found at its start, and put back from a copy."""

    answers = False

    def __init__(self, name: str, file: str, how: str) -> None:
        """Take the file in the workspace's folder, `BUILD/` for that of its build; `how`: `cut` or `overwritten`."""
        self.name = name
        self._file, self._how = file, how
        done = "cut to half" if how == "cut" else "overwritten from its first byte"
        self.breaks = (
            f"{file.rpartition('/')[2]} {done} while stopped; started; put back from a copy; started again"
        )

    def prepare(self, workspace: Path, folder: Path) -> Mapping[str, str]:
        """Find the file's place."""
        self._workspace, self._kept = workspace, folder / "kept"
        return {}

    def inject(self, served: Served) -> None:
        """Damage it, between a stop and a start."""
        served.stop()
        build = Workspace.open(self._workspace).build_dir
        place, _, rest = self._file.partition("/")
        found = sorted((build if place == "BUILD" else self._workspace / place).glob(rest))
        if not found:
            raise CannotInject(f"This workspace has no {self._file}.")
        self._found = found[0]
        self._kept.mkdir()
        for one in self._beside():
            shutil.copy2(one, self._kept)
        size = self._found.stat().st_size
        with self._found.open("r+b") as stream:
            if self._how == "cut":
                stream.truncate(size // 2)
            else:
                stream.write(b"\xde\xad" * min(size // 2, 50_000))
        served.start()

    def heal(self, served: Served) -> None:
        """Put it back with what belongs to it, between a stop and a start."""
        served.stop()
        for one in self._beside():
            one.unlink()
        for kept in self._kept.iterdir():
            shutil.copy2(kept, self._found.parent)
        served.start()

    def _beside(self) -> list[Path]:
        """Return the file and the logs that a database keeps beside it."""
        return [self._found, *self._found.parent.glob(f"{self._found.name}-*")]


def every_fault() -> list[Fault]:
    """Return all faults, the plainest first."""
    return [
        ApplicationKilled(),
        GraphKilled(),
        GraphSlow(),
        InterestsKilled(),
        InterestsFrozen(),
        InterestsSlow(),
        LanguageModelKilled(),
        DiskFull(),
        FileDamaged("a model's file cut", "BUILD/models/*.safetensors", "cut"),
        FileDamaged("the graph's file damaged", "BUILD/graph/graph.lbug", "overwritten"),
        FileDamaged("the dialogues' file damaged", "people/dialogues.sqlite", "overwritten"),
        FileDamaged("the reactions' file damaged", "people/feedback.sqlite", "overwritten"),
        FileDamaged("the interests' file damaged", "people/interests/chroma.sqlite3", "overwritten"),
    ]


def _load(workspace: Path, server: Neo4jServer) -> None:
    from kg.stores.ladybug import LadybugGraph
    from kg.stores.neo4j import Neo4jGraph
    from recsys.workspace import graph_namespace

    opened = Workspace.open(workspace)
    source = LadybugGraph(opened.graph_path, read_only=True)
    target = Neo4jGraph(server.uri, server.user, server.password, namespace=graph_namespace(opened))
    try:
        target.replace(source.entities(), source.triples())
    finally:
        target.close()
        source.close()
