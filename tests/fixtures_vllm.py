"""A real vLLM server with the small instruction model, started once a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.parts import ROOT, need

if TYPE_CHECKING:
    from agent.serving.server import VllmServer


@pytest.fixture(scope="module")
def vllm_server(one_vllm_server: VllmServer) -> VllmServer:
    """Return the session's server; it is started again for each module where one before stopped it."""
    if not one_vllm_server.running():
        one_vllm_server.stop()
        one_vllm_server.start()
    return one_vllm_server


@pytest.fixture(scope="session")
def one_vllm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """Return a running server with the small model."""
    from agent.serving.hardware import find_hardware
    from agent.serving.plan import make_plan, read_model
    from agent.serving.server import VllmServer, vllm_python
    from agent.serving.weights import ServingError, prepare_weights

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        try:
            python = vllm_python()
        except ServingError:
            python = None
    need(python is not None, "vLLM", "make vllm-env")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASTEGRAPH_VLLM_PYTHON", str(python))
        patch.delenv("OMP_NUM_THREADS", raising=False)
        plan = make_plan(read_model(str(prepare_weights())), find_hardware())
        server = VllmServer(plan, tmp_path_factory.mktemp("vllm") / "vllm.log")
        server.start()
        yield server
        server.stop()
