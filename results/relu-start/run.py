"""Is ReLU a good place to start? The runs behind chapter 17; PROTOCOL.md says what and why.

    python results/relu-start/run.py             two threads on this machine
    python results/relu-start/run.py --dask URL  the same on a Dask cluster

Killed at any moment, it goes on where it was.
"""

import argparse
from pathlib import Path

import numpy as np

from bends.datasets import mnist1d, moons, spirals
from bends.grids import Grid, product
from bends.runs import run
from bends.stacks import task

STEPS = 1500
BATCH = 100
PATIENCE_STEPS = 300
RATES = [3e-4, 1e-3, 3e-3, 1e-2]
TUNING_SEEDS = range(100, 105)
SEEDS = range(30)
ACTIVATIONS = [
    "identity", "relu", "leaky_relu", "relu6", "squared_relu", "abs", "elu", "selu", "softplus",
    "sigmoid", "tanh", "softsign", "hard_tanh", "hard_sigmoid",
    "silu", "gelu", "mish", "hard_swish", "sin", "snake",
]  # fmt: skip
FRAMEWORK_START = ["relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid"]


def friedman(n, seed, noise=1.0):
    """Friedman's first function of ten numbers, five of them idle, in units of its spread."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(n, 10))
    clean = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    clean += 10 * x[:, 3] + 5 * x[:, 4]
    y = clean + rng.normal(scale=noise, size=n)
    return (x - 0.5) * np.sqrt(12), ((y - 14.4) / 4.9)[:, None]


def shapes(n, seed, side=12, noise=0.3):
    """Noisy pictures of a disc, a ring, a square or a cross, anywhere and of any size."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(4, size=n)
    size = rng.uniform(2.0, 4.0, n)[:, None, None]
    row, column = rng.uniform(size.ravel(), side - 1 - size.ravel(), (2, n))[..., None, None]
    down, across = np.mgrid[:side, :side]
    down, across = np.abs(down - row), np.abs(across - column)
    far = np.hypot(down, across)
    square = np.maximum(down, across) <= size
    pictures = [
        far <= size,
        (far <= size) & (far > size - 1.5),
        square,
        square & (np.minimum(down, across) <= 0.75),
    ]
    x = np.choose(kind[:, None, None], pictures) + rng.normal(scale=noise, size=(n, side, side))
    return x.reshape(n, -1) - 0.3, kind


def tasks():
    """The five tasks; every one has its own test examples."""
    x, y, x_test, y_test = mnist1d()
    return {
        "signals": task(x, y, x_test, y_test),
        "spirals": task(*spirals(900, arms=3, seed=0), *spirals(900, arms=3, seed=1)),
        "regression": task(*friedman(2500, 0), *friedman(1000, 1), "squared_error"),
        "deep": task(*moons(1500, noise=0.2, seed=0), *moons(1000, noise=0.2, seed=1)),
        "pictures": task(*shapes(4000, 0), *shapes(1000, 1)),
    }


SHAPE = {
    "signals": {"depth": 2, "width": 100},
    "spirals": {"depth": 2, "width": 32},
    "regression": {"depth": 2, "width": 64},
    "deep": {"depth": 12, "width": 8},
    "pictures": {"depth": 2, "width": 64},
}


def grid():
    """Every cell: 20 functions with a start matched to each, and six with PyTorch's start."""
    settings = []
    everything = tasks()
    for name, data in everything.items():
        epoch = -(-len(data.train[0]) // BATCH)
        common = SHAPE[name] | {
            "task": name,
            "batch_size": BATCH,
            "epochs": round(STEPS / epoch),
            "patience": round(PATIENCE_STEPS / epoch),
        }
        for init, functions in (("gain", ACTIVATIONS), ("pytorch", FRAMEWORK_START)):
            settings += [common | {"init": init, **c} for c in product(activation=functions)]
    return Grid(everything, settings, RATES, SEEDS, TUNING_SEEDS)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--dask", metavar="URL", help="address of a Dask scheduler")
    address = options.parse_args().dask
    if address:
        from distributed import Client

        Client(address)
    backend = "dask" if address else "threading"
    run(grid(), Path(__file__).with_name("runs.csv"), workers=2, backend=backend)


if __name__ == "__main__":
    main()
