"""What every graph store must do. A store is tested by a class that inherits this and gives `graph`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.graph import GraphError, KnowledgeGraph
from kg.schema import Change, Entity, Triple
from tests.kg.stores.reference import ReferenceGraph


def entity(entity_id: str, kind: str = "film", popularity: float = 0.0, **fields) -> Entity:
    fields.setdefault("name", entity_id)
    return Entity(id=entity_id, kind=kind, popularity=popularity, **fields)


def triple(subject: str, relation: str, target: str, source: str = "test", **fields) -> Triple:
    return Triple(subject=subject, relation=relation, object=target, source=source, **fields)


HEAT = entity("film:heat", name="Heat", aliases=("Heat (1995)", "Fuego contra fuego"), popularity=9.0)
ALIEN = entity("film:alien", name="Alien", popularity=8.0)
SPEED = entity("film:speed", name="Speed", popularity=7.0)
MANN = entity("person:mann", "person", name="Michael Mann", popularity=3.0)
CRIME = entity("genre:crime", "genre", name="Crime")
ENTITIES = [HEAT, ALIEN, SPEED, MANN, CRIME]
TRIPLES = [
    triple("film:heat", "director", "person:mann", first_seen=date(2020, 1, 2), last_seen=date(2021, 1, 2)),
    triple("film:heat", "writer", "person:mann"),
    triple("film:heat", "genre", "genre:crime", confidence=0.5),
    triple("film:alien", "director", "person:mann"),
    triple("film:alien", "genre", "genre:crime"),
    triple("film:speed", "genre", "genre:crime"),
]
NASTY = [
    "'; DROP TABLE Entity; --",
    '"}) DETACH DELETE n //',
    "MATCH (n) RETURN n",
    "$id {id: $id} `x`",
    "back\\slash \\' \\\" \\n",
    "tab\tnew\nline\r\n",
    "zero\x00byte",
    "🎬🍿👩‍👩‍👧",
    "卧虎藏龙 こんにちは 안녕",
    "ﬁ ﷺ \u202eright to left\u202c",
    "%s {} {{x}} ${y}",
    "x" * 10_000,
    "名" * 10_000,
    " ",
    "[a, b]",
    "null",
]

_names = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8) | st.sampled_from(
    ["Heat", "heat", "The Heat", "Alien", "alien 2", "Alien II", "É", "\U0001f3ac", "\uffee", "a b", "b a"]
)
_ids = st.sampled_from([f"e{k}" for k in range(7)])
_entities = st.builds(
    Entity,
    id=_ids,
    kind=st.sampled_from(["film", "person"]),
    name=_names,
    aliases=st.lists(_names, max_size=2).map(tuple),
    popularity=st.sampled_from([0.0, 1.0, 2.5]),
)
_links = st.builds(
    Triple,
    subject=_ids,
    relation=st.sampled_from(["cast", "director"]),
    object=_ids,
    source=st.sampled_from(["a", "b"]),
    confidence=st.sampled_from([0.0, 0.25, 1.0]),
    first_seen=st.none() | st.dates(),
    last_seen=st.none() | st.dates(),
    sentence=_names,
)


_keys = st.tuples(_ids, st.sampled_from(["cast", "director"]), _ids, st.sampled_from(["a", "b"]))
_changes = st.builds(
    Change,
    entities=st.lists(_entities, max_size=7).map(tuple),
    triples=st.lists(_links, max_size=12).map(tuple),
    expired_triples=st.lists(_keys, max_size=6).map(tuple),
    expired_entities=st.lists(_ids, max_size=2).map(tuple),
)


@st.composite
def graphs(draw):
    entities = draw(st.lists(_entities, max_size=9))
    known = {e.id for e in entities}
    links = draw(st.lists(_links, max_size=18))
    return entities, [link for link in links if {link.subject, link.object} <= known]


def _agreement():
    """Make the property test anew for each store: Hypothesis keeps its state on the function."""

    @settings(
        max_examples=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        first=graphs(),
        second=graphs(),
        changes=st.lists(_changes, min_size=1, max_size=3),
        text=_names,
        replaced=st.booleans(),
    )
    def test_agrees_with_the_reference(self, graph, first, second, changes, text, replaced) -> None:
        if replaced:
            graph.replace(*first)
        else:
            graph.clear()
            graph.upsert(*first)
        graph.upsert(*second)
        expected = ReferenceGraph(first[0] + second[0], first[1] + second[1])
        for change in changes:
            refused = None
            try:
                expected.apply(change)
            except GraphError as error:
                refused = error
            if refused:
                with pytest.raises(GraphError, match=str(refused)):
                    graph.apply(change)
            else:
                graph.apply(change)
        ids = [f"e{k}" for k in range(7)]
        assert graph.get(ids) == [expected.entities[k] for k in ids if k in expected.entities]
        assert list(graph.entities()) == expected.all_entities()
        for source in (None, "a", "c"):
            assert list(graph.triples(source)) == expected.all_triples(source)
        for k in ids[:3]:
            assert graph.facts(k) == expected.facts(k)
            assert graph.facts(k, limit=2) == expected.facts(k)[:2]
            assert graph.neighbours(k) == expected.neighbours(k, None, None)
            assert graph.neighbours(k, "cast", "film") == expected.neighbours(k, "cast", "film")
        assert graph.search(text) == expected.search(text, None)[:10]
        assert graph.search(text, kind="film") == expected.search(text, "film")[:10]
        assert graph.stats() == expected.stats()

    return test_agrees_with_the_reference


class GraphContract:
    """Inherit, and give a fixture `graph`: an empty store."""

    def __init_subclass__(cls) -> None:
        cls.test_agrees_with_the_reference = _agreement()

    @pytest.fixture
    def filled(self, graph: KnowledgeGraph) -> KnowledgeGraph:
        graph.upsert(ENTITIES, TRIPLES)
        return graph

    def test_is_a_knowledge_graph(self, graph) -> None:
        assert isinstance(graph, KnowledgeGraph)

    def test_get_keeps_the_order_and_leaves_out_the_unknown(self, filled) -> None:
        assert filled.get(["person:mann", "nobody", "film:heat"]) == [MANN, HEAT]
        assert filled.get([]) == []

    def test_neighbours_in_both_directions(self, filled) -> None:
        found = [(n.relation, n.entity.id, n.outgoing) for n in filled.neighbours("film:heat")]
        assert found == [
            ("director", "person:mann", True),
            ("genre", "genre:crime", True),
            ("writer", "person:mann", True),
        ]
        found = [(n.relation, n.entity, n.outgoing) for n in filled.neighbours("person:mann")]
        assert found == [("director", ALIEN, False), ("director", HEAT, False), ("writer", HEAT, False)]

    def test_neighbours_by_relation_kind_and_limit(self, filled) -> None:
        assert [n.entity for n in filled.neighbours("film:heat", relation="genre")] == [CRIME]
        assert {n.relation for n in filled.neighbours("film:heat", kind="person")} == {"director", "writer"}
        assert filled.neighbours("film:heat", relation="genre", kind="person") == []
        assert [n.entity for n in filled.neighbours("genre:crime", limit=2)] == [ALIEN, HEAT]
        assert filled.neighbours("genre:crime", limit=0) == []

    def test_paths_best_first(self, filled) -> None:
        filled.upsert([entity("film:up")], [triple("film:up", "genre", "genre:crime")])
        best, *others = filled.paths("film:heat", "film:alien")
        assert best.entities == (HEAT, MANN, ALIEN)
        assert best.relations == ("director", "director")
        assert 0 < best.score <= 1
        assert {p.relations for p in others} == {("writer", "director"), ("genre", "genre")}
        assert filled.paths("film:heat", "film:alien", limit=1) == [best]

    def test_paths_of_one_to_three_hops(self, filled) -> None:
        assert [p.relations for p in filled.paths("film:heat", "person:mann", max_hops=1)] == [
            ("director",),
            ("writer",),
        ]
        assert filled.paths("person:mann", "film:speed") == []
        longest = filled.paths("person:mann", "film:speed", max_hops=3)
        assert {len(p.relations) for p in longest} == {3}
        assert all(p.entities[0] == MANN and p.entities[-1] == SPEED for p in longest)
        for hops in (0, 4):
            with pytest.raises(GraphError, match="one to three"):
                filled.paths("film:heat", "film:alien", max_hops=hops)

    def test_unknown_ids(self, filled) -> None:
        assert filled.neighbours("nobody") == []
        assert filled.paths("nobody", "film:heat") == []
        assert filled.paths("film:heat", "nobody", max_hops=3) == []
        assert filled.paths("film:heat", "film:heat", max_hops=3) == []
        assert filled.get(["\ud800", "x" * 100_000]) == []
        assert filled.neighbours("\ud800") == []

    def test_search_folds_names_and_prefers_exact_ones(self, filled) -> None:
        filled.upsert([entity("film:heat-2", name="Heat of the Night", popularity=99.0)], [])
        assert [e.id for e in filled.search("HEAT!")] == ["film:heat", "film:heat-2"]
        assert [e.id for e in filled.search("the heat")] == ["film:heat", "film:heat-2"]
        assert [e.id for e in filled.search("night heat")] == ["film:heat-2"]
        assert filled.search("fuego") == [HEAT]
        assert filled.search("mann", kind="person") == [MANN]
        assert filled.search("mann", kind="film") == []
        assert filled.search("hea") == []
        assert len(filled.search("heat", limit=1)) == 1
        assert filled.search("heat", limit=0) == []

    @pytest.mark.parametrize("text", ["", "   ", *NASTY, "\ud800", "%", "*", "x" * 100_000, "heat " * 20_000])
    def test_search_takes_any_text_as_data(self, filled, text) -> None:
        filled.search(text)
        assert filled.stats().total_entities == len(ENTITIES)

    def test_nasty_text_comes_back_as_it_went_in(self, graph) -> None:
        nasty = [
            entity(f"id {k} {text[:200]}", kind=text[:300], name=text, aliases=(text, "'\"", text[::-1]))
            for k, text in enumerate(NASTY)
        ]
        links = [triple(nasty[0].id, text[:300], e.id, text) for text, e in zip(NASTY, nasty, strict=True)]
        graph.upsert(nasty, links)
        assert graph.get([e.id for e in nasty]) == nasty
        assert {n.relation for n in graph.neighbours(nasty[0].id)} == {text[:300] for text in NASTY}
        for e in nasty:
            found = graph.search(e.name, kind=e.kind, limit=50)
            assert (e in found) == bool(e.name.strip())
        graph.upsert(nasty, links)
        assert (graph.stats().total_entities, graph.stats().total_triples) == (len(nasty), len(nasty))

    def test_upsert_is_idempotent_and_replaces(self, filled) -> None:
        filled.upsert(ENTITIES, TRIPLES)
        before = filled.stats()
        assert before.entities == {"film": 3, "genre": 1, "person": 1}
        assert before.triples == {"director": 2, "genre": 3, "writer": 1}
        renamed = HEAT.model_copy(update={"name": "Heat!", "aliases": (), "popularity": 1.0, "kind": "video"})
        filled.upsert([renamed], [triple("film:heat", "director", "person:mann", "other")])
        assert filled.get(["film:heat"]) == [renamed]
        assert filled.search("fuego") == []
        assert filled.stats().triples["director"] == 3
        assert len(filled.neighbours("film:heat", relation="director")) == 1

    def test_the_last_of_two_in_one_call_counts(self, graph) -> None:
        graph.upsert([HEAT, HEAT.model_copy(update={"name": "Last"})], [])
        assert [e.name for e in graph.get(["film:heat"])] == ["Last"]

    def test_triples_between_stored_entities(self, filled) -> None:
        filled.upsert([], [triple("film:speed", "director", "person:mann")])
        assert [n.entity for n in filled.neighbours("film:speed", relation="director")] == [MANN]
        filled.upsert([], [])

    def test_a_missing_endpoint_stores_nothing(self, filled) -> None:
        before = filled.stats()
        new = entity("film:new")
        for bad in (triple("film:new", "genre", "genre:none"), triple("nobody", "genre", "genre:crime")):
            with pytest.raises(GraphError, match="neither given nor stored"):
                filled.upsert([new], [triple("film:new", "genre", "genre:crime"), bad])
        assert filled.stats() == before
        assert filled.get(["film:new"]) == []

    def test_facts_in_both_directions_by_key(self, filled) -> None:
        filled.upsert([], [triple("film:heat", "sequel", "film:heat", sentence="Heat follows Heat.")])
        expected = sorted(TRIPLES[:3], key=lambda t: t.key)
        found = filled.facts("film:heat")
        assert [t for t in found if t.relation != "sequel"] == expected
        assert [t.sentence for t in found if t.relation == "sequel"] == ["Heat follows Heat."]
        assert [t.subject for t in filled.facts("person:mann")] == ["film:alien", "film:heat", "film:heat"]
        assert len(filled.facts("genre:crime", limit=2)) == 2
        assert (filled.facts("film:heat", limit=0), filled.facts("nobody"), filled.facts("\ud800")) == (
            [],
            [],
            [],
        )

    def test_apply_adds_changes_and_expires(self, filled) -> None:
        again = TRIPLES[0].model_copy(update={"last_seen": date(2022, 1, 2), "sentence": "He directed it."})
        filled.apply(
            Change(
                entities=(entity("film:new"),),
                triples=(again, triple("film:new", "genre", "genre:crime")),
                expired_triples=(TRIPLES[1].key, ("film:heat", "writer", "nobody", "test")),
                expired_entities=("film:speed", "nobody"),
            )
        )
        assert filled.facts("person:mann") == [TRIPLES[3], again]
        assert [n.entity.id for n in filled.neighbours("genre:crime")] == [
            "film:alien", "film:heat", "film:new",
        ]  # fmt: skip
        assert filled.get(["film:speed"]) == []
        assert filled.stats().sources == {"test": 5}

    def test_apply_changes_nothing_when_a_triple_would_hang(self, filled) -> None:
        before = list(filled.triples())
        change = Change(
            triples=(triple("film:heat", "genre", "film:speed"),),
            expired_entities=("film:speed",),
            expired_triples=(TRIPLES[0].key,),
        )
        with pytest.raises(GraphError, match="neither given nor stored"):
            filled.apply(change)
        assert list(filled.triples()) == before
        filled.apply(change.model_copy(update={"entities": (SPEED,)}))
        assert filled.neighbours("film:speed", relation="genre")[0].entity == HEAT

    def test_replace_puts_a_whole_graph_in_the_place_of_another(self, filled) -> None:
        said: list[str] = []
        films = [entity(f"film:{k}") for k in range(3)]
        links = [triple("film:0", "sequel", "film:1"), triple("film:0", "sequel", "film:1", confidence=0.5)]
        filled.replace(iter([*films, films[0].model_copy(update={"name": "Last"})]), iter(links), said.append)
        assert [e.name for e in filled.entities()] == ["Last", "film:1", "film:2"]
        assert list(filled.triples()) == [links[1]]
        assert filled.search("heat") == []
        assert any("triples" in line for line in said)
        filled.upsert([HEAT], [])
        filled.replace(ENTITIES, TRIPLES)
        assert filled.search("fuego") == [HEAT]
        assert list(filled.triples()) == sorted(TRIPLES, key=lambda t: t.key)

    def test_a_refused_replace_leaves_what_was_there(self, filled) -> None:
        before = list(filled.entities()), list(filled.triples())

        def broken():
            yield TRIPLES[0]
            raise ValueError("the dump ended early")

        with pytest.raises(ValueError, match="ended early"):
            filled.replace(ENTITIES, broken())
        with pytest.raises(GraphError, match="neither given nor stored"):
            filled.replace([HEAT], [triple("film:heat", "genre", "genre:none")])
        with pytest.raises(GraphError, match="Shorten"):
            filled.replace([entity("x" * 501)], [])
        assert (list(filled.entities()), list(filled.triples())) == before

    def test_a_graph_replaced_while_it_is_listed_is_said(self, filled) -> None:
        many = [entity(f"e:{k:05}") for k in range(6_000)]
        filled.replace(many, [])
        listing = filled.entities()
        assert next(listing).id == "e:00000"
        filled.replace(ENTITIES, TRIPLES)
        with pytest.raises(GraphError, match="while it was read"):
            list(listing)
        assert len(list(filled.entities())) == len(ENTITIES)

    def test_reads_see_the_old_or_the_new_graph_while_it_is_replaced(self, graph) -> None:
        def make(size: int) -> tuple[list[Entity], list[Triple]]:
            films = [entity(f"film:{k}", kind=f"kind {size}") for k in range(size)]
            return films, [triple("film:0", "of", film.id, str(size)) for film in films]

        graph.replace(*make(20))
        stop = False

        def look() -> set[tuple]:
            seen = set()
            while not stop:
                stats = graph.stats()
                seen.add((tuple(stats.entities.items()), tuple(stats.sources.items())))
                seen.add((tuple({n.entity.kind for n in graph.neighbours("film:0")}),))
            return seen

        with ThreadPoolExecutor(2) as pool:
            looking = [pool.submit(look) for _ in range(2)]
            try:
                for size in (30, 40, 20):
                    graph.replace(*make(size))
            finally:
                stop = True
            seen = set().union(*(one.result() for one in looking))
        whole = {(((f"kind {n}", n),), ((str(n), n),)) for n in (20, 30, 40)}
        assert seen <= whole | {((f"kind {n}",),) for n in (20, 30, 40)}

    def test_an_endless_id_is_refused(self, graph) -> None:
        with pytest.raises(GraphError, match="Shorten"):
            graph.upsert([entity("x" * 501)], [])
        assert graph.stats().total_entities == 0

    def test_clear(self, filled) -> None:
        filled.clear()
        assert (filled.stats().entities, filled.stats().triples) == ({}, {})
        filled.upsert(ENTITIES, TRIPLES)
        assert filled.stats().total_triples == len(TRIPLES)

    def test_eight_threads_read_while_one_writes(self, filled) -> None:
        def read(k: int) -> tuple:
            return (
                [n.entity.id for n in filled.neighbours("film:heat")],
                [p.relations for p in filled.paths("film:heat", "film:alien", max_hops=3, limit=1)],
                [e.id for e in filled.search("heat")],
                len(filled.get([e.id for e in ENTITIES])),
            )

        expected = read(0)
        with ThreadPoolExecutor(9) as pool:
            answers = [pool.submit(read, k) for k in range(120)]
            writes = [
                pool.submit(filled.upsert, [entity(f"new:{k}", "x")], [triple(f"new:{k}", "y", f"new:{k}")])
                for k in range(10)
            ]
            assert all(answer.result() == expected for answer in answers)
            assert [write.result() for write in writes] == [None] * 10
        assert filled.stats().entities["x"] == 10

    def test_closed_means_closed(self, filled) -> None:
        listing = filled.entities()
        next(listing)
        filled.close()
        filled.close()
        for call in (
            lambda: filled.get(["film:heat"]),
            lambda: filled.search("heat"),
            lambda: filled.upsert([HEAT], []),
            lambda: filled.replace([HEAT], []),
            lambda: list(filled.entities()),
            lambda: list(filled.triples()),
            lambda: filled.facts("film:heat"),
            filled.stats,
            filled.clear,
        ):
            with pytest.raises(GraphError, match="closed"):
                call()
