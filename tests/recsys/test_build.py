import re
from pathlib import Path

import polars as pl
import pytest

from kg.graph import GraphError
from recsys.build import build_workspace, write_graph
from recsys.catalogue import Catalogue, with_popularity
from recsys.starter.catalogue import load_starter
from recsys.workspace import Workspace
from tests.parts import shared_data


def small() -> Catalogue:
    whole = load_starter("films", seed=7)
    kept = [item for item in whole.items if item.year == 1995]
    ids = [item.id for item in kept]
    interactions = whole.interactions.filter(pl.col("item").is_in(ids))
    return Catalogue(
        whole.name,
        whole.domain,
        whole.source,
        with_popularity(kept, interactions),
        interactions,
        simulated=True,
    )


@pytest.mark.slow
def test_a_built_workspace_has_tables_graph_and_models(tmp_path: Path) -> None:
    from kg.stores.ladybug import LadybugGraph

    said: list[str] = []
    built = build_workspace(tmp_path / "ws", small(), 7, said.append)
    opened = Workspace.open(tmp_path / "ws")
    assert opened.manifest == built.manifest
    entities = pl.read_parquet(opened.build_dir / "entities.parquet")
    triples = pl.read_parquet(opened.build_dir / "triples.parquet")
    assert opened.manifest.counts["entities"] == entities.height
    assert opened.manifest.counts["triples"] == triples.height
    store = LadybugGraph(opened.graph_path, read_only=True)
    try:
        assert store.stats().total_entities == entities.height
        assert store.stats().total_triples == triples.height
        assert {n.entity.id for n in store.neighbours("film:heat-1995", relation="director")} == {
            "person:michael-mann"
        }
    finally:
        store.close()
    assert any(opened.models_dir.glob("*.safetensors"))
    assert any("simulated interactions" in line for line in said)
    assert any(re.match(r"Graph: .* entities, .* triples", line) for line in said)


def test_a_graph_that_cannot_be_written_leaves_the_old_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kg.stores.ladybug import LadybugGraph
    from recsys.workspace import create_workspace

    path = tmp_path / "ws"
    create_workspace(path, small(), [], 0)
    before = Workspace.open(path).manifest

    def full(*_: object) -> None:
        raise GraphError("The disk is full.")

    monkeypatch.setattr(LadybugGraph, "upsert", full)
    with pytest.raises(GraphError, match="disk is full"):
        build_workspace(path, small(), 0, print)
    assert Workspace.open(path).manifest == before
    assert len(list((path / "builds").iterdir())) == 1


@pytest.mark.shared_data
@pytest.mark.slow
def test_ml_1m_with_metadata_becomes_a_graph(tmp_path: Path) -> None:
    from datetime import date

    from recsys.ingest import load

    catalogue = load("ml-1m", shared_data() / "ml-1m")
    counts = write_graph(tmp_path, catalogue, date(2026, 1, 1))
    assert counts["entities"] > 15_000
    assert counts["triples"] > 50_000
