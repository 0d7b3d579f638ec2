import numpy as np
import pytest
from scipy.sparse import csr_array

from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.edges import index_edges, split_edges
from kg.embeddings.train import train_embeddings
from kg.schema import Triple
from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.choices import Choices, first_items
from recsys.models.ease import Ease, EaseConfig
from recsys.models.gram_gate import GramGateConfig, GramProblem, learn_gram_weights
from recsys.models.graph_gate import BASE, GraphGate, GraphGateConfig, learn_gates, relation_views
from recsys.models.held_out import hold_out, people_with_targets
from recsys.models.relations import relation_blocks, weighted_attributes
from tests.recsys.scorer_contract import N_ITEMS, ScorerContract, training_data

EASE = EaseConfig(regularization=10.0)
CONFIG = GraphGateConfig(ease=EASE)


def _random_blocks(n_items, seed=3, names=("cast", "genre")):
    rng = np.random.default_rng(seed)
    return {name: csr_array((rng.random((8, n_items)) < 0.3).astype(np.float32)) for name in names}


def _views():
    dense = np.random.default_rng(4).normal(size=(N_ITEMS, 6)).astype(np.float32)
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    return {**relation_views(_random_blocks(N_ITEMS)), "cast (vectors)": dense}


def _taste(n_users=150, n_items=60, directors=12, seed=0):
    """People who love two directors' films each; the country of a film is chance."""
    rng = np.random.default_rng(seed)
    director = np.arange(n_items) % directors
    met = np.zeros((n_users, n_items), dtype=np.float32)
    for user in range(n_users):
        loved = np.isin(director, rng.choice(directors, 2, replace=False))
        met[user] = (rng.random(n_items) < np.where(loved, 0.8, 0.03)).astype(np.float32)
    country = rng.integers(0, directors, n_items)
    edges = [(f"f{k}", "director", f"p{director[k]}") for k in range(n_items)]
    edges += [(f"f{k}", "country", f"c{country[k]}") for k in range(n_items)]
    blocks = relation_blocks([f"f{k}" for k in range(n_items)], edges)
    return csr_array(met), blocks


def _bare(met):
    return TrainingData(met, csr_array((0, met.shape[1])))


class TestGraphGate(ScorerContract):
    def make(self):
        return GraphGate(_views(), CONFIG)


class TestGraphGateWithoutAGraph(ScorerContract):
    def make(self):
        return GraphGate({}, CONFIG)


def test_shares_add_up_to_the_score_to_the_last_bit():
    data = training_data()
    model = GraphGate(_views(), CONFIG.model_copy(update={"prior": 0.0}))
    model.fit(data)
    shares = model.shares(Users(data.interactions))
    total = np.zeros_like(shares[BASE])
    for share in shares.values():
        total = total + share
    assert len(shares) > 1
    assert np.array_equal(total, model.score(Users(data.interactions)))


def test_a_relation_that_helps_is_let_through_and_one_of_chance_is_not():
    met, blocks = _taste()
    weak = EaseConfig(regularization=3_000.0, attribute_weight=0.0)
    model = GraphGate(relation_views(blocks), GraphGateConfig(ease=weak, prior=0.02))
    model.fit(_bare(met))
    assert model.gates["director"] > 0.3
    assert model.gates["country"] == 0.0
    shares = model.shares(Users(met))
    assert "director" in shares
    assert "country" not in shares


def test_gates_are_the_minimum():
    met, blocks = _taste(60)
    kept, targets = hold_out(met, 0.3, 0)
    views = relation_views(blocks)
    rng = np.random.default_rng(1)
    features = [rng.normal(size=met.shape).astype(np.float32)]
    features += [(kept @ (view @ view.T)).toarray().astype(np.float32) for view in views.values()]
    prior = 1e-3

    def loss(gates):
        logits = sum(g * f.astype(float) for g, f in zip(gates, features, strict=True))
        logits[kept.nonzero()] = -np.inf
        shares = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -shares[targets.nonzero()].mean() + prior * gates[1:].sum()

    gates = learn_gates(features, Choices(kept.toarray() == 0, targets.toarray() != 0), prior)
    assert (gates >= 0).all()
    best = loss(gates)
    for k in range(len(gates)):
        for step in (-0.05, 0.05):
            other = gates.copy()
            other[k] = max(0.0, other[k] + step)
            assert loss(other) >= best - 1e-6


def test_an_item_does_not_speak_for_itself():
    view = relation_views({"cast": csr_array(np.array([[1, 1, 0]], dtype=np.float32))})
    model = GraphGate(view, CONFIG)
    model.card.n_items = 3
    model.ease.card.n_items, model.ease.columns = 3, np.arange(3)
    model.ease.weights = np.zeros((3, 3), dtype=np.float32)
    model.weights = {BASE: 1.0, "cast": 1.0}
    score = model.score(Users(csr_array(np.array([[1, 0, 0]], dtype=np.float32))))
    assert score[0].tolist() == [0.0, 1.0, 0.0]


def test_histories_too_short_to_learn_from_close_the_gates_and_the_card_says_so():
    met = csr_array(np.eye(6, dtype=np.float32))
    model = GraphGate(relation_views(_random_blocks(6)), CONFIG)
    model.fit(_bare(met))
    assert model.gates == {BASE: 1.0, "cast": 0.0, "genre": 0.0}
    assert "closed" in model.card.notes[0]


def test_views_of_another_catalogue_are_refused():
    with pytest.raises(WorkspaceError, match="view cast has 9 items"):
        GraphGate(relation_views(_random_blocks(9, names=("cast",))), CONFIG).fit(training_data())


def test_a_model_that_is_not_whole_says_so(tmp_path):
    model = GraphGate(_views(), CONFIG)
    model.fit(training_data())
    model.save(tmp_path)
    card = tmp_path / "graph_gate.json"
    card.write_text(card.read_text().replace('"cast (vectors)"', '"cast (vectors)", "more"'))
    with pytest.raises(WorkspaceError, match="not whole"):
        GraphGate().load(tmp_path)


def test_learned_vectors_become_views():
    met, _ = _taste()
    films = [f"f{k}" for k in range(met.shape[1])]
    triples = [
        Triple(subject=film, relation="director", object=f"p{(k + j) % 12}", source="made")
        for k, film in enumerate(films)
        for j in (0, 1)
    ]
    split = split_edges(index_edges(triples))
    vectors = train_embeddings(split, EmbeddingConfig(dim=8, epochs=10, batch=16, n3=0.01, patience=10))
    views = relation_views({}, vectors, [*films[:-1], "unknown"])
    view = views["director (vectors)"]
    near = view @ view.T
    assert near[0, 12] > near[0, 6] + 0.3
    assert not view[-1].any()


def test_held_out_meetings_are_a_share_of_each_history():
    met, _ = _taste()
    kept, out = hold_out(met, 0.3, 5)
    assert np.array_equal((kept + out).toarray(), met.toarray())
    assert not (kept * out).nnz
    lengths = np.diff(met.indptr)
    assert np.array_equal(np.diff(out.indptr), np.floor(0.3 * lengths))
    again = hold_out(met, 0.3, 5)[1]
    assert np.array_equal(again.toarray(), out.toarray())
    assert not np.array_equal(hold_out(met, 0.3, 6)[1].toarray(), out.toarray())
    chosen = people_with_targets(out, 10, 0)
    assert len(chosen) == 10
    assert (np.diff(out.indptr)[chosen] > 0).all()


def test_blocks_take_edges_in_either_direction_and_leave_out_what_ties_nothing():
    edges = [
        ("a", "cast", "p"),
        ("p", "acted_in", "b"),
        ("b", "cast", "p"),
        ("a", "sequel", "b"),
        ("c", "cast", "q"),
    ]
    blocks = relation_blocks(["a", "b", "c"], [*edges, *edges])
    assert list(blocks) == ["cast"]
    assert blocks["cast"].toarray().tolist() == [[1, 1, 0]]
    assert relation_blocks(["a", "b", "c"], edges, min_items=1)["sequel"].toarray().tolist() == [
        [0, 1, 0],
        [1, 0, 0],
    ]


def test_weighted_blocks_count_as_so_many_people_in_ease():
    data = training_data()
    blocks = _random_blocks(N_ITEMS)
    stacked = weighted_attributes(blocks, {"cast": 3.0, "genre": 0.0}, unit=5.0)
    model, by_hand = Ease(EaseConfig(attribute_weight=5.0)), Ease(EaseConfig(attribute_weight=3.0))
    model.fit(TrainingData(data.interactions, stacked))
    by_hand.fit(TrainingData(data.interactions, blocks["cast"]))
    np.testing.assert_allclose(model.weights, by_hand.weights, atol=1e-5)
    assert weighted_attributes(blocks, {}, unit=5.0).shape == (0, N_ITEMS)


def test_the_gradient_through_the_inverse_is_right():
    """The scale of the logits is the best one at every point, so it has no gradient of its own."""
    met, blocks = _taste(60, 24)
    kept, targets = hold_out(met, 0.3, 0)
    problem = GramProblem(kept, targets, people_with_targets(targets, 50, 0), blocks, EASE, among=15)
    at = np.array([2.0, 4.0])
    gradient = problem.loss(at)[1]
    for k in range(2):
        ahead, behind = at.copy(), at.copy()
        ahead[k] += 0.05
        behind[k] -= 0.05
        slope = (problem.loss(ahead)[0] - problem.loss(behind)[0]) / 0.1
        assert gradient[k] == pytest.approx(slope, rel=0.02, abs=1e-5)


def test_the_first_items_are_those_not_met_with_the_highest_scores():
    scores = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]], dtype=np.float32)
    met = csr_array(np.array([[1, 0, 0, 0, 0]], dtype=np.float32))
    assert first_items(scores, met, 2).tolist() == [[False, True, True, False, False]]
    assert first_items(scores, met, 0).tolist() == [[False, True, True, True, True]]


def test_the_best_scale_is_the_likeliest():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(400, 6))
    drawn = (4.0 * scores + rng.gumbel(size=scores.shape)).argmax(axis=1)
    choices = Choices(np.ones((400, 6), dtype=bool), np.eye(6, dtype=bool)[drawn])
    assert choices.best_scale(scores.ravel(), 1.0) == pytest.approx(4.0, rel=0.15)


def test_the_gram_matrix_learns_which_relation_to_count():
    met, blocks = _taste(80)
    ease = EaseConfig(regularization=100.0, attribute_weight=5.0)
    found = learn_gram_weights(met, blocks, ease, GramGateConfig(prior=1e-3, steps=40))
    assert found.loss < found.start_loss
    assert found.weights["director"] > 10.0 * max(found.weights["country"], 0.05)
