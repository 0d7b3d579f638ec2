"""Building a graph of several dumps, and a new dump of one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.build import Built, build_graph, build_update
from kg.graph import GraphError
from kg.resolution import ResolutionConfig
from kg.sources import Dump
from kg.stores.ladybug import LadybugGraph
from kg.update import plan_update
from tests.kg.resolution.dumps import DAY, OURS, THEIRS, films_dump

CONFIG = ResolutionConfig(priority=("ours", "theirs"))


@pytest.fixture(scope="module")
def dumps() -> list[Dump]:
    return [films_dump("ours", OURS), films_dump("theirs", THEIRS)]


@pytest.fixture(scope="module")
def built(dumps: list[Dump]) -> Built:
    return build_graph(dumps, CONFIG)


@pytest.fixture
def graph(tmp_path: Path, built: Built) -> Iterator[LadybugGraph]:
    store = LadybugGraph(tmp_path / "graph")
    store.upsert(built.entities, built.triples)
    yield store
    store.close()


def check(built: Built, dumps: Sequence[Dump]) -> None:
    """What holds for every build."""
    ids = {entity.id for entity in built.entities}
    assert len(ids) == len(built.entities)
    assert all({triple.subject, triple.object} <= ids for triple in built.triples)
    assert len({triple.key for triple in built.triples}) == len(built.triples)
    rows = {(row.source, row.source_id): row.entity for row in built.same_as}
    assert len(rows) == len(built.same_as)
    named = {entity.id: {entity.name, *entity.aliases} for entity in built.entities}
    for dump in dumps:
        for entity in dump.entities:
            assert {entity.name, *entity.aliases} <= named[rows[dump.source, entity.id]]


def test_nothing_is_lost_and_names_are_kept(dumps: list[Dump], built: Built) -> None:
    check(built, dumps)
    told = {
        (dump.source, triple.relation): sum(t.relation == triple.relation for t in dump.triples)
        for dump in dumps
        for triple in dump.triples
    }
    kept = {key: sum((t.source, t.relation) == key for t in built.triples) for key in told}
    assert kept == told


def test_the_most_trusted_source_gives_id_and_name(built: Built) -> None:
    by_id = {entity.id: entity for entity in built.entities}
    assert by_id["person:kenneth-maddox"].name == "Kenneth Maddox"
    assert by_id["person:kenneth-maddox"].aliases == ("Ken Maddox",)
    assert "person:ken-maddox" not in by_id


def test_every_merge_can_be_looked_up_and_undone(dumps: list[Dump], built: Built) -> None:
    row = next(row for row in built.same_as if row.source_id == "person:ken-maddox")
    assert (row.entity, row.reason) == ("person:kenneth-maddox", "scored")
    apart = (((row.source, row.source_id), (row.with_source, row.with_id)),)
    again = build_graph(dumps, CONFIG.model_copy(update={"apart": apart}))
    ids = {entity.id for entity in again.entities}
    assert {"person:ken-maddox", "person:kenneth-maddox"} <= ids


def test_the_order_of_the_dumps_does_not_matter(dumps: list[Dump], built: Built) -> None:
    assert build_graph(dumps[::-1], CONFIG) == built


def test_namesakes_that_stay_two_have_two_ids() -> None:
    people = {"cast": ["Rosa Amari"]}
    one = films_dump("ours", [("Salt Road", 1988, people)])
    other = films_dump("theirs", [("Salt Road", 1988, {"cast": ["Ida Moe"]})])
    key = "film:salt-road-1988"
    config = CONFIG.model_copy(update={"apart": ((("ours", key), ("theirs", key)),)})
    found = build_graph([one, other], config)
    assert {entity.id for entity in found.entities if entity.kind == "film"} == {key, f"{key}-theirs"}
    check(found, [one, other])


def test_conflicts_are_kept_and_reported() -> None:
    people = {"director": ["Ines Calloway"], "cast": ["Tomas Verhoeven", "Mira Lindqvist"]}
    found = build_graph(
        [films_dump("theirs", [("Glass", 1995, people)]), films_dump("ours", [("Glass", 1994, people)])],
        CONFIG,
    )
    assert found.report.conflicts == {"year": 1}
    (conflict,) = found.report.examples
    assert [claim.object for claim in conflict.claims] == ["year:1994", "year:1995"]
    assert "year:1994 (ours); year:1995 (theirs)" in found.report.markdown()
    assert {t.object for t in found.triples if t.relation == "year"} == {"year:1994", "year:1995"}


def test_no_dump_is_an_error() -> None:
    with pytest.raises(GraphError, match="at least one source"):
        build_graph([])


def test_the_same_dump_again_changes_nothing(dumps: list[Dump], built: Built, graph: LadybugGraph) -> None:
    for dump in dumps:
        update = build_update(dump, graph, built.same_as, CONFIG)
        stored = {entity.id: entity for entity in built.entities}
        assert all(stored[entity.id] == entity for entity in update.entities)
        assert set(update.triples) == {triple for triple in built.triples if triple.source == dump.source}
        assert update.same_as == built.same_as


def test_a_new_dump_finds_the_stored_entities(built: Built, graph: LadybugGraph) -> None:
    later = date(2026, 6, 30)
    films = [
        *THEIRS,
        ("Salt Road", 2011, {"director": ["Dana Whitfield"], "cast": ["Rosa Amari", "Leo Tanaka"]}),
        ("Tin Sky", 2020, {"director": ["Yara Novak"], "cast": ["Leo Tanaka"]}),
    ]
    update = build_update(films_dump("theirs", films, later), graph, built.same_as, CONFIG)
    edges = {(t.subject, t.relation, t.object) for t in update.triples}
    assert ("film:salt-road-2011", "cast", "person:rosa-amari") in edges
    assert ("film:tin-sky-2020", "cast", "person:leo-tanaka") in edges
    assert ("film:salt-road-1988", "cast", "person:kenneth-maddox") in edges
    rows = {(row.source, row.source_id): row.entity for row in update.same_as}
    assert rows["theirs", "film:salt-road-2011"] == "film:salt-road-2011"
    assert set(rows) > {(row.source, row.source_id) for row in built.same_as}
    graph.upsert(update.entities, update.triples)
    assert (
        build_update(films_dump("theirs", films, later), graph, update.same_as, CONFIG).same_as
        == update.same_as
    )


def test_an_update_is_planned_and_applied(built: Built, graph: LadybugGraph) -> None:
    later = date(2026, 6, 30)
    found = build_update(films_dump("theirs", THEIRS[:2], later), graph, built.same_as, CONFIG)
    planned = plan_update(graph, "theirs", found.entities, found.triples, later)
    assert planned.summary.added == {}
    assert planned.summary.changed_entities == 0
    assert planned.summary.expired == {"cast": 2, "director": 1, "year": 1}
    graph.apply(planned.change)
    others = {triple for triple in built.triples if triple.source == "ours"}
    assert set(graph.triples("ours")) == others
    assert {t.subject for t in graph.triples("theirs")} == {
        "film:the-glass-harbour-1994",
        "film:harbour-nights-1996",
    }


def test_a_new_dump_of_a_less_trusted_source_leaves_the_name(built: Built, graph: LadybugGraph) -> None:
    update = build_update(films_dump("theirs", THEIRS), graph, built.same_as, CONFIG)
    named = {entity.id: entity.name for entity in update.entities}
    assert named["person:kenneth-maddox"] == "Kenneth Maddox"


def test_a_third_source_joins_a_stored_graph(built: Built, graph: LadybugGraph) -> None:
    update = build_update(films_dump("third", OURS[:2]), graph, built.same_as, CONFIG)
    known = {entity.id for entity in built.entities}
    assert {entity.id for entity in update.entities} <= known
    assert {triple.source for triple in update.triples} == {"third"}


_NAMES = st.sampled_from(["Ida Moe", "I. Moe", "Ida Moe Jr.", "Joel Marsh", "Ethan Marsh", "Ōe", "!"])
_FILMS = st.lists(
    st.tuples(
        st.sampled_from(["Ash Lane", "Ash Lane 2", "The Ash Lane", "Salt"]),
        st.sampled_from([None, 1990, 1991, 2015]),
        st.fixed_dictionaries(
            {"cast": st.lists(_NAMES, max_size=4), "director": st.lists(_NAMES, max_size=2)}
        ),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=40, deadline=None)
@given(_FILMS, _FILMS, _FILMS)
def test_whatever_the_dumps_are(one: list, other: list, third: list) -> None:  # type: ignore[type-arg]
    dumps = [
        films_dump(name, films, DAY) for name, films in (("ours", one), ("theirs", other), ("third", third))
    ]
    found = build_graph(dumps, CONFIG)
    check(found, dumps)
    assert build_graph([dumps[2], dumps[0], dumps[1]], CONFIG) == found
