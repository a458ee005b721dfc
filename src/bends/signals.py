"""What flows through a network, forward and backward, and which of its units stopped learning.

`signals` gives the numbers themselves, `statistics` sums them up layer by layer, and the rest
tells units that have stopped learning. `bends.diagnosis` puts it all into words.
"""

from typing import NamedTuple

import numpy as np

from bends._arguments import positive
from bends.activations import ACTIVATIONS
from bends.catalogue import find
from bends.losses import LOSSES

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
    loss : str or Loss, optional
        Without one there are no gradients.
    targets : array, optional
        As ``loss`` takes them.

    Returns
    -------
    Signals

    Raises
    ------
    ValueError, TypeError, KeyError
        If x or the targets do not belong to the network, the loss is not known, or it is given
        without targets or they without it.
    """
    if (loss is None) != (targets is None):
        raise TypeError("signals takes loss and targets together, or neither")
    if loss is not None:
        loss = find(LOSSES, loss, "loss")
    outputs = net(x)
    if loss is not None:
        net.backward(loss(outputs, targets)[1])
    gradients = None if loss is None else net.signals
    return Signals(net.pre_activations, net.layer_inputs[1:], gradients)


class Statistics(NamedTuple):
    """One number for each layer (and, in a stack, each member: shape (members, layers))."""

    mean: np.ndarray
    std: np.ndarray
    mean_square: np.ndarray


def statistics(layers):
    """Mean, standard deviation and mean square of each layer's numbers, in float64.

    Parameters
    ----------
    layers : sequence of arrays, shape (n, units) each
        A field of what `signals` returns.

    Returns
    -------
    Statistics

    Raises
    ------
    ValueError
        If the layers do not have the axes (n, units).
    """
    layers = [np.asarray(layer, np.float64) for layer in layers]  # half precision overflows
    for number, layer in enumerate(layers, start=1):
        if layer.ndim < 2:
            raise ValueError(
                f"layers must have the shape (n, units) each; the {number}. has {layer.shape}"
            )
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

    Raises
    ------
    ValueError, TypeError, KeyError
        If the function is not known, or the numbers have no axes (n, units).
    """
    slopes = find(ACTIVATIONS, activation).derivative(pre_activations)
    return (slopes_by_unit(slopes) == 0).all(axis=-2)


def flat_slopes(activation, pre_activations, share=0.01):
    """Which slopes are flat: next to nothing beside the function's steepest.

    Parameters
    ----------
    activation : str or Activation
    pre_activations : array of any shape
    share : float
        A slope is flat below this share of the function's steepest slope on [-5, 5], or of 1
        where that is steeper, and where it is 0.

    Returns
    -------
    bool array of the same shape

    Raises
    ------
    ValueError, TypeError, KeyError
        If the function is not known, the numbers are none, or `share` is not above 0.
    """
    f, share = find(ACTIVATIONS, activation), positive("share", share)
    steepest = min(1.0, np.abs(f.derivative(np.linspace(-5, 5, 1001))).max())
    slope = np.abs(f.derivative(pre_activations))
    return (slope < share * steepest) | (slope == 0)


def saturated_units(activation, pre_activations, share=0.01):
    """Which units are saturated: flat on every example, but not dead.

    Parameters
    ----------
    activation : str or Activation
    pre_activations : array, shape (n, units) or (members, n, units)
    share : float
        As `flat_slopes` takes it.

    Returns
    -------
    bool array, shape (units,) or (members, units)

    Raises
    ------
    ValueError, TypeError, KeyError
        As `dead_units` and `flat_slopes`.
    """
    flat = slopes_by_unit(flat_slopes(activation, pre_activations, share)).all(axis=-2)
    return flat & ~dead_units(activation, pre_activations)


def slopes_by_unit(slopes):
    """Refuse slopes that have no axes for examples and units."""
    if np.ndim(slopes) < 2:
        raise ValueError(
            "pre_activations must have the shape (n, units), or (members, n, units); got "
            f"{np.shape(slopes)}"
        )
    return slopes
