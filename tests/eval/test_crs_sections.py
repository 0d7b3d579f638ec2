"""A section from files to figures, on a graph of six films; and what the suite can be told."""

import json

import pytest

from eval.crs import SUITE
from eval.crs_figures import opendialkg
from eval.crs_figures.response import one_a_dialogue
from eval.crs_figures.running import Clock, crs_settings
from eval.crs_figures.turns import Turn
from eval.figures import MeasureOptions
from eval.systems.protocol import Dialogue
from recsys.errors import TastegraphError

DIRECTORS = ("Ann Lee", "Bob Ray", "Cy Young")
FILMS = tuple(f"Film {letter}" for letter in "ABCDEF")


def line(number, film, again=False):
    asked = f"What is {FILMS[film]} about?" if again else f"Anything by {DIRECTORS[film // 2]}?"
    named = [FILMS[film]] if again else []
    return {
        "dialog_id": number,
        "turn_id": 1,
        "context": [asked],
        "entity": named,
        "rec": [FILMS[film]],
        "resp": "",
    }


@pytest.fixture
def data(tmp_path):
    crs = tmp_path / "data" / "crs"
    dialogues, graph = crs / "ievalm_opendialkg_eval", crs / "ievalm_opendialkg"
    dialogues.mkdir(parents=True)
    graph.mkdir()
    parts = {
        "train": [line(n, n % 6, n % 2 == 0) for n in range(40)],
        "valid": [line(100, 0)],
        # The last dialogue has a turn in the training part as well.
        "test": [line(200, 1, again=True), line(201, 5), line(39, 3)],
    }
    for part, lines in parts.items():
        (dialogues / f"{part}_data_processed.jsonl").write_text(
            "".join(json.dumps(one) + "\n" for one in lines)
        )
    entities = {name: number for number, name in enumerate((*FILMS, *DIRECTORS))}
    edges = {str(film): [[0, 6 + film // 2]] for film in range(6)}
    for name, value in {
        "entity2id": entities, "item_ids": list(range(6)), "kg": edges, "relation2id": {"director": 0},
    }.items():  # fmt: skip
        (graph / f"{name}.json").write_text(json.dumps(value))
    return tmp_path / "data"


def test_a_section_measures_ours_beside_the_baselines_and_goes_on_where_it_was(data, tmp_path, monkeypatch):
    options = MeasureOptions(data=data, out=tmp_path / "out", quick=True)
    section = opendialkg.measure(options, lambda _: None)
    assert section.config["train turns"] == 39
    assert section.config["train turns, published protocol"] == 40
    assert section.config["test dialogues that have turns in the training part"] == 1
    recalls = {row[0]: row[2] for row in section.tables[0].rows}
    # One of the three turns asks again for the film that was named.
    assert recalls["copy the latest named"] == "0.333 / 0.333 / 0.333"
    assert recalls[opendialkg.OURS].endswith("1.000 / 1.000")
    values = {(one.system, one.metric): one.values for one in section.samples}
    assert values["copy the latest named", "Recall@1, all"] == {"200/1": 1.0, "201/1": 0.0, "39/1": 0.0}

    monkeypatch.setattr(opendialkg, "TastegraphTrees", lambda *_: pytest.fail("all answers are kept"))
    assert opendialkg.measure(options, lambda _: None) == section


def test_a_spent_budget_leaves_out_what_was_not_asked(data, tmp_path):
    options = MeasureOptions(data=data, out=tmp_path / "out", quick=True, budget_s=0.0)
    section = opendialkg.measure(options, lambda _: None)
    assert (section.figures, section.samples, section.tables[0].rows) == ((), (), ())


def test_every_section_is_there():
    import importlib

    for name in SUITE.sections:
        assert callable(importlib.import_module(f"{SUITE.package}.{name}").measure)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"entities": "x"}, "needs --set folder"),
        ({"endpoint": "http://127.0.0.1:1/v1"}, "together"),
        ({"model": "m"}, "together"),
        ({"endpoint": "http://127.0.0.1:1/v1", "model": "m", "titles": "none"}, "whole number"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(tmp_path, told, message):
    with pytest.raises(TastegraphError, match=message):
        crs_settings(MeasureOptions(data=tmp_path, out=tmp_path, settings=told))


def test_settings_are_read(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_EVAL_API_KEY", "secret")
    told = {"system": "a:B, c:D", "endpoint": "http://127.0.0.1:1/v1", "model": "m", "titles": "20"}
    found = crs_settings(MeasureOptions(data=tmp_path, out=tmp_path, settings=told))
    assert found.systems == ("a:B", "c:D")
    assert (found.endpoint.titles, found.endpoint.api_key) == (20, "secret")
    assert "secret" not in repr(found)


def test_one_turn_of_each_dialogue_is_drawn():
    turns = [Turn(str(n // 3), n % 3, Dialogue(()), ("x",)) for n in range(30)]
    drawn = one_a_dialogue(turns, 4, seed=1)
    assert len({turn.dialogue_id for turn in drawn}) == len(drawn) == 4
    assert drawn == one_a_dialogue(turns, 4, seed=1)
    assert len(one_a_dialogue(turns, 99, seed=1)) == 10


def test_a_clock_without_a_budget_is_never_spent():
    assert not Clock(None).spent()
    assert Clock(0.0).spent()
