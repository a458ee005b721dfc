"""Intervals, differences, ranks and corrections, against SciPy and statsmodels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from bends.comparisons import (
    compare_pairs,
    friedman,
    holm,
    mean_interval,
    nemenyi,
    paired_difference,
    power,
    welch,
    wilson_interval,
)

RNG = np.random.default_rng(0)
A, B = RNG.normal(0.5, 0.2, 24), RNG.normal(0.6, 0.1, 24)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_is_scipys(counted):
    theirs = stats.binomtest(*counted).proportion_ci(confidence_level=0.9, method="wilson")
    assert wilson_interval(*counted, confidence=0.9) == pytest.approx(tuple(theirs), abs=1e-12)
    assert wilson_interval(*counted) == wilson_interval(*counted, confidence=0.95)


def test_mean_interval_covers_as_often_as_it_says():
    draws = np.random.default_rng(0).exponential(size=(2500, 12)) ** 0.25
    truth = float(stats.gamma.expect(lambda x: x**0.25, (1,)))
    intervals = np.array([mean_interval(values, 0.9) for values in draws])
    covered = ((intervals[:, 0] < truth) & (truth < intervals[:, 1])).mean()
    assert covered == pytest.approx(0.9, abs=0.015)
    # 5 numbers with mean 3 and standard deviation √2.5; t(0.975, 4) = 2.776445
    half = 2.776445 * np.sqrt(2.5 / 5)
    assert mean_interval([1, 2, 3, 4, 5]) == pytest.approx((3 - half, 3 + half))


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_paired_difference_is_scipys(confidence):
    ours, theirs = paired_difference(A, B, confidence), stats.ttest_rel(A, B)
    low, high = theirs.confidence_interval(confidence)
    assert ours == pytest.approx(((A - B).mean(), low, high, theirs.pvalue), rel=1e-9)
    assert paired_difference(B, A).mean == -ours.mean
    many = np.tile(A, 30), np.tile(B, 30)
    assert paired_difference(*many).p == pytest.approx(stats.ttest_rel(*many).pvalue, rel=1e-9)


def test_power_is_how_often_the_interval_lies_above_0():
    draws = np.random.default_rng(0).normal(0.8, 2, (4000, 12))
    found = np.mean([paired_difference(row, 0 * row, 0.9).low > 0 for row in draws])
    assert power(0.8, 2, 12, confidence=0.9) == pytest.approx(found, abs=0.025)
    # Without a gain, it lies above 0 as often as the confidence leaves to each side.
    assert power(0, 2, 12) == pytest.approx(0.025, rel=1e-9)


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_welch_is_scipys(confidence):
    ours, theirs = welch(A[:9], B, confidence), stats.ttest_ind(A[:9], B, equal_var=False)
    low, high = theirs.confidence_interval(confidence)
    assert ours == pytest.approx((A[:9].mean() - B.mean(), low, high, theirs.pvalue), rel=1e-9)


@pytest.mark.parametrize("unit", [2.0**-1000, 1e-200, 1e-100, 1e200, 2.0**1000])
def test_the_unit_of_the_scores_changes_no_p_value(unit):
    a, b = A[:9] / 1000, B / 1000
    for compared, scaled in (
        (welch(a, b), welch(unit * a, unit * b)),
        (paired_difference(a, b[:9]), paired_difference(unit * a, unit * b[:9])),
    ):
        assert scaled.p == pytest.approx(compared.p, rel=1e-9)
        assert [x / unit for x in scaled[:3]] == pytest.approx(compared[:3], rel=1e-9)
    low, high = mean_interval(unit * a)
    assert (low / unit, high / unit) == pytest.approx(mean_interval(a), rel=1e-9)


def test_a_group_that_hardly_varies_leaves_the_freedom_to_the_other():
    ours = welch([1e-100, 0, 0], [1, 1, 1])
    assert ours.p < 1e-99 and ours.low == ours.mean == ours.high == -1
    assert welch([1e-100, 0, 0], [1, 2, 3]).p == pytest.approx(welch([0, 0, 0], [1, 2, 3]).p)


def test_scores_that_do_not_vary():
    assert welch([1, 1], [1, 1, 1]) == paired_difference([1, 2], [1, 2]) == (0, 0, 0, 1)
    assert welch([2, 2], [1, 1, 1]) == paired_difference([2, 3], [1, 2]) == (1, 1, 1, 0)


@given(st.integers(1, 40), st.integers(0, 999))
def test_holm_is_statsmodels(tests, seed):
    p_values = np.random.default_rng(seed).integers(0, 99, tests) / 400
    theirs = multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), theirs, rtol=1e-12)


def test_compare_pairs_corrects_for_their_number():
    found = compare_pairs({"a - b": (A, B), "b - a": (B, A), "none": (A, A)}, confidence=0.8)
    one = paired_difference(A, B, 0.8)
    assert found["a - b"] == pytest.approx(
        {"pairs": 24, "difference": one.mean, "low": one.low, "high": one.high, "p": one.p,
         "p_holm": min(1, 3 * one.p)}
    )  # fmt: skip
    assert found["none"]["p_holm"] == 1


@given(st.integers(2, 8), st.integers(3, 7), st.integers(0, 99))
def test_friedman_is_scipys(blocks, levels, seed):
    scores = np.random.default_rng(seed).integers(0, 6, (blocks, levels)).astype(float)
    ranks = friedman(scores)
    np.testing.assert_allclose(ranks.mean, stats.rankdata(-scores, axis=1).mean(axis=0))
    if np.ptp(scores, axis=1).any():
        theirs = stats.friedmanchisquare(*scores.T).pvalue
        assert ranks.p == pytest.approx(theirs, rel=1e-9)
    else:
        assert ranks.p == 1


def test_a_run_that_diverged_is_the_last_of_its_block():
    scores = np.array([[np.nan, 2, 1], [9, 5, 7], [2, 1, 0]])
    assert friedman(scores).mean == pytest.approx([5 / 3, 2, 7 / 3])


def test_nemenyi_is_demsars():
    # Demšar's table 5(a): q at 0.05 is 2.343 for three levels, 3.164 for ten; at 0.1, 2.052
    assert nemenyi(3, 3) == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * 3)), abs=1e-3)
    assert nemenyi(10, 7) == pytest.approx(3.164 * np.sqrt(10 * 11 / (6 * 7)), abs=2e-3)
    assert nemenyi(3, 3, 0.9) == pytest.approx(2.052 * np.sqrt(3 * 4 / (6 * 3)), abs=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: wilson_interval(3, 2), "successes must be at most trials, 2; got 3"),
        (lambda: wilson_interval(-1, 2), "successes must be a whole number, 0 or more; got -1"),
        (lambda: wilson_interval(1, 2, 1.0), "confidence must be .* less than 1"),
        (lambda: wilson_interval(1, 2, 1 - 1.2e-16), "confidence is too close to 1"),
        (lambda: mean_interval([1, 2], 1 - 1.2e-16), "confidence is too close to 1"),
        (lambda: power([0.1, 0.2], 1, 5), "gain must be one number; got .0.1, 0.2."),
        (lambda: mean_interval([1.0]), "values must be a row of at least two"),
        (lambda: mean_interval([1, np.nan]), "values must be finite; the entry at .1,. is nan"),
        (lambda: mean_interval([1, 2], 1), "confidence must be .* less than 1"),
        (lambda: paired_difference([1, 2, 3], [1, 2]), "in pairs; got 3 and 2 scores"),
        (lambda: welch([1, 2, 3], [1]), "b must be a row of at least two"),
        (lambda: power(1, 0, 5), "spread must be a finite number above 0"),
        (lambda: power(1, 2, 1), "runs must be a whole number, 2 or more"),
        (lambda: holm([0.1, 1.1]), "p_values must be .* from 0 to 1; got numbers from 0.1 to 1.1"),
        (lambda: holm([[0.1]]), r"p_values must be a row .*; got numbers of the shape \(1, 1\)"),
        (lambda: friedman([[1, 2, 3]]), r"3 levels in 2 blocks at least; got \(1, 3\)"),
        (lambda: friedman([[1, 2]] * 2), r"3 levels in 2 blocks at least; got \(2, 2\)"),
        (lambda: nemenyi(1, 3), "levels must be a whole number, 2 or more"),
    ],
)
def test_errors_name_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_friedman_drops_no_mask():
    with pytest.raises(TypeError, match="scores is a masked array"):
        friedman(np.ma.masked_less(np.eye(3), 0.5))
