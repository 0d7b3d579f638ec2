"""Nothing of what was erased is left in the bytes of the store's files."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import numpy as np
import pytest

import recsys.interest_collection
from recsys.interest_collection import InterestCollection, InterestStoreError, wipe_folder
from recsys.interest_files import index_on_disk
from recsys.interests import InterestStore
from tests.recsys.test_interests import opinion, server, server_process, subjects  # noqa: F401 - fixtures
from tests.traces import traces

WORDS = ("zebrafish", "quokkahunt", "mara-quillfeather")


def told(user="mara-quillfeather", subject="zebrafish", minutes=0, **more):
    return opinion(user, subject, minutes, sentence=f"I do love the quokkahunt, {minutes}", **more)


def fill(folder, count):
    """Write many other people's records at once, so that the index goes to disk."""
    kept = InterestCollection.open(folder)
    rng = np.random.default_rng(7)
    for start in range(0, count, 100):
        vectors = rng.normal(size=(100, 384)).astype(np.float32)
        interests = [opinion(f"u{start + k}", "war", start + k, id=f"i{start + k}") for k in range(100)]
        metadatas = [
            {"user": i.user, "interest": i.id, "superseded": False, "json": i.model_dump_json()}
            for i in interests
        ]
        kept._collection.upsert([i.id for i in interests], embeddings=vectors, metadatas=metadatas)
    return kept


def vector_in_index(folder, vector):
    """Whether a vector lies in the files of an index, which keeps each scaled to length 1."""
    for file in folder.rglob("data_level0.bin"):
        data = file.read_bytes()
        size = 4 + 4 * 2 * 16 + 4 * 384 + 8
        rows = len(data) // size
        cells = np.frombuffer(data[: rows * size], dtype=np.uint8).reshape(rows, size)
        found = np.ascontiguousarray(cells[:, 132 : 132 + 1536]).view(np.float32)
        with np.errstate(all="ignore"):
            if np.nanmax(np.nan_to_num(found @ vector)) > 0.9999:
                return True
    return False


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "chroma"


def test_the_words_of_an_erased_person_leave_every_file(folder, encoder):
    store = InterestStore.open(folder, encoder)
    store.add(opinion("bob", "war"))
    for minutes in range(4):
        store.add(told(minutes=minutes, polarity=1 if minutes % 2 else -1))
    assert traces(folder, *WORDS)
    store.forget("mara-quillfeather")
    assert traces(folder, *WORDS) == []
    store.close()
    assert traces(folder, *WORDS) == []


def test_what_the_others_said_is_there_after_a_restart(folder, encoder):
    store = InterestStore.open(folder, encoder)
    store.add(told())
    store.add(opinion("bob", "heist films", sentence="I love bank robberies"))
    store.add(opinion("bob", "gardening", 1, sentence="roses"))
    store.forget("mara-quillfeather")
    store.add(opinion("bob", "comedy", 2))
    store.add(told(minutes=1))
    store.close()
    code = (
        "import sys; from recsys.encoder import Encoder; from recsys.interests import InterestStore;"
        "s = InterestStore.open(sys.argv[1], Encoder());"
        "print([i.subject for i in s.profile('bob').interests], len(s.profile('mara-quillfeather').interests))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['comedy', 'gardening', 'heist films'] 1"
    assert InterestStore.open(folder, encoder).recall("bob", "a robbery", 1)[0].subject == "heist films"


def test_writing_goes_on_when_everything_was_erased_again_and_again(folder, encoder):
    for minutes in range(4):
        store = InterestStore.open(folder, encoder)
        store.add(told(minutes=minutes))
        assert store.recall("mara-quillfeather", "zebrafish")
        assert store.forget("mara-quillfeather") == 1
        assert store.export("mara-quillfeather") == []
        store.close()


@pytest.mark.parametrize("how", ["forget", "correct", "undo"])
def test_the_words_of_one_interest_leave_every_file_and_the_others_stay(folder, encoder, how):
    store = InterestStore.open(folder, encoder)
    store.add(told(subject="aardvark", id="x"))
    store.add(opinion("mara-quillfeather", "war", 1, sentence="war films are for me"))
    if how == "forget":
        store.forget("mara-quillfeather", "x")
    elif how == "correct":
        store.correct("mara-quillfeather", "x", subject="westerns", sentence="")
    else:
        store.undo("mara-quillfeather", "x")
    assert traces(folder, "aardvark", "quokkahunt") == []
    assert traces(folder, "war films are for me")
    assert ("war", 1) in subjects(store, "mara-quillfeather")


def test_the_vector_leaves_an_index_that_was_written_to_disk(folder, encoder):
    store = InterestStore.open(folder, encoder)
    store.add(told())
    kept = fill(folder, 1200)
    assert index_on_disk(folder, str(kept._collection.id))
    vector = encoder.encode(["zebrafish. I do love the quokkahunt, 0"])[0]
    assert vector_in_index(folder, vector)
    store.forget("mara-quillfeather")
    assert not vector_in_index(folder, vector)
    assert traces(folder, *WORDS) == []
    # The other handle finds the collection that took the place of the one it knew.
    assert kept.count() == 1200
    assert subjects(InterestStore.open(folder, encoder), "u77") == [("war", 1)]


def test_in_a_large_store_the_vector_of_one_forgotten_thing_goes_when_it_is_closed(
    folder, encoder, monkeypatch
):
    monkeypatch.setattr(recsys.interest_collection, "_AT_ONCE", 1000)
    store = InterestStore.open(folder, encoder)
    store.add(told(id="x"))
    fill(folder, 1200).close()
    store.forget("mara-quillfeather", "x")
    vector = encoder.encode(["zebrafish. I do love the quokkahunt, 0"])[0]
    assert traces(folder, *WORDS) == []
    assert vector_in_index(folder, vector)
    store.close()
    assert not vector_in_index(folder, vector)
    assert list(folder.glob("vectors-to-clear")) == []


@pytest.mark.parametrize("step", ["copied", "given up"])
def test_clearing_that_was_interrupted_loses_nothing(folder, encoder, step):
    store = InterestStore.open(folder, encoder)
    store.add(opinion("bob", "war"))
    kept = store._kept
    beside = kept._new("interests.cleared")
    rows = kept._collection.get(include=["metadatas", "embeddings"])
    beside.upsert(rows["ids"], embeddings=rows["embeddings"], metadatas=rows["metadatas"])
    if step == "given up":
        kept._client.delete_collection("interests")
    again = InterestStore.open(folder, encoder)
    assert subjects(again, "bob") == [("war", 1)]
    assert [one.name for one in kept._client.list_collections()] == ["interests"]
    assert subjects(store, "bob") == [("war", 1)]


def test_files_that_another_program_keeps_busy_are_said(folder, encoder, monkeypatch):
    monkeypatch.setattr("recsys.interest_files._WAIT", 0.2)
    store = InterestStore.open(folder, encoder)
    store.add(told())
    with closing(sqlite3.connect(folder / "chroma.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT COUNT(*) FROM embeddings").fetchone()
        # It reads: rows can be deleted in the log, but the file cannot be written anew.
        with pytest.raises(InterestStoreError):
            store.forget("mara-quillfeather")
        other.execute("COMMIT")
    store._kept.wipe()
    assert traces(folder, *WORDS) == []


@pytest.mark.slow
def test_a_stopped_servers_folder_is_wiped(server, encoder, tmp_path):  # noqa: F811
    store = InterestStore.open(server, encoder, "interests-one")
    other = InterestStore.open(server, encoder, "interests-two")
    store.add(told())
    store.add(opinion("bob", "war"))
    other.add(opinion("bob", "comedy"))
    store.forget("mara-quillfeather")
    assert store.export("mara-quillfeather") == []
    assert "tastegraph profile wipe" in store.remains
    stopped = tmp_path / "stopped"
    shutil.copytree(tmp_path / "server", stopped)
    # What the words say is so: the server has them until then.
    assert traces(stopped, *WORDS)
    assert wipe_folder(stopped) == 2
    assert traces(stopped, *WORDS) == []
    assert subjects(InterestStore.open(stopped, encoder, "interests-one"), "bob") == [("war", 1)]
    assert subjects(InterestStore.open(stopped, encoder, "interests-two"), "bob") == [("comedy", 1)]


def test_what_was_in_memory_when_an_index_was_made_is_blanked(folder, encoder):
    store = InterestStore.open(folder, encoder)
    store.add(opinion("bob", "war"))
    (file,) = folder.rglob("data_level0.bin")
    assert not any(file.read_bytes())
    file.write_bytes(b"quokkahunt" * 16760)
    store.close()
    store = InterestStore.open(folder, encoder)
    assert subjects(store, "bob") == [("war", 1)]
    file.write_bytes(b"quokkahunt" * 16760)
    store.add(told())
    store.forget("mara-quillfeather")
    assert traces(folder, *WORDS) == []
    assert [i.subject for i in store.recall("bob", "war")] == ["war"]


def test_a_folder_without_a_store_is_said(tmp_path):
    with pytest.raises(InterestStoreError, match="chroma run"):
        wipe_folder(tmp_path)
