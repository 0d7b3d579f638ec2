"""Who gets in: the rule for addresses, passwords, and sessions with their attempts."""

import json
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from typer.testing import CliRunner

from tests.ui.walled import SECRET, WORDS, known
from ui.access import AccessError, Passwords, StoredPassword, binding
from ui.api.keys import KeyStore
from ui.cli import app as command
from ui.sign_in import SignIn, TooManyAttempts, network
from ui.web import bind

__all__ = ["known"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_HOME", str(tmp_path))
    return tmp_path


# --- the rule for addresses ----------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.2"])
def test_this_machine_asks_nobody(host):
    found = binding(host, passwords=False, keys=False)
    assert not found.login
    assert "open to this machine" in found.words()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_another_address_is_refused_with_the_lines_that_open_it(host):
    with pytest.raises(AccessError) as refused:
        binding(host, passwords=False, keys=False)
    assert "tastegraph password set NAME" in str(refused.value)
    assert "tastegraph keys create NAME" in str(refused.value)


@pytest.mark.parametrize(
    ("passwords", "keys", "said"),
    [
        (
            True,
            False,
            "The page asks for a login; the API is closed (to open it: tastegraph keys create NAME).",
        ),
        (
            False,
            True,
            "The page is closed (to open it: tastegraph password set NAME); the API asks for a key.",
        ),
        (True, True, "The page asks for a login; the API asks for a key."),
    ],
)
def test_with_a_password_or_a_key_it_says_what_can_be_reached(passwords, keys, said):
    found = binding("0.0.0.0", passwords, keys)
    assert found.login
    assert (found.page, found.api) == (passwords, keys)
    assert found.words() == said


def test_a_login_can_be_asked_for_on_this_machine_and_needs_somebody_who_has_one():
    assert binding("127.0.0.1", passwords=True, keys=False, login=True).login
    with pytest.raises(AccessError, match="password set"):
        binding("127.0.0.1", passwords=False, keys=False, login=True)


def test_serving_to_others_is_refused_by_the_command(home):
    result = CliRunner().invoke(command, ["serve", "--host", "0.0.0.0"])
    assert result.exit_code == 1
    assert "tastegraph password set NAME" in result.output
    with pytest.raises(Exception, match="without a login is refused"):
        bind("0.0.0.0", 0)


# --- passwords -----------------------------------------------------------------------------------------------


def test_a_password_is_kept_as_a_salted_hash_that_only_its_owner_can_read(tmp_path):
    passwords = Passwords(tmp_path)
    passwords.set("ann", WORDS)
    passwords.set("bob", WORDS)
    kept = json.loads(passwords.file.read_text())["people"]
    assert WORDS not in passwords.file.read_text()
    assert kept["ann"]["salt"] != kept["bob"]["salt"]
    assert kept["ann"]["digest"] != kept["bob"]["digest"]
    assert stat.S_IMODE(passwords.file.stat().st_mode) == 0o600
    assert 128 * kept["ann"]["n"] * kept["ann"]["r"] == 32 * 2**20
    assert passwords.names() == ["ann", "bob"]
    assert passwords.check("ann", WORDS)
    assert not passwords.check("ann", WORDS + " ")
    assert not passwords.check("eve", WORDS)
    assert list(tmp_path.iterdir()) == [passwords.file]


def test_hashes_are_scrypts_own():
    # RFC 7914, section 12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1), here with a salt of 16 bytes.
    import hashlib

    stored = StoredPassword(salt="00" * 16, digest="0" * 64, n=2**14, r=8, p=1)
    expected = hashlib.scrypt(b"pleaseletmein", salt=bytes(16), n=2**14, r=8, p=1, dklen=32)
    assert stored.hash("pleaseletmein") == expected.hex()


def test_a_name_that_nobody_has_takes_as_long(tmp_path):
    passwords = Passwords(tmp_path)
    passwords.set("ann", WORDS)

    def seconds(name):
        began = time.perf_counter()
        passwords.check(name, "a wrong one")
        return time.perf_counter() - began

    known = min(seconds("ann") for _ in range(3))
    unknown = min(seconds("nobody") for _ in range(3))
    assert 0.4 < unknown / known < 2.5


@pytest.mark.parametrize("name", ["", "guest-12", "key-12", "../ann", "a b", "-ann", "a" * 65, "ann\n"])
def test_a_name_that_could_be_somebody_else_is_refused(tmp_path, name):
    with pytest.raises(AccessError, match="Choose another"):
        Passwords(tmp_path).set(name, WORDS)


@pytest.mark.parametrize("password", ["short", "x" * 257, "annabellelee1"])
def test_a_weak_password_is_refused(tmp_path, password):
    with pytest.raises(AccessError):
        Passwords(tmp_path).set("annabellelee", password)


def test_a_broken_file_lets_nobody_in(tmp_path):
    passwords = Passwords(tmp_path)
    passwords.file.write_text('{"people": {"ann": {"salt": ""}}}')
    with pytest.raises(AccessError, match="tastegraph password set NAME"):
        passwords.check("ann", "")


def test_the_commands(home):
    run = CliRunner().invoke
    assert "tastegraph password set NAME" in run(command, ["password", "list"]).output
    done = run(command, ["password", "set", "ann", "--stdin"], input=WORDS + "\n")
    assert done.exit_code == 0, done.output
    assert WORDS not in done.output
    assert Passwords.at_home().check("ann", WORDS)
    asked = run(command, ["password", "set", "bob"], input=f"{WORDS}\n{WORDS}\n")
    assert asked.exit_code == 0, asked.output
    assert WORDS not in asked.output
    assert json.loads(run(command, ["password", "list", "--json"]).output) == ["ann", "bob"]
    assert run(command, ["password", "remove", "bob"]).exit_code == 0
    again = run(command, ["password", "remove", "bob"])
    assert again.exit_code == 1
    assert "bob has no password" in again.output


# --- sessions and attempts -----------------------------------------------------------------------------------


def test_a_session_ends_with_time_and_with_its_password(tmp_path):
    passwords = Passwords(tmp_path)
    passwords.set("ann", WORDS)
    sign_in = SignIn(passwords, SECRET)
    token = sign_in.enter("ann", WORDS, "10.0.0.1")
    assert sign_in.person(token) == "ann"
    assert sign_in.person("made up") is None
    passwords.set("ann", "another long password")
    assert sign_in.person(token) is None
    brief = SignIn(passwords, SECRET, lifetime=0.0)
    assert brief.person(brief.enter("ann", "another long password", "10.0.0.1")) is None


def test_after_five_wrong_passwords_the_right_one_has_to_wait(known, caplog):
    sign_in = SignIn(known, SECRET)
    for _ in range(5):
        assert sign_in.enter("ann", "wrong", "10.0.0.1") is None
    with pytest.raises(TooManyAttempts) as wait:
        sign_in.enter("ann", WORDS, "10.0.0.1")
    assert 0 < wait.value.seconds <= 300
    assert sign_in.enter("ann", WORDS, "10.0.0.2")
    assert sign_in.enter("bob", WORDS + " too", "10.0.0.1")
    assert "wrong" not in caplog.text
    assert "ann" not in caplog.text


def test_attempts_at_the_same_moment_are_counted(known):
    sign_in = SignIn(known, SECRET)

    def attempt(_):
        try:
            return sign_in.enter("ann", "wrong", "10.0.0.9")
        except TooManyAttempts:
            return "refused"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(12)))
    assert results.count(None) == 5


def test_an_ipv6_network_is_one_place():
    assert network("2001:db8::1") == network("2001:db8::2:1") != network("2001:db8:1::1")
    assert network("::ffff:10.0.0.1") == "10.0.0.1"
    assert network("testclient") == "unknown"


def test_keys_of_this_home_open_the_api(home):
    assert not KeyStore.at_home().exist()
    KeyStore.at_home().create("site")
    assert binding("0.0.0.0", False, KeyStore.at_home().exist()).api
