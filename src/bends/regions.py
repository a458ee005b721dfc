"""Where a network of linear pieces bends: exactly, along a line and in a plane."""

import math

import numpy as np

from bends._arguments import finite, whole
from bends.activations import identity
from bends.network import one_network


def _straight_layers(net):
    """(weights, biases, function) for each layer, in float64; refuses what cannot be followed."""
    one_network(net)
    around = [what for what in ("normalise", "skip") if getattr(net, what, False)]
    if around:
        raise ValueError(f"net must be an MLP of layers alone; this one has {around[0]}=True")
    functions = [*net.activations, identity]
    for f in functions:
        cuts = np.array([-100.0, *f.kinks, 100.0])
        inside = cuts[:-1, None] + np.diff(cuts)[:, None] * np.linspace(0.001, 0.999, 101)
        slopes = f.derivative(inside)
        jumps = [f(np.nextafter(kink, np.inf)) - f(np.nextafter(kink, -np.inf)) for kink in f.kinks]
        if np.ptp(slopes, axis=1).max() > 0 or np.abs([0.0, *jumps]).max() > 1e-9:
            raise ValueError(
                f"net must be made of straight pieces that meet, but {f.name} is not; "
                "functions such as relu, leaky_relu, abs, hard_tanh are"
            )
    return [
        (weights.astype(np.float64), biases.astype(np.float64), f)
        for weights, biases, f in zip(net.weights, net.biases, functions, strict=True)
    ]


def _points(net, **points):
    """Points as arrays of as many numbers as the network takes."""
    inputs = net.sizes[0]
    for name, point in points.items():
        point = np.atleast_1d(finite(name, point))
        if point.shape != (inputs,):
            raise ValueError(f"{name} must be {inputs} numbers, one an input; got {point.shape}")
        yield point


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

    Raises
    ------
    ValueError
        If net is a stack, normalises, skips, bends smoothly or jumps, or a point has not one number
        for each input.
    """
    layers = _straight_layers(net)
    start, stop = _points(net, start=start, stop=stop)
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

    Raises
    ------
    ValueError
        As for `linear_pieces`.
    """
    layers = _straight_layers(net)
    origin, u, v = _points(net, origin=origin, u=u, v=v)
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
