"""Descriptions: people, genres and words of the texts instead of a title."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from kg.linking import EntityLinker
from kg.schema import Triple
from tests.kg.linking.catalogue import ENTITIES, person

TEXTS = {
    "film:inception-2010": "A thief steals secrets out of dreams and plants an idea in a sleeper's mind.",
    "film:the-matrix-1999": "A programmer learns that the world is a simulation run by machines.",
    "film:heat-1995": "A detective hunts a crew of robbers through Los Angeles.",
    "film:alien-1979": "The crew of a spaceship is hunted by a creature that hatched aboard.",
    "film:up-2009": "An old widower ties thousands of balloons to his house and flies away.",
    "film:speed-1994": "A bomb on a bus goes off when the bus drives too slowly.",
}
ENTITIES_HERE = [*ENTITIES, person("Jonathan Nolan"), person("Jan de Bont"), person("Ann Slowly")]
FACTS = [
    ("inception-2010", "director", "person:christopher-nolan"),
    ("the-matrix-1999", "cast", "person:keanu-reeves"),
    ("speed-1994", "cast", "person:keanu-reeves"),
    ("speed-1994", "director", "person:jan-de-bont"),
    ("heat-1995", "cast", "person:al-pacino"),
    ("heat-1995", "director", "person:michael-mann"),
    ("heat-1995", "genre", "genre:crime"),
    ("speed-1994", "genre", "genre:thriller"),
    ("her-2013", "cast", "person:jonathan-nolan"),
]
TRIPLES = [Triple(subject=f"film:{one}", relation=r, object=other, source="test") for one, r, other in FACTS]
LINKER = EntityLinker(ENTITIES_HERE, TRIPLES, TEXTS)


@pytest.mark.parametrize(
    ("said", "film"),
    [
        ("that Nolan dream movie", "inception-2010"),
        ("that christopher nolan movie", "inception-2010"),
        ("the one with Keanu Reeves and a bomb on a bus", "speed-1994"),
        ("the Keanu Reeves film about machines and a simulation", "the-matrix-1999"),
        ("the movie where an old widower flies away with balloons", "up-2009"),
        ("the crime film with Pacino as a detective", "heat-1995"),
        ("that movie about dreaming thieves by nolan", "inception-2010"),
    ],
)
def test_a_description_is_understood(said: str, film: str) -> None:
    result = LINKER.link(said)
    assert result.entity is not None
    assert (result.entity.id, result.reason, result.ambiguous) == (f"film:{film}", "description", False)


def test_a_person_alone_asks_which() -> None:
    result = LINKER.link("that movie with keanu reeves")
    assert result.ambiguous
    named = {e.id for e in (result.entity, *result.alternatives) if e is not None}
    assert named == {"film:speed-1994", "film:the-matrix-1999"}


@pytest.mark.parametrize(
    "said",
    [
        "that movie about a purple submarine orchestra",
        "a movie with balloons",
        "the one about it",
        "the movie with Nobody Whatsoever",
        "that movie",
        "a film",
        "that \x00 movie \ud83c where",
        "that movie where " + "x" * 10_000,
    ],
)
def test_what_fits_nothing_is_nothing(said: str) -> None:
    assert LINKER.link(said).entity is None


def test_kinds_limit_a_description() -> None:
    assert LINKER.describe("that Nolan dream movie", kinds=["product"]).entity is None


def test_without_facts_and_texts_nothing_is_described() -> None:
    assert EntityLinker(ENTITIES).describe("that Nolan dream movie").entity is None
    assert EntityLinker([]).describe("that Nolan dream movie").entity is None


def test_facts_are_read_when_the_first_description_comes() -> None:
    class Facts:
        reads = 0

        def __iter__(self) -> Iterator[Triple]:
            self.reads += 1
            return iter(TRIPLES)

    facts = Facts()
    linker = EntityLinker(ENTITIES_HERE, facts, TEXTS)
    linker.link("Heat")
    linker.find("I loved Heat")
    assert facts.reads == 0
    linker.describe("that Nolan dream movie")
    linker.describe("that movie with keanu reeves")
    assert facts.reads == 1


def test_an_encoder_settles_what_people_and_words_leave_open() -> None:
    class Wheels:
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            about = [any(word in text.lower() for word in ("bus", "wheels")) for text in texts]
            return np.array([[1.0, 0.0] if one else [0.0, 1.0] for one in about], dtype=np.float32)

    linker = EntityLinker(ENTITIES_HERE, TRIPLES, TEXTS, Wheels())
    result = linker.link("that movie with keanu reeves on wheels")
    assert result.entity is not None
    assert (result.entity.id, result.ambiguous) == ("film:speed-1994", False)
