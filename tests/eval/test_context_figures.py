"""Figures of the moment and of neighbours: how ratings are divided in time, and the whole on a small set."""

import numpy as np
import pytest

from eval.figures import MeasureOptions
from eval.offline_figures import social_context
from eval.offline_figures.social_context_data import in_time, moment, read_100k, read_latest, requests
from recsys.errors import SourceError

DAY = 24 * 3600


@pytest.fixture
def folder(tmp_path):
    """Mornings are for comedies, nights for horror; each person rates at both."""
    rng = np.random.default_rng(4)
    home = tmp_path / "ml-100k"
    home.mkdir()
    lines = []
    for user in range(1, 31):
        for k, item in enumerate(rng.permutation(40)):
            hour = 8 if item % 2 == 0 else 2
            lines.append(
                f"{user}\t{item + 1}\t{5 if k % 10 else 2}\t{10_000 * DAY + (k // 4) * DAY + hour * 3600}"
            )
    (home / "u.data").write_text("\n".join(lines) + "\n")
    rows = []
    for item in range(40):
        flags = ["0"] * 19
        flags[5 if item % 2 == 0 else 11] = "1"
        rows.append(f"{item + 1}|Film|01-Jan-1995||url|" + "|".join(flags))
    (home / "u.item").write_text("\n".join(rows) + "\n", encoding="latin-1")
    return home


def test_liked_ratings_are_meetings_in_order_of_time(folder):
    data = read_100k(folder)
    assert data.shape == (30, 40)
    assert len(data.user) == 30 * 36
    assert (np.diff(data.time) >= 0).all()
    assert data.groups.shape == (2, 40)


def test_each_person_is_divided_in_time(folder):
    data = read_100k(folder)
    train, valid, test = in_time(data)
    assert (train.astype(int) + valid + test == 1).all()
    for user in range(30):
        mine = data.user == user
        assert data.time[mine & train].max() <= data.time[mine & valid].min()
        assert data.time[mine & valid].max() <= data.time[mine & test].min()


def test_a_request_is_a_person_at_a_moment(folder):
    data = read_100k(folder)
    train, _, test = in_time(data)
    asked = requests(data, test, train)
    assert asked.truth.nnz == test.sum()
    for row, context in enumerate(asked.contexts):
        parity = set((asked.truth[[row]].indices % 2).tolist())
        assert parity == {0 if context.time.hour == 6 else 1}


def test_what_is_in_train_is_no_target(folder):
    data = read_100k(folder)
    train, _, test = in_time(data)
    assert requests(data, test, train | test).truth.nnz == 0


def test_the_clock_is_of_utc():
    assert moment(10_000 * DAY + 8 * 3600).time.hour == 8


def test_latest_is_read(tmp_path):
    rows = [
        f"{user},{10 * item},{4.5 if user else 3.0},{user * DAY}" for user in range(6) for item in range(3)
    ]
    (tmp_path / "ratings.csv").write_text("userId,movieId,rating,timestamp\n" + "\n".join(rows) + "\n")
    (tmp_path / "movies.csv").write_text('movieId,title,genres\n0,A,War\n10,"B, The",War|Drama\n20,C,Drama\n')
    data = read_latest(tmp_path)
    assert data.shape == (5, 3)
    assert data.groups.toarray().tolist() == [[0, 1, 1], [1, 1, 0]]
    with pytest.raises(SourceError, match="is missing"):
        read_100k(tmp_path)


def test_the_moment_helps_where_it_says_what_is_met(folder, tmp_path):
    options = MeasureOptions(data=folder.parent, out=tmp_path / "out", quick=True)
    section = social_context.measure(options)
    gain, friends = section.figures
    assert gain.value > 0.05
    assert friends.value == 0.0
    assert [table.title for table in section.tables] == [
        "The moment, beside EASE",
        "Neighbours, in a made-up world",
    ]


def test_neighbours_gain_when_friends_are_alike_and_only_then():
    apart, alike = (social_context.made_up_world(share, seed=0) for share in (0.0, 0.9))
    assert alike["neighbours"] > alike["popularity"]
    assert apart["neighbours"] < apart["popularity"]


def test_bootstraps_hold_the_mean():
    rng = np.random.default_rng(0)
    change = rng.normal(0.1, 0.2, 400)
    low, high = social_context.by_person(change, np.arange(400) // 4, seed=0)
    assert low < change.mean() < high
    assert 0.0 < high - low < 0.1
