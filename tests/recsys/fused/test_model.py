from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.fused.config import ORDER, FusedConfig
from recsys.fused.model import FusedModel
from recsys.fused.training import ndcg
from recsys.models.base import TrainingData, Users
from recsys.schema import Context, Granularity
from tests.recsys.fused.conftest import CLUSTERS, N_ITEMS, N_USERS, encode
from tests.recsys.scorer_contract import ScorerContract

SMALL = FusedConfig(
    dim=16, entity_dim=8, language_dim=6, epochs=30, batch=20, buckets=(1, 4), learning_rate=0.02
)
CONTRACT_VECTORS = np.random.default_rng(2).normal(size=(25, 9)).astype(np.float32)


class TestFusedContract(ScorerContract):
    def make(self):
        return FusedModel(
            FusedConfig(dim=8, epochs=3, language_dim=4),
            CONTRACT_VECTORS,
            lambda texts: CONTRACT_VECTORS[[len(text) for text in texts]],
        )


class TestPlainContract(ScorerContract):
    def make(self):
        return FusedModel(FusedConfig.light_gcn(dim=8, epochs=3))


def contexts_of(data: TrainingData) -> dict[str, csr_array]:
    evening = np.zeros((N_USERS, N_ITEMS), dtype=np.float32)
    evening[:, ::2] = 1.0
    return {
        "daypart:evening": csr_array(data.interactions.multiply(evening)),
        "daypart:morning": csr_array(data.interactions.multiply(1.0 - evening)),
    }


@pytest.fixture(scope="module")
def fused(data, language) -> FusedModel:
    model = FusedModel(SMALL, language, encode, contexts_of(data))
    model.fit(data)
    return model


def everything(data: TrainingData, rows: slice = slice(None)) -> Users:
    n = data.interactions[rows].shape[0]
    return Users(
        history=data.interactions[rows],
        texts=["like 4" if k % 2 else "" for k in range(n)],
        sequences=data.sequences[rows],
        scene="buy",
        social=csr_array(data.social[rows] @ data.interactions),
        contexts=[Context(time=datetime(2026, 1, 5, 20), device="tv")] * n,
    )


def test_every_grain_takes_part_and_the_shares_are_the_score(fused, data):
    users = everything(data)
    shares, scores = fused.shares(users), fused.score(users)
    assert set(shares) == {grain.value for grain in ORDER}
    assert all(np.abs(share).max() > 0 for share in shares.values())
    np.testing.assert_allclose(sum(shares.values()), scores, atol=1e-5 * np.abs(scores).max())


def test_each_item_of_the_history_gives_its_part_exactly(fused, data):
    users = everything(data)
    shares = fused.shares(users)
    for row, item in ((1, 3), (7, 0), (20, N_ITEMS - 1)):
        told = fused.explain_history(users, item, row)
        for grain, share in shares.items():
            given = told.given[grain].sum() if grain in told.given else 0.0
            assert given + told.rest.get(grain, 0.0) == pytest.approx(share[row, item], abs=1e-4)
        met = set(data.interactions[[row]].indices.tolist())
        assert {column for column, _ in told.first(3)} <= met


def test_taking_an_item_out_takes_its_part_away(fused, data):
    """Without dividing by the degree, the score falls by exactly what was given."""
    model = FusedModel(SMALL.model_copy(update={"user_degree": 0.0, "buckets": ()}), fused.language)
    model.fit(replace(data, sequences=(), social=None, scenes={}))
    history = data.interactions[[4]].toarray()
    gone = int(np.flatnonzero(history[0])[0])
    told = model.explain_history(Users(csr_array(history)), 8)
    without = history.copy()
    without[0, gone] = 0.0
    fall = model.score(Users(csr_array(history)))[0, 8] - model.score(Users(csr_array(without)))[0, 8]
    assert told.totals()[list(told.columns).index(gone)] == pytest.approx(fall, abs=1e-4)


def test_it_finds_what_people_like(data, language):
    """People like one kind; what was set aside is found far better than by popularity."""
    kept = data.interactions.toarray()
    out = np.zeros_like(kept)
    for row in kept:
        out[np.flatnonzero((kept == row).all(axis=1))[0], np.flatnonzero(row)[0]] = 1.0
    kept[out > 0] = 0.0
    model = FusedModel(SMALL, language)
    model.fit(TrainingData(csr_array(kept), data.attributes, relations=data.relations))
    truth, met = csr_array(out), csr_array(kept)
    found = ndcg(model.score(Users(met)), met, truth, k=5)
    popular = ndcg(np.tile(kept.sum(axis=0), (N_USERS, 1)).astype(np.float32), met, truth, k=5)
    assert found > popular + 0.1


def test_words_alone_bring_up_their_kind(data, language):
    config = SMALL.model_copy(update={"granularities": (Granularity.TEXT,)})
    model = FusedModel(config, language, encode)
    model.fit(data)
    users = Users(csr_array((2, N_ITEMS), dtype=np.float32), ["like 4", "like 5"])
    first = np.argsort(-model.score(users), axis=1)[:, :5] % CLUSTERS
    assert (first[0] == 4 % CLUSTERS).mean() >= 0.8
    assert (first[1] == 5 % CLUSTERS).mean() >= 0.8


def test_an_order_alone_is_enough(fused, data):
    users = Users(csr_array((1, N_ITEMS), dtype=np.float32), sequences=[data.sequences[3]])
    assert np.ptp(fused.shares(users)["sequence"]) > 0
    assert np.array_equal(fused.shares(users)["behaviour"], np.zeros((1, N_ITEMS), dtype=np.float32))


def test_nothing_known_is_the_popularity_prior(fused, data):
    cold = fused.score(Users(csr_array((1, N_ITEMS), dtype=np.float32)))[0]
    popularity = np.asarray(data.interactions.sum(axis=0)).ravel()
    assert np.corrcoef(cold[:-1], popularity[:-1])[0, 1] > 0.5
    assert cold[-1] == cold.min()


@pytest.mark.parametrize("grain", [grain for grain in ORDER if grain is not Granularity.BEHAVIOUR])
def test_a_grain_that_is_switched_off_has_no_share(data, language, grain):
    kept = tuple(one for one in ORDER if one is not grain)
    config = SMALL.model_copy(update={"granularities": kept, "epochs": 1})
    model = FusedModel(config, language, encode, contexts_of(data))
    model.fit(data)
    assert set(model.shares(everything(data))) == {one.value for one in kept}


def test_what_has_no_data_is_left_out_and_said(data):
    model = FusedModel(SMALL.model_copy(update={"epochs": 1}))
    model.fit(TrainingData(data.interactions, csr_array((0, N_ITEMS), dtype=np.float32)))
    assert set(model.shares(Users(data.interactions))) == {"behaviour", "popularity"}
    assert any("attributes, graph, text, sequence, social, context" in note for note in model.card.notes)


def test_scenes_ask_differently_and_an_unknown_one_is_the_default(fused, data):
    def asked(scene):
        return fused.score(Users(data.interactions, scene=scene))

    assert not np.array_equal(asked("buy"), asked("view"))
    assert np.array_equal(asked("somewhere"), asked("default"))


def test_gates_and_lambdas_can_be_read(fused):
    assert list(fused.gates) == ["met", "maker", "attributes"]
    assert all(gate > 0 for gate in fused.gates.values())
    table = fused.lambdas
    assert len(table) == 3 * 3 * len(ORDER)
    assert table["default", 4, "behaviour"] == 1.0
    assert table["default", 4, "attributes"] != table["default", 1, "attributes"]


def test_a_lambda_may_be_negative_when_it_is_told_so(data, language):
    model = FusedModel(SMALL.model_copy(update={"signed": True, "epochs": 1}), language)
    model.fit(data)
    assert model.lambdas["default", 0, "behaviour"] == 1.0


def test_saved_and_loaded_with_every_grain(fused, data, tmp_path):
    fused.save(tmp_path)
    loaded = FusedModel(encode=encode)
    loaded.load(tmp_path)
    users = everything(data)
    assert np.array_equal(loaded.score(users), fused.score(users))
    assert loaded.gates == fused.gates
    assert loaded.lambdas == fused.lambdas
    assert loaded.config == fused.config


def test_a_tensor_of_another_shape_is_refused(fused, tmp_path):
    from recsys.models.persist import load_model, save_model

    fused.save(tmp_path)
    card, tensors = load_model(tmp_path, "fused")
    save_model(tmp_path, card, {**tensors, "role.graph": tensors["role.graph"][:-1]})
    with pytest.raises(WorkspaceError, match="Build the workspace anew"):
        FusedModel().load(tmp_path)


def test_what_does_not_fit_is_refused(fused, data, language):
    with pytest.raises(WorkspaceError, match="language vectors of 3 items"):
        FusedModel(SMALL, language[:3]).fit(data)
    with pytest.raises(WorkspaceError, match="2 people have 1 texts"):
        fused.score(Users(data.interactions[:2], ["like 1"]))
    with pytest.raises(WorkspaceError, match="no item 99"):
        fused.explain_history(Users(data.interactions), 99)


def test_configurations_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="input_share"):
        FusedConfig(input_share=(0.8, 0.2))
    with pytest.raises(ValueError, match="buckets must rise"):
        FusedConfig(buckets=(5, 1))
