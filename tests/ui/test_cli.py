"""The command line: help, errors as one line, and what needs no model."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from recsys.catalogue import Catalogue
from recsys.ingest.download import _DONE
from recsys.workspace import Workspace, create_workspace
from tests.parts import ROOT
from tests.ui.samples import small_workspace
from ui.agents import open_agent
from ui.build_commands import _stale
from ui.cli import app
from ui.console import PROBLEM, USAGE

COMMANDS = [
    "starter",
    "ingest",
    "recommend",
    "chat",
    "serve",
    "doctor",
    "workspace info",
    "llm serve",
    "llm prepare",
]
COMMANDS += ["kg serve", *(f"kg serve {name}" for name in ("fetch", "load", "reader", "status", "stop"))]
COMMANDS += ["mcp", *(f"password {name}" for name in ("set", "list", "remove"))]
COMMANDS += [f"profile {name}" for name in ("show", "correct", "export", "erase", "wipe")]

TABLE = """
name = "My films"
domain = "films"
kind = "film"
items = "films.csv"
[item]
id = "id"
title = "title"
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def command(*args: str):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(args))

    return command


def failed_with_a_line(result, *words: str, code: int = PROBLEM) -> None:
    assert result.exit_code == code
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
        ("kg", "serve"),
        ("kg", "serve", "status"),
        ("kg", "serve", "load", "-w", "nowhere"),
        ("profile", "show", "-w", "nowhere"),
        ("profile", "erase", "--yes"),
    ],
)
def test_a_missing_workspace_is_one_line_that_says_what_to_do(run, args):
    failed_with_a_line(run(*args), "There is no workspace in", "tastegraph starter")


def test_a_folder_without_chroma_is_said(run):
    failed_with_a_line(
        run("profile", "wipe", "nowhere"), "There is no chroma.sqlite3 in nowhere", "chroma run --path"
    )


def test_serving_without_any_workspace_says_how_to_make_one(run):
    failed_with_a_line(run("serve"), "tastegraph starter --catalogue all")


def test_serving_beyond_this_machine_is_refused(run, tmp_path):
    small_workspace(tmp_path / "w")
    failed_with_a_line(
        run("serve", "--host", "0.0.0.0", "--workspace", str(tmp_path / "w")), "tastegraph password set"
    )


def test_a_wrong_setting_is_named(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_CHAT_MODEL", "magic")
    small_workspace(tmp_path / "w")
    failed_with_a_line(run("chat", "-w", str(tmp_path / "w"), "--once", "hi"), "chat_model")


def test_unknown_starter_and_source_name_the_known_ones(run):
    failed_with_a_line(run("starter", "--catalogue", "songs"), "films, shop or all", code=USAGE)
    failed_with_a_line(
        run("ingest", "nothing", "--from", "x", "-w", "y"), "nothing", "ml-1m", "--list", code=USAGE
    )
    failed_with_a_line(run("ingest"), "Name a source", code=USAGE)
    failed_with_a_line(run("ingest", "ml-100k", "--from", "x"), "--workspace DIR", code=USAGE)
    failed_with_a_line(run("ingest", "ml-100k", "-w", "y"), "--from must point to", code=USAGE)
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
    # The folder of a bare name lies at home; nothing in it was built.
    assert not list((tmp_path / "home").rglob("manifest.json"))


def test_a_bare_name_is_built_at_home_and_found_there(run, tmp_path, monkeypatch):
    def build(path: Path, catalogue: Catalogue, seed: int, say: object) -> Workspace:
        return create_workspace(path, catalogue, [], seed)

    # Only where it is built is asked here; two films are too few to train on.
    monkeypatch.setattr("recsys.build.build_workspace", build)
    (tmp_path / "films.csv").write_text("id,title\n1,Heat\n2,The Insider\n")
    (tmp_path / "films.toml").write_text(TABLE)
    built = run("ingest", "table", "--mapping", "films.toml", "--from", "films.toml", "-w", "my-films")
    assert built.exit_code == 0, built.stderr
    assert (tmp_path / "home" / "workspaces" / "my-films" / "manifest.json").is_file()
    assert "2 items" in run("workspace", "info", "-w", "my-films").stdout


def test_a_download_goes_to_the_cache_of_the_environment(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "cache" / "ml-100k"
    source.mkdir(parents=True)
    (source / _DONE).write_text("")
    result = run("ingest", "ml-100k", "--download", "-w", "new")
    assert f"already in {source}" in result.stdout
    failed_with_a_line(result)
    assert "TASTEGRAPH_CACHE" in run("ingest", "--help").stdout


def test_info_shows_what_a_workspace_holds(run, tmp_path):
    small_workspace(tmp_path / "w", "Small films")
    result = run("workspace", "info", "-w", str(tmp_path / "w"))
    assert result.exit_code == 0
    assert "Small films" in result.stdout
    assert "simulated" in result.stdout
    manifest = json.loads(run("workspace", "info", "-w", str(tmp_path / "w"), "--json").stdout)
    assert manifest["counts"]["items"] == 2


@pytest.mark.slow
def test_only_a_whole_starter_of_this_version_is_left_as_it_is(starter_films, tmp_path):
    copied = tmp_path / "workspaces" / "films"
    shutil.copytree(starter_films, copied)
    made = Workspace.open(copied)

    def starter():
        return CliRunner(env={"COLUMNS": "200"}).invoke(
            app, ["starter", "--if-missing", "--home", str(tmp_path)]
        )

    result = starter()
    assert result.exit_code == 0
    assert "already in" in result.stdout
    assert Workspace.open(copied).manifest.build == made.manifest.build
    next(made.models_dir.glob("*.safetensors")).unlink()
    result = starter()
    assert result.exit_code == 0
    assert "films: built anew, because" in result.stdout
    assert Workspace.open(copied).manifest.build != made.manifest.build


def test_what_makes_a_starter_stale_is_said(tmp_path):
    assert _stale(tmp_path / "films", "films", 7) == ""
    made = small_workspace(tmp_path / "films")
    assert "not a whole build of this version" in str(_stale(made.path, "films", 7))
    (made.path / "manifest.json").write_text("{")
    assert "cannot be opened" in str(_stale(made.path, "films", 7))


@pytest.mark.slow
def test_what_is_stored_is_shown_exported_and_erased(starter_films, tmp_path):
    def profile(*args: str, said: str | None = None):
        command = ["profile", args[0], "--user", "ann", "-w", str(starter_films), *args[1:]]
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, command, input=said)

    with open_agent(starter_films) as agent:
        item = agent.services.workspace.items[0]
        for user in ("ann", "bob"):
            agent.feedback(user, item.id, "like")
    assert item.title in profile("show").stdout
    assert profile("export", "--to", str(tmp_path / "ann.json")).exit_code == 0
    exported = json.loads((tmp_path / "ann.json").read_text(encoding="utf-8"))
    assert exported == json.loads(profile("export").stdout)
    assert [interest["subject"] for interest in exported["interests"]] == [item.label]
    failed_with_a_line(profile("export", "--to", str(tmp_path / "ann.json")), "left as it is")
    assert profile("list").stdout == profile("show").stdout
    assert f"You dislike {item.label}" in profile("correct", "1", "dislike").stdout
    failed_with_a_line(profile("correct", "2", "like"), "There is no number 2")
    failed_with_a_line(profile("correct", "1", "perhaps"), "Say like or dislike", code=USAGE)
    failed_with_a_line(profile("correct", "1"), "Say what is right")
    assert "You like Silent." in profile("correct", "1", "like", "--subject", "silent films").stdout
    assert "Silent" in profile("show").stdout
    assert profile("correct", "1", "--subject", item.label).exit_code == 0
    assert profile("erase", said="n\n").exit_code == 1
    assert item.title in profile("show").stdout
    assert "1 remembered interests" in profile("erase", said="y\n").stdout
    assert "Nothing is stored" in profile("show").stdout
    with open_agent(starter_films) as agent:
        assert len(agent.profile("bob").interests) == 1
        agent.erase("bob")


@pytest.mark.slow
def test_bytes_that_are_no_text_are_answered(starter_films):
    done = subprocess.run(
        [sys.executable, "-m", "ui", "chat", "-w", str(starter_films), "--user", "bytes", "--json"],
        cwd=ROOT,
        input=b"\xff\xfe\n/new\n",
        capture_output=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8:strict"},
    )
    assert done.returncode == 0, done.stderr
    assert b"turn_ended" in done.stdout
    assert b"A new dialogue." in done.stdout


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
