"""Real seekers' opening requests over MovieLens 1M: every item exists, every reason is supported."""

import json

import pytest

from eval.replay import openings, replay_all, summary
from recsys.build import build_workspace
from recsys.errors import SourceError
from recsys.ingest import load
from tests.parts import shared_data


def dialogue(number, *texts, mentions=None, seeker=None):
    seeker = seeker or 100 + number
    messages = [{"senderWorkerId": seeker, "text": text} for text in texts]
    return {
        "conversationId": number,
        "initiatorWorkerId": seeker,
        "messages": [{"senderWorkerId": 2, "text": "What can I find for you today, my friend?"}, *messages],
        "movieMentions": mentions or [],
    }


def write(tmp_path, *dialogues):
    file = tmp_path / "dialogues.jsonl"
    file.write_text("".join(json.dumps(one) + "\n" for one in dialogues), encoding="utf-8")
    return file


def test_the_request_of_the_seeker_is_read_and_marks_become_titles(tmp_path):
    file = write(
        tmp_path, dialogue(7, "Hi", "I would like something like @12", mentions={"12": "Heat (1995)"})
    )
    assert [(o.dialogue, o.text) for o in openings(file)] == [
        ("7", "I would like something like Heat (1995)")
    ]


def test_dialogues_that_open_without_a_request_are_passed_over(tmp_path):
    file = write(
        tmp_path, dialogue(1, "Hello there", "fine"), dialogue(2, "Can you recommend a good comedy?")
    )
    assert [o.dialogue for o in openings(file)] == ["2"]


def test_a_seeker_is_heard_once_and_a_reply_is_no_request(tmp_path):
    file = write(
        tmp_path,
        dialogue(1, "Can you recommend a good comedy?", seeker=9),
        dialogue(2, "Can you suggest a good horror film?", seeker=9),
        dialogue(3, "Yes, I like it a lot", "No, I would like another one"),
    )
    assert [o.dialogue for o in openings(file)] == ["1"]


@pytest.mark.parametrize("line", ["no json", '{"messages": []}', "[1]"])
def test_a_file_of_something_else_is_refused_with_its_line(tmp_path, line):
    file = tmp_path / "dialogues.jsonl"
    file.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SourceError, match="line 1"):
        openings(file)


def test_no_more_than_asked_for(tmp_path):
    file = write(tmp_path, *(dialogue(k, "Can you recommend a good comedy?") for k in range(5)))
    assert len(openings(file, 3)) == 3


@pytest.mark.slow
@pytest.mark.shared_data
@pytest.mark.timeout(900)
def test_twenty_real_requests_over_movielens(tmp_path):
    data = shared_data()
    build_workspace(tmp_path / "ml-1m", load("ml-1m", data / "ml-1m"), 7, lambda line: None)
    results = replay_all(tmp_path / "ml-1m", data / "crs" / "redial" / "test_data.jsonl", 20)
    assert len(results) == 20
    assert [problem for result in results for problem in result.problems] == []
    # An opening may be too vague to answer with items at once; most are not.
    assert sum(bool(result.items) for result in results) >= 15, summary(results)
