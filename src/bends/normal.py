"""The tail of the bell curve, which GELU needs and NumPy lacks.

GELU multiplies x by the share of the bell curve that lies to the left of x. For x far to the left
that share is tiny, and the textbook formula (1 + erf(x/√2))/2 loses it: near -5 it subtracts two
numbers that agree in almost every digit, and from about -8 on it gives 0. So we compute the tail
itself, and never subtract.

Write φ(a) for the height of the bell curve at a ≥ 0 and Q(a) for its area beyond a. Their ratio
h(a) = φ(a)/Q(a) asks: given that a draw lies beyond a, how densely do such draws crowd at a? Far
out the curve falls so fast that nearly all of them sit close to a, and h(a) comes close to a
itself. What is left, s(a) = h(a) - a, is a calm curve: it falls from √(2/π) at 0 towards 0 and has
no corner. A calm curve is easy to fit: one fraction of two polynomials matches it to 18 digits on
[0, 39], and beyond 38.6 the tail is 0 in float64. Then Q(a) = φ(a)/(a + s(a)).

All coefficients are positive, so no step subtracts. ``benchmarks/fit_normal_tail.py`` finds them.
"""

import numpy as np

FURTHEST = 39.0  # the fit ends here; the tail left the float64 numbers before, at 38.6

# s(a) ≈ P(a)/Q(a), highest power first, as Horner's rule reads them.
P = (
    1.18233819179269663e-7, 3.88740158748906955e-6, 6.34715365619841568e-5,
    0.000668734011732839845, 0.00500007781779989834, 0.0276347581501557466,
    0.114322689092310831, 0.35057297548109471, 0.76775138000663641, 1.09778148933084595,
    0.797884560802865358,
)  # fmt: skip
Q = (
    1.18233819179143586e-7, 3.88740158750960468e-6, 6.37080040969571326e-5,
    0.000676508815136889397, 0.00512631147715998066, 0.0289489021271414035,
    0.123946971862150936, 0.401993553016877423, 0.969009935482400713, 1.65963962703416235,
    1.83129463677424958, 1.0,
)  # fmt: skip


def density(a):
    """Height of the bell curve, exp(-a²/2)/√(2π), for an array of a between 0 and 39.

    a² has more digits than a number can hold, and exp would magnify what is cut off. So a is split
    into a head, a multiple of 1/64 whose square is exact even in float32, and the small rest.
    """
    head = np.rint(a * 64) / 64
    rest = (a - head) * (a + head)  # a² = head² + rest
    return np.exp(head * head * -0.5) * np.exp(rest * -0.5) * 0.3989422804014327


def tail_and_density(a):
    """Area of the bell curve beyond a, and its height there, for an array of a from 0 to 39."""
    height = density(a)
    return height / (a + horner(P, a) / horner(Q, a)), height


def horner(coefficients, a):
    """Value of a polynomial, highest power first: ((c₀ a + c₁) a + c₂) a + …"""
    value = np.full_like(a, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= a
        value += coefficient
    return value
