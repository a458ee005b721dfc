"""How a network's parameters move, once their gradients are known."""

import math

import numpy as np

from bends._arguments import positive


class Optimizer:
    """What the optimisers share: the learning rate, and one memory or more for each parameter.

    All weights and biases are moved at once, as one long row of numbers (one row a member): a few
    operations on a long array are faster than many on short ones.

    Parameters
    ----------
    learning_rate : float or sequence of float
        Above 0. For a stack of networks: one number for all, or one a member.

    Raises
    ------
    ValueError
        If a setting is out of range, or the rates are not as many as the members.
    """

    memories = 0  # rows that are kept, each as long as the row of parameters

    def __init__(self, learning_rate):
        rates = np.asarray(learning_rate)
        numbers = rates.dtype.kind in "iuf" and rates.ndim < 2 and rates.size
        if not numbers or not (np.isfinite(rates) & (rates > 0)).all():
            raise ValueError(
                "learning_rate must be a finite number above 0, or one a member; "
                f"got {learning_rate!r}"
            )
        self.learning_rate = rates.astype(np.float64)
        self._net, self._steps = None, 0

    def step(self, net, gradients):
        """Move the parameters of `net`, in place, by one step.

        Parameters
        ----------
        net : MLP
            The same in every call: an optimiser remembers earlier gradients.
        gradients : Gradients
            What `net.backward` returned.
        """
        if self._net is None:
            self._start(net)
        elif self._net is not net:
            raise ValueError("net is not the network of the step before: make a new optimizer")
        self._steps += 1
        gradient = _as_row(net, gradients.weights + gradients.biases)
        move = self._move(gradient, self._rate, *self._kept)
        start = 0
        for parameter in net.weights + net.biases:
            stop = start + parameter.size // math.prod(net.members)
            parameter -= move[..., start:stop].reshape(parameter.shape)
            start = stop

    def _move(self, gradient, rate, *memories):
        """What to take from the row of parameters; the memories are brought up to date."""
        raise NotImplementedError

    def _start(self, net):
        rates = self.learning_rate
        if rates.ndim and rates.shape != net.members:
            raise ValueError(
                f"learning_rate must be one number or one a member; got {rates.size} rates, "
                f"and a network with members={net.members}"
            )
        self._net = net
        self._rate = rates.astype(net.dtype)[:, None] if rates.ndim else float(rates)
        row = _as_row(net, net.weights + net.biases)
        self._kept = [np.zeros_like(row) for _ in range(self.memories)]


def _as_row(net, arrays):
    return np.concatenate([array.reshape(*net.members, -1) for array in arrays], axis=-1)


class SGD(Optimizer):
    """Gradient descent: a step against the gradient, as long as the gradient times the rate."""

    def __init__(self, learning_rate=0.01):
        super().__init__(learning_rate)

    def _move(self, gradient, rate):
        return rate * gradient


class Momentum(Optimizer):
    """Gradient descent that keeps rolling: steps go along a velocity, which gradients add to.

    `momentum`, above 0 and less than 1, is the share of the velocity that stays from step to step.
    """

    memories = 1

    def __init__(self, learning_rate=0.01, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = positive("momentum", momentum, below=1)

    def _move(self, gradient, rate, velocity):
        velocity *= self.momentum
        velocity += gradient
        return rate * velocity


class Adam(Optimizer):
    """Steps about one learning rate long in every parameter, whatever the size of its gradient.

    `m` and `v` are running means of the gradient and of its square; `beta1` and `beta2`, above 0
    and less than 1, are the shares of the old means that stay. Both start at 0, and are corrected
    for it. `epsilon` keeps the division from 0 (Kingma and Ba, 2015, algorithm 1).
    """

    memories = 2

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta1 = positive("beta1", beta1, below=1)
        self.beta2 = positive("beta2", beta2, below=1)
        self.epsilon = positive("epsilon", epsilon)

    def _move(self, gradient, rate, m, v):
        change = (1 - self.beta1) * gradient
        m *= self.beta1
        m += change
        np.square(gradient, out=change)  # fresh arrays would cost more than the arithmetic
        change *= 1 - self.beta2
        v *= self.beta2
        v += change
        move = m / (1 - self.beta1**self._steps)
        move *= rate
        scale = np.divide(v, 1 - self.beta2**self._steps, out=change)
        np.sqrt(scale, out=scale)
        scale += self.epsilon
        move /= scale
        return move


OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}
