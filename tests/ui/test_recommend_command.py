"""`tastegraph recommend` on the starter films: what it ranks for, what it prints, how it fails."""

import json

import pytest
from typer.testing import CliRunner

from ui.cli import app


@pytest.fixture
def run(starter_films, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def command(*args: str):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["recommend", "-w", str(starter_films), *args])

    return command


def test_a_list_has_shares_that_add_up_and_reasons(run):
    result = run("--like", "Heat", "--less", "violent", "--limit", "4", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)["recommendations"]
    assert len(found) == 4
    for one in found:
        assert one["item"]["title"] != "Heat"
        assert one["score"] == pytest.approx(sum(c["value"] for c in one["contributions"]), abs=1e-9)
        assert one["evidence"]
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


def test_the_table_says_what_was_simulated(run):
    result = run("--like", "heat (1995)", "--limit", "2")
    assert result.exit_code == 0
    assert "(simulated)" in result.stdout
    assert "behaviour +" in result.stdout
    assert "Heat" in result.stdout


def test_words_alone_are_enough(run):
    result = run("--text", "a heist that goes wrong", "--limit", "3", "--json")
    assert len(json.loads(result.stdout)["recommendations"]) == 3


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        ((), 2, "Say what to rank for"),
        (("--like", "Heet"), 1, "Did you mean “Heat (1995)”"),
        (("--like", "zzzzqqqq"), 1, "There is no “zzzzqqqq”"),
    ],
)
def test_what_cannot_be_ranked_for_is_said_in_a_line(run, args, code, words):
    result = run(*args)
    assert result.exit_code == code
    assert result.stderr.startswith("Error: ")
    assert words in result.stderr
