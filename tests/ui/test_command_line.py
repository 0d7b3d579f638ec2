"""Every command of the application: an example that parses, one JSON document, the codes with which commands end."""

import json
import shlex

import pytest
import typer
from typer._click.exceptions import UsageError
from typer.testing import CliRunner

from recsys.workspace import create_workspace
from tests.parts import ROOT
from tests.ui.kg_samples import table as sources
from tests.ui.kg_samples import workspace_with_graph
from ui.cli import app
from ui.command_reference import NO_RESULT, PAGE, STREAMS, commands, renewed
from ui.console import INTERRUPTED, PROBLEM, USAGE

ALL = list(commands(app))
OURS = [one for one in ALL if one.path.split()[0] != "eval"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return str(workspace_with_graph(tmp_path_factory.mktemp("commands") / "w").path)


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command with a home of its own."""
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TASTEGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("TASTEGRAPH_GRAPH", raising=False)
    monkeypatch.chdir(tmp_path)

    def command(*args: str, said: str | None = None):
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(args), input=said)

    return command


def document(result):
    """Return the one JSON document of a command's standard output."""
    assert "Traceback" not in result.stderr
    return json.loads(result.stdout)


def parsed(line: str) -> str:
    """Parse a whole command line as the application would, without running it; returns the command's path."""
    program, *rest = shlex.split(line)
    assert program == "tastegraph"
    command = typer.main.get_command(app)
    context = command.make_context(program, rest)
    path = []
    while left := [*context._protected_args, *context.args]:
        name, found, rest = command.resolve_command(context, left)
        context = found.make_context(name, rest, parent=context)
        command = found
        path.append(name)
    return " ".join(path)


def test_every_command_is_met():
    paths = [one.path for one in ALL]
    assert len(paths) == len(set(paths))
    assert {"chat", "kg serve", "kg serve stop", "keys create", "llm train", "eval offline"} <= set(paths)
    assert "kg" not in paths


@pytest.mark.parametrize("command", ALL, ids=lambda one: one.path)
def test_help_has_an_example_that_parses(command):
    result = CliRunner(env={"COLUMNS": "300"}).invoke(app, [*command.path.split(), "--help"])
    assert result.exit_code == 0
    assert command.about
    assert command.examples, f"tastegraph {command.path} has no example"
    for line in command.examples:
        assert parsed(line) == command.path
        assert " ".join(line.split()[:4]) in " ".join(result.stdout.replace("│", " ").split())


def test_an_example_that_is_wrong_does_not_parse():
    for line in ("tastegraph kg path onlyone", "tastegraph keys create x --rat 3", "tastegraph nothing"):
        with pytest.raises(UsageError):
            parsed(line)


@pytest.mark.parametrize("command", OURS, ids=lambda one: one.path)
def test_a_result_can_be_had_as_json(command):
    assert command.json is (command.path not in NO_RESULT)


def test_what_is_excepted_is_there():
    assert {*STREAMS, *NO_RESULT} <= {one.path for one in ALL}


def test_the_page_of_all_commands_is_up_to_date():
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert renewed(page, app) == page, "Write it anew: python -m ui.command_reference"
    for code in (0, PROBLEM, USAGE, INTERRUPTED):
        assert f"\n| {code} | " in page


# --- one document -----------------------------------------------------------------------------------------


def test_workspaces_and_sources(run, workspace):
    assert document(run("workspace", "info", "-w", workspace, "--json"))["name"] == "Four films"
    assert {one["name"] for one in document(run("ingest", "--list", "--json"))} >= {"ml-1m", "table"}
    assert {one["name"] for one in document(run("kg", "build", "--list", "--json"))} >= {"table", "ntriples"}


def test_what_is_said_on_the_way_goes_to_the_standard_error(run, tmp_path, monkeypatch):
    def build(path, catalogue, seed, say):
        say("a line of progress")
        return create_workspace(path, catalogue, [], seed)

    monkeypatch.setattr("recsys.build.build_workspace", build)
    (tmp_path / "films.csv").write_text("id,title\n1,Heat\n2,The Insider\n")
    (tmp_path / "films.toml").write_text(
        'name = "My films"\ndomain = "films"\nkind = "film"\nitems = "films.csv"\n[item]\nid = "id"\ntitle = "title"\n'
    )
    given = ("table", "--mapping", "films.toml", "--from", "films.toml", "-w", "mine")
    result = run("ingest", *given, "--json")
    assert document(result)["manifest"]["counts"]["items"] == 2
    assert "a line of progress" in result.stderr
    assert "a line of progress" in run("ingest", *given).stdout


def test_graphs(run, workspace, tmp_path):
    old = sources(tmp_path / "old")
    built = run("kg", "build", "-s", old, "-g", "g.lbug", "--json")
    assert document(built)["triples"] == 5
    assert "entities" in built.stderr
    assert document(run("kg", "stats", "-g", "g.lbug", "--json"))["sources"] == {"mine": 5}
    assert document(run("kg", "diff", "-s", old, "-g", "g.lbug", "--json"))["added_entities"] == 0
    assert (
        document(run("kg", "copy", f"workspace:{workspace}", "copy.lbug", "--json"))["entities"]["film"] == 4
    )
    none = run("kg", "serve", "status", "-w", workspace, "--json")
    assert (none.exit_code, document(none)) == (PROBLEM, {"running": False})
    assert document(run("kg", "serve", "stop", "-w", workspace, "--json")) == {"running": False}


def test_keys_and_passwords(run):
    made = document(run("keys", "create", "site", "--json"))
    assert made["key"]
    assert "digest" not in made
    assert [one["name"] for one in document(run("keys", "list", "--json"))] == ["site"]
    assert document(run("keys", "revoke", "site", "--json"))["id"] == made["id"]
    given = run("password", "set", "ann", "--stdin", "--json", said="a very long password\n")
    assert document(given) == {"name": "ann"}
    assert document(run("password", "list", "--json")) == ["ann"]
    assert document(run("password", "remove", "ann", "--json")) == {"name": "ann"}
    assert document(run("password", "list", "--json")) == []


@pytest.mark.slow
def test_what_is_stored_and_what_is_read(run, starter_films):
    from ui.agents import open_agent

    with open_agent(starter_films) as agent:
        agent.feedback("json", agent.services.workspace.items[0].id, "like")
    whose = ("--user", "json", "-w", str(starter_films), "--json")
    assert document(run("profile", "correct", "1", "dislike", *whose))["polarity"] == -1
    assert document(run("profile", "export", "--to", "me.json", *whose))["file"].endswith("me.json")
    asked = run("profile", "erase", *whose, said="n\n")
    assert asked.exit_code == PROBLEM
    assert "Erase everything" in asked.stderr
    assert "{" not in asked.stdout
    assert document(run("profile", "erase", "--yes", *whose))["user"] == "json"
    told = document(run("nlu", "read", "I loved Heat", "--json"))
    assert set(told["told"]) <= set(told["intents"])


# --- how they end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (0, "kg stats --help"),
        (PROBLEM, "workspace info -w nowhere"),
        (PROBLEM, "workspace info -w nowhere --json"),
        (PROBLEM, "keys revoke nobody"),
        (USAGE, "workspace info --jsn"),
        (USAGE, "nothing"),
        (USAGE, "recommend"),
        (USAGE, "starter --catalogue songs"),
        (USAGE, "llm serve --json"),
        (USAGE, "assist --json"),
        (USAGE, "keys create x --expires soon"),
        (USAGE, "kg build -g g.lbug"),
        (USAGE, "serve --port 70000"),
    ],
)
def test_a_command_ends_as_the_page_says(run, code, line):
    result = run(*line.split())
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    if code:
        assert result.stdout == ""
        assert result.stderr
    if code == PROBLEM:
        assert result.stderr.startswith("Error: ")


def test_an_error_of_the_settings_and_of_a_file_is_a_problem(run, workspace, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_CHAT_MODEL", "magic")
    assert run("chat", "-w", workspace, "--once", "hi").exit_code == PROBLEM
