"""How closely does a trained network follow a curve, by number of units?

One command, `make results NAME=curves`, writes runs.csv: one row a network, with its largest
distance from the curve after training. Chapter 6 reads the table and sets it beside the network
that is built by hand; a test re-runs a sample of its rows.
"""

from pathlib import Path

import numpy as np

from bends import MLP, Adam, train
from bends.grids import Grid, product
from bends.runs import run

CURVES = {
    "wave": lambda x: np.cos(np.pi * x),
    "ripples": lambda x: 0.7 * np.cos(np.pi * x) + 0.3 * np.sin(4 * np.pi * x),
}
ACTIVATIONS = ("relu", "tanh")
UNITS = (2, 4, 8, 16, 32, 64)
RATES = (0.01, 0.03, 0.1)
SEEDS = range(20)
STEPS = 5000
LEARNT_FROM, JUDGED_ON = (np.linspace(-1, 1, points)[:, None] for points in (257, 1028))


def largest_errors(curve, setting, members, phase):
    """Train one network a member; give each one's largest distance from the curve from -1 to 1.

    One hidden layer, weights and biases drawn as PyTorch draws them, so that the kinks start
    spread over the stretch. Squared error on evenly spaced points, all of them at each step, with
    Adam.
    """
    learnt_from, judged_on = curve
    rates, seeds = zip(*members, strict=True)
    net = MLP([1, setting["units"], 1], setting["activation"], init="pytorch", seed=seeds)
    train(
        net, LEARNT_FROM, learnt_from, loss="squared_error", optimizer=Adam(rates),
        epochs=setting["steps"], batch_size=None, progress=False,
    )  # fmt: skip
    errors = np.abs(net(JUDGED_ON) - judged_on).max(axis=(-2, -1))
    return [{"error": f"{error:.5f}"} for error in errors]


def grid():
    """Every curve, activation function, number of units and learning rate."""
    return Grid(
        tasks={name: (f(LEARNT_FROM), f(JUDGED_ON)) for name, f in CURVES.items()},
        settings=product(
            task=CURVES, activation=ACTIVATIONS, units=UNITS, steps=[STEPS], rate=RATES
        ),
        seeds=SEEDS,
        train=largest_errors,
        outcomes=["error"],
        largest_stack=20,
    )


if __name__ == "__main__":
    run(grid(), Path(__file__).with_name("runs.csv"))
