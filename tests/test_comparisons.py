"""Intervals, comparisons and ranks, against SciPy and made-up tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import binomtest

from bends import comparisons


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_is_scipys(counted):
    ours = comparisons.wilson_interval(*counted, confidence=0.9)
    theirs = binomtest(*counted).proportion_ci(confidence_level=0.9, method="wilson")
    assert ours == pytest.approx(tuple(theirs), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: comparisons.wilson_interval(3, 2), "successes must be at most trials, 2; got 3"),
        (lambda: comparisons.wilson_interval(1, 2, 1.0), "confidence must be .* less than 1"),
    ],
)
def test_wilson_interval_names_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def scores(rows):
    columns = ["phase", "task", "seed", "activation", "test_score"]
    return pd.DataFrame([("test", *row) for row in rows], columns=columns)


@pytest.fixture
def made_up():
    rng = np.random.default_rng(0)
    effects = {"relu": 0.0, "tanh": -0.02, "gelu": 0.03, "silu": 0.001}
    rows = []
    for name in ("a", "b", "c"):
        for seed in range(8):
            shared = rng.normal(0.5, 0.2)
            rows += [
                (name, seed, f, shared + effect + rng.normal(0, 0.01))
                for f, effect in effects.items()
            ]
    return scores(rows)


def test_mean_interval_covers_as_often_as_it_says():
    draws = np.random.default_rng(0).exponential(size=(2500, 12)) ** 0.25
    truth = float(stats.gamma.expect(lambda x: x**0.25, (1,)))
    intervals = np.array([comparisons.mean_interval(values, 0.9) for values in draws])
    covered = ((intervals[:, 0] < truth) & (truth < intervals[:, 1])).mean()
    assert covered == pytest.approx(0.9, abs=0.015)
    # 5 numbers with mean 3 and standard deviation √2.5; t(0.975, 4) = 2.776445
    half = 2.776445 * np.sqrt(2.5 / 5)
    assert comparisons.mean_interval([1, 2, 3, 4, 5]) == pytest.approx((3 - half, 3 + half))


def test_summarise(made_up):
    made_up.loc[0, "test_score"] = np.nan  # a run of relu
    summary = comparisons.summarise(made_up, "activation")
    assert list(summary.columns) == ["runs", "diverged", "mean", "sd", "low", "high"]
    assert summary.loc["relu", ["runs", "diverged"]].tolist() == [24, 1]
    relu = made_up.loc[made_up["activation"] == "relu", "test_score"].dropna()
    assert summary.loc["relu", "mean"] == relu.mean()
    assert summary.loc["relu", "low"] == comparisons.mean_interval(relu)[0]
    assert summary["mean"].is_monotonic_decreasing
    lone = comparisons.summarise(made_up[made_up["seed"] == 1], ["task", "activation"])
    assert lone.loc[[("a", "relu")], ["low", "high"]].isna().all(axis=None)


def test_compare_pairs_runs_and_owns_up_to_the_number_of_tries(made_up):
    shuffled = made_up.sample(frac=1, random_state=1)
    result = comparisons.compare(shuffled, "relu")
    wide = made_up.pivot(index=["task", "seed"], columns="activation", values="test_score")
    for level, row in result.iterrows():
        assert row["pairs"] == 24
        assert row["p"] == pytest.approx(stats.ttest_rel(wide[level], wide["relu"]).pvalue)
        assert row["low"] < row["difference"] < row["high"]
    p = result["p"].sort_values()
    holm = np.maximum.accumulate(p * [3, 2, 1]).clip(upper=1)  # Holm 1979
    assert result["p_holm"].to_dict() == pytest.approx(holm.to_dict())
    assert result["p_holm"]["gelu"] < 1e-6 and list(result.index) == ["gelu", "silu", "tanh"]
    assert comparisons.compare(shuffled, "relu", confidence=0.5)["high"].lt(result["high"]).all()


def test_compare_of_equal_scores():
    equal = scores([("a", seed, f, seed / 9) for seed in range(4) for f in ("relu", "relu6")])
    result = comparisons.compare(equal, "relu")
    assert result.loc["relu6", ["difference", "p"]].tolist() == [0, 1]
    alone = equal[equal["activation"] == "relu"]
    assert comparisons.compare(alone, "relu").empty


def test_ranks():
    table = scores(
        [
            (name, seed, f, score + seed / 1000)
            for name, row in {"a": [3, 2, 1], "b": [9, 5, 7], "c": [2, 1, 0]}.items()
            for f, score in zip(["gelu", "relu", "tanh"], row, strict=True)
            for seed in (1, 2)
        ]
    )
    result = comparisons.ranks(table)
    assert result.mean.to_dict() == pytest.approx({"gelu": 1, "relu": 7 / 3, "tanh": 8 / 3})
    assert list(result.mean.index) == ["gelu", "relu", "tanh"]
    assert result.p == pytest.approx(stats.friedmanchisquare([1, 1, 1], [2, 3, 2], [3, 2, 3])[1])
    # Demšar's table 5 gives 2.343 for three levels at 0.05
    assert result.critical_difference == pytest.approx(2.343 * np.sqrt(3 * 4 / (6 * 3)), abs=1e-3)

    table.loc[(table["task"] == "a") & (table["activation"] == "gelu"), "test_score"] = np.nan
    assert comparisons.ranks(table).mean["gelu"] == pytest.approx(5 / 3)
    by_seed = comparisons.ranks(table, block=["task", "seed"])
    assert by_seed.critical_difference < result.critical_difference


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: comparisons.mean_interval([1.0]), "values must be at least two finite"),
        (lambda t: comparisons.mean_interval([1, np.nan]), "values must be at least two finite"),
        (lambda t: comparisons.mean_interval([1, 2], 1), "confidence must be .* less than 1"),
        (lambda t: comparisons.compare(t, "gleu"), "baseline='gleu' is not .*nearest: gelu"),
        (lambda t: comparisons.compare(pd.concat([t, t]), "relu"), "table must hold one run for"),
        (lambda t: comparisons.compare(t.iloc[1:], "relu"), "a score for every pair"),
        (lambda t: comparisons.ranks(t[t["task"] == "a"]), "3 levels in 2 blocks at least; got 4"),
        (lambda t: comparisons.summarise(t.assign(phase="tuning test".split() * 48), "task"),
         r"runs of one phase; got \['test', 'tuning'\]"),
    ],
)  # fmt: skip
def test_statistics_refuse(made_up, call, words):
    with pytest.raises(ValueError, match=words):
        call(made_up)
