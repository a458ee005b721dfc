"""How a network's parameters move, once their gradients are known."""

from functools import wraps

import numpy as np

from bends._arguments import positive, unmasked


def _careful(optimizer):
    """Class decorator: rates are handed out to be read, and a step is checked before it is made.

    It stands outside, since stored runs carry the digest of what it decorates.
    """
    step = optimizer.step

    @wraps(step)
    def checked(self, net, gradients):
        self._rate_for(net, net.weights[0])  # as many as there are members
        for g in [*gradients.weights, *gradients.biases]:
            unmasked("gradients", g)
        step(self, net, gradients)

    def rates(self):
        """To be read alone: a new rate is set as `optimizer.learning_rate = ...`."""
        handed_out = self._rates.copy()
        handed_out.flags.writeable = False
        return handed_out[()]  # a number, where it is one

    optimizer.step = checked
    optimizer.learning_rate = optimizer.learning_rate.getter(rates)
    return optimizer


@_careful
class Optimizer:
    """What the optimisers share: the learning rate, and a memory or more for each parameter.

    Parameters
    ----------
    learning_rate : float or sequence of float
        Above 0. For a stack of networks: one number for all, or one a member. A change holds from
        the next step: `optimizer.learning_rate = 0.001`.

    Raises
    ------
    ValueError
        If a setting is out of range, or the rates are not as many as the members.
    """

    memories = 0  # arrays that are kept for each parameter, in its shape
    settings = ()  # what a subclass has besides the rate

    def __init__(self, learning_rate):
        self.learning_rate = learning_rate
        self.steps, self._net, self._kept = 0, None, []

    @property
    def learning_rate(self):
        return self._rates

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        rates = np.asarray(learning_rate)
        numbers = rates.dtype.kind in "iuf" and rates.ndim < 2 and rates.size
        if not numbers or not (np.isfinite(rates) & (rates > 0)).all():
            raise ValueError(
                "learning_rate must be a finite number above 0, or one a member; "
                f"got {learning_rate!r}"
            )
        self._rates = rates.astype(np.float64)

    def step(self, net, gradients):
        """Move the parameters of `net`, in place, by one step.

        Parameters
        ----------
        net : MLP
            The same in every call: an optimiser remembers earlier gradients.
        gradients : Gradients
            What `net.backward` returned.
        """
        parameters = net.weights + net.biases
        if self._net is None:
            self._net = net
            self._kept = [[np.zeros_like(p) for _ in range(self.memories)] for p in parameters]
        elif self._net is not net:
            raise ValueError("net is not the network of the step before: make a new optimizer")
        self.steps += 1
        slopes = gradients.weights + gradients.biases
        for p, g, kept in zip(parameters, slopes, self._kept, strict=True):
            p -= self.move(g, self._rate_for(net, p), *kept)

    def move(self, g, rate, *memories):
        """What to take from one parameter; its memories are brought up to date.

        Parameters
        ----------
        g : array
            The loss's slope in the parameter.
        rate : float, or an array that goes with g
        *memories : array of the shape of g
        """
        raise NotImplementedError

    def _rate_for(self, net, parameter):
        rates = self._rates
        if not rates.ndim:
            return float(rates)
        if rates.shape != net.members:
            raise ValueError(
                f"learning_rate must be one number or one a member; got {rates.size} rates, "
                f"and a network with members={net.members}"
            )
        return rates.astype(net.dtype).reshape(-1, *[1] * (parameter.ndim - 1))

    def __repr__(self):
        settings = {"learning_rate": self._rates.tolist()}
        settings |= {name: getattr(self, name) for name in self.settings}
        said = ", ".join(f"{name}={value}" for name, value in settings.items())
        return f"{type(self).__name__}({said})"


class SGD(Optimizer):
    """Gradient descent: a step against the gradient, as long as the gradient times the rate."""

    def __init__(self, learning_rate=0.01):
        super().__init__(learning_rate)

    def move(self, g, rate):
        return rate * g


class Momentum(Optimizer):
    """Gradient descent that keeps rolling: steps go along a velocity, which gradients add to.

    `momentum`, above 0 and less than 1, is the share of the velocity that stays from step to step.
    """

    memories = 1
    settings = ("momentum",)

    def __init__(self, learning_rate=0.01, momentum=0.9):
        super().__init__(learning_rate)
        self.momentum = positive("momentum", momentum, below=1)

    def move(self, g, rate, velocity):
        velocity *= self.momentum
        velocity += g
        return rate * velocity


class Adam(Optimizer):
    """Steps about one learning rate long in every parameter, whatever the size of its gradient.

    `m` and `v` are running means of the gradient and of its square; `beta1` and `beta2`, above 0
    and less than 1, are the shares of the old means that stay. Both start at 0, and are corrected
    for it. `epsilon` keeps the division from 0 (Kingma and Ba, 2015, algorithm 1).
    """

    memories = 2
    settings = ("beta1", "beta2", "epsilon")

    def __init__(self, learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.beta1 = positive("beta1", beta1, below=1)
        self.beta2 = positive("beta2", beta2, below=1)
        self.epsilon = positive("epsilon", epsilon)

    def move(self, g, rate, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * g
        v *= self.beta2
        v += (1 - self.beta2) * g**2
        m_corrected = m / (1 - self.beta1**self.steps)
        v_corrected = v / (1 - self.beta2**self.steps)
        return rate * m_corrected / (np.sqrt(v_corrected) + self.epsilon)


OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adam": Adam}
