"""The packaged weights: where they are prepared, and what is said when the package is missing."""

from pathlib import Path

import pytest

from agent.serving import weights
from agent.serving.weights import SERVED_NAME, ServingError, prepare_weights


def test_a_missing_package_names_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "PACKAGE", "no-such-package-of-weights")
    with pytest.raises(ServingError, match="make vllm-env"):
        prepare_weights(tmp_path / "weights")
    assert list(tmp_path.iterdir()) == []


def test_prepared_weights_are_found_in_a_cache_named_from_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("TASTEGRAPH_CACHE", "~/cache")
    made = Path(tmp_path) / "cache" / "models" / SERVED_NAME
    made.mkdir(parents=True)
    (made / "card.json").write_text("{}", encoding="utf-8")
    (made / "chat_template.jinja").write_bytes(weights.CHAT_TEMPLATE.read_bytes())
    assert prepare_weights() == made
