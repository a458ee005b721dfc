"""Who killed the sigmoid? The runs behind chapter 16.

    python results/sigmoid/run.py

A network of five layers learns MNIST-1D: one suspect changes at a time, ten seeds each. About ten
minutes of one core. Killed at any moment, it goes on where it was. Each optimiser has its own
learning rate, hence its own table.
"""

from pathlib import Path

from bends import ACTIVATIONS
from bends.datasets import mnist1d
from bends.experiments import Grid, Task, product, run
from bends.initializers import gain

EPOCHS = 100  # of 40 batches: 4000 steps
LONG = 250  # 10 000 steps
SEEDS = range(10)
RATES = {"momentum": 0.01, "adam": 0.003}


def task():
    """All 4000 examples to learn from. Nothing is chosen, so validation only looks on."""
    x, y, x_test, y_test = mnist1d()
    fresh = mnist1d(seed=43)
    return Task((x, y), (fresh.x_test, fresh.y_test), (x_test, y_test), "cross_entropy")


def matched(activation, kind="forward"):
    """The factor on the weights, to five places, that keeps the signals' energy."""
    return round(gain(ACTIVATIONS[activation], kind), 5)


def starts(activation):
    """PyTorch's default; weights that keep the signal forward; weights that keep the blame back."""
    factors = [matched(activation, kind) for kind in ("forward", "backward")]
    return ["pytorch", *dict.fromkeys(factors)]


def settings(optimizer):
    """The cells of one optimiser's table."""
    cells = product(activation=["sigmoid"], init=[*starts("sigmoid"), "glorot"])
    cells += product(activation=["tanh"], init=starts("tanh"))
    cells += product(activation=["relu"], init=starts("relu"))
    if optimizer == "momentum":
        cells += product(activation=["sigmoid"], init=["pytorch"], depth=[1, 2, 3])
        cells += product(activation=["gelu"], init=["pytorch", matched("gelu")])
        cells += product(activation=["sigmoid"], init=["pytorch"], epochs=[LONG])
    common = {"task": "signals", "depth": 4, "epochs": EPOCHS, "optimizer": optimizer}
    return [common | cell for cell in cells]


def grid(optimizer):
    """Everything that one optimiser trains."""
    return Grid({"signals": task()}, settings(optimizer), [RATES[optimizer]], SEEDS)


def table(optimizer):
    """Where its runs are stored."""
    return Path(__file__).with_name(f"runs-{optimizer}.csv")


if __name__ == "__main__":
    for optimizer in RATES:
        run(grid(optimizer), table(optimizer), workers=2)
