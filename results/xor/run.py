"""Can it represent XOR, and does it learn it? 500 networks for each activation and size.

One command, `make results NAME=xor`, writes runs.csv: one row a network, with the largest of its
four errors after training. Chapter 5 reads the table; a test re-runs a sample of its rows.
"""

import csv
from pathlib import Path

import numpy as np

from bends import MLP, SGD, sigmoid, train
from bends.datasets import xor

ACTIVATIONS = ("identity", "relu", "leaky_relu", "tanh", "sigmoid", "gelu", "silu", "sin")
UNITS = (1, 2, 3, 4, 8)
SEEDS = range(500)
STEPS, LEARNING_RATE = 5000, 0.5


def largest_errors(activation, units, seeds):
    """Train one network a seed on the four points of XOR; give how far each is off at worst.

    Gradient descent on all four points at once; the answer is the sigmoid of the output, the loss
    binary cross-entropy. The error of a point is the distance of its answer from 0 or 1.
    """
    x, y = xor()
    net = MLP([2, units, 1], activation, seed=seeds)
    train(
        net, x, y, loss="binary_cross_entropy", optimizer=SGD(LEARNING_RATE),
        epochs=STEPS, batch_size=None, progress=False,
    )  # fmt: skip
    return np.abs(sigmoid(net(x))[..., 0] - y).max(axis=-1)


def main():
    with open(Path(__file__).with_name("runs.csv"), "w", newline="") as file:
        table = csv.writer(file)
        settings = STEPS, LEARNING_RATE, np.__version__
        table.writerow(
            ["activation", "units", "seed", "steps", "learning_rate", "numpy", "largest_error"]
        )
        for activation in ACTIVATIONS:
            for units in UNITS:
                errors = largest_errors(activation, units, SEEDS)
                for seed, error in zip(SEEDS, errors, strict=True):
                    table.writerow([activation, units, seed, *settings, f"{error:.4f}"])
                print(f"{activation}, units {units}: {np.mean(errors < 0.1):.1%} within 0.1")


if __name__ == "__main__":
    main()
