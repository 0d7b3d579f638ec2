import json
from pathlib import Path

import polars as pl
import pytest

from recsys.catalogue import Catalogue
from recsys.errors import SourceError
from recsys.ingest import load

MAPPING = """
name = "My shop"
domain = "shop"
kind = "product"
items = "items.{kind}"
interactions = "sales.{kind}"
scene = "buy"

[item]
id = "sku"
title = "name"
year = "made"
description = "text"
aliases = {{ column = "aka", separator = ";" }}
attributes = {{ brand = "brand", colour = {{ column = "colours", separator = "/" }} }}
numbers = {{ price = "price" }}

[interaction]
user = "customer"
item = "sku"
value = "pieces"
time = "day"
time_format = "iso"
"""
COLUMNS = ("sku", "name", "made", "text", "aka", "brand", "colours", "price", "left_aside")
ITEMS = [
    ("a-1", "Pan, small", 2020, "Fries.", "frying pan;skillet", "Harrow", "red/black", 12.5, "x"),
    ("a-2", "Mug", None, None, None, "Pellow", None, None, "y"),
]
SALES = [("ann", "a-1", 2, "2026-03-31"), ("bob", "a-2", 1, "2026-03-31T18:00:00")]
SALES_COLUMNS = ("customer", "sku", "pieces", "day")


def write(folder: Path, kind: str) -> Path:
    items = pl.DataFrame(ITEMS, schema=COLUMNS, orient="row")
    sales = pl.DataFrame(SALES, schema=SALES_COLUMNS, orient="row")
    for table, name in ((items, "items"), (sales, "sales")):
        file = folder / f"{name}.{kind}"
        if kind == "parquet":
            table.write_parquet(file)
        elif kind == "jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in table.iter_rows(named=True)))
        else:
            table.write_csv(file, separator="\t" if kind == "tsv" else ",")
    mapping = folder / "mapping.toml"
    mapping.write_text(MAPPING.format(kind=kind))
    return mapping


def check(catalogue: Catalogue) -> None:
    pan, mug = catalogue.items
    assert (pan.id, pan.title, pan.kind, pan.year, pan.popularity) == (
        "a-1",
        "Pan, small",
        "product",
        2020,
        1.0,
    )
    assert pan.attributes == {"brand": ("Harrow",), "colour": ("red", "black")}
    assert pan.aliases == ("frying pan", "skillet")
    assert pan.numbers == {"price": 12.5}
    assert (mug.year, mug.description, mug.attributes, mug.numbers) == (None, "", {"brand": ("Pellow",)}, {})
    assert catalogue.interactions.rows() == [
        ("ann", "a-1", 2.0, 1_774_915_200, "buy"),
        ("bob", "a-2", 1.0, 1_774_980_000, "buy"),
    ]
    assert (catalogue.name, catalogue.domain) == ("My shop", "shop")


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_table_gives_the_same_catalogue(tmp_path: Path, kind: str) -> None:
    check(load("table", write(tmp_path, kind)))


def test_lists_in_jsonl_and_parquet_and_a_json_mapping(tmp_path: Path) -> None:
    rows = [{"id": 7, "title": "Seven", "tags": ["a;b", "c"]}]
    (tmp_path / "t.jsonl").write_text(json.dumps(rows[0]))
    pl.DataFrame(rows).write_parquet(tmp_path / "t.parquet")
    mapping = {
        "name": "T",
        "item": {"id": "id", "title": "title", "attributes": {"tag": {"column": "tags", "separator": ";"}}},
    }
    (tmp_path / "m.json").write_text(json.dumps(mapping))
    for name in ("t.jsonl", "t.parquet"):
        item = load("table", tmp_path / name, {"mapping": str(tmp_path / "m.json")}).items[0]
        assert item.id == "7"
        assert item.attributes == {"tag": ("a;b", "c")}


def test_bad_rows_are_named_in_every_kind(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    with (tmp_path / "items.csv").open("a") as file:
        file.write("a-1,Again,2020,,,Harrow,,1,z\na-3,,20x,,,Harrow,,cheap,z\na-4,short\n")
    with (tmp_path / "sales.csv").open("a") as file:
        file.write("cat,a-99,1,2026-03-31\ncat,a-1,1,yesterday\n")
    with pytest.raises(SourceError) as caught:
        load("table", tmp_path / "mapping.toml")
    text = str(caught.value)
    for expected in (
        "items.csv, line 4, column sku: expected an id met only once (line 2 has it)",
        "items.csv, line 5, column name: expected some text, found nothing",
        'items.csv, line 5, column made: expected an integer from -10000 to 10000, found "20x"',
        'items.csv, line 5, column price: expected a number, found "cheap"',
        "items.csv, line 6: expected 9 fields",
        'sales.csv, line 5, column day: expected a time such as 2026-03-31T18:00:00, found "yesterday"',
    ):
        assert expected in text
    write(tmp_path, "jsonl")
    with (tmp_path / "items.jsonl").open("a") as file:
        file.write('[1]\n{"sku": "a-3", "name": {"en": "Pan"}}\n{\n')
    with pytest.raises(SourceError) as caught:
        load("table", tmp_path / "mapping.toml")
    assert "items.jsonl, line 3: expected a JSON object" in str(caught.value)
    assert "items.jsonl, line 4, column name: expected a text, a number or a list" in str(caught.value)
    assert "items.jsonl, line 5: expected a JSON object" in str(caught.value)


def test_a_sale_of_an_unknown_item_is_named(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    with (tmp_path / "sales.csv").open("a") as file:
        file.write("cat,a-99,1,2026-03-31\n")
    with pytest.raises(SourceError, match=r"an id that items\.csv has, found") as caught:
        load("table", tmp_path / "mapping.toml")
    assert 'sales.csv, line 4, column sku: expected an id that items.csv has, found "a-99"' in str(
        caught.value
    )


def test_a_missing_column_names_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    (tmp_path / "items.csv").write_text("sku,title\na,b\n")
    with pytest.raises(SourceError, match='column name: expected a column of this name, found "sku, title"'):
        load("table", tmp_path / "mapping.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name = ", "is not TOML"),
        ('name = "x"', "item: field required"),
        ('name = "x"\ncolour = 1\n[item]\nid = "a"\ntitle = "b"', "colour: extra inputs are not permitted"),
        ('name = "x"\n[item]\nid = "a"\ntitle = "b"', "does not name its item table"),
        ('name = "x"\ninteractions = "y.csv"\n[item]\nid = "a"\ntitle = "b"', "needs both"),
    ],
)
def test_a_wrong_mapping_says_which_field(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(SourceError, match=expected):
        load("table", tmp_path / "m.toml")


def test_other_files_are_refused_with_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_text("")
    with pytest.raises(SourceError, match="needs a mapping file"):
        load("table", tmp_path / "t.xlsx")
    (tmp_path / "m.toml").write_text('name = "x"\n[item]\nid = "a"\ntitle = "b"')
    with pytest.raises(SourceError, match=r"table reads \.csv"):
        load("table", tmp_path / "t.xlsx", {"mapping": str(tmp_path / "m.toml")})


def test_options_are_said_as_they_are_typed(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,title\n1,Heat\n")
    with pytest.raises(SourceError, match=r"--from \S+items\.csv --mapping FILE"):
        load("table", tmp_path / "items.csv")
    with pytest.raises(SourceError, match="takes --mapping; it does not know --name"):
        load("table", tmp_path / "items.csv", {"name": "x"})
