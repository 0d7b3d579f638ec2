"""The comparison itself, on small made-up data and with models that need no other environment."""

import sys

import numpy as np
import pytest

from eval.figures import MeasureOptions, markdown
from eval.offline_figures import peers, peers_sequence
from eval.peers.entries import ENTRIES, LIGHTGCN, OURS_ON_TWO, Entry
from eval.peers.exchange import Outcome, Point
from eval.peers.peer import PEERS
from tests.parts import ROOT, shared_data


@pytest.fixture
def data(tmp_path):
    """Two kinds of people who keep to one half of the items each, as the split's files and as sequences."""
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "ml-1m" / "split"
    folder.mkdir(parents=True)
    drawn = [rng.permutation(10) + row % 2 * 10 for row in range(60)]
    for part, cut in (("train", slice(0, 5)), ("valid", slice(5, 7)), ("test", slice(7, 9))):
        lines = [f"{row} {' '.join(map(str, items[cut]))}" for row, items in enumerate(drawn)]
        (folder / f"{part}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    s3 = tmp_path / "data" / "s3rec"
    s3.mkdir()
    lines = [f"{row + 1} {' '.join(str(item + 1) for item in items[:6])}" for row, items in enumerate(drawn)]
    (s3 / "Beauty.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (s3 / "Beauty_item2attributes.json").write_text('{"1": [1], "2": [1]}', encoding="utf-8")
    return tmp_path / "data"


def test_settings_are_chosen_on_validation_and_failures_are_shown(data, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_PEERS_PYTHON", sys.executable)
    grid = tuple({"regularization": strength, "attribute_weight": 0.0} for strength in (1e9, 5.0))
    entries = (
        Entry("popularity", "popularity"),
        Entry("EASE (ours)", "our-ease", grid),
        Entry("iALS (ours)", "our-ials", ({"dim": 4},), seeds=2),
        Entry("ALS (implicit)", "implicit-als", ({"factors": 4},)),
    )
    monkeypatch.setattr(peers, "ENTRIES", entries)
    options = MeasureOptions(data=data, out=tmp_path / "out")
    said = []
    section = peers.measure(options, said.append)
    accuracy, choices, _ = section.tables
    rows = {row[0]: row for row in accuracy.rows}
    assert list(rows) == [entry.label for entry in entries]
    assert all(len(row) == len(accuracy.columns) for row in accuracy.rows)
    assert "ModuleNotFoundError" in rows["ALS (implicit)"][2]
    # All that is left of their half is five items of twenty, so whoever tells the halves apart finds every target.
    assert float(rows["EASE (ours)"][2]) == 1.0
    assert "±" in rows["iALS (ours)"][2]
    assert [row[0] for row in choices.rows] == ["EASE (ours)"] * 2
    best = max(choices.rows, key=lambda row: float(row[3]))
    assert rows["EASE (ours)"][-1] == best[1]
    # Scores that were not chosen are gone, and the report can be written.
    assert len(list((tmp_path / "out" / "peers").glob("our-ease-*/scores.npy"))) == 1
    assert "ALS (implicit)" in markdown([section])


def test_the_next_item_is_asked_for_with_the_history_left_out(data, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_PEERS_PYTHON", sys.executable)
    section = peers_sequence.measure(MeasureOptions(data=data, out=tmp_path / "out", quick=True))
    (table,) = section.tables
    popularity, sasrec = table.rows
    assert len(popularity) == len(sasrec) == len(table.columns)
    assert 0 < float(popularity[4]) <= 1
    assert "failed" in sasrec[2]


def test_how_much_sooner_is_only_said_where_it_was_reached():
    def outcome(seconds, curve=(), stopped=""):
        return Outcome(
            "p", "q", "1", 0.0, seconds, seconds, 1.0, 1.0, 0.0, 100.0, 2, curve, "NDCG@20", stopped
        )

    curve = (Point(2, 40.0, 80.0, 0.2), Point(4, 80.0, 160.0, 0.25), Point(6, 120.0, 240.0, 0.24))

    def one(label, valid, found):
        return peers._Measured(Entry(label, "p"), {}, (found,), (0.0, valid), (0.3,), (0.3,))

    theirs = one(LIGHTGCN, 0.25, outcome(130.0, curve, "limit"))
    (figure,) = peers._reached(theirs, one(OURS_ON_TWO, 0.26, outcome(4.0)))
    assert figure.value == 20.0
    assert "time limit stopped LightGCN" in figure.note
    (figure,) = peers._reached(theirs, one(OURS_ON_TWO, 0.24, outcome(4.0)))
    assert figure.value == 0.0
    assert "did not reach" in figure.note


def test_every_entry_names_a_peer_and_a_label_of_its_own():
    assert {entry.peer for entry in ENTRIES} <= set(PEERS)
    assert len({entry.label for entry in ENTRIES}) == len(ENTRIES)
    assert {LIGHTGCN, OURS_ON_TWO} <= {entry.label for entry in ENTRIES}


@pytest.mark.slow
@pytest.mark.shared_data
def test_two_packages_agree_with_our_ease(tmp_path, monkeypatch):
    folder = shared_data()
    if not (ROOT / ".venv-peers" / "bin" / "python").is_file():
        # Other projects' packages are for measuring, and no part of what runs.
        pytest.skip("The peers' environment is missing: make peers-env")
    wanted = ("EASE (ours, plain)", "EASE (LensKit)", "EASE (RecBole)")
    monkeypatch.setattr(peers, "ENTRIES", tuple(entry for entry in ENTRIES if entry.label in wanted))
    section = peers.measure(MeasureOptions(data=folder, out=tmp_path, quick=True))
    rows = {row[0]: row for row in section.tables[0].rows}
    assert set(rows) == set(wanted)
    recall = [float(rows[label][2]) for label in wanted]
    assert max(recall) - min(recall) < 2e-4
    assert 0.2 < recall[0] < 0.35
