"""Guests, their secret, and what a browser may send."""

import stat
from pathlib import Path

import pytest

from recsys.errors import TastegraphError
from tests.ui.samples import INSIDER, small_workspace
from ui.home import find_workspace, home, new_workspace, secret, starter_path, workspaces_at_home
from ui.render import Answer
from ui.sessions import Dialogue, Guests, remembered


def test_the_secret_survives_and_is_the_owners_only(tmp_path):
    first = secret(tmp_path / "home")
    assert len(first) == 32
    assert secret(tmp_path / "home") == first
    assert stat.S_IMODE((tmp_path / "home" / "secret").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "home").iterdir()] == ["secret"]
    assert secret(tmp_path / "other") != first


def test_a_damaged_secret_is_a_sentence(tmp_path):
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(TastegraphError, match="Delete it"):
        secret(tmp_path)


def test_a_token_is_known_again_after_a_restart_and_cannot_be_made_up():
    token = Guests(b"s" * 32).new()
    user = Guests(b"s" * 32).user(token)
    assert user is not None
    assert user.startswith("guest-")
    assert Guests(b"t" * 32).user(token) is None
    name, _, signature = token.partition(".")
    for forged in (
        name,
        f"{name}.",
        f"{name}x.{signature}",
        f"guest-1.{signature}",
        "",
        None,
        7,
        "ä" * 40,
        "x" * 999,
    ):
        assert Guests(b"s" * 32).user(forged) is None


def test_the_page_does_not_carry_the_key_of_the_tokens():
    secret_bytes = b"s" * 32
    forged = Guests(Guests(secret_bytes).storage_secret.encode()).new()
    assert Guests(secret_bytes).user(forged) is None
    assert Guests(secret_bytes).storage_secret == Guests(secret_bytes).storage_secret


def test_only_well_formed_parts_of_the_browsers_state_count():
    kept = remembered(
        {"guest": "a.b", "catalogue": 3, "threads": {"films": "t-1", "shop": "../x", "x": 5, "y": "z" * 65}}
    )
    assert kept == {"guest": "a.b", "threads": {"films": "t-1"}}
    assert remembered(None) == {}
    assert remembered("x") == {}
    assert remembered({"threads": []}) == {"threads": {}}


def test_a_dialogue_knows_the_cards_it_shows():
    dialogue = Dialogue(answers=[Answer(question="q", cards=(INSIDER,))])
    assert dialogue.shows("film:the-insider")
    assert not dialogue.shows("film:heat")
    dialogue.restart()
    assert not dialogue.shows("film:the-insider")
    assert dialogue.thread.startswith("t-")


def test_home_comes_from_the_environment_and_films_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    assert home() == tmp_path
    assert find_workspace(None) == tmp_path / "workspaces" / "films" == starter_path("films")
    assert workspaces_at_home() == []
    for name in ("shop", "films", "anything"):
        small_workspace(tmp_path / "workspaces" / name)
    assert [path.name for path in workspaces_at_home()] == ["films", "anything", "shop"]
    monkeypatch.chdir(tmp_path)
    assert find_workspace("shop") == tmp_path / "workspaces" / "shop"
    assert find_workspace("elsewhere") == tmp_path / "elsewhere"


def test_a_bare_name_is_a_workspace_at_home_and_anything_else_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    at_home = tmp_path / "home" / "workspaces"
    small_workspace(at_home / "ml-1m")
    (tmp_path / "ml-1m").mkdir()
    assert find_workspace("ml-1m") == new_workspace("ml-1m") == at_home / "ml-1m"
    assert find_workspace("./ml-1m") == new_workspace("./ml-1m") == tmp_path / "ml-1m"
    assert new_workspace("new") == at_home / "new"
    for path in ("..", "a/b", str(tmp_path / "c"), "~/d"):
        assert find_workspace(path) == new_workspace(path) == Path(path).expanduser().resolve()
