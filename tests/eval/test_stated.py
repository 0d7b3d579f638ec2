"""The ledger of stated figures: nothing stated without a measurement, and what is off is found."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from eval import provenance, stated, stated_run
from eval.cli import app
from eval.numbers import numbers_in
from eval.report import read_report
from eval.sections import write_report
from eval.stated import Figure, LedgerError, check_texts, read_ledger, unstated
from eval.stated_run import planned, report_of, run_all, values_of
from eval.suites import ENTRIES, load_suite
from tests.eval.report_parts import report, section
from tests.parts import ROOT

README = """# It

Needs Python `3.11`. See [it](docs/v1.2.md). Version 7 of it took .25 s.

## Measured

| model | Recall@1/10/50 |
| --- | --- |
| ours | .044 / .182 / 97 % |

## More

Twelve of 30.
"""
LEDGER = """
[run.one]
command = "python -c 'print(\\"found 3 of 4\\")'"
seconds = 1

[[stated]]
file = "README.md"
text = "| ours | .044 / .182 / 97 % |"
run = "one"
is = [
  [".044", "printed: found (\\\\d+)", 2.96],
  [".182", "seconds", "<= 100"],
  ["97", "printed: no (\\\\d+)"],
]

[[given]]
file = "README.md"
text = "took .25 s"
why = "an example of a number"
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "README.md").write_text(README)
    (tmp_path / stated.LEDGER).write_text(LEDGER)
    provenance.code_hash()  # of the real project, once
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    return tmp_path


def test_every_figure_that_is_stated_is_in_the_ledger_and_the_other_way_round():
    """Fails where a text of README or docs changed and docs/figures.toml did not; the message says what to do."""
    ledger = read_ledger(ROOT / stated.LEDGER)
    assert check_texts(ledger, ROOT) == []
    assert unstated(ledger, ROOT) == []
    assert len({entry.file for entry in ledger.stated}) > 4


def test_every_run_of_the_ledger_names_what_is_there():
    ledger = read_ledger(ROOT / stated.LEDGER)
    suites = {entry.name: entry for entry in ENTRIES}
    for name, run in ledger.run.items():
        found = re.match(r"tastegraph eval (\w+) .*--only (\w+)", run.command)
        if found:
            suite = load_suite(suites[found[1]])
            assert found[2] in suite.sections, name
            assert run.report == f"{suite.name}.json", name
        assert run.estimated == bool(run.note), name
    assert sum(ledger.run[name].seconds for name in planned(ledger, small=True)) <= 600


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (".2905 ± .0004", [0.2905, 0.0004]), ("1,388 of 2,174", [1388, 2174]), ("**97 %**", [97]),
        ("−.0002", [-0.0002]), ("is .95.", [0.95]),
        ("ml-1m Recall@20 v1.2.3 2025.8.1 top-1", []), ("13.6–15.4 s", [13.6, 15.4]), ("4e-05", [4e-05]),
    ],
)  # fmt: skip
def test_numbers_as_people_write_them(text, numbers):
    assert numbers_in(text) == numbers


@given(st.floats(-1e3, 1e3, allow_nan=False))
def test_a_number_bears_itself_out_as_written(value):
    assert Figure(written=f"{value:.3f}", at="x").holds(value)
    assert not Figure(written=f"{value:.3f}", at="x", spread=0.01).holds(value + 0.02)
    assert Figure(written=f"{value:.3f}", at="x", spread=0.03).holds(value + 0.02)


def test_a_limit_has_one_side():
    fast = Figure(written="29", at="x", limit="<= 58")
    assert (fast.holds(1.0), fast.holds(58.0), fast.holds(59.0)) == (True, True, False)
    many = Figure(written="29,219", at="x", limit=">= 12000")
    assert (many.value, many.holds(11_999), many.holds(99_999)) == (29_219, False, True)


def test_what_the_readme_states_and_the_ledger_does_not_is_found(project):
    ledger = read_ledger(project / stated.LEDGER)
    assert unstated(ledger, project) == []
    (project / "README.md").write_text(
        README.replace("## More", "It takes 12 s.\n\n## More").replace("30.", "30 (.4).")
    )
    assert [re.search(r"states (\S+) and", problem)[1] for problem in unstated(ledger, project)] == [
        "12",
        ".4",
    ]


def test_what_the_ledger_states_and_the_readme_does_not_is_found(project):
    ledger = read_ledger(project / stated.LEDGER)
    (project / "README.md").write_text(README.replace(".182", ".183"))
    (problem,) = check_texts(ledger, project)
    assert "no longer says '| ours | .044 / .182 / 97 % |'" in problem
    (project / "README.md").unlink()
    assert any("is not there" in problem for problem in check_texts(ledger, project))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('run = "one"', 'run = "two"', "not there: \\['two'\\]"),
        ('"seconds", "<= 100"', '"seconds", "100"', "not a limit"),
        ("seconds = 1", "seconds = 1\nspeed = 2", "speed"),
        ('text = "took .25 s"', "", "text"), ("[run.one]", "[run.one", "line"),
    ],
)  # fmt: skip
def test_a_wrong_ledger_is_refused(project, old, new, said):
    file = project / stated.LEDGER
    file.write_text(LEDGER.replace(old, new))
    with pytest.raises(LedgerError, match=said):
        read_ledger(file)
    with pytest.raises(LedgerError, match="no ledger"):
        read_ledger(project / "none.toml")


def test_what_is_off_and_what_is_missing_is_reported(project):
    ledger = read_ledger(project / stated.LEDGER)
    results, left_out = run_all(ledger, ["one"], project / "data", project / "out")
    found = report_of(ledger, results, left_out, project / "data", "")
    section = found.sections["one"]
    assert section.figures[0].value == 1
    verdicts = [row[0] for table in section.tables for row in table.rows]
    assert verdicts == ["not there", "holds", "holds"]


def test_runs_that_fail_hang_or_have_no_time_are_told_apart(project, monkeypatch):
    monkeypatch.setattr(stated_run, "_LEAST_PATIENCE", 0.5)
    monkeypatch.setattr(stated_run, "_PATIENCE", 0.0)
    commands = {
        "hangs": "sleep 60", "fails": "bash -c 'echo why >&2; exit 3'", "strange": "no-such-program", "silent": "true",
    }  # fmt: skip
    text = ""
    for name, command in commands.items():
        text += f"[run.{name}]\ncommand = {json.dumps(command)}\nseconds = 1\n"
        text += 'report = "kg.json"\n' if name == "silent" else ""
    text += "".join(f'[[stated]]\nrun = "{name}"\nis = [["1", "x"]]\n' for name in commands)
    (project / stated.LEDGER).write_text(text)
    ledger = read_ledger(project / stated.LEDGER)
    results, _ = run_all(ledger, list(commands), project / "data", project / "out")
    errors = {name: result.error for name, result in results.items()}
    assert errors["hangs"].startswith("was ended after")
    assert errors["fails"] == "ended with 3: why"
    assert "could not be run" in errors["strange"]
    assert errors["silent"] == "wrote no kg.json"
    assert run_all(ledger, ["fails"], project / "data", project / "out", budget_s=0.5)[1] == ["fails"]


def test_a_finished_run_is_read_again_until_the_code_changes(project, monkeypatch):
    ledger = read_ledger(project / stated.LEDGER)
    where = (project / "data", project / "out")
    first = run_all(ledger, ["one"], *where)[0]["one"]
    assert run_all(ledger, ["one"], *where, resume=True)[0]["one"] == first
    monkeypatch.setattr(stated_run, "code_hash", lambda: "another")
    assert run_all(ledger, ["one"], *where, resume=True)[0]["one"].seconds != first.seconds


def test_values_are_read_from_a_report(tmp_path):
    write_report(report({"redial": section()}), tmp_path, "crs")
    found = values_of(tmp_path / "crs.json")
    assert found["turn, p95"] == 72.0
    assert found["Models / ours / Recall@10 [1]"] == 0.5


def test_the_command_fails_where_a_figure_is_off(project):
    out = project / "out"
    arguments = ["stated", "--data", str(project / "data"), "--out", str(out)]
    ran = CliRunner().invoke(app, arguments)
    assert ran.exit_code == 1
    told = " ".join(ran.output.split())
    assert "README.md states 97 (as written), measured nothing: printed: no" in told
    assert "2 of 3 stated figures hold" in told
    assert read_report(out).sections["one"].figures[0].value == 1
    assert (out / "stated.html").is_file()
    (project / stated.LEDGER).write_text(
        LEDGER.replace('["97", "printed: no (\\\\d+)"]', '["97", "seconds", "<= 100"]')
    )
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert CliRunner().invoke(app, [*arguments, "--only", "two"]).exit_code == 1
    planned_only = CliRunner().invoke(app, ["stated", "--plan"])
    assert "about 0 minutes" in planned_only.output
