"""Order, chaos and the edge between: what a very wide random network does to its inputs."""

import math
from numbers import Real
from typing import NamedTuple

import numpy as np

from bends._arguments import finite, positive
from bends.activations import ACTIVATIONS
from bends.catalogue import find
from bends.initializers import HALVES, agreed, nodes_for

# A layer of a very wide random network: weights of variance sigma_w² / fan_in, biases of variance
# sigma_b². If the pre-activations of one layer have variance q, those of the next have V(q) below.
# B. Poole et al., "Exponential expressivity in deep neural networks through transient chaos", 2016;
# S. Schoenholz et al., "Deep information propagation", 2017.


def bell(f, q, more=()):
    """Nodes and weights for averages over pre-activations of variance q, cut where pieces join."""
    deviation = np.sqrt(q)
    z, weights = nodes_for((*(joint / deviation for joint in f.joints), *more))
    return deviation * z, weights


def _mean_square(f, q, g, more=()):
    """E[g(z)²] for z of variance q; ``g`` is the function f or its derivative."""
    z, weights = bell(f, q, more)
    with np.errstate(over="ignore"):  # a function that grows fast blows up: inf is the answer
        return float(weights @ g(z) ** 2)


# Where most functions bend: beside a large q that is a small part of the bell curve.
_NEAR = tuple(side * 4.0**k for side in (-1, 1) for k in range(7))


def _settled_mean_square(f, q, g):
    """The same, refused where the function is too narrow, or swings too fast, for its nodes."""
    near = tuple(x / math.sqrt(q) for x in _NEAR)
    averages = (_mean_square(f, q, g, more) for more in (near, near + HALVES))
    what = f"the mean square of {f.name} for a variance of {q:g}"
    return agreed(what, *averages, within=1e-6)


def deviation_of_biases(sigma_b):
    """``sigma_b`` as a float, if it is finite and 0 or more."""
    if isinstance(sigma_b, Real) and math.isfinite(sigma_b) and sigma_b >= 0:
        return float(sigma_b)
    raise ValueError(f"sigma_b must be a finite number, 0 or more; got {sigma_b!r}")


def variance_map(activation, q, sigma_w, sigma_b=0.0):
    """Variance of the next layer's pre-activations when this layer's is ``q``: V(q).

    V(q) = sigma_w² E[f(z)²] + sigma_b², for z from the bell curve of variance q.

    Raises
    ------
    ValueError
        If a number is out of range, or f is too narrow for its mean to be right to 1e-6.
    """
    f = find(ACTIVATIONS, activation)
    sigma_w, sigma_b = positive("sigma_w", sigma_w), deviation_of_biases(sigma_b)
    return sigma_w**2 * _settled_mean_square(f, positive("q", q), f) + sigma_b**2


class MeanField(NamedTuple):
    """Where a very wide, very deep random network settles."""

    q: float  # variance of the pre-activations: 0 if they die out, inf if they blow up
    chi: float  # a small difference between two inputs, squared, is multiplied by this each layer


def mean_field(activation, sigma_w, sigma_b=0.0):
    """The variance on which a deep random network settles, and what it does to differences.

    ``chi`` below 1: two nearly equal inputs merge (order). Above 1: they part (chaos). At 1 lies
    the edge of chaos. On the ordered side a difference falls by the factor e every
    -1 / ln(chi) layers.

    Parameters
    ----------
    activation : str or Activation
    sigma_w : float
        Scale of the weights: their variance is sigma_w² / fan_in.
    sigma_b : float
        Standard deviation of the biases.

    Returns
    -------
    MeanField
        ``q``, reached from inputs of variance 1, and ``chi`` = sigma_w² E[f'(z)²] at that q. Where
        q is inf, ``chi`` is that of the slopes far out, so nan for a function that swings for ever.

    Raises
    ------
    ValueError
        If a number is out of range, or f is too narrow for its mean at q to be right to 1e-6.
    """
    f = find(ACTIVATIONS, activation)
    sigma_w, sigma_b = positive("sigma_w", sigma_w), deviation_of_biases(sigma_b)
    q = _settled(lambda q: (sigma_w**2 * _mean_square(f, q, f) + sigma_b**2) / q - 1)
    if q == 0:  # the bell curve shrinks onto 0, half of it on either side of a kink there
        near = f.derivative(np.nextafter(0, [-1, 1]))
        return MeanField(q, sigma_w**2 * float(np.square(near).mean()))
    if q == math.inf:
        far = f.derivative(np.array([-np.inf, np.inf]))
        return MeanField(q, sigma_w**2 * float(np.square(far).mean()))
    _settled_mean_square(f, q, f)
    return MeanField(q, sigma_w**2 * _settled_mean_square(f, q, f.derivative))


def _settled(growth, lowest=1e-12, highest=1e12):
    """The q that iterating leads to from 1; ``growth(q)`` is V(q) / q - 1."""
    at_one = growth(1.0)
    if abs(at_one) < 1e-12:
        return 1.0
    factor = 2.0 if at_one > 0 else 0.5
    inner = 1.0
    while at_one * growth(inner * factor) > 0:
        inner *= factor
        if not lowest < inner < highest:
            return math.inf if factor > 1 else 0.0
    outer = inner * factor
    for _ in range(60):  # halve the bracket in the logarithm of q
        middle = math.sqrt(inner * outer)
        if at_one * growth(middle) > 0:
            inner = middle
        else:
            outer = middle
    return math.sqrt(inner * outer)


def critical_sigma_w(activation, sigma_b=0.0):
    """The weight scale at the edge of chaos: where ``mean_field(...).chi`` passes 1.

    Parameters
    ----------
    activation : str or Activation
    sigma_b : float
        Standard deviation of the biases.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If chi does not pass 1 between the scales 0.01 and 100.
    """
    low, high = 0.01, 100.0
    if not mean_field(activation, low, sigma_b).chi < 1 < mean_field(activation, high, sigma_b).chi:
        name = find(ACTIVATIONS, activation).name
        raise ValueError(f"activation {name} has no edge of chaos between scales {low} and {high}")
    while high - low > 1e-10 * high:
        middle = (low + high) / 2
        if mean_field(activation, middle, sigma_b).chi < 1:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def correlation_map(activation, correlation, sigma_w, sigma_b=0.0, q=None):
    """How alike two inputs are after one more layer of a very wide random network.

    Parameters
    ----------
    activation : str or Activation
    correlation : float or array
        Of the two inputs' pre-activations now, from -1 to 1.
    sigma_w, sigma_b : float
        Scales of weights and biases.
    q : float, optional
        Variance of the pre-activations; where they settle (`mean_field`) when left out.

    Returns
    -------
    float or array
        The correlation one layer on: right to about 1e-6, and to 1e-3 for a function that jumps,
        such as step.
    """
    f = find(ACTIVATIONS, activation)
    c = finite("correlation", correlation)
    if np.abs(c).max() > 1:
        raise ValueError(f"correlation must lie between -1 and 1, got {np.abs(c).max()}")
    if q is None:
        q = mean_field(f, sigma_w, sigma_b).q
        if q in (0, math.inf):
            raise ValueError(f"q must be given: with these scales the variance goes to {q:g}")
    after_q = variance_map(f, q, sigma_w, sigma_b)
    z, weights = bell(f, q)
    heavy = weights > 1e-18  # the rest adds nothing
    z, weights = z[heavy], weights[heavy]

    def product(c):  # E[f(z1) f(z2)] for z1, z2 of variance q and correlation c
        second = f(c * z[:, None] + math.sqrt(1 - c * c) * z)
        return weights * f(z) @ second @ weights

    products = np.vectorize(product, otypes=[float])(c)
    after = sigma_w**2 * products + sigma_b**2
    return (after / after_q)[()]
