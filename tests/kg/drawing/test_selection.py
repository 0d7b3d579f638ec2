"""Which neighbours are drawn: varied, specific, and with a count of the others."""

import pytest

from kg.drawing.selection import MOST_LINKS, neighbourhood
from kg.graph import GraphError
from tests.kg.drawing.samples import films


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    opened = films(tmp_path_factory.mktemp("graph") / "g.lbug")
    yield opened
    opened.close()


def test_every_relation_has_its_turn_before_one_has_a_second(graph):
    around = neighbourhood(graph, "film:0", limit=3)
    relations = {t.relation for t in around.triples if "film:0" in (t.subject, t.object)}
    assert relations >= {"genre", "cast", "director"}
    assert around.left_out == {"cast": 1}
    assert (around.drawn, around.first_step) == (3, 4)


def test_all_facts_between_two_entities_are_kept_with_their_sources(graph):
    around = neighbourhood(graph, "film:0")
    between = {
        (t.relation, t.source) for t in around.triples if t.object == "person:ann" and t.subject == "film:0"
    }
    assert between == {("director", "plots"), ("director", "table"), ("writer", "table")}
    assert not around.left_out


def test_of_what_has_the_entity_the_popular_come_first(graph):
    around = neighbourhood(graph, "genre:drama", limit=4)
    assert [e.id for e in around.entities[1:]] == ["film:11", "film:10", "film:9", "film:8"]
    assert around.left_out == {"genre": 8}


def test_the_second_step_goes_through_what_is_shared_by_few(graph):
    around = neighbourhood(graph, "film:0", hops=2, limit=8)
    second = [k for k, ring in around.rings.items() if ring == 2]
    assert second[0] == "film:1"  # by the same director; the others share the genre alone
    assert len(around.entities) <= 9
    for key in second:
        inner = {k for t in around.triples for k in (t.subject, t.object) if key in (t.subject, t.object)} - {
            key
        }
        assert 1 <= len(inner) <= MOST_LINKS


def test_facts_that_are_not_drawn_are_counted(graph):
    around = neighbourhood(graph, "film:0", limit=2)
    drama = next(e.id for e in around.entities if e.id == "genre:drama")
    assert around.undrawn[drama] == 11


def test_the_same_question_has_the_same_answer(graph):
    assert neighbourhood(graph, "film:3", 2, 9) == neighbourhood(graph, "film:3", 2, 9)


def test_an_entity_without_facts_stands_alone(graph):
    around = neighbourhood(graph, "theme:alone")
    assert (len(around.entities), around.triples, around.first_step) == (1, (), 0)


@pytest.mark.parametrize(("entity", "hops", "limit"), [("film:no", 1, 5), ("film:0", 3, 5), ("film:0", 1, 0)])
def test_what_cannot_be_drawn_is_said(graph, entity, hops, limit):
    with pytest.raises(GraphError):
        neighbourhood(graph, entity, hops, limit)


def test_a_hub_is_cut_and_says_so(graph, monkeypatch):
    monkeypatch.setattr("kg.drawing.selection.CENTRE_FACTS", 5)
    around = neighbourhood(graph, "genre:drama", limit=3)
    assert not around.complete
    assert around.first_step == 5


def test_nothing_is_reached_through_a_hub(graph, monkeypatch):
    monkeypatch.setattr("kg.drawing.selection.OTHER_FACTS", 4)
    around = neighbourhood(graph, "film:2", hops=2, limit=20)
    assert 2 not in around.rings.values()
    assert "genre:drama" in around.hubs
