"""A small catalogue with people who are glad of one kind of film each."""

import random
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from eval.simulated.contenders import Plain
from eval.simulated.tastes import Taste, Vocabulary, draw_tastes, held_out
from recsys.catalogue import INTERACTION_SCHEMA
from recsys.interactions import meeting_matrix
from recsys.models.base import TrainingData
from recsys.models.ease import Ease, EaseConfig
from recsys.models.popularity import Popularity
from recsys.schema import Item
from recsys.sparse import ones_at

GENRES = ("Comedy", "Western", "Horror", "Romance")
NAMES = (
    "Amber Birch Cedar Delta Ember Flint Grove Haven Ivory Juniper Kestrel Lagoon Maple Nettle Onyx".split()
)


@dataclass(frozen=True)
class Village:
    """Items, people, and models that never saw what is held out."""

    items: list[Item]
    interactions: pl.DataFrame
    tastes: list[Taste]
    vocabulary: Vocabulary
    plain: Plain


@pytest.fixture(scope="session")
def village() -> Village:
    items = [
        Item(
            id=f"film:{k}",
            title=f"{NAMES[k % 15]} {NAMES[(k * 7 + 3 + k // 15) % 15]} {k}",
            kind="film",
            year=1950 + 10 * (k % 5) + k % 7,
            attributes={
                "genre": (GENRES[k % 4], GENRES[(k // 4) % 4]),
                "director": (f"Kim {NAMES[k % 6]}son",),
            },
        )
        for k in range(160)
    ]
    rows = []
    for person in range(30):
        draw = random.Random(person)
        liked = [item for item in items if GENRES[person % 4] in item.attributes["genre"]]
        rows += [(f"p{person}", item.id, 5.0, None, "rating") for item in draw.sample(liked, 34)]
        rows += [(f"p{person}", item.id, 1.0, None, "rating") for item in draw.sample(items, 10)]
    interactions = pl.DataFrame(rows, schema=INTERACTION_SCHEMA, orient="row").unique(
        ["user", "item"], keep="first", maintain_order=True
    )
    tastes = draw_tastes(items, interactions, 12, 0)
    met = meeting_matrix(items, held_out(interactions, tastes))
    data = TrainingData(met, ones_at((), (), (0, len(items))))
    popularity, ease = Popularity(), Ease(EaseConfig(regularization=5.0, attribute_weight=0.0))
    popularity.fit(data)
    ease.fit(data)
    plain = Plain(items, np.asarray(popularity.counts), ease, {item.id: k for k, item in enumerate(items)})
    return Village(items, interactions, tastes, Vocabulary(items), plain)
