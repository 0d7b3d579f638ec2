"""A real vLLM server with the small instruction model, started once a session."""

from collections.abc import Iterator

import pytest

from tests.parts import ROOT, need


@pytest.fixture(scope="session")
def vllm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return a running `agent.serving.server.VllmServer`."""
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
        server = VllmServer(str(prepare_weights()), tmp_path_factory.mktemp("vllm") / "vllm.log")
        server.start()
        yield server
        server.stop()
