"""Every training run of chapter 18: does depth change the answer?

What is asked, and what was expected, stands in PROTOCOL.md. The runs go to runs.csv, one row each;
a run that was stopped goes on where it was. One core needs about 15 minutes.

    python results/depth/run.py
"""

import csv
import itertools
import math
import sys
from functools import cache
from pathlib import Path

import numpy as np

from bends import OPTIMIZERS, train
from bends.datasets import mnist1d, spirals
from bends.residual import ResidualMLP
from bends.training import one_blas_thread, split

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

SETTINGS = ["task", "activation", "init", "around", "depth"]
OUTCOMES = ["train_score", "validation_score", "test_score", "epochs_run", "stop"]
COLUMNS = ["phase", *SETTINGS, "rate", "seed", *OUTCOMES]


@cache
def parts(task):
    """The task's examples: to train with, to choose the rate by, to judge by."""
    if task == "mnist1d":
        data = mnist1d()
        x, y, x_validation, y_validation = split(data.x, data.y, 0.2, seed=0)
        return (x, y), (x_validation, y_validation), (data.x_test, data.y_test)
    drawn = [spirals(n, noise=0.03, seed=seed) for seed, n in enumerate([960, 500, 1000])]
    spread = drawn[0][0].std()
    return tuple((x / spread, y) for x, y in drawn)


def cells():
    """Every setting, and a network without activation function to compare with, for each task."""
    for around, init, depth, task, activation in itertools.product(
        AROUND, INITS, DEPTHS, EPOCHS, FUNCTIONS
    ):
        yield dict(zip(SETTINGS, (task, activation, init, around, depth), strict=True))
    for task in EPOCHS:
        yield dict(zip(SETTINGS, (task, "identity", "gain", "nothing", 1), strict=True))


def train_stack(cell, members, phase):
    """Train one cell's networks, (rate, seed) each, and return a row for each."""
    (x, y), validation, test = parts(cell["task"])
    rates, seeds = zip(*members, strict=True)
    net = ResidualMLP(
        [x.shape[1], *[WIDTH] * cell["depth"], int(y.max()) + 1],
        cell["activation"],
        init=cell["init"],
        seed=seeds,
        dtype="float32",
        **AROUND[cell["around"]],
    )
    history = train(
        net,
        x,
        y,
        loss="cross_entropy",
        optimizer=OPTIMIZERS[OPTIMIZER](rates),
        epochs=EPOCHS[cell["task"]],
        batch_size=BATCH,
        progress=False,
    )
    judged = {"tuning": [validation], "test": [(x[:500], y[:500]), validation, test]}[phase]
    scores = [share_right(net, *part) for part in judged]
    if phase == "tuning":
        scores = [None, *scores, None]
    for i, (rate, seed) in enumerate(members):
        stop = history.stops.get(i)
        own = ["" if s is None else math.nan if stop else float(s[i]) for s in scores]
        ran = [stop.epoch, stop.reason] if stop else [EPOCHS[cell["task"]], ""]
        yield dict(zip(COLUMNS, [phase, *cell.values(), rate, seed, *own, *ran], strict=True))


def share_right(net, x, y):
    """Each member's share of right answers, in small pieces: 50 layers keep many numbers."""
    with np.errstate(all="ignore"):
        right = [net(x[i : i + 50]).argmax(axis=-1) == y[i : i + 50] for i in range(0, len(x), 50)]
    return np.concatenate(right, axis=-1).mean(axis=-1)


def best_rate(rows):
    """The rate with the best mean validation score; one that made a run diverge comes last."""
    mean = {}
    for rate in RATES:
        score = np.mean([float(r["validation_score"]) for r in rows if float(r["rate"]) == rate])
        mean[rate] = -math.inf if np.isnan(score) else score
    return max(mean, key=mean.get)


def main(path):
    done = {}
    if path.exists():
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                key = (*(row[name] for name in SETTINGS), row["phase"])
                done.setdefault(key, []).append(row)
    sizes = {"tuning": len(RATES) * len(TUNING_SEEDS), "test": len(SEEDS)}
    # A stack is written at once; one that was cut off is not mended silently.
    if any(len(rows) != sizes[key[-1]] for key, rows in done.items()):
        raise ValueError(f"{path} holds a stack that was cut off: remove its lines")
    with open(path, "a", newline="") as file, one_blas_thread():
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if not done:
            writer.writeheader()
        for cell in cells():
            key = tuple(map(str, cell.values()))
            for phase in sizes:
                if (*key, phase) in done:
                    continue
                if phase == "tuning":
                    members = list(itertools.product(RATES, TUNING_SEEDS))
                else:
                    rate = best_rate(done[*key, "tuning"])
                    members = [(rate, seed) for seed in SEEDS]
                done[*key, phase] = rows = list(train_stack(cell, members, phase))
                writer.writerows(rows)
                file.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("runs.csv"))
