"""Distant labels and composed texts."""

from kg.extraction import RELATIONS, Document
from kg.extraction.labels import align, stands_in
from kg.extraction.templates import Known, compose, templates

TEXT = (
    "Nine Doors is a 1999 French horror comedy film directed by Mara Olsen and starring Ada Rao, Bo Ek and Cy Dunn. "
    "Rao plays Inspector Lund."
)


def labelled(**facts):
    document = Document(id="film:nine-doors-1999", kind="film", title="Nine Doors", text=TEXT)
    found = align(document, facts)
    return (
        {(s.relation, TEXT[s.start : s.end]) for s in found.spans},
        {(s.relation, TEXT[s.start : s.end]) for s in found.unknown},
    )


def test_names_of_the_list_are_labelled_and_their_neighbours_left_open():
    spans, unknown = labelled(cast=["Ada Rao"], genre=["Horror"], director=["Mara Olsen"], year=["1999"])
    assert {("cast", "Ada Rao"), ("genre", "horror"), ("director", "Mara Olsen"), ("year", "1999")} <= spans
    assert ("genre", "comedy") not in spans
    assert {("cast", "Bo Ek"), ("cast", "Cy Dunn")} <= unknown
    assert ("cast", "Mara Olsen") not in unknown


def test_without_a_list_the_wording_labels():
    spans, _ = labelled(cast=[])
    assert ("director", "Mara Olsen") in spans
    assert not any(relation == "cast" for relation, _ in spans)


def test_who_directed_and_produced_is_left_open_as_producer_where_only_directing_is_said():
    spans, unknown = labelled(director=["Mara Olsen"], producer=["Mara Olsen"])
    assert ("producer", "Mara Olsen") not in spans
    assert ("producer", "Mara Olsen") in unknown


def test_a_fact_stands_in_a_text_in_any_way_a_text_writes_it():
    assert stands_in(TEXT, "country", "France")
    assert stands_in(TEXT, "genre", "Comedy")
    assert stands_in(TEXT, "cast", "ada rao")
    assert not stands_in(TEXT, "cast", "Ada Ra")
    assert not stands_in(TEXT, "genre", "Western")


ITEMS = [
    Known(
        "film:nine-doors-1999",
        "film",
        "Nine Doors",
        1999,
        {
            "director": ("Mara Olsen",),
            "cast": ("Ada Rao", "Bo Ek"),
            "writer": ("Jo Lind",),
            "genre": ("Horror",),
        },
        "Nine people are locked in a hotel.",
    ),
    Known(
        "product:pan",
        "product",
        "Harrow Pan",
        None,
        {"brand": ("Harrow",), "material": ("iron",), "feature": ("oven safe",), "colour": ("black",)},
    ),
]


def test_composed_texts_are_the_same_for_a_seed_and_every_span_is_a_name():
    texts = compose(ITEMS, 200, seed=3)
    assert texts == compose(ITEMS, 200, seed=3)
    assert texts != compose(ITEMS, 200, seed=4)
    assert {s.relation for t in texts for s in t.spans} == set(RELATIONS)
    for text in texts:
        assert "[" not in text.document.text
        for span in text.spans:
            name = text.document.text[span.start : span.end]
            assert name == name.strip() != ""


def test_templates_for_validation_are_not_those_for_training():
    train, valid = templates(), templates(held_out=True)
    own = {s for part in train[:4] for s in part}
    assert len(own) >= 80
    assert not own & {s for part in valid[:4] for s in part}
