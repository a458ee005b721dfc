"""Find the coefficients of ``bends.normal``: ``python benchmarks/fit_normal_tail.py``.

The fraction top/bottom is to match s(a) = φ(a)/T(a) - a on [0, 39]. Multiplied out, top - s bottom
= 0 is linear in the coefficients, so least squares finds them. Its errors are then evened out:
where the miss is largest, the next round weighs more (Lawson's method). What counts is the miss of
a + s(a), by which the tail is divided.
"""

import sys
from functools import reduce

from mpmath import lu_solve, matrix, mp, mpf, ncdf, npdf

from bends.normal import FURTHEST

NODES, ROUNDS = 140, 12


def remainder(a):
    """s(a), from the definition."""
    return npdf(a) / ncdf(-a) - a


def value(coefficients, a):
    """A polynomial at a, highest power first."""
    return reduce(lambda so_far, c: so_far * a + c, coefficients)


def nodes(count):
    """Points of [0, FURTHEST], dense at 0 and at the far end."""
    top = mpf(FURTHEST) / (FURTHEST + 3)
    halves = [(1 - mp.cos(mp.pi * (2 * i + 1) / (2 * count))) / 2 for i in range(count)]
    return [3 * top * t / (1 - top * t) for t in halves]


def fit(above, below):
    """Coefficients of top (degree `above`) and bottom (degree `below`), highest power first."""
    mp.prec = 400
    at = nodes(NODES)
    s = [remainder(a) for a in at]
    weights, q = [mpf(1)] * NODES, [mpf(1)]
    for _ in range(ROUNDS):
        rows = []
        for a, y, w in zip(at, s, weights, strict=True):
            scale = mp.sqrt(w) / (value(q, a) * (a + y))
            powers = [a**k for k in range(below, -1, -1)]
            rows.append(
                [scale * p for p in powers[below - above :]]
                + [-scale * y * p for p in powers[:-1]]
                + [scale * y]
            )
        solution = list(lu_solve(matrix([r[:-1] for r in rows]), matrix([r[-1] for r in rows])))
        p, q = solution[: above + 1], [*solution[above + 1 :], mpf(1)]
        misses = [abs(value(p, a) / value(q, a) - y) / (a + y) for a, y in zip(at, s, strict=True)]
        weights = [w * miss for w, miss in zip(weights, misses, strict=True)]
        total = sum(weights)
        weights = [w / total for w in weights]
    return p, q, max(misses)


if __name__ == "__main__":
    above, below = map(int, sys.argv[1:]) if len(sys.argv) > 1 else (9, 10)
    p, q, miss = fit(above, below)
    print("largest relative miss of a + s(a):", mp.nstr(miss, 3))
    for name, coefficients in (("TOP", p), ("BOTTOM", q)):
        print(name, "=", [float(c) for c in coefficients])
