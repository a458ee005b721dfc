"""Each activation function's definition, worked out by mpmath with 400 binary digits.

This is the truth that tests compare with and that the test vectors are made from. The formulas are
the definitions, written without regard to rounding; the functions that the course uses are in
`activations` and keep their digits by other ways. It needs mpmath, which the chapters do not.
"""

import mpmath

mp = mpmath.mp.clone()  # a context of its own: nobody else's precision changes
mp.prec = 400
mpf = mp.mpf


def value_and_slope(f, x):
    """Exact value and slope of an entry of the catalogue at x, as mpmath numbers.

    Parameters
    ----------
    f : Activation
    x : float or mpf
        Finite. At a kink the slope is that of `f` itself.
    """
    return TRUTH[f.name](mpf(x), **f.parameters)


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
