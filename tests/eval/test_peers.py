"""The way to a peer and back, with a peer that needs no package of its own."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from eval.metrics import ndcg_at_k, target_ranks
from eval.peers import runner
from eval.peers.exchange import Task, read_task, write_task
from eval.peers.peer import PEERS, Watch, top_ndcg
from eval.peers.runner import PeerError, list_ranks, peers_python, run_peer
from recsys.models.base import TrainingData, Users
from recsys.models.ease import Ease, EaseConfig
from recsys.sparse import ones_at

N_USERS, N_ITEMS = 30, 20


def cells(seed, share, without=None):
    drawn = np.random.default_rng(seed).random((N_USERS, N_ITEMS)) < share
    if without is not None:
        drawn &= without.toarray() == 0
    return ones_at(*drawn.nonzero(), drawn.shape)


@pytest.fixture(scope="module")
def task():
    train = cells(0, 0.3)
    return Task(train=train, valid=cells(1, 0.1, train), settings={}, seed=3)


@pytest.fixture(scope="module")
def sequences():
    rng = np.random.default_rng(2)
    return [rng.permutation(N_ITEMS)[: 2 + row % 5] for row in range(N_USERS)]


def test_what_is_given_is_read_back_whole(tmp_path, task, sequences):
    full = replace(
        task,
        settings={"factors": 8, "rate": 0.5, "fast": True, "loss": "bpr"},
        attributes=ones_at([0, 1], [2, 3], (2, N_ITEMS)),
        sequences=sequences,
        asks={"valid": sequences, "test": sequences[::-1]},
        threads=2,
    )
    write_task(tmp_path, full)
    found = read_task(tmp_path)
    assert (found.settings, found.seed, found.threads, found.k) == (full.settings, 3, 2, 20)
    for name in ("train", "valid", "attributes"):
        assert (getattr(found, name) != getattr(full, name)).nnz == 0
    assert [list(s) for s in found.asks["test"]] == [list(s) for s in full.asks["test"]]
    assert found.key() == full.key()


@pytest.mark.parametrize("change", [{"seed": 4}, {"settings": {"a": 1}}, {"valid": cells(9, 0.1)}])
def test_another_task_has_another_key(task, change):
    assert replace(task, **change).key() != task.key()


def test_scores_come_back_with_what_they_took(tmp_path, task):
    run = run_peer("popularity", task, tmp_path)
    scores = np.repeat(np.asarray(task.train.sum(axis=0))[None, :], N_USERS, axis=0)
    expected = target_ranks(scores, task.valid, task.train)
    assert [list(r) for r in run.ranks(task.valid, task.train)] == [list(r) for r in expected]
    outcome = run.outcome
    assert (outcome.peer, outcome.package, outcome.threads) == ("popularity", "scipy", 1)
    assert outcome.version
    assert 0 < outcome.fit_seconds < 60
    # A process that imported numpy and scipy holds more than 10 MB, and this one far less than 1 GB.
    assert 10 < outcome.peak_mb < 1000
    assert not (run.folder / "given").exists()
    run.drop_scores()
    assert not list(run.folder.glob("*.npy"))


def test_lists_leave_the_history_out(tmp_path, task, sequences):
    run = run_peer("popularity", replace(task, sequences=sequences, asks={"next": sequences}, k=5), tmp_path)
    top = np.load(run.folder / "top-next.npy")
    assert top.shape == (N_USERS, 5)
    assert not any(np.isin(top[row], sequences[row]).any() for row in range(N_USERS))
    best = int(np.argmax(task.train.sum(axis=0)))
    everybody_wants = ones_at(range(N_USERS), [best] * N_USERS, (N_USERS, N_ITEMS))
    ranks = run.ranks(everybody_wants, question="next")
    assert {int(r[0]) for r, s in zip(ranks, sequences, strict=True) if best not in s} == {1}
    assert all(r[0] > N_ITEMS for r, s in zip(ranks, sequences, strict=True) if best in s)


def test_our_models_go_the_same_way(tmp_path, task):
    attributes = cells(5, 0.2)[:4]
    settings = {"regularization": 5.0, "attribute_weight": 2.0}
    run = run_peer("our-ease", replace(task, settings=settings, attributes=attributes), tmp_path)
    model = Ease(EaseConfig(**settings))
    model.fit(TrainingData(interactions=task.train, attributes=attributes))
    expected = model.score(Users(history=task.train))
    np.testing.assert_allclose(np.load(run.folder / "scores.npy"), expected, atol=1e-5)


def test_a_peer_that_fails_says_why(tmp_path, task):
    with pytest.raises(
        PeerError, match=r"our-ease failed: ValidationError: .*regularization.*greater than 0"
    ):
        run_peer("our-ease", replace(task, settings={"regularization": -1.0}), tmp_path)
    # What failed is not taken for a result the next time.
    with pytest.raises(PeerError, match="our-ease failed"):
        run_peer("our-ease", replace(task, settings={"regularization": -1.0}), tmp_path)


def test_a_peer_that_takes_too_long_is_ended(tmp_path, task):
    with pytest.raises(PeerError, match="popularity gave no result in"):
        run_peer("popularity", replace(task, fit_limit=0.01), tmp_path, late=0.0)


def test_an_unknown_peer_is_named(tmp_path, task):
    with pytest.raises(PeerError, match=r"no peer 'nobody'\. There are: popularity"):
        run_peer("nobody", task, tmp_path)


def test_a_missing_environment_says_how_to_make_it(tmp_path, task, monkeypatch):
    monkeypatch.delenv("TASTEGRAPH_PEERS_PYTHON", raising=False)
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    with pytest.raises(PeerError, match="make peers-env"):
        run_peer("implicit-als", task, tmp_path)


def test_a_peer_without_its_package_fails_with_the_import(tmp_path, task, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_PEERS_PYTHON", sys.executable)
    with pytest.raises(PeerError, match=r"implicit-als failed: ModuleNotFoundError.*implicit"):
        run_peer("implicit-als", task, tmp_path)


def test_their_result_is_kept_and_found_again(tmp_path, task, monkeypatch):
    monkeypatch.setenv("TASTEGRAPH_PEERS_PYTHON", sys.executable)
    monkeypatch.setitem(PEERS, "popularity", replace(PEERS["popularity"], theirs=True))
    said = []
    first = run_peer("popularity", task, tmp_path, said.append)
    again = run_peer("popularity", task, tmp_path, said.append)
    other = run_peer("popularity", replace(task, seed=4), tmp_path, said.append)
    assert (again.folder, again.outcome) == (first.folder, first.outcome)
    assert other.folder != first.folder
    assert len(said) == 2


def test_lists_rank_as_the_scores_that_they_come_from_do(task):
    scores = np.random.default_rng(7).random((N_USERS, N_ITEMS))
    masked = np.where(task.train.toarray() > 0, -np.inf, scores)
    top = np.argsort(-masked, axis=1)
    top = np.where(np.isfinite(np.take_along_axis(masked, top, axis=1)), top, -1)[:, :8]
    for mine, full in zip(
        list_ranks(top, task.valid, task.train), target_ranks(scores, task.valid, task.train), strict=True
    ):
        assert list(mine[mine <= 8]) == list(full[full <= 8])
        assert len(mine) == len(full)
        assert all(rank > N_ITEMS for rank in mine[mine > 8])


@pytest.mark.parametrize(
    ("top", "problem"), [([[1, 1]], "twice"), ([[0, 9]], "there is not"), ([[0, 2]], "left out")]
)
def test_a_list_that_breaks_the_protocol_is_refused(top, problem):
    mask = csr_array(np.array([[0.0, 0.0, 1.0]]))
    with pytest.raises(PeerError, match=problem):
        list_ranks(np.array(top), csr_array(np.array([[1.0, 0.0, 0.0]])), mask)


def test_the_watch_ends_training_that_gets_no_better():
    watch = Watch(limit=1e6)
    assert [watch.note(epoch, value) for epoch, value in enumerate([0.1, 0.3, 0.2])] == [True, True, False]
    assert not watch.stale(2)
    assert not watch.note(3, 0.3)
    assert watch.stale(2)
    assert watch.stopped == "early"
    assert not watch.over()
    assert Watch(limit=0.0).over()


def test_the_watch_leaves_validation_out():
    watch = Watch(limit=1e6)
    with watch.paused():
        time.sleep(0.3)
    watch.note(1, 0.5)
    assert watch.validated >= 0.3
    assert watch.points[0].seconds < 0.2


@pytest.mark.parametrize("k", [5, N_ITEMS + 3])
def test_what_peers_stop_by_is_the_ndcg_that_is_reported(task, k):
    scores = np.random.default_rng(8).random((N_USERS, N_ITEMS)).astype(np.float32)
    expected = ndcg_at_k(target_ranks(scores, task.valid, task.train), k).mean()
    assert top_ndcg(scores, task, k) == pytest.approx(expected)


def test_every_peer_has_an_adapter_of_its_own():
    files = {adapter.module for adapter in PEERS.values()}
    folder = runner.Path(runner.__file__).parent
    assert all((folder / f"{name}.py").is_file() for name in files)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, adapter in PEERS.items() if adapter.theirs])
def test_the_real_peers_learn_what_is_there_to_learn(name, tmp_path):
    try:
        peers_python()
    except PeerError as missing:
        pytest.skip(str(missing))
    small: dict[str, dict[str, str | int | float]] = {
        "implicit-als": {"factors": 4},
        "implicit-bpr": {"factors": 4, "iterations": 200, "learning_rate": 0.1},
        "lenskit-ease": {"regularization": 5.0},
        "recbole-ease": {"reg_weight": 5.0},
        "rectools-sasrec": {"n_factors": 16, "n_heads": 1, "session_max_len": 6, "epochs": 20, "lr": 0.01},
    }
    settings = small.get(name, {"epochs": 40, "learning_rate": 0.02, "eval_step": 5})
    # Two kinds of people, each of whom keeps to one half of the items.
    rng = np.random.default_rng(0)
    people = [rng.permutation(N_ITEMS // 2)[:6] + (row % 2) * N_ITEMS // 2 for row in range(4 * N_USERS)]
    shape = (len(people), N_ITEMS)
    train = ones_at(np.repeat(range(len(people)), 5), np.concatenate([s[:5] for s in people]), shape)
    valid = ones_at(range(len(people)), [s[5] for s in people], shape)
    task = Task(train=train, valid=valid, settings=settings, k=5)
    question = ""
    if name == "rectools-sasrec":
        known = [s[:5] for s in people]
        task, question = replace(task, sequences=known, asks={"valid": known}), "valid"
    run = run_peer(name, task, tmp_path)
    ranks = np.concatenate(run.ranks(valid, train, question))
    # Five of their half are left: whoever tells the halves apart has every target among the first five.
    assert (ranks <= 5).mean() > 0.9


@pytest.mark.slow
def test_another_project_computes_the_same_metrics():
    try:
        python = peers_python()
    except PeerError as missing:
        pytest.skip(str(missing))
    ran = subprocess.run(
        [str(python), "-m", "eval.peers.check_metrics"],
        cwd=runner.ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = json.loads(ran.stdout)
    assert len(found) == 18
    assert max(found.values()) < 1e-9
