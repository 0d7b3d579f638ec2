"""Keys: made once, kept as digests, looked at in constant time, gone at once."""

import hmac
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from ui.api.keys import USUAL_SCOPES, KeyStore, KeyStoreError, Scope
from ui.cli import app

run = CliRunner().invoke


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    return tmp_path


def test_a_key_is_shown_once_and_kept_as_a_digest(tmp_path):
    store = KeyStore(tmp_path / "keys")
    assert not store.exist()
    key, token = store.create("site")
    assert store.exist()
    assert store.find(token) == key
    assert (key.user, key.scopes) == (f"key-{key.id}", USUAL_SCOPES)
    file = tmp_path / "keys" / f"{key.id}.json"
    assert token.removeprefix(f"tg_{key.id}_") not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_what_is_no_key_finds_nothing_and_is_compared_all_the_same(tmp_path, monkeypatch):
    store = KeyStore(tmp_path)
    key, token = store.create("site")
    compared = []
    same = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append((a, b)) or same(a, b))
    other = "A" if token[-1] != "A" else "B"
    tries = [
        token[:-1] + other,
        token.replace(key.id, "0" * 12),
        f"tg_../../{key.id}_{'x' * 43}",
        "",
        "tg_\ud800",
        token + " ",
    ]
    assert [store.find(one) for one in tries] == [None] * len(tries)
    assert len(compared) == len(tries)


def test_a_revoked_or_expired_key_says_so(tmp_path):
    store = KeyStore(tmp_path)
    key, token = store.create("site", lasts=timedelta(hours=1))
    now = datetime.now(UTC)
    assert (key.state(now), key.state(now + timedelta(hours=2))) == ("valid", "expired")
    store.revoke("site")
    assert store.find(token).state(now) == "revoked"
    assert store.exist()
    with pytest.raises(KeyStoreError, match="no such key"):
        store.revoke("site")
    assert store.create("site")[0].id != key.id


@pytest.mark.parametrize(
    "options",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"name": "x", "user": "ann:bob"},
        {"name": "x", "user": ""},
        {"name": "x", "rate": "often"},
        {"name": "x", "scopes": ()},
        {"name": "taken"},
    ],
)
def test_what_cannot_be_used_is_refused(tmp_path, options):
    store = KeyStore(tmp_path)
    store.create("taken")
    with pytest.raises(KeyStoreError):
        store.create(**options)
    assert len(store.all()) == 1


def test_a_broken_file_is_an_error_and_not_an_open_door(tmp_path):
    store = KeyStore(tmp_path)
    key, token = store.create("site")
    (tmp_path / f"{key.id}.json").write_text("{}")
    assert store.exist()
    with pytest.raises(KeyStoreError, match="make the key anew"):
        store.find(token)


def test_the_command_makes_lists_and_revokes(home):
    made = run(app, ["keys", "create", "site", "--scope", "chat", "--scope", "act_as", "--expires", "90d"])
    assert made.exit_code == 0, made.output
    token = made.stdout.strip().splitlines()[-1]
    key = KeyStore.at_home().find(token)
    assert key.scopes == (Scope.CHAT, Scope.ACT_AS)
    assert key.expires - key.created == timedelta(days=90)
    listed = json.loads(run(app, ["keys", "list", "--json"]).stdout)
    assert [(one["name"], one["state"], "digest" in one) for one in listed] == [("site", "valid", False)]
    assert run(app, ["keys", "revoke", "site"]).exit_code == 0
    assert "revoked" in run(app, ["keys", "list"]).stdout
    assert token.rpartition("_")[2] not in run(app, ["keys", "list", "--json"]).stdout
    described = json.loads(
        run(app, ["keys", "create", "two", "--user", "ann", "--rate", "5/second", "--json"]).stdout
    )
    assert (described["user"], described["rate"]) == ("ann", "5/second")
    assert KeyStore.at_home().find(described["key"]).name == "two"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "x", "--scope", "everything"], 2, "There is no scope 'everything'"),
        (["create", "x", "--expires", "soon"], 2, "12h, 90d, 4w"),
        (["create", "x", "--rate", "much"], 1, "60/minute"),
        (["revoke", "nobody"], 1, "tastegraph keys list"),
    ],
)
def test_the_command_says_what_to_do(home, arguments, code, said):
    result = run(app, ["keys", *arguments])
    assert result.exit_code == code
    assert said in " ".join(result.stderr.split())
