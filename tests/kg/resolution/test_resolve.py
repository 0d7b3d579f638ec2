from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.resolution import ResolutionConfig
from kg.resolution.clusters import groups
from kg.resolution.resolve import Resolution, resolve
from kg.sources import Dump, DumpBuilder
from tests.kg.resolution.dumps import DAY, OURS, THEIRS, films_dump


@pytest.fixture(scope="module")
def dumps() -> list[Dump]:
    return [films_dump("ours", OURS), films_dump("theirs", THEIRS)]


def merged(resolution: Resolution) -> set[frozenset[tuple[str, str]]]:
    keys = resolution.records.keys
    return {
        frozenset(keys[number] for number in cluster)
        for cluster in groups(resolution.roots)
        if len(cluster) > 1
    }


def pair(one: str, other: str) -> frozenset[tuple[str, str]]:
    return frozenset({("ours", one), ("theirs", other)})


def test_films_and_people_become_one_together(dumps: list[Dump]) -> None:
    found = merged(resolve(dumps))
    assert {
        pair("film:the-glass-harbour-1994", "film:glass-harbour-the"),
        pair("film:harbour-nights-1996", "film:harbour-nights"),
        pair("film:salt-road-1988", "film:salt-road-1988"),
        pair("person:ines-calloway", "person:ines-calloway"),
        pair("person:jt-okafor", "person:jt-okafor"),
        pair("person:kenneth-maddox", "person:ken-maddox"),
    } <= found


def test_a_remake_stays_itself(dumps: list[Dump]) -> None:
    remake = ("ours", "film:salt-road-2011")
    assert not any(remake in cluster for cluster in merged(resolve(dumps)))


def test_the_order_of_the_dumps_does_not_matter(dumps: list[Dump]) -> None:
    assert merged(resolve(dumps)) == merged(resolve(dumps[::-1]))


def test_it_is_the_same_every_time(dumps: list[Dump]) -> None:
    first, second = resolve(dumps), resolve(dumps)
    assert first.roots == second.roots
    assert first.scores == second.scores


def test_brothers_of_one_film_stay_two() -> None:
    one = films_dump(
        "ours", [("Ash Lane", 1990, {"director": ["Joel Marsh", "Ethan Marsh"], "cast": ["Ida Moe"]})]
    )
    two = films_dump(
        "theirs", [("Ash Lane", 1990, {"director": ["Joel Marsh", "Ethan Marsh"], "cast": ["Ida Moe"]})]
    )
    found = merged(resolve([one, two]))
    assert pair("person:joel-marsh", "person:joel-marsh") in found
    assert all(len(cluster) == 2 for cluster in found)


def test_a_person_s_word_goes_before_the_scores(dumps: list[Dump]) -> None:
    key = "film:salt-road-1988"
    config = ResolutionConfig(
        apart=((("ours", key), ("theirs", key)),),
        together=((("ours", "film:salt-road-2011"), ("theirs", key)),),
    )
    found = merged(resolve(dumps, config))
    assert pair(key, key) not in found
    assert pair("film:salt-road-2011", key) in found


def test_a_trusted_identifier_joins_what_names_do_not() -> None:
    one = films_dump("ours", [("Ash Lane", 1990, {})])
    two = films_dump("theirs", [("Cenizas", 1990, {})])
    assert merged(resolve([one, two])) == {pair("year:1990", "year:1990")}
    known = [
        Dump(
            d.source,
            d.seen,
            d.entities,
            d.triples,
            {e.id: ("imdb:tt1",) for e in d.entities if e.kind == "film"},
        )
        for d in (one, two)
    ]
    assert pair("film:ash-lane-1990", "film:cenizas-1990") in merged(resolve(known))


def test_brands_are_one_whatever_their_legal_form() -> None:
    def shop(source: str, brand: str, title: str) -> Dump:
        builder = DumpBuilder(source, DAY, 1.0)
        builder.value(builder.add(f"product:{source}", "product", title), "brand", "brand", brand)
        return builder.finish(Path(source))

    found = merged(
        resolve([shop("ours", "Acme Outdoor", "Ridge tent"), shop("theirs", "ACME Outdoor Inc.", "Lamp 3")])
    )
    assert found == {pair("brand:acme-outdoor", "brand:acme-outdoor-inc")}


def test_a_wrong_told_pair_is_said_in_words(dumps: list[Dump]) -> None:
    config = ResolutionConfig(apart=((("ours", "film:none"), ("theirs", "film:none")),))
    with pytest.raises(GraphError, match="No record 'film:none' of ours"):
        resolve(dumps, config)


def test_two_dumps_of_one_name_are_refused(dumps: list[Dump]) -> None:
    with pytest.raises(GraphError, match="Two dumps are called 'ours'"):
        resolve([dumps[0], dumps[0]])
