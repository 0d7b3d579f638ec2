"""Whom simulated people are drawn from, and what they may say."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from eval.simulated.phrases import described, keywords
from eval.simulated.tastes import KNOWN, TARGETS, Attribute, draw_tastes, held_out, telling, tells


def test_the_same_seed_draws_the_same_people_and_another_one_others(village):
    again = draw_tastes(village.items, village.interactions, 12, 0)
    assert again == village.tastes
    assert {t.targets for t in draw_tastes(village.items, village.interactions, 12, 1)} != {
        t.targets for t in village.tastes
    }


def test_targets_were_liked_and_are_hidden_from_what_a_system_may_know(village):
    assert len(village.tastes) == 12
    liked = set(village.interactions.filter(pl.col("value") >= 4).select("user", "item").iter_rows())
    for taste in village.tastes:
        assert len(set(taste.targets)) == TARGETS
        assert len(taste.known) == KNOWN
        assert not set(taste.targets) & set(taste.known)
        assert {(taste.person, i) for i in (*taste.targets, *taste.known)} <= liked


def test_held_out_meetings_are_gone_and_nothing_else(village):
    left = set(held_out(village.interactions, village.tastes).select("user", "item").iter_rows())
    gone = set(village.interactions.select("user", "item").iter_rows()) - left
    assert gone == {(taste.person, i) for taste in village.tastes for i in taste.targets}


def test_what_is_wanted_is_true_of_the_target_and_liked_elsewhere_too(village):
    for taste in village.tastes:
        hidden = village.vocabulary.words_of(taste.targets)
        for target, wants in taste.wants.items():
            assert len(wants) > 1
            for one in wants:
                assert one in village.vocabulary.of[target]
                assert not tells(one.value, hidden)
        assert not {one for t in taste.targets for one in village.vocabulary.of[t]} & set(taste.avoids)
        assert not any(village.vocabulary.titles[i] & hidden for i in taste.nameable)


def test_a_title_is_told_by_any_word_of_its_own():
    words = telling(["The Sting II", "Se7en", "1941"])
    assert tells("something with a sting", words) == {"sting"}
    assert tells("from the 1940s, the best of it", words) == set()
    assert tells("from 1941", words) == {"1941"}
    assert tells("STING!", words) == {"sting"}


@given(st.lists(st.sampled_from(["Heat", "The Sting", "Up", "Toy Story 2"]), min_size=1, unique=True))
def test_a_text_that_has_a_title_tells_it(titles):
    assert tells(f"have you got {titles[0].lower()}?", telling(titles))


def test_attributes_are_said_as_a_phrase_or_as_keywords():
    said = [Attribute("genre", "Action"), Attribute("cast", "Tom Hanks"), Attribute("decade", "1990s")]
    assert described(said, "film") == "an action film with Tom Hanks from the 1990s"
    assert described([Attribute("director", "Michael Mann")], "film") == "something directed by Michael Mann"
    assert keywords(said) == "action, Tom Hanks, 1990s"
