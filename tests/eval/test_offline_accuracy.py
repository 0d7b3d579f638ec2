"""The measurements of accuracy on public splits, on splits made up here in the same form."""

import json

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.offline_figures import gowalla, ml1m
from eval.offline_figures.stacking import WHOLE, StackRun
from recsys.errors import SourceError

PEOPLE, ITEMS = 90, 45


def write_lines(file, rows):
    file.write_text(
        "".join(f"{user} {' '.join(map(str, items))}\n" for user, items in rows), encoding="ascii"
    )


def divided(shares):
    """Three groups of people, each meeting a third of the items the most, divided by these shares."""
    rng = np.random.default_rng(4)
    parts = [[] for _ in shares]
    for user in range(PEOPLE):
        chance = np.full(ITEMS, 0.08)
        chance[user % 3 * 15 : user % 3 * 15 + 15] = 0.8
        met = rng.permutation(np.flatnonzero(rng.random(ITEMS) < chance))
        cuts = np.cumsum([int(share * len(met)) for share in shares[:-1]])
        for part, items in zip(parts, np.split(met, cuts), strict=True):
            part.append((user, [int(item) for item in items]))
    return parts


@pytest.fixture
def data(tmp_path):
    films = tmp_path / "data" / "ml-1m"
    (films / "split").mkdir(parents=True)
    for name, rows in zip(("train", "valid", "test"), divided((0.7, 0.15, 0.15)), strict=True):
        write_lines(films / "split" / f"{name}.txt", rows)
    lines = [f"{k},{100 + k},Film {k} (19{50 + k}),{'Comedy' if k < 20 else 'Drama'}" for k in range(ITEMS)]
    (films / "split" / "item_index_to_ml1m_movieId.csv").write_text(
        "\n".join(["index,movieId,title,genres", *lines]), encoding="utf-8"
    )
    known = [json.dumps({"movieId": 100 + k, "Director": f"Director {k % 7}"}) for k in range(ITEMS)]
    (films / "metadata.jsonl").write_text("\n".join(known), encoding="utf-8")
    places = tmp_path / "data" / "gowalla"
    places.mkdir()
    for name, rows in zip(("train", "test"), divided((0.8, 0.2)), strict=True):
        write_lines(places / f"{name}.txt", rows)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("module", "name"), [pytest.param(ml1m, "ml1m", marks=pytest.mark.slow), (gowalla, "gowalla")]
)
def test_a_section_has_every_model_and_what_each_member_is_worth(module, name, data, tmp_path):
    options = MeasureOptions(data=data, out=tmp_path / "out", quick=True)
    section = module.measure(options, lambda _: None)
    figures = {figure.name: figure for figure in section.figures}
    accuracy, worth = section.tables
    labels = [row[0] for row in accuracy.rows]
    assert labels[0] == "popularity"
    assert "EASE" in labels
    assert labels[-1] == "ensemble"
    recall = {row[0]: float(row[1].split()[0]) for row in accuracy.rows}
    assert recall["ensemble"] == pytest.approx(figures["Recall@20, ensemble"].value, abs=1e-4)
    assert recall["ensemble"] > recall["popularity"] + 0.05
    assert figures["NDCG@20, ensemble"].reach == f">= {module.NDCG}"
    assert len(worth.rows) >= 3
    plot = (tmp_path / "out" / section.plots[0]).read_text(encoding="utf-8")
    assert "<svg" in plot


def test_an_interrupted_run_goes_on_where_it_was(data, tmp_path):
    options = MeasureOptions(data=data, out=tmp_path / "out", quick=True)
    first = gowalla.measure(options, lambda _: None)
    said = []
    assert gowalla.measure(options, said.append) == first
    assert said == []


def test_an_ablation_is_the_ensemble_without_a_member(data, tmp_path):
    options = MeasureOptions(data=data, out=tmp_path / "out", quick=True)
    gowalla.measure(options, lambda _: None)
    (file,) = (tmp_path / "out" / "gowalla").glob("ensemble-*.json")
    run = StackRun.model_validate_json(file.read_text(encoding="utf-8"))
    assert set(run.ndcg) == {WHOLE, *run.weights}
    assert all(0.0 <= value <= 1.0 for value in run.ndcg.values())


def test_a_missing_split_is_said(tmp_path):
    with pytest.raises(SourceError, match=r"train\.txt is missing"):
        gowalla.read_places(tmp_path)


def test_a_line_that_is_no_numbers_is_said(tmp_path):
    (tmp_path / "train.txt").write_text("0 1 two\n", encoding="ascii")
    with pytest.raises(SourceError, match="line 1"):
        gowalla.read_places(tmp_path)
