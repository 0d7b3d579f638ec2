"""The product as simulated people meet it, over the starter films."""

import shutil
from contextlib import closing

import pytest

from agent.session import Agent
from agent.settings import Settings
from eval.simulated.agenda import Agenda
from eval.simulated.contenders import NoDialogue, agent_for
from eval.simulated.conversation import SHOWN, hold
from eval.simulated.personas import persona_of
from eval.simulated.tastes import Vocabulary, draw_tastes
from eval.systems.protocol import Dialogue, Utterance
from kg.stores.ladybug import LadybugGraph
from recsys.recommender import Recommender
from recsys.workspace import Workspace


@pytest.fixture(scope="module")
def agent(starter_films, tmp_path_factory):
    copy = tmp_path_factory.mktemp("simulated") / "films"
    shutil.copytree(starter_films, copy, ignore=shutil.ignore_patterns("people", ".*"))
    with Agent.open(copy, Settings(chat_model="builtin")) as agent:
        yield agent


@pytest.fixture(scope="module")
def tastes(agent):
    workspace = agent.services.workspace
    return draw_tastes(workspace.items, workspace.interactions, 3, 0)


def test_people_talk_to_the_agent_and_another_conversation_starts_anew(agent, tastes):
    vocabulary = Vocabulary(agent.services.workspace.items)
    for taste in tastes[:2]:
        system = agent_for(agent, taste, 0, with_history=False)
        first, again = (
            hold(Agenda(taste, persona_of(taste.person, 0), vocabulary, 0), system) for _ in range(2)
        )
        assert first == again
        assert all(said.text for said in first.utterances)
        assert first.shown
        assert len(first.exchanges()) == first.turns


def test_a_history_is_told_to_the_agent_and_is_not_recommended(agent, tastes):
    taste = tastes[2]
    system = agent_for(agent, taste, 0, with_history=True)
    answer = system.respond(Dialogue((Utterance("seeker", "What do you recommend?"),)))
    assert set(agent.profile(system.user).liked) == set(taste.known)
    assert answer.items
    assert not set(answer.items) & set(taste.known)
    with pytest.raises(ValueError, match="from its first message"):
        system.respond(
            Dialogue((Utterance("seeker", "a"), Utterance("recommender", "b"), Utterance("seeker", "c")))
        )


def test_without_a_dialogue_the_list_goes_on_whatever_is_said(starter_films, tastes):
    workspace = Workspace.open(starter_films)
    with closing(LadybugGraph(workspace.graph_path, read_only=True)) as graph:
        system = NoDialogue(Recommender.open(workspace, graph), tastes[0].known)
        opening = Utterance("seeker", "a western")
        first = system.respond(Dialogue((opening,)))
        assert first.items == system.respond(Dialogue((Utterance("seeker", "horror"),))).items
        shown = Utterance("recommender", "", first.items)
        second = system.respond(Dialogue((opening, shown, opening)))
    assert len(first.items) == len(second.items) == SHOWN
    assert not set(first.items) & set(second.items)
