"""Every activation function of the book: its formula, its value and its derivative, side by side.

Each function below takes an array of floats and returns two arrays, the value and the derivative.
The decorator turns it into an `Activation`, which is what you import:

>>> from bends import relu
>>> relu(-1.5), relu.derivative(-1.5)
(np.float64(0.0), np.float64(0.0))
>>> relu.formula
'\\\\max(0, x)'

Three habits run through the formulas. They take exp only of numbers that are 0 or less, which
cannot overflow. They avoid subtracting two nearly equal numbers, which loses digits. And they
avoid `np.where`, which is several times slower than arithmetic on arrays of mixed signs.

float32 comes here only in training (a call of relu is computed in float64). Training wants speed
and bears an absolute error of 3e-7, so three formulas have a shorter way for float32.

The functions that the chapters speak of stand here; `further` has those that frameworks know too.
"""

import numpy as np

from . import _arguments
from .catalogue import Activation, Catalogue, activation, vector_activation  # noqa: F401
from .further import FURTHER
from .normal import FURTHEST, tail_and_density
from .stable import expm1, gated, log1p

# Straight, and broken ---------------------------------------------------------------------------


@activation("identity", "linear", r"x", r"1", aliases=("linear",))
def identity(x):
    """What comes in goes out."""
    return +x, np.ones_like(x)


@activation("step", "step", r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}", r"0",
            joints=(0.0,), aliases=("heaviside",))
def step(x):
    """1 above zero, else 0. The slope is 0 everywhere, so nothing can be learnt through it."""
    return x > 0, np.zeros_like(x)


# Rectifiers -------------------------------------------------------------------------------------


@activation("ReLU", "rectifier", r"\max(0, x)",
            r"\begin{cases} 1 & x > 0 \\ 0 & x \le 0 \end{cases}", joints=(0.0,))
def relu(x):
    """Rectified linear unit. The slope at the kink, 0, is taken as 0."""
    return np.maximum(x, 0), x > 0


LEAKY = (r"\begin{cases} x & x > 0 \\ a\,x & x \le 0 \end{cases}",
         r"\begin{cases} 1 & x > 0 \\ a & x \le 0 \end{cases}")


@activation("leaky ReLU", "rectifier", *LEAKY, joints=(0.0,), origin="maas2013")
def leaky_relu(x, negative_slope=0.01):
    """ReLU that leaks: `negative_slope` is a in the formula, and the slope at the kink, 0."""
    negative = negative_slope * np.minimum(x, 0) if negative_slope else 0  # no 0 · inf
    return np.maximum(x, 0) + negative, (x > 0) + x.dtype.type(negative_slope) * (x <= 0)


@activation("PReLU", "rectifier", *LEAKY, joints=(0.0,), origin="he2015")
def prelu(x, negative_slope=0.25):
    """Leaky ReLU whose `negative_slope`, a, is learnt; 0.25 is where it starts."""
    return leaky_relu.function(x, negative_slope)


@activation("ReLU6", "rectifier", r"\min(\max(0, x), 6)",
            r"\begin{cases} 1 & 0 < x < 6 \\ 0 & \text{otherwise} \end{cases}",
            joints=(0.0, 6.0))
def relu6(x):
    """ReLU that stops at 6. The slope at both kinks is taken as 0."""
    return np.clip(x, 0, 6), (x > 0) & (x < 6)


@activation("squared ReLU", "rectifier", r"\max(0, x)^2", r"2 \max(0, x)", joints=(0.0,),
            aliases=("relu2", "relu_squared"), origin="so2021")
def squared_relu(x):
    """ReLU, squared: no kink, and a slope that grows with x."""
    positive = np.maximum(x, 0)
    return positive * positive, 2 * positive


@activation("absolute value", "rectifier", r"|x|",
            r"\begin{cases} 1 & x > 0 \\ 0 & x = 0 \\ -1 & x < 0 \end{cases}",
            joints=(0.0,))
def abs_(x):
    """The distance from 0. The slope at the kink, 0, is taken as 0."""
    return np.abs(x), np.sign(x)


# Exponentials -----------------------------------------------------------------------------------


@activation("ELU", "exponential",
            r"\begin{cases} x & x > 0 \\ \alpha\,(e^{x} - 1) & x \le 0 \end{cases}",
            r"\begin{cases} 1 & x > 0 \\ \alpha\,e^{x} & x \le 0 \end{cases}",
            joints=(0.0,), origin="clevert2015")
def elu(x, alpha=1.0):
    """Exponential linear unit. `alpha` is the depth of the floor, and the slope at 0."""
    negative = np.minimum(x, 0)
    z = np.exp(negative)
    return np.maximum(x, 0) + alpha * expm1(negative, z), (x > 0) + alpha * z * (x <= 0)


SELU_SCALE, SELU_FLOOR = 1.0507009873554805, 1.7580993408473769  # λ and λα


@activation("SELU", "exponential",
            r"\begin{cases} \lambda x & x > 0 \\ \lambda\alpha\,(e^{x} - 1) & x \le 0 \end{cases}",
            r"\begin{cases} \lambda & x > 0 \\ \lambda\alpha\,e^{x} & x \le 0 \end{cases}",
            joints=(0.0,), origin="klambauer2017")
def selu(x):
    """Scaled ELU, λ = 1.0507… and α = 1.6733…, which keep mean 0 and variance 1.

    The slope at the kink, 0, is that of the left side, λα = 1.7581.
    """
    negative = np.minimum(x, 0)
    z = np.exp(negative)
    return (SELU_SCALE * np.maximum(x, 0) + SELU_FLOOR * expm1(negative, z),
            x.dtype.type(SELU_SCALE) * (x > 0) + SELU_FLOOR * z * (x <= 0))


@activation("CELU", "exponential",
            r"\begin{cases} x & x > 0 \\ \alpha\,(e^{x/\alpha} - 1) & x \le 0 \end{cases}",
            r"\begin{cases} 1 & x > 0 \\ e^{x/\alpha} & x \le 0 \end{cases}",
            joints=(0.0,), origin="barron2017")
def celu(x, alpha=1.0):
    """ELU stretched sideways too, so that the slope is continuous for every `alpha`."""
    negative = np.minimum(x, 0) / alpha
    z = np.exp(negative)
    return np.maximum(x, 0) + alpha * expm1(negative, z), z


@activation("softplus", "exponential", r"\frac{1}{\beta} \ln(1 + e^{\beta x})",
            r"\frac{1}{1 + e^{-\beta x}}")
def softplus(x, beta=1.0):
    """A smooth ReLU; the larger `beta`, the sharper its corner. Its derivative is a sigmoid."""
    z = np.exp(-np.abs(beta * x))
    return np.maximum(x, 0) + log1p(z) / beta, np.maximum(z, x > 0) / (1 + z)


@activation("log-sigmoid", "exponential", r"-\ln(1 + e^{-x})", r"\frac{1}{1 + e^{x}}",
            aliases=("logsigmoid",))
def log_sigmoid(x):
    """Logarithm of the sigmoid, without losing it where the sigmoid is nearly 0 or 1."""
    z = np.exp(-np.abs(x))
    return np.minimum(x, 0) - log1p(z), np.maximum(z, x < 0) / (1 + z)


# Squashing functions ----------------------------------------------------------------------------


@activation("sigmoid", "squashing", r"\frac{1}{1 + e^{-x}}",
            r"\frac{e^{-x}}{(1 + e^{-x})^2}", aliases=("logistic",))
def sigmoid(x):
    """Squashes to between 0 and 1. The slope is σ(x) σ(-x), at most 1/4."""
    z = np.exp(-np.abs(x))
    return np.maximum(z, x > 0) / (1 + z), z / (1 + z) ** 2  # the maximum is 1 or z: e^min(x, 0)


@activation("tanh", "squashing", r"\frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
            r"\frac{4}{(e^{x} + e^{-x})^2}")
def tanh(x):
    """Squashes to between -1 and 1. The slope is 1 - tanh²(x), at most 1."""
    value = np.tanh(x)
    if x.dtype == np.float32:
        return value, 1 - value * value
    z = np.exp(-2 * np.abs(x))  # 1 - tanh² loses the slope's digits where tanh is nearly 1
    return value, 4 * z / (1 + z) ** 2


@activation("softsign", "squashing", r"\frac{x}{1 + |x|}", r"\frac{1}{(1 + |x|)^2}", joints=(0.0,))
def softsign(x):
    """Squashes to between -1 and 1, more slowly than tanh."""
    largest = np.finfo(x.dtype).max
    x = np.clip(x, -largest, largest)  # for inf / inf
    slope = 1 / (1 + np.abs(x))
    return x / (1 + np.abs(x)), slope * slope


@activation("hard sigmoid", "squashing", r"\frac{\min(\max(0, x + 3), 6)}{6}",
            r"\begin{cases} \frac{1}{6} & -3 < x < 3 \\ 0 & \text{otherwise} \end{cases}",
            joints=(-3.0, 3.0))
def hard_sigmoid(x):
    """Three straight pieces in place of the sigmoid. The slope at both kinks is taken as 0."""
    return np.clip(x + 3, 0, 6) / 6, ((x > -3) & (x < 3)) / x.dtype.type(6)


@activation("hard tanh", "squashing", r"\min(\max(-1, x), 1)",
            r"\begin{cases} 1 & -1 < x < 1 \\ 0 & \text{otherwise} \end{cases}",
            joints=(-1.0, 1.0))
def hard_tanh(x):
    """Three straight pieces in place of tanh. The slope at both kinks is taken as 0."""
    return np.clip(x, -1, 1), (x > -1) & (x < 1)


# Gates: x times a share of x --------------------------------------------------------------------


@activation("SiLU", "gate", r"\frac{x}{1 + e^{-x}}",
            r"\sigma(x)\,\bigl(1 + x\,\sigma(-x)\bigr)", turning_points=(-1.2784645427610738,),
            aliases=("swish",), origin="elfwing2017")
def silu(x):
    """x times its sigmoid σ(x); also called Swish."""
    a = np.minimum(np.abs(x), 1000)  # beyond, the tail is 0; and no inf · 0
    z = np.exp(-a)
    return gated(x, a, z / (1 + z), z / (1 + z) ** 2)


@activation("GELU", "gate", r"x\,\Phi(x)", r"\Phi(x) + x\,\varphi(x)",
            turning_points=(-0.7517915246935645,), aliases=("gelu_python",), origin="hendrycks2016")
def gelu(x):
    """x times the share Φ(x) of the bell curve that lies left of x; φ is the bell curve."""
    a = np.minimum(np.abs(x), FURTHEST)
    return gated(x, a, *tail_and_density(a))


@activation("GELU, tanh form", "gate",
            r"\frac{x}{2}\,(1 + \tanh u), \quad u = \sqrt{\frac{2}{\pi}}\,(x + 0.044715\,x^3)",
            r"\frac{1 + \tanh u}{2} + \frac{x}{2}\,\frac{4\,u'}{(e^{u} + e^{-u})^2}",
            turning_points=(-0.7524614220710163,),
            aliases=("gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast",
                     "gelu_accurate"), origin="hendrycks2016")
def gelu_tanh(x):
    """GELU with a tanh in the place of Φ; the two differ by at most 4.7e-4."""
    a = np.minimum(np.abs(x), 50)
    c = 0.7978845608028654  # √(2/π)
    z = np.exp(-2 * c * (a + 0.044715 * a * a * a))  # (1 + tanh u)/2 is the sigmoid of 2u
    slope = 2 * c * (1 + 3 * 0.044715 * a * a)
    return gated(x, a, z / (1 + z), slope * z / (1 + z) ** 2)


@activation("Mish", "gate", r"x \tanh\bigl(\ln(1 + e^{x})\bigr)",
            r"g + x\,(1 - g^2)\,\sigma(x), \quad g = \tanh\bigl(\ln(1 + e^{x})\bigr)",
            turning_points=(-1.1924312145154952,), origin="misra2019")
def mish(x):
    """x times the tanh of its softplus.

    The gate is e^x (e^x + 2) / (e^x (e^x + 2) + 2); with e^x = a/b no power overflows.
    """
    x = np.maximum(x, -1000)  # beyond, the gate is 0; and no inf · 0
    z = np.exp(-np.abs(x))
    a, b = np.maximum(z, x > 0), np.maximum(z, x < 0)  # 1 and z, or z and 1
    n = a * (a + 2 * b)
    d = n + 2 * b * b
    return x * (n / d), n / d + np.minimum(x, 1000) * (4 * a * b * b * (a + b) / (d * d))


@activation("hard swish", "gate", r"x\,\frac{\min(\max(0, x + 3), 6)}{6}",
            r"\begin{cases} 0 & x \le -3 \\ \frac{2x + 3}{6} & -3 < x < 3 \\"
            r" 1 & x \ge 3 \end{cases}",
            joints=(-3.0, 3.0), turning_points=(-1.5,),
            aliases=("hard_silu", "hardswish"), origin="howard2019")
def hard_swish(x):
    """x times its hard sigmoid. The slope is taken as 0 at the kink -3 and as 1 at 3."""
    inner = np.clip(x, -3, 3)
    return (np.maximum(x, -3) * (np.clip(x + 3, 0, 6) / 6),
            (x >= 3) + (2 * inner + 3) / 6 * (np.abs(x) < 3))


# Periodic ---------------------------------------------------------------------------------------


@activation("sine", "periodic", r"\sin x", r"\cos x", turning_points=(-np.pi / 2, np.pi / 2),
            aliases=("sine",), origin="sitzmann2020")
def sin(x):
    """A wave: bounded, and it never settles."""
    return np.sin(x), np.cos(x)


@activation("Snake", "periodic", r"x + \frac{\sin^2(a x)}{a}", r"1 + \sin(2 a x)",
            origin="ziyin2020")
def snake(x, frequency=1.0):
    """A wave on a slope; `frequency` is a in the formula. The slope has no limit at either end."""
    s, c = np.sin(frequency * x), np.cos(frequency * x)
    bump = np.fmin(s * s, 1)  # at inf, where s is nan, fmin takes the 1
    return x + bump / frequency, (s + c) ** 2  # = 1 + 2 s c = 1 + sin(2ax)


# Functions that look at several numbers at once --------------------------------------------------


@vector_activation("softmax", r"\frac{e^{x_i}}{\sum_j e^{x_j}}", aliases=("softmax2d",))
def softmax(x):
    """Shares that are positive and sum to 1. Taking off the largest first changes nothing.

    A number of -inf gets a share of 0. Where all are -inf there is nothing to share, and
    where one is inf it would take all of it, from another inf too: nan.
    PyTorch's Softmax2d is this along `axis=-3`.
    """
    z = np.exp(x - x.max(-1, keepdims=True))
    return z / z.sum(-1, keepdims=True)


@vector_activation("log-softmax", r"x_i - \ln \sum_j e^{x_j}")
def log_softmax(x):
    """Logarithm of softmax.

    The largest entry adds exactly 1 to the sum, so the rest goes through log1p: otherwise a
    network that is very sure of its answer would show a logarithm of exactly 0. nan where softmax
    is.
    """
    top = x.argmax(-1)[..., None]
    largest = np.take_along_axis(x, top, -1)
    x = x - largest
    z = np.exp(x)
    np.put_along_axis(z, top, 0, -1)
    return x - np.log1p(z.sum(-1, keepdims=True)) + 0 * largest


@vector_activation("softmin", r"\frac{e^{-x_i}}{\sum_j e^{-x_j}}")
def softmin(x):
    """Softmax of -x: the smallest number gets the largest share."""
    return softmax.function(-x)


@vector_activation("sparsemax", r"\max(0, x_i - \tau), \quad \sum_j \max(0, x_j - \tau) = 1",
                   origin="martins2016")
def sparsemax(x):
    """Shares that sum to 1, most of them exactly 0: those that the common step τ leaves.

    With the numbers in falling order, τ is (the sum of the first k, less 1) / k, for the largest
    k at which the k-th number still lies above that τ. nan where softmax is.
    """
    largest = x.max(-1, keepdims=True)
    x = np.maximum(x - largest, -2)  # below -1 nothing is left, whatever τ is
    falling = -np.sort(-x, -1)
    count = np.arange(1, x.shape[-1] + 1)
    step = (falling.cumsum(-1) - 1) / count
    kept = (falling > step).sum(-1, keepdims=True)
    return np.maximum(x - np.take_along_axis(step, np.maximum(kept, 1) - 1, -1), 0) + 0 * largest


@vector_activation("hardmax", r"\begin{cases} 1 & i = \arg\max_j x_j \\ 0 & \text{otherwise}"
                              r" \end{cases}")
def hardmax(x):
    """1 for the largest number (the first of them, if several are equal), 0 for the others."""
    return (np.arange(x.shape[-1]) == x.argmax(-1)[..., None]) + 0 * x.max(-1, keepdims=True)


@vector_activation("maxout", r"\max_j x_j", origin="goodfellow2013")
def maxout(x, pieces=2):
    """The largest of each group of `pieces` neighbours; the axis becomes that much shorter."""
    if x.shape[-1] % _arguments.whole("pieces", pieces):
        raise ValueError(f"maxout cannot cut {x.shape[-1]} numbers into groups of {pieces}")
    return x.reshape(*x.shape[:-1], x.shape[-1] // pieces, pieces).max(-1)


def halves(x):
    """The first half, which flows, and the second, which is the tap."""
    if x.shape[-1] % 2:
        raise ValueError(f"a gated unit needs an even number of pre-activations, not {x.shape[-1]}")
    return np.split(x, 2, -1)


def gate_with(f, x):
    """First half of x times f of the second half."""
    flow, tap = halves(x)
    return flow * f(tap)


@vector_activation("GLU", r"x\,\sigma(y)", origin="dauphin2016")
def glu(x):
    """Gated linear unit: the first half flows, the sigmoid of the second half is the tap."""
    return gate_with(sigmoid, x)


@vector_activation("bilinear gate", r"x\,y", aliases=("bilinear_glu",), origin="shazeer2020")
def bilinear(x):
    """GLU with no function on the tap: the product of the two halves."""
    return gate_with(identity, x)


@vector_activation("ReGLU", r"x\,\max(0, y)", origin="shazeer2020")
def reglu(x):
    """GLU with ReLU in place of the sigmoid."""
    return gate_with(relu, x)


@vector_activation("GEGLU", r"x\,\mathrm{GELU}(y)", origin="shazeer2020")
def geglu(x):
    """GLU with GELU in place of the sigmoid."""
    return gate_with(gelu, x)


@vector_activation("SwiGLU", r"x\,\mathrm{SiLU}(y)", origin="shazeer2020")
def swiglu(x):
    """GLU with SiLU in place of the sigmoid."""
    return gate_with(silu, x)


@vector_activation("clamped SwiGLU", r"(x' + s)\,y'\,\sigma(\alpha y'),"
                   r" \quad x' = \min(\max(-l, x), l), \quad y' = \min(y, l)")
def clamped_swiglu(x, limit=7.0, alpha=1.702, shift=1.0):
    """SwiGLU whose two halves are cut off at `limit`, so that their product stays small.

    The defaults are those of the open model gpt-oss; `alpha=1, shift=0` cuts off plain SwiGLU.
    """
    limit, alpha = _arguments.positive("limit", limit), _arguments.positive("alpha", alpha)
    _arguments.finite("shift", shift)
    flow, tap = halves(x)
    tap = np.minimum(tap, limit)
    return (np.clip(flow, -limit, limit) + shift) * silu(alpha * tap) / alpha


# The catalogues ---------------------------------------------------------------------------------

CORE = Catalogue(
    identity, step,
    relu, leaky_relu, prelu, relu6, squared_relu, abs_,
    elu, selu, celu, softplus, log_sigmoid,
    sigmoid, tanh, softsign, hard_sigmoid, hard_tanh,
    silu, gelu, gelu_tanh, mish, hard_swish,
    sin, snake,
)  # those of the chapters and the menus

ACTIVATIONS = Catalogue(*CORE.values(), *FURTHER)

VECTOR_ACTIVATIONS = Catalogue(
    softmax, log_softmax, softmin, sparsemax, hardmax, maxout,
    glu, bilinear, reglu, geglu, swiglu, clamped_swiglu,
)
