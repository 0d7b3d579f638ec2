"""Where workspaces live."""

from pathlib import Path

from ui.home import find_workspace, home, new_workspace


def test_the_environment_names_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "there"))
    assert home() == tmp_path / "there"


def test_a_checkout_finds_what_make_chat_built_in_it(tmp_path, monkeypatch):
    monkeypatch.delenv("TASTEGRAPH_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    assert home() != tmp_path / ".tastegraph"
    (tmp_path / ".tastegraph").mkdir()
    assert home() == tmp_path / ".tastegraph"
    assert find_workspace(None) == tmp_path / ".tastegraph" / "workspaces" / "films"
    assert new_workspace("ml-1m") == tmp_path / ".tastegraph" / "workspaces" / "ml-1m"


def test_a_path_stays_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    assert new_workspace("./ml-1m") == Path.cwd() / "ml-1m"
