import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.errors import SourceError
from recsys.ingest.rows import RowErrors
from recsys.ingest.tables import Column, check_known, check_unique, read_table

RATINGS = [
    Column("user", "integer", low=1),
    Column("item", "integer"),
    Column("rating", "number", low=0.5, high=5),
]


def read(tmp_path: Path, data: str | bytes, **options: object) -> tuple[list[tuple[object, ...]], RowErrors]:
    file = tmp_path / "t.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    errors = RowErrors("test")
    table = read_table(file, RATINGS, errors, **options)  # type: ignore[arg-type]
    return table.rows(), errors


def said(tmp_path: Path, data: str | bytes) -> str:
    _, errors = read(tmp_path, data)
    with pytest.raises(SourceError) as caught:
        errors.stop_if_any()
    return str(caught.value)


def test_good_rows_are_typed_and_numbered(tmp_path: Path) -> None:
    rows, errors = read(tmp_path, "user,item,rating\n1,2,4.5\n3,-4,.5\r\n\n\n")
    assert rows == [(2, 1, 2, 4.5), (3, 3, -4, 0.5)]
    errors.stop_if_any()


@pytest.mark.parametrize(
    ("row", "column", "expected", "found"),
    [
        ("x,2,3", "user", "an integer of at least 1", '"x"'),
        ("0,2,3", "user", "an integer of at least 1", '"0"'),
        ("1,2.5,3", "item", "an integer", '"2.5"'),
        ("1,,3", "item", "an integer", "nothing"),
        ("1,2,6", "rating", "a number from 0.5 to 5", '"6"'),
        ("1,2,nan", "rating", "a number from 0.5 to 5", '"nan"'),
        ("1,99999999999999999999,3", "item", "an integer", '"99999999999999999999"'),
    ],
)
@pytest.mark.parametrize("quote", ["", '"'])
def test_a_bad_cell_names_file_line_column_expected_and_found(
    tmp_path: Path, row: str, column: str, expected: str, found: str, quote: str
) -> None:
    text = said(tmp_path, f"user,item,rating\n1,{quote}2{quote},3\n{row}\n")
    assert f"t.csv, line 3, column {column}: expected {expected}, found {found}" in text
    assert "1 bad row; nothing was written" in text


def test_a_missing_field_a_wrong_header_and_a_blank_line_inside(tmp_path: Path) -> None:
    assert "line 3: expected 3 fields between ',', found \"2: 1,2\"" in said(
        tmp_path, "user,item,rating\n1,2,3\n1,2\n"
    )
    assert "line 3: expected 3 fields" in said(tmp_path, "user,item,rating\n1,2,3\n\n1,2,3\n")
    with pytest.raises(SourceError, match="line 1: expected the columns user,item,rating, found"):
        read(tmp_path, "user,film,rating\n1,2,3\n")
    with pytest.raises(SourceError, match="found nothing"):
        read(tmp_path, "")


def test_quoted_cells_may_hold_separators_and_line_breaks(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text('a,b\n"1, or\n2",x\n3,"say ""hi"""\n', encoding="utf-8")
    table = read_table(file, [Column("a"), Column("b")], RowErrors("test"))
    assert table.rows() == [(2, "1, or\n2", "x"), (4, "3", 'say "hi"')]


def test_an_unbalanced_quote_is_an_error(tmp_path: Path) -> None:
    assert "balanced quotes" in said(tmp_path, 'user,item,rating\n1,"2,3\n')


def test_invalid_text_names_the_encoding_the_line_and_the_byte(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='line 2: expected text in UTF-8, found "byte 0xe9 at position 3"'):
        read(tmp_path, b"user,item,rating\n1,\xe9,3\n")
    file = tmp_path / "latin.csv"
    file.write_bytes("a\nAmélie\n".encode("latin-1"))
    table = read_table(file, [Column("a")], RowErrors("test"), encodings=("utf-8", "latin-1"))
    assert table["a"].to_list() == ["Amélie"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfuser,item,rating\n1,2,3\n")[0] == [(2, 1, 2, 3.0)]


def test_the_first_twenty_are_collected_then_reading_stops(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "user,item,rating\n" + "x,2,3\n" * 1000)
    lines = str(caught.value).splitlines()
    assert "the first 20 bad rows" in lines[0]
    assert [int(m[1]) for m in map(re.compile(r"line (\d+),").search, lines[1:]) if m] == list(range(2, 22))


def test_ids_met_twice_and_ids_that_are_unknown(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("user,item,rating\n1,2,3\n1,9,3\n", encoding="utf-8")
    errors = RowErrors("test")
    table = read_table(file, RATINGS, errors)
    check_unique(table, "user", file.name, errors)
    check_known(table, "item", [2], "items.csv", file.name, errors)
    with pytest.raises(SourceError) as caught:
        errors.stop_if_any()
    assert 'line 3, column user: expected an id met only once (line 2 has it), found "1"' in str(caught.value)
    assert 'line 3, column item: expected an id that items.csv has, found "9"' in str(caught.value)


def test_control_characters_of_a_source_do_not_reach_the_terminal() -> None:
    errors = RowErrors("test")
    errors.add("f", 1, "c", "x", "\x1b[31mred\x07" + "y" * 200)
    assert "\x1b" not in str(errors.rows[0])
    assert len(str(errors.rows[0])) < 120


CELL = st.text(st.characters(exclude_characters=',"\n\r', exclude_categories=("Cs",)), max_size=6)


@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=8))
def test_any_text_is_read_or_reported_and_never_crashes(rows: list[tuple[str, str, str]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "t.csv"
        file.write_text(
            "user,item,rating\n" + "".join(",".join(r) + "\n" for r in rows), encoding="utf-8", newline=""
        )
        errors = RowErrors("test")
        try:
            good = read_table(file, RATINGS, errors).height
        except SourceError:
            return
        assert good + len({e.line for e in errors.rows}) == len(rows)
