import subprocess
import sys

import numpy as np
import pytest

from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.export import export_for_recommender
from kg.embeddings.train import train_embeddings
from kg.embeddings.vectors import CARD, IDS, TENSORS, GraphEmbeddings
from kg.graph import GraphError
from kg.stores.ladybug import LadybugGraph
from tests.kg.embeddings.films import entities_of, film_split, film_triples

SMALL = EmbeddingConfig(dim=8, epochs=10, batch=32, n3=0.01, evaluate_every=2, patience=10)


@pytest.fixture(scope="module")
def vectors():
    return train_embeddings(film_split(), SMALL)


@pytest.mark.parametrize("model", ["complex", "rotate", "distmult"])
def test_what_is_read_scores_as_what_was_written(tmp_path, model):
    config = SMALL.model_copy(update={"model": model, "epochs": 2})
    written = train_embeddings(film_split(), config)
    written.save(tmp_path)
    read = GraphEmbeddings.load(tmp_path)
    asked = np.array([0, 3]), np.array([1, 4])
    assert np.array_equal(read.score(*asked), written.score(*asked))
    assert read.ids == written.ids
    assert read.card == written.card
    assert read.card.versions["torch-geometric"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([CARD, IDS, TENSORS])


@pytest.mark.parametrize("name", [CARD, IDS, TENSORS])
def test_a_missing_file_is_named(vectors, tmp_path, name):
    vectors.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(GraphError, match=f"{name} is missing. Train"):
        GraphEmbeddings.load(tmp_path)


def test_files_of_two_runs_are_not_taken_for_one(vectors, tmp_path):
    vectors.save(tmp_path / "a")
    train_embeddings(film_split(), SMALL.model_copy(update={"seed": 3, "epochs": 2})).save(tmp_path / "b")
    (tmp_path / "a" / TENSORS).write_bytes((tmp_path / "b" / TENSORS).read_bytes())
    with pytest.raises(GraphError, match="not the file that its card"):
        GraphEmbeddings.load(tmp_path / "a")


@pytest.mark.parametrize(
    ("text", "match"), [("{", "cannot be read"), ("[]", "cannot be read"), (None, "format 9")]
)
def test_a_damaged_or_foreign_card_says_so(vectors, tmp_path, text, match):
    vectors.save(tmp_path)
    card = tmp_path / CARD
    card.write_text(text or card.read_text().replace('"format": 1', '"format": 9'))
    with pytest.raises(GraphError, match=match):
        GraphEmbeddings.load(tmp_path)


def test_films_of_one_group_are_expected_at_the_same_people(vectors):
    ids = [f"film:{k}" for k in range(60)]
    rows = vectors.expected([*ids, "film:unknown"], "cast")
    assert not rows[-1].any()
    np.testing.assert_allclose(np.linalg.norm(rows[:-1], axis=1), 1.0, rtol=1e-5)
    near = rows[:-1] @ rows[:-1].T
    same = np.equal.outer(np.arange(60) % 6, np.arange(60) % 6)
    np.fill_diagonal(near, np.nan)
    assert np.nanmean(near[same]) > np.nanmean(near[~same]) + 0.3


def test_a_relation_that_was_not_learned_is_named(vectors):
    with pytest.raises(GraphError, match="no relation 'costume'; they have cast"):
        vectors.expected(["film:1"], "costume")


def test_a_graph_is_exported_with_its_figures(tmp_path):
    triples = film_triples()
    graph = LadybugGraph(tmp_path / "graph.lbug")
    graph.upsert(entities_of(triples), triples)
    lines = []
    out = tmp_path / "models" / "graph"
    written = export_for_recommender(graph, out, SMALL, lines.append)
    graph.close()
    read = GraphEmbeddings.load(out)
    assert read.card == written.card
    assert set(read.ids) == {entity.id for entity in entities_of(triples)}
    assert read.card.test is not None
    assert read.card.test.all.ranked == 2 * read.card.edges["test"]
    assert sum(read.card.edges.values()) == len(triples)
    assert any(line.startswith("Epoch") for line in lines)
    assert not list(out.glob(".*"))


def test_a_graph_with_too_few_edges_writes_nothing(tmp_path):
    graph = LadybugGraph(tmp_path / "graph.lbug")
    triples = film_triples(1)
    graph.upsert(entities_of(triples), triples[:1])
    with pytest.raises(GraphError, match="more edges"):
        export_for_recommender(graph, tmp_path / "out", SMALL)
    graph.close()
    assert not (tmp_path / "out").exists()


def test_reading_vectors_does_not_load_torch():
    """A recommender that only reads vectors should not wait seconds for it."""
    code = "import sys, kg.embeddings.export, kg.embeddings.vectors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
