"""`tastegraph eval SUITE` and `all`: one path for every suite, whatever its sections do."""

import importlib
import json
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from eval import run_suite, suites
from eval.cli import app
from eval.figures import Figure, Section
from eval.report import read_report
from eval.sections import Suite, Watcher, measure_all
from eval.suites import ENTRIES, load_suite
from recsys.errors import TastegraphError


def a_section(value=0.5):
    return Section(title="A section", question="?", figures=(Figure(name="f", value=value, reach=">= .4"),))


@pytest.fixture
def made_up(monkeypatch):
    """Give every suite of the table two sections, `good` and `bad`; return what they were given."""
    calls = []

    def good(options, progress):
        calls.append(options)
        progress("counting")
        return a_section()

    def bad(options, progress):
        raise TastegraphError("no server at hand")

    for name, measure in (("good", good), ("bad", bad)):
        module = ModuleType(f"made_up.{name}")
        vars(module)["measure"] = measure
        monkeypatch.setitem(sys.modules, f"made_up.{name}", module)
    monkeypatch.setitem(sys.modules, "made_up", ModuleType("made_up"))
    for entry in ENTRIES:
        module = ModuleType(entry.module)
        vars(module)["SUITE"] = Suite(
            entry.name, entry.measures, "made_up", ("good", "bad"), settings={"people": "how many"}
        )
        monkeypatch.setitem(sys.modules, entry.module, module)
    return calls


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("a")
    return folder


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_suite_takes_the_same_options(entry, made_up, data, tmp_path):
    out = tmp_path / "out"
    options = ("--data", data, "--out", out, "--seed", 3, "--budget", 2, "--quick", "--set", "people=4")
    ran = run(entry.name, *options, "--only", "good")
    assert ran.exit_code == 0, ran.output
    assert sorted(file.suffix for file in out.glob(f"{entry.name}.*")) == [".html", ".json", ".md"]
    (given,) = made_up
    assert (given.seed, given.quick, given.settings) == (3, True, {"people": "4"})
    assert 100 < given.budget_s <= 120
    report = read_report(out)
    assert report.command.startswith("tastegraph eval")
    assert (report.budget_s, report.settings) == (120, {"people": "4"})


def test_a_section_that_fails_is_reported_and_the_others_run(made_up, data, tmp_path):
    out = tmp_path / "out"
    ran = run("crs", "--data", data, "--out", out)
    assert ran.exit_code == 1
    assert "no server at hand" in ran.output
    report = read_report(out)
    assert list(report.sections) == ["good"]
    assert report.failed == {"bad": "no server at hand"}
    assert "**Failed: bad.** no server at hand" in (out / "crs.md").read_text()
    assert "TastegraphError" in (out / "section-bad.error.txt").read_text()


def test_the_report_alone_goes_to_the_standard_output(made_up, data, tmp_path):
    ran = run("kg", "--data", data, "--out", tmp_path / "out", "--only", "good", "--json")
    assert json.loads(ran.stdout)["sections"]["good"]["title"] == "A section"
    assert "counting" in ran.stderr


def test_all_runs_each_suite_in_its_folder_and_merges(made_up, data, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "eval.simulate", None)
    out = tmp_path / "out"
    options = ("--data", data, "--out", out, "--budget", 6, "--set", "load.people=9")
    ran = run("all", *options, "--only", "crs.good,kg,load.good,simulate")
    assert ran.exit_code == 1
    merged = read_report(out)
    assert list(merged.sections) == ["crs.good", "kg.good", "load.good"]
    assert set(merged.failed) == {"kg.bad", "simulate"}
    assert any("(crs): " in remark for remark in merged.remarks)
    assert (out / "kg" / "kg.json").is_file()
    assert (out / "results.html").is_file()
    assert [call.settings for call in made_up] == [{}, {}, {"people": "9"}]
    assert made_up[0].budget_s == pytest.approx(90, abs=5)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("crs", "--only", "godo"), "There are: good, bad"),
        (("crs", "--set", "poeple=3"), "people: how many"),
        (("crs", "--set", "people"), "is not NAME=VALUE"),
        (("all", "--only", "csr"), "There are: offline, crs"),
        (("all", "--set", "people=3"), "SUITE.NAME=VALUE"),
    ],
)
def test_wrong_words_are_told_the_right_ones(arguments, said, made_up, data, tmp_path):
    ran = run(*arguments, "--data", data, "--out", tmp_path / "out")
    assert ran.exit_code == 1
    assert said in " ".join(ran.output.split())


def test_older_names_of_options_still_work(made_up, data, tmp_path):
    ran = run("offline", "--suite", "good", "--data", data, "--out", tmp_path / "out")
    assert ran.exit_code == 0, ran.output
    assert run("offline", "--suite", "good", "--split", data).exit_code == 2


def test_an_interrupted_run_says_what_is_kept_and_how_to_go_on(made_up, data, tmp_path, monkeypatch):
    def interrupted(options, progress):
        raise KeyboardInterrupt

    vars(sys.modules["made_up.bad"])["measure"] = interrupted
    out = tmp_path / "out"
    monkeypatch.setattr(sys, "argv", ["tastegraph", "eval", "crs", "--out", str(out)])
    ran = run("crs", "--data", data, "--out", out)
    assert ran.exit_code == 130
    told = " ".join(ran.output.split())
    assert "good" in told.partition("Kept in")[2].partition("Go on with")[0]
    assert "--resume" in told
    vars(sys.modules["made_up.bad"])["measure"] = lambda options, progress: a_section(0.1)
    assert run("crs", "--data", data, "--out", out, "--resume").exit_code == 0
    assert len(made_up) == 1


def test_a_section_stopped_by_a_budget_does_not_stand_for_a_whole_one(made_up, data, tmp_path):
    options = ("crs", "--data", data, "--out", tmp_path / "out", "--only", "good", "--resume")
    for more, calls in ((("--budget", 1), 1), (("--budget", 1), 1), ((), 2), (("--budget", 1), 2)):
        assert run(*options, *more).exit_code == 0
        assert len(made_up) == calls
    run(*options, "--set", "people=2")
    assert len(made_up) == 3


def test_what_a_short_section_leaves_of_the_budget_goes_to_the_others(made_up, data, tmp_path):
    given = []

    def slow(options, progress):
        given.append(options.budget_s)
        time.sleep(0.05)
        return a_section()

    for name in ("good", "bad"):
        vars(sys.modules[f"made_up.{name}"])["measure"] = slow
    assert run("crs", "--data", data, "--out", tmp_path / "out", "--budget", 1).exit_code == 0
    assert given[0] == pytest.approx(30, abs=1)
    assert given[1] == pytest.approx(60, abs=1)


def test_a_suite_without_data_is_refused_only_where_it_needs_it(made_up, tmp_path):
    ran = run("crs", "--data", tmp_path / "none", "--out", tmp_path / "out")
    assert ran.exit_code == 1
    assert "--data" in ran.output
    suite = Suite("load", "Load", "made_up", ("good",), needs_data=False)
    from eval.figures import MeasureOptions

    seen = []
    report = measure_all(
        suite,
        MeasureOptions(data=tmp_path / "none", out=tmp_path / "load"),
        watcher=Watcher(section=lambda *told: seen.append(told)),
    )
    assert seen == [("good", 0, 1)]
    assert len(report.data_hash) == 64


def test_a_module_that_is_not_there_breaks_no_other(monkeypatch):
    monkeypatch.setitem(sys.modules, "eval.crs", None)
    with pytest.raises(TastegraphError, match="The suite crs cannot run"):
        load_suite(ENTRIES[1])
    assert load_suite(next(entry for entry in ENTRIES if entry.name == "kg")).name == "kg"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_section_of_every_suite_has_its_module(entry):
    suite = load_suite(entry)
    folder = Path(importlib.import_module(suite.package).__file__ or "").parent
    assert [name for name in suite.sections if not (folder / f"{name}.py").is_file()] == []


def test_help_imports_no_suite():
    assert {entry.name for entry in suites.ENTRIES} <= set(run("--help").output.split())
    assert run_suite.typed_command().startswith("tastegraph ")
