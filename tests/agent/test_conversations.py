"""The list of a person's conversations, and what they change of their taste by hand."""

import pytest

from agent.errors import InvalidRequest
from agent.memory import UnknownConversation
from agent.session import Agent
from recsys.schema import RecommendRequest
from tests.agent.conftest import talk


def test_a_person_lists_renames_and_deletes_their_own_conversations(workspace_path):
    with Agent.open(workspace_path) as agent:
        talk(agent, "I love crime films", "ann", "t1")
        talk(agent, "something like Alien", "ann", "t2")
        talk(agent, "recommend me a comedy", "bob", "t3")
        talk(agent, "and something else?", "ann", "t1")
        assert [(one.thread, one.title) for one in agent.conversations("ann")] == [
            ("t1", "I love crime films"),
            ("t2", "something like Alien"),
        ]
        assert agent.rename("ann", "t2", "Space").title == "Space"
        with pytest.raises(InvalidRequest, match="at least one"):
            agent.rename("ann", "t2", " \u200b ")
        for act in (agent.delete, lambda user, thread: agent.rename(user, thread, "mine")):
            with pytest.raises(UnknownConversation):
                act("bob", "t1")
        assert agent.export("ann")["conversations"][1]["title"] == "Space"
        assert agent.delete("ann", "t1").title == "I love crime films"
        assert agent.history("ann", "t1") == []
        assert [one.thread for one in agent.conversations("ann")] == ["t2"]
        # What was said of taste is a thing of its own.
        assert agent.profile("ann").interests
        agent.erase("ann")
        assert agent.conversations("ann") == []
        assert [one.title for one in agent.conversations("bob")] == ["recommend me a comedy"]


def best(agent, user):
    found = agent.services.recommend(user, RecommendRequest(limit=14)).recommendations
    return {one.item.id: one.score for one in found}


def test_a_strength_by_hand_keeps_the_sentence_and_moves_the_score(workspace_path):
    with Agent.open(workspace_path) as agent:
        talk(agent, "I love crime films", "ann")
        told = agent.profile("ann").interests[0]
        full = best(agent, "ann")
        weak = agent.correct("ann", told.id, strength=0.2)
        assert (weak.strength, weak.sentence, weak.polarity) == (0.2, told.sentence, 1)
        half = best(agent, "ann")
        assert half["film:collateral-2004"] < full["film:collateral-2004"]
        agent.correct("ann", told.id, polarity=-1)
        assert best(agent, "ann")["film:collateral-2004"] < half["film:collateral-2004"]
        for wrong in (0.0, 1.1, float("nan")):
            with pytest.raises(InvalidRequest, match="more than 0"):
                agent.correct("ann", told.id, strength=wrong)


def test_what_was_changed_or_forgotten_by_hand_is_put_back_as_it_was(workspace_path):
    with Agent.open(workspace_path) as agent:
        talk(agent, "I love crime films", "ann")
        before, ranked = agent.profile("ann").interests, best(agent, "ann")
        told = before[0]
        agent.correct("ann", told.id, polarity=-1, subject="horror")
        assert agent.profile("ann").interests[0].subject != told.subject
        agent.put_back("ann", told)
        assert agent.profile("ann").interests == before
        agent.forget("ann", told.id)
        assert agent.profile("ann").interests == ()
        assert best(agent, "ann") != ranked
        agent.put_back("ann", told)
        assert agent.profile("ann").interests == before
        assert best(agent, "ann") == ranked
        with pytest.raises(InvalidRequest, match="somebody else"):
            agent.put_back("bob", told)
        assert agent.profile("bob").interests == ()


def test_what_carries_an_item_is_what_its_score_loses_without_it(workspace_path):
    with Agent.open(workspace_path) as agent:
        assert agent.carried("ann").gains == {}
        crime, horror = agent.tell("ann", "crime", 1), agent.tell("ann", "horror", -1)
        assert (crime.facet, crime.sentence, crime.polarity) == ("genre", "", 1)
        with pytest.raises(InvalidRequest, match="a mood"):
            agent.tell("ann", " ", 1)
        found = agent.carried("ann", limit=5)
        ids = [one.item.id for one in found.recommendations]
        assert set(found.gains) == {crime.id, horror.id}
        assert found.gains[crime.id][ids.index("film:heat-1995")] > 0
        before = {one.item.id: one.score for one in found.recommendations}
        agent.forget("ann", crime.id)
        after = agent.services.recommender.scores_of(ids, RecommendRequest(limit=5), agent.profile("ann"))
        for item, score, gain in zip(ids, after, found.gains[crime.id], strict=True):
            assert before[item] - score == pytest.approx(gain, abs=1e-6)
