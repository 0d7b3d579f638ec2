import json

import numpy as np
import polars as pl
import pytest

from recsys.catalogue import no_interactions
from recsys.models.persist import load_model
from recsys.schema import Item
from recsys.train import SCALES, train_models
from tests.recsys.conftest import make_interactions, make_items


@pytest.fixture(scope="module")
def trained(tmp_path_factory, encoder):
    items, lines = make_items(40), []
    folder = tmp_path_factory.mktemp("build")
    counts = train_models(folder, items, make_interactions(items, 30), 3, True, lines.append, encoder)
    return folder / "models", counts, lines


def test_every_model_is_written_with_a_card_that_says_simulated(trained):
    folder, counts, lines = trained
    for name in ("popularity", "ease", "text_tower", SCALES):
        card = json.loads((folder / f"{name}.json").read_text())
        assert card["seed"] == 3
        assert any("simulated" in note for note in card["notes"])
        assert len(card["data_hash"]) == 64
    assert counts["ease_items"] == counts["text_vectors"] == 40
    assert counts["meetings"] > 100
    assert lines


def test_scales_are_the_mean_strength_of_a_near_neighbour(trained):
    folder, _, _ = trained
    _, scales = load_model(folder, SCALES)
    _, ease = load_model(folder, "ease")
    expected = np.mean([np.sort(row)[::-1][7] for row in ease["weights"]])
    assert scales["behaviour"][0] == pytest.approx(expected, rel=1e-5)
    assert 0 < scales["graph"][0] < 1
    assert 0 < scales["text"][0] < 1


def test_training_is_deterministic(trained, tmp_path, encoder):
    items = make_items(40)
    train_models(tmp_path, items, make_interactions(items, 30), 3, True, lambda _: None, encoder)
    for file in sorted((tmp_path / "models").glob("*.json")):
        assert file.read_text() == (trained[0] / file.name).read_text()
    for file in ("ease.safetensors", "text_tower.safetensors", "scales.safetensors"):
        assert (tmp_path / "models" / file).read_bytes() == (trained[0] / file).read_bytes()


def test_low_ratings_are_no_meetings(tmp_path, encoder):
    items = make_items(10)
    rows = make_interactions(items, 20).with_columns(value=pl.lit(2.0))
    rows = pl.concat([rows, rows.head(1).with_columns(value=pl.lit(5.0), user=pl.lit("z"))])
    counts = train_models(tmp_path, items, rows, 0, False, lambda _: None, encoder)
    assert counts["meetings"] == 1


@pytest.mark.parametrize("items", [make_items(5), [Item(id="x", title="Only one")]])
def test_no_interactions_and_tiny_catalogues_train(tmp_path, encoder, items):
    counts = train_models(tmp_path, items, no_interactions(), 0, False, lambda _: None, encoder)
    assert counts["meetings"] == 0
    assert not (tmp_path / "models" / "ease.json").exists()
    _, tensors = load_model(tmp_path / "models", "popularity")
    assert not tensors["counts"].any()
