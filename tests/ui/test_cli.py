"""The command line: help, errors as one line, and what needs no model."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.parts import ROOT
from tests.ui.samples import small_workspace
from ui.cli import app

COMMANDS = ["starter", "ingest", "chat", "serve", "doctor", "workspace info", "llm serve", "llm prepare"]
COMMANDS += [f"neo4j {name}" for name in ("fetch", "start", "stop", "status", "load")]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def command(*args: str):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(args))

    return command


def failed_with_a_line(result, *words: str) -> None:
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run, command):
    result = run(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Example" in result.stdout
    assert f"tastegraph {command}" in result.stdout


def test_help_imports_nothing_heavy():
    heavy = ("torch", "gradio", "sentence_transformers", "chromadb", "langchain", "polars", "numpy")
    code = f"import sys, ui.cli; sys.exit(' '.join(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    "args",
    [
        ("chat", "--once", "hello"),
        ("chat", "--workspace", "nowhere"),
        ("serve", "--workspace", "nowhere"),
        ("workspace", "info"),
        ("neo4j", "status"),
        ("neo4j", "load", "-w", "nowhere"),
    ],
)
def test_a_missing_workspace_is_one_line_that_says_what_to_do(run, args):
    failed_with_a_line(run(*args), "There is no workspace in", "tastegraph starter")


def test_serving_without_any_workspace_says_how_to_make_one(run):
    failed_with_a_line(run("serve"), "tastegraph starter --catalogue all")


def test_serving_beyond_this_machine_is_refused(run, tmp_path):
    small_workspace(tmp_path / "w")
    failed_with_a_line(run("serve", "--host", "0.0.0.0", "--workspace", str(tmp_path / "w")), "no logins yet")


def test_a_wrong_setting_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_CHAT_MODEL", "magic")
    small_workspace(tmp_path / "w")
    failed_with_a_line(run("chat", "-w", str(tmp_path / "w"), "--once", "hi"), "chat_model")


def test_unknown_starter_and_source_name_the_known_ones(run):
    failed_with_a_line(run("starter", "--catalogue", "songs"), "films, shop or all")
    failed_with_a_line(run("ingest", "nothing", "--from", "x", "-w", "y"), "nothing", "ml-1m", "--list")
    failed_with_a_line(run("ingest"), "Name a source")
    failed_with_a_line(run("ingest", "ml-100k", "--from", "x"), "--workspace DIR")
    failed_with_a_line(run("ingest", "ml-100k", "-w", "y"), "--from must point to")
    failed_with_a_line(run("ingest", "ml-100k", "--from", "x", "-w", "y"), "There is nothing at")


def test_the_sources_are_listed(run):
    result = run("ingest", "--list")
    assert result.exit_code == 0
    for name in ("ml-1m", "retail-rocket", "lastfm-hetrec", "table"):
        assert name in result.stdout


def test_bad_rows_leave_no_workspace(run, tmp_path):
    source = tmp_path / "ml"
    source.mkdir()
    (source / "u.item").write_text("1|Heat (1995)|wrong", encoding="latin-1")
    (source / "u.data").write_text("a\tb\n", encoding="latin-1")
    failed_with_a_line(
        run("ingest", "ml-100k", "--from", str(source), "-w", "new"), "u.", "line 1", "expected"
    )
    assert not (tmp_path / "new").exists()


def test_info_shows_what_a_workspace_holds(run, tmp_path):
    small_workspace(tmp_path / "w", "Small films")
    result = run("workspace", "info", "-w", str(tmp_path / "w"))
    assert result.exit_code == 0
    assert "Small films" in result.stdout
    assert "simulated" in result.stdout
    manifest = json.loads(run("workspace", "info", "-w", str(tmp_path / "w"), "--json").stdout)
    assert manifest["counts"]["items"] == 2


def test_a_starter_that_works_is_left_as_it_is(run, tmp_path):
    made = small_workspace(tmp_path / "home" / "workspaces" / "films")
    result = run("starter", "--if-missing")
    assert result.exit_code == 0
    assert "already in" in result.stdout
    assert [build.name for build in (made.path / "builds").iterdir()] == [made.manifest.build]


def test_an_interrupt_ends_with_130(run, monkeypatch, tmp_path):
    small_workspace(tmp_path / "w")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ui.terminal.manifest_table", interrupted)
    result = run("workspace", "info", "-w", str(tmp_path / "w"))
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


def test_commands_of_other_parts_are_found_by_their_entry_points(run, tmp_path, monkeypatch):
    folder = tmp_path / "extra-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: extra\nVersion: 1\n")
    (folder / "entry_points.txt").write_text(
        "[tastegraph.commands]\nextra = extra_commands:app\nbroken = no_such_module:app\n"
    )
    (tmp_path / "extra_commands.py").write_text(
        "import typer\napp = typer.Typer()\n@app.command()\ndef run() -> None:\n    print('ran')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert run("extra").stdout == "ran\n"
    assert "broken" in run("--help").stdout
    failed_with_a_line(run("broken", "--any"), "no_such_module", "cannot be loaded")
