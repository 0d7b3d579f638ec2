"""What people do with what they were shown: kept, felt by the next answer, nobody else's, and gone when erased."""

import json

import numpy as np
import pytest

from agent.reactions import Reactions
from recsys.feedback.live import Shown
from recsys.learning import learn_workspace
from recsys.schema import Granularity, RecommendRequest
from recsys.workspace import Workspace

LIKE_HEAT = RecommendRequest(seeds=("film:heat-1995",), limit=5)


def ranked(agent, user, request=LIKE_HEAT):
    return agent.services.recommend(user, request).recommendations


def test_a_reaction_moves_the_next_answer_and_only_that_persons(open_agent) -> None:
    agent = open_agent(personal_weights="likely")
    before, other = ranked(agent, "ann"), ranked(agent, "bob")
    carried = max(before, key=lambda one: share_of(one, Granularity.GRAPH))
    for _ in range(8):
        ranked(agent, "ann")
        agent.services.reactions.react("ann", carried.item.id, "dislike")
    weights = agent.services.reactions.multipliers("ann")
    assert weights["graph"] < 1.0
    after = {one.item.id: one for one in ranked(agent, "ann")}
    for one in before:
        if one.item.id in after and share_of(one, Granularity.GRAPH):
            assert share_of(after[one.item.id], Granularity.GRAPH) == pytest.approx(
                weights["graph"] * share_of(one, Granularity.GRAPH)
            )
    for one in after.values():
        assert one.score == pytest.approx(sum(c.value for c in one.contributions), abs=1e-9)
    assert [(one.item.id, one.score) for one in ranked(agent, "bob")] == [
        (one.item.id, one.score) for one in other
    ]
    assert set(agent.services.reactions.multipliers("bob").values()) == {1.0}


def share_of(one, granularity) -> float:
    return sum(c.value for c in one.contributions if c.granularity == granularity)


def test_why_is_answered_with_the_weights_of_the_list(open_agent) -> None:
    agent = open_agent(personal_weights="drawn")
    first = ranked(agent, "ann")
    agent.feedback("ann", first[0].item.id, "like")
    request = RecommendRequest(seeds=("film:alien-1979",), limit=4)
    for one in ranked(agent, "ann", request):
        told = agent.services.explain("ann", one.item.id, request)
        assert told.score == pytest.approx(one.score, abs=1e-9)
        assert told.contributions == one.contributions


def test_what_was_asked_for_in_words_counts_in_full(open_agent) -> None:
    agent = open_agent(personal_weights="likely")
    request = RecommendRequest(more=("crime",), seeds=("film:heat-1995",), limit=5)
    before = {one.item.id: share_of(one, Granularity.ATTRIBUTES) for one in ranked(agent, "ann", request)}
    assert any(before.values())
    for _ in range(5):
        agent.services.reactions.react("ann", ranked(agent, "ann", request)[0].item.id, "dislike")
    for one in ranked(agent, "ann", request):
        if one.item.id in before:
            assert share_of(one, Granularity.ATTRIBUTES) == pytest.approx(before[one.item.id])


def test_buttons_and_sentences_are_kept_exported_and_erased(open_agent) -> None:
    agent = open_agent()
    agent.feedback("ann", "film:heat-1995", "like")
    agent.feedback("ann", "film:up-2009", "seen")
    agent.feedback("bob", "film:alien-1979", "dislike")
    kept = agent.export("ann")["feedback"]
    assert [(one["item"], one["kind"]) for one in kept["events"]] == [
        ("film:heat-1995", "like"), ("film:up-2009", "seen"),
    ]  # fmt: skip
    json.dumps(kept)
    liked = next(i for i in agent.profile("ann").interests if i.subject_id == "film:heat-1995")
    agent.forget("ann", liked.id)
    assert [one["item"] for one in agent.export("ann")["feedback"]["events"]] == ["film:up-2009"]
    agent.erase("ann")
    assert agent.export("ann")["feedback"] == {"events": [], "state": None}
    assert [one["item"] for one in agent.export("bob")["feedback"]["events"]] == ["film:alien-1979"]


def test_the_next_update_learns_from_the_chat(open_agent, workspace_path) -> None:
    agent = open_agent()
    agent.feedback("ann", "film:heat-1995", "like")
    agent.feedback("ann", "film:blade-runner-1982", "like")
    agent.feedback("ann", "film:up-2009", "skip")
    workspace = Workspace.open(workspace_path)
    before = workspace.manifest.counts["meetings"]
    assert learn_workspace(workspace, 0, updating=True).events == 2
    assert Workspace.open(workspace_path).manifest.counts["meetings"] == before + 2


def test_only_so_many_peoples_lists_are_held(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("agent.reactions._PEOPLE", 2)
    reactions = Reactions.open(tmp_path, "likely")
    pool = Shown(["a", "b"], {"graph": np.array([0.0, 2.0])})
    for user in ("one", "two", "three"):
        reactions.shown(user, pool)
    for user in ("one", "three"):
        reactions.react(user, "b", "like")
    assert reactions.multipliers("one")["graph"] == 1.0
    assert reactions.multipliers("three")["graph"] > 1.0
    assert len(reactions.export("one")["events"]) == 1
    reactions.close()


def test_what_is_learned_of_a_person_stays_small(open_agent) -> None:
    agent = open_agent()
    first = ranked(agent, "ann")[0].item.id
    for _ in range(50):
        agent.services.reactions.react("ann", first, "like")
    assert len(agent.export("ann")["feedback"]["state"]) < 4_000


def test_weights_are_the_same_for_all_unless_asked_for(open_agent) -> None:
    agent = open_agent()
    before = [(one.item.id, one.score) for one in ranked(agent, "ann")]
    for item, _ in before[:3]:
        agent.services.reactions.react("ann", item, "dislike")
    assert [(one.item.id, one.score) for one in ranked(agent, "ann")] == before


def test_a_dislike_counts_at_once_whatever_the_weights(open_agent) -> None:
    agent = open_agent()
    first = ranked(agent, "ann")[0].item.id
    agent.feedback("ann", first, "dislike")
    assert first not in [one.item.id for one in ranked(agent, "ann")]
