import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.feedback.events import Event
from recsys.feedback.live import Feedback, Shown
from recsys.feedback.store import FeedbackStore
from recsys.models.base import TrainingData
from recsys.models.ease import Ease, EaseConfig

NOW = datetime(2026, 1, 1, tzinfo=UTC)
N = 400


@pytest.fixture
def feedback(tmp_path):
    store = FeedbackStore.open(tmp_path)
    yield Feedback(store)
    store.close()


def event(user: str, item: str, kind: str = "like") -> Event:
    return Event(user=user, item=item, kind=kind, time=NOW)


def two_worlds() -> Ease:
    rng = np.random.default_rng(0)
    met = np.zeros((300, N), dtype=np.float32)
    met[:150, : N // 2] = rng.random((150, N // 2)) < 0.2
    met[150:, N // 2 :] = rng.random((150, N // 2)) < 0.2
    model = Ease(EaseConfig(regularization=5.0, dropout=0.0))
    model.fit(TrainingData(csr_array(met), csr_array((0, N))))
    return model


def test_a_like_and_a_dislike_move_the_next_answer_at_once(feedback):
    model, position = two_worlds(), {f"i{k}": k for k in range(N)}
    before = model.score(feedback.users("ada", position, NOW))[0]
    assert not before.any()
    times = []
    for item, kind in (("i3", "like"), ("i8", "like"), ("i300", "dislike")):
        started = time.perf_counter()
        feedback.record(event("ada", item, kind))
        scores = model.score(feedback.users("ada", position, NOW))[0]
        times.append(time.perf_counter() - started)
    assert np.delete(scores[:200], [3, 8]).mean() > 0 > np.delete(scores[200:], [100]).mean()
    assert min(times) < 0.05
    assert not model.score(feedback.users("bob", position, NOW)).any()


def test_reactions_to_what_was_shown_teach_the_multipliers_of_this_person_only(feedback):
    rng = np.random.default_rng(0)
    items = [f"i{k}" for k in range(40)]
    for _ in range(30):
        shares = {"behaviour": rng.normal(size=40), "text": rng.normal(size=40)}
        shown = Shown(items, shares)
        for item in items[:4]:
            kind = "like" if shares["text"][items.index(item)] > 0 else "dislike"
            feedback.record(event("ada", item, kind), shown)
    learned = feedback.multipliers("ada", explore=False)
    assert learned["text"] > 1.3 > 1.0 > learned["behaviour"]
    assert feedback.multipliers("bob") == dict.fromkeys(feedback.bandit.granularities, 1.0)


def test_what_was_not_shown_or_says_nothing_teaches_nothing(feedback):
    shown = Shown(["a", "b"], {"behaviour": np.array([1.0, 2.0])})
    feedback.record(event("ada", "z"), shown)
    feedback.record(event("ada", "a", "seen"), shown)
    feedback.record(event("ada", "a"))
    assert feedback.store.state("ada") is None
    assert len(feedback.store.events("ada")) == 3


def test_forgetting_takes_events_and_what_was_learned(feedback):
    feedback.record(event("ada", "a"), Shown(["a", "b"], {"behaviour": np.array([1.0, 2.0])}))
    assert feedback.export("ada")["state"] is not None
    assert feedback.forget("ada") == 1
    assert feedback.export("ada") == {"events": [], "state": None}
    assert feedback.weights("ada", NOW) == {}


def test_one_person_in_two_threads_loses_no_evidence(feedback):
    shown = Shown(["a", "b"], {"behaviour": np.array([1.0, 2.0])})

    def work() -> None:
        for _ in range(15):
            feedback.record(event("ada", "a"), shown)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert feedback._learner("ada").rounds == 45
