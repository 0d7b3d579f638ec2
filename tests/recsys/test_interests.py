import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.context import open_interests
from agent.settings import Settings
from kg.server.ports import free_port
from recsys.catalogue import Catalogue
from recsys.interest_collection import InterestCollection
from recsys.interests import InterestStore, InterestStoreError, UnknownInterestError
from recsys.schema import Interest, Item
from recsys.workspace import Workspace, create_workspace
from tests.parts import need

START = datetime(2026, 1, 1, tzinfo=UTC)


def opinion(user, subject, minutes=0, polarity=1, **more):
    values = {"facet": "genre", "kind": "stated", "id": f"{subject}-{minutes}", **more}
    return Interest(
        user=user, subject=subject, polarity=polarity, time=START + timedelta(minutes=minutes), **values
    )


@pytest.fixture
def store(tmp_path, encoder):
    return InterestStore.open(tmp_path / "chroma", encoder)


def subjects(store, user):
    return [(i.subject, i.polarity) for i in store.profile(user).interests]


def test_a_profile_is_newest_first(store):
    for minutes, subject in enumerate(("crime", "comedy", "war")):
        store.add(opinion("ann", subject, minutes))
    assert subjects(store, "ann") == [("war", 1), ("comedy", 1), ("crime", 1)]
    assert store.profile("bob").interests == ()


def test_an_interest_comes_back_as_it_went_in(store):
    interest = opinion(
        "ann", "Heat", facet="item", subject_id="film:heat", strength=0.25, sentence="Loved it; été 🙂"
    )
    store.add(interest)
    assert store.profile("ann").interests == (interest,)


def test_a_newer_opinion_wins_and_the_older_is_kept(store):
    store.add(opinion("ann", "Horror", 0, 1))
    store.add(opinion("ann", "horror ", 5, -1))
    assert subjects(store, "ann") == [("horror ", -1)]
    assert [(row["polarity"], row["superseded"]) for row in store.export("ann")] == [(-1, False), (1, True)]


def test_an_older_opinion_that_arrives_late_does_not_win(store):
    store.add(opinion("ann", "horror", 5, -1))
    store.add(opinion("ann", "horror", 0, 1))
    assert subjects(store, "ann") == [("horror", -1)]
    assert len(store.export("ann")) == 2


def test_having_seen_something_is_no_opinion_of_it(store):
    store.add(opinion("ann", "Heat", 0, -1, facet="item", subject_id="film:heat", kind="disliked"))
    store.add(opinion("ann", "Heat", 1, 1, facet="item", subject_id="film:heat", kind="seen"))
    profile = store.profile("ann")
    assert profile.disliked == ("film:heat",)
    assert profile.item_ids("seen") == ("film:heat",)


def test_one_subject_of_two_people_is_two_opinions(store):
    store.add(opinion("ann", "horror", 0, 1, id="same"))
    store.add(opinion("bob", "horror", 1, -1, id="same"))
    assert subjects(store, "ann") == [("horror", 1)]
    assert subjects(store, "bob") == [("horror", -1)]


def test_recall_is_by_meaning_and_within_one_person(store):
    for minutes, (subject, sentence) in enumerate(
        [
            ("heist films", "I love bank robberies"),
            ("musicals", "songs make me happy"),
            ("gardening", "roses"),
        ]
    ):
        store.add(opinion("ann", subject, minutes, facet="text", sentence=sentence))
    store.add(opinion("bob", "robbery", facet="text", sentence="a robbery, a robbery"))
    found = store.recall("ann", "a film about a robbery", 2)
    assert found[0].subject == "heist films"
    assert {i.user for i in found} == {"ann"}
    assert len(found) == 2
    assert store.recall("nobody", "robbery", 5) == []
    assert store.recall("ann", "robbery", 0) == []


def test_what_was_replaced_is_not_recalled(store):
    store.add(opinion("ann", "horror", 0, 1))
    store.add(opinion("ann", "horror", 1, -1))
    assert [i.polarity for i in store.recall("ann", "horror", 5)] == [-1]


def test_correcting_changes_what_is_given_only(store):
    store.add(opinion("ann", "horror", id="x", sentence="I like horror"))
    assert store.correct("ann", "x", polarity=-1, strength=0.5).sentence == "I like horror"
    (now,) = store.profile("ann").interests
    assert (now.polarity, now.strength, now.id) == (-1, 0.5, "x")


def test_correcting_the_subject_drops_the_old_link(store):
    store.add(opinion("ann", "Heat", id="x", facet="item", subject_id="film:heat"))
    assert store.correct("ann", "x", subject="Ronin").subject_id is None
    assert subjects(store, "ann") == [("Ronin", 1)]


def test_nobody_corrects_or_forgets_for_another(store):
    store.add(opinion("ann", "horror", id="x"))
    for call in (lambda: store.correct("bob", "x", polarity=-1), lambda: store.forget("bob", "x")):
        with pytest.raises(UnknownInterestError):
            call()
    assert store.forget("bob") == 0
    assert subjects(store, "ann") == [("horror", 1)]


def test_a_wrong_correction_changes_nothing(store):
    store.add(opinion("ann", "horror", id="x"))
    with pytest.raises(ValueError, match="strength"):
        store.correct("ann", "x", strength=7.0)
    assert store.profile("ann").interests[0].strength == 1.0


def test_forgetting_one_forgets_what_it_replaced(store):
    store.add(opinion("ann", "horror", 0, 1, id="old"))
    store.add(opinion("ann", "horror", 1, -1, id="new"))
    store.add(opinion("ann", "war", 2, id="other"))
    assert store.forget("ann", "new") == 2
    assert [row["id"] for row in store.export("ann")] == ["other"]


def test_forgetting_everything_leaves_nothing_of_one_person_only(store):
    for user in ("ann", "bob"):
        store.add(opinion(user, "horror", 0, 1))
        store.add(opinion(user, "horror", 1, -1))
    assert store.forget("ann") == 2
    assert store.export("ann") == []
    assert len(store.export("bob")) == 2


def test_another_process_finds_what_was_said(tmp_path, encoder):
    folder = tmp_path / "chroma"
    InterestStore.open(folder, encoder).add(opinion("ann", "horror"))
    code = (
        "import sys; from pathlib import Path; from recsys.encoder import Encoder;"
        "from recsys.interests import InterestStore;"
        "s = InterestStore.open(Path(sys.argv[1]), Encoder());"
        "print([i.subject for i in s.profile('ann').interests])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['horror']"


def fifty_people_at_once(store):
    wrong: list[str] = []

    def live(user: str) -> None:
        for k in range(3):
            store.add(opinion(user, f"{user} likes {k}", k, facet="text", id=f"i{k}"))
            seen = {i.user for i in (*store.profile(user).interests, *store.recall(user, "likes", 9))}
            if seen != {user}:
                wrong.append(user)
        store.add(opinion(user, f"{user} likes 0", 20, -1, facet="text", id="again"))
        if store.forget(user, "i2") != 1 or len(store.profile(user).interests) != 2:
            wrong.append(user)

    threads = [threading.Thread(target=live, args=(f"user{k}",)) for k in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    for k in range(50):
        rows = store.export(f"user{k}")
        assert len(rows) == 3
        assert {row["user"] for row in rows} == {f"user{k}"}
        assert sum(row["superseded"] for row in rows) == 1


@pytest.mark.slow
def test_fifty_people_at_once_see_nothing_of_each_other(store):
    fifty_people_at_once(store)


def test_hostile_user_names_are_only_names(store):
    names = ["ann", "ann' OR '1'='1", "$ne", "*", "", '{"$ne": ""}', "ann\x00", "Ann"]
    for name in names:
        store.add(opinion(name, f"of {name!r}"))
    for name in names:
        assert [i.subject for i in store.profile(name).interests] == [f"of {name!r}"]


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_folder_is_said_each_time_and_opens_once_it_is_put_back(tmp_path, damage):
    folder = tmp_path / "interests"
    InterestCollection.open(folder).close()
    file = folder / "chroma.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage == "cut" else b"\xde\xad" * 40_000 + whole[80_000:])
    for _ in range(3):
        with pytest.raises(InterestStoreError, match="can be moved away"):
            InterestCollection.open(folder)
    file.write_bytes(whole)
    again = InterestCollection.open(folder)
    assert again.count() == 0
    again.close()


@pytest.fixture
def small_disk(tmp_path):
    """Return a folder on a file system of its own, of 16 MiB; mounting one takes root."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], check=False)
    need(mounted.returncode == 0, "A small file system", "sudo make test (mounting one takes root)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_is_said_and_nothing_waits_when_there_is_room_again(small_disk, encoder):
    store = InterestStore.open(small_disk / "interests", encoder)
    store.add(opinion("ann", "crime"))
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        while stream.write(b"\0" * 65536):
            pass
    for change in (lambda: store.add(opinion("ann", "war")), lambda: store.forget("ann")):
        with pytest.raises(InterestStoreError, match="Make room"):
            change()
    assert subjects(store, "ann") == [("crime", 1)]
    ballast.unlink()
    store.add(opinion("ann", "war"))
    assert len(subjects(store, "ann")) == 2


def test_a_server_that_is_not_there_says_what_to_do(encoder):
    with pytest.raises(InterestStoreError, match="chroma run"):
        InterestStore.open(f"http://127.0.0.1:{free_port()}", encoder)


@pytest.fixture
def server_process(tmp_path):
    port = free_port()
    command = Path(sys.executable).with_name("chroma")
    environment = os.environ | {"ANONYMIZED_TELEMETRY": "False"}
    arguments = [command, "run", "--path", tmp_path / "server", "--host", "127.0.0.1", "--port", str(port)]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            arguments, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=tmp_path
        )
        try:
            deadline = time.monotonic() + 60
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}", process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(20)


@pytest.fixture
def server(server_process):
    return server_process[0]


@pytest.mark.slow
def test_a_server_that_is_frozen_holds_nobody_up(server_process, encoder, monkeypatch):
    monkeypatch.setattr("recsys.interest_collection.SERVER_SECONDS", 1.0)
    url, process = server_process
    store = InterestStore.open(url, encoder)
    store.add(opinion("ann", "crime"))
    process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    with pytest.raises(InterestStoreError, match="does not answer"):
        store.profile("ann")
    assert time.monotonic() - began < 10
    process.send_signal(signal.SIGCONT)
    assert subjects(store, "ann") == [("crime", 1)]


@pytest.mark.slow
def test_a_chroma_server_keeps_the_same_promises(server, encoder):
    store = InterestStore.open(server, encoder)
    fifty_people_at_once(store)
    assert len(InterestStore.open(server, encoder).export("user3")) == 3


@pytest.mark.slow
def test_workspaces_that_share_a_server_do_not_share_interests(server, encoder):
    ours = InterestStore.open(server, encoder, "interests-one")
    theirs = InterestStore.open(server, encoder, "interests-two")
    ours.add(opinion("ann", "horror"))
    assert subjects(theirs, "ann") == []
    assert theirs.forget("ann") == 0
    assert subjects(InterestStore.open(server, encoder, "interests-one"), "ann") == [("horror", 1)]


@pytest.mark.slow
def test_the_agent_opens_each_workspaces_own_interests_on_a_server(server, encoder, tmp_path):
    settings = Settings(chroma_url=server)
    one, two = (
        create_workspace(tmp_path / name, Catalogue("T", "films", "t", [Item(id="a", title="A")]), [], 0)
        for name in ("one", "two")
    )
    open_interests(one, settings, encoder).add(opinion("ann", "horror"))
    assert subjects(open_interests(two, settings, encoder), "ann") == []
    again = open_interests(Workspace.open(one.path), settings, encoder)
    assert subjects(again, "ann") == [("horror", 1)]
