"""What happens inside a network: signals, dead units, straight pieces, order and chaos.

The order is that of the course. `signals` shows the numbers that flow forward and backward,
`diagnose` looks for units that have stopped learning, `linear_pieces` and `linear_regions` count
how often a network bends, `mean_field` and its neighbours predict what a very wide random network
does to its inputs, and `wilson_interval` says how far a counted share can be trusted.
"""

import functools
import math
from dataclasses import dataclass
from statistics import NormalDist
from textwrap import fill
from typing import NamedTuple

import numpy as np

from bends._arguments import finite, positive, whole
from bends.activations import ACTIVATIONS, Activation, identity
from bends.initializers import gaussian_nodes


def _function(activation):
    return activation if isinstance(activation, Activation) else ACTIVATIONS[activation]


# --- what flows through the layers ----------------------------------------------------------------


class Signals(NamedTuple):
    """The numbers that pass through a network: arrays of shape (n, units), the layers in order.

    A stack's arrays have its members in front.
    """

    pre_activations: list  # of every layer; the last are the network's outputs
    activations: list  # of every hidden layer
    gradients: list | None  # the slope of the loss in each pre-activation


def signals(net, x, loss=None, targets=None):
    """What flows forward through a network, and, given a loss, what flows back.

    Parameters
    ----------
    net : MLP
        One network or a stack.
    x : array, shape (n, inputs)
    loss : Loss, optional
        Without one there are no gradients.
    targets : array, optional
        As ``loss`` takes them.

    Returns
    -------
    Signals
    """
    outputs = net(x)
    if loss is not None:
        net.backward(loss(outputs, targets)[1])
    gradients = None if loss is None else net.signals
    return Signals(net.pre_activations, net.layer_inputs[1:], gradients)


class Statistics(NamedTuple):
    """One number for each layer (and, in a stack, each member: shape (members, layers))."""

    mean: np.ndarray
    std: np.ndarray
    energy: np.ndarray  # mean of the squares


def statistics(layers):
    """Mean, standard deviation and energy (mean square) of each layer's numbers.

    Parameters
    ----------
    layers : sequence of arrays, shape (n, units) each
        A field of what `signals` returns.

    Returns
    -------
    Statistics
    """
    return Statistics(
        np.stack([layer.mean(axis=(-2, -1)) for layer in layers], axis=-1),
        np.stack([layer.std(axis=(-2, -1)) for layer in layers], axis=-1),
        np.stack([np.square(layer).mean(axis=(-2, -1)) for layer in layers], axis=-1),
    )


# --- dead and saturated units ---------------------------------------------------------------------


def dead_units(activation, pre_activations):
    """Which units are dead: their slope is 0 on every input, so that nothing behind them learns.

    For ReLU that is a unit whose output is 0 on every input. Being 0 on some inputs is normal.

    Parameters
    ----------
    activation : str or Activation
    pre_activations : array, shape (n, units) or (members, n, units)

    Returns
    -------
    bool array, shape (units,) or (members, units)
    """
    return (_function(activation).derivative(pre_activations) == 0).all(axis=-2)


def saturated_units(activation, pre_activations, share=0.01):
    """Which units are saturated: on every input the slope is small, but not always 0.

    Parameters
    ----------
    activation : str or Activation
    pre_activations : array, shape (n, units) or (members, n, units)
    share : float
        A slope is small below this share of the function's steepest slope on [-5, 5], or of 1
        where that is steeper.

    Returns
    -------
    bool array, shape (units,) or (members, units)
    """
    f = _function(activation)
    steepest = min(1.0, np.abs(f.derivative(np.linspace(-5, 5, 1001))).max())
    slope = np.abs(f.derivative(pre_activations))
    return (slope < share * steepest).all(axis=-2) & (slope > 0).any(axis=-2)


FADING, GROWING = 0.7, 1.5  # beyond these factors a layer, the spread halves or doubles in two


@dataclass(frozen=True)
class Health:
    """What `diagnose` found in one layer."""

    activation: str  # the function's title
    units: int
    inputs: int
    dead: np.ndarray  # numbers of the dead units
    saturated: np.ndarray  # numbers of the saturated units
    off: float  # share of all (input, unit) pairs with slope 0
    mean: float  # of the pre-activations
    std: float

    def __str__(self):
        return (
            f"{self.activation}, {self.units} units\n"
            f"  {len(self.dead)} dead, {len(self.saturated)} saturated, slope 0 in {self.off:.0%}\n"
            f"  pre-activations {self.mean:.2f} ± {self.std:.2f}"
        )


@dataclass(frozen=True)
class Diagnosis:
    """A report on every hidden layer, which prints in words."""

    layers: tuple

    def __str__(self):
        found = self._found() or ["Nothing wrong found: every unit has a slope to learn by on some "
                                  f"of the {self.layers[0].inputs} inputs."]  # fmt: skip
        layers = [f"Layer {i}: {layer}" for i, layer in enumerate(self.layers, start=1)]
        return "\n".join([*layers, *(fill(line, 42) for line in found)])

    def _found(self):
        units, inputs = sum(layer.units for layer in self.layers), self.layers[0].inputs
        dead = sum(len(layer.dead) for layer in self.layers)
        saturated = sum(len(layer.saturated) for layer in self.layers)
        first, last, steps = self.layers[0].std, self.layers[-1].std, len(self.layers) - 1
        found = []
        if dead:
            found.append(
                f"Dead: {dead} of {units} units have slope 0 on every one of the {inputs} inputs. "
                "No gradient passes through them."
            )
        if saturated:
            found.append(
                f"Saturated: {saturated} of {units} units are nearly flat on every one of the "
                f"{inputs} inputs. They learn very slowly."
            )
        if steps > 1 and first > 0:
            factor = (last / first) ** (1 / steps)
            if not FADING < factor < GROWING:
                found.append(
                    f"{'Fading' if factor < 1 else 'Growing'}: from the first layer to the last "
                    f"the spread after ± goes from {first:.2f} to {last:.2f}, "
                    f"by a factor of {factor:.2f} a layer."
                )
        return found


def diagnose(net, x=None, *, activation=None):
    """Look for dead and saturated units, and for a spread that fades or grows, over a data set.

    Parameters
    ----------
    net : MLP, or sequence of arrays
        One network; or the pre-activations of each layer, shape (n, units), from any framework.
        With more than two axes, the last one counts the units.
    x : array, shape (n, d_in)
        The inputs, when ``net`` is a network.
    activation : str or Activation
        The function that the pre-activations enter, when ``net`` is not a network.

    Returns
    -------
    Diagnosis
        Print it to read it; its ``layers`` hold the numbers. A network's output layer is left out.

    Raises
    ------
    ValueError
        If pre-activations are not finite: then nothing else matters.

    Examples
    --------
    >>> print(diagnose([[[-1.0, 2.0], [-3.0, -1.0]]], activation="relu"))
    Layer 1: ReLU, 2 units
      1 dead, 0 saturated, slope 0 in 75%
      pre-activations -0.75 ± 1.79
    Dead: 1 of 2 units have slope 0 on every
    one of the 2 inputs. No gradient passes
    through them.
    """
    if hasattr(net, "weights"):
        if x is None or activation is not None:
            raise TypeError("a network is diagnosed as diagnose(net, x), with no activation")
        _one_network(net)
        layers = signals(net, x).pre_activations[:-1]
        functions = net.activations
    else:
        if x is not None or activation is None:
            raise TypeError("pre-activations are diagnosed as diagnose(arrays, activation=...)")
        layers = [np.asarray(layer) for layer in net]
        functions = [_function(activation)] * len(layers)
    if not layers:
        raise ValueError("net has no hidden layer to look at")
    return Diagnosis(
        tuple(_health(i, f, z) for i, (f, z) in enumerate(zip(functions, layers, strict=True), 1))
    )


def _health(number, f, z):
    if z.ndim < 2 or z.size == 0:
        raise ValueError(f"layer {number} must have the shape (n, units); got {z.shape}")
    if not np.isfinite(z).all():
        raise ValueError(f"layer {number} has nan or inf pre-activations")
    z = z.reshape(-1, z.shape[-1])
    return Health(
        activation=f.title,
        units=z.shape[1],
        inputs=len(z),
        dead=np.flatnonzero(dead_units(f, z)),
        saturated=np.flatnonzero(saturated_units(f, z)),
        off=float((f.derivative(z) == 0).mean()),
        mean=float(z.mean()),
        std=float(z.std()),
    )


# --- straight pieces and flat regions -------------------------------------------------------------


def _one_network(net):
    if net.members:
        raise ValueError(f"net must be one network, not a stack of {net.members[0]}")


def _straight_layers(net):
    """(weights, biases, function) for each layer, in float64; refuses what bends smoothly."""
    _one_network(net)
    functions = [*net.activations, identity]
    for f in functions:
        cuts = np.array([-100.0, *f.kinks, 100.0])
        inside = cuts[:-1, None] + np.diff(cuts)[:, None] * np.linspace(0.001, 0.999, 101)
        slopes = f.derivative(inside)
        if np.ptp(slopes, axis=1).max() > 0 or f.family == "step":
            raise ValueError(
                f"net must be made of straight pieces, but {f.name} is not; "
                "functions such as relu, leaky_relu, abs, hard_tanh are"
            )
    return [
        (weights.astype(np.float64), biases.astype(np.float64), f)
        for weights, biases, f in zip(net.weights, net.biases, functions, strict=True)
    ]


def linear_pieces(net, start, stop):
    """Where a network of straight pieces bends along a line, exactly.

    Along the line, each unit is straight between knots. Layer by layer, the places where a unit
    crosses a kink of its activation function become new knots. In the end only those knots
    remain at which the slope of an output changes.

    Parameters
    ----------
    net : MLP
        One network; its activation functions are continuous and made of straight pieces.
    start, stop : array, shape (d_in,), or float when d_in is 1
        The two ends of the line.

    Returns
    -------
    array, shape (pieces + 1,)
        The knots as shares of the way from ``start`` (0) to ``stop`` (1), both included.
    """
    layers = _straight_layers(net)
    start, stop = (np.atleast_1d(finite(n, p)) for n, p in (("start", start), ("stop", stop)))
    t = np.array([0.0, 1.0])
    h = start + t[:, None] * (stop - start)
    for weights, biases, f in layers:
        z = h @ weights + biases
        t, z = _insert(t, z, _crossings(t, z, f.kinks))
        h = f(z)
    middle = (t[:-1] + t[1:]) / 2
    h = start + middle[:, None] * (stop - start)
    slope = np.tile(stop - start, (len(middle), 1))
    for weights, biases, f in layers:
        h, derivative = f.value_and_derivative(h @ weights + biases)
        slope = slope @ weights * derivative
    jump = np.abs(np.diff(slope, axis=0)).max(axis=1)
    bends = jump > 1e-9 * np.abs(slope).max()
    return np.concatenate([[0.0], t[1:-1][bends], [1.0]])


def _crossings(t, z, kinks):
    """Every t at which a unit, straight between knots, crosses a kink."""
    found = [np.empty(0)]
    for kink in kinks:
        before, after = z[:-1] - kink, z[1:] - kink
        i, unit = np.nonzero(before * after < 0)
        share = before[i, unit] / (before[i, unit] - after[i, unit])
        found.append(t[i] + share * (t[i + 1] - t[i]))
    return np.concatenate(found)


def _insert(t, z, new):
    """Put new knots in their places; knots closer than rounding are one."""
    merged = np.union1d(t, new)
    merged = merged[np.concatenate([[True], np.diff(merged) > 1e-12])]
    merged[-1] = 1.0
    i = np.clip(np.searchsorted(t, merged, side="right") - 1, 0, len(t) - 2)
    share = ((merged - t[i]) / (t[i + 1] - t[i]))[:, None]
    return merged, z[i] + share * (z[i + 1] - z[i])


def linear_regions(net, origin, u, v):
    """The flat regions of a network of straight pieces in a piece of a plane, exactly.

    The piece of plane is cut along the lines on which a unit meets a kink of its activation
    function, layer by layer. Two regions that touch may carry the same slopes; they count as two.

    Parameters
    ----------
    net : MLP
        One network; its activation functions are continuous and made of straight pieces.
    origin, u, v : array, shape (d_in,)
        The plane's points are origin + s u + t v, for s and t from 0 to 1.

    Returns
    -------
    list of arrays, shape (corners, 2)
        The corners (s, t) of each region, in order around it.
    """
    layers = _straight_layers(net)
    origin, u, v = (finite(n, p) for n, p in (("origin", origin), ("u", u), ("v", v)))
    corners = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    regions = [(corners, origin + corners @ np.stack([u, v]))]
    for weights, biases, f in layers:
        regions = [(corners, h @ weights + biases) for corners, h in regions]
        for unit in range(weights.shape[1]):
            for kink in f.kinks:
                regions = [part for region in regions for part in _cut(*region, unit, kink)]
        regions = [(corners, f(z)) for corners, z in regions]
    return [corners for corners, _ in regions]


def _cut(corners, z, unit, kink):
    """Cut a convex region where ``z[:, unit]`` passes ``kink``; all of z is straight inside."""
    height = z[:, unit] - kink
    height[np.abs(height) < 1e-12 * (1 + np.abs(z).max())] = 0.0
    if height.min() >= 0 or height.max() <= 0:
        return [(corners, z)]
    both = np.column_stack([corners, z, height])
    following = np.roll(both, -1, axis=0)
    path = []
    for here, there in zip(both, following, strict=True):
        path.append(here)
        if here[-1] * there[-1] < 0:
            path.append(here + here[-1] / (here[-1] - there[-1]) * (there - here))
            path[-1][-1] = 0.0
    path = np.array(path)
    parts = (path[path[:, -1] >= 0], path[path[:, -1] <= 0])
    return [(part[:, :2], part[:, 2:-1]) for part in parts]


def most_regions(inputs, units):
    """The most regions that one layer of ``units`` units with one kink each can make.

    The sum of the binomial coefficients (units over j) for j from 0 to ``inputs``: the number of
    parts into which that many hyperplanes can cut space (Zaslavsky).
    """
    inputs, units = whole("inputs", inputs), whole("units", units)
    return sum(math.comb(units, j) for j in range(inputs + 1))


# --- order and chaos ------------------------------------------------------------------------------
#
# A layer of a very wide random network: weights of variance sigma_w² / fan_in, biases of variance
# sigma_b². If the pre-activations of one layer have variance q, those of the next have V(q) below.
# B. Poole et al., "Exponential expressivity in deep neural networks through transient chaos", 2016;
# S. Schoenholz et al., "Deep information propagation", 2017.


_nodes = functools.lru_cache(gaussian_nodes)


def _bell(f, q):
    """Nodes and weights for averages over pre-activations of variance q."""
    z, weights = _nodes(tuple(kink / math.sqrt(q) for kink in f.kinks))
    return math.sqrt(q) * z, weights


def variance_map(activation, q, sigma_w, sigma_b=0.0):
    """Variance of the next layer's pre-activations when this layer's is ``q``: V(q).

    V(q) = sigma_w² E[f(z)²] + sigma_b², for z from the bell curve of variance q.
    """
    f = _function(activation)
    z, weights = _bell(f, positive("q", q))
    return positive("sigma_w", sigma_w) ** 2 * float(weights @ f(z) ** 2) + sigma_b**2


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
        ``q``, reached from inputs of variance 1, and ``chi`` = sigma_w² E[f'(z)²] at that q.
    """
    f = _function(activation)
    sigma_w = positive("sigma_w", sigma_w)
    if not (math.isfinite(sigma_b) and sigma_b >= 0):
        raise ValueError(f"sigma_b must be a finite number, 0 or more; got {sigma_b!r}")
    q = _settled(lambda q: variance_map(f, q, sigma_w, sigma_b) / q - 1)
    if q == 0:
        return MeanField(q, sigma_w**2 * float(f.derivative(0.0)) ** 2)
    if q == math.inf:
        far = f.derivative(np.array([-np.inf, np.inf]))
        return MeanField(q, sigma_w**2 * float(np.square(far).mean()))
    z, weights = _bell(f, q)
    return MeanField(q, sigma_w**2 * float(weights @ f.derivative(z) ** 2))


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
        name = _function(activation).name
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
        The correlation one layer on, right to about 1e-6.
    """
    f = _function(activation)
    c = finite("correlation", correlation)
    if np.abs(c).max() > 1:
        raise ValueError(f"correlation must lie between -1 and 1, got {np.abs(c).max()}")
    if q is None:
        q = mean_field(f, sigma_w, sigma_b).q
        if q in (0, math.inf):
            raise ValueError(f"q must be given: with these scales the variance goes to {q:g}")
    z, weights = _bell(f, positive("q", q))
    heavy = weights > 1e-18  # the rest adds nothing
    z, weights = z[heavy], weights[heavy]

    def product(c):  # E[f(z1) f(z2)] for z1, z2 of variance q and correlation c
        second = f(c * z[:, None] + math.sqrt(1 - c * c) * z)
        return weights * f(z) @ second @ weights

    products = np.vectorize(product, otypes=[float])(c)
    after = sigma_w**2 * products + sigma_b**2
    return (after / variance_map(f, q, sigma_w, sigma_b))[()]


# --- how far a share can be trusted ---------------------------------------------------------------


def wilson_interval(successes, trials, confidence=0.95):
    """Confidence interval of a share that was counted: ``successes`` out of ``trials``.

    Wilson's score interval. Unlike share ± 1.96 standard errors, it stays between 0 and 1 and
    says something useful at 0 and at 100 %.

    Parameters
    ----------
    successes : int
    trials : int
    confidence : float
        Between 0 and 1.

    Returns
    -------
    low, high : float
    """
    trials, successes = whole("trials", trials), whole("successes", successes, least=0)
    if successes > trials:
        raise ValueError(f"successes must be at most trials, {trials}; got {successes}")
    z = NormalDist().inv_cdf((1 + positive("confidence", confidence, below=1)) / 2)
    share = successes / trials
    centre = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(
        share * (1 - share) / trials + z**2 / (4 * trials**2)
    )
    return max(0.0, centre - half), min(1.0, centre + half)
