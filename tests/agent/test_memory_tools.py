"""What a person tells of their taste: kept, changed, corrected, taken back and shown, in their own words."""

from datetime import UTC, datetime, timedelta

import pytest

from agent.session import Agent
from agent.settings import Settings
from recsys.schema import Interest
from tests.agent.conftest import talk


@pytest.fixture
def agent(workspace_path):
    with Agent.open(workspace_path, Settings()) as opened:
        yield opened


def say(agent, *texts, user="ann", thread="t"):
    return [talk(agent, text, user, thread)[-1].text for text in texts][-1]


def tastes(agent, user="ann"):
    return {(i.subject, i.polarity, i.scene) for i in agent.profile(user).interests}


def kept(agent, user="ann"):
    return [(row["subject"], row["polarity"], row["superseded"]) for row in agent.export(user)["interests"]]


def test_a_taste_that_changed_is_said_and_the_older_is_kept(agent):
    answer = say(agent, "I like horror films", "I hate horror")
    assert "you dislike Horror now; before, you liked it" in answer
    assert kept(agent) == [("Horror", -1, False), ("Horror", 1, True)]


@pytest.mark.parametrize(
    ("told", "correction", "left"),
    [
        ("I like thrillers", "no, I said I like comedies", ("Comedy", 1, "default")),
        ("I like thrillers", "change that to dislike", ("Thriller", -1, "default")),
        ("I love crime films", "that's wrong, I hate crime films", ("Crime", -1, "default")),
        ("I like thrillers", "I meant comedies, not thrillers", ("Comedy", 1, "default")),
        ("I like thrillers", "actually, I don't like it", ("Thriller", -1, "default")),
        ("I hate comedies", "change comedies to like", ("Comedy", 1, "default")),
    ],
)
def test_a_correction_in_words_leaves_what_is_right(agent, told, correction, left):
    answer = say(agent, told, correction)
    assert tastes(agent) == {left}
    assert "Corrected" in answer or "before, you" in answer


def test_what_was_wrong_is_gone_and_what_held_before_it_holds(agent):
    say(agent, "I hate horror", "I like horror", "no, I said I like comedies")
    assert tastes(agent) == {("Comedy", 1, "default"), ("Horror", -1, "default")}
    assert ("Horror", 1, True) not in kept(agent)


def test_saying_more_corrects_nothing(agent):
    say(agent, "I like thrillers", "I said I like comedies too")
    assert ("Thriller", 1, "default") in tastes(agent)


def test_undoing_brings_back_what_was_replaced(agent):
    answer = say(agent, "I like horror", "I hate horror films", "undo that")
    assert "As before, you like Horror" in answer
    assert kept(agent) == [("Horror", 1, False)]
    assert "Taken back" in say(agent, "undo that")
    assert kept(agent) == []


def test_forgetting_brings_nothing_back(agent):
    say(agent, "I like horror", "I hate horror films", "forget horror")
    assert kept(agent) == []


def test_an_undone_opinion_of_an_item_leaves_the_reactions_too(agent):
    say(agent, "I love Heat", "I don't like Heat", "undo that")
    (event,) = agent.export("ann")["feedback"]["events"]
    assert event["value"] > 0


def test_a_loved_film_beside_its_hated_genre_is_said(agent):
    answer = say(agent, "I love Alien", "I hate horror", "what do you know about me?")
    assert tastes(agent) == {("Alien (1979)", 1, "default"), ("Horror", -1, "default")}
    assert "You like Alien (1979), though you dislike Horror in general" in answer


def test_a_taste_for_a_scene_counts_in_that_scene(agent):
    say(agent, "I like animation for the kids")
    assert tastes(agent) == {("Animation", 1, "kids")}
    assert "You like Animation for the kids" in say(agent, "what do you know about me?")
    general = talk(agent, "recommend me something", thread="a")[-1].items
    kids = talk(agent, "recommend me something for the kids", thread="b")[-1].items
    liked = {card.title for card in kids if card.shares.get("attributes", 0.0) > 0}
    assert kids[0].title in liked
    assert liked <= {"Up", "Monsters, Inc."}
    assert not any(card.shares.get("attributes") for card in general)


def test_what_has_faded_is_said(agent):
    for subject, days in (("Crime", 0), ("Drama", 730), ("Action", 5000)):
        agent.services.interests.add(
            Interest(
                id=subject, user="ann", subject=subject, facet="genre", polarity=1, sentence=f"{subject}, yes",
                time=datetime.now(UTC) - timedelta(days=days),
            )
        )  # fmt: skip
    answer = say(agent, "what do you know about me?")
    assert "You like Crime, since you said “Crime, yes”." in answer
    assert "You like Drama, since you said “Drama, yes”; it counts about half by now." in answer
    assert "You like Action, since you said “Action, yes”; it no longer counts." in answer


def test_correcting_by_hand(agent):
    say(agent, "I like horror", "I love Heat")
    ids = {i.subject: i.id for i in agent.profile("ann").interests}
    agent.correct("ann", ids["Horror"], polarity=-1)
    now = agent.correct("ann", ids["Heat (1995)"], subject="Collateral")
    assert (now.subject, now.subject_id, now.facet) == ("Collateral (2004)", "film:collateral-2004", "item")
    assert tastes(agent) == {("Horror", -1, "default"), ("Collateral (2004)", 1, "default")}
    assert {i.sentence for i in agent.profile("ann").interests} == {""}
    assert [e["item"] for e in agent.export("ann")["feedback"]["events"]] == ["film:collateral-2004"]
    with pytest.raises(Exception, match="Say what is right"):
        agent.correct("ann", ids["Horror"], subject=" ")
    with pytest.raises(Exception, match="no interest"):
        agent.correct("bob", ids["Horror"], polarity=1)
