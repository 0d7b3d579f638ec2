"""From spans to entities and triples."""

from kg.extraction import Document, Span
from kg.extraction.assembling import assemble
from kg.linking import EntityLinker
from kg.schema import Entity

TEXT = "Heat stars Ada Rao. Directed by Mara Olsen, it runs long. Olsen also wrote it."


def spans(*named):
    return [Span(TEXT.index(n), TEXT.index(n) + len(n), r, c) for n, r, c in named]


def extraction(found, linker=None):
    document = Document(id="film:heat-1995", kind="film", title="Heat", text=TEXT)
    return assemble(document, found, "text:test", linker)


def test_each_fact_once_with_its_sentence_and_source():
    found = extraction(spans(("Ada Rao", "cast", 0.9), ("Ada Rao", "cast", 0.4)))
    assert [(t.relation, t.object, t.confidence, t.sentence) for t in found.triples] == [
        ("cast", "person:ada-rao", 0.9, "Heat stars Ada Rao.")
    ]
    assert found.triples[0].source == "text:test"
    assert {e.id for e in found.entities} == {"film:heat-1995", "person:ada-rao"}


def test_a_surname_is_the_whole_name_of_the_same_text():
    olsen = TEXT.rindex("Olsen")
    found = extraction([*spans(("Mara Olsen", "director", 0.9)), Span(olsen, olsen + 5, "writer", 0.8)])
    assert {(t.relation, t.object) for t in found.triples} == {
        ("director", "person:mara-olsen"),
        ("writer", "person:mara-olsen"),
    }


def test_a_linker_gives_the_known_entity_and_only_of_the_right_kind():
    known = Entity(id="person:q42", kind="person", name="Ada Rao")
    namesake = Entity(id="film:ada-rao", kind="film", name="Mara Olsen")
    linker = EntityLinker([known, namesake])
    found = extraction(spans(("Ada Rao", "cast", 0.9), ("Mara Olsen", "director", 0.9)), linker)
    assert {t.object for t in found.triples} == {"person:q42", "person:mara-olsen"}


def test_what_has_no_letter_is_no_fact():
    assert extraction([Span(18, 19, "cast")]).triples == ()
