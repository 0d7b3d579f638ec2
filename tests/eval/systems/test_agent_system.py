"""The product as a measured system, over the starter films."""

import shutil

import pytest

from agent.settings import Settings
from eval.systems.agent import WorkspaceAgent
from eval.systems.material import MeasuredItem
from recsys.errors import TastegraphError
from recsys.workspace import Workspace
from tests.eval.systems.tiny import recommender, said, seeker


@pytest.fixture(scope="module")
def films(starter_films, tmp_path_factory):
    copy = tmp_path_factory.mktemp("measured") / "films"
    shutil.copytree(starter_films, copy)
    return copy


@pytest.fixture(scope="module")
def items(films):
    found = Workspace.open(films).items
    return tuple(MeasuredItem(f"{one.title} ({one.year})", one.title, one.year) for one in found)


@pytest.fixture(scope="module")
def system(films, items):
    with WorkspaceAgent(films, items, Settings(chat_model="builtin")) as made:
        yield made


def test_the_cards_are_ids_of_the_data(system, items):
    named = items[0].id
    answer = system.respond(said(seeker(f"Can you recommend something like {named}?", named)))
    assert answer.items
    assert set(answer.items) <= {one.id for one in items}
    assert answer.text
    assert system.covered == len(items)


def test_what_was_said_before_is_known_and_nothing_of_another_dialogue_is(system, items):
    before = (seeker("Hello"), recommender(f"Have you seen {items[0].id}?", items[0].id))
    opened = said(*before, seeker("Yes. Recommend me a comedy."))
    first = system.respond(opened)
    system.respond(said(seeker(f"I hate {first.items[0]}")))
    assert system.respond(opened) == first
    assert system._agent.services.interests.profile("measured-1").interests == ()


def test_a_dialogue_that_ends_with_the_recommender_gets_an_answer(system):
    assert system.respond(said()).text
    assert system.respond(said(recommender("Hello! How can I help?"))).text


def test_a_workspace_without_the_datas_items_is_refused(films):
    with pytest.raises(TastegraphError, match="no item of the measured data"):
        WorkspaceAgent(
            films, [MeasuredItem("x", "Nothing That Was Filmed", 1901)], Settings(chat_model="builtin")
        )
