"""Tuning: what is chosen is the best that was tried, and a run that was cut off goes on."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import TastegraphError, WorkspaceError
from recsys.models.base import TrainingData
from recsys.tuning import MODELS, TuningConfig, read_tuned, settings_of, tune

CONFIG = TuningConfig(trials=3, seed=1)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    rng = np.random.default_rng(0)
    worlds = np.kron(np.eye(2), np.ones((40, 15)))
    met = ((rng.random((80, 30)) < 0.5) * worlds).astype(np.float32)
    return TrainingData(csr_array(met), csr_array((0, 30), dtype=np.float32))


def test_the_best_of_the_trials_is_chosen_and_kept(data, tmp_path) -> None:
    tuned = tune(data, tmp_path, CONFIG, ("ease", "item_knn"))
    trials = [json.loads(line)["trial"] for line in (tmp_path / "trials.jsonl").read_text().splitlines()]
    for model in ("ease", "item_knn"):
        best = max(trial["ndcg"] for trial in trials if trial["model"] == model)
        assert tuned.chosen[model].ndcg == best > 0.2
    assert read_tuned(tmp_path) == tuned
    assert tune(data, tmp_path, CONFIG, ("ease", "item_knn")) == tuned


def test_a_run_that_was_cut_off_goes_on_where_it_was(data, tmp_path, monkeypatch) -> None:
    whole = tune(data, tmp_path / "whole", CONFIG, ("ease",))
    lines: list[str] = []

    def stop_after_two(line: str) -> None:
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(data, tmp_path / "cut", CONFIG, ("ease",), stop_after_two)
    file = tmp_path / "cut" / "trials.jsonl"
    assert len(file.read_text().splitlines()) == 2
    with file.open("a") as stream:
        stream.write('{"key": "half a li')
    made = []
    monkeypatch.setitem(
        MODELS, "ease", lambda settings, make=MODELS["ease"]: made.append(1) or make(settings)
    )
    assert tune(data, tmp_path / "cut", CONFIG, ("ease",)) == whole
    assert len(made) == 1


def test_trials_are_drawn_by_the_seed_and_the_first_is_the_default(data) -> None:
    for model in MODELS:
        first = settings_of(model, 0, CONFIG, data)
        drawn = [settings_of(model, k, CONFIG, data) for k in (1, 2)]
        assert drawn == [settings_of(model, k, CONFIG, data) for k in (1, 2)]
        assert first not in drawn
        assert drawn[0] != drawn[1]
        other = TuningConfig(trials=3, seed=2)
        assert settings_of(model, 1, other, data) != drawn[0]


def test_too_little_and_unknown_models_are_said(data, tmp_path) -> None:
    lonely = TrainingData(csr_array(np.eye(5, dtype=np.float32)), csr_array((0, 5), dtype=np.float32))
    with pytest.raises(TastegraphError, match="Nobody met enough"):
        tune(lonely, tmp_path, CONFIG)
    with pytest.raises(TastegraphError, match="ease, ials"):
        tune(data, tmp_path, CONFIG, ("bert",))
    (tmp_path / "tuned.json").write_text("{")
    with pytest.raises(WorkspaceError, match="tastegraph tune"):
        read_tuned(tmp_path)
    assert read_tuned(tmp_path / "none") is None
