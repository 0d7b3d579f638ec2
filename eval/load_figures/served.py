"""The real application as a process of its own: started, killed, watched from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import psutil  # type: ignore[import-untyped]

from eval.figures import MeasureOptions
from kg.server.ports import free_port
from kg.server.process import end_group
from recsys.errors import TastegraphError
from recsys.workspace import Workspace
from ui.api.keys import FOLDER, KeyStore, Scope

_OPEN_SECONDS = 300.0
_RATE = "1000000/minute"
"""A person here asks as fast as answers come; the usual rate would be what is measured."""


class Served:
    """`tastegraph serve` over one workspace, with a home of its own; it keeps its port from start to start."""

    def __init__(self, workspace: Path, home: Path, settings: Mapping[str, str] | None = None) -> None:
        """Take the workspace, the folder of keys and log, and variables of the environment. Starts nothing yet."""
        self.workspace, self.home = workspace, home
        self.log = home / "serve.log"
        self.port = free_port()
        self._settings = dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        home.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> str:
        """Start it and wait until its catalogue is open, or cannot be; returns `ready` or `failed`.

        Raises `TastegraphError` with the end of its log when it ends, or is not there after five minutes.
        """
        environment = {
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            **self._settings,
            "TASTEGRAPH_HOME": str(self.home),
        }
        command = [sys.executable, "-m", "ui", "serve", "--port", str(self.port), "-w", str(self.workspace)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        deadline = time.monotonic() + _OPEN_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise TastegraphError(
                    f"The application ended while it was starting. {self.log}:\n{self.tail()}"
                )
            state = self._state()
            if state in ("ready", "failed"):
                return state
            time.sleep(0.1)
        self.stop()
        raise TastegraphError(
            f"The application is not open after {_OPEN_SECONDS:.0f} s. {self.log}:\n{self.tail()}"
        )

    def kill(self) -> None:
        """End it at once, as the kernel does where memory is short."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None

    def stop(self) -> None:
        """End it in order; does nothing when it does not run."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            end_group(process.pid, lambda: process.poll() is None, patience=20)

    def key(self, name: str) -> str:
        """Make a key for a person of its own; counts at once."""
        return KeyStore(self.home / FOLDER).create(name, tuple(Scope), rate=_RATE)[1]

    def resident(self) -> int:
        """Return the bytes of memory that it holds now."""
        return int(self._inside().memory_info().rss)

    def files(self) -> int:
        """Return how many files and connections it has open."""
        return int(self._inside().num_fds())

    def tail(self, most: int = 2000) -> str:
        """Return the end of its log."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-most:]

    def tracebacks(self) -> int:
        """Return how often its log tells of an error that nobody foresaw."""
        return self.log.read_text(encoding="utf-8", errors="replace").count(
            "Traceback (most recent call last)"
        )

    def _inside(self) -> Any:  # noqa: ANN401 - psutil has no types
        if self._process is None:
            raise TastegraphError("The application does not run.")
        return psutil.Process(self._process.pid)

    def _state(self) -> str:
        try:
            told = httpx.get(f"{self.address}/v1/health", timeout=30).json()
        except (httpx.HTTPError, ValueError):
            return "away"
        return str(told["catalogues"][0]["state"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def chosen_workspace(options: MeasureOptions, progress: Any) -> Path:  # noqa: ANN401 - as in eval.figures
    """Return the workspace that the settings name, else the starter films, built in `options.out` the first time."""
    named = options.settings.get("workspace")
    if named:
        return Workspace.open(Path(named).expanduser()).path
    folder = options.out / "films"
    if not (folder / "manifest.json").is_file():
        from recsys.build import build_workspace
        from recsys.starter import load_starter

        progress("Building the starter films")
        folder.mkdir(parents=True, exist_ok=True)
        build_workspace(folder, load_starter("films", 7), 7, progress)
    return folder


def copy_of(workspace: Path, folder: Path) -> Path:
    """Copy a workspace without its people and servers; returns the copy."""
    copy = folder / workspace.name
    shutil.copytree(workspace, copy, ignore=shutil.ignore_patterns("people", "neo4j", ".*"))
    return copy
