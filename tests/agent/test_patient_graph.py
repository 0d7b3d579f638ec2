"""A graph that answers late, wrongly or not at all, as a chat asks it."""

import threading
import time

import pytest

from agent import patient_graph
from agent.patient_graph import PatientGraph, misses, within
from kg.graph import GraphError, GraphUnavailable
from kg.schema import Entity

HEAT = Entity(id="film:heat", kind="film", name="Heat")


class Shaky:
    """A store that does what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.hang = threading.Event()
        self.hang.set()
        self.calls = 0
        self.holds = True

    def get(self, ids):
        self.calls += 1
        self.hang.wait()
        if self.error is not None:
            raise self.error
        return [HEAT] if self.holds else []

    def upsert(self, entities, triples):
        raise GraphError("opened for reading only")

    def close(self):
        self.calls = -1


def check(graph) -> None:
    if not graph.get(["film:heat"]):
        raise GraphError("does not hold this graph")


@pytest.fixture
def shaky(monkeypatch):
    monkeypatch.setattr(patient_graph, "_AFTER_AWAY", 0.0)
    monkeypatch.setattr(patient_graph, "_AFTER_SILENCE", 0.0)
    store = Shaky()
    yield store
    store.hang.set()


def test_it_answers_as_the_graph_does(shaky) -> None:
    graph = PatientGraph(shaky, check, 5)
    assert graph.get(["film:heat"]) == [HEAT]
    assert graph.holds is True
    assert misses(graph) == 0
    with pytest.raises(AttributeError):
        _ = graph.nothing
    with pytest.raises(GraphError, match="reading only"):
        graph.upsert([], [])
    graph.close()
    assert shaky.calls == -1


@pytest.mark.parametrize("error", [GraphUnavailable("gone"), GraphError("wrong password")])
def test_whatever_keeps_it_from_answering_is_unavailable_until_it_answers_again(shaky, error, caplog) -> None:
    graph = PatientGraph(shaky, check, 5)
    graph.get([])
    shaky.error = error
    for _ in range(2):
        with pytest.raises(GraphUnavailable, match=str(error)):
            graph.get([])
    assert misses(graph) == 2
    assert [r.message for r in caplog.records].count(f"the graph is away: {error}") == 1
    shaky.error = None
    assert graph.get([]) == [HEAT]
    assert "the graph answers again" in caplog.text


def test_a_bug_is_no_absence(shaky) -> None:
    graph = PatientGraph(shaky, check, 5)
    shaky.error = KeyError("bug")
    with pytest.raises(KeyError):
        graph.get([])
    assert misses(graph) == 0


def test_what_comes_back_empty_is_not_taken_for_the_graph(shaky) -> None:
    graph = PatientGraph(shaky, check, 5)
    graph.get([])
    shaky.error = GraphUnavailable("gone")
    with pytest.raises(GraphUnavailable):
        graph.get([])
    shaky.error, shaky.holds = None, False
    with pytest.raises(GraphUnavailable, match="does not hold"):
        graph.get([])
    shaky.holds = True
    assert graph.get([]) == [HEAT]


def test_a_graph_that_took_the_question_and_froze_is_given_up(shaky) -> None:
    graph = PatientGraph(shaky, check, 0.1)
    graph.get([])
    shaky.hang.clear()
    with pytest.raises(GraphUnavailable, match="within"):
        graph.get([])
    shaky.hang.set()
    assert graph.get([]) == [HEAT]


def test_calls_right_after_a_failed_one_fail_at_once_without_asking(shaky, monkeypatch) -> None:
    monkeypatch.setattr(patient_graph, "_AFTER_AWAY", 60.0)
    graph = PatientGraph(shaky, check, 5)
    shaky.error = GraphUnavailable("gone")
    for _ in range(5):
        with pytest.raises(GraphUnavailable, match="gone"):
            graph.get([])
    assert shaky.calls == 1
    assert misses(graph) == 5


def test_within_gives_what_the_work_gives() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    with pytest.raises(GraphUnavailable):
        within(0.05, lambda: time.sleep(1))
