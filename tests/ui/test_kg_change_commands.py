"""`tastegraph kg build`, `diff`, `update` and `copy`: a graph comes about, changes and moves, whole or not at all."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from tests.parts import ROOT
from tests.ui.kg_samples import ENTITIES, NEWER, TRIPLES, table, workspace_with_graph
from tests.ui.test_kg_commands import failed
from ui.cli import app


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner(env={"COLUMNS": "200"}).invoke(app, ["kg", *args])


@pytest.fixture
def built(run, tmp_path):
    result = run("build", "-s", table(tmp_path / "old"), "-g", "g.lbug", "--seen", "2026-01-01")
    assert result.exit_code == 0, result.output
    return result


def counts(run, graph: str = "g.lbug") -> dict:
    return json.loads(run("stats", "-g", graph, "--json").stdout)


def files(tmp_path) -> set[str]:
    return {path.name for path in tmp_path.iterdir()}


def test_a_graph_is_built_with_its_map_and_report(run, built, tmp_path):
    assert "mine" in built.stdout
    assert files(tmp_path) >= {"g.lbug", "g.lbug.same-as.parquet"}
    assert counts(run)["triples"] == {"director": 2, "genre": 3}
    assert counts(run)["sources"] == {"mine": 5}
    again = run("build", "-s", table(tmp_path / "old"), "-g", "h.lbug", "--report", "out/report.md", "--json")
    assert json.loads(again.stdout)["triples"] == 5
    assert "| source |" in (tmp_path / "out" / "report.md").read_text()


def test_the_sources_are_listed(run):
    shown = run("build", "--list").stdout
    for name in ("table", "wikipedia", "freebase", "ntriples"):
        assert name in shown


def test_a_wrong_source_leaves_nothing(run, tmp_path):
    failed(run("build", "-g", "g.lbug"), 2, "Name a source")
    failed(run("build", "-s", "table=none.toml", "-g", "g.lbug"), 1, "none.toml")
    failed(run("build", "-s", "magic=x", "-g", "g.lbug"), 1, "magic", "wikipedia")
    failed(run("build", "-s", "table", "-g", "g.lbug"), 1, "NAME=PATH")
    failed(run("build", "-s", table(tmp_path / "old")), 2, "--graph")
    failed(run("build", "-s", table(tmp_path / "old"), "-g", "bolt://localhost:1"), 2, "--same-as")
    assert not {name for name in files(tmp_path) if name.startswith("g.lbug")}


def test_a_build_that_is_broken_off_leaves_no_file(run, tmp_path, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kg.stores.ladybug.LadybugGraph.replace", interrupted)
    result = run("build", "-s", table(tmp_path / "old"), "-g", "g.lbug")
    assert result.exit_code == 130
    assert not {name for name in files(tmp_path) if name.startswith("g.lbug")}


def test_a_difference_is_told_and_nothing_is_changed(run, built, tmp_path):
    before = counts(run)
    newer = table(tmp_path / "new", NEWER)
    result = run("diff", "-s", newer, "-g", "g.lbug", "--seen", "2026-02-01")
    assert result.exit_code == 0, result.output
    assert "What mine of 2026-02-01 would change" in result.stdout
    assert "expired" in result.stdout
    told = json.loads(run("diff", "-s", newer, "-g", "g.lbug", "--seen", "2026-02-01", "--json").stdout)
    assert told["added"] == {"director": 1, "genre": 1}
    assert told["expired"] == {"director": 1, "genre": 2}
    assert told["removed_entities"] == 2
    assert counts(run) == before


def test_an_update_does_what_the_difference_said(run, built, tmp_path):
    newer = table(tmp_path / "new", NEWER)
    arguments = ("-s", newer, "-g", "g.lbug", "--seen", "2026-02-01", "--json")
    said = json.loads(run("diff", *arguments).stdout)
    done = run("update", *arguments)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == said
    assert counts(run)["triples"] == {"director": 2, "genre": 2}
    again = json.loads(run("update", *arguments).stdout)
    assert [again[kind] for kind in ("added", "changed", "expired")] == [{}, {}, {}]
    assert "says nothing new" in run("diff", *arguments[:-1]).stdout


def test_what_expired_can_be_kept(run, built, tmp_path):
    newer = table(tmp_path / "new", NEWER)
    run("update", "-s", newer, "-g", "g.lbug", "--seen", "2026-02-01", "--keep-expired")
    assert counts(run)["triples"] == {"director": 3, "genre": 4}


def test_wrong_updates_are_refused(run, built, tmp_path):
    source = table(tmp_path / "old")
    failed(run("update", "-s", source, "-g", "g.lbug", "--seen", "2025-01-01"), 1, "older dump")
    failed(run("update", "-s", source), 2, "--graph")
    failed(run("update", "-s", source, "-g", "no.lbug"), 1, "There is no graph in no.lbug")
    failed(run("update", "-s", source, "-s", source, "-g", "g.lbug"), 2, "Name one source")
    failed(run("update", "-s", source, "-g", "workspace:films"), 2, "belongs to its build", "kg copy")
    assert run("update", "-s", source, "-g", "g.lbug", "--seen", "yesterday").exit_code == 2
    assert not (tmp_path / "no.lbug").exists()


def test_a_graph_is_copied_out_of_a_workspace_and_between_files(run, tmp_path):
    workspace = workspace_with_graph(tmp_path / "w")
    result = run("copy", f"workspace:{workspace.path}", "copy.lbug")
    assert result.exit_code == 0, result.output
    assert f"{len(ENTITIES)} entities and {len(TRIPLES)} triples" in result.stdout
    assert counts(run, "copy.lbug") == json.loads(run("stats", "-w", str(workspace.path), "--json").stdout)
    failed(run("copy", "copy.lbug", "copy.lbug"), 2, "one graph")
    failed(run("copy", f"workspace:{workspace.path}", "copy.lbug"), 1, "--replace")
    assert run("copy", f"workspace:{workspace.path}", "copy.lbug", "--replace").exit_code == 0
    failed(run("copy", "none.lbug", "new.lbug"), 1, "none.lbug")
    assert "new.lbug" not in files(tmp_path)


@pytest.mark.slow
def test_a_graph_that_another_process_writes_can_be_read_and_is_not_written(run, built, tmp_path):
    code = (
        "import sys; from pathlib import Path; from kg.stores.ladybug import LadybugGraph\n"
        "g = LadybugGraph(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read(); g.close()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "g.lbug")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    source = table(tmp_path / "old")
    try:
        assert holder.stdout.readline() == "held\n"
        before = counts(run)
        for command in ("build", "update"):
            failed(run(command, "-s", source, "-g", "g.lbug"), 1, "Another process", "try again")
        assert counts(run) == before
    finally:
        holder.communicate()
    assert run("update", "-s", source, "-g", "g.lbug").exit_code == 0


@pytest.mark.neo4j
@pytest.mark.slow
def test_a_graph_goes_to_neo4j_and_back(run, tmp_path, neo4j_server):
    workspace = workspace_with_graph(tmp_path / "w")
    (tmp_path / "password").write_text(neo4j_server.password)
    given = ("--namespace", "there-and-back", "--password-file", "password")
    assert run("copy", f"workspace:{workspace.path}", neo4j_server.uri, *given).exit_code == 0
    assert run("copy", neo4j_server.uri, "back.lbug", *given).exit_code == 0
    assert counts(run, "back.lbug") == json.loads(run("stats", "-w", str(workspace.path), "--json").stdout)
    there = run("path", "Heat (1995)", "The Insider", "-g", neo4j_server.uri, *given)
    assert there.stdout == run("path", "Heat (1995)", "The Insider", "-g", "back.lbug").stdout
