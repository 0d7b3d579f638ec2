from pathlib import Path

import pytest

from kg.graph import GraphError
from kg.resolution import SameAs, read_same_as, write_same_as


def test_the_map_is_written_and_read_in_full(tmp_path: Path) -> None:
    rows = (
        SameAs(source="a", source_id="person:ō", entity="person:ō", name="Ō"),
        SameAs(
            source="b",
            source_id="1",
            entity="person:ō",
            name="",
            score=0.75,
            reason="scored",
            with_source="a",
        ),
    )
    write_same_as(rows[::-1], tmp_path / "same_as.parquet")
    assert read_same_as(tmp_path / "same_as.parquet") == rows
    assert [file.name for file in tmp_path.iterdir()] == ["same_as.parquet"]


def test_a_missing_map_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GraphError, match="Build the graph anew"):
        read_same_as(tmp_path / "none.parquet")
