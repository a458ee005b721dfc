"""Networks that several tests examine."""

import numpy as np

from bends import MLP


def tent_network(layers):
    """Each layer folds [0, 1] in two: 2x up to 1/2, then 2 - 2x."""
    net = MLP([1] + [2] * layers + [1], "relu", init="zeros")
    net.weights[0][:] = 1
    for weights in net.weights[1:]:
        weights[:] = [[2.0], [-4.0]]
    for biases in net.biases[:-1]:
        biases[:] = [0, -0.5]
    return net


def random_net(sizes, activation="relu", seed=0):
    net = MLP(sizes, activation, seed=seed)
    for biases in net.biases:
        biases[:] = np.random.default_rng([seed, len(biases)]).standard_normal(biases.shape) / 2
    return net
