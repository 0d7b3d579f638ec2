"""A workspace made of measured items, with the agent over it."""

import pytest

from agent.settings import Settings
from eval.crs_figures.film_workspace import build_films
from eval.systems.agent import WorkspaceAgent
from eval.systems.material import Material
from recsys.sparse import ones_at
from recsys.workspace import Workspace
from tests.eval.systems.tiny import HEAT, ITEMS, material, said, seeker


@pytest.mark.slow
def test_the_agent_answers_over_the_items_of_the_data(tmp_path):
    people = ones_at([0, 0, 1, 1, 2], [0, 1, 0, 1, 2], (3, len(ITEMS)))
    told = []
    path = build_films(tmp_path / "films", Material(ITEMS, material().dialogues, people), 0, told.append)
    heat = next(item for item in Workspace.open(path).items if item.label == HEAT)
    assert heat.attributes == {"genre": ("crime",), "director": ("Michael Mann",)}
    assert heat.description == "A detective hunts a crew of bank robbers."
    assert heat.popularity == 2.0
    with WorkspaceAgent(path, ITEMS, Settings(chat_model="builtin")) as system:
        assert system.covered == len(ITEMS)
        assert set(system.respond(said(seeker("recommend a crime film"))).items) <= {one.id for one in ITEMS}
    before = len(told)
    build_films(path, material(), 0, told.append)
    assert len(told) == before
