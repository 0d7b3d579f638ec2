import json

import numpy as np
import pytest

from eval.offline_figures.sentiment import _area, _measured
from eval.offline_figures.sentiment_data import read_judged
from recsys.errors import SourceError
from recsys.sentiment import LexiconSentiment


def test_area_under_the_curve():
    favour = np.array([True, True, False, False])
    assert _area(np.array([3.0, 2.0, 1.0, 0.0]), favour) == 1.0
    assert _area(np.zeros(4), favour) == 0.5
    assert _area(np.array([0.0, 1.0, 2.0, 3.0]), favour) == 0.0


def test_sources_are_read_with_the_side_that_people_were_on(tmp_path):
    (tmp_path / "crs" / "redial").mkdir(parents=True)
    talk = {
        "initiatorWorkerId": 1,
        "initiatorQuestions": {"7": {"liked": 0}, "8": {"liked": 2}},
        "messages": [
            {"senderWorkerId": 1, "text": "I hated @7 really"},
            {"senderWorkerId": 2, "text": "I loved @7"},
            {"senderWorkerId": 1, "text": "@8 I do not know"},
            {"senderWorkerId": 1, "text": "@7 and @8"},
        ],
    }
    (tmp_path / "crs" / "redial" / "test_data.jsonl").write_text(json.dumps(talk) + "\n")
    assert read_judged(tmp_path, "ReDial") == [("I hated it really", False)]
    turns = {
        "a": {"role": "seeker", "utterance_text": "@5 <Heat (1995)> is dull", "sub-intent/action": ["REJ"]},
        "b": {"role": "seeker", "utterance_text": "well", "sub-intent/action": ["REJ", "ACC"]},
        "c": {"role": "recommender", "utterance_text": "ok", "sub-intent/action": ["ACC"]},
    }
    (tmp_path / "crs" / "iard.json").write_text(json.dumps({"1": {"dialogue_info": turns}}))
    assert read_judged(tmp_path, "IARD") == [("it is dull", False)]
    lines = [
        "SYSTEM\tWhat did you dislike about it?\tOTHER\t",
        "USER\tthe acting was awful\tENTITY_PREFERENCE+MOVIE_OR_SERIES\t3",
        "USER\tso\tOTHER\t3",
        "SYSTEM\tWhat do you like or dislike?\tOTHER\t",
        "USER\tthe plot\tENTITY_PREFERENCE+MOVIE_OR_SERIES\t3",
        "SYSTEM\tWhy do you like it?\tOTHER\t",
        "USER\tgreat music\tENTITY_PREFERENCE+MOVIE_OR_SERIES\t3",
    ]
    (tmp_path / "crs" / "ccpe.txt").write_text("\n".join(lines))
    found = read_judged(tmp_path, "CCPE")
    assert found == [("the acting was awful", False), ("great music", True)]
    assert _measured(LexiconSentiment(), found)["auc"] == 1.0


def test_a_missing_source_says_so(tmp_path):
    with pytest.raises(SourceError, match="is missing"):
        read_judged(tmp_path, "IARD")
