"""How far results can be trusted: intervals, differences, ranks, and corrections for many tries.

All take plain arrays of scores. A score that is nan is refused, save by `friedman`: what a run
that diverged counts for is for you to say.
"""

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from bends._arguments import finite, positive, unmasked, whole
from bends.distributions import (
    chi_squared_tail,
    range_quantile,
    student_quantile,
    student_tail,
)


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

    Raises
    ------
    ValueError
        If a number is not whole, there are more successes than trials, or `confidence` is no number
        between 0 and 1.
    """
    trials, successes = whole("trials", trials), whole("successes", successes, least=0)
    if successes > trials:
        raise ValueError(f"successes must be at most trials, {trials}; got {successes}")
    z = NormalDist().inv_cdf(_share(confidence))
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
        At least two.
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float

    Raises
    ------
    ValueError, TypeError
        If there are fewer than two values, one is not a finite number, or `confidence` is not
        between 0 and 1.
    """
    unit, values = _in_their_unit(_scores("values", values))
    half = _t(confidence, len(values) - 1) * values.std(ddof=1) / math.sqrt(len(values))
    return unit * float(values.mean() - half), unit * float(values.mean() + half)


class Difference(NamedTuple):
    """A difference of two means, its confidence interval, and the p value of "there is none"."""

    mean: float
    low: float
    high: float
    p: float


def paired_difference(a, b, confidence=0.95):
    """How far ``a`` lies above ``b`` on average, where the scores come in pairs.

    For runs that share what varies, such as their seed or their task: the interval and the p value
    of the paired t test.

    Parameters
    ----------
    a, b : array, shape (n,)
        At least two pairs.
    confidence : float

    Returns
    -------
    Difference

    Raises
    ------
    ValueError, TypeError
        As `mean_interval`, and if the scores are not as many on both sides.
    """
    a, b = _scores("a", a), _scores("b", b)
    if len(a) != len(b):
        raise ValueError(f"a and b must come in pairs; got {len(a)} and {len(b)} scores")
    unit, a, b = _in_their_unit(a, b)
    difference = a - b
    error = difference.std(ddof=1) / math.sqrt(len(a))
    return _difference(difference.mean(), error, len(a) - 1, confidence, unit)


def welch(a, b, confidence=0.95):
    """How far ``a`` lies above ``b`` on average, for two groups of runs of their own.

    Welch's t test: the groups need not vary equally.

    Parameters
    ----------
    a, b : array, shape (n,) and (m,)
        At least two scores each.
    confidence : float

    Returns
    -------
    Difference

    Raises
    ------
    ValueError, TypeError
        As `mean_interval`.
    """
    unit, a, b = _in_their_unit(_scores("a", a), _scores("b", b))
    parts = np.array([a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)])
    error = math.sqrt(parts.sum())
    freedom = len(a) + len(b) - 2
    if error:
        shares = parts / parts.sum()
        freedom = 1 / (shares**2 / [len(a) - 1, len(b) - 1]).sum()
    return _difference(a.mean() - b.mean(), error, freedom, confidence, unit)


def _difference(mean, error, freedom, confidence, unit):
    half = _t(confidence, freedom) * error
    if error:
        p = 2 * student_tail(abs(mean) / error, freedom)
    else:  # all scores are equal: nothing varies
        p = 1.0 if mean == 0 else 0.0
    return Difference(*(unit * float(x) for x in (mean, mean - half, mean + half)), float(p))


def power(gain, spread, runs, confidence=0.95):
    """Chance that a comparison in pairs finds a gain that is really there.

    That is, that the interval of `paired_difference` lies above 0.

    Parameters
    ----------
    gain : float
        The true mean of the differences.
    spread : float
        Their standard deviation, more than 0.
    runs : int
        How many pairs, at least two.
    confidence : float
        Of the interval.

    Returns
    -------
    float

    Raises
    ------
    ValueError, TypeError
        If an argument is not one finite number, or is out of range.
    """
    runs = whole("runs", runs, least=2)
    if np.ndim(gain):
        raise ValueError(f"gain must be one number; got {gain!r}")
    errors = finite("gain", gain) / (positive("spread", spread) / math.sqrt(runs))
    return student_tail(_t(confidence, runs - 1), runs - 1, shift=float(errors))


def holm(p_values):
    """The p values of several tests, corrected for their number by Holm's method.

    The smallest is multiplied by their number, the next by one less, and so on; none is less than
    the one before it, or more than 1.

    Parameters
    ----------
    p_values : array, shape (tests,)

    Returns
    -------
    array, shape (tests,)
        In the order given.

    Raises
    ------
    ValueError, TypeError
        If the p values are no row of numbers from 0 to 1.
    """
    p = finite("p_values", p_values)
    if p.ndim != 1 or p.min() < 0 or p.max() > 1:
        came = f"from {p.min():g} to {p.max():g}" if p.ndim == 1 else f"of the shape {p.shape}"
        raise ValueError(f"p_values must be a row of numbers from 0 to 1; got numbers {came}")
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1)
    return corrected


def compare_pairs(pairs, confidence=0.95):
    """Several paired differences at once, with p values corrected for their number.

    Parameters
    ----------
    pairs : mapping of str to (array, array)
        For each comparison the scores of two sides, in the same order of seeds.
    confidence : float
        Of the interval of the mean difference, not corrected.

    Returns
    -------
    dict of dict
        For each comparison: pairs, difference (first side less second), low, high, p, and p_holm,
        corrected by Holm's method for as many comparisons as there are.

    Raises
    ------
    ValueError, TypeError
        As `paired_difference`.
    """
    found = {name: paired_difference(a, b, confidence) for name, (a, b) in pairs.items()}
    corrected = holm([difference.p for difference in found.values()])
    return {
        name: {
            "pairs": len(pairs[name][0]), "difference": d.mean, "low": d.low, "high": d.high,
            "p": d.p, "p_holm": float(p),
        }
        for (name, d), p in zip(found.items(), corrected, strict=True)
    }  # fmt: skip


class Ranks(NamedTuple):
    """The mean rank of each level (1 is best), and the p value of "none ranks better"."""

    mean: np.ndarray
    p: float


def friedman(scores):
    """Rank the levels within each block, and test whether any ranks better: Friedman's test.

    Parameters
    ----------
    scores : array, shape (blocks, levels)
        Higher is better. At least two blocks and three levels. Equal scores share their ranks; nan
        (a run that diverged) comes last in its block.

    Returns
    -------
    Ranks

    Raises
    ------
    ValueError, TypeError
        If there are fewer blocks or levels, or the scores are masked or no numbers.
    """
    scores = np.asarray(unmasked("scores", scores), float)
    if scores.ndim != 2 or scores.shape[0] < 2 or scores.shape[1] < 3:
        raise ValueError(f"scores must hold 3 levels in 2 blocks at least; got {scores.shape}")
    blocks, levels = scores.shape
    scores = np.where(np.isnan(scores), -np.inf, scores)
    one, other = scores[:, :, None], scores[:, None, :]
    equal = (other == one).sum(axis=2)
    ranks = 1 + (other > one).sum(axis=2) + (equal - 1) / 2
    ties = 1 - (equal**2 - 1).sum() / (blocks * levels * (levels**2 - 1))
    mean = ranks.mean(axis=0)
    between = 12 * blocks / (levels * (levels + 1)) * ((mean - (levels + 1) / 2) ** 2).sum()
    return Ranks(mean, chi_squared_tail(between / ties, levels - 1) if ties else 1.0)


def nemenyi(levels, blocks, confidence=0.95):
    """What two mean ranks must differ by to be told apart: Nemenyi's critical difference.

    It allows for all pairs being compared (J. Demšar, "Statistical comparisons of classifiers over
    multiple data sets", 2006).

    Parameters
    ----------
    levels, blocks : int
        How many are ranked, how often.
    confidence : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If a number is not whole or too small, or `confidence` is not between 0 and 1.
    """
    levels, blocks = whole("levels", levels, 2), whole("blocks", blocks)
    q = range_quantile(positive("confidence", confidence, below=1), levels)
    return q / math.sqrt(2) * math.sqrt(levels * (levels + 1) / (6 * blocks))


def _scores(argument, values):
    values = finite(argument, values)
    if values.ndim != 1 or len(values) < 2:
        raise ValueError(f"{argument} must be a row of at least two numbers; got {values.shape}")
    return values


def _in_their_unit(*groups):
    """A unit, and the scores in it: squares of very large or small numbers leave float64's range.

    The unit is the power of 2 below the largest score, so that nothing is rounded.
    """
    largest = max(np.abs(scores).max() for scores in groups)
    unit = 2.0 ** (math.frexp(largest)[1] - 1)
    return unit, *(scores / unit for scores in groups)


def _share(confidence):
    """What share of the outcomes lies below the upper end of an interval."""
    share = (1 + positive("confidence", confidence, below=1)) / 2
    if share == 1:
        raise ValueError(f"confidence is too close to 1 to be told from it; got {confidence!r}")
    return share


def _t(confidence, freedom):
    """How many standard errors of a mean the interval reaches to each side."""
    return student_quantile(_share(confidence), freedom)
