import json
from datetime import date
from pathlib import Path

import pytest

from kg.sources import SOURCES, Dump, SourceError, read_source

DAY = date(2026, 3, 31)
RESOURCE = "http://dbpedia.org/resource/"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def edges(dump: Dump) -> set[tuple[str, str, str]]:
    return {(triple.subject, triple.relation, triple.object) for triple in dump.triples}


def names(dump: Dump) -> dict[str, str]:
    return {entity.id: entity.name for entity in dump.entities}


def check(dump: Dump, source: str) -> None:
    """What holds for every reader."""
    ids = {entity.id for entity in dump.entities}
    assert len(ids) == len(dump.entities)
    for triple in dump.triples:
        assert {triple.subject, triple.object} <= ids
        assert triple.source == source
        assert 0 < triple.confidence <= 1
        assert triple.first_seen == triple.last_seen == DAY
    assert set(dump.identifiers) <= ids


def test_omdb_reads_people_with_their_roles(tmp_path: Path) -> None:
    record = {
        "movieId": 6,
        "title_ml": "Postino, Il (The Postman) (1994)",
        "Title": "Il Postino",
        "Year": "1994",
        "Runtime": "1 h 48 min",
        "Genre": "Comedy, Drama",
        "Director": "Michael Radford",
        "Writer": "Antonio Skármeta (novel), Anna Pavignano (story by), Anna Pavignano (screenplay by)",
        "Actors": "Massimo Troisi, N/A",
        "Country": "N/A",
        "imdbID": "tt0110877",
        "imdbVotes": "31,415",
    }
    lines = [json.dumps(record), "not json", json.dumps({"Year": "1990"}), json.dumps([1])]
    write(tmp_path / "metadata.jsonl", "\n".join(lines))
    dump = read_source(f"omdb={tmp_path}", DAY)
    check(dump, "omdb")
    film = "film:il-postino-1994"
    assert edges(dump) == {
        (film, "year", "year:1994"),
        (film, "runtime", "runtime:108-min"),
        (film, "genre", "genre:comedy"),
        (film, "genre", "genre:drama"),
        (film, "director", "person:michael-radford"),
        (film, "writer", "person:antonio-skarmeta"),
        (film, "writer", "person:anna-pavignano"),
        (film, "cast", "person:massimo-troisi"),
    }
    found = next(entity for entity in dump.entities if entity.id == film)
    assert "The Postman" in found.aliases
    assert found.popularity == 31415
    assert dump.identifiers[film] == ("imdb:tt0110877", "movielens:6")
    assert [(row.file, row.line) for row in dump.skipped] == [("metadata.jsonl", n) for n in (2, 3, 4)]


def test_edge_lists_undo_resource_names(tmp_path: Path) -> None:
    heat, pacino = f"{RESOURCE}Heat_(1995_film)", f"{RESOURCE}Al_Pacino"
    write(
        tmp_path / "starring.edgelist",
        f"{heat} {pacino}\n{heat} {RESOURCE}B%C3%A9la_Lugosi\n{RESOURCE}Dracula {RESOURCE}Bela_Lugosi\n"
        f"{heat} nonsense\n",
    )
    write(tmp_path / "editing.edgelist", f"{heat} {RESOURCE}John_Doe_(editor)\n{heat} {RESOURCE}John_Doe\n")
    write(tmp_path / "mappings.tsv", f"6\tHeat (1995)\t{heat}\nbad line\n")
    dump = read_source(f"dbpedia={tmp_path}", DAY)
    check(dump, "dbpedia")
    film = "film:heat-1995-film"
    assert names(dump)[film] == "Heat"
    assert (film, "year", "year:1995") in edges(dump)
    assert (film, "cast", "person:bela-lugosi") in edges(dump)
    assert ("film:dracula", "cast", "person:bela-lugosi") in edges(dump)
    assert {target for _, relation, target in edges(dump) if relation == "editor"} == {
        "person:john-doe",
        "person:john-doe-editor",
    }
    assert dump.identifiers[film] == ("movielens:6", "wikipedia:Heat_(1995_film)")
    assert dump.skipped_by_reason() == {"not number, title and resource": 1, "not two resources": 1}


def test_films_of_wikipedia_leave_stray_words_out(tmp_path: Path) -> None:
    films = [
        {
            "title": "Heat",
            "year": 1995,
            "cast": ["Al Pacino", "and", "(", "Val Kilmer (actor)"],
            "genres": ["Crime"],
        },
        {"title": "Heat", "year": 1995, "cast": [], "genres": [], "href": "Heat_(1995_film)"},
        {"title": "", "year": 1990},
        {"title": "Soon", "year": "1990"},
    ]
    write(tmp_path / "movies-1990s.json", json.dumps(films))
    dump = read_source(f"wikipedia={tmp_path}", DAY)
    check(dump, "wikipedia")
    assert {target for _, relation, target in edges(dump) if relation == "cast"} == {
        "person:al-pacino",
        "person:val-kilmer",
    }
    assert len([entity for entity in dump.entities if entity.kind == "film"]) == 2
    assert [row.line for row in dump.skipped] == [1, 1, 3, 4]


def test_freebase_triples_turn_edges_towards_the_item(tmp_path: Path) -> None:
    write(tmp_path / "kg.txt", "10\tfilm.actor.film\t20\n30\tmusic.artist.origin\t40\nbroken\n")
    write(tmp_path / "item_index2entity_id.txt", "7\t30\n")
    write(tmp_path / "entity_names.txt", "20\tHeat\n")
    dump = read_source(f"freebase={tmp_path}", DAY)
    check(dump, "freebase")
    assert edges(dump) == {
        ("film:freebase-20", "cast", "person:freebase-10"),
        ("artist:freebase-30", "origin", "place:freebase-40"),
    }
    assert names(dump)["film:freebase-20"] == "Heat"
    assert dump.identifiers == {"artist:freebase-30": ("item:7",)}


def test_entity_maps_give_names_kinds_and_years(tmp_path: Path) -> None:
    write(tmp_path / "kg.json", json.dumps({"0": [[0, 1], [1, 2], [1, 99], "x"]}))
    write(tmp_path / "entity2id.json", json.dumps({"Heat (1995)": 0, "crime": 1, "Al Pacino": 2}))
    write(tmp_path / "relation2id.json", json.dumps({"genre": 0, "star": 1}))
    dump = read_source(f"entity-maps:redial={tmp_path}", DAY)
    check(dump, "redial")
    assert edges(dump) == {
        ("film:heat-1995", "year", "year:1995"),
        ("film:heat-1995", "genre", "genre:crime"),
        ("film:heat-1995", "cast", "person:al-pacino"),
    }
    assert names(dump)["film:heat-1995"] == "Heat"
    assert len(dump.skipped) == 2


def test_ntriples_read_labels_literals_and_escapes(tmp_path: Path) -> None:
    base = "http://example.org/"
    file = write(
        tmp_path / "small.nt",
        f"# a remark\n<{base}heat> <{base}director> <{base}mann> .\n"
        f'<{base}mann> <http://www.w3.org/2000/01/rdf-schema#label> "Michael \\u004Dann"@en .\n'
        f'<{base}heat> <{base}year> "1995"^^<http://www.w3.org/2001/XMLSchema#gYear> .\n'
        "this is not a triple\n",
    )
    dump = read_source(f"ntriples={file}", DAY)
    check(dump, "ntriples")
    assert "Michael Mann" in names(dump).values()
    assert {relation for _, relation, _ in edges(dump)} == {"director", "year"}
    assert [row.line for row in dump.skipped] == [5]


TABLE = """
table = "shop.{ending}"
kind = "product"
id = "sku"
name = "title"
popularity = "sold"
confidence = 0.8
aliases = {{ column = "also", separator = "|" }}
[relations]
brand = "maker"
category = {{ column = "groups", separator = "|" }}
"""


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_a_table_in_any_form_reads_the_same(tmp_path: Path, ending: str) -> None:
    import polars as pl

    rows = [
        {
            "sku": "a1",
            "title": "Tent",
            "sold": "3",
            "also": "Big tent|Shelter",
            "maker": "Acme",
            "groups": "camp|out",
        },
        {"sku": "a2", "title": "", "sold": "1", "also": "", "maker": "Acme", "groups": ""},
        {"sku": "a1", "title": "Again", "sold": "1", "also": "", "maker": "", "groups": ""},
        {"sku": "a3", "title": "Lamp", "sold": "-1", "also": "", "maker": "", "groups": ""},
    ]
    frame, file = pl.DataFrame(rows), tmp_path / f"shop.{ending}"
    match ending:
        case "csv":
            frame.write_csv(file)
        case "tsv":
            frame.write_csv(file, separator="\t")
        case "jsonl":
            frame.write_ndjson(file)
        case _:
            frame.write_parquet(file)
    mapping = write(tmp_path / "shop.toml", TABLE.format(ending=ending))
    dump = read_source(f"table={mapping}", DAY)
    check(dump, "shop")
    assert edges(dump) == {
        ("product:a1", "brand", "brand:acme"),
        ("product:a1", "category", "category:camp"),
        ("product:a1", "category", "category:out"),
    }
    tent = next(entity for entity in dump.entities if entity.id == "product:a1")
    assert tent.aliases == ("Big tent", "Shelter")
    assert tent.popularity == 3
    assert dump.triples[0].confidence == 0.8
    assert len(dump.skipped) == 3


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write(tmp_path / "shop.csv", "sku,title\na1,Tent\n")
    mapping = write(tmp_path / "shop.toml", TABLE.format(ending="csv"))
    with pytest.raises(SourceError, match=r"no column 'also'.*sku, title"):
        read_source(f"table={mapping}")


def test_a_wrong_mapping_names_the_field(tmp_path: Path) -> None:
    mapping = write(tmp_path / "shop.json", json.dumps({"table": "x.csv", "name": "n", "confidence": 2}))
    with pytest.raises(SourceError, match="confidence"):
        read_source(f"table={mapping}")


def test_a_catalogue_keeps_its_ids(tmp_path: Path) -> None:
    import polars as pl

    pl.DataFrame(
        {
            "id": ["film:heat-1995", "person:al-pacino"],
            "kind": ["film", "person"],
            "name": ["Heat", "Al Pacino"],
            "aliases": [["Hitze"], []],
            "popularity": [3.0, 1.0],
        }
    ).write_parquet(tmp_path / "entities.parquet")
    pl.DataFrame(
        {
            "subject": ["film:heat-1995", "film:heat-1995"],
            "relation": ["cast", "cast"],
            "object": ["person:al-pacino", "person:gone"],
        }
    ).write_parquet(tmp_path / "triples.parquet")
    dump = read_source(f"catalogue={tmp_path}", DAY)
    check(dump, "catalogue")
    assert edges(dump) == {("film:heat-1995", "cast", "person:al-pacino")}
    assert len(dump.skipped) == 1


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_missing_path_is_said_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no .*nowhere"):
        read_source(f"{name}={tmp_path / 'nowhere'}")


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_an_empty_folder_is_said_in_words(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There is no"):
        read_source(f"{name}={tmp_path}")


def test_nothing_left_is_an_error_that_names_the_first_bad_line(tmp_path: Path) -> None:
    write(tmp_path / "metadata.jsonl", "no\nno\n")
    with pytest.raises(
        SourceError, match=r"2 rows were left out; the first is line 1 of metadata.jsonl: not JSON"
    ):
        read_source(f"omdb={tmp_path}")


@pytest.mark.parametrize("given", ["omdb", "omdb=", "nothing=/tmp"])
def test_a_wrong_name_lists_the_right_ones(given: str) -> None:
    with pytest.raises(SourceError, match="wikipedia"):
        read_source(given)


def test_lines_that_are_not_text_are_counted(tmp_path: Path) -> None:
    (tmp_path / "kg.txt").write_bytes(b"1\tfilm.actor.film\t2\n\xff\xfe\tx\ty\n")
    dump = read_source(f"freebase={tmp_path}", DAY)
    assert dump.skipped_by_reason() == {"not text in UTF-8": 1}
