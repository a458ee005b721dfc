"""Who killed the sigmoid? The runs behind chapter 16.

    python results/sigmoid/run.py

A network of five layers learns MNIST-1D: one suspect changes at a time, ten seeds each. About
fifteen minutes of one core. Killed at any moment, it goes on where it was. Nothing is tuned: each
optimiser and each of its learning rates has a table of its own.
"""

from pathlib import Path

from bends import ACTIVATIONS
from bends.datasets import mnist1d
from bends.initializers import gain
from bends.runs import Grid, Task, product, run

EPOCHS = 100  # of 40 batches: 4000 steps
LONG = 250  # 10 000 steps
SEEDS = range(10)
SCENE = ("momentum", 0.01)
LARGER = [("momentum", 0.03), ("momentum", 0.1), ("momentum", 0.3)]
TABLES = [SCENE, ("adam", 0.003), *LARGER]
PYTORCH_SCALE = 0.57735  # the scale of PyTorch's start, the root of a third


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


def settings(optimizer, rate):
    """The cells of one table."""
    common = {"task": "signals", "depth": 4, "epochs": EPOCHS, "optimizer": optimizer}
    if (optimizer, rate) in LARGER:
        cells = product(activation=["sigmoid"], init=["pytorch", matched("sigmoid", "backward")])
        return [common | cell for cell in cells]
    cells = product(activation=["sigmoid"], init=[*starts("sigmoid"), "glorot"])
    cells += product(activation=["tanh"], init=starts("tanh"))
    cells += product(activation=["relu"], init=starts("relu"))
    if (optimizer, rate) == SCENE:
        cells += product(activation=["sigmoid"], init=["pytorch"], depth=[1, 2, 3])
        cells += product(activation=["gelu"], init=["pytorch", matched("gelu")])
        cells += product(activation=["sigmoid"], init=["pytorch"], epochs=[LONG])
        cells += product(activation=["sigmoid"], init=[PYTORCH_SCALE])
    return [common | cell for cell in cells]


def grid(optimizer, rate):
    """Everything that one optimiser trains with one learning rate."""
    return Grid({"signals": task()}, settings(optimizer, rate), [rate], SEEDS)


def table(optimizer, rate):
    """Where these runs are stored."""
    return Path(__file__).with_name(f"runs-{optimizer}-{rate}.csv")


if __name__ == "__main__":
    for asked in TABLES:
        run(grid(*asked), table(*asked), workers=2)
