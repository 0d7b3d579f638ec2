"""The doctor: right about a workspace that works, and about each way to break one."""

import json
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.settings import Settings
from kg.server.ports import free_port
from tests.ui.samples import small_workspace
from ui.cli import app
from ui.doctor import Check, _dialogues, _tried, healthy, run_checks, table


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


@pytest.mark.slow
def test_a_good_workspace_is_healthy(starter_films: Path):
    checks = run_checks(starter_films, port=0)
    assert [check.name for check in checks if not check.ok] == []
    assert set(by_name(checks)) == {
        "python", "workspace", "encoder", "graph", "models", "vectors", "chat model", "disk", "port"
    }  # fmt: skip
    assert healthy(checks)
    assert "simulated" in by_name(checks)["workspace"].detail


@pytest.mark.slow
@pytest.mark.neo4j
def test_a_server_is_looked_at_without_a_workspace(neo4j_server, tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_GRAPH", neo4j_server.uri)
    monkeypatch.setenv("TASTEGRAPH_NEO4J_USER", neo4j_server.user)
    monkeypatch.setenv("TASTEGRAPH_NEO4J_PASSWORD", neo4j_server.password)
    check = by_name(run_checks(tmp_path / "nowhere", port=0))["neo4j"]
    assert check.ok, check.detail
    assert "Community" in check.detail
    assert "refuses writes" in check.detail
    assert "was not looked at" in check.detail


@pytest.mark.slow
def test_changed_data_is_noticed(starter_films: Path, tmp_path: Path):
    import shutil

    copy = tmp_path / "films"
    shutil.copytree(starter_films, copy)
    table_file = next(copy.glob("builds/*/interactions.parquet"))
    table_file.write_bytes(table_file.read_bytes() + b"x")
    for model in copy.glob("builds/*/models/ease.safetensors"):
        model.unlink()
    checks = by_name(run_checks(copy, port=0))
    assert "SHA-256" in checks["workspace"].detail
    assert not checks["workspace"].ok
    for name in ("graph", "models", "vectors", "chat model"):
        assert not checks[name].ok
        assert checks[name].detail == "not looked at: the workspace is not as it was built"


def test_a_missing_workspace_says_what_to_do(tmp_path: Path):
    checks = by_name(run_checks(tmp_path / "nowhere", port=0))
    assert not checks["workspace"].ok
    assert "tastegraph starter" in checks["workspace"].detail + checks["workspace"].fix
    for name in ("graph", "models", "vectors", "chat model"):
        assert not checks[name].ok
        assert checks[name].detail == "not looked at: there is no workspace"
        assert "tastegraph starter" in checks[name].fix
    assert "neo4j" not in checks
    assert checks["disk"].ok
    assert not healthy(checks.values())


def test_every_failure_says_what_to_do(tmp_path: Path):
    small_workspace(tmp_path / "w")
    checks = run_checks(tmp_path / "w", port=0)
    failed = [check for check in checks if not check.ok]
    assert {"graph", "models", "chat model"} <= {check.name for check in failed}
    assert all(check.fix for check in failed)
    assert "Traceback" not in str(failed)


@pytest.mark.parametrize("workspace", [True, False])
def test_a_chat_model_and_a_graph_that_are_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workspace: bool
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = free.getsockname()[1]
    monkeypatch.setenv("TASTEGRAPH_CHAT_MODEL", "vllm")
    monkeypatch.setenv("TASTEGRAPH_LLM_BASE_URL", f"http://127.0.0.1:{nobody}/v1")
    monkeypatch.setenv("TASTEGRAPH_GRAPH", f"bolt://127.0.0.1:{nobody}")
    if workspace:
        small_workspace(tmp_path / "w")
    checks = by_name(run_checks(tmp_path / "w", port=0))
    assert not checks["chat model"].ok
    assert "builtin" in checks["chat model"].fix
    assert "not looked at" not in checks["chat model"].detail
    assert not checks["neo4j"].ok
    assert "tastegraph kg serve" in checks["neo4j"].fix


def test_a_wrong_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASTEGRAPH_MAX_STEPS", "many")
    checks = by_name(run_checks(tmp_path, port=0))
    assert not checks["settings"].ok
    assert "max_steps" in checks["settings"].detail


def test_a_used_port_is_told_but_fails_nothing(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        check = by_name(run_checks(tmp_path, port=port))["port"]
    assert not check.ok
    assert not check.needed
    assert f"--port {port + 1}" in check.fix


def test_the_command_ends_with_1_and_prints_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["doctor", "--json"])
    assert result.exit_code == 1
    checks = [Check.model_validate(row) for row in json.loads(result.stdout)]
    assert not by_name(checks)["workspace"].ok
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 1


def test_the_table_shows_markup_as_text():
    from rich.console import Console

    console = Console(width=200, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    console.print(table([Check(name="x", ok=False, detail="[red]a[/red]", fix="b")]))
    assert "[red]a[/red]" in console.export_text()


def test_dialogues_on_a_server_are_looked_at(postgres_server, tmp_path):
    workspace = small_workspace(tmp_path / "w")
    assert "answers" in _dialogues(workspace, Settings(dialogues_url=postgres_server.url))
    gone = Settings(dialogues_url=f"postgresql://u:secret@127.0.0.1:{free_port()}/x")
    check = _tried("dialogues", lambda: _dialogues(workspace, gone), "x")
    assert not check.ok
    assert "TASTEGRAPH_DIALOGUES_URL" in check.detail
    assert "secret" not in check.detail
