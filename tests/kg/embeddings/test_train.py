import numpy as np
import pytest
import torch

from kg.embeddings import scoring, train
from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.links import degree_scores, evaluate_links, questions
from kg.embeddings.train import train_embeddings
from kg.graph import GraphError
from tests.kg.embeddings.films import film_split

SMALL = EmbeddingConfig(dim=8, epochs=12, batch=32, n3=0.01, evaluate_every=2, patience=10)


def _mrr(split, score):
    return evaluate_links(score, split.test, split.graph.edges, split.graph).all.mrr


@pytest.mark.parametrize(
    "change",
    [{}, {"model": "distmult"}, {"model": "rotate", "epochs": 40}, {"negatives": 20}, {"n3": 0.0}],
    ids=str,
)
def test_what_is_learned_predicts_better_than_degree(change):
    split = film_split()
    vectors = train_embeddings(split, SMALL.model_copy(update=change))
    baseline = degree_scores(split.train, len(split.graph.entities), len(split.graph.relations))
    assert _mrr(split, vectors.score) > 1.1 * _mrr(split, baseline)


def test_the_same_seed_gives_the_same_vectors_and_leaves_torchs_own_alone():
    split = film_split()
    torch.manual_seed(5)
    first = train_embeddings(split, SMALL)
    after = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(3), after)
    assert np.array_equal(train_embeddings(split, SMALL).entity, first.entity)
    other = train_embeddings(split, SMALL.model_copy(update={"seed": 1}))
    assert not np.array_equal(other.entity, first.entity)


def test_an_interrupted_run_goes_on_to_the_same_vectors(tmp_path):
    split, file = film_split(), tmp_path / "state.safetensors"
    whole = train_embeddings(split, SMALL)
    seen = []

    def stop(line):
        seen.append(line)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_embeddings(split, SMALL, stop, file)
    lines = []
    again = train_embeddings(split, SMALL, lines.append, file)
    assert lines[0].startswith("Epoch 6:")
    assert np.array_equal(again.entity, whole.entity)
    assert np.array_equal(again.relation, whole.relation)
    assert again.card.epochs == whole.card.epochs
    assert [p.name for p in tmp_path.iterdir()] == ["state.safetensors"]


def test_a_finished_run_is_not_run_again(tmp_path):
    split, file = film_split(), tmp_path / "state.safetensors"
    first = train_embeddings(split, SMALL, checkpoint=file)
    lines = []
    again = train_embeddings(split, SMALL, lines.append, file)
    assert lines == []
    assert np.array_equal(first.entity, again.entity)


def test_a_checkpoint_of_something_else_is_not_written_over(tmp_path):
    split, file = film_split(), tmp_path / "state.safetensors"
    train_embeddings(split, SMALL, checkpoint=file)
    before = file.read_bytes()
    with pytest.raises(GraphError, match="another graph, configuration"):
        train_embeddings(split, SMALL.model_copy(update={"dim": 9}), checkpoint=file)
    assert file.read_bytes() == before
    file.write_bytes(before[: len(before) // 2])
    with pytest.raises(GraphError, match="cannot be read"):
        train_embeddings(split, SMALL, checkpoint=file)


def test_training_stops_when_validation_does_not_improve():
    lines = []
    config = SMALL.model_copy(update={"epochs": 200, "patience": 2, "n3": 0.0, "lr": 0.5})
    vectors = train_embeddings(film_split(), config, lines.append)
    assert len(lines) < 100
    assert vectors.card.epochs <= 2 * (len(lines) - 2)


def test_a_step_size_that_diverges_says_so():
    with pytest.raises(GraphError, match="smaller step size"):
        train_embeddings(film_split(), SMALL.model_copy(update={"lr": 1e30, "n3": 1.0}))


def test_the_loss_is_the_cross_entropy_of_each_edge_in_both_directions():
    """Grouping edges by question must not change what is minimised."""
    split = film_split()
    config = SMALL.model_copy(update={"batch": 10_000, "n3": 0.0, "lr": 1e-12})
    relations = len(split.graph.relations)
    model = scoring.make_model(config, len(split.graph.entities), relations)
    optimiser = torch.optim.Adagrad(model.parameters(), lr=config.lr)
    found = train._epoch(model, optimiser, questions(split.train, relations), config, 0)
    head, relation, tail = (torch.from_numpy(split.train[:, k].copy()) for k in range(3))
    everyone = torch.arange(len(split.graph.entities))
    losses = []
    for ask, through, answer in ((head, relation, tail), (tail, relation + relations, head)):
        for k in range(0, len(ask), 25):
            logits = model(ask[k].expand_as(everyone), through[k].expand_as(everyone), everyone)
            losses.append(float(torch.nn.functional.cross_entropy(logits, answer[k]).detach()))
    assert found == pytest.approx(np.mean(losses), rel=1e-3)
