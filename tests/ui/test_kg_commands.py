"""`tastegraph kg`: asking, drawing, counting; what is right, what is wrong, and how each ends."""

import json

import pytest
from typer.testing import CliRunner

from tests.ui.kg_samples import ENTITIES, TRIPLES, workspace_with_graph
from ui.cli import app

COMMANDS = ("build", "extract", "link", "path", "diff", "update", "stats", "show", "serve", "copy", "embed")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return workspace_with_graph(tmp_path_factory.mktemp("kg") / "w")


@pytest.fixture
def run(workspace, tmp_path, monkeypatch):
    """Run a command on the small workspace."""
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def command(*args: str, on: str | None = str(workspace.path)):
        given = ["kg", *args] + (["-w", on] if on else [])
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, given)

    return command


def failed(result, code: int, *words: str) -> None:
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run, command):
    result = run(command, "--help", on=None)
    assert result.exit_code == 0
    assert f"tastegraph kg {command}" in result.stdout


def test_the_graph_is_counted(run):
    shown = run("stats").stdout
    assert f"{len(ENTITIES)} entities, {len(TRIPLES)} triples" in shown
    for word in ("film", "director", "plots", "█"):
        assert word in shown
    counts = json.loads(run("stats", "--json").stdout)
    assert counts["entities"] == {"film": 4, "genre": 1, "person": 1, "theme": 1}
    assert counts["sources"] == {"plots": 1, "table": 6}


def test_a_name_is_linked_with_the_reason(run):
    result = run("link", "the insider")
    assert result.exit_code == 0
    assert "film:the-insider-1999" in result.stdout
    assert "Score 1.00, recognised by its name." in result.stdout
    told = json.loads(run("link", "Ronin", "--json").stdout)
    assert told["entity"]["id"] == "film:ronin-1998"
    assert not told["ambiguous"]


def test_a_name_of_two_things_is_asked_back(run):
    result = run("link", "heat")
    assert result.exit_code == 0
    assert "Which 'heat' do you mean" in result.stdout
    assert "film:heat-1986" in result.stdout
    assert json.loads(run("link", "heat", "--json").stdout)["ambiguous"]
    assert "film:heat-1986" in run("link", "heat 1986").stdout


def test_what_is_not_there_is_no_such_thing(run):
    failed(run("link", "Zabriskie Point"), 1, "There is no 'Zabriskie Point'")
    told = run("link", "Zabriskie Point", "--json")
    assert (told.exit_code, json.loads(told.stdout)["entity"]) == (1, None)


def test_only_the_wanted_kinds_are_linked(run):
    assert run("link", "michael mann", "--kind", "person").exit_code == 0
    assert run("link", "michael mann", "--kind", "film").exit_code == 1


def test_names_in_a_sentence_are_found(run):
    result = run("link", "--sentence", "Something like The Insider, please")
    assert "film:the-insider-1999" in result.stdout
    assert len(json.loads(run("link", "--sentence", "like The Insider or Ronin", "--json").stdout)) == 2
    failed(run("link", "--sentence", "nothing at all"), 1, "No name of this graph")


def test_a_path_is_told_in_words_with_its_sources(run):
    result = run("path", "Heat (1995)", "The Insider")
    assert result.exit_code == 0, result.output
    first = result.stdout.splitlines()[0]
    assert "Heat ─director─ Michael Mann ─director─ The Insider" in first
    assert "director: plots, table" in result.stdout
    told = json.loads(run("path", "film:heat-1995", "The Insider", "--json").stdout)
    assert [entity["id"] for entity in told[0]["entities"]][1] == "person:michael-mann"
    assert told[0]["sources"] == [["plots", "table"], ["table"]]


def test_a_path_needs_two_things_that_are_joined(run):
    failed(run("path", "loneliness", "Ronin"), 1, "No path of at most 2 steps", "loneliness")
    assert run("path", "loneliness", "Ronin", "--json").stdout.strip() == "[]"
    failed(run("path", "Ronin", "Ronin"), 1, "Both are Ronin")
    failed(run("path", "Heat", "Ronin"), 1, "Which 'Heat' do you mean", "film:heat-1986")
    failed(run("path", "Zabriskie Point", "Ronin"), 1, "There is no 'Zabriskie Point'")
    assert run("path", "Ronin", "Heat (1995)", "--hops", "9").exit_code == 2


def test_near_names_are_suggested(run):
    failed(run("path", "Insider trading", "Ronin"), 1, "Near it: The Insider (film, film:the-insider-1999)")


def test_an_entity_is_drawn(run, tmp_path):
    result = run("show", "the insider", "--out", "pictures")
    assert result.exit_code == 0, result.output
    assert "All 2 neighbours of the first step are drawn." in result.stdout
    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == [
        "film-the-insider-1999.html",
        "film-the-insider-1999.svg",
    ]
    told = json.loads(run("show", "film:ronin-1998", "--json", "--hops", "1").stdout)
    assert (told["entities"], told["triples"]) == (2, 1)
    assert (tmp_path / told["svg"]).is_file()


def test_a_drawing_of_nothing_is_not_made(run, tmp_path):
    failed(run("show", "Zabriskie Point"), 1, "There is no 'Zabriskie Point'")
    failed(run("show", "Heat"), 1, "Which 'Heat' do you mean")
    (tmp_path / "file").write_text("")
    failed(run("show", "Ronin", "--out", "file"), 1, "could not be written")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_are_not_read_as_markup(run, tmp_path):
    failed(run("link", "[red]no[/red] [/]"), 1, "[red]no[/red] [/]")


@pytest.mark.parametrize(
    "args", [("stats",), ("link", "Heat"), ("path", "a", "b"), ("show", "Heat"), ("embed",)]
)
def test_a_missing_workspace_or_graph_is_one_line(run, tmp_path, args):
    failed(run(*args, on="nowhere"), 1, "There is no workspace in", "tastegraph starter")
    failed(
        run(
            *args,
            "-g",
            "no.lbug",
            "--out" if args == ("embed",) else "--json",
            *(["x"] if args == ("embed",) else []),
            on=None,
        ),
        1,
        "no.lbug",
    )
    assert not (tmp_path / "no.lbug").exists()


def test_what_is_no_graph_is_said(run, tmp_path):
    (tmp_path / "notes.lbug").write_text("not a graph " * 1000)
    failed(run("stats", "-g", "notes.lbug", on=None), 1, "notes.lbug")


def test_a_server_that_is_away_and_a_missing_password_file_are_said(run, tmp_path):
    from kg.server.ports import free_port

    address = f"bolt://127.0.0.1:{free_port()}"
    failed(run("stats", "-g", address, on=None), 1, address, "password")
    (tmp_path / "secret").write_text("anything")
    failed(run("stats", "-g", address, "--password-file", "secret", on=None), 1, address)
    failed(run("stats", "-g", "http://localhost", on=None), 1, "bolt://")
    failed(run("stats", "-g", address, "--password-file", "none", on=None), 1, "password file none")


def test_a_password_is_never_an_argument(run):
    for command in COMMANDS:
        assert "--password " not in run(command, "--help", on=None).stdout
