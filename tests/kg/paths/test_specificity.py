"""What a relation and an entity say."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.paths.candidates import MIDDLE_EDGES, most_edges
from kg.paths.choice import Walk, choose
from kg.paths.specificity import RelationStatistics, information, relation_statistics, specificity


def _spread(counts: list[int]) -> float:
    return sum(d * math.log(d) for d in counts)


def test_a_relation_that_tells_apart_is_more_informative() -> None:
    ones = _spread([1] * 1_000)
    director = relation_statistics(1_000, ones, _spread([4] * 250))
    country = relation_statistics(1_000, ones, _spread([800, 100, 50, 50]))
    nothing = relation_statistics(1_000, ones, _spread([1_000]))
    assert 1.0 > director.informativeness > country.informativeness > nothing.informativeness > 0.0
    # Whichever side is shared: the same facts stored the other way round are worth the same.
    assert relation_statistics(1_000, _spread([4] * 250), ones) == director


def test_the_rarest_country_says_less_than_the_busiest_director() -> None:
    ones = _spread([1] * 4_000)
    director = relation_statistics(4_000, ones, _spread([60, *[2] * 1_970]))
    country = relation_statistics(4_000, ones, _spread([3_000, *[100] * 9, *[2] * 50]))
    assert information(director, 60) > information(country, 2)


def test_few_triples_prove_nothing() -> None:
    assert relation_statistics(1, 0.0, 0.0).informativeness == 0.5
    assert relation_statistics(3, 0.0, _spread([3])).informativeness > 0.4


@given(
    counts=st.lists(st.integers(1, 500), min_size=1, max_size=30),
    degree=st.integers(0, 20_000),
)
def test_everything_is_between_nothing_and_one(counts, degree) -> None:
    relation = relation_statistics(sum(counts), 0.0, _spread(counts))
    assert 0.0 < relation.informativeness <= 1.0
    assert 0.0 < information(relation, degree) <= 1.0
    assert information(relation, degree + 1) <= information(relation, degree)


def test_a_chain_is_as_strong_as_its_weaker_links() -> None:
    assert specificity([]) == 1.0
    assert specificity([(0.5, 0.8)]) == 0.5
    assert specificity([(0.5, 0.8), (0.9, 0.4)]) == pytest.approx(0.2)


def test_entities_are_walked_from_while_the_budget_lasts() -> None:
    assert most_edges({}) == 0
    assert most_edges({2: 10, 5: 3}) == 5
    assert most_edges({2: 10, MIDDLE_EDGES: 1}) == 2
    assert most_edges({MIDDLE_EDGES + 1: 1}) == 0
    assert information(RelationStatistics(0, 0.5), 1) > 0.0


def test_choosing_prefers_what_was_not_said() -> None:
    walks = [Walk(("a", f"p{k}", "b"), ("cast", "cast"), 0.6 - k / 100) for k in range(5)]
    walks.append(Walk(("a", "g", "b"), ("genre", "genre"), 0.2))
    assert [w.relations[0] for w in choose(walks, 2)] == ["cast", "genre"]
    assert choose(walks, 1) == walks[:1]
    assert choose(walks[::-1], 6) == walks
    assert choose([], 3) == []


def test_choosing_prefers_another_inner_entity() -> None:
    walks = [
        Walk(("a", "p", "b"), ("writer", "writer"), 0.6),
        Walk(("a", "p", "b"), ("director", "writer"), 0.59),
        Walk(("a", "q", "b"), ("editing", "editing"), 0.3),
    ]
    assert [w.ids[1] for w in choose(walks, 2)] == ["p", "q"]
