"""Models of what comes next: the transformer and the counting, on worlds whose order is known."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from recsys.errors import WorkspaceError
from recsys.models.base import TrainingData, Users
from recsys.models.sequence import SequenceConfig, SequenceModel
from recsys.models.sequence_network import SequenceNetwork, cross_entropy
from recsys.models.sequence_training import CHECKPOINT, NextItems, windows
from recsys.models.transitions import Transitions, TransitionsConfig
from tests.recsys.scorer_contract import N_ITEMS, N_USERS, ScorerContract, training_data

N = 12
"""Items of the world below: whoever met item k next meets item k + 1, round the circle."""

TINY = SequenceConfig(dim=8, layers=1, epochs=3, batch=16, dropout=0.2)


def matrix(sequences, n_items) -> csr_array:
    dense = np.zeros((len(sequences), n_items), dtype=np.float32)
    for row, sequence in zip(dense, sequences, strict=True):
        row[np.asarray(sequence, dtype=np.int64)] = 1.0
    return csr_array(dense)


def circle(people: int = 120, seed: int = 0) -> TrainingData:
    rng = np.random.default_rng(seed)
    starts, lengths = rng.integers(N, size=people), rng.integers(3, 7, size=people)
    sequences = [(start + np.arange(length)) % N for start, length in zip(starts, lengths, strict=True)]
    return TrainingData(matrix(sequences, N), csr_array((0, N), dtype=np.float32), sequences=sequences)


def person(*items: int, n_items: int = N) -> Users:
    sequence = np.array(items, dtype=np.int64)
    return Users(matrix([sequence], n_items), sequences=[sequence])


def ordered_data() -> TrainingData:
    data = training_data()
    rng = np.random.default_rng(1)
    met = np.split(data.interactions.indices, data.interactions.indptr[1:-1])
    sequences = [rng.permutation(items).astype(np.int64) for items in met]
    return TrainingData(data.interactions, data.attributes, data.texts, sequences)


class SequencedContract(ScorerContract):
    """The contract with an order in the training data; people of the tests are asked without and with it."""

    @pytest.fixture
    def data(self):
        return ordered_data()

    def test_people_with_an_order_are_scored_the_same_alone_and_after_loading(self, fitted, data, tmp_path):
        everybody = fitted.score(Users(data.interactions, sequences=data.sequences))
        assert everybody.shape == (N_USERS, N_ITEMS)
        assert np.isfinite(everybody).all()
        alone = fitted.score(Users(data.interactions[[7]], sequences=data.sequences[7:8]))
        np.testing.assert_allclose(alone[0], everybody[7], rtol=1e-4, atol=1e-6)
        fitted.save(tmp_path)
        loaded = self.make()
        loaded.load(tmp_path)
        again = loaded.score(Users(data.interactions, sequences=data.sequences))
        assert np.array_equal(again, everybody)

    def test_the_order_matters(self, fitted, data):
        there = fitted.score(Users(data.interactions, sequences=data.sequences))
        back = fitted.score(Users(data.interactions, sequences=[s[::-1] for s in data.sequences]))
        assert not np.allclose(there, back)

    def test_somebody_whose_sequence_is_empty_is_scored_by_the_history(self, fitted, data):
        nothing = [np.zeros(0, dtype=np.int64)] * N_USERS
        np.testing.assert_allclose(
            fitted.score(Users(data.interactions, sequences=nothing)),
            fitted.score(Users(data.interactions)),
            rtol=1e-4,
            atol=1e-6,
        )

    def test_a_history_weighs_what_it_says(self, fitted):
        history = np.zeros((2, N_ITEMS), dtype=np.float32)
        history[0, 3], history[1, 3] = 1.0, -1.0
        liked, disliked = fitted.score(Users(csr_array(history)))
        np.testing.assert_allclose(liked, -disliked, rtol=1e-4, atol=1e-6)

    def test_sequences_that_do_not_fit_are_refused(self, fitted, data):
        with pytest.raises(WorkspaceError, match="each needs one"):
            fitted.score(Users(data.interactions, sequences=data.sequences[:3]))
        with pytest.raises(WorkspaceError, match="names an item"):
            fitted.score(Users(data.interactions[[0]], sequences=[np.array([N_ITEMS])]))
        wrong = TrainingData(data.interactions, data.attributes, sequences=data.sequences[:3])
        with pytest.raises(WorkspaceError, match="each needs one"):
            self.make().fit(wrong)

    def test_data_without_an_order_is_learned_from_too_and_the_card_says_so(self):
        model = self.make()
        model.fit(training_data())
        assert any("No order was known" in note for note in model.card.notes)


class TestTransitions(SequencedContract):
    def make(self):
        return Transitions()

    def test_pairs_are_counted_with_their_distance_and_direction(self):
        sequences = [np.array([0, 1, 2])]
        data = TrainingData(matrix(sequences, 3), csr_array((0, 3), dtype=np.float32), sequences=sequences)
        model = Transitions(
            TransitionsConfig(decay=0.5, backwards=0.25, of_met=0.0, of_scored=0.0, recency=0.5)
        )
        model.fit(data)
        counted = [[0.0, 1.0, 0.5], [0.25, 0.0, 1.0], [0.125, 0.25, 0.0]]
        np.testing.assert_allclose(model.follows.toarray(), counted)
        np.testing.assert_allclose(
            model.score(person(0, 1, n_items=3))[0], 0.5 * np.array(counted[0]) + counted[1]
        )

    def test_the_shares_add_up_to_the_score(self, fitted, data):
        users = Users(data.interactions, sequences=data.sequences)
        shares = fitted.shares(users)
        assert set(shares) == {"order", "attributes"}
        assert all(np.ptp(share) > 0 for share in shares.values())
        np.testing.assert_allclose(sum(shares.values()), fitted.score(users), atol=1e-5)

    def test_pairs_of_two_people_are_never_joined(self):
        sequences = [np.array([0, 1]), np.array([2, 3])]
        data = TrainingData(matrix(sequences, 4), csr_array((0, 4), dtype=np.float32), sequences=sequences)
        model = Transitions()
        model.fit(data)
        assert model.follows.toarray()[:2, 2:].sum() == 0

    def test_an_item_that_nobody_met_is_placed_by_its_attributes(self):
        data = circle()
        having = np.zeros((2, N), dtype=np.float32)
        having[0, [0, N - 1]], having[1, 3] = 1.0, 1.0
        without = [sequence[sequence != N - 1] for sequence in data.sequences]
        model = Transitions()
        model.fit(TrainingData(matrix(without, N), csr_array(having), sequences=without))
        scores = model.score(person(0))[0]
        assert scores[N - 1] > scores[3] or model.follows.toarray()[0, 3] > 0
        assert scores[N - 1] > 0

    def test_a_disliked_item_of_a_sequence_counts_against_what_follows_it(self):
        model = Transitions()
        model.fit(circle())
        users = person(4, 7)
        assert model.score(users)[0, 5] > 0
        disliked = Users(csr_array(users.history.toarray() - 2.0 * np.eye(N)[[4]]), sequences=users.sequences)
        assert model.score(disliked)[0, 5] < 0


class TestSequenceModel(SequencedContract):
    def make(self):
        return SequenceModel(TINY)

    def test_what_comes_next_is_learned(self):
        model = SequenceModel(SequenceConfig(dim=16, layers=1, epochs=20, dropout=0.1, learning_rate=1e-2))
        model.fit(circle(400))
        for start in range(N):
            scores = model.score(person(start, (start + 1) % N))[0]
            assert scores.argmax() == (start + 2) % N

    def test_without_an_order_a_guest_gets_what_follows_the_items(self):
        model = SequenceModel(SequenceConfig(dim=16, layers=1, epochs=20, dropout=0.1, learning_rate=1e-2))
        model.fit(circle(400))
        history = np.zeros((1, N), dtype=np.float32)
        history[0, 4] = 1.0
        np.testing.assert_allclose(
            model.score(Users(csr_array(history))), model.score(person(4)), rtol=1e-4, atol=1e-5
        )

    def test_nobody_with_two_items_means_nothing_to_learn(self):
        sequences = [np.array([k % N]) for k in range(20)]
        model = self.make()
        model.fit(
            TrainingData(matrix(sequences, N), csr_array((0, N), dtype=np.float32), sequences=sequences)
        )
        assert np.isfinite(model.score(person(3))).all()
        assert any("nothing was learned" in note for note in model.card.notes)

    def test_an_interrupted_training_goes_on_and_ends_the_same(self, tmp_path):
        data = ordered_data()
        whole = self.make()
        whole.fit(data)
        lines = []

        def stop(line):
            lines.append(line)
            if len(lines) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            SequenceModel(TINY, checkpoints=tmp_path, progress=stop).fit(data)
        resumed = SequenceModel(TINY, checkpoints=tmp_path, progress=lines.append)
        resumed.fit(data)
        assert [line.split(":")[0] for line in lines] == [f"epoch {k} of 3" for k in (1, 2, 3)]
        users = Users(data.interactions, sequences=data.sequences)
        np.testing.assert_array_equal(resumed.score(users), whole.score(users))

    def test_a_checkpoint_of_another_run_or_a_damaged_one_is_not_used(self, tmp_path):
        data, lines = ordered_data(), []
        SequenceModel(TINY, checkpoints=tmp_path).fit(data)
        SequenceModel(TINY.model_copy(update={"seed": 1}), checkpoints=tmp_path, progress=lines.append).fit(
            data
        )
        assert len(lines) == 3
        (tmp_path / CHECKPOINT).write_bytes(b"half a fi")
        SequenceModel(TINY, checkpoints=tmp_path, progress=lines.append).fit(data)
        assert len(lines) == 6

    def test_the_training_ends_early_when_the_validation_does_not_improve(self):
        data = circle(60)
        bad = NextItems([np.array([0, 1])] * 5, np.array([9] * 5, dtype=np.int64))
        config = SequenceConfig(dim=16, layers=1, epochs=40, dropout=0.0, learning_rate=1e-2, patience=2)
        model = SequenceModel(config, validation=bad)
        model.fit(data)
        assert model.outcome is not None
        assert model.outcome.epoch <= model.outcome.epochs < 40

    def test_attributes_and_texts_place_an_item_that_nobody_met(self):
        data = circle(200)
        without = [sequence[sequence != N - 1] for sequence in data.sequences]
        having = np.eye(N, dtype=np.float32)
        having[:, N - 1] = having[:, 5]
        config = SequenceConfig(
            dim=16, layers=1, epochs=20, dropout=0.1, learning_rate=1e-2, weight_decay=0.1
        )
        for attributes, vectors in (
            (csr_array(having), None),
            (csr_array((0, N), dtype=np.float32), having.T.copy()),
        ):
            model = SequenceModel(config, item_vectors=vectors)
            model.fit(TrainingData(matrix(without, N), attributes, sequences=without))
            scores = model.score(person(3, 4))[0]
            assert scores.argmax() in (5, N - 1)
            assert scores[N - 1] > np.median(scores)
            assert model.score(person(8, 9))[0, N - 1] < scores[N - 1]

    def test_vectors_for_other_items_are_refused(self):
        with pytest.raises(WorkspaceError, match="each item needs one"):
            SequenceModel(TINY, item_vectors=np.zeros((3, 4), dtype=np.float32)).fit(ordered_data())


class TestNetwork:
    @pytest.mark.parametrize("size", [0.1, 30.0])
    def test_the_loss_and_its_gradients_are_those_of_the_whole_softmax(self, size):
        import torch

        torch.manual_seed(0)
        states = (size * torch.randn(150, 6)).requires_grad_()
        table = torch.randn(40, 6, requires_grad=True)
        targets = torch.randint(0, 40, (150,))
        ours = cross_entropy(states, table, targets)
        plain = torch.nn.functional.cross_entropy(states @ table.T, targets)
        torch.testing.assert_close(ours, plain, rtol=1e-4, atol=1e-5)
        for one, other in zip(
            torch.autograd.grad(ours, [states, table]),
            torch.autograd.grad(plain, [states, table]),
            strict=True,
        ):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)

    def test_a_position_sees_nothing_that_comes_later_nor_who_else_is_there(self):
        import torch

        torch.manual_seed(0)
        network = SequenceNetwork(20, 8, 2, 2, 2, 0.0, 10).eval()
        table = network.table()
        long, short = np.arange(9), np.array([4, 2])
        together = network(table, [long, short, long[:5]])
        assert together.shape == (9 + 2 + 5, 8)
        torch.testing.assert_close(together[:5], together[11:])
        torch.testing.assert_close(together[9:11], network(table, [short]))
        ends = network(table, [long, short, long[:5]], last_only=True)
        torch.testing.assert_close(ends, together[[8, 10, 15]])

    def test_windows_ask_for_every_item_but_the_first_once(self):
        pieces = windows([np.arange(12), np.array([3]), np.arange(4)], 5)
        asked = sorted(item for piece in pieces[:3] for item in piece[1:])
        assert asked == list(range(1, 12))
        assert [len(piece) for piece in pieces] == [6, 6, 2, 4]
        assert all(len(piece) <= 6 for piece in pieces)


def test_a_number_of_heads_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="cannot be divided"):
        SequenceConfig(dim=10, heads=4)
