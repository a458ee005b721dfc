"""A multilayer perceptron: how numbers flow through it, and how the gradient flows back.

Read it from top to bottom. `forward` is the way through the layers: each weighs and shifts
(`z = a @ W + b`), then applies its activation function (`a = f(z)`). `backward` is the way back,
layer by layer, and is all there is to backpropagation: the chain rule, with every slope taken once.

The same lines serve one network and a stack of networks of one shape, which differ in their seeds.
A stack's arrays have one more axis in front, and `@` multiplies their last two: NumPy does the
members one after the other, each exactly as it would alone.
"""

from functools import wraps
from typing import NamedTuple

import numpy as np

from bends._arguments import finite, whole
from bends.activations import ACTIVATIONS, identity
from bends.catalogue import find
from bends.initializers import INITIALIZERS


class Gradients(NamedTuple):
    """The loss's slope in every parameter: `weights[i]` has the shape of `net.weights[i]`."""

    weights: list
    biases: list


def _refusing(cls):
    """Decorator: a network refuses another dtype, and an init that gives no weights of its shapes.

    It is no part of the class, since that stands in the digests of stored runs.
    """
    fill_in = cls.__init__

    @wraps(fill_in)
    def __init__(self, sizes, activation="relu", *, dtype=np.float64, **options):
        try:
            came = None if dtype is None else np.dtype(dtype)
        except TypeError:
            came = repr(dtype)
        if came not in (np.float64, np.float32):
            raise ValueError(f"dtype must be float64 or float32; got {came}")
        fill_in(self, sizes, activation, dtype=dtype, **options)
        for i, shape in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            for what, array, due in (
                ("weights", self.weights[i], shape),
                ("biases", self.biases[i], shape[1:]),
            ):
                if array.shape != (*self.members, *due):
                    came = array.shape[len(self.members) :]
                    raise ValueError(f"init must give {what} of shape {due}; it gave {came}")
                if not np.isfinite(array).all():
                    raise ValueError(f"init must give finite {what}; in layer {i + 1} some are not")

    cls.__init__ = __init__
    return cls


@_refusing
class MLP:
    """A multilayer perceptron, or a stack of them. The output layer is raw: it has no function.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, units of each hidden layer, outputs: `[2, 16, 1]`.
    activation : str, Activation or a sequence of these
        For all hidden layers, or one for each.
    init : str or callable
        A name in `INITIALIZERS`, or a function as described there. The default, "gain", keeps
        the mean square of the activations from layer to layer, whatever the activation function.
    seed : int or sequence of int
        One seed gives one network. A sequence gives a stack, one member a seed; each member is
        bit for bit the network that its seed gives alone.
    dtype : float64 or float32
        The numbers' precision; float32 trains about twice as fast.

    Attributes
    ----------
    weights, biases : list of ndarray
        One array a layer, of shapes (inputs, units) and (units,); a stack's have a leading axis.
    activations : list of Activation
        One a hidden layer.
    seed : int or tuple of int
    members : tuple
        () for one network, (number of members,) for a stack.
    layer_inputs, pre_activations : list of ndarray
        What the last forward pass sent into each layer, and the sums before the activation
        function; `layer_inputs[i + 1]` holds the activations of layer i. (n, units), or
        (members, n, units).
    shuffles : list of Generator
        One a member: `train` draws the order of the examples from it.
    signals : list of ndarray
        The last backward pass's slopes of the loss in `pre_activations`, in the same shapes.

    Raises
    ------
    ValueError, TypeError, KeyError
        If an argument is not as above; the message names it.
    """

    def __init__(self, sizes, activation="relu", *, init="gain", seed=0, dtype=np.float64):
        self.sizes = [whole("sizes", size) for size in np.atleast_1d(np.array(sizes, object))]
        if len(self.sizes) < 2:
            raise ValueError(f"sizes must name inputs and outputs at least; got {sizes!r}")
        self.dtype = np.dtype(dtype)
        if self.dtype not in (np.float64, np.float32):
            raise ValueError(f"dtype must be float64 or float32; got {self.dtype}")
        self.activations = _one_per_layer(activation, len(self.sizes) - 2)
        self.seed = whole("seed", seed, 0) if np.ndim(seed) == 0 else _seeds(seed)
        self.members = () if isinstance(self.seed, int) else (len(self.seed),)
        init = find(INITIALIZERS, init, "init")

        shapes = list(zip(self.sizes, self.sizes[1:], [identity, *self.activations], strict=False))
        drawn = []
        for seed in self.seed if self.members else [self.seed]:
            rng = np.random.default_rng(seed)
            drawn.append([init(rng, *shape) for shape in shapes])
        self.weights, self.biases = [], []
        for layer in zip(*drawn, strict=True):  # one layer of every member
            W, b = (np.array(arrays, dtype) for arrays in zip(*layer, strict=True))
            self.weights.append(W.reshape(self.members + W.shape[1:]))
            self.biases.append(b.reshape(self.members + b.shape[1:]))
        self.layer_inputs, self.pre_activations, self.signals = [], [], []
        seeds = self.seed if self.members else [self.seed]
        self.shuffles = [np.random.default_rng([seed, 1]) for seed in seeds]

    def __repr__(self):
        names = dict.fromkeys(f.name for f in self.activations)
        stack = f", stack of {self.members[0]}" if self.members else ""
        return f"<MLP {self.sizes}, {' '.join(names) or 'no hidden layer'}{stack}, {self.dtype}>"

    def __call__(self, x):
        """Return the raw outputs for a batch.

        Parameters
        ----------
        x : array of shape (n, inputs)
            For a stack, also (members, n, inputs), which gives each member its own.

        Returns
        -------
        ndarray of shape (n, outputs), or (members, n, outputs) from a stack
        """
        x = finite("x", x, self.dtype)
        n = x.shape[-2] if x.ndim > 1 else 0
        if x.shape not in ((n, self.sizes[0]), (*self.members, n, self.sizes[0])):
            raise ValueError(
                f"x must have the shape (n, {self.sizes[0]}), one row an example; got {x.shape}"
            )
        return self.forward(x)

    def forward(self, x):
        """As a call, without checking x: what training uses."""
        self.layer_inputs, self.pre_activations, self._slopes = [x], [], []
        for W, b, f in zip(self.weights, self.biases, [*self.activations, None], strict=True):
            z = self.layer_inputs[-1] @ W
            z += b[..., None, :]
            self.pre_activations.append(z)
            if f is None:  # the output layer
                return z
            a, slope = f.value_and_derivative(z)
            self.layer_inputs.append(a)
            self._slopes.append(slope)

    def backward(self, gradient):
        """Send the loss's gradient back through the last forward pass.

        Parameters
        ----------
        gradient : ndarray of the shape of the outputs
            The slope of the loss in each output.

        Returns
        -------
        Gradients
            The slope of the loss in each weight and bias.
        """
        signal = np.asarray(gradient, self.dtype)
        if not self.pre_activations or signal.shape != self.pre_activations[-1].shape:
            raise ValueError(
                f"gradient has the shape {signal.shape}; it must have that of the outputs of the "
                "last forward pass"
            )
        gradients = Gradients([None] * len(self.weights), [None] * len(self.biases))
        self.signals = [None] * len(self.weights)
        ones = np.ones(signal.shape[-2], self.dtype)
        for i in reversed(range(len(self.weights))):
            self.signals[i] = signal
            gradients.weights[i] = self.layer_inputs[i].swapaxes(-1, -2) @ signal
            gradients.biases[i] = ones @ signal  # a bias is the weight of an input that is always 1
            if i > 0:  # back through the weights, then through the function before them
                back = self.weights[i].swapaxes(-1, -2)
                single = self.sizes[i + 1] == 1  # one output: a sum of one term, faster by *
                signal = signal * back if single else signal @ back
                signal *= self._slopes[i - 1]
        return gradients


def _one_per_layer(activation, layers):
    if isinstance(activation, str) or not np.iterable(activation):
        activation = [activation] * layers
    functions = [find(ACTIVATIONS, f) if isinstance(f, str) else f for f in activation]
    if len(functions) != layers:
        raise ValueError(
            f"activation must be one, or one for each of the {layers} hidden layers; "
            f"got {len(functions)}"
        )
    for f in functions:
        if not hasattr(f, "value_and_derivative"):
            raise TypeError(f"activation must be a name or a function of the catalogue; got {f!r}")
    return functions


def _seeds(seeds):
    if len(seeds) == 0:
        raise ValueError("seed is an empty sequence; a stack needs one seed a member")
    return tuple(whole("seed", seed, 0) for seed in seeds)


def one_network(net):
    """Refuse a stack where one network is asked for."""
    if net.members:
        raise ValueError(f"net must be one network, not a stack of {net.members[0]}")
