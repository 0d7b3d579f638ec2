"""The sources that the shipped scorers are fitted to: their truth holds, and they are as hard as sources are."""

import random
from collections import Counter

import pytest

from eval.kg_figures.integration_learning import card, fit_shipped
from eval.kg_figures.integration_spelling import (
    and_sign,
    generation,
    initials,
    inverted,
    middle_name,
    other_number,
    respell,
    retitle,
    short_form,
    without_article,
    without_subtitle,
)
from eval.kg_figures.integration_worlds import SOURCES, WORLDS, labelled_world
from kg.resolution.blocking import item_pairs, person_pairs
from kg.resolution.fitting import LabelledPairs
from kg.resolution.resolve import items_around, people_around
from recsys.starter.catalogue import starter_items

RNG = random.Random(0)


@pytest.mark.parametrize(
    ("change", "text", "expected"),
    [
        (without_article, "The Glass Harbour", {"Glass Harbour"}),
        (inverted, "The Glass Harbour", {"Glass Harbour, The"}),
        (without_subtitle, "Harbour: The Return", {"Harbour", "The Return"}),
        (and_sign, "Salt and Ash", {"Salt & Ash"}),
        (other_number, "Harbour II", {"Harbour 2", "Harbour Two"}),
        (short_form, "Kenneth Maddox", {"Ken Maddox"}),
        (middle_name, "Ida Rose Moe", {"Ida Moe", "Ida R. Moe"}),
        (initials, "Ida Rose Moe", {"I. R. Moe"}),
        (generation, "Leo Tanaka Jr.", {"Leo Tanaka", "Leo Tanaka Junior"}),
    ],
)
def test_names_are_written_in_other_ways(change, text: str, expected: set[str]) -> None:  # type: ignore[no-untyped-def]
    assert {change(text, RNG) for _ in range(60)} == expected


def test_a_changed_name_is_another_name() -> None:
    assert all(retitle("The Glass Harbour 2", RNG) != "The Glass Harbour 2" for _ in range(50))
    assert all(respell("Inés Calloway", RNG) != "Inés Calloway" for _ in range(50))


@pytest.fixture(scope="module")
def world() -> LabelledPairs:
    return labelled_world(starter_items("films")[::4], 3)


def test_one_seed_is_one_world(world: LabelledPairs) -> None:
    again = labelled_world(starter_items("films")[::4], 3).records
    assert again.entities == world.records.entities
    assert again.edges == world.records.edges
    assert labelled_world(starter_items("films")[::4], 4).records.entities != again.entities


def test_pairs_are_of_every_sort(world: LabelledPairs) -> None:
    records, nobody = world.records, range(len(world.records))
    numbers, _, around = items_around(records, nobody, WORLDS)
    films = item_pairs(records, numbers, around)
    numbers, _, around = people_around(records, nobody, WORLDS)
    people = person_pairs(records, numbers, around)
    sorts = Counter(
        (records.kind(one), records.names[one][0] == records.names[other][0], same)
        for one, other in (*films, *people)
        if (same := world.same((one, other))) is not None
    )
    assert {
        (kind, named, same)
        for kind in ("film", "person")
        for named in (True, False)
        for same in (True, False)
    } == (set(sorts))
    assert {records.source(number) for number in nobody} == set(SOURCES)


def test_nothing_is_said_of_pairs_within_a_source_or_of_other_things(world: LabelledPairs) -> None:
    films = world.records.of_kinds(["film"])
    first = world.records.source(films[0])
    assert world.same((films[0], next(n for n in films[1:] if world.records.source(n) == first))) is None
    years = world.records.of_kinds(["year"])
    assert world.same((years[0], years[-1])) is None


@pytest.mark.slow
def test_the_scorers_are_made_again() -> None:
    fitted = fit_shipped(1, lambda _: None, quick=True)
    assert fitted.f1["item"] > 0.85
    assert fitted.f1["person"] > 0.9
    assert card(fitted, 1).seed == 1
