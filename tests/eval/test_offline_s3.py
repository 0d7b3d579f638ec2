"""Leave-one-out measuring: what is asked, what is known, what is ranked, and that finished work is found again."""

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from eval.figures import MeasureOptions
from eval.metrics import target_ranks
from eval.offline_figures import s3
from eval.offline_figures.s3_data import met, read_s3
from eval.offline_figures.s3_stack import Member, learn_weights, rank_all
from recsys.errors import SourceError
from recsys.models.base import Users
from recsys.models.popularity import Popularity
from recsys.models.transitions import Transitions
from tests.parts import shared_data

N = 15
"""Items of the world below, in which k + 1 follows k, round the circle."""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    lines = []
    for person in range(1, 91):
        items = (rng.integers(N) + np.arange(rng.integers(5, 9))) % N + 1
        lines.append(" ".join(str(number) for number in (person, *items)))
    (tmp_path / "s3rec").mkdir()
    (tmp_path / "s3rec" / "Beauty.txt").write_text("\n".join(lines) + "\n")
    having = {str(item + 1): [1 + item % 3] for item in range(N)}
    (tmp_path / "s3rec" / "Beauty_item2attributes.json").write_text(json.dumps(having))
    return tmp_path


class TestReading:
    def test_the_last_item_is_the_test_and_the_one_before_the_validation(self, folder):
        data = read_s3(folder / "s3rec", "Beauty")
        assert data.n_items == N
        assert data.attributes.shape == (3, N)
        whole = data.sequences[4]
        training = data.training()
        np.testing.assert_array_equal(training.sequences[4], whole[:-2])
        rows = np.array([4])
        (valid, valid_target), (test, test_target) = data.people(rows, False), data.people(rows, True)
        np.testing.assert_array_equal(valid.sequences[0], whole[:-2])
        assert valid_target[0] == whole[-2]
        np.testing.assert_array_equal(test.sequences[0], whole[:-1])
        assert test_target[0] == whole[-1]
        np.testing.assert_array_equal(test.history.indices, np.unique(whole[:-1]))

    def test_a_sample_keeps_only_the_items_that_it_met(self, folder):
        data = read_s3(folder / "s3rec", "Beauty", most_people=2)
        assert len(data.sequences) == 2
        assert data.n_items == len(np.unique(np.concatenate(data.sequences)))
        assert data.data_hash != read_s3(folder / "s3rec", "Beauty").data_hash

    def test_bad_files_are_refused_with_their_line(self, folder):
        with pytest.raises(SourceError, match="missing"):
            read_s3(folder / "s3rec", "Toys")
        (folder / "s3rec" / "Beauty.txt").write_text("1 2 3 4\n2 5 x 6\n")
        with pytest.raises(SourceError, match="line 2"):
            read_s3(folder / "s3rec", "Beauty")
        (folder / "s3rec" / "Beauty.txt").write_text("1 2 3\n")
        with pytest.raises(SourceError, match="three items"):
            read_s3(folder / "s3rec", "Beauty")

    @pytest.mark.shared_data
    @pytest.mark.parametrize(
        ("name", "people", "items"),
        [
            ("Beauty", 22_363, 12_101),
            ("Sports_and_Outdoors", 35_598, 18_357),
            ("Toys_and_Games", 19_412, 11_924),
        ],
    )
    def test_the_real_files_have_the_published_counts_and_no_repeats(self, name, people, items):
        data = read_s3(shared_data() / "s3rec", name)
        assert (len(data.sequences), data.n_items) == (people, items)
        assert all(len(np.unique(sequence)) == len(sequence) for sequence in data.sequences)


class TestRanking:
    def test_ranks_are_those_of_the_shared_metrics(self, folder):
        data = read_s3(folder / "s3rec", "Beauty")
        popularity = Popularity()
        popularity.fit(data.training())
        people = np.arange(len(data.sequences))
        users, wanted = data.people(people, True)
        scores = popularity.score(users)
        truth = met([np.array([item]) for item in wanted], N)
        found = rank_all(data, [Member("p", popularity.score)], {}, people, test=True)
        for ranks, mask in ((found.ranks, users.history), (found.unmasked, None)):
            np.testing.assert_array_equal(ranks["p"], np.concatenate(target_ranks(scores, truth, mask)))
        assert found.seconds["p"] > 0

    def test_the_weights_go_to_the_model_that_knows(self, folder):
        data = read_s3(folder / "s3rec", "Beauty")
        members = []
        for name, model in (("knows", Transitions()), ("does not", Popularity())):
            model.fit(data.training())
            members.append(Member(name, model.score))
        people = np.arange(len(data.sequences))
        weights, reached = learn_weights(data, members, people)
        assert sum(weights.values()) == pytest.approx(1.0)
        assert weights["knows"] > weights["does not"]
        found = rank_all(data, members, {"sum": weights}, people, test=False)
        assert found.ndcg("sum") == pytest.approx(reached)
        assert found.ndcg("sum") >= found.ndcg("knows") > found.ndcg("does not")

    @pytest.mark.shared_data
    def test_counted_transitions_reach_what_they_do_on_beauty_and_not_more(self):
        """A ceiling too: a target that leaks into the training shows up as too good."""
        data = read_s3(shared_data() / "s3rec", "Beauty")
        model = Transitions()
        model.fit(data.training())
        people = np.arange(0, len(data.sequences), 10)
        found = rank_all(data, [Member("transitions", model.score)], {}, people, test=False)
        assert 0.065 < found.ndcg("transitions") < 0.090

    def test_recent_items_weigh_more(self):
        history = csr_array(np.array([[1.0, 1.0, 0.0, 1.0]], dtype=np.float32))
        recent = s3.recent_first(Users(history, sequences=[np.array([3, 0, 1])]))
        expected = [[s3.RECENT, 1.0, 0.0, s3.RECENT**2]]
        np.testing.assert_allclose(recent.history.toarray(), expected, rtol=1e-6)


class TestMeasure:
    def test_a_section_is_measured_and_what_is_finished_is_found_again(self, folder, tmp_path):
        options = MeasureOptions(data=folder, out=tmp_path / "out", quick=True)
        lines = []
        section = s3.measure(options, lines.append)
        assert any("epoch 1 of" in line for line in lines)
        values = {figure.name: figure.value for figure in section.figures}
        assert 0.0 < values["Beauty NDCG@10, ours"] <= values["Beauty HR@10, ours"] <= 1.0
        accuracy = section.tables[0]
        names = [row[0] for row in accuracy.rows]
        assert {s3.BASELINE, s3.OURS, "transitions", "EASE", "item-kNN", "popularity"} <= set(names)
        assert all(len(row) == len(accuracy.columns) for row in accuracy.rows)
        again = []
        assert s3.measure(options, again.append) == section
        assert again == []

    def test_networks_that_were_trained_are_read_when_only_the_result_is_lost(self, folder, tmp_path):
        options = MeasureOptions(data=folder, out=tmp_path / "out", quick=True)
        first = s3.measure(options, lambda line: None)
        (tmp_path / "out" / "s3" / "Beauty-0.json").unlink()
        lines = []
        second = s3.measure(options, lines.append)
        assert not any("epoch 1 of" in line for line in lines)
        assert [figure.value for figure in second.figures] == [figure.value for figure in first.figures]
