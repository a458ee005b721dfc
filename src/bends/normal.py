"""The tail of the bell curve, which GELU needs and NumPy lacks.

GELU multiplies x by the share of the bell curve that lies to the left of x. For x far to the left
that share is tiny, and the textbook formula (1 + erf(x/√2))/2 loses it: near -5 it adds two numbers
that cancel in almost every digit, and from about -8 on it gives 0. So we compute the tail itself.

Write φ(a) for the height of the bell curve at a ≥ 0 and T(a) for its area beyond a. Their ratio
h(a) = φ(a)/T(a) asks: given that a draw lies beyond a, how densely do such draws crowd at a? Far
out the curve falls so fast that nearly all of them sit close to a, and h(a) comes close to a
itself. What is left, s(a) = h(a) - a, is a calm curve: it falls from √(2/π) at 0 towards 0, with no
corner. A calm curve is easy to fit: a fraction of two polynomials gives a + s(a) to 17 digits for
all a up to 39, and by then the tail is 0 in float64. Turned round, T(a) = φ(a)/(a + s(a)).

All coefficients are positive, so no step subtracts. ``benchmarks/fit_normal_tail.py`` finds them.
"""

import numpy as np

FURTHEST = 39.0  # the fit ends here; beyond 38.6 the tail is 0 in float64

# s(a) ≈ top(a)/bottom(a), highest power first.
TOP = (
    5.751261325913241e-07, 1.7248040240506516e-05, 0.00025426110239969103, 0.002389656306219731,
    0.015693878790162475, 0.0745989689181057, 0.25734397129638753, 0.625908781793201,
    0.9882479384686597, 0.7978845608028654,
)
BOTTOM = (
    5.751261326369519e-07, 1.7248040231816103e-05, 0.00025541135541183363, 0.002424152347969383,
    0.016198951605834913, 0.07927475807737636, 0.28723100833275966, 0.7614825564387803,
    1.419344944926806, 1.6940146889683039, 1.0,
)


def tail_and_density(a):
    """Area of the bell curve beyond a, and its height there, for an array of a from 0 to 39."""
    height = density(a)
    return height / (a + polynomial(TOP, a) / polynomial(BOTTOM, a)), height


def density(a):
    """Height of the bell curve, exp(-a²/2)/√(2π), for an array of a from 0 to 39.

    a² needs more digits than a float holds, and exp would magnify the part cut off. So a is split
    into a multiple of 1/64, whose square is exact even in float32, and a small rest.
    """
    head = np.rint(a * 64) / 64
    rest = (a - head) * (a + head)  # a² = head² + rest
    return np.exp(head * head * -0.5) * np.exp(rest * -0.5) * 0.3989422804014327


def polynomial(coefficients, a):
    """A polynomial by Horner's rule, highest power first: ((c₀ a + c₁) a + c₂) a + …"""
    value = np.full_like(a, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= a
        value += coefficient
    return value
