"""How far each activation function is from the truth, in units in the last place.

The truth is each function's definition, worked out by mpmath with 400 binary digits. Run this file
to print the table of worst errors: ``python tests/accuracy.py``.
"""

from functools import cache

import numpy as np
from mpmath import mp, mpf

import bends

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
    "softplus": lambda x: (mp.log1p(mp.exp(x)), sigma(x)),
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
}


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
        unit = np.spacing(np.maximum(np.abs(rounded), SMALLEST[dtype]).astype(dtype))
        miss = [abs(mpf(float(c)) - y) / float(u) for c, y, u in
                zip(computed, exact, unit, strict=True)]
        found.append((np.array(miss, float), rounded))
    return found


def near_a_zero_of_the_slope(f, x, slope):
    """Where the derivative is judged by its absolute error: it is 0 within 0.1 of x."""
    if f.name == "snake":
        return np.abs(slope) <= 1 - np.cos(0.2 * f.parameters["frequency"])
    return np.min([np.abs(x - t) for t in f.turning_points or [np.inf]], axis=0) < 0.1


if __name__ == "__main__":
    print("Worst error in units in the last place, and the x that gave it. float32 in training is")
    print("value_and_derivative, computed in float32; there, error / (eps · max(1, |exact|)).")
    print("Slopes in float64 are not counted within 0.1 of one of their zeros.")
    print(f"{'':14}{'float64':^50}{'float32':^22}{'float32 in training':^22}")
    for name, f in bends.ACTIVATIONS.items():
        cells = [f"{name:14}"]
        for which in (0, 1):
            e, exact = errors(f, np.float64, 2000)[which]
            if which == 1:  # the last place means little where the slope passes through 0
                e = np.where(near_a_zero_of_the_slope(f, points(np.float64, 2000), exact), 0, e)
            worst = np.argmax(e)
            at = points(np.float64, 2000)[worst]
            cells.append(f"{e[worst]:9.3f} at {at:<11.5g}")
            e, _ = errors(f, np.float32, 1000)[which]
            worst = np.argmax(e)
            cells.append(f"{e[worst]:8.4f} at {points(np.float32, 1000)[worst]:<9.4g}")
            e, exact = errors(f, np.float32, 1000, native=True)[which]
            scale = np.spacing(np.abs(exact).astype(np.float32)) / (
                EPS[np.float32] * np.maximum(1, np.abs(exact)))
            cells.append(f"{np.max(e * scale):7.2f}")
        print(" ".join(cells))
