from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array

from eval.metrics import ndcg_at_k, target_ranks
from recsys.fused.batches import Behaviour, batches
from recsys.fused.checkpoint import FILE
from recsys.fused.config import ORDER, FusedConfig
from recsys.fused.language import learn_whitening
from recsys.fused.losses import bpr_loss, draw_candidates, draw_wrong, sampled_loss, softmax_loss
from recsys.fused.model import FusedModel
from recsys.fused.training import ndcg
from recsys.models.base import Users
from tests.recsys.fused.conftest import N_ITEMS

SMALL = FusedConfig(dim=8, entity_dim=4, language_dim=4, epochs=6, batch=25, learning_rate=0.02)


class InterruptedRunError(Exception):
    pass


def behaviour_of(data, **changes):
    told = {"met": data.interactions, "sequences": (), "scenes": {}, "contexts": {}, "social": None}
    return Behaviour(**{**told, **changes})


def one_batch(data, config=SMALL, **changes):
    return next(batches(behaviour_of(data, **changes), config, ORDER, np.random.default_rng(0)))


def test_a_split_shows_and_asks_every_meeting_once(data):
    batch = one_batch(data)
    cells = np.concatenate(
        [np.stack([batch.row, batch.column]), np.stack([batch.shown_row, batch.shown_column])], axis=1
    )
    assert len(np.unique(cells, axis=1).T) == cells.shape[1]
    assert cells.shape[1] == batch.known.history.nnz + len(batch.row)
    assert (np.bincount(batch.row, minlength=batch.known.n) > 0).all()


def test_an_order_is_split_into_earlier_and_later(data):
    config = SMALL.model_copy(update={"batch": 1})
    steps = batches(behaviour_of(data, sequences=data.sequences), config, ORDER, np.random.default_rng(0))
    for batch in steps:
        shown, met = set(batch.shown_column.tolist()), {*batch.column.tolist(), *batch.shown_column.tolist()}
        orders = [list(order) for order in data.sequences if set(order) == met]
        fitting = [order for order in orders if set(order[: len(shown)]) == shown]
        newest = {order[len(shown) - 1] if shown else -1 for order in fitting}
        assert batch.known.recent[0, 0] in newest


def test_a_scene_asks_for_its_own_meetings(data):
    scenes = {"buy": data.scenes["buy"].tocsr()}
    config = SMALL.model_copy(update={"batch": 1})
    met = {tuple(row.indices): k for k, row in ((k, data.interactions[[k]]) for k in range(60))}
    asked = 0
    for batch in batches(behaviour_of(data, scenes=scenes), config, ORDER, np.random.default_rng(1)):
        if batch.known.scene[0] != 1 or not len(batch.row):
            continue
        all_met = scenes["buy"].toarray()
        person = [k for k in met.values() if data.interactions[[k]].toarray()[0, batch.column].all()]
        assert any(all_met[k, batch.column].all() for k in person)
        asked += 1
    assert asked > 5


def test_the_softmax_is_that_of_torch(data):
    batch = one_batch(data)
    logits = torch.randn(batch.known.n, N_ITEMS, generator=torch.Generator().manual_seed(0))
    expected = -(
        torch.log_softmax(logits, dim=1)[batch.row, batch.column] * torch.from_numpy(batch.weight)
    ).sum() / float(batch.weight.sum())
    assert softmax_loss(logits, batch, hide=False).item() == pytest.approx(expected.item(), rel=1e-5)
    assert softmax_loss(logits, batch, hide=True) < expected


def test_the_sampled_softmax_agrees_with_the_full_one_when_everything_is_sampled(data):
    batch = one_batch(data)
    logits = torch.randn(batch.known.n, N_ITEMS, generator=torch.Generator().manual_seed(0))
    everything, certain = np.arange(N_ITEMS), np.zeros(N_ITEMS, dtype=np.float32)
    full = softmax_loss(logits, batch, hide=False)
    assert sampled_loss(logits, batch, everything, certain).item() == pytest.approx(full.item(), rel=1e-5)


def test_candidates_hold_every_target_and_no_item_that_nobody_met(data):
    batch = one_batch(data)
    met = np.asarray(data.interactions.sum(axis=0)).ravel()
    candidates, log_q = draw_candidates(batch, met, 5, np.random.default_rng(0))
    assert np.isin(batch.column, candidates).all()
    assert N_ITEMS - 1 not in candidates
    assert (np.diff(candidates) > 0).all()
    assert (log_q <= 0).all()


def test_bpr_rises_with_a_wrong_order(data):
    batch = one_batch(data)
    wrong = draw_wrong(batch, N_ITEMS, np.random.default_rng(0))
    met = {*zip(batch.row, batch.column, strict=True), *zip(batch.shown_row, batch.shown_column, strict=True)}
    assert not met & set(zip(batch.row, wrong, strict=True))
    people, prior = torch.ones(batch.known.n, 1), torch.zeros(batch.known.n)
    liked = torch.zeros(N_ITEMS)
    liked[batch.column] += 1.0
    right = bpr_loss(people, liked[:, None], torch.zeros(N_ITEMS), prior, batch, wrong)
    turned = bpr_loss(people, -liked[:, None], torch.zeros(N_ITEMS), prior, batch, wrong)
    assert right < turned


def test_own_ndcg_is_that_of_the_harness(data):
    rng = np.random.default_rng(4)
    found = rng.normal(size=data.interactions.shape).astype(np.float32)
    truth = csr_array(
        ((rng.random(found.shape) < 0.1) & (data.interactions.toarray() == 0)).astype(np.float32)
    )
    expected = ndcg_at_k(target_ranks(found, truth, data.interactions), 5).mean()
    assert ndcg(found.copy(), data.interactions, truth, k=5) == pytest.approx(expected)


def test_whitened_vectors_have_one_spread_and_no_direction_twice():
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(300, 5)) @ rng.normal(size=(5, 12)) + 3.0).astype(np.float32)
    white = learn_whitening(vectors, 8)(vectors)
    spread = white.T @ white / len(white)
    np.testing.assert_allclose(spread, np.diag([0.2] * 5 + [0.0] * 3), atol=1e-3)


@pytest.mark.parametrize("stop_at", [2, 5])
@pytest.mark.parametrize("held_out", [0.0, 0.2])
def test_an_interrupted_training_goes_on_bit_exactly(data, language, tmp_path, stop_at, held_out):
    config = SMALL.model_copy(update={"held_out": held_out, "checkpoint_every": 1, "measure_every": 1})
    users = Users(data.interactions)
    whole = FusedModel(config, language)
    whole.fit(data)
    done = 0

    def interrupt(line: str) -> None:
        nonlocal done
        done += line.startswith("Epoch") and "loss" in line
        if done > stop_at:
            raise InterruptedRunError

    first = FusedModel(config, language, checkpoints=tmp_path, tell=interrupt)
    with pytest.raises(InterruptedRunError):
        first.fit(data)
    assert (tmp_path / FILE).is_file()
    told: list[str] = []
    second = FusedModel(config, language, checkpoints=tmp_path, tell=told.append)
    second.fit(data)
    assert told[0].startswith("Going on after epoch")
    assert np.array_equal(second.score(users), whole.score(users))
    assert not list(tmp_path.iterdir())


def test_the_checkpoint_of_another_training_is_not_read(data, language, tmp_path):
    def interrupt(line: str) -> None:
        if "Epoch 3" in line:
            raise InterruptedRunError

    config = SMALL.model_copy(update={"checkpoint_every": 1})
    with pytest.raises(InterruptedRunError):
        FusedModel(config, language, checkpoints=tmp_path, tell=interrupt).fit(data)
    told: list[str] = []
    FusedModel(config.model_copy(update={"seed": 1}), language, checkpoints=tmp_path, tell=told.append).fit(
        data
    )
    assert not any("Going on" in line for line in told)


def test_early_stopping_keeps_the_best(data, language):
    told: list[str] = []
    config = SMALL.model_copy(
        update={"held_out": 0.2, "patience": 1, "measure_every": 1, "learning_rate": 0.5, "epochs": 30}
    )
    FusedModel(config, language, tell=told.append).fit(data)
    values = [float(line.split()[3]) for line in told if "set aside" in line and line.startswith("Epoch")]
    best = next(line for line in told if line.startswith("Best"))
    assert len(values) < 30
    assert f"{max(values):.4f}" in best


@pytest.mark.parametrize("loss", ["softmax", "sampled", "bpr"])
def test_a_graph_past_its_budget_is_sampled_and_still_learned(data, language, loss):
    config = SMALL.model_copy(
        update={
            "loss": loss,
            "max_edges": 1,
            "fanout": 4,
            "layers": 2,
            "epochs": 15,
            "spectral_start": False,
            "weight_decay": 0.0,
        }
    )
    told: list[str] = []
    model = FusedModel(config, language, tell=told.append)
    model.fit(replace(data, scenes={}))
    losses = [float(line.split()[-1]) for line in told if "loss" in line]
    assert losses[-1] < losses[0]
    assert any("samples of the graph" in note for note in model.card.notes)


def test_a_sample_that_holds_everything_trains_like_the_whole_graph(data, language):
    whole, sampled = (
        FusedModel(
            SMALL.model_copy(update={"max_edges": budget, "fanout": 999, "layers": 2, "epochs": 2}), language
        )
        for budget in (10**9, 1)
    )
    whole.fit(data)
    sampled.fit(data)
    users = Users(data.interactions)
    np.testing.assert_allclose(sampled.score(users), whole.score(users), atol=1e-3)
