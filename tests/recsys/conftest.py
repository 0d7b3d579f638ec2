"""A small workspace whose facts are known, so that reasons can be checked against it."""

import random
from pathlib import Path

import polars as pl
import pytest

from kg.stores.ladybug import LadybugGraph
from recsys.catalogue import INTERACTION_SCHEMA, Catalogue
from recsys.catalogue_graph import catalogue_graph
from recsys.encoder import Encoder
from recsys.recommender import Recommender
from recsys.schema import Item
from recsys.train import train_models
from recsys.workspace import Workspace, create_workspace

GENRES = {
    "crime": "detectives, thieves and a heist in a hard city",
    "comedy": "jokes, misunderstandings and a wedding that goes wrong",
    "war": "soldiers, trenches and a long retreat",
    "romance": "two people fall in love over one summer",
}
MOODS = ("tense", "stylish", "warm", "bleak")


def make_items(n: int = 160) -> list[Item]:
    rng = random.Random(7)
    names = list(GENRES)
    items = []
    for k in range(n):
        genre = names[k % len(names)]
        title = "Heat" if k == 0 else f"Picture {k}"
        items.append(
            Item(
                id=f"film:{k}",
                title=title,
                kind="film",
                year=1950 + k % 70,
                description=f"A story of {GENRES[genre]}.",
                attributes={
                    "genre": (genre.capitalize(),),
                    "director": (f"Director {k % 24}",),
                    "cast": tuple(sorted({f"Actor {rng.randrange(60)}" for _ in range(3)})),
                    "mood": (rng.choice(MOODS),),
                },
                numbers={"violence": float(3 if k == 0 else rng.randrange(4)), "runtime": 80.0 + k},
            )
        )
    return items


def make_interactions(items: list[Item], n_users: int = 120) -> pl.DataFrame:
    rng = random.Random(11)
    rows = []
    for user in range(n_users):
        own = user % len(GENRES)
        rows += [
            (f"u{user}", item.id, 4.0 if rng.random() < 0.9 else 1.0, None, "rating")
            for k, item in enumerate(items)
            if rng.random() < (0.35 if k % len(GENRES) == own else 0.03)
        ]
    return pl.DataFrame(rows, schema=INTERACTION_SCHEMA, orient="row")


def build(path: Path, catalogue: Catalogue, encoder: Encoder | None = None) -> tuple[Workspace, LadybugGraph]:
    """Build a workspace and its embedded graph beside it."""

    def train(folder: Path) -> dict[str, int]:
        return train_models(
            folder, catalogue.items, catalogue.interactions, 3, catalogue.simulated, lambda _: None, encoder
        )

    def graph(folder: Path) -> dict[str, int]:
        (folder / "graph").mkdir()
        store = LadybugGraph(folder / "graph" / "graph.lbug")
        try:
            entities, triples = catalogue_graph(catalogue.items, catalogue.source)
            store.upsert(entities, triples)
        finally:
            store.close()
        return {"entities": len(entities)}

    workspace = create_workspace(path, catalogue, [graph, train], seed=3)
    return workspace, LadybugGraph(workspace.graph_path, read_only=True)


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture(scope="session")
def built(tmp_path_factory, encoder):
    items = make_items()
    catalogue = Catalogue("Test films", "films", "test", items, make_interactions(items), simulated=True)
    workspace, graph = build(tmp_path_factory.mktemp("workspace"), catalogue, encoder)
    yield workspace, graph
    graph.close()


@pytest.fixture(scope="session")
def recommender(built, encoder) -> Recommender:
    workspace, graph = built
    return Recommender.open(workspace, graph, encoder)
