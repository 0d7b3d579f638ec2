"""The real files, read as they should be; a few seconds."""

import pytest

from eval.crs_figures.folder_data import read_folder
from eval.crs_figures.redial_dialogues import read_redial_dialogues
from eval.systems.dialogue_recommender import state_of
from tests.parts import shared_data

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize(
    ("folder", "entities", "items", "turns", "new"),
    [
        ("ievalm_opendialkg_eval", "ievalm_opendialkg", 2965, 1188, 830),
        ("zeroshot_redial", "zeroshot_redial", 6280, 3552, 4316),
    ],
)
def test_a_published_folder_is_read_whole(folder, entities, items, turns, new):
    crs = shared_data() / "crs"
    data = read_folder(crs / folder, crs / entities)
    test = data.turns["test"]
    assert (len(data.items), len(test)) == (items, turns)
    assert sum(len(set(turn.targets) - turn.named) for turn in test) == new
    # A few dialogues are opened with a recommendation.
    assert sum(not turn.dialogue.utterances for turn in test) < 0.02 * turns


@pytest.mark.slow
def test_redial_is_what_the_recommender_was_chosen_on():
    data = read_redial_dialogues(shared_data())
    columns = data.material.columns
    assert len(data.test) == len(data.films.asked_official) == 3671
    apart = 0
    for turn, asked in zip(data.test, data.films.asked_official, strict=True):
        state = state_of(turn.dialogue, columns)
        assert state.mentions == asked.state.mentions
        assert tuple(columns[item] for item in turn.targets) == asked.targets
        apart += state.utterances != asked.state.utterances
    # Titles that are no candidate stay in the text here.
    assert apart == 13
