import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_geometric.nn.kge import ComplEx, DistMult, RotatE

from kg.embeddings.config import EmbeddingConfig
from kg.embeddings.edges import index_edges
from kg.embeddings.links import degree_scores, evaluate_links, figures_of, link_ranks
from kg.embeddings.scoring import arrays, make_model
from kg.embeddings.vectors import EmbeddingCard, GraphEmbeddings
from kg.graph import GraphError
from kg.schema import Triple
from tests.kg.embeddings.films import film_split

N, R = 7, 2


def _brute_force(scores, edges, known):
    """Rank one by one: who scores at least as much as the true one, and is not known as right, is ahead."""
    true = {tuple(row) for row in known}
    tails, heads = [], []
    for h, r, t in edges:
        ahead = [e for e in range(N) if (h, r, e) not in true and scores[h, r, e] >= scores[h, r, t]]
        tails.append(1 + len(ahead))
        ahead = [e for e in range(N) if (e, r, t) not in true and scores[t, r + R, e] >= scores[t, r + R, h]]
        heads.append(1 + len(ahead))
    return tails + heads


_edge = st.tuples(st.integers(0, N - 1), st.integers(0, R - 1), st.integers(0, N - 1))


@settings(max_examples=80, deadline=None)
@given(st.sets(_edge, min_size=1, max_size=25), st.integers(0, 1_000), st.integers(2, 20))
def test_ranks_are_those_of_counting_one_by_one(known, seed, levels):
    """Few levels of score make many ties."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (N, 2 * R, N)).astype(np.float32)
    rows = np.array(sorted(known), dtype=np.int64)
    edges = rows[: 1 + len(rows) // 2]
    ranks = link_ranks(lambda e, r: scores[e, r], edges, rows, R)
    assert ranks.tolist() == _brute_force(scores, edges.tolist(), rows.tolist())


@pytest.mark.parametrize(
    ("name", "module"), [("complex", ComplEx), ("rotate", RotatE), ("distmult", DistMult)]
)
def test_unfiltered_tails_rank_as_torch_geometric_ranks_them(name, module):
    """Its own `test` knows no filter, so one edge at a time is all that is known."""
    config = EmbeddingConfig(model=name, dim=8)
    model = make_model(config, 30, R)
    assert isinstance(model, module)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(1)))
    vectors = GraphEmbeddings(
        [f"e{k:02}" for k in range(30)],
        *arrays(model),
        EmbeddingCard(relations=("a", "b"), config=config, epochs=0, data_hash=""),
    )
    rng = np.random.default_rng(2)
    edges = np.stack([rng.integers(0, 30, 40), rng.integers(0, R, 40), rng.integers(0, 30, 40)], axis=1)
    mine = figures_of(np.array([link_ranks(vectors.score, edge[None], edge[None], R)[0] for edge in edges]))
    head, relation, tail = (torch.from_numpy(edges[:, k].copy()) for k in range(3))
    _, mrr, hits = model.test(head, relation, tail, batch_size=64, k=10, log=False)
    assert mine.mrr == pytest.approx(mrr)
    assert mine.hits_at_10 == pytest.approx(hits)
    single = model(head, relation, tail).detach().numpy()
    margin = 1.0 if name == "rotate" else 0.0
    np.testing.assert_allclose(
        vectors.score(edges[:, 0], edges[:, 1])[np.arange(40), edges[:, 2]] + margin,
        single,
        rtol=1e-4,
        atol=1e-4,
    )


def test_a_constant_score_earns_the_last_place():
    split = film_split()
    n = len(split.graph.entities)
    report = evaluate_links(
        lambda e, r: np.zeros((len(e), n), np.float32), split.test, split.graph.edges, split.graph
    )
    assert report.all.hits_at_10 < 0.2
    assert report.all.ranked == 2 * len(split.test)


def test_the_degree_baseline_names_the_most_frequent_first():
    triples = [
        Triple(subject=f"f{k}", relation="genre", object="drama" if k else "war", source="a")
        for k in range(9)
    ]
    graph = index_edges(triples)
    score = degree_scores(graph.edges, len(graph.entities), 1)
    row = score(np.array([0]), np.array([0]))[0]
    assert graph.entities[int(row.argmax())] == "drama"
    assert row.sum() == 9


def test_figures_are_kept_apart_by_relation_and_direction():
    split = film_split()
    score = degree_scores(split.train, len(split.graph.entities), len(split.graph.relations))
    report = evaluate_links(score, split.test, split.graph.edges, split.graph)
    assert sum(part.ranked for part in report.relations.values()) == report.all.ranked
    assert report.all.mrr == pytest.approx((report.tails.mrr + report.heads.mrr) / 2)
    mean = sum(part.mrr * part.ranked for part in report.relations.values()) / report.all.ranked
    assert report.all.mrr == pytest.approx(mean)


def test_scores_that_are_no_numbers_are_refused():
    edges = np.array([[0, 0, 1]])
    with pytest.raises(GraphError, match="not finite"):
        link_ranks(lambda e, r: np.full((len(e), N), np.nan, np.float32), edges, edges, 1)


def test_no_edges_give_zeros():
    assert figures_of(np.zeros(0, np.int64)).ranked == 0
