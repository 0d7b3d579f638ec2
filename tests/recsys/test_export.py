"""What is taken elsewhere: whole or not at all, and true to the model."""

import json

import numpy as np
import polars as pl
import pytest

from recsys.behaviour import Behaviour
from recsys.errors import TastegraphError
from recsys.export import export_workspace
from recsys.workspace import hash_files


@pytest.fixture(scope="module")
def exported(built, tmp_path_factory):
    workspace, _ = built
    folder = tmp_path_factory.mktemp("out") / "export"
    lines: list[str] = []
    files = export_workspace(workspace, folder, limit=7, progress=lines.append)
    return workspace, folder, files, lines


def test_lists_hold_what_was_not_met_best_first(exported) -> None:
    workspace, folder, _, lines = exported
    lists = pl.read_parquet(folder / "recommendations.parquet")
    assert lists.columns == ["user", "rank", "item", "score"]
    liked = workspace.interactions.filter(pl.col("value") >= 3.5).select("user", "item")
    assert lists.join(liked, on=["user", "item"]).is_empty()
    assert lists.group_by("user").len()["len"].unique().to_list() == [7]
    assert lists["user"].n_unique() == liked["user"].n_unique()
    for _, of_one in lists.group_by("user"):
        assert (np.diff(of_one.sort("rank")["score"].to_numpy()) <= 0).all()
    assert lines


def test_neighbours_are_those_of_the_model(exported) -> None:
    workspace, folder, _, _ = exported
    similar = pl.read_parquet(folder / "similar.parquet").filter(pl.col("item") == "film:5").sort("rank")
    strengths = Behaviour.open(workspace.models_dir, len(workspace.items)).alone(5)
    best = np.argsort(-strengths, kind="stable")[:7]
    assert similar["similar"].to_list() == [workspace.items[k].id for k in best]
    assert "film:5" not in similar["similar"]


def test_the_card_names_every_file_with_its_hash(exported) -> None:
    workspace, folder, files, _ = exported
    card = json.loads((folder / "export.json").read_text())
    assert card["simulated"] is True
    assert card["data_hash"] == workspace.manifest.data_hash
    assert set(card["files"]) == {f.relative_to(folder).as_posix() for f in files} - {"export.json"}
    for name, digest in card["files"].items():
        assert hash_files(folder / name) == digest


def test_a_folder_with_something_in_it_is_left_as_it_is(built, tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TastegraphError, match="not an empty folder"):
        export_workspace(built[0], tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def test_an_interrupted_export_leaves_nothing(built, tmp_path) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_workspace(built[0], tmp_path / "export", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_unknown_parts_and_empty_lists_are_refused(built, tmp_path) -> None:
    with pytest.raises(TastegraphError, match="models, recommendations, similar"):
        export_workspace(built[0], tmp_path / "x", parts=("everything",))
    with pytest.raises(TastegraphError, match="1 item or more"):
        export_workspace(built[0], tmp_path / "x", limit=0)
