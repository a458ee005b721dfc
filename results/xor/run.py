"""Can it represent XOR, and does it learn it? 500 networks for each activation and size.

One command, `make results NAME=xor`, writes runs.csv: one row a network, with the largest of its
four errors after training. Chapter 5 reads the table; a test re-runs a sample of its rows.
"""

from pathlib import Path

import numpy as np

from bends import MLP, SGD, sigmoid, train
from bends.datasets import xor
from bends.grids import Grid, product
from bends.runs import run

ACTIVATIONS = ("identity", "relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu", "sin")
UNITS = (1, 2, 3, 4, 8)
SEEDS = range(500)
STEPS, LEARNING_RATE = 5000, 0.5


def largest_errors(points, setting, members, phase):
    """Train one network a member on the four points of XOR; say how far each is off at worst.

    Gradient descent on all four points at once; the answer is the sigmoid of the output, the loss
    binary cross-entropy. The error of a point is the distance of its answer from 0 or 1.
    """
    x, y = points
    rates, seeds = zip(*members, strict=True)
    net = MLP([2, setting["units"], 1], setting["activation"], seed=seeds)
    train(
        net, x, y, loss="binary_cross_entropy", optimizer=SGD(rates),
        epochs=setting["steps"], batch_size=None, progress=False,
    )  # fmt: skip
    errors = np.abs(sigmoid(net(x))[..., 0] - y).max(axis=-1)
    return [{"largest_error": f"{error:.4f}"} for error in errors]


def grid():
    """Every activation function with every number of units."""
    return Grid(
        tasks={"xor": tuple(xor())},
        settings=product(activation=ACTIVATIONS, units=UNITS, steps=[STEPS]),
        rates=[LEARNING_RATE],
        seeds=SEEDS,
        train=largest_errors,
        outcomes=["largest_error"],
        largest_stack=500,
    )


if __name__ == "__main__":
    run(grid(), Path(__file__).with_name("runs.csv"))
