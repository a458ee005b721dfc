"""Multilayer perceptrons with layer normalisation and skip connections.

The two things that today's deep networks put around an activation function, in as few lines as
they need. Everything else is `MLP`'s: weights, stacks of seeds, and training.

- Layer normalisation (J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", 2016): for each
  example, the pre-activations of a layer get mean 0 and mean square 1 before they meet the
  activation function. The learnt scale and shift that frameworks add are left out.
- A skip connection (K. He and others, "Deep residual learning for image recognition", 2016): what
  entered a hidden layer is added to what leaves it. The first layer has none, since its inputs are
  as many as the data's numbers, not as its units.
"""

from functools import wraps
from typing import NamedTuple

import numpy as np

from bends._arguments import positive, whole
from bends.activations import ACTIVATIONS
from bends.catalogue import find
from bends.meanfield import bell, deviation_of_biases
from bends.network import MLP, Gradients

EPSILON = 1e-5  # added to the variance, as PyTorch does, so that nothing is divided by 0


def _refusing(cls):
    """Decorator: `backward` refuses a gradient of another shape, as that of `MLP` does.

    It is no part of the class, since that stands in the digests of stored runs.
    """
    send_back = cls.backward

    @wraps(send_back)
    def backward(self, gradient):
        shape = np.shape(gradient)
        if not self.pre_activations or shape != self.pre_activations[-1].shape:
            raise ValueError(
                f"gradient has the shape {shape}; it must have that of the outputs of the last "
                "forward pass"
            )
        return send_back(self, gradient)

    cls.backward = backward
    return cls


@_refusing
class ResidualMLP(MLP):
    """An `MLP` whose hidden layers compute h + f(norm(h @ W + b)), or less of it.

    Parameters
    ----------
    sizes, activation, init, seed, dtype
        As for `MLP`. With `skip`, all hidden layers must have the same number of units.
    normalise : bool
        Whether pre-activations are normalised, over the units, for each example.
    skip : bool
        Whether what entered a hidden layer is added to what leaves it, from the second on.

    Attributes
    ----------
    normalised : list of ndarray
        The last forward pass's pre-activations as they met the activation function, layer by
        layer. `pre_activations` are those before normalisation.
    """

    def __init__(self, sizes, activation="relu", *, normalise=False, skip=False, **options):
        super().__init__(sizes, activation, **options)
        if skip and len(set(self.sizes[1:-1])) > 1:
            raise ValueError(f"sizes must have equal hidden layers for skips; got {sizes!r}")
        self.normalise, self.skip = bool(normalise), bool(skip)
        self.normalised = []

    def forward(self, x):
        """The way through, as in `MLP`, with what stands around the activation function."""
        self.layer_inputs, self.pre_activations = [x], []
        self.normalised, self._spreads, self._slopes = [], [], []
        for i, (W, b, f) in enumerate(
            zip(self.weights, self.biases, [*self.activations, None], strict=True)
        ):
            h = self.layer_inputs[-1]
            z = h @ W
            z += b[..., None, :]
            self.pre_activations.append(z)
            if f is None:  # the output layer
                return z
            if self.normalise:
                z, spread = normalised(z)
                self._spreads.append(spread)
            self.normalised.append(z)
            a, slope = f.value_and_derivative(z)
            self._slopes.append(slope)
            self.layer_inputs.append(h + a if self.skip and i > 0 else a)

    def backward(self, gradient):
        """The way back. At a skip two paths meet, so their gradients add."""
        signal = np.asarray(gradient, self.dtype)
        gradients = Gradients([None] * len(self.weights), [None] * len(self.biases))
        self.signals = [None] * len(self.weights)
        ones = np.ones(signal.shape[-2], self.dtype)
        around = 0  # what comes back past this layer's weights, over its skip
        for i in reversed(range(len(self.weights))):
            self.signals[i] = signal
            gradients.weights[i] = self.layer_inputs[i].swapaxes(-1, -2) @ signal
            gradients.biases[i] = ones @ signal
            if i > 0:
                back = signal @ self.weights[i].swapaxes(-1, -2) + around
                around = back if self.skip and i > 1 else 0
                signal = back * self._slopes[i - 1]
                if self.normalise:
                    signal = _through(signal, self.normalised[i - 1], self._spreads[i - 1])
        return gradients


def normalised(z):
    """Give each row mean 0 and mean square 1; return it with the spread it was divided by."""
    z = z - _row_means(z)
    spread = np.sqrt(_row_means(z * z) + EPSILON)
    z /= spread
    return z, spread


def _through(signal, z, spread):
    """The gradient before normalisation, from the one behind it.

    Moving all of a row by one number, or scaling it, changes nothing that leaves: so neither does
    the gradient point there. What it has in those two directions is taken out.
    """
    signal = signal - _row_means(signal)
    signal -= z * _row_means(signal * z)
    signal /= spread
    return signal


def _row_means(array):
    units = array.shape[-1]
    average = np.full((units, 1), 1 / units, array.dtype)
    return (array.reshape(-1, units) @ average).reshape(*array.shape[:-1], 1)  # faster than mean


class Layer(NamedTuple):
    """What a very wide random network does to two inputs, up to one of its hidden layers."""

    size: float  # root mean square of the numbers that leave the layer
    apart: float  # how far apart the two inputs are there, 1 for right angles, 0 for the same
    gradient: float  # root mean square in layer 1, for a gradient of 1 that starts at this layer


@np.errstate(all="ignore")
def propagate(activation, depth, sigma_w, sigma_b=0.0, *, normalise=False, skip=False):
    """Follow two inputs at right angles through the layers of a very wide random network.

    Parameters
    ----------
    activation : str or Activation
    depth : int
        Number of hidden layers.
    sigma_w, sigma_b : float
        Scales: weights of variance sigma_w² / fan_in, biases of variance sigma_b². The first
        layer's weights have the scale sigma_w at most 1, since its inputs are data.
    normalise, skip : bool
        As for `ResidualMLP`.

    Returns
    -------
    list of Layer
        One a hidden layer. ``size`` and ``gradient`` are sums over the nodes of `bends.meanfield`.
        ``apart`` needs an average over two numbers, taken on a grid: after 50 layers it is right
        to about 1 % (2 % for a function that jumps) as long as it is above 1e-5. It is nan where
        nothing is left to compare, or where the size passes the largest number.
    """
    f = find(ACTIVATIONS, activation)
    sigma_w, sigma_b = positive("sigma_w", sigma_w), deviation_of_biases(sigma_b)
    # Mean squares, and the plain mean; as NumPy's numbers they may reach 0, inf and nan.
    size, apart, mean, gradient = np.array([1.0, 1.0, 0.0, 1.0])
    layers = []
    for i in range(whole("depth", depth)):
        scale = min(sigma_w, 1.0) if i == 0 else sigma_w
        q = scale**2 * size + sigma_b**2  # mean square of the pre-activations, ...
        half = scale**2 * apart  # ... and half that of their difference
        back = scale**2
        if normalise:
            q, half, back = 1.0, half / q, back / q
        z, weights = bell(f, q)
        a = f(z)
        m, s = weights @ a, weights @ a**2
        back *= weights @ f.derivative(z) ** 2
        d = _difference(f, max(q - half / 2, 0), half / 2)
        if skip and i > 0:
            size, apart, mean = size + 2 * mean * m + s, apart + d, mean + m
            gradient *= 1 + back
        else:
            size, apart, mean = s, d, m
            gradient *= back if i > 0 else 1
        layers.append(Layer(*np.sqrt([size, apart / size, gradient]).tolist()))
    return layers


def _midpoints(step):
    """A grid over the bell curve. No point is 0, where most kinks are."""
    z = np.arange(-8 + step / 2, 8, step)
    weights = np.exp(-(z**2) / 2)
    return z, weights / weights.sum()


_COMMON, _OWN = _midpoints(1 / 32), _midpoints(1 / 4)  # late layers differ little: own is small


def _difference(f, common, own):
    """Half the mean square of f(c + o) - f(c - o), for c and o of these variances."""
    (c, c_weights), (o, o_weights) = _COMMON, _OWN
    c, o = np.sqrt(common) * c[:, None], np.sqrt(own) * o
    return c_weights @ (f(c + o) - f(c - o)) ** 2 @ o_weights / 2
