"""Starts and stops a vLLM server with the flags that fit the model and the hardware."""

from __future__ import annotations

import logging
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from agent.serving.plan import CPU_CACHE, ServePlan
from agent.serving.weights import ServingError
from kg.server.ports import free_port
from kg.server.process import end_group

log = logging.getLogger(__name__)
_CAUSES = (
    ("invalid tool call parser", "It does not know this tool parser: give another one with --parser."),
    ("invalid reasoning parser", "It does not know this model's reasoning parser: update vLLM."),
    ("Address already in use", "The port is taken: give another one with --port."),
    (
        "No available memory for the cache blocks",
        "The weights leave no room: give a smaller --max-model-len.",
    ),
    ("less than desired", "Other programs hold the memory: end some of them, or choose a smaller model."),
    ("out of memory", "The memory is too small: choose a smaller model or a smaller --max-model-len."),
    ("is not a valid model identifier", "The hub has no such model, or it asks for a login."),
    ("Can't load the configuration", "The hub has no such model, or it asks for a login."),
    ("unrecognized arguments", "This vLLM is older than a flag that the model wants: update it."),
)
"""What vLLM's log says, and what to do."""


def vllm_python() -> Path:
    """Return the interpreter that has vLLM: TASTEGRAPH_VLLM_PYTHON, else `.venv-vllm` in the current folder.

    Raises `ServingError` naming the command that makes it. vLLM has an environment of its own because its
    pins fight the web stack's.
    """
    chosen = os.environ.get("TASTEGRAPH_VLLM_PYTHON")
    python = Path(chosen) if chosen else Path(".venv-vllm") / "bin" / "python"
    if not python.is_file():
        raise ServingError(
            f"vLLM is not installed ({python} is missing). Make its environment with `make vllm-env`, or set "
            "TASTEGRAPH_VLLM_PYTHON to an interpreter that has vLLM."
        )
    return python.absolute()


def server_settings(plan: ServePlan) -> dict[str, str]:
    """Return what is set for the server: no telemetry, no look at the hub for a model that is here, memory."""
    settings = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_LOGGING_LEVEL": "WARNING"}
    if not plan.gpu:
        settings |= {"VLLM_CPU_KVCACHE_SPACE": str(CPU_CACHE)}
    if plan.local:
        settings |= {"HF_HUB_OFFLINE": "1"}
    return settings


def serve_environment(plan: ServePlan) -> dict[str, str]:
    """Return the whole environment of the server."""
    return {**os.environ, **server_settings(plan)}


def serve_command(plan: ServePlan, port: int) -> list[str]:
    """Return the whole command. Raises `ServingError` when vLLM is not installed."""
    return [str(vllm_python()), "-m", "vllm.entrypoints.openai.api_server", *plan.arguments(port)]


class VllmServer:
    """A vLLM process on the loopback. Use as a context manager, or call `start` and `stop`."""

    def __init__(self, plan: ServePlan, log: Path, port: int = 0) -> None:
        self.plan = plan
        self.log = log
        self.port = port or free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._log_file: IO[bytes] | None = None

    @property
    def base_url(self) -> str:
        """Address for an OpenAI client."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def served_name(self) -> str:
        """The name that clients ask for."""
        return self.plan.served_name

    def start(self, timeout: float = 300.0, progress: Callable[[str], None] = lambda line: None) -> None:
        """Start the server and wait until it answers.

        Raises `ServingError` with the end of the log when it dies or is not ready within `timeout` seconds.
        """
        command, environment = serve_command(self.plan, self.port), serve_environment(self.plan)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_file = self.log.open("wb")
        progress(f"Starting vLLM with {self.plan.model} on {self.base_url} (a minute or two)")
        self._process = subprocess.Popen(
            command, stdout=self._log_file, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self.stop()
                raise ServingError(
                    f"vLLM stopped while it was starting.{self._cause()} The end of {self.log}:\n{self._tail()}"
                )
            if self._answers():
                progress(f"vLLM answers on {self.base_url}")
                return
            time.sleep(0.5)
        self.stop()
        raise ServingError(
            f"vLLM was not ready after {timeout:.0f} s. The end of {self.log}:\n{self._tail()}"
        )

    def running(self) -> bool:
        """Say whether the server was started here and answers now."""
        return self._process is not None and self._process.poll() is None and self._answers()

    def wait(self) -> int:
        """Wait until the server ends; returns its exit status."""
        return self._process.wait() if self._process else 0

    def stop(self) -> None:
        """Stop the server and its workers; does nothing when it is not running."""
        process, self._process = self._process, None
        if (
            process is not None
            and process.poll() is None
            and not end_group(process.pid, lambda: process.poll() is None, patience=20)
        ):
            log.warning("vLLM (process %d) does not end; end it by hand", process.pid)
        if self._log_file is not None:
            self._log_file.close()
            self._log_file = None

    def __enter__(self) -> VllmServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/models", timeout=2.0).status_code == 200
        except httpx.TransportError:
            return False

    def _read_log(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""

    def _cause(self) -> str:
        """Return what to do, where the log holds one of the causes that people meet most."""
        text = self._read_log()
        return next((f" {advice}" for cause, advice in _CAUSES if cause in text), "")

    def _tail(self, lines: int = 15) -> str:
        return "\n".join(self._read_log().splitlines()[-lines:])
