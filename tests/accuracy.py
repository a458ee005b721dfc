"""How far each activation function is from the truth, in units in the last place.

The truth is each function's definition, worked out by mpmath with 400 binary digits. Run this file
to print the table of worst errors: ``python tests/accuracy.py``.
"""

from functools import cache

import numpy as np
from mpmath import mp, mpf

import bends
from bends.catalogue import SIGNED

mp.prec = 400

EPS = {np.float32: 2.0**-23, np.float64: 2.0**-52}
SMALLEST = {np.float32: 0.0, np.float64: 1e-290}  # below this, an error counts as if here
LONGEST = 1e4  # the bounds hold up to this size of x


def gate(g, slope):
    """The definition of x·g(x), and its derivative g(x) + x·g'(x)."""
    return lambda x: (x * g(x), g(x) + x * slope(x))


def sigma(x):
    return 1 / (1 + mp.exp(-x))


def inner(x):
    return mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)


def inner_slope(x):
    return mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * x**2)


def leaky(x, negative_slope):
    a = mpf(negative_slope)
    return (x, 1) if x > 0 else (a * x, a)


def elu(x, alpha, scale=1):
    return (scale * x, scale) if x > 0 else (scale * alpha * mp.expm1(x), scale * alpha * mp.exp(x))


# SELU's constants are those that keep mean 0 and variance 1: worked out here, not copied. For z
# from the bell curve, the part of E[exp(kz)] that comes from z < 0 is exp(k²/2) Φ(-k).
_ONE, _TWO = mp.exp(0.5) * mp.ncdf(-1), mp.exp(2) * mp.ncdf(-2)
ALPHA = mp.npdf(0) / (0.5 - _ONE)
SCALE = 1 / mp.sqrt(0.5 + ALPHA**2 * (_TWO - 2 * _ONE + 0.5))

TRUTH = {
    "identity": lambda x: (x, 1),
    "step": lambda x: (int(x > 0), 0),
    "relu": lambda x: (max(x, 0), int(x > 0)),
    "leaky_relu": leaky,
    "prelu": leaky,
    "relu6": lambda x: (min(max(x, 0), 6), int(0 < x < 6)),
    "squared_relu": lambda x: (max(x, 0) ** 2, 2 * max(x, 0)),
    "abs": lambda x: (abs(x), mp.sign(x)),
    "elu": elu,
    "selu": lambda x: elu(x, ALPHA, SCALE),
    "celu": lambda x, alpha: (x, 1) if x > 0 else (alpha * mp.expm1(x / alpha), mp.exp(x / alpha)),
    "softplus": lambda x, beta: (mp.log1p(mp.exp(beta * x)) / beta, sigma(beta * x)),
    "log_sigmoid": lambda x: (-mp.log1p(mp.exp(-x)), sigma(-x)),
    "sigmoid": lambda x: (sigma(x), sigma(x) * sigma(-x)),
    "tanh": lambda x: (mp.tanh(x), mp.sech(x) ** 2),
    "softsign": lambda x: (x / (1 + abs(x)), 1 / (1 + abs(x)) ** 2),
    "hard_sigmoid": lambda x: (min(max(x + 3, 0), 6) / 6, mpf(int(-3 < x < 3)) / 6),
    "hard_tanh": lambda x: (min(max(x, -1), 1), int(-1 < x < 1)),
    "silu": gate(sigma, lambda x: sigma(x) * sigma(-x)),
    "gelu": gate(
        lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
    ),
    "gelu_tanh": gate(
        lambda x: sigma(2 * inner(x)),
        lambda x: 2 * inner_slope(x) * sigma(2 * inner(x)) * sigma(-2 * inner(x)),
    ),
    "mish": gate(
        lambda x: mp.tanh(mp.log1p(mp.exp(x))),
        lambda x: mp.sech(mp.log1p(mp.exp(x))) ** 2 * sigma(x),
    ),
    "hard_swish": lambda x: (
        x * min(max(x + 3, 0), 6) / 6,
        0 if x <= -3 else 1 if x >= 3 else (2 * x + 3) / 6,
    ),
    "sin": lambda x: (mp.sin(x), mp.cos(x)),
    "snake": lambda x, frequency: (
        x + mp.sin(frequency * x) ** 2 / frequency,
        1 + mp.sin(2 * frequency * x),
    ),
    "rrelu": leaky,
    "threshold": lambda x, threshold, value: (x, 1) if x > threshold else (value, 0),
    "hard_shrink": lambda x, lambd: (x, 1) if abs(x) > lambd else (0, 0),
    "soft_shrink": lambda x, lambd: (
        mp.sign(x) * max(abs(x) - mpf(lambd), 0),
        int(abs(x) > lambd),
    ),
    "squareplus": lambda x, b: ((x + mp.sqrt(x * x + b)) / 2, (1 + x / mp.sqrt(x * x + b)) / 2),
    "sparse_plus": lambda x: (
        0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
        (min(max(x, -1), 1) + 1) / 2,
    ),
    "exponential": lambda x: (mp.exp(x), mp.exp(x)),
    "sqrt_softplus": lambda x: (
        mp.sqrt(mp.log1p(mp.exp(x))),
        sigma(x) / (2 * mp.sqrt(mp.log1p(mp.exp(x)))),
    ),
    "tanh_shrink": lambda x: (  # near 0 the two cancel, also in 400 digits
        x - mp.tanh(x) if abs(x) > 1e-20 else x**3 / 3 - 2 * x**5 / 15,
        mp.tanh(x) ** 2,
    ),
    "xielu": lambda x, alpha_p, alpha_n, beta: (
        (alpha_p * x * x + beta * x, 2 * alpha_p * x + beta)
        if x > 0
        else (alpha_n * (mp.expm1(x) - x) + beta * x, alpha_n * mp.expm1(x) + beta)
    ),
    "scaled_tanh": lambda x, alpha, beta: (
        alpha * mp.tanh(beta * x),
        alpha * beta * mp.sech(beta * x) ** 2,
    ),
    "sparse_sigmoid": lambda x: ((min(max(x, -1), 1) + 1) / 2, mpf(int(-1 < x < 1)) / 2),
    "laplace": lambda x, mu, sigma: (
        mp.erfc((mu - x) / (sigma * mp.sqrt(2))) / 2,
        mp.exp(-(((x - mu) / sigma) ** 2) / 2) / (sigma * mp.sqrt(2 * mp.pi)),
    ),
    "quick_gelu": gate(
        lambda x: sigma(QUICK * x),
        lambda x: QUICK * sigma(QUICK * x) * sigma(-QUICK * x),
    ),
    "gelu_10": lambda x: TRUTH["gelu"](x) if x <= 10 else (10, 0),
}
QUICK = mpf("1.702")


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
    return [TRUTH[f.name](mpf(float(x)), **f.parameters) for x in points(dtype, count)]


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
