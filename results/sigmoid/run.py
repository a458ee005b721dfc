"""Who killed the sigmoid? The runs behind chapter 16.

    python results/sigmoid/run.py

A network of five layers learns MNIST-1D: one suspect changes at a time, ten seeds each. About
fifteen minutes of one core. Killed at any moment, it goes on where it was. Nothing is tuned: each
setting names its optimiser and its learning rate.
"""

from pathlib import Path

from bends import ACTIVATIONS
from bends.datasets import mnist1d
from bends.grids import Grid, product
from bends.initializers import gain
from bends.runs import run
from bends.stacks import Task

EPOCHS = 100  # of 40 batches: 4000 steps
LONG = 250  # 10 000 steps
SEEDS = range(10)
SCENE = {"optimizer": "momentum", "rate": 0.01}
ADAM = {"optimizer": "adam", "rate": 0.003}
LARGER = [0.03, 0.1, 0.3]  # rates, with momentum
PYTORCH_SCALE = 0.57735  # the scale of PyTorch's start, the root of a third


def task():
    """All 4000 examples to learn from. Nothing is chosen, so validation only looks on."""
    x, y, x_test, y_test = mnist1d()
    fresh = mnist1d(seed=43)
    return Task((x, y), (fresh.x_test, fresh.y_test), (x_test, y_test), "cross_entropy")


def matched(activation, kind="forward"):
    """The factor on the weights, to five places, that keeps the signals' mean square."""
    return round(gain(ACTIVATIONS[activation], kind), 5)


def starts(activation):
    """PyTorch's default; weights that keep the signal forward; weights that keep the gradients."""
    factors = [matched(activation, kind) for kind in ("forward", "backward")]
    return ["pytorch", *dict.fromkeys(factors)]


def settings():
    """The cells of the table: all starts twice, what only the scene has, and larger rates."""
    cells = product(activation=["sigmoid"], init=[*starts("sigmoid"), "glorot"])
    cells += product(activation=["tanh"], init=starts("tanh"))
    cells += product(activation=["relu"], init=starts("relu"))
    here = product(activation=["sigmoid"], init=["pytorch"], depth=[1, 2, 3])
    here += product(activation=["gelu"], init=["pytorch", matched("gelu")])
    here += product(activation=["sigmoid"], init=["pytorch"], epochs=[LONG])
    here += product(activation=["sigmoid"], init=[PYTORCH_SCALE])
    faster = product(
        rate=LARGER, activation=["sigmoid"], init=["pytorch", matched("sigmoid", "backward")]
    )
    common = {"depth": 4, "epochs": EPOCHS}
    return [
        *(common | SCENE | cell for cell in cells + here),
        *(common | ADAM | cell for cell in cells),
        *(common | {"optimizer": "momentum"} | cell for cell in faster),
    ]


def grid():
    """Everything that chapter 16 trains."""
    return Grid({"signals": task()}, settings(), seeds=SEEDS)


if __name__ == "__main__":
    run(grid(), Path(__file__).with_name("runs.csv"), workers=2)
