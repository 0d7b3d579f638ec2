import json

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.offline import Contender, contenders, evaluate
from eval.split import default_metadata, read_split
from recsys.errors import SourceError
from recsys.models.base import TrainingData
from tests.parts import shared_data


@pytest.fixture
def split_folder(tmp_path):
    """Two tastes: even people meet even items, odd people odd ones."""
    rng = np.random.default_rng(2)
    folder = tmp_path / "small" / "split"
    folder.mkdir(parents=True)
    parts = {"train": [], "valid": [], "test": []}
    for user in range(60):
        mine = rng.permutation(np.arange(user % 2, 40, 2))
        for name, items in (("train", mine[:10]), ("valid", mine[10:12]), ("test", mine[12:15])):
            parts[name].append(f"{user} {' '.join(map(str, items))}")
    for name, lines in parts.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    rows = [
        f'{k},{k + 100},"Film, The {k} (19{50 + k})",{"Drama" if k % 2 else "War|Comedy"}' for k in range(40)
    ]
    (folder / "item_index_to_movie.csv").write_text("index,movieId,title,genres\n" + "\n".join(rows) + "\n")
    metadata = [
        {"movieId": k + 100, "Director": "A One", "Writer": "B Two (story by), B Two (play)", "Actors": "N/A",
         "Genre": "Drama, History", "Country": "USA", "Language": "N/A", "Plot": "It happens."}
        for k in range(39)
    ]  # fmt: skip
    (folder.parent / "metadata.jsonl").write_text("\n".join(map(json.dumps, metadata)) + "\n")
    return folder


def test_a_split_is_read_with_its_items(split_folder):
    split = read_split(split_folder, default_metadata(split_folder))
    assert split.train.shape == split.test.shape == (60, 40)
    assert split.train.nnz == 600
    assert not (split.train * split.test).nnz
    item = split.items[0]
    assert (item.title, item.year) == ("Film, The 0", 1950)
    assert item.attributes["genre"] == ("Drama", "History", "War", "Comedy")
    assert item.attributes["writer"] == ("B Two",)
    assert "cast" not in item.attributes
    assert split.items[39].description == ""


def test_the_hash_sees_every_file(split_folder):
    before = read_split(split_folder, default_metadata(split_folder)).data_hash
    assert read_split(split_folder).data_hash != before
    (split_folder / "valid.txt").write_text("0 1\n")
    assert read_split(split_folder, default_metadata(split_folder)).data_hash != before


@pytest.mark.parametrize(("line", "said"), [("1 x", "line 1.*whole numbers"), ("1 -2", "below 0")])
def test_a_bad_line_is_named(split_folder, line, said):
    (split_folder / "test.txt").write_text(line + "\n")
    with pytest.raises(SourceError, match=said):
        read_split(split_folder)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"train\.txt is missing"):
        read_split(tmp_path)


class Recorder:
    """Scores every train item highest, then valid, then test: only what is masked decides what is found."""

    name, recommends_for_cold = "recorder", True

    def __init__(self, split):
        self._split = split

    def fit(self, data):
        self.seen = data.interactions

    def score(self, users):
        part = self._split
        return (3 * part.train + 2 * part.valid + part.test).toarray().astype(np.float32)


def test_only_train_is_masked_and_only_train_is_learned_from(split_folder):
    split = read_split(split_folder)
    recorder = Recorder(split)
    data = TrainingData(split.train, split.train[:0])
    report = evaluate("small", split, models=[Contender("recorder", lambda: recorder, data, {})])
    assert recorder.seen is split.train
    # The two items of valid stand ahead of the three of test, at ranks 3, 4 and 5.
    gains = 1 / np.log2(np.arange(2, 7))
    assert report.results[0].ndcg == pytest.approx(gains[2:].sum() / gains[:3].sum())
    assert report.results[0].recall == 1.0


def test_ease_finds_the_tastes_that_popularity_cannot(split_folder, encoder):
    split = read_split(split_folder, default_metadata(split_folder))
    models, left_out = contenders(split, encoder)
    assert not left_out
    by_name = {r.model: r for r in evaluate("small", split, models=models).results}
    assert by_name["EASE"].ndcg > by_name["popularity"].ndcg + 0.1
    assert by_name["EASE + attributes"].ndcg > by_name["popularity"].ndcg + 0.1


def test_the_command_writes_both_reports(split_folder, tmp_path):
    (split_folder / "item_index_to_movie.csv").unlink()
    out = tmp_path / "out"
    result = CliRunner().invoke(
        app, ["offline", "--split", str(split_folder), "--out", str(out), "--seed", "4"]
    )
    assert result.exit_code == 0, result.output
    report = json.loads((out / "offline.json").read_text())
    assert report["seed"] == 4
    assert [r["model"] for r in report["results"]] == ["popularity", "EASE"]
    assert "no item index" in report["left_out"][0]
    assert len(report["data_hash"]) == 64
    text = (out / "offline.md").read_text()
    assert f"| EASE | {report['results'][1]['recall']:.4f} |" in text
    assert "EASE" in result.output


def test_the_command_says_what_is_wrong(tmp_path):
    result = CliRunner().invoke(app, ["offline", "--split", str(tmp_path)])
    assert result.exit_code == 1
    assert "train.txt" in result.output.replace("\n", "")


@pytest.mark.slow
@pytest.mark.shared_data
def test_accuracy_on_the_public_split_is_neither_too_low_nor_too_good(encoder):
    """The floor catches a worse model; the ceiling catches a leak (with valid masked as well: .3025)."""
    folder = shared_data() / "ml-1m" / "split"
    split = read_split(folder, default_metadata(folder))
    models, _ = contenders(split, encoder)
    report = evaluate("ml-1m", split, models=models[:3])
    found = {r.model: (r.recall, r.ndcg) for r in report.results}
    assert found["popularity"] == pytest.approx((0.1160, 0.1176), abs=0.0003)
    assert found["EASE"] == pytest.approx((0.2759, 0.2660), abs=0.0005)
    recall, ndcg = found["EASE + attributes"]
    assert 0.2790 < recall < 0.2830
    assert 0.2700 < ndcg < 0.2730
