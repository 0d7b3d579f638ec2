"""A Chroma server that dies in the middle of a session is said in plain words, and comes back."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.session import Agent
from agent.settings import Settings
from kg.server.ports import free_port
from tests.agent.conftest import talk


class ChromaServer:
    def __init__(self, folder):
        self.folder, self.port, self._process = folder, free_port(), None
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self):
        command = [
            Path(sys.executable).with_name("chroma"), "run", "--path", self.folder / "data", "--host", "127.0.0.1",
            "--port", str(self.port),
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=os.environ | {"ANONYMIZED_TELEMETRY": "False"},
            )
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def kill(self):
        self._process.kill()
        self._process.wait(20)


@pytest.mark.slow
def test_a_chroma_server_that_dies_is_said_and_comes_back(workspace_path, tmp_path):
    server = ChromaServer(tmp_path)
    server.start()
    try:
        with Agent.open(workspace_path, Settings(chroma_url=server.url)) as agent:
            talk(agent, "I like comedies")
            server.kill()
            told = talk(agent, "I love crime films")[-1].text
            assert "out of reach at the moment" in told
            assert "chroma run" not in told, "that is for whoever runs the server"
            answer = talk(agent, "something like Heat")[-1]
            assert answer.items
            assert "what you told me before could not be looked up" in answer.text
            assert "out of reach" in talk(agent, "what do you know about me?")[-1].text
            server.start()
            assert "Remembered: you like Crime" in talk(agent, "I love crime films")[-1].text
            assert {i.subject for i in agent.profile("ann").interests} == {"Comedy", "Crime"}
            erased = agent.erase("ann")
            assert "2 remembered interests" in erased
            assert "tastegraph profile wipe" in erased
    finally:
        server.kill()
