"""What a new dump adds, changes and expires."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.schema import Change, Entity, Triple
from kg.stores.ladybug import LadybugGraph
from kg.update import plan_update, update

MONDAY, TUESDAY, FRIDAY = date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 5)
HEAT = Entity(id="film:heat", kind="film", name="Heat")
ALIEN = Entity(id="film:alien", kind="film", name="Alien")
MANN = Entity(id="person:mann", kind="person", name="Michael Mann")
SCOTT = Entity(id="person:scott", kind="person", name="Ridley Scott")


def said(subject: Entity, target: Entity, source: str = "dump", **fields) -> Triple:
    return Triple(subject=subject.id, relation="director", object=target.id, source=source, **fields)


@pytest.fixture
def graph(tmp_path: Path) -> Iterator[LadybugGraph]:
    opened = LadybugGraph(tmp_path / "graph.lbug")
    update(opened, "dump", [HEAT, ALIEN, MANN, SCOTT], [said(HEAT, MANN), said(ALIEN, SCOTT)], MONDAY)
    yield opened
    opened.close()


def _days(graph: LadybugGraph) -> dict[str, tuple[date | None, date | None]]:
    return {triple.subject: (triple.first_seen, triple.last_seen) for triple in graph.triples("dump")}


def test_a_new_triple_is_first_and_last_seen_on_the_day(graph) -> None:
    assert _days(graph) == {HEAT.id: (MONDAY, MONDAY), ALIEN.id: (MONDAY, MONDAY)}


def test_the_same_dump_on_the_same_day_changes_nothing(graph) -> None:
    dump = [HEAT, ALIEN, MANN, SCOTT], [said(HEAT, MANN), said(ALIEN, SCOTT)]
    change, summary = plan_update(graph, "dump", *dump, MONDAY)
    assert change == Change()
    assert summary.says_nothing_new
    change, summary = plan_update(graph, "dump", *dump, TUESDAY)
    assert summary.says_nothing_new
    assert (change.entities, change.expired_triples, change.expired_entities) == ((), (), ())
    graph.apply(change)
    assert set(_days(graph).values()) == {(MONDAY, TUESDAY)}


def test_planning_changes_nothing(graph) -> None:
    before = list(graph.entities()), list(graph.triples())
    plan_update(graph, "dump", [], [], FRIDAY)
    assert (list(graph.entities()), list(graph.triples())) == before


def test_a_dump_adds_changes_and_expires(graph) -> None:
    crime = Entity(id="film:collateral", kind="film", name="Collateral")
    renamed = MANN.model_copy(update={"aliases": ("M. Mann",)})
    summary = update(
        graph, "dump", [crime, renamed], [said(HEAT, MANN, confidence=0.5), said(crime, MANN)], FRIDAY
    )
    assert (summary.added, summary.changed, summary.unchanged, summary.expired) == (
        {"director": 1}, {"director": 1}, {}, {"director": 1},
    )  # fmt: skip
    assert (summary.added_entities, summary.changed_entities, summary.removed_entities) == (1, 1, 2)
    assert summary.examples["expired"] == ("film:alien -director-> person:scott",)
    assert summary.examples["removed entities"] == ("film:alien", "person:scott")
    assert _days(graph) == {HEAT.id: (MONDAY, FRIDAY), crime.id: (FRIDAY, FRIDAY)}
    assert [t.confidence for t in graph.facts(HEAT.id)] == [0.5]
    assert list(graph.entities()) == [crime, HEAT, renamed]


def test_an_entity_that_the_dump_names_or_another_source_speaks_of_stays(graph) -> None:
    other = said(ALIEN, MANN, "other", last_seen=FRIDAY)
    graph.upsert([], [other])
    update(graph, "dump", [SCOTT], [said(HEAT, MANN)], TUESDAY)
    assert [entity.id for entity in graph.entities()] == [ALIEN.id, HEAT.id, MANN.id, SCOTT.id]
    assert list(graph.triples("other")) == [other]


def test_expired_triples_can_be_kept(graph) -> None:
    _, summary = plan_update(graph, "dump", [HEAT], [said(HEAT, MANN)], FRIDAY, keep_expired=True)
    assert (summary.expired, summary.removed_entities) == ({"director": 1}, 0)
    update(graph, "dump", [HEAT], [said(HEAT, MANN)], FRIDAY, keep_expired=True)
    assert _days(graph) == {HEAT.id: (MONDAY, FRIDAY), ALIEN.id: (MONDAY, MONDAY)}


def test_wrong_dumps_are_refused_and_change_nothing(graph) -> None:
    before = list(graph.triples())
    with pytest.raises(GraphError, match="older dump"):
        update(graph, "dump", [], [], date(2023, 12, 31))
    with pytest.raises(GraphError, match="one source at a time"):
        update(graph, "dump", [], [said(HEAT, MANN, "other")], FRIDAY)
    stranger = Entity(id="film:none", kind="film", name="None")
    with pytest.raises(GraphError, match="neither in it nor stored: 'film:none'"):
        update(graph, "dump", [], [said(stranger, MANN)], FRIDAY)
    assert list(graph.triples()) == before
