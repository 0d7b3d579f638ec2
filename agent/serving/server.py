"""Starts and stops a vLLM server with the flags that fit the model and the hardware."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from agent.serving.weights import SERVED_NAME, ServingError
from kg.server.ports import free_port
from kg.server.process import end_group

log = logging.getLogger(__name__)


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


def has_gpu() -> bool:
    """Whether an NVIDIA card answers here."""
    tool = shutil.which("nvidia-smi")
    return tool is not None and subprocess.run([tool, "-L"], capture_output=True, check=False).returncode == 0


def serve_arguments(
    model: str,
    port: int,
    served_name: str = SERVED_NAME,
    max_model_len: int = 4096,
    parser: str = "hermes",
    gpu: bool = False,
) -> list[str]:
    """Return the arguments of vLLM's OpenAI server: loopback only, tool calls on.

    On a CPU float32, since bfloat16 is slower there without AMX, and eager, since compiling takes minutes to
    win little on a small model.
    """
    arguments = [
        "--model",
        model,
        "--served-model-name",
        served_name,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    arguments += [
        "--enable-auto-tool-choice",
        "--tool-call-parser",
        parser,
        "--max-model-len",
        str(max_model_len),
    ]
    if not gpu:
        arguments += ["--enforce-eager", "--dtype", "float32"]
    return arguments


def serve_environment(gpu: bool = False) -> dict[str, str]:
    """Return the environment of the server: no telemetry, no look at the hub for a local folder."""
    settings = {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1", "VLLM_LOGGING_LEVEL": "WARNING"}
    if not gpu:
        settings |= {"VLLM_CPU_KVCACHE_SPACE": "2"}
    return {**os.environ, **settings}


class VllmServer:
    """A vLLM process on the loopback. Use as a context manager, or call `start` and `stop`."""

    def __init__(
        self,
        model: str,
        log: Path,
        port: int = 0,
        served_name: str = SERVED_NAME,
        max_model_len: int = 4096,
        parser: str = "hermes",
    ) -> None:
        self.parser = parser
        self.model = model
        self.log = log
        self.port = port or free_port()
        self.served_name = served_name
        self.max_model_len = max_model_len
        self._process: subprocess.Popen[bytes] | None = None
        self._log_file: IO[bytes] | None = None

    @property
    def base_url(self) -> str:
        """Address for an OpenAI client."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self, timeout: float = 300.0, progress: Callable[[str], None] = lambda line: None) -> None:
        """Start the server and wait until it answers.

        Raises `ServingError` with the end of the log when it dies or is not ready within `timeout` seconds.
        """
        gpu = has_gpu()
        local = Path(self.model).is_dir()
        environment = serve_environment(gpu) | ({"HF_HUB_OFFLINE": "1"} if local else {})
        command = [str(vllm_python()), "-m", "vllm.entrypoints.openai.api_server"]
        command += serve_arguments(
            self.model, self.port, self.served_name, self.max_model_len, self.parser, gpu
        )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_file = self.log.open("wb")
        progress(f"Starting vLLM with {self.model} on {self.base_url} (a minute or two)")
        self._process = subprocess.Popen(
            command, stdout=self._log_file, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        )
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self.stop()
                raise ServingError(
                    f"vLLM stopped while it was starting. The end of {self.log}:\n{self._tail()}"
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

    def _tail(self, lines: int = 15) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.is_file() else ""
        return "\n".join(text.splitlines()[-lines:])
