"""How closely does a trained network follow a curve, by number of units?

One command, `make results NAME=curves`, writes runs.csv: one row a network, with its largest
distance from the curve after training. Chapter 6 reads the table and sets it beside the network
that is built by hand; a test re-runs a sample of its rows.
"""

import csv
import itertools
from pathlib import Path

import numpy as np

from bends import MLP, Adam, train

TARGETS = {
    "wave": lambda x: np.cos(np.pi * x),
    "ripples": lambda x: 0.7 * np.cos(np.pi * x) + 0.3 * np.sin(4 * np.pi * x),
}
ACTIVATIONS = ("relu", "tanh")
UNITS = (2, 4, 8, 16, 32, 64)
RATES = (0.01, 0.03, 0.1)
SEEDS = range(20)
STEPS, POINTS = 5000, 257


def largest_errors(target, activation, units, rate, seeds):
    """Train one network a seed; give each one's largest distance from the curve from -1 to 1.

    One hidden layer, weights and biases drawn as PyTorch draws them, so that the kinks start
    spread over the stretch. Squared error on evenly spaced points, all of them at each step, with
    Adam; the rate falls to a tenth for the last fifth of the steps.
    """
    curve = TARGETS[target]
    x = np.linspace(-1, 1, POINTS)[:, None]
    net = MLP([1, units, 1], activation, init="pytorch", seed=seeds)
    optimizer = Adam(rate)
    for steps in (STEPS * 4 // 5, STEPS // 5):
        train(
            net, x, curve(x), loss="squared_error", optimizer=optimizer,
            epochs=steps, batch_size=None, progress=False,
        )  # fmt: skip
        optimizer.learning_rate = rate / 10
    x = np.linspace(-1, 1, 4 * POINTS)[:, None]
    return np.abs(net(x) - curve(x)).max(axis=(-2, -1))


def main():
    with open(Path(__file__).with_name("runs.csv"), "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["target", "activation", "units", "rate", "seed", "steps", "numpy", "error"])
        for kind in itertools.product(TARGETS, ACTIVATIONS, UNITS, RATES):
            errors = largest_errors(*kind, SEEDS)
            for seed, error in zip(SEEDS, errors, strict=True):
                table.writerow([*kind, seed, STEPS, np.__version__, f"{error:.5f}"])
            print(*kind, f"median {np.median(errors):.5f}", flush=True)


if __name__ == "__main__":
    main()
