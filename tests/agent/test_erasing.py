"""After erasing, nothing of a person is in the bytes of any file, whatever they said and did."""

import shutil

import pytest

from agent.memory import thread_key
from agent.session import Agent
from agent.settings import Settings
from recsys.feedback.events import PERSON_PREFIX, person_name
from recsys.recommender import Recommender
from recsys.workspace import Workspace
from tests.agent.conftest import talk
from tests.traces import traces

USER = "Mara Quillfeather-Özil"
MARKERS = ("quillfeather", "Özil", "zebrafish", "quokkahunt", "wombatparade", "numbat 42")
TURNS = (
    "I like films about zebrafish",
    "something like Heat, but with a quokkahunt",
    "I hate horror, it reminds me of the wombatparade",
    "I love Alien and the wombatparade in it",
    "the second one, why?",
    "no, I said I like comedies with zebrafish",
    "undo that",
    "change that to dislike",
    "what do you know about me? I am numbat 42",
    "forget horror",
    "numbat 42 wants something for the kids, with a quokkahunt",
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Return a folder for everything that a process may write: cache, temporary files and logs."""
    folder = tmp_path / "home"
    for name in ("cache", "tmp"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setenv("TASTEGRAPH_HOME", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    return folder


def live(agent, user=USER):
    """Talk in several dialogues, press buttons, correct and forget."""
    for k, said in enumerate(TURNS):
        assert talk(agent, said, user, f"thread {k % 2} of zebrafish")[-1].text
    shown = talk(agent, "recommend me something with a quokkahunt", user, "last")[-1].items
    for card, verdict in zip(shown, ("like", "dislike", "seen", "skip"), strict=False):
        agent.feedback(user, card.id, verdict)
    first = agent.profile(user).interests[0]
    agent.correct(user, first.id, polarity=-1)
    agent.forget(user, agent.profile(user).interests[-1].id)
    agent.history(user, "last")


def test_nothing_is_left_in_any_file(workspace_path, home, tmp_path):
    with Agent.open(workspace_path, Settings(personal_weights="likely")) as agent:
        talk(agent, "I like crime films", "bob", "of bob")
        live(agent)
        everywhere = traces(workspace_path, *MARKERS)
        for file in ("dialogues.sqlite", "feedback.sqlite", "chroma.sqlite3"):
            assert any(file in one for one in everywhere), f"the markers were never in {file}"
        exported = agent.export(USER)
        assert len(exported["dialogues"]) == 3
        assert {"granularity", "half_life_days", "scene", "sentence"} <= set(exported["interests"][0])
        erased = agent.erase(USER)
        assert "3 conversations" in erased
        assert "may keep" not in erased
        assert traces(workspace_path, *MARKERS, thread_key(USER, "")) == []
        assert agent.export(USER)["interests"] == []
    assert traces(workspace_path, *MARKERS) == []
    assert traces(home, *MARKERS) == []
    with Agent.open(workspace_path, Settings()) as agent:
        assert agent.threads(USER) == []
        assert agent.profile(USER).interests == ()
        # The others are as they were.
        assert [turn.said for turn in agent.history("bob", "of bob")] == ["I like crime films"]
        assert [i.subject for i in agent.profile("bob").interests] == ["Crime"]
    assert traces(workspace_path, *MARKERS) == []


def test_what_is_forgotten_by_name_leaves_the_interests_and_is_told_of_the_conversation(workspace_path):
    with Agent.open(workspace_path, Settings()) as agent:
        talk(agent, "I like comedies, says the zebrafish", USER)
        assert traces(workspace_path / "people" / "interests", "zebrafish")
        assert "Forgotten" in talk(agent, "forget comedies", USER)[-1].text
        assert traces(workspace_path / "people" / "interests", "zebrafish") == []
        assert traces(workspace_path / "people", "zebrafish"), (
            "the conversation itself is kept until it is erased"
        )
        agent.erase(USER)
        assert traces(workspace_path, "zebrafish", "quillfeather") == []


def test_a_person_who_was_erased_can_begin_anew_and_be_erased_again(workspace_path):
    with Agent.open(workspace_path, Settings()) as agent:
        for _ in range(2):
            live(agent)
            agent.erase(USER)
            assert traces(workspace_path, *MARKERS) == []


def test_the_next_update_leaves_an_erased_person_out_of_the_tables(workspace_path, tmp_path):
    from recsys.feedback.events import feedback_interactions, without_feedback

    name = person_name(USER, Workspace.open(workspace_path).id)
    assert name.startswith(PERSON_PREFIX)
    with Agent.open(workspace_path, Settings()) as agent:
        agent.feedback(USER, "film:heat-1995", "like")
        assert name in feedback_interactions(agent.services.workspace)["user"].to_list()
        agent.erase(USER)
        table = feedback_interactions(agent.services.workspace)
    assert name not in table["user"].to_list()
    assert name not in without_feedback(Workspace.open(workspace_path).interactions)["user"].to_list()


def test_a_copy_that_was_erased_serves_as_before(workspace_path, tmp_path):
    with Agent.open(workspace_path, Settings()) as agent:
        live(agent)
        agent.erase(USER)
    copy = shutil.copytree(workspace_path, tmp_path / "copy")
    assert isinstance(Agent.open(copy, Settings()).services.recommender, Recommender)
