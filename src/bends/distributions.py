"""Chances that tests and intervals need, beyond the bell curve that Python's `statistics` has.

Two of them are averages: over what the estimate of a standard deviation may come out as, over where
the smallest of several draws may lie. Each such average is a sum over a fine grid of a curve that
dies away smoothly on both sides, for which a sum is as good as exact. Tests compare all with SciPy,
to ten digits.
"""

import math
from functools import lru_cache

import numpy as np

from bends.normal import FURTHEST, tail_and_density


def student_tail(t, freedom, shift=0.0):
    """Chance that Student's t comes out above ``t``.

    Student's t is a draw from the bell curve divided by s, where s is the estimate of a standard
    deviation that is 1. Given s, that is above t with the chance that the draw is above ``t * s``;
    the answer is the average of this chance over s. The estimate rests on ``freedom`` squares of
    draws, so that the density of u = log s goes like ``exp(freedom * (u - s**2 / 2))``.

    Parameters
    ----------
    t : float
    freedom : float
        Degrees of freedom, more than 0.
    shift : float
        What is added to the draw: how many standard errors the true mean lies above 0.

    Returns
    -------
    float
    """
    right = math.sqrt(40 / freedom)  # beyond this u the density is below exp(-40) of its peak
    left = right + 40 / freedom + math.log(math.hypot(1, t / math.sqrt(freedom)))  # far tails
    u = np.linspace(-left, right, 1001)
    s = np.exp(u)
    height = math.log(2) + freedom / 2 * math.log(freedom / 2) - math.lgamma(freedom / 2)
    density = np.exp(height + freedom * (u - s**2 / 2))
    return float((normal_tail(t * s - shift) * density).sum() * (u[1] - u[0]))


@lru_cache(maxsize=1024)
def student_quantile(share, freedom):
    """The t that Student's t stays below with the chance ``share``, from 0.5 to less than 1."""
    return _falls_to(1 - share, lambda t: student_tail(t, freedom))


def chi_squared_tail(x, freedom):
    """Chance that the sum of the squares of ``freedom`` draws from the bell curve is above ``x``.

    One square: the bell curve's two tails. Two squares: ``exp(-x / 2)``. Two more squares each time
    add one more term (integrate by parts).
    """
    half = x / 2
    if half == 0:
        return 1.0
    tail = math.erfc(math.sqrt(half)) if freedom % 2 else math.exp(-half)
    for n in range(2 - freedom % 2, freedom, 2):
        tail += math.exp(n / 2 * math.log(half) - half - math.lgamma(n / 2 + 1))
    return tail


def range_quantile(share, levels):
    """What the range of ``levels`` draws from the bell curve stays below, with chance ``share``.

    The range is below q where all other draws lie within q above the smallest, z. Given z, this has
    the chance ``(tail(z) - tail(z + q)) ** (levels - 1)``; it is averaged over z. SciPy calls the
    same number a quantile of the studentised range, with infinitely many degrees of freedom.
    """
    z = np.linspace(-9, 9, 361)
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)

    def beyond(q):
        within = normal_tail(z) - normal_tail(z + q)
        return 1 - levels * (density * within ** (levels - 1)).sum() * (z[1] - z[0])

    return _falls_to(1 - share, beyond)


def normal_tail(z):
    """Chance that a draw from the bell curve is above z, for an array of z."""
    tail, _ = tail_and_density(np.minimum(np.abs(z), FURTHEST))
    return np.where(z > 0, tail, 1 - tail)


def _falls_to(target, tail):
    """Where a tail, which falls from 0 on, has come down to a target: by halving."""
    low, high = 0.0, 1.0
    while tail(high) > target:
        low, high = high, 2 * high
    while low < (middle := (low + high) / 2) < high:  # until no float lies between
        low, high = (middle, high) if tail(middle) > target else (low, middle)
    return middle
