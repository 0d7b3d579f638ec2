"""What a workspace learns after it was built: the ensemble, tuned settings, and what people said since."""

import shutil

import polars as pl
import pytest

from recsys.behaviour import Behaviour
from recsys.catalogue import Catalogue, no_interactions
from recsys.ensemble import Ensemble
from recsys.errors import TastegraphError
from recsys.feedback.events import PERSON_PREFIX, Event
from recsys.feedback.store import FeedbackStore
from recsys.learning import TUNING, learn_workspace, proposed_ensemble, tune_workspace
from recsys.models.ease import Ease
from recsys.models.persist import load_model
from recsys.recommender import Recommender
from recsys.schema import Profile, RecommendRequest
from recsys.train import SCALES
from recsys.training_data import training_data
from recsys.tuning import TuningConfig
from recsys.workspace import Workspace, create_workspace
from tests.recsys.conftest import make_items

pytestmark = pytest.mark.slow


@pytest.fixture
def workspace(built, tmp_path) -> Workspace:
    shutil.copytree(built[0].path, tmp_path / "w")
    return Workspace.open(tmp_path / "w")


@pytest.fixture(scope="module")
def learned(built, tmp_path_factory):
    path = tmp_path_factory.mktemp("learned") / "w"
    shutil.copytree(built[0].path, path)
    lines: list[str] = []
    found = learn_workspace(Workspace.open(path), 3, progress=lines.append)
    return Workspace.open(path), found, lines


def test_what_is_in_use_is_the_better_one_on_held_out_meetings(learned) -> None:
    workspace, found, lines = learned
    assert found.build == workspace.manifest.build
    better = found.held_out["ensemble"] > found.held_out["ease"]
    assert found.installed == ("ensemble" if better else "ease")
    model = Behaviour.open(workspace.models_dir, len(workspace.items)).model
    assert isinstance(model, Ensemble if better else Ease)
    assert any("Fitting" in line for line in lines)


def test_the_unit_of_behaviour_is_that_of_the_model_in_use(learned) -> None:
    workspace, _, _ = learned
    behaviour = Behaviour.open(workspace.models_dir, len(workspace.items))
    _, scales = load_model(workspace.models_dir, SCALES)
    assert scales["behaviour"][0] == pytest.approx(behaviour.unit(3), rel=1e-6)
    assert {"graph", "text"} <= scales.keys()


def test_shares_still_add_up_and_reasons_are_given(learned, built, encoder) -> None:
    workspace, _, _ = learned
    recommender = Recommender.open(workspace, built[1], encoder)
    request = RecommendRequest(seeds=("film:0", "film:4"), limit=5, use_profile=False)
    found = recommender.recommend(request, Profile(user=""))
    assert len(found.recommendations) == 5
    for one in found.recommendations:
        assert one.score == pytest.approx(sum(share.value for share in one.contributions), abs=1e-5)
        assert one.evidence
        assert all(share.simulated for share in one.contributions if share.granularity == "behaviour")


def test_training_again_with_the_same_seed_is_the_same(learned, workspace) -> None:
    _, found, _ = learned
    again = learn_workspace(workspace, 3)
    assert again.held_out == found.held_out
    assert again.weights == found.weights


def test_what_people_said_takes_part_and_is_gone_when_it_is_erased(workspace) -> None:
    store = FeedbackStore.open(workspace.people_dir)
    for kind, item in (("like", "film:1"), ("like", "film:5"), ("dislike", "film:2"), ("skip", "film:3")):
        store.add(Event(user="ann", item=item, kind=kind))
    store.close()
    before = workspace.manifest.counts
    assert learn_workspace(workspace, 3, updating=True, without=("ials",)).events == 3
    updated = Workspace.open(workspace.path)
    said = updated.interactions.filter(pl.col("user").str.starts_with(PERSON_PREFIX))
    assert sorted(zip(said["item"], said["value"], strict=True)) == [
        ("film:1", 4.0), ("film:2", 1.0), ("film:5", 4.0),
    ]  # fmt: skip
    assert "ann" not in " ".join(said["user"])
    assert updated.manifest.counts["meetings"] == before["meetings"] + 2
    _, popular = load_model(updated.models_dir, "popularity")
    _, old = load_model(updated.models_dir, "ease")
    assert popular["counts"].sum() == updated.manifest.counts["meetings"]
    assert old["weights"].shape == (160, 160)

    store = FeedbackStore.open(updated.people_dir)
    store.forget("ann")
    store.close()
    assert learn_workspace(updated, 3, updating=True, without=("ials",)).events == 0
    erased = Workspace.open(workspace.path)
    assert erased.interactions.filter(pl.col("user").str.starts_with(PERSON_PREFIX)).is_empty()
    assert erased.manifest.counts["meetings"] == before["meetings"]


def test_tuned_settings_are_those_of_the_next_training(workspace) -> None:
    tuned = tune_workspace(workspace, TuningConfig(trials=2, seed=1), ("ease",))
    assert (workspace.path / TUNING / "tuned.json").is_file()
    data, _ = training_data(workspace.items, workspace.interactions)
    member = next(m for m in proposed_ensemble(workspace, data, 3).members if m.name == "ease")
    assert member.scorer.config.model_dump() == tuned.chosen["ease"].settings


def test_an_interrupted_training_leaves_what_was_in_use(workspace) -> None:
    def stop(line: str) -> None:
        raise KeyboardInterrupt

    before = workspace.manifest
    with pytest.raises(KeyboardInterrupt):
        learn_workspace(workspace, 3, progress=stop)
    assert Workspace.open(workspace.path).manifest == before
    assert [folder.name for folder in (workspace.path / "builds").iterdir()] == [before.build]


def test_unknown_members_and_nothing_to_learn_from_are_said(workspace, tmp_path) -> None:
    with pytest.raises(TastegraphError, match="There are: ease"):
        learn_workspace(workspace, 3, without=("bert",))
    empty = create_workspace(
        tmp_path / "empty", Catalogue("Empty", "films", "test", make_items(5), no_interactions()), [], 0
    )
    with pytest.raises(TastegraphError, match="nothing to learn from"):
        learn_workspace(empty, 3)
