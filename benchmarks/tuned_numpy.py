"""The stack of networks that `bends` trains, written for speed alone: what readable code costs.

Every array is made once and written over in each step; parameters, gradients and the optimiser's
memories are one row a network, and each layer's weights a window into it. The arithmetic is that
of `bends`, but nothing is checked, no history is kept, and no function has a name of its own.
"""

import numpy as np


class TunedStack:
    """A stack of networks for one workload of `training.py`; only tanh and ReLU are known."""

    def __init__(self, work, members, dtype, rate):
        self.work, self.rate, self.steps = work, rate, 0
        self.x, y = work.data(dtype)
        one_output = work.sizes[-1] == 1
        self.y = y.astype(dtype)[:, None] if one_output else np.eye(work.sizes[-1], dtype=dtype)[y]
        self.rng = np.random.default_rng(0)
        self.rows = work.batch or len(self.x)
        shapes = list(zip(work.sizes, work.sizes[1:], strict=False))
        length = sum((inputs + 1) * units for inputs, units in shapes)
        self.parameters, self.gradient, self.m, self.v, self.spare = np.zeros(
            (5, members, length), dtype
        )
        self.weights, self.biases = windows(self.parameters, shapes)
        self.weight_slopes, self.bias_slopes = windows(self.gradient, shapes)
        for W in self.weights:
            W[...] = self.rng.standard_normal(W.shape) / W.shape[-2] ** 0.5
        layers = [(members, self.rows, size) for size in work.sizes]
        self.a = [np.empty(shape, dtype) for shape in layers]
        self.signals = [np.empty(shape, dtype) for shape in layers]
        self.on = [np.empty(shape, bool) for shape in layers]
        self.zeros = [np.zeros(shape[1:], dtype) for shape in layers]
        self.targets = np.empty(layers[-1], dtype)
        self.ones = np.ones((1, self.rows), dtype)

    def train(self, epochs):
        n, members = len(self.x), len(self.parameters)
        for _ in range(epochs):
            order = None
            if self.work.batch:
                order = np.stack([self.rng.permutation(n) for _ in range(members)])
            for start in range(0, n, self.rows):
                if order is None:
                    self.a[0][...], self.targets[...] = self.x, self.y
                else:
                    batch = order[:, start : start + self.rows]
                    np.take(self.x, batch, axis=0, out=self.a[0], mode="clip")
                    np.take(self.y, batch, axis=0, out=self.targets, mode="clip")
                self.forward()
                self.judge()
                self.backward()
                self.move()

    def forward(self):
        last = len(self.weights) - 1
        for i, (W, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = np.matmul(self.a[i], W, out=self.a[i + 1])
            z += b
            if i < last and self.work.activation == "tanh":
                np.tanh(z, out=z)
            elif i < last:
                np.maximum(z, self.zeros[i + 1], out=z)  # a row of zeros is faster than a 0

    def judge(self):
        z, signal = self.a[-1], self.signals[-1]
        if self.work.sizes[-1] == 1:
            small = np.exp(-np.abs(z))
            self.value = (np.maximum(z, 0) + np.log(1 + small) - self.targets * z).mean((1, 2))
            np.divide(np.maximum(small, z > 0), 1 + small, out=signal)
        else:
            z -= z.swapaxes(1, 2).copy().max(axis=1)[..., None]
            np.exp(z, out=signal)
            total = signal.sum(axis=-1, keepdims=True)
            z -= np.log(total)
            self.value = -(self.targets * z).sum((1, 2)) / self.rows
            signal /= total
        signal -= self.targets
        signal /= self.rows

    def backward(self):
        for i in reversed(range(len(self.weights))):
            signal, W = self.signals[i + 1], self.weights[i].swapaxes(1, 2)
            np.matmul(self.a[i].swapaxes(1, 2), signal, out=self.weight_slopes[i])
            np.matmul(self.ones, signal, out=self.bias_slopes[i])
            if i == 0:
                return
            product = np.multiply if signal.shape[-1] == 1 else np.matmul
            product(signal, W, out=self.signals[i])
            a = self.a[i]  # no longer needed: what follows may write over it
            if self.work.activation == "tanh":
                np.multiply(a, a, out=a)
                self.signals[i] *= np.subtract(1, a, out=a)
            else:
                self.signals[i] *= np.greater(a, 0, out=self.on[i])

    def move(self):
        self.steps += 1
        g, m, v, spare = self.gradient, self.m, self.v, self.spare
        m *= 0.9
        if self.work.optimizer == "momentum":
            m += g
            np.multiply(m, self.rate, out=spare)
        else:
            m += np.multiply(g, 0.1, out=spare)
            np.multiply(g, g, out=spare)
            spare *= 0.001
            v *= 0.999
            v += spare
            np.multiply(v, 1 / (1 - 0.999**self.steps), out=spare)
            np.sqrt(spare, out=spare)
            spare += 1e-8
            np.divide(m, spare, out=spare)
            spare *= self.rate / (1 - 0.9**self.steps)
        self.parameters -= spare


def windows(row, shapes):
    """The weights (members, inputs, units) and biases (members, 1, units) within a row."""
    weights, biases, start = [], [], 0
    for inputs, units in shapes:
        middle, stop = start + inputs * units, start + (inputs + 1) * units
        weights.append(row[:, start:middle].reshape(-1, inputs, units))
        biases.append(row[:, middle:stop].reshape(-1, 1, units))
        start = stop
    return weights, biases
