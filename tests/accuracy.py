"""How far each activation function is from the truth, in units in the last place.

The truth is each function's definition, worked out with 400 binary digits by `bends.exact`. Run
this file to print the table of worst errors: ``python tests/accuracy.py``.
"""

from functools import cache

import numpy as np

import bends
from bends.catalogue import SIGNED
from bends.exact import mpf, value_and_slope

EPS = {np.float32: 2.0**-23, np.float64: 2.0**-52}
SMALLEST = {np.float32: 0.0, np.float64: 1e-290}  # below this, an error counts as if here
LONGEST = 1e4  # the bounds hold up to this size of x


@cache
def points(dtype, count):
    """Points of every size and both signs: dense, random, and at every place of interest."""
    rng = np.random.default_rng(3)
    info = np.finfo(dtype)
    sizes = 2.0 ** rng.uniform(np.log2(float(info.smallest_subnormal)), np.log2(LONGEST), count)
    parts = [sizes, -sizes]
    parts += [rng.uniform(-reach, reach, count) for reach in (1, 10, 40, 800, LONGEST)]
    parts += [np.linspace(-12, 12, count)]
    marks = [0, 1, 3, 6, 18, 20, 37, 88.72, 103, 709.78, 745, LONGEST]
    marks += [x for f in bends.ACTIVATIONS.values() for x in f.joints + f.turning_points]
    near = np.array([[x, -x] for x in marks], dtype).ravel()
    tiny = np.array([info.smallest_subnormal, info.smallest_normal, info.eps], dtype)
    parts += [near, np.nextafter(near, dtype(-np.inf)), np.nextafter(near, dtype(np.inf))]
    parts += [tiny, -tiny, [-0.0]]
    x = np.concatenate(parts).astype(dtype)
    return np.unique(x[np.abs(x) <= LONGEST])


@cache
def truth(f, dtype, count):
    """Exact values and derivatives of f at the points, as mpmath numbers."""
    return [value_and_slope(f, float(x)) for x in points(dtype, count)]


def errors(f, dtype, count, native=False):
    """Errors of value and of derivative in units in the last place, and the exact numbers."""
    x = points(dtype, count)
    pair = f.value_and_derivative(x) if native else (f(x), f.derivative(x))
    found = []
    for computed, exact in zip(pair, zip(*truth(f, dtype, count), strict=True), strict=True):
        rounded = np.array([float(y) for y in exact])
        with np.errstate(over="ignore", invalid="ignore"):  # e^x passes the largest number
            unit = np.spacing(np.maximum(np.abs(rounded), SMALLEST[dtype]).astype(dtype))
            beyond = np.isinf(rounded.astype(dtype)) & (computed == rounded.astype(dtype))
        miss = [
            0 if right else abs(mpf(float(c)) - y) / float(u)
            for c, y, u, right in zip(computed, exact, unit, beyond, strict=True)
        ]
        found.append((np.array(miss, float), np.where(beyond, 1, rounded)))
    return found


def rounded_inside(f):
    """Whether the function goes on from a rounded number, so that far out only size is kept.

    exp(-1.702 x) is such a case: the product is rounded, and exp magnifies that, whatever one
    does. A factor that is a power of 2 rounds nothing.
    """
    if f.name in ("gelu_tanh", "quick_gelu", "laplace", "xielu"):
        return True
    return f.name in ("softplus", "celu", "snake", "scaled_tanh") and any(
        np.frexp(value)[0] != 0.5 for value in f.parameters.values()
    )


def size(f, x, exact):
    """What an absolute error is measured against: 1, the result, or the terms it is made of."""
    scale = np.maximum(1, np.abs(exact))
    if f.name == "xielu":  # the terms cancel where the function crosses 0
        scale += f.parameters["alpha_n"] * (1 + np.abs(x)) + f.parameters["beta"] * (1 + np.abs(x))
    if f.name == "snake":
        scale += np.abs(f.parameters["frequency"] * x)
    return scale


def drawn(f, count, seed=0):
    """The same function with parameters drawn over all that is accepted."""
    rng = np.random.default_rng(seed)

    def value(name):
        size = 10.0 ** rng.uniform(-4, 4)
        return size * rng.choice([-1, 1]) if name in SIGNED else size

    return [
        f.with_parameters(**{name: value(name) for name in f.parameters})
        for _ in range(count if f.parameters else 0)
    ]


def near_a_zero_of_the_slope(f, x, slope):
    """Where the derivative is judged by its absolute error: it is 0 within 0.1 of x."""
    if f.name == "snake":
        return np.abs(slope) <= 1 - np.cos(0.2 * f.parameters["frequency"])
    return np.min([np.abs(x - t) for t in f.turning_points or [np.inf]], axis=0) < 0.1


def worst(f, dtype, count, which, native=False):
    """The worst error in units in the last place, and where (in training, eps · max(1, y))."""
    x, (e, exact) = points(dtype, count), errors(f, dtype, count, native)[which]
    if native:
        e = (
            e
            * np.spacing(np.abs(exact).astype(dtype))
            / (EPS[dtype] * np.maximum(1, np.abs(exact)))
        )
    elif dtype is np.float64 and rounded_inside(f):
        e = e * np.spacing(np.abs(exact)) / (EPS[dtype] * size(f, x, exact))
    elif dtype is np.float64 and which == 1:  # the last place means little near a zero
        e = np.where(near_a_zero_of_the_slope(f, x, exact), 0, e)
    return e.max(), x[e.argmax()]


if __name__ == "__main__":
    print("Worst error in units in the last place, and the x that gave it: value, then slope.")
    print("float32 in training is value_and_derivative: error / (eps · max(1, |exact|)).")
    print("Slopes in float64 are not counted within 0.1 of one of their zeros. Where float64 goes")
    print("on from a rounded product (*), it is error / (eps · size of the terms).")
    functions = [g for f in bends.ACTIVATIONS.values() for g in (f, *drawn(f, 4))]
    print(f"{'':34}{'float64':^46}{'float32':^42}{'float32 in training':^20}")
    for f in functions:
        values = ",".join(f"{value:.3g}" for value in f.parameters.values())
        cells = [f"{f.name}({values}){'*' * rounded_inside(f)}".ljust(34)]
        for dtype, count in ((np.float64, 1000), (np.float32, 500)):
            for which in (0, 1):
                e, at = worst(f, dtype, count, which)
                cells.append(f"{e:9.4f} at {at:<9.4g}")
        cells += [f"{worst(f, np.float32, 500, which, native=True)[0]:7.2f}" for which in (0, 1)]
        print(" ".join(cells))
