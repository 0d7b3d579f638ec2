"""Figures of scenes: how the shop is read and divided, and the whole measurement on a small one."""

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.offline_figures import retail_rocket
from eval.offline_figures.retail_rocket_data import SCENES, for_validation, read_shop
from eval.offline_figures.trials import Trial, Trials, mean_and_spread, ranked, timed
from recsys.errors import SourceError
from recsys.sparse import ones_at
from tests.parts import shared_data


@pytest.fixture
def folder(tmp_path):
    """A shop in which what is viewed is of the kind of what is bought."""
    rng = np.random.default_rng(3)
    home = tmp_path / "retail-rocket"
    home.mkdir()
    lines = {name: ["user\titem"] for name in (*SCENES, "test")}
    for user in range(40):
        mine = rng.permutation(np.arange(user % 2, 30, 2))
        lines["test"].append(f"{user}\t{mine[0]}")
        for scene, count in (("view", 10), ("cart", 6), ("buy", 1 + user % 3)):
            lines[scene] += [f"{user}\t{item}" for item in mine[1 : 1 + count]]
    for scene in SCENES:
        (home / f"train_{scene}.tsv").write_text("\n".join(lines[scene]) + "\n")
    (home / "test.tsv").write_text("\n".join(lines["test"]) + "\n")
    (home / "kg.txt").write_text("".join(f"{a} 0 {b}\n" for a in range(4) for b in (a, a + 2, a + 4)))
    return home


def test_the_shop_is_read(folder):
    shop = read_shop(folder)
    assert shop.truth.shape == (40, 30)
    assert {scene: met.nnz for scene, met in shop.scenes.items()} == {"view": 400, "cart": 240, "buy": 79}
    assert len(shop.people) == 40
    assert shop.met.nnz == 400
    assert shop.relations["0"].shape == (4, 30)


def test_validation_is_made_as_test_was(folder):
    valid = for_validation(read_shop(folder), seed=1)
    assert (np.diff(valid.scenes["buy"].indptr)[valid.people] >= 1).all()
    assert valid.truth.nnz == len(valid.people) == 26
    for met in valid.scenes.values():
        assert met.multiply(valid.truth).nnz == 0
    assert read_shop(folder).scenes["view"].nnz - valid.scenes["view"].nnz == 26


def test_a_file_that_is_missing_or_wrong_says_so(folder):
    (folder / "train_cart.tsv").write_text("user\titem\n1\tx\n")
    with pytest.raises(SourceError, match="whole numbers"):
        read_shop(folder)
    (folder / "train_cart.tsv").unlink()
    with pytest.raises(SourceError, match="is missing"):
        read_shop(folder)


@pytest.mark.slow
def test_scenes_win_where_views_are_of_the_kind_of_purchases_and_a_second_run_reads_what_was_kept(
    folder, tmp_path
):
    options = MeasureOptions(data=folder.parent, out=tmp_path / "out", quick=True)
    told: list[str] = []
    section = retail_rocket.measure(options, told.append)
    assert any(line.startswith("test-scene-factors") for line in told)
    gain = {figure.name: figure.value for figure in section.figures}
    assert (
        gain["NDCG@10 from scenes over the best model of purchases alone, everything met in train masked"]
        > 0.1
    )
    rows = {row[0]: row for row in section.tables[0].rows}
    assert set(rows) == {entry.name for entry in retail_rocket.ENTRIES} | {retail_rocket.GRAPH.name}
    again: list[str] = []
    assert retail_rocket.measure(options, again.append) == section
    assert not again


def test_a_trial_is_run_again_when_what_it_depends_on_changes(tmp_path):
    ran: list[int] = []

    def run() -> Trial:
        ran.append(1)
        return timed(lambda: None, lambda: {"NDCG@10": 0.5})

    for data_hash, settings in (("a", {"x": 1}), ("a", {"x": 1}), ("a", {"x": 2}), ("b", {"x": 1})):
        assert Trials(tmp_path, data_hash, lambda _: None).of("model", settings, run).scores == {
            "NDCG@10": 0.5
        }
    assert len(ran) == 3


def test_means_and_spreads():
    scores = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]], dtype=np.float32)
    truth = ones_at((0, 1), (0, 2), (2, 3))
    assert ranked(scores, truth, None, 2) == {"HR@2": 0.5, "Recall@2": 0.5, "NDCG@2": 0.5}
    assert mean_and_spread([0.1, 0.3]) == "0.2000 ± 0.1000"
    assert mean_and_spread([0.25]) == "0.2500"


@pytest.mark.shared_data
def test_no_held_out_purchase_is_in_anything_that_its_person_met():
    shop = read_shop(shared_data() / "retail-rocket")
    assert len(shop.people) == 2_174
    assert shop.met.multiply(shop.truth).nnz == 0
