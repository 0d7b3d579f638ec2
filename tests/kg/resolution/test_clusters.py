from hypothesis import given
from hypothesis import strategies as st

from kg.resolution.clusters import Clusters, Link, groups, merge_links

SOURCES = ("a", "b", "c")


def merged(
    pairs: list[tuple[int, int, float]],
    size: int = 9,
    near_certain: float = 0.99,
    apart: tuple[tuple[int, int], ...] = (),
) -> list[list[int]]:
    """Merge; record n is of source n % 3."""
    scores = {(min(a, b), max(a, b)): score for a, b, score in pairs if a != b}
    clusters = Clusters(size)
    links = [Link(pair, score, "scored") for pair, score in scores.items() if score >= 0.5]
    merge_links(
        clusters,
        links,
        scores,
        lambda number: SOURCES[number % 3],
        near_certain,
        lambda _: 0.5,
        apart=frozenset(apart),
    )
    return groups(clusters.roots())


def test_pairs_become_one_cluster() -> None:
    assert merged([(0, 1, 0.9), (1, 2, 0.8)], 3) == [[0, 1, 2]]


def test_two_records_of_one_source_stay_two() -> None:
    assert merged([(0, 1, 0.9), (1, 3, 0.8)], 4) == [[0, 1], [2], [3]]


def test_unless_they_are_near_certain() -> None:
    assert merged([(0, 1, 0.9), (1, 3, 0.8), (0, 3, 0.995)], 4) == [[0, 1, 3], [2]]


def test_a_lucky_pair_does_not_join_what_the_others_say_is_two() -> None:
    assert merged([(0, 1, 0.9), (1, 2, 0.6), (0, 2, 0.01)], 3) == [[0, 1], [2]]


def test_what_a_person_held_apart_stays_apart() -> None:
    assert merged([(0, 1, 0.9), (1, 2, 0.8)], 3, apart=((0, 2),)) == [[0, 1], [2]]


def test_records_that_contradict_each_other_stay_two() -> None:
    clusters = Clusters(3)
    scores = {(0, 1): 0.9, (1, 2): 0.8}
    links = [Link(pair, score, "scored") for pair, score in scores.items()]
    merge_links(
        clusters, links, scores, lambda n: SOURCES[n], 0.99, lambda _: 0.5, lambda a, b: {a, b} == {0, 2}
    )
    assert groups(clusters.roots()) == [[0, 1], [2]]


_PAIRS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.floats(0, 1)).filter(lambda pair: pair[0] != pair[1]),
    max_size=25,
    unique_by=lambda pair: (min(pair[:2]), max(pair[:2])),
)


@given(_PAIRS, st.randoms(use_true_random=False))
def test_neither_order_nor_direction_of_the_pairs_matters(
    pairs: list[tuple[int, int, float]], random: object
) -> None:
    turned = [(b, a, score) for a, b, score in pairs]
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert merged(turned) == merged(pairs)


@given(_PAIRS)
def test_every_record_is_in_one_cluster_and_no_cluster_has_a_source_twice(
    pairs: list[tuple[int, int, float]],
) -> None:
    found = merged(pairs, near_certain=2.0)
    assert sorted(number for cluster in found for number in cluster) == list(range(9))
    assert all(len({number % 3 for number in cluster}) == len(cluster) for cluster in found)
