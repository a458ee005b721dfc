"""What flows through a network, forward and backward, and which of its units stopped learning.

`signals` gives the numbers themselves, `statistics` sums them up layer by layer, and `diagnose`
looks for units that have stopped learning.
"""

from dataclasses import dataclass
from textwrap import fill
from typing import NamedTuple

import numpy as np

from bends.activations import ACTIVATIONS
from bends.catalogue import find
from bends.network import one_network

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
    mean_square: np.ndarray


def statistics(layers):
    """Mean, standard deviation and mean square of each layer's numbers.

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
    return (find(ACTIVATIONS, activation).derivative(pre_activations) == 0).all(axis=-2)


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
    f = find(ACTIVATIONS, activation)
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
        one_network(net)
        layers = signals(net, x).pre_activations[:-1]
        functions = net.activations
    else:
        if x is not None or activation is None:
            raise TypeError("pre-activations are diagnosed as diagnose(arrays, activation=...)")
        layers = [np.asarray(layer) for layer in net]
        functions = [find(ACTIVATIONS, activation)] * len(layers)
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
