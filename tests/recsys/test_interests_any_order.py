"""Whatever people say, correct, take back and erase, in whatever order: each has exactly their own, newest first."""

import uuid
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recsys.interests import InterestStore
from recsys.schema import Interest
from recsys.taste import subject_key

PEOPLE = ["ann", "ann ", "Ann", "ann' OR '1'='1", '{"$ne": ""}']
SUBJECTS = ["horror", "Horror films", "war", "the war genre", "rain"]
START = datetime(2026, 1, 1, tzinfo=UTC)


class Lengths:
    """Vectors without a model: what is recalled first is tested elsewhere."""

    def encode(self, texts):
        vectors = np.ones((len(texts), 384), dtype=np.float32)
        vectors[:, 0] += [len(text) for text in texts]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = InterestStore.open(tmp_path_factory.mktemp("any"), Lengths())
    yield opened
    opened.close()


step = st.tuples(
    st.sampled_from(["say", "say", "say", "undo", "forget", "correct", "erase"]),
    st.sampled_from(PEOPLE),
    st.sampled_from(SUBJECTS),
    st.sampled_from([-1, 1]),
    st.sampled_from(["default", "kids"]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, max_size=14))
def test_any_order_leaves_each_person_their_own(store, steps):
    for user in PEOPLE:
        store.forget(user)
    # Of each person, subject by subject, the opinions that they hold and held, oldest first.
    model: dict[str, dict[tuple, list[Interest]]] = {user: {} for user in PEOPLE}
    for number, (what, user, subject, polarity, scene) in enumerate(steps):
        one = Interest(
            id=uuid.uuid4().hex, user=user, subject=subject, facet="text", polarity=polarity, scene=scene,
            sentence=f"{user} says {subject}", time=START + timedelta(minutes=number),
        )  # fmt: skip
        mine, key = model[user], subject_key(one)
        if what == "say":
            store.add(one)
            mine.setdefault(key, []).append(one)
        elif what == "erase":
            assert store.forget(user) == sum(map(len, mine.values()))
            mine.clear()
        elif mine.get(key):
            current = mine[key][-1]
            if what == "undo":
                before = store.undo(user, current.id)
                mine[key].pop()
                assert before == (mine[key][-1] if mine[key] else None)
            elif what == "forget":
                assert store.forget(user, current.id) == len(mine[key])
                del mine[key]
            else:
                mine[key][-1] = store.correct(user, current.id, polarity=polarity, sentence="")
    for user, mine in model.items():
        expected = sorted(
            (opinions[-1] for opinions in mine.values() if opinions), key=lambda i: i.time, reverse=True
        )
        assert list(store.profile(user).interests) == expected
        assert {one.user for one in store.recall(user, "horror", 50)} <= {user}
        everything = [one.id for opinions in mine.values() for one in opinions]
        assert sorted(row["id"] for row in store.export(user)) == sorted(everything)
