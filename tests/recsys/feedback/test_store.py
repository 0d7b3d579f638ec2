import threading
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from recsys.catalogue import INTERACTION_SCHEMA, Catalogue
from recsys.feedback.events import (
    PERSON_PREFIX,
    Event,
    as_interactions,
    feedback_interactions,
    person_name,
    without_feedback,
)
from recsys.feedback.store import FeedbackStore, FeedbackStoreError
from recsys.interactions import meetings
from recsys.schema import Item
from recsys.workspace import create_workspace

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(user: str, item: str, kind: str = "like", value: float = 1.0, minute: int = 0) -> Event:
    return Event(user=user, item=item, kind=kind, value=value, time=START + timedelta(minutes=minute))


@pytest.fixture
def store(tmp_path):
    found = FeedbackStore.open(tmp_path)
    yield found
    found.close()


def test_events_come_back_as_they_were_oldest_first_and_one_persons_only(store):
    first, second = event("ada", "a", "rating", 4.5, minute=5), event("ada", "b", minute=1)
    for one in (first, second, event("bob", "a")):
        store.add(one)
    assert store.events("ada") == [second, first]
    assert store.events("ad") == store.events("ada%") == []


def test_the_same_event_twice_counts_once_and_another_person_may_have_its_id(store):
    one = event("ada", "a")
    store.add(one)
    store.add(one.model_copy(update={"kind": "dislike"}))
    store.add(one.model_copy(update={"user": "bob"}))
    assert [e.kind for e in store.events("ada")] == ["like"]
    assert len(store.events("bob")) == 1


def test_events_outlive_the_process_and_are_the_owners_only(tmp_path):
    store = FeedbackStore.open(tmp_path)
    store.add(event("ada", "a"))
    store.close()
    assert (tmp_path / "feedback.sqlite").stat().st_mode & 0o077 == 0
    again = FeedbackStore.open(tmp_path)
    assert len(again.events("ada")) == 1
    again.close()


def test_what_is_erased_is_gone_from_the_bytes_too(store, tmp_path):
    store.add(event("ada-lovelace", "a"))
    store.add(event("bob", "a"))
    store.put_state("ada-lovelace", '{"learned": "ada-secret"}')
    assert store.forget("ada-lovelace") == 1
    assert store.events("ada-lovelace") == []
    assert store.state("ada-lovelace") is None
    assert len(store.events("bob")) == 1
    store.close()
    assert b"ada-" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_one_item_can_be_forgotten_and_takes_what_was_learned_with_it(store):
    store.add(event("ada", "a"))
    store.add(event("ada", "b"))
    store.put_state("ada", "x")
    assert store.forget("ada", "nothing") == 0
    assert store.state("ada") == "x"
    assert store.forget("ada", "a") == 1
    assert [e.item for e in store.events("ada")] == ["b"]
    assert store.state("ada") is None


def test_export_is_everything_of_one_person(store):
    store.add(event("ada", "a"))
    store.put_state("ada", "x")
    told = store.export("ada")
    assert [e["item"] for e in told["events"]] == ["a"]
    assert told["state"] == "x"
    assert store.export("bob") == {"events": [], "state": None}


def test_threads_may_share_it(store):
    def work(name: str) -> None:
        for k in range(20):
            store.add(event(name, f"i{k}", minute=k))

    threads = [threading.Thread(target=work, args=(f"u{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(store.events(f"u{k}")) for k in range(4)] == [20] * 4


def test_a_damaged_file_says_what_to_do(tmp_path):
    (tmp_path / "feedback.sqlite").write_bytes(b"this is no database, and long enough to be read as one" * 20)
    with pytest.raises(FeedbackStoreError, match="cannot be read or written"):
        FeedbackStore.open(tmp_path)


def table(*rows: tuple[str, str, float, int | None, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INTERACTION_SCHEMA, orient="row")


RATED = table(
    ("u", "a", 0.5, None, "rating"), ("u", "b", 5.0, None, "rating"), ("v", "b", 4.0, None, "rating")
)
BOUGHT = table(("u", "a", 1.0, 3, "buy"), ("u", "b", 1.0, 4, "buy"), ("v", "b", 1.0, 5, "view"))


def test_among_ratings_verdicts_become_ratings_and_the_last_one_counts():
    events = [event("ada", "a"), event("ada", "b", "dislike"), event("ada", "c", "rating", 3.0)]
    events += [
        event("ada", "d", "opinion", 0.5),
        event("ada", "a", "rating", 9.0, minute=5),
        event("ada", "e", "skip"),
    ]
    rows = as_interactions(events, RATED, "w")
    assert dict(zip(rows["item"], rows["value"], strict=True)) == {"a": 5.0, "b": 0.5, "c": 3.0, "d": 3.875}
    assert rows.schema == RATED.schema
    assert set(rows["scene"]) == {"rating"}
    assert sorted(meetings(pl.concat([RATED, rows])).filter(pl.col("user") != "u")["item"]) == ["a", "b", "d"]


def test_among_purchases_only_what_was_liked_is_a_meeting():
    events = [
        event("ada", "a"),
        event("ada", "b", "dislike"),
        event("ada", "c", "rating", 2.0),
        event("ada", "d", "seen"),
    ]
    rows = as_interactions(events, BOUGHT, "w")
    assert rows.select("item", "value", "scene").rows() == [("a", 1.0, "buy")]


def test_people_are_named_by_a_hash_that_differs_between_workspaces():
    rows = as_interactions([event("ada", "a")], RATED, "w")
    name = rows["user"][0]
    assert name == person_name("ada", "w") != person_name("ada", "other")
    assert name.startswith(PERSON_PREFIX)
    assert "ada" not in name
    assert without_feedback(pl.concat([RATED, rows])).equals(RATED)


def test_a_workspace_gives_its_peoples_events_and_none_where_nobody_said_anything(tmp_path):
    items = [Item(id=name, title=name) for name in ("a", "b")]
    workspace = create_workspace(tmp_path / "w", Catalogue("T", "films", "t", items, RATED), [], seed=0)
    assert feedback_interactions(workspace).is_empty()
    assert not (workspace.people_dir / "feedback.sqlite").exists()
    store = FeedbackStore.open(workspace.people_dir)
    store.add(event("ada", "a"))
    store.close()
    rows = feedback_interactions(workspace)
    assert rows["item"].to_list() == ["a"]
    assert rows["user"][0] == person_name("ada", workspace.id)
