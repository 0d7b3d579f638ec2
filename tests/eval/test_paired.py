import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.stats import permutation_test

from eval.paired import holm, paired_difference

values = arrays.arrays(np.float64, st.integers(2, 40), elements=st.sampled_from([0.0, 0.25, 0.5, 1.0]))


@settings(max_examples=30, deadline=None)
@given(values=values, seed=st.integers(0, 99))
def test_the_same_values_never_differ(values, seed):
    found = paired_difference(values, values, seed, resamples=99)
    assert (found.difference, found.low, found.high, found.p, found.differing) == (0.0, 0.0, 0.0, 1.0, 0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_shift_is_found_in_either_direction(seed):
    rng = np.random.default_rng(seed)
    before = rng.random(60)
    after = before + 0.2 + rng.normal(0, 0.05, 60)
    up, down = (paired_difference(a, b, 0, 999) for a, b in ((before, after), (after, before)))
    assert up.low > 0.1
    assert up.p < 0.01
    assert down.difference == pytest.approx(-up.difference)
    assert down.high < 0
    assert up.low <= up.difference <= up.high


@settings(max_examples=15, deadline=None)
@given(values=values, seed=st.integers(0, 99))
def test_p_is_that_of_scipys_permutation_test(values, seed):
    other = np.random.default_rng(seed).permutation(values)
    ours = paired_difference(values, other, seed=0, resamples=1999).p
    theirs = permutation_test(
        (values, other),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=1999,
        rng=np.random.default_rng(1),
    ).pvalue
    assert ours == pytest.approx(theirs, abs=0.06)


def test_few_units_are_tried_in_all_signs():
    assert paired_difference([0, 0, 0], [1, 1, 1]).p == 2 / 8
    assert paired_difference([0, 0, 0, 5], [1, 1, 1, 5]).p == 2 / 8


def test_the_interval_holds_what_is_true_about_as_often_as_it_says():
    rng = np.random.default_rng(7)
    held, found, times = 0, 0, 200
    for draw in range(times):
        before = rng.random(50)
        after = before + rng.exponential(0.1, 50)
        inside = paired_difference(before, after, draw, resamples=299)
        held += inside.low <= 0.1 <= inside.high
        found += paired_difference(before, before + rng.normal(0, 0.1, 50), draw, resamples=299).p < 0.05
    assert 0.88 <= held / times <= 0.99
    assert found / times <= 0.10


def test_the_same_seed_gives_the_same_interval():
    before, after = np.random.default_rng(0).random((2, 3000))
    one, two, other = (paired_difference(before, after, seed, 499) for seed in (1, 1, 2))
    assert one == two
    assert one.low != other.low


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [([1.0], [1.0, 2.0], "two rows"), ([], [], "two rows"), ([np.nan], [1.0], "finite")],
)
def test_what_cannot_be_paired_is_refused(before, after, said):
    with pytest.raises(ValueError, match=said):
        paired_difference(before, after)


def test_holm_on_a_known_example():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_keeps_the_order_and_only_raises(p_values):
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    by_p = [q for _, q in sorted(zip(p_values, corrected, strict=True))]
    assert by_p == sorted(by_p)
