"""Asked after the grid, and not in PROTOCOL.md: is it the biases that normalisation alone lacks?

With every bias 0, a network with layer normalisation is blind to its input's size: norm(W x) is
the same for x and for 2x. Here 20 layers with layer normalisation learn, with all biases 0 and
with the first layer's drawn as PyTorch draws them. All else is as in the grid, but for the seeds,
200 to 219. Seen before with ReLU, seeds 0 to 7: drawn biases rescue the spirals.

    python results/depth/biases.py
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
from run import AROUND, BATCH, EPOCHS, FUNCTIONS, INITS, WIDTH, grid, share_right

from bends import INITIALIZERS, Adam, train
from bends.grids import product
from bends.residual import ResidualMLP
from bends.runs import run

DEPTH = 20


def initialiser(init, biases):
    """The weights of `init`, every bias 0; or, in the first layer alone, drawn."""

    def draw(rng, fan_in, fan_out, activation):
        weights, zero = INITIALIZERS[init](rng, fan_in, fan_out, activation)
        drawn = rng.uniform(-1, 1, fan_out) / math.sqrt(fan_in)  # drawn always: the same weights
        first = activation.name == "identity"  # the inputs are data
        return weights, drawn if first and biases == "drawn" else np.zeros_like(zero)

    return draw


def learn(data, setting, members, phase):
    """Train one setting's networks as a stack, and give their shares of right answers."""
    x, y = data["train"]
    rates, seeds = zip(*members, strict=True)
    net = ResidualMLP(
        [x.shape[1], *[WIDTH] * DEPTH, int(y.max()) + 1],
        setting["activation"],
        init=initialiser(setting["init"], setting["biases"]),
        seed=seeds,
        dtype="float32",
        **AROUND["normalisation"],
    )
    train(
        net, x, y, loss="cross_entropy", optimizer=Adam(rates),
        epochs=setting["epochs"], batch_size=BATCH, progress=False,
    )  # fmt: skip
    scores = {
        f"{part}_score": share_right(net, *data[part])
        for part in ["validation", "test"][: 1 + (phase == "test")]
    }
    return [{name: float(s[i]) for name, s in scores.items()} for i in range(len(members))]


def without_and_with():
    """Both tasks from the own gain; the spirals from PyTorch's weights as well."""
    settings = [
        {"task": task, "epochs": EPOCHS[task]} | cell
        for task, inits in (("spirals", INITS), ("mnist1d", ["gain"]))
        for cell in product(init=inits, biases=["0", "drawn"], activation=FUNCTIONS)
    ]
    return replace(
        grid(),
        settings=settings,
        seeds=range(200, 220),
        train=learn,
        outcomes=["validation_score", "test_score"],
    )


if __name__ == "__main__":
    run(without_and_with(), Path(__file__).with_name("biases.csv"))
