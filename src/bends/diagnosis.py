"""What is wrong inside a network: `diagnose` measures every hidden layer and says what it sees.

Two things are measured in each layer: how far its numbers differ from example to example (their
spread: without it, the layers behind cannot tell the examples apart), and how many slopes are so
small that hardly any gradient passes. What is wrong with that is judged in `verdicts`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from textwrap import fill

import numpy as np

from bends._arguments import finite
from bends.activations import ACTIVATIONS
from bends.catalogue import Activation, find
from bends.network import one_network
from bends.signals import dead_units, flat_slopes, saturated_units, signals
from bends.verdicts import few_to_tell, findings

WIDTH = 42  # characters in a line: a phone shows no more

ROUNDING = 1e-6  # constant, copies, linear: a difference below this share of the numbers


@dataclass(frozen=True, eq=False)
class Layer:
    """What `diagnose` measured in one layer."""

    name: str  # its number, from 1; or its name
    activation: Activation
    shape: tuple
    axis: int  # the one that counts the units
    units: int
    before: float  # spread over the examples of what enters the activation function
    after: float  # and of what leaves it
    mean: float  # of what enters: the root mean square of the units' means
    dead: np.ndarray  # numbers of the units with slope 0 on every example
    off: bool  # whether all that the dead units give is 0
    saturated: np.ndarray  # numbers of the units that are flat on every example, but not dead
    flat: float  # share of the slopes below a hundredth of the function's steepest
    slope: float  # root mean square of the slopes
    copies: bool  # whether all units give the same numbers
    straight: bool  # whether what each unit gives lies on one straight line, over all examples

    def __eq__(self, other):
        if not isinstance(other, Layer):
            return NotImplemented
        return all(map(np.array_equal, vars(self).values(), vars(other).values()))

    @property
    def constant(self):
        """Whether every example gives the same numbers."""
        return self.before <= ROUNDING * self.mean


@dataclass(frozen=True)
class Diagnosis:
    """A report on every hidden layer, which prints in words.

    Attributes
    ----------
    layers : tuple of Layer
    findings : dict
        What looks wrong: sentences by the word for it, such as "vanishing". Empty if nothing does.
    """

    layers: tuple
    findings: dict

    def __str__(self):
        lines = [
            f"      spread over {self.layers[0].shape[0]} examples",
            "layer units   before    after  dead  flat",
        ]
        told = None
        for number, layer in enumerate(self.layers, start=1):
            head = layer.activation.title
            if layer.name != str(number):
                head = f"{layer.name}: {head}"
            if head != told:
                lines.append(head)
            told = head
            lines.append(
                f"{number:>5} {layer.units:>5} {_in_eight(layer.before)} {_in_eight(layer.after)} "
                f"{len(layer.dead):>5} {layer.flat:>5.0%}"
            )
        said = [f"{word.capitalize()}: {text}" for word, text in self.findings.items()]
        said = said or ["Nothing wrong found in spreads and slopes."]
        if "dead" not in self.findings and any(map(few_to_tell, self.layers)):
            said += ["Dead units: too few examples to tell."]
        said += ["Not measured: output layer, loss, gradients, learning rate, labels."]
        return "\n".join([*lines, *(fill(text, WIDTH) for text in said)])


def _in_eight(x):
    """A number in eight characters, so that none touches its neighbour."""
    text = f"{x:.3g}"
    return f"{text if len(text) <= 8 else f'{x:.2g}':>8}"  # three digits in the exponent


def diagnose(net, x=None, *, activation=None, axis=-1):
    """Look at what flows through the hidden layers, and name what keeps them from learning.

    A layer's *spread* is the root mean square, over its units, of the standard deviation over the
    examples: what is the same for every example, such as a bias, adds nothing to it. A slope is
    *flat* if it is below a hundredth of the function's steepest.

    The verdicts, and where each begins:

    - *dead*: a quarter of a layer's units or more have slope 0 on every example. (Fewer are
      counted, and are no finding: untrained ReLU networks of eight layers have some, and learn.) A
      unit that none of n examples makes active is active on at most about 3/n of all (rule of
      three: with 95 % confidence). With fewer than 100 examples it takes half of a layer; 3 or
      fewer show nothing.
    - *linear*: in a layer, what each unit gives lies on one straight line over all examples, so
      that the layer acts as a linear one.
    - *saturated*: more than 85 % of a layer's slopes are flat, where the function is flat at both
      ends, as tanh; for other functions, units that are flat on every example, but not dead.
    - *vanishing*, *exploding*: from the first layer to the last, the spread of what leaves the
      activation function falls below a fifth, or grows to more than four times; and by more than
      10 % a layer. What enters the function must do so too.
      Gradients explode if they grow to more than 20 times on their way back, and by more than
      30 % a layer. That is an estimate: of all layers together, the product of how much the
      weights stretch the spread (before a layer, over after the one in front) and the slopes' root
      mean square. Chaos shows in it (weights too large for tanh), which the spread alone hides.
    - *constant*, *copies*: every example, or every unit, gives the same numbers.
    - *unscaled*, *off centre*: what enters the first layer has a spread below 0.1 or above 30, or
      means of more than two spreads.
    - *wrapped*: what enters a sine, behind the first layer, has a spread above 2, beside
      a period of 6.28.
    - *axis*: the shapes look as if another axis counted the units.

    A verdict is a suspicion: some networks with one learn as well as the others. The spread of
    ReLU with He's initialisation falls slowly, because the angle between examples closes: it is
    not called vanishing, even with 50 layers.

    Parameters
    ----------
    net : MLP, sequence of arrays, or dict of arrays
        One network, without skip connections; or, from any framework, what enters the activation
        function of each hidden layer, in order or by name: arrays or PyTorch's tensors of shape
        (n, units), where n, the number of examples, is 2 or more and the same in each layer, or
        with further axes, such as (n, h, w, channels).
    x : array, shape (n, d_in)
        The inputs, where ``net`` is a network.
    activation : str, Activation, or a list or dict of these
        The function that the numbers enter, or one for each layer, where ``net`` is not a network.
    axis : int
        The axis that counts the units: the last, as in Keras, or 1 for PyTorch's convolutions,
        (n, channels, h, w). The spread is then taken at each place in the image, and a channel is
        dead if it is so at every place.

    Returns
    -------
    Diagnosis
        Print it to read it; ``layers`` holds the numbers, ``findings`` the verdicts. A network's
        output layer is left out.

    Raises
    ------
    ValueError
        If there is no hidden layer, a shape is wrong, layers hold different examples, a number is
        not finite (also among a network's outputs), or a network has skip connections; the message
        names the layer.
    TypeError, KeyError
        If an argument is of another kind, or an activation function is not known.

    Examples
    --------
    >>> print(diagnose([[[-100.0, 3.0], [100.0, -9.0]]], activation="tanh"))
          spread over 2 examples
    layer units   before    after  dead  flat
    tanh
        1     2     70.8    0.999     0  100%
    Saturated: 100% of the slopes in layer 1
    are below a hundredth of tanh's steepest.
    Little gradient passes. Suspect: inputs
    that are not scaled.
    Not measured: output layer, loss,
    gradients, learning rate, labels.
    """
    layers, functions = _layers(net, x, activation)
    measured = tuple(
        _measure(name, f, z, axis) for (name, z), f in zip(layers.items(), functions, strict=True)
    )
    for layer in measured:
        if layer.shape[0] != measured[0].shape[0]:
            raise ValueError(
                f"layers must hold the same examples; layer {measured[0].name} has "
                f"{measured[0].shape[0]}, layer {layer.name} has {layer.shape[0]}"
            )
    return Diagnosis(measured, findings(measured))


def _layers(net, x, activation):
    """What enters each hidden layer, by name, and the functions that it enters."""
    if hasattr(net, "pre_activations"):
        if x is None or activation is not None:
            raise TypeError("a network is diagnosed as diagnose(net, x), with no activation")
        layers, activation = _into_functions(net, x), net.activations
    elif x is not None or activation is None:
        raise TypeError("pre-activations are diagnosed as diagnose(arrays, activation=...)")
    elif isinstance(net, Mapping):
        layers = net
    elif np.iterable(net):
        layers = list(net)
    else:
        raise TypeError(f"net must be a network, or the arrays of its layers; got {net!r}")
    if not isinstance(layers, Mapping):
        layers = {str(number): z for number, z in enumerate(layers, start=1)}
    if not layers:
        raise ValueError("net has no hidden layer to look at")
    return layers, _one_for_each(activation, layers)


def _into_functions(net, x):
    """What enters each activation function of a network, if all its numbers are finite."""
    one_network(net)
    if getattr(net, "skip", False):
        raise ValueError(
            "net has skip connections, which lead the signal around its activation functions: the "
            "verdicts do not hold for it"
        )
    with np.errstate(all="ignore"):  # what overflows is told below
        *hidden, outputs = signals(net, x).pre_activations
    for number, z in enumerate(hidden, start=1):
        finite(f"layer {number}", z)
    finite(f"layer {len(hidden) + 1}, the output layer,", outputs)
    return net.normalised if getattr(net, "normalise", False) else hidden


def _one_for_each(activation, layers):
    """The activation functions of these layers, from a name, a function, or one for each."""
    if isinstance(activation, Mapping):
        if set(activation) != set(layers):
            raise ValueError(
                f"activation must name the layers {', '.join(map(str, layers))}; "
                f"got {', '.join(map(str, activation))}"
            )
        activation = [activation[name] for name in layers]
    elif isinstance(activation, str | Activation):
        activation = [activation] * len(layers)
    if not isinstance(activation, Sequence | np.ndarray):  # a set has no order
        raise TypeError(
            f"activation must be a name, a function or a list with one for each layer; "
            f"got {activation!r}"
        )
    if len(activation) != len(layers):
        raise ValueError(
            f"activation must be one function, or one for each of the {len(layers)} layers; "
            f"got {len(activation)}"
        )
    return [find(ACTIVATIONS, f) for f in activation]


def _measure(name, f, z, axis):
    if hasattr(z, "detach"):  # a PyTorch tensor; NumPy does not know its bfloat16
        z = z.detach().cpu().double().numpy()
    z = finite(f"layer {name}", z)
    if z.ndim < 2 or len(z) < 2:
        raise ValueError(f"layer {name} must have the shape (n, units), n 2 or more; got {z.shape}")
    if not isinstance(axis, Integral) or axis == 0 or not -z.ndim < axis < z.ndim:
        raise ValueError(f"axis must count the units of layer {name}, of {z.shape}; got {axis!r}")
    shape, z = z.shape, np.moveaxis(z, axis, -1)
    a = finite(f"what {f.title} gives in layer {name}", f(z))
    rows = z.reshape(-1, z.shape[-1])
    dead = np.flatnonzero(dead_units(f, rows))
    between = np.abs(z - z[..., :1]).max()  # from unit to unit
    return Layer(
        name=str(name),
        activation=f,
        shape=shape,
        axis=axis % len(shape),
        units=z.shape[-1],
        before=_spread(z),
        after=_spread(a),
        mean=_root_mean_square(z.mean(axis=0)),
        dead=dead,
        off=not a[..., dead].any(),
        saturated=np.flatnonzero(saturated_units(f, rows)),
        flat=float(flat_slopes(f, rows).mean()),
        slope=_root_mean_square(f.derivative(rows)),
        copies=z.shape[-1] > 1 and bool(between <= ROUNDING * np.abs(z).max()),
        straight=_straight(rows, a.reshape(rows.shape), f.derivative(rows)),
    )


def _straight(z, a, slopes):
    """Whether each unit has one slope, and one height of its line at 0, on every example."""
    heights = a - slopes * z
    return all(
        np.ptp(numbers, axis=0).max() <= ROUNDING * np.abs(beside).max()
        for numbers, beside in ((slopes, slopes), (heights, a))
    )


def _spread(z):
    """Root mean square, over the units, of the standard deviation over the examples."""
    return _root_mean_square(z - z.mean(axis=0))


def _root_mean_square(z):
    largest = max(float(np.abs(z).max()), np.finfo(float).tiny)  # so that no square overflows
    return largest * float(np.sqrt(np.square(z / largest).mean()))
