"""Tables become matrices: who is a row, what is in order, what a rating, a scene and a relation are."""

from datetime import date

import numpy as np
import polars as pl

from recsys.catalogue import INTERACTION_SCHEMA
from recsys.models.persist import hash_training_data
from recsys.schema import Item
from recsys.training_data import training_data

ITEMS = [
    Item(id=f"film:{k}", title=f"Film {k}", kind="film", attributes={"genre": ("Crime",)}) for k in range(4)
]


def table(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INTERACTION_SCHEMA, orient="row")


def test_a_low_rating_is_a_rating_and_no_meeting() -> None:
    data, people = training_data(
        ITEMS,
        table(
            ("ann", "film:0", 5.0, 30, "rating"),
            ("ann", "film:1", 1.0, 10, "rating"),
            ("ann", "film:2", 4.0, 20, "rating"),
            ("bob", "film:1", 2.0, 10, "rating"),
        ),
    )
    assert people == ["ann"]
    assert data.interactions.toarray().tolist() == [[1, 0, 1, 0]]
    assert data.ratings is not None
    assert data.ratings.toarray().tolist() == [[5, 1, 4, 0]]
    assert [sequence.tolist() for sequence in data.sequences] == [[2, 0]]
    assert data.scenes == {}
    assert data.attributes.shape == (1, 4)
    assert len(data.texts) == 4


def test_people_are_rows_in_the_order_of_their_ids_and_repeats_stay_in_order() -> None:
    data, people = training_data(
        ITEMS,
        table(
            ("zoe", "film:3", 1.0, 2, "view"),
            ("ann", "film:0", 1.0, 1, "view"),
            ("ann", "film:1", 1.0, 2, "buy"),
            ("ann", "film:0", 1.0, 3, "view"),
            ("ann", "film:unknown", 1.0, 4, "view"),
        ),
    )
    assert people == ["ann", "zoe"]
    assert [sequence.tolist() for sequence in data.sequences] == [[0, 1, 0], [3]]
    assert sorted(data.scenes) == ["buy", "view"]
    assert data.scenes["buy"].toarray().tolist() == [[0, 1, 0, 0], [0, 0, 0, 0]]
    assert data.ratings is None


def test_without_every_time_there_is_no_order() -> None:
    data, _ = training_data(
        ITEMS, table(("ann", "film:0", 1.0, None, "view"), ("ann", "film:1", 1.0, 2, "view"))
    )
    assert data.sequences == ()


def test_relations_come_from_the_triples_of_a_build(tmp_path) -> None:
    file = tmp_path / "triples.parquet"
    rows = [(f"film:{k}", "director", "person:x", "t", 1.0, date(2026, 1, 1)) for k in (0, 2)]
    pl.DataFrame(
        rows, schema=["subject", "relation", "object", "source", "confidence", "seen"], orient="row"
    ).write_parquet(file)
    met = table(("ann", "film:0", 1.0, 1, "view"))
    data, _ = training_data(ITEMS, met, file)
    assert data.relations["director"].toarray().tolist() == [[1, 0, 1, 0]]
    without, _ = training_data(ITEMS, met)
    assert hash_training_data(data) != hash_training_data(without)


def test_nobody_and_nothing() -> None:
    data, people = training_data(ITEMS, table())
    assert people == []
    assert data.interactions.shape == (0, 4)
    assert np.asarray(data.interactions.sum()) == 0
