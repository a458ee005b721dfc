"""Further activation functions: names that frameworks and open models use and the chapters do not.

They are written as those in `activations`, which explains the habits of the formulas.
"""

import math

import numpy as np

from .catalogue import activation
from .normal import FURTHEST, polynomial, tail_and_density
from .stable import expm1, gated

# Rectifiers -------------------------------------------------------------------------------------


@activation("RReLU", "rectifier", r"\begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases}",
            r"\begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases}", joints=(0.0,))
def rrelu(x, negative_slope=11 / 48):
    """Leaky ReLU whose slope, a, is drawn anew for each number in training; here, as used after it.

    In training a is drawn from 1/8 to 1/3. Afterwards it is the mean, 11/48.
    """
    negative = negative_slope * np.minimum(x, 0) if negative_slope else 0  # no 0 · inf
    return np.maximum(x, 0) + negative, (x > 0) + x.dtype.type(negative_slope) * (x <= 0)


def at_the_threshold(threshold, value):
    return (threshold,)


@activation("threshold", "rectifier", r"\begin{cases} x & x > \theta \\ v & x \le \theta"
            r" \end{cases}", r"\begin{cases} 1 & x > \theta \\ 0 & x \le \theta \end{cases}",
            joints=at_the_threshold, aliases=("thresholded_relu",))
def threshold(x, threshold=1.0, value=0.0):
    """Lets x through above `threshold`, θ, and gives `value`, v, elsewhere: a jump.

    The defaults are ONNX's ThresholdedRelu; PyTorch and Keras have none. The slope at θ is 0.
    """
    above = x > threshold
    return np.maximum(x, threshold) * above + value * (x <= threshold), above


def at_both_sides(lambd):
    return -lambd, lambd


@activation("hard shrink", "rectifier", r"\begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda"
            r" \end{cases}", r"\begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
            joints=at_both_sides, aliases=("shrink",))
def hard_shrink(x, lambd=0.5):
    """0 for numbers up to `lambd`, λ, in size; larger ones pass. The slope at both kinks is 0."""
    passes = np.abs(x) > lambd
    return x * passes + 0.0, passes  # -0.0 + 0.0 is 0.0


@activation("soft shrink", "rectifier", r"x - \min(\max(-\lambda, x), \lambda)",
            r"\begin{cases} 1 & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
            joints=at_both_sides)
def soft_shrink(x, lambd=0.5):
    """Every number comes `lambd`, λ, nearer to 0, and stops there. The slope at both kinks is 0."""
    return x - np.clip(x, -lambd, lambd), np.abs(x) > lambd


@activation("squareplus", "rectifier", r"\frac{x + \sqrt{x^2 + b}}{2}",
            r"\frac{1}{2}\Bigl(1 + \frac{x}{\sqrt{x^2 + b}}\Bigr)", origin="barron2021")
def squareplus(x, b=4.0):
    """A smooth ReLU that needs no exponential; its value at 0 is √b/2.

    For x far to the left, x + √(x² + b) loses its digits; b / (√(x² + b) - x) is the same number.
    """
    a, side = np.abs(x), np.copysign(1, x)
    root = np.hypot(a, x.dtype.type(math.sqrt(b)))
    tail = b / 2 / (root + a)
    return np.maximum(x, 0) + tail, np.maximum(side, 0) - side * (tail / root)


@activation("sparse plus", "rectifier", r"\begin{cases} 0 & x \le -1 \\ \frac{(x + 1)^2}{4}"
            r" & -1 < x < 1 \\ x & x \ge 1 \end{cases}",
            r"\frac{\min(\max(-1, x), 1) + 1}{2}", joints=(-1.0, 1.0))
def sparse_plus(x):
    """ReLU with its corner rounded by a piece of a parabola; exactly 0 up to -1."""
    inner = np.clip(x, -1, 1) + 1
    return inner * inner / 4 + np.maximum(x - 1, 0), inner / 2


# Exponentials -----------------------------------------------------------------------------------


@activation("exponential", "exponential", r"e^{x}", r"e^{x}", aliases=("exp",))
def exponential(x):
    """The exponential function: positive, and its own slope."""
    z = np.exp(x)
    return z, z.copy()


@activation("square root of softplus", "exponential", r"\sqrt{\ln(1 + e^{x})}",
            r"\frac{1}{2 \sqrt{\ln(1 + e^{x})}\,(1 + e^{-x})}")
def sqrt_softplus(x):
    """The root of softplus: it grows ever more slowly.

    Left of 0 the root of e^x is taken out: e^(x/2) can still be told from 0 where e^x cannot.
    """
    z = np.maximum(np.exp(-np.abs(x)), np.finfo(x.dtype).tiny)
    scale = np.exp(np.minimum(x, 0) / 2)
    root = np.sqrt(np.maximum(x, 0) + np.log1p(z) / np.maximum(z, x > 0))
    return scale * root, scale / (2 * root * (1 + z))


# s·cosh(s) - sinh(s) = s³ (1/3 + s²/30 + …): the k-th number is 2k/(2k + 1)!, the highest first.
SHRINK = tuple(2 * k / math.factorial(2 * k + 1) for k in range(11, 0, -1))


@activation("tanh shrink", "exponential", r"x - \tanh x", r"\tanh^2 x")
def tanh_shrink(x):
    """What tanh takes off: nearly nothing passes near 0, and nearly everything far away.

    Near 0, x and tanh(x) cancel; there x - tanh(x) is (x cosh(x) - sinh(x)) / cosh(x).
    """
    a, t = np.abs(x), np.tanh(x)
    s = np.minimum(a, 1.5)
    small = s * s * s * polynomial(SHRINK, s * s) / np.cosh(s)
    return np.copysign(small * (a <= 1.5) + (a - np.abs(t)) * (a > 1.5), x), t * t


def where_xielu_turns(alpha_p, alpha_n, beta):
    return (math.log(1 - beta / alpha_n),) if alpha_n > beta else ()


@activation("xIELU", "exponential",
            r"\begin{cases} \alpha_p x^2 + \beta x & x > 0 \\"
            r" \alpha_n (e^{x} - 1 - x) + \beta x & x \le 0 \end{cases}",
            r"\begin{cases} 2 \alpha_p x + \beta & x > 0 \\"
            r" \alpha_n (e^{x} - 1) + \beta & x \le 0 \end{cases}",
            joints=(0.0,), turning_points=where_xielu_turns, origin="huang2024")
def xielu(x, alpha_p=0.8, alpha_n=0.8, beta=0.5):
    """A parabola to the right, and to the left the integral of an ELU; both α are learnt."""
    positive, negative = np.maximum(x, 0), np.minimum(x, 0)
    floor = alpha_n * expm1(negative, np.exp(negative))
    line = (beta - alpha_n) * negative if beta != alpha_n else 0  # no 0 · inf
    return (alpha_p * positive + beta) * positive + (floor + line), (
        2 * alpha_p * positive + (floor + beta))


# Squashing functions ----------------------------------------------------------------------------


@activation("scaled tanh", "squashing", r"\alpha \tanh(\beta x)",
            r"\frac{4 \alpha \beta}{(e^{\beta x} + e^{-\beta x})^2}")
def scaled_tanh(x, alpha=1.7159, beta=2 / 3):
    """tanh made wider and higher; with these `alpha` and `beta`, 1 stays 1."""
    z = np.exp(-2 * np.abs(beta * x))
    return alpha * np.tanh(beta * x), alpha * beta * (4 * z / (1 + z) ** 2)


@activation("sparse sigmoid", "squashing", r"\frac{\min(\max(-1, x), 1) + 1}{2}",
            r"\begin{cases} \frac{1}{2} & -1 < x < 1 \\ 0 & \text{otherwise} \end{cases}",
            joints=(-1.0, 1.0))
def sparse_sigmoid(x):
    """The derivative of sparse plus: straight from -1 to 1. The slope at both kinks is 0."""
    return (np.clip(x, -1, 1) + 1) / 2, (np.abs(x) < 1) / x.dtype.type(2)


@activation("Laplace", "squashing", r"\Phi\Bigl(\frac{x - \mu}{\sigma}\Bigr)",
            r"\frac{1}{\sigma}\,\varphi\Bigl(\frac{x - \mu}{\sigma}\Bigr)", origin="ma2022")
def laplace(x, mu=0.707107, sigma=0.282095):
    """The bell curve's share Φ left of x, moved by `mu` and narrowed by `sigma`.

    The defaults make it close to squared ReLU near x = √(1/2), where value and slope agree.
    """
    u = (x - mu) / sigma
    tail, density = tail_and_density(np.minimum(np.abs(u), FURTHEST))
    side = np.copysign(1, u)
    return np.maximum(side, 0) - side * tail, density / sigma


# Gates: x times a share of x --------------------------------------------------------------------


@activation("quick GELU", "gate", r"x\,\sigma(1.702\,x)",
            r"\sigma(1.702\,x)\,\bigl(1 + 1.702\,x\,\sigma(-1.702\,x)\bigr)",
            turning_points=(-0.751154255441289,), origin="hendrycks2016")
def quick_gelu(x):
    """GELU with a sigmoid in the place of Φ; the two differ by at most 0.0203."""
    a = np.minimum(np.abs(x), 1000)  # beyond, the tail is 0; and no inf · 0
    z = np.exp(-1.702 * a)
    return gated(x, a, z / (1 + z), 1.702 * z / (1 + z) ** 2)


@activation("clipped GELU", "gate", r"\min(x\,\Phi(x), 10)",
            r"\begin{cases} \Phi(x) + x\,\varphi(x) & x \le 10 \\ 0 & x > 10 \end{cases}",
            joints=(10.0,), turning_points=(-0.7517915246935645,))
def gelu_10(x):
    """GELU that stops at 10, for numbers of few bits. The slope at the kink is that of its left."""
    a = np.minimum(np.abs(x), FURTHEST)
    value, slope = gated(x, a, *tail_and_density(a))
    return np.minimum(value, 10), slope * (x <= 10)


FURTHER = (
    rrelu, threshold, hard_shrink, soft_shrink, squareplus, sparse_plus,
    exponential, sqrt_softplus, tanh_shrink, xielu,
    scaled_tanh, sparse_sigmoid, laplace,
    quick_gelu, gelu_10,
)
