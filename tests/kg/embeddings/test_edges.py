import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.embeddings.edges import index_edges, split_edges
from kg.embeddings.twins import relation_classes
from kg.graph import GraphError
from kg.schema import Triple
from tests.kg.embeddings.films import film_triples


def _triple(subject, relation, obj, source="a"):
    return Triple(subject=subject, relation=relation, object=obj, source=source)


def _pairs(edges):
    return {(min(h, t), max(h, t)) for h, _, t in edges.tolist()}


def test_the_same_fact_of_two_sources_is_one_edge():
    graph = index_edges([_triple("f", "cast", "p", "omdb"), _triple("f", "cast", "p", "dbpedia")])
    assert len(graph.edges) == 1
    assert (graph.entities, graph.relations) == (("f", "p"), ("cast",))


def test_the_hash_is_of_the_facts_not_of_their_order():
    triples = film_triples(20)
    assert index_edges(triples).data_hash == index_edges(triples[::-1]).data_hash
    assert index_edges(triples).data_hash != index_edges(triples[1:]).data_hash


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2), st.integers(0, 12)), min_size=40, max_size=120),
    st.integers(0, 5),
)
def test_every_held_out_entity_and_relation_is_in_train_and_nothing_is_lost(rows, seed):
    graph = index_edges(_triple(f"e{h}", f"r{r}", f"e{t}") for h, r, t in rows)
    try:
        split = split_edges(graph, seed)
    except GraphError:
        return
    parts = [split.train, split.valid, split.test]
    together = {tuple(row) for part in parts for row in part.tolist()}
    assert sum(map(len, parts)) == len(together) == len(graph.edges)
    for held in parts[1:]:
        assert set(held[:, [0, 2]].ravel()) <= set(split.train[:, [0, 2]].ravel())
        assert set(held[:, 1]) <= set(split.train[:, 1])


def test_each_relation_gives_its_share():
    graph = index_edges(film_triples(200))
    split = split_edges(graph, 3)
    for relation in range(len(graph.relations)):
        total = int((graph.edges[:, 1] == relation).sum())
        for held in (split.valid, split.test):
            assert int((held[:, 1] == relation).sum()) == round(0.1 * total)


def test_the_seed_decides():
    graph = index_edges(film_triples())
    first, again, other = split_edges(graph, 1), split_edges(graph, 1), split_edges(graph, 2)
    assert np.array_equal(first.test, again.test)
    assert not np.array_equal(first.test, other.test)


def test_both_directions_of_a_symmetric_relation_stay_together():
    rng = np.random.default_rng(0)
    triples = []
    for one, other in {tuple(sorted(rng.choice(30, 2, replace=False))) for _ in range(200)}:
        triples += [_triple(f"e{one}", "like", f"e{other}"), _triple(f"e{other}", "like", f"e{one}")]
    split = split_edges(index_edges(triples), 0)
    assert len(split.test) > 0
    assert not _pairs(split.test) & _pairs(split.train)
    assert not _pairs(split.test) & _pairs(split.valid)


@pytest.mark.parametrize("inverse", [True, False])
def test_a_fact_under_a_second_name_or_turned_round_is_never_divided(inverse):
    triples = [t for t in film_triples(200) if t.relation == "cast"]
    for t in triples[: int(0.9 * len(triples))]:
        ends = (t.object, t.subject) if inverse else (t.subject, t.object)
        triples.append(_triple(ends[0], "acted_in" if inverse else "starring", ends[1], "other"))
    split = split_edges(index_edges(triples), 0)
    assert len(split.twins) == 1
    assert len(split.test) > 10
    assert not _pairs(split.test) & _pairs(split.train)


def test_relations_that_only_touch_are_no_twins():
    graph = index_edges(film_triples())
    assert len(set(relation_classes(graph.edges, len(graph.relations)))) == len(graph.relations)
    assert split_edges(graph).twins == ()


def test_a_graph_without_an_edge_to_spare_says_so():
    with pytest.raises(GraphError, match="more edges"):
        split_edges(index_edges([_triple("a", "r", "b"), _triple("c", "r", "d")]))
    with pytest.raises(GraphError, match="more edges"):
        split_edges(index_edges([]))
