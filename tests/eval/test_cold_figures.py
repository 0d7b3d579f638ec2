"""Figures of cold start: what is held back, which sentences are made, and the whole on a small split."""

import json

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.offline_figures import cold
from eval.offline_figures.cold_data import (
    KeptEncoder,
    hold_out_items,
    hold_out_people,
    sentences,
    some_of,
)
from eval.offline_figures.cold_films import read_films
from eval.split import default_metadata, read_split

PLOTS = ("a ship is caught in a storm far out at sea and its crew must choose a captain",
         "a rocket leaves the earth and its crew must choose who may land on the moon")  # fmt: skip


@pytest.fixture
def options(tmp_path):
    """People who watch films of the sea and people who watch films of space."""
    rng = np.random.default_rng(2)
    folder = tmp_path / "ml-1m" / "split"
    folder.mkdir(parents=True)
    parts = {"train": [], "valid": [], "test": []}
    for user in range(100):
        mine = rng.permutation(np.arange(user % 2, 40, 2))
        for name, items in (("train", mine[:12]), ("valid", mine[12:15]), ("test", mine[15:19])):
            parts[name].append(f"{user} {' '.join(map(str, items))}")
    for name, lines in parts.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    rows = [f'{k},{k + 100},"Ship {k} (19{50 + k})",{"Space" if k % 2 else "Sea"}' for k in range(40)]
    (folder / "item_index_to_movie.csv").write_text("index,movieId,title,genres\n" + "\n".join(rows) + "\n")
    metadata = [
        {"movieId": k + 100, "Director": f"Director {'AB'[k % 2]}", "Writer": "N/A", "Actors": f"Actor {'CD'[k % 2]}",
         "Genre": "N/A", "Country": "N/A", "Language": "N/A", "Plot": f"{PLOTS[k % 2]} {k}"}
        for k in range(40)
    ]  # fmt: skip
    (folder.parent / "metadata.jsonl").write_text("\n".join(map(json.dumps, metadata)) + "\n")
    return MeasureOptions(data=tmp_path, out=tmp_path / "out")


@pytest.fixture
def split(options):
    folder = options.data / "ml-1m" / "split"
    return read_split(folder, default_metadata(folder))


def test_new_items_have_no_meeting_left_and_every_other_keeps_its_own(split):
    new = hold_out_items(split, 0.1, seed=1)
    assert len(new.columns) == 4
    assert new.train[:, new.columns].nnz == 0
    assert new.train.nnz + split.train[:, new.columns].nnz == split.train.nnz
    assert new.targets(split.test).nnz == split.test[:, new.columns].nnz > 0
    assert not np.array_equal(new.columns, hold_out_items(split, 0.1, seed=2).columns)


def test_new_people_are_apart_from_the_known(split):
    known, new = hold_out_people(split, 0.1, seed=0)
    assert len(new) == 10
    assert sorted([*known, *new]) == list(range(100))


def test_few_items_are_among_more(split):
    one, three = some_of(split.train, 1, 0), some_of(split.train, 3, 0)
    assert (np.diff(one.indptr) == 1).all()
    assert (np.diff(three.indptr) == 3).all()
    assert one.multiply(three).nnz == one.nnz
    assert three.multiply(split.train).nnz == three.nnz
    assert some_of(split.train, 0, 0).nnz == 0


def test_sentences_name_tastes_and_no_title(split):
    asked = sentences(split.items, split.train, np.array([0, 1]), asked=True)
    told = sentences(split.items, split.train, np.array([0, 1]), asked=False)
    assert "Sea" in asked[0]
    assert "Director A" in asked[0]
    assert "Actor D" in told[1]
    assert "rocket" in told[1]
    assert "ship" not in asked[0].lower()
    assert asked[0] != told[0]
    assert asked == sentences(split.items, split.train, np.array([0, 1]), asked=True)


def test_a_text_is_encoded_once(tmp_path, monkeypatch):
    first = KeptEncoder(tmp_path).encode(["a sea", "a star", "a sea"])
    assert np.array_equal(first[0], first[2])
    monkeypatch.setattr("recsys.encoder._model", None)
    again = KeptEncoder(tmp_path)
    assert np.array_equal(again.encode(["a star"])[0], first[1])
    with pytest.raises(TypeError):
        again.encode(["something new"])


@pytest.mark.slow
def test_what_is_placed_by_its_features_comes_before_chance(options, monkeypatch):
    monkeypatch.setattr(cold, "_SEEDS", 1)
    section = cold.measure(options)
    rows = {row[0]: row for row in section.tables[0].rows}
    new = section.tables[0].columns.index("NDCG@20, all items")
    assert float(rows["placed by text and attributes"][new]) > float(rows["chance"][new])
    people = {(row[0], row[1]): float(row[3]) for row in section.tables[1].rows}
    assert people["words, learned from people", "words"] > people["popularity", "none"]
    assert read_films(options).split.train.nnz == 1_200
    told: list[str] = []
    assert cold.measure(options, told.append) == section
    assert not told
