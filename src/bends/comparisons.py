"""How far results can be trusted: intervals, paired differences, ranks, corrections for many tries.

Needs the extra ``experiments``, save `wilson_interval`.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from bends._arguments import known, positive, whole


def wilson_interval(successes, trials, confidence=0.95):
    """Confidence interval of a share that was counted: ``successes`` out of ``trials``.

    Wilson's score interval. Unlike share ± 1.96 standard errors, it stays between 0 and 1 and
    says something useful at 0 and at 100 %.

    Parameters
    ----------
    successes : int
    trials : int
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
    """
    trials, successes = whole("trials", trials), whole("successes", successes, least=0)
    if successes > trials:
        raise ValueError(f"successes must be at most trials, {trials}; got {successes}")
    z = NormalDist().inv_cdf((1 + positive("confidence", confidence, below=1)) / 2)
    share = successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = (
        z / (1 + z**2 / trials) * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    )
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_interval(values, confidence=0.95):
    """Confidence interval of a mean, by Student's t.

    Parameters
    ----------
    values : array, shape (n,)
        At least two, all finite: what a run that diverged counts for is for you to say.
    confidence : float

    Returns
    -------
    low, high : float
    """
    from scipy import stats

    values = np.asarray(values, float)
    if values.size < 2 or not np.isfinite(values).all():
        raise ValueError(f"values must be at least two finite numbers; got {values}")
    confidence = positive("confidence", confidence, below=1)
    half = stats.sem(values) * stats.t.ppf((1 + confidence) / 2, values.size - 1)
    return float(values.mean() - half), float(values.mean() + half)


def summarise(table, by, value="test_score", confidence=0.95):
    """Mean, spread and confidence interval for each group of runs, the best group first.

    Parameters
    ----------
    table : pandas.DataFrame
        Runs of one phase.
    by : str or list of str
        The columns that make the groups.
    value : str
    confidence : float
        Of the interval of the mean (`mean_interval`).

    Returns
    -------
    pandas.DataFrame
        Indexed by group: runs, diverged, mean, sd, low, high. Runs that diverged are counted and
        have no part in the other columns.
    """
    import pandas as pd

    _one_phase(table)
    groups = {}
    for name, group in table.groupby(by, sort=False, dropna=False)[value]:
        good = group.dropna()
        interval = mean_interval(good, confidence) if len(good) > 1 else (np.nan, np.nan)
        groups[name] = (len(group), len(group) - len(good), good.mean(), good.std(), *interval)
    columns = ["runs", "diverged", "mean", "sd", "low", "high"]
    summary = pd.DataFrame.from_dict(groups, orient="index", columns=columns)
    return summary.sort_values("mean", ascending=False, kind="stable")


def compare(table, baseline, by="activation", value="test_score", confidence=0.95):
    """How far each level lies from a baseline, run by run, with the number of tries owned up to.

    Runs are paired that agree in task and seed: they share their examples, their batches and the
    random numbers behind their first weights. The p values are those of the paired t test, as they
    are and corrected for the number of comparisons by Holm's method.

    Parameters
    ----------
    table : pandas.DataFrame
        Runs of one phase; for each level of ``by``, one run for each task and seed.
    baseline : str
        The level of ``by`` that the others are compared with.
    by, value : str
    confidence : float
        Of the interval of the mean difference, not corrected.

    Returns
    -------
    pandas.DataFrame
        Indexed by level: pairs, difference (level less baseline), low, high, p, p_holm.
    """
    wide = _pairs(table, by, ["task", "seed"], value)
    known("baseline", baseline, dict.fromkeys(wide.columns))
    if wide.isna().any(axis=None):
        raise ValueError("table must hold a score for every pair: fill in runs that diverged")
    pairs = {level: (wide[level], wide[baseline]) for level in wide.columns.drop(baseline)}
    result = compare_pairs(pairs, confidence)
    return result.sort_values("difference", ascending=False, kind="stable")


def compare_pairs(pairs, confidence=0.95):
    """Mean differences of paired runs, with the p values of the paired t test.

    Parameters
    ----------
    pairs : mapping of str to (array, array)
        For each comparison the scores of two sides, in the same order of seeds.
    confidence : float
        Of the interval of the mean difference, not corrected.

    Returns
    -------
    pandas.DataFrame
        Indexed by comparison: pairs, difference (first side less second), low, high, p, and
        p_holm, corrected by Holm's method for as many comparisons as there are rows.
    """
    import pandas as pd
    from scipy import stats
    from statsmodels.stats.multitest import multipletests

    rows = {}
    for name, (values, baseline) in pairs.items():
        difference = np.asarray(values, float) - np.asarray(baseline, float)
        interval = mean_interval(difference, confidence)
        p = stats.ttest_1samp(difference, 0).pvalue if difference.any() else 1.0
        rows[name] = (len(difference), difference.mean(), *interval, p)
    columns = ["pairs", "difference", "low", "high", "p"]
    result = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    result["p_holm"] = multipletests(result["p"], method="holm")[1] if rows else []
    return result


class Ranks(NamedTuple):
    """Mean ranks (1 is best), the Friedman test's p, and the least difference that counts."""

    mean: object  # pandas.Series by level, the best first
    p: float
    critical_difference: float


def ranks(table, by="activation", block="task", value="test_score", confidence=0.95):
    """Rank the levels within each block, and say which differences of mean rank are to be believed.

    Friedman's test asks whether any level ranks better than another; Nemenyi's critical difference
    is what two mean ranks must differ by (J. Demšar, "Statistical comparisons of classifiers over
    multiple data sets", 2006). A run that diverged makes its level the last of its block.

    Parameters
    ----------
    table : pandas.DataFrame
        Runs of one phase.
    by : str
        The column whose levels are ranked; at least three.
    block : str or list of str
        The columns that make the blocks; scores are averaged over the runs in a block.
    value : str
    confidence : float

    Returns
    -------
    Ranks
    """
    from scipy import stats

    _one_phase(table)
    groups = table.groupby([*np.atleast_1d(block), by])[value]
    wide = groups.mean(skipna=False).unstack(by)
    blocks, levels = wide.shape
    if levels < 3 or blocks < 2:
        raise ValueError(f"table must hold 3 levels in 2 blocks at least; got {levels} in {blocks}")
    within = wide.rank(axis=1, ascending=False, na_option="bottom")
    p = float(stats.friedmanchisquare(*within.to_numpy().T).pvalue)
    q = stats.studentized_range.ppf(positive("confidence", confidence, below=1), levels, np.inf)
    critical = q / math.sqrt(2) * math.sqrt(levels * (levels + 1) / (6 * blocks))
    return Ranks(within.mean().sort_values(kind="stable"), p, float(critical))


def _one_phase(table):
    phases = sorted(table["phase"].unique())
    if len(phases) != 1:
        raise ValueError(f"table must hold the runs of one phase; got {phases}")


def _pairs(table, by, block, value):
    _one_phase(table)
    twice = table.duplicated([*block, by])
    if twice.any():
        raise ValueError(f"table must hold one run for each {by}, {' and '.join(block)}")
    return table.pivot(index=block, columns=by, values=value)
