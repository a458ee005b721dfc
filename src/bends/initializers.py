"""Where the weights start.

A layer that takes in `fan_in` numbers with a mean square of q, and weighs each by an
independent weight of variance v, gives out numbers of variance fan_in · v · q. Every
initialiser here is a choice of v, and of the biases (zero, save in PyTorch's default).

An initialiser is a function of `(rng, fan_in, fan_out, activation)` that returns the
weights, of shape (fan_in, fan_out), and the biases, of shape (fan_out,). `activation` is the
function that the layer's inputs come from; the first layer's inputs are data, and it gets
the identity.
"""

from dataclasses import fields
from functools import lru_cache, partial, wraps

import numpy as np

from bends._arguments import positive
from bends.activations import ACTIVATIONS
from bends.catalogue import Activation, find

GAINS = ("forward", "backward", "variance")


def gaussian_nodes(kinks=()):
    """Points and weights that average a function over the bell curve.

    Gauss-Legendre quadrature with 64 nodes on each piece of [-13, 13], cut at the whole
    numbers and at `kinks`, so that no piece has a corner inside. Outside, the bell curve
    holds less than 1e-37.

    Parameters
    ----------
    kinks : sequence of float
        Where the function, or its derivative, jumps.

    Returns
    -------
    z, weights : ndarray
        `weights @ f(z)` is the mean of f(z) for z drawn from N(0, 1).
    """
    cuts = np.union1d(np.arange(-13.0, 14.0), [k for k in kinks if abs(k) < 13])
    nodes, weights = np.polynomial.legendre.leggauss(64)
    half = np.diff(cuts)[:, None] / 2
    z = (cuts[:-1, None] + half * (1 + nodes)).ravel()
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    return z, (half * weights).ravel() * density


@lru_cache
def nodes_for(kinks):
    """`gaussian_nodes`, kept: making them takes longer than the sum over them."""
    return gaussian_nodes(kinks)


HALVES = tuple(np.arange(-12.5, 13))  # cuts that halve each piece: half as wide, twice the nodes


def agreed(what, average, finer, within=1e-9):
    """Return an average over the bell curve, if it stays with twice as many nodes.

    A spike or a fast wave that is narrower than the nodes lie apart is missed, or hit by chance.
    """
    moved = abs(average - finer)
    if moved > within * abs(finer):
        raise ValueError(
            f"{what} is not settled: the average behind it takes 64 points a unit, and with 128 "
            f"it moves by {moved / abs(finer):.1g} of its size. The function has a spike or a "
            "wave too narrow for that; take other parameters"
        )
    return average


class _Finer(Activation):
    """An activation function whose pieces are cut in halves wherever it is averaged."""

    @property
    def kinks(self):
        return (*super().kinks, *HALVES)


def once_for_each(gain):
    """Keep what was computed for a function of the catalogue; a name is looked up every time."""

    def settled(activation, kind):
        parts = {field.name: getattr(activation, field.name) for field in fields(activation)}
        values = (gain(f, kind) for f in (activation, _Finer(**parts)))
        return agreed(f"the {kind} gain of {activation.name}", *values)

    kept = lru_cache(settled)

    @wraps(gain)
    def looked_up(activation, kind="forward"):
        return (kept if kind in GAINS else gain)(find(ACTIVATIONS, activation), kind)

    return looked_up


@once_for_each
def gain(activation, kind="forward"):
    """Return the factor on LeCun's weights that keeps a mean square through `activation`.

    Parameters
    ----------
    activation : str or Activation
        A function of the catalogue, or its name.
    kind : {"forward", "backward", "variance"}
        "forward" keeps the mean square of what leaves the layers, 1/√E[f(z)²]; "backward"
        that of the gradients on the way back, 1/√E[f'(z)²]; "variance" the variance of what
        leaves, 1/√Var[f(z)]. Always for z drawn from N(0, 1).

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For another `kind`, where the mean is 0 (the step function lets no gradient back), and
        where a function is too narrow, or swings too fast, for its mean to be right to 1e-9.
    """
    activation = find(ACTIVATIONS, activation)
    if kind not in GAINS:
        raise ValueError(f"kind must be one of {', '.join(GAINS)}; got {kind!r}")
    z, weights = nodes_for(tuple(activation.kinks))
    f = activation.derivative(z) if kind == "backward" else activation(z)
    if kind == "variance":
        f = f - weights @ f
    energy = float(weights @ f**2)
    if energy == 0:
        raise ValueError(f"{activation.name} has no {kind} gain: the mean it divides by is 0")
    return energy**-0.5


def by_name(of):
    """Decorator: the function is called with an entry of the catalogue, also for a name."""

    @wraps(of)
    def looked_up(activation):
        return of(find(ACTIVATIONS, activation))

    return looked_up


@by_name
def mean(activation):
    """Mean of an activation function's output for z drawn from N(0, 1), E[f(z)].

    Parameters
    ----------
    activation : str or Activation
        A function of the catalogue, or its name.

    Returns
    -------
    float
    """
    z, weights = gaussian_nodes(activation.kinks)
    return float(weights @ activation(z))


def _scaled(
    rng, fan_in, fan_out, activation, *, factor, fan, distribution, centred=False,
    uniform_biases=False,
):  # fmt: skip
    if factor in GAINS:
        factor = gain(activation, factor)
    deviation = factor / np.sqrt(fan_in if fan == "in" else (fan_in + fan_out) / 2)
    if distribution == "normal":
        weights = deviation * rng.standard_normal((fan_in, fan_out))
        return weights, -mean(activation) * weights.sum(axis=0) if centred else np.zeros(fan_out)
    limit = np.sqrt(3) * deviation  # U(-a, a) has the variance a²/3
    weights = rng.uniform(-limit, limit, (fan_in, fan_out))
    return weights, rng.uniform(-limit, limit, fan_out) if uniform_biases else np.zeros(fan_out)


def variance_scaling(factor=1.0, *, fan="in", distribution="normal", centred=False):
    """Return the initialiser with weights of variance factor²/fan.

    Parameters
    ----------
    factor : float or {"forward", "backward", "variance"}
        A number, the same in every layer; or a kind of `gain`, of the function that feeds
        the layer.
    fan : {"in", "mean"}
        Divide by the number of inputs, or by the mean of the numbers of inputs and outputs.
    distribution : {"normal", "uniform"}
    centred : bool
        Biases are zero, or, if `centred` (for "normal" alone), such that a layer whose inputs are
        all at the `mean` of the function that feeds it gives out zeros.
    """
    if not (isinstance(factor, str) and factor in GAINS):
        factor = positive("factor", factor)
    if fan not in ("in", "mean"):
        raise ValueError(f"fan must be 'in' or 'mean'; got {fan!r}")
    if distribution not in ("normal", "uniform"):
        raise ValueError(f"distribution must be 'normal' or 'uniform'; got {distribution!r}")
    if centred and distribution != "normal":
        raise ValueError(f"centred needs the distribution 'normal'; got {distribution!r}")
    return partial(_scaled, factor=factor, fan=fan, distribution=distribution, centred=centred)


def zeros(rng, fan_in, fan_out, activation):
    """All weights and biases 0: every unit of a layer stays the copy of its neighbours."""
    return np.zeros((fan_in, fan_out)), np.zeros(fan_out)


_third = 3**-0.5  # the factor of U(±1/√fan_in), whose variance is 1/(3 fan_in)

INITIALIZERS = {
    "zeros": zeros,
    "uniform": variance_scaling(_third, distribution="uniform"),
    "lecun": variance_scaling(1.0),
    "lecun_uniform": variance_scaling(1.0, distribution="uniform"),
    "glorot": variance_scaling(1.0, fan="mean"),
    "glorot_uniform": variance_scaling(1.0, fan="mean", distribution="uniform"),
    "he": variance_scaling(2**0.5),
    "he_uniform": variance_scaling(2**0.5, distribution="uniform"),
    "pytorch": partial(
        _scaled, factor=_third, fan="in", distribution="uniform", uniform_biases=True
    ),
    "gain": variance_scaling("forward"),
}
"""The initialisers by name. "uniform" is U(±1/√fan_in), the habit that Glorot and Bengio (2010)
found at fault; "pytorch" draws the biases from it too, as `torch.nn.Linear` does; "gain" has the
exact forward gain of the function that feeds the layer."""
