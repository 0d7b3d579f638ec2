from datetime import date

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from recsys.catalogue import LINK_SCHEMA
from recsys.catalogue_graph import catalogue_graph, facet_ids, same_name, slug
from recsys.schema import Item

HEAT = Item(
    id="film:heat-1995",
    title="Heat",
    kind="film",
    year=1995,
    aliases=("Heat 1995",),
    popularity=3,
    attributes={"genre": ("Crime", "Drama"), "director": ("Michael Mann",), "cast": ("Al Pacino",)},
)
THIEF = Item(
    id="film:thief-1981",
    title="Thief",
    kind="film",
    year=1981,
    attributes={"genre": ("crime",), "director": ("Michael  Mann",), "writer": ("Michael Mann",)},
)


def test_items_and_facet_values_become_entities_joined_by_the_facet() -> None:
    entities, triples = catalogue_graph([HEAT, THIEF], "test", seen=date(2026, 1, 2))
    by_id = {entity.id: entity for entity in entities}
    assert by_id["film:heat-1995"].aliases == ("Heat 1995",)
    assert by_id["film:heat-1995"].popularity == 3
    assert by_id["person:michael-mann"].kind == "person"
    assert by_id["person:michael-mann"].popularity == 2
    assert {(t.subject, t.relation, t.object) for t in triples} == {
        ("film:heat-1995", "genre", "genre:crime"),
        ("film:heat-1995", "genre", "genre:drama"),
        ("film:heat-1995", "director", "person:michael-mann"),
        ("film:heat-1995", "cast", "person:al-pacino"),
        ("film:heat-1995", "decade", "decade:1990s"),
        ("film:thief-1981", "genre", "genre:crime"),
        ("film:thief-1981", "director", "person:michael-mann"),
        ("film:thief-1981", "writer", "person:michael-mann"),
        ("film:thief-1981", "decade", "decade:1980s"),
    }
    assert all(t.source == "test" and t.first_seen == date(2026, 1, 2) for t in triples)


def test_a_given_decade_is_kept() -> None:
    item = HEAT.model_copy(update={"attributes": {"decade": ("the nineties",)}})
    assert [t.object for t in catalogue_graph([item], "test")[1]] == ["decade:the-nineties"]


def test_slugs_keep_other_scripts_and_drop_latin_accents() -> None:
    assert slug("Agnès Varda") == "agnes-varda"
    assert slug("  Sci-Fi ") == "sci-fi"
    assert slug("黒澤 明") == "黒澤-明"
    assert slug("सत्यजित राय") == "सत्यजित-राय"
    assert slug("!!!")
    assert slug("!!!") != slug("???")


def test_names_with_one_slug_get_ids_of_their_own() -> None:
    items = [
        Item(id=f"film:{k}", title=name, attributes={"cast": (name,)})
        for k, name in enumerate(("José", "Jose", "JOSE", "J-o-s-e"))
    ]
    ids = facet_ids(items)
    assert ids["person", "jose"] == "person:jose"
    assert len(set(ids.values())) == len(ids) == 3


def test_a_facet_value_never_takes_the_id_of_an_item() -> None:
    item = Item(id="genre:drama", title="Drama", attributes={"genre": ("Drama",)})
    entities, triples = catalogue_graph([item], "test")
    assert len({entity.id for entity in entities}) == 2
    assert triples[0].object != "genre:drama"


def test_links_between_items_are_triples_and_unknown_ends_are_left_out() -> None:
    links = pl.DataFrame(
        [
            ("film:heat-1995", "seen_with", "film:thief-1981"),
            ("film:heat-1995", "seen_with", "film:nowhere"),
            ("film:heat-1995", "seen_with", "film:heat-1995"),
        ],
        schema=LINK_SCHEMA,
        orient="row",
    )
    triples = catalogue_graph([HEAT, THIEF], "test", links)[1]
    assert [(t.subject, t.object) for t in triples if t.relation == "seen_with"] == [
        ("film:heat-1995", "film:thief-1981")
    ]


NAMES = st.text(min_size=1, max_size=8)


@given(st.lists(st.lists(NAMES, max_size=4), min_size=1, max_size=6))
def test_ids_are_unique_and_every_triple_has_both_ends(casts: list[list[str]]) -> None:
    items = [
        Item(id=f"film:{k}", title="x", attributes={"cast": tuple(cast), "genre": tuple(cast)})
        for k, cast in enumerate(casts)
    ]
    entities, triples = catalogue_graph(items, "test")
    ids = [entity.id for entity in entities]
    assert len(set(ids)) == len(ids)
    assert all(t.subject in ids and t.object in ids for t in triples)
    names = {same_name(n) for cast in casts for n in cast if n.strip()}
    assert sum(entity.kind == "person" for entity in entities) == len(names)
