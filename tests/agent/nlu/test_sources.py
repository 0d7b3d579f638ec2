"""How the public utterances are read and divided, on files of a few lines in their formats."""

import json

import pytest

from agent.nlu import sources
from agent.nlu.phrases import read_phrases
from agent.nlu.sides import side_asked_next, side_of_question
from recsys.errors import SourceError
from tests.parts import shared_data


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("What kind of films do you like?", "like"),
        ("Name a film that you do not like.", "dislike"),
        ("What didn't you like about it?", "dislike"),
        ("Why did you dislike that one?", "dislike"),
        ("What do you like or dislike about it?", None),
        ("Do you like films like Night Ferry?", None),
        ("Have you been there?", None),
    ],
)
def test_the_side_of_a_question(question, side):
    assert side_of_question(question) == side


def test_the_next_question_tells_the_side_of_an_answer_to_an_open_one():
    assert side_asked_next("Do you like Night Ferry?", "What do you dislike about it?") == "dislike"
    assert side_asked_next("Do you like Night Ferry?", "Why do you like that film?") == "like"
    assert side_asked_next("Do you like Night Ferry?", "Which other films do you like?") is None
    assert side_asked_next("What do you like?", "Why do you like it?") is None


def test_near_duplicates_have_one_wording():
    one = sources.wording_of("I want to cancel my order")
    assert one == sources.wording_of("cancel the orders please") == sources.wording_of("cancell my order!")
    assert one != sources.wording_of("cancel my account")


def test_wordings_and_dialogues_stay_on_one_side(tmp_path):
    folder = tmp_path / "help-desk"
    folder.mkdir()
    lines = [
        f'B,"{start} invoice {n}{end}",X,get_invoice'
        for n in "abcdefghijklm"
        for start, end in (("show me the", ""), ("the", " please"))
    ]
    for name in sources.BITEXT:
        (tmp_path / name).write_text(
            "flags,utterance,category,intent\n" + "\n".join(lines) + "\n", encoding="utf-8"
        )
    seen = {}
    for part in ("train", "valid", "test"):
        for said in sources.bitext(tmp_path, part):
            assert seen.setdefault(said.group, part) == part
    assert len(seen) > 1


def test_iard_gives_intents_after_what_was_said_before(tmp_path):
    (tmp_path / "crs/redial").mkdir(parents=True)
    turns = {
        "S1": {"role": "seeker", "utterance_text": "Hello", "sub-intent/action": ["OTH"]},
        "R2": {
            "role": "recommender",
            "utterance_text": "How about @12 <Night Ferry (1999)> ?",
            "sub-intent/action": [],
        },
        "S3": {
            "role": "seeker",
            "utterance_text": "Seen it, something newer?",
            "sub-intent/action": ["SEE", "CRI-F"],
        },
    }
    (tmp_path / sources.IARD).write_text(json.dumps({"7": {"dialogue_info": turns}}), encoding="utf-8")
    (tmp_path / sources.REDIAL_TEST).write_text(
        json.dumps({"conversationId": "7", "messages": [], "initiatorWorkerId": 1}) + "\n", encoding="utf-8"
    )
    assert sources.iard(tmp_path, "train") == sources.iard(tmp_path, "valid") == []
    first, second = sources.iard(tmp_path, "test")
    assert (first.before, first.labels) == ("", ("other",))
    assert (second.before, second.labels) == ("How about Night Ferry ?", ("critique", "seen"))


def test_a_missing_data_set_is_named(tmp_path):
    with pytest.raises(SourceError, match="clinc150"):
        sources.clinc(tmp_path, "test")


def test_phrases_are_the_same_for_a_seed_and_vary_with_it():
    assert read_phrases(3, 5) == read_phrases(3, 5) != read_phrases(3, 6)
    assert {phrase.inside for phrase in read_phrases(1, 0)} == {True, False}
    assert all("{" not in phrase.text for phrase in read_phrases(3, 5))


@pytest.mark.shared_data
def test_the_parts_of_the_public_data_never_meet():
    data = shared_data()
    for read in (sources.iard, sources.bitext):
        groups = [{said.group for said in read(data, part)} for part in ("train", "valid", "test")]
        assert all(groups)
        assert sum(len(group) for group in groups) == len(set.union(*groups))
    assert len({said.group for said in sources.iard(data, "test")}) == 38
