"""A film that is described instead of named, and one that is called by its initials."""

from dataclasses import replace

import pytest

from agent.builtin.lexicon import Lexicon
from agent.builtin.spans import Finder
from kg.linking import EntityLinker
from recsys.catalogue_graph import catalogue_graph
from tests.agent.builtin.world import FILMS, knowledge_of

ENTITIES, TRIPLES = catalogue_graph(FILMS, "test")
TEXTS = {item.id: item.description for item in FILMS}
KNOWLEDGE = replace(knowledge_of(FILMS, "films"), linker=EntityLinker(ENTITIES, TRIPLES, TEXTS))
FINDER = Finder(KNOWLEDGE, Lexicon(KNOWLEDGE.facet_values, KNOWLEDGE.domain))


def titles(text: str) -> list[str]:
    return [span.data for span in FINDER.read(text, 0).spans if span.tag == "t"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tell me about that Nolan dream movie", ["film:inception-2010"]),
        ("something like that Nolan dream movie", ["film:inception-2010"]),
        ("is that Kubrick madness film any good", ["film:the-shining-1980"]),
        ("that Hitchcock movie", []),
        ("I want that kind of movie", []),
        ("a movie about dreams", []),
    ],
)
def test_a_description_that_fits_one_film_is_that_film(text: str, found: list[str]) -> None:
    assert titles(text) == found
