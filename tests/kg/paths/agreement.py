"""What paths of every store must be. A store is tested by a class that inherits this and gives `graph`."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.graph import KnowledgeGraph
from kg.paths import explaining_paths, path_sources
from kg.schema import Entity, Path, Triple
from tests.kg.paths.reference import ReferencePaths, chosen

HUB, WALKED, DENSE = 6, 9, 4
"""Limits small enough for graphs of nine entities to reach."""
_ids = st.sampled_from([f"e{k}" for k in range(9)])
_links = st.builds(
    Triple,
    subject=_ids,
    relation=st.sampled_from(["cast", "director", "genre"]),
    object=_ids,
    source=st.sampled_from(["a", "b"]),
)


def entity(entity_id: str, kind: str = "film") -> Entity:
    return Entity(id=entity_id, kind=kind, name=entity_id)


def triple(subject: str, relation: str, target: str, source: str = "test") -> Triple:
    return Triple(subject=subject, relation=relation, object=target, source=source)


def shown(paths: list[Path]) -> list[tuple]:
    return [(round(p.score, 6), tuple(e.id for e in p.entities), p.relations) for p in paths]


def _agreement():
    """Make the property test anew for each store: Hypothesis keeps its state on the function."""

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(links=st.lists(_links, max_size=30), hops=st.integers(1, 3), limit=st.sampled_from([1, 2, 5, 300]))
    def test_agrees_with_trying_everything(self, graph, small_limits, links, hops, limit) -> None:
        graph.clear()
        graph.upsert([entity(f"e{k}") for k in range(9)], links)
        reference = ReferencePaths(links, HUB, WALKED, DENSE)
        for source, target in (("e0", "e1"), ("e1", "e0"), ("e2", "e3"), ("e4", "e4")):
            scored = reference.scored(source, target, hops, pool=limit + 3)
            expected = [(round(score, 6), *walk) for score, walk in chosen(scored, limit)]
            assert shown(graph.paths(source, target, hops, limit)) == expected

    return test_agrees_with_trying_everything


class PathAgreement:
    """Inherit, and give a fixture `graph`: an empty store."""

    def __init_subclass__(cls) -> None:
        cls.test_agrees_with_trying_everything = _agreement()

    @pytest.fixture
    def small_limits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module, name, value in (
            ("kg.paths.adjacency", "HUB_DEGREE", HUB),
            ("kg.paths.adjacency", "DENSE", DENSE),
            ("kg.paths.candidates", "MIDDLE_EDGES", WALKED),
            ("kg.stores.neo4j_paths", "HUB_DEGREE", HUB),
            ("kg.stores.neo4j_paths", "DENSE", DENSE),
            ("kg.stores.neo4j_paths", "MIDDLE_EDGES", WALKED),
        ):
            monkeypatch.setattr(f"{module}.{name}", value)

    @pytest.fixture
    def films(self, graph: KnowledgeGraph) -> KnowledgeGraph:
        """Sixty films, all from one of two countries; a director has five of them, a genre twenty."""
        links = []
        for k in range(60):
            links += [
                triple(f"film:{k}", "director", f"person:{k // 5}"),
                triple(f"film:{k}", "country", f"country:{k % 2}"),
                triple(f"film:{k}", "genre", f"genre:{k % 3}"),
            ]
        links.append(triple("film:0", "director", "person:0", "another"))
        ends = sorted({end for link in links for end in (link.subject, link.object)})
        graph.upsert([entity(end, end.split(":")[0]) for end in ends], links)
        return graph

    def test_a_shared_director_says_more_than_a_genre_and_a_genre_more_than_a_country(self, films) -> None:
        found = films.paths("film:0", "film:6")
        assert [p.relations[0] for p in found] == ["genre", "country"]
        films.upsert([], [triple("film:6", "director", "person:0")])
        found = films.paths("film:0", "film:6")
        assert [p.relations[0] for p in found] == ["director", "genre", "country"]
        assert 1.0 > found[0].score > found[1].score > found[2].score > 0.0

    def test_the_same_from_two_sources_is_one_path(self, films) -> None:
        assert len(films.paths("film:0", "person:0")) == 1
        [path] = films.paths("film:0", "film:1", limit=1)
        assert path.relations == ("director", "director")
        assert path_sources(films, path) == (("another", "test"), ("test",))

    def test_a_longer_path_says_less(self, films) -> None:
        two = films.paths("film:0", "film:1", max_hops=3, limit=50)
        for path in two:
            longer = [p for p in two if p.entities[1] == path.entities[1] and len(p.relations) > 2]
            assert all(p.score < path.score for p in longer if len(path.relations) == 2)

    def test_the_first_is_the_best_and_the_next_says_something_else(self, graph) -> None:
        people = [f"person:{k}" for k in range(6)]
        links = [triple(film, "cast", person) for film in ("film:0", "film:1") for person in people]
        links += [triple(film, "genre", "genre:0") for film in ("film:0", "film:1", "film:2")]
        graph.upsert([entity(e) for e in ("film:0", "film:1", "film:2", "genre:0", *people)], links)
        every = graph.paths("film:0", "film:1", limit=50)
        three = graph.paths("film:0", "film:1", limit=3)
        assert len(every) == 7
        assert every[0] == three[0]
        assert {p.relations[0] for p in three} == {"cast", "genre"}
        assert [p.score for p in three] == sorted((p.score for p in three), reverse=True)

    def test_paths_from_several_interests_differ_in_interest_too(self, films) -> None:
        found = explaining_paths(films, ["film:1", "film:2", "genre:0", "nobody"], "film:0", limit=3)
        assert len({p.entities[0].id for p in found}) == 3
        assert found[0].entities[0].id == "genre:0"
        assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
        assert explaining_paths(films, [], "film:0") == []
        assert explaining_paths(films, ["film:0"], "film:0") == []

    def test_a_write_is_seen_by_the_next_call(self, films) -> None:
        assert all(p.relations[0] != "writer" for p in films.paths("film:0", "film:30"))
        links = [triple(film, "writer", "person:9") for film in ("film:0", "film:30")]
        films.upsert([], links)
        assert films.paths("film:0", "film:30")[0].relations == ("writer", "writer")
        films.replace([entity("film:0"), entity("film:30")], [])
        assert films.paths("film:0", "film:30") == []

    def test_threads_see_one_state_each(self, graph) -> None:
        """Every write exchanges all edges: a path that mixes two states would have two different relations."""
        names = ["film:a", "film:b", *(f"person:{k}" for k in range(5))]
        graph.upsert([entity(name) for name in names], [])

        def write(turn: int) -> None:
            graph.replace(
                [entity(name) for name in names],
                [triple(film, f"r{turn}", name) for film in names[:2] for name in names[2:]],
            )

        write(0)
        with ThreadPoolExecutor(5) as pool:
            answers = [pool.submit(graph.paths, "film:a", "film:b") for _ in range(40)]
            for turn in range(1, 4):
                write(turn)
            answers += [pool.submit(graph.paths, "film:a", "film:b") for _ in range(10)]
            for answer in answers:
                assert len({relation for path in answer.result() for relation in path.relations}) == 1
                assert len(answer.result()) == 5
