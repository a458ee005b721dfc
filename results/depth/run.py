"""Does depth change the answer? The runs behind chapter 18; PROTOCOL.md says what and why.

    python results/depth/run.py

Killed at any moment, it goes on where it was. One core needs about a quarter of an hour.
"""

import math
from pathlib import Path

import numpy as np

from bends import OPTIMIZERS, train
from bends.datasets import mnist1d, spirals
from bends.grids import Grid, product
from bends.residual import ResidualMLP
from bends.runs import run
from bends.training import split

FUNCTIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "silu", "selu"]
DEPTHS = [1, 2, 5, 10, 20, 30, 50]
INITS = ["gain", "pytorch"]
AROUND = {
    "nothing": {},
    "normalisation": {"normalise": True},
    "both": {"normalise": True, "skip": True},
    "skip": {"skip": True},
}
WIDTH, BATCH, OPTIMIZER = 24, 16, "adam"
EPOCHS = {"mnist1d": 2, "spirals": 6}  # 400 steps, 360 steps
RATES = [0.02, 0.006, 0.002, 0.0006]
TUNING_SEEDS = range(100, 102)
SEEDS = range(20)


def tasks():
    """The examples to train with, to choose the rate by, and to judge by."""
    data = mnist1d()
    x, y, x_validation, y_validation = split(data.x, data.y, 0.2, seed=0)
    drawn = [spirals(n, noise=0.03, seed=seed) for seed, n in enumerate([960, 500, 1000])]
    spread = drawn[0][0].std()
    parts = ("train", "validation", "test")
    signals = [(x, y), (x_validation, y_validation), (data.x_test, data.y_test)]
    return {
        "mnist1d": dict(zip(parts, signals, strict=True)),
        "spirals": dict(zip(parts, [(x / spread, y) for x, y in drawn], strict=True)),
    }


def learn(data, setting, members, phase):
    """Train one setting's networks as a stack, and give their shares of right answers."""
    x, y = data["train"]
    rates, seeds = zip(*members, strict=True)
    net = ResidualMLP(
        [x.shape[1], *[WIDTH] * setting["depth"], int(y.max()) + 1],
        setting["activation"],
        init=setting["init"],
        seed=seeds,
        dtype="float32",
        **AROUND[setting["around"]],
    )
    history = train(
        net,
        x,
        y,
        loss="cross_entropy",
        optimizer=OPTIMIZERS[OPTIMIZER](rates),
        epochs=setting["epochs"],
        batch_size=BATCH,
        progress=False,
    )
    scores = {"validation_score": share_right(net, *data["validation"])}
    if phase == "test":
        scores["train_score"] = share_right(net, x[:500], y[:500])
        scores["test_score"] = share_right(net, *data["test"])
    rows = []
    for i in range(len(members)):
        stop = history.stops.get(i)
        row = {name: math.nan if stop else float(score[i]) for name, score in scores.items()}
        ran, why = (stop.epoch, stop.reason) if stop else (setting["epochs"], "")
        rows.append(row | {"epochs_run": ran, "stop": why})
    return rows


def share_right(net, x, y):
    """Each member's share of right answers, in small pieces: 50 layers keep many numbers."""
    with np.errstate(all="ignore"):
        right = [net(x[i : i + 50]).argmax(axis=-1) == y[i : i + 50] for i in range(0, len(x), 50)]
    return np.concatenate(right, axis=-1).mean(axis=-1)


def grid():
    """Every setting, and a network without activation function to compare with, for each task."""
    settings = []
    for task, epochs in EPOCHS.items():
        common = {"task": task, "epochs": epochs}
        for cell in product(around=AROUND, init=INITS, depth=DEPTHS, activation=FUNCTIONS):
            settings.append(common | cell)
        alone = {"around": "nothing", "init": "gain", "depth": 1, "activation": "identity"}
        settings.append(common | alone)
    return Grid(
        tasks(), settings, RATES, SEEDS, TUNING_SEEDS, train=learn, largest_stack=len(SEEDS)
    )


if __name__ == "__main__":
    run(grid(), Path(__file__).with_name("runs.csv"))
