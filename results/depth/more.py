"""Asked after the grid, and not in PROTOCOL.md: does five times the training change the picture?

MNIST-1D, 20 hidden layers, own gain: 2000 steps in place of 400. All else is as in the grid, but
for the seeds, 200 to 209.

    python results/depth/more.py
"""

from dataclasses import replace
from pathlib import Path

from run import AROUND, EPOCHS, grid

from bends.grids import product
from bends.runs import run

FUNCTIONS = ["sigmoid", "tanh", "relu", "silu"]


def longer():
    cells = product(around=AROUND, init=["gain"], depth=[20], activation=FUNCTIONS)
    common = {"task": "mnist1d", "epochs": 5 * EPOCHS["mnist1d"]}
    return replace(grid(), settings=[common | cell for cell in cells], seeds=range(200, 210))


if __name__ == "__main__":
    run(longer(), Path(__file__).with_name("more.csv"))
