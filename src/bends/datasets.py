"""Data made in code from a seed: nothing is downloaded, and the same call gives the same numbers.

Points in the plane come as ``(x, y)``: ``x`` has shape ``(n, 2)``, ``y`` holds the class of each
point as an integer. Before noise they lie between -2 and 2, most of them between -1 and 1. They
come in random order, so that any first part of them is a fair sample; only `xor` has its four
corners in the order of a table. Curves come as ``(x, y)``, each of shape ``(n, 1)``. MNIST-1D comes
already split.
"""

import functools
import math
from numbers import Real
from typing import NamedTuple

import numpy as np

from bends._arguments import known, whole


def _number(name, value, highest=math.inf):
    """``value`` as a float, if it is finite and from 0 to ``highest``."""
    if isinstance(value, Real) and 0 <= value <= highest and math.isfinite(value):
        return float(value)
    accepted = "0 or more" if highest == math.inf else f"from 0 to {highest}"
    raise ValueError(f"{name} must be a finite number, {accepted}; got {value!r}")


def _interval(value):
    try:
        low, high = (float(end) for end in value)
    except (TypeError, ValueError):
        low = high = math.nan
    if not -math.inf < low < high < math.inf:
        raise ValueError(f"interval must be two finite numbers, low < high; got {value!r}")
    return low, high


def _generator(seed):
    return np.random.default_rng(whole("seed", seed, 0))


def _scatter(points, labels, noise, rng):
    """Shuffle the points and move each by a normal step of standard deviation ``noise``."""
    order = rng.permutation(len(points))
    points = points[order] + _number("noise", noise) * rng.standard_normal(points.shape)
    return points, labels[order].astype(np.int64)


# --- points in the plane -------------------------------------------------------------------------


def xor():
    """The four corners of a square; the class is 1 where exactly one coordinate is 1.

    Returns
    -------
    x : float array, shape (4, 2)
        (0, 0), (0, 1), (1, 0), (1, 1).
    y : int array, shape (4,)
        0, 1, 1, 0.
    """
    return np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


def xor_cloud(n=200, *, noise=0.05, seed=0):
    """Points all over a square; the class is 1 where the coordinates have different signs.

    Parameters
    ----------
    n : int
        Number of points.
    noise : float
        Standard deviation of the normal step that moves each point after it got its class.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
        Before noise, both coordinates are at least 0.06 and at most 1.06 away from 0.
    y : int array, shape (n,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    points = rng.uniform(-1, 1, (whole("n", n), 2))
    points += np.where(points > 0, 0.06, -0.06)  # a gap along both axes
    return _scatter(points, points[:, 0] * points[:, 1] < 0, noise, rng)


def moons(n=200, *, noise=0.1, seed=0):
    """Two half circles, one hooked into the other.

    Parameters
    ----------
    n : int
        Number of points, at least 2; half of them, rounded down, in class 0.
    noise : float
        Standard deviation of the normal step that moves each point.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
        Class 0 before noise: (cos t, sin t); class 1: (1 - cos t, 0.5 - sin t), t from 0 to pi.
    y : int array, shape (n,)
        0 or 1.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    n = whole("n", n, 2)
    outer = np.linspace(0, np.pi, n // 2)
    inner = np.linspace(0, np.pi, n - n // 2)
    points = np.concatenate(
        [
            np.column_stack([np.cos(outer), np.sin(outer)]),
            np.column_stack([1 - np.cos(inner), 0.5 - np.sin(inner)]),
        ]
    )
    return _scatter(points, np.arange(n) >= n // 2, noise, rng)


def circles(n=200, *, factor=0.5, noise=0.05, seed=0):
    """A circle inside a circle.

    Parameters
    ----------
    n : int
        Number of points, at least 2; half of them, rounded down, in class 0, the outer circle.
    factor : float
        Radius of the inner circle; the outer one has radius 1.
    noise : float
        Standard deviation of the normal step that moves each point.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
    y : int array, shape (n,)
        0 on the outer circle, 1 on the inner one.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    n = whole("n", n, 2)
    inside = np.arange(n) >= n // 2
    radius = np.where(inside, _number("factor", factor, 1), 1.0)
    angle = 2 * np.pi * rng.random(n)
    points = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return _scatter(points, inside, noise, rng)


def spirals(n=200, *, arms=2, turns=1.0, noise=0.02, seed=0):
    """Arms that wind out of the centre, one class each.

    Parameters
    ----------
    n : int
        Number of points, at least one for each arm; shared out evenly.
    arms : int
        Number of arms, at least 2.
    turns : float
        How often each arm winds around the centre.
    noise : float
        Standard deviation of the normal step that moves each point.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
        Arm k before noise: r (sin t, cos t) with t = 2 pi (turns r + k / arms), r from 0 to 1.
    y : int array, shape (n,)
        The arm: 0 to ``arms - 1``.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    arms = whole("arms", arms, 2)
    n = whole("n", n, arms)
    arm = np.arange(n) % arms
    step = np.arange(n) // arms
    radius = (step + 1) / (step[-1] + 1)
    angle = 2 * np.pi * (_number("turns", turns) * radius + arm / arms)
    points = radius[:, None] * np.column_stack([np.sin(angle), np.cos(angle)])
    return _scatter(points, arm, noise, rng)


def blobs(n=200, *, classes=2, noise=0.3, seed=0):
    """Round clouds, their centres spread evenly on a circle of radius 1.

    Parameters
    ----------
    n : int
        Number of points, at least one for each class; shared out evenly.
    classes : int
        Number of clouds, at least 2.
    noise : float
        Standard deviation of each cloud.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
    y : int array, shape (n,)
        0 to ``classes - 1``.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    classes = whole("classes", classes, 2)
    n = whole("n", n, classes)
    label = np.arange(n) % classes
    angle = 2 * np.pi * label / classes
    return _scatter(np.column_stack([np.cos(angle), np.sin(angle)]), label, noise, rng)


def checkerboard(n=400, *, squares=4, noise=0.0, seed=0):
    """The board from -1 to 1; neighbouring squares belong to different classes.

    Parameters
    ----------
    n : int
        Number of points.
    squares : int
        Squares along each side, at least 2.
    noise : float
        Standard deviation of the normal step that moves each point after it got its class.
    seed : int
        Seed of every random draw.

    Returns
    -------
    x : float array, shape (n, 2)
    y : int array, shape (n,)
        0 or 1; the lower left square is 0.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    rng = _generator(seed)
    points = rng.random((whole("n", n), 2))
    square = np.floor(points * whole("squares", squares, 2)).astype(int)
    return _scatter(2 * points - 1, square.sum(axis=1) % 2, noise, rng)


# --- curves --------------------------------------------------------------------------------------

TARGETS = {
    "sine": (np.sin, (-np.pi, np.pi)),
    "multi_frequency": (
        lambda x: np.sin(20 * np.pi * x) + 0.5 * np.sin(46 * np.pi * x),
        (-1.0, 1.0),
    ),
    "abs": (np.abs, (-1.0, 1.0)),
    "square": (np.square, (-1.0, 1.0)),
    "step": (lambda x: np.where(x > 0, 1.0, 0.0), (-1.0, 1.0)),
    "bump": (lambda x: np.exp(-((x / 0.25) ** 2)), (-1.0, 1.0)),
}
"""Curves to fit: name -> (function, the interval on which it is usually sampled)."""


def regression(target="sine", n=256, *, interval=None, noise=0.0, seed=0):
    """A curve sampled at evenly spaced points.

    Parameters
    ----------
    target : str
        A name in ``TARGETS``.
    n : int
        Number of points, at least 2: both ends of the interval are among them.
    interval : pair of floats, optional
        Where to sample; the target's own interval when left out. Give another one to look at what
        a network does outside its data.
    noise : float
        Standard deviation of the normal error added to ``y``.
    seed : int
        Seed of the noise.

    Returns
    -------
    x : float array, shape (n, 1)
        In rising order.
    y : float array, shape (n, 1)

    Raises
    ------
    ValueError, KeyError
        If the target is not known, `n` or `seed` is no whole number, or another argument is out of
        range; the message names it.
    """
    function, usual = known("target", target, TARGETS)
    low, high = _interval(usual if interval is None else interval)
    x = np.linspace(low, high, whole("n", n, 2))[:, None]
    error = _generator(seed).standard_normal(x.shape)
    return x, function(x) + _number("noise", noise) * error


# --- MNIST-1D ------------------------------------------------------------------------------------


class MNIST1D(NamedTuple):
    """Ten kinds of signal, 40 numbers each; ``x`` standardised over the whole set."""

    x: np.ndarray  # (0.8 n, 40)
    y: np.ndarray  # (0.8 n,), 0 to 9
    x_test: np.ndarray  # (0.2 n, 40)
    y_test: np.ndarray  # (0.2 n,)


# The ten templates are part of MNIST-1D (Apache License 2.0; see NOTICE).
TEMPLATES = [
    [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
    [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
    [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
    [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
    [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
    [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
    [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
    [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
    [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
    [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
]


def _resample(signal, n):
    """Read ``n`` evenly spaced values off the signal, joined by straight lines."""
    return np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(signal)), signal)


_BLUR = np.exp(-0.5 * (np.arange(-8, 9) / 2) ** 2)  # a normal curve of standard deviation 2
_BLUR /= _BLUR.sum()


def _smooth(noise):
    """Blur along the signal, which goes on mirrored beyond its ends."""
    return np.convolve(np.concatenate([noise[7::-1], noise, noise[:-9:-1]]), _BLUR, mode="valid")


def _draw_signal(template, random):
    """One example. The order of the random draws is that of the published set."""
    blank = 36 + int(random.rand() * 25)  # 36 to 60 blank steps behind the template
    signal = _resample(np.concatenate([template + 1e-8, np.zeros(blank)]), 72)
    signal *= 1 + 0.4 * (random.rand() - 0.5)
    signal = np.roll(signal, random.choice(48))
    rough = _smooth(0.25 * random.randn(72))
    signal = np.where(signal != 0, signal, rough) + 0.02 * random.randn(72)
    signal -= 0.75 * (random.rand() - 0.5) * np.linspace(-0.5, 0.5, 72)
    return _resample(signal, 40)


@functools.cache
def _mnist1d(n, seed):
    # The published set was drawn with this older generator.
    random = np.random.RandomState(seed)
    templates = np.array(TEMPLATES)
    templates -= templates.mean(axis=1, keepdims=True)
    templates /= templates.std(axis=1, keepdims=True)
    templates = (templates - templates[:, :1]) / 6  # each begins and ends at 0
    y = np.repeat(np.arange(10), n // 10)
    x = np.array([_draw_signal(templates[label], random) for label in y])
    order = random.permutation(n)
    x, y = x[order], y[order]
    x = (x - x.mean()) / x.std()
    cut = n * 4 // 5
    data = MNIST1D(x[:cut], y[:cut], x[cut:], y[cut:])
    for array in data:
        array.flags.writeable = False  # the same arrays go to every caller
    return data


def mnist1d(n=5000, *, seed=42):
    """MNIST-1D: ten kinds of signal, each stretched, moved, tilted and drowned in noise.

    With the defaults it is the published set, number for number (to 1e-12). It takes about a
    second, once; later calls return the same arrays, which are read-only.

    Parameters
    ----------
    n : int
        Number of signals, a multiple of 10: each kind is equally frequent in the whole.
    seed : int
        Seed of every random draw.

    Returns
    -------
    MNIST1D
        ``x`` (0.8 n, 40) and ``y`` (0.8 n,) to train on, ``x_test`` (0.2 n, 40) and ``y_test``.

    References
    ----------
    Greydanus and Kobak, "Scaling down deep learning with MNIST-1D", arXiv:2011.14439.

    Raises
    ------
    ValueError
        If `n` or `seed` is no whole number, or another argument is out of range; the message names
        it.
    """
    n = whole("n", n, 10)
    if n % 10:
        raise ValueError(f"n must be a multiple of 10, one tenth for each kind; got {n}")
    return _mnist1d(n, whole("seed", seed, 0))
