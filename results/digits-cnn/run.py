"""Activation function and batch normalisation in a small convolutional network, on real digits.

    make results NAME=digits-cnn

The runs behind chapter 14; PROTOCOL.md says what and why. One process, one thread. Killed at any
moment, it goes on where it was. The digits are the 1,797 handwritten ones of 8 × 8 pixels that
scikit-learn ships.
"""

import math
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import bends
from bends.grids import Grid, product
from bends.runs import run

CHANNELS = [1, 8, 8, 16, 16]
EPOCHS, BATCH = 25, 50
RATES = [0.0025, 0.005, 0.01, 0.02]
TUNING_SEEDS = range(100, 102)
SEEDS = range(20)
ACTIVATIONS = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "hard_swish": functional.hardswish,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
NORMS = ["none", "before", "after"]


def read_digits():
    """Three parts of (pictures, labels): 600 to train with, 300 to validate with, 897 to test."""
    pictures, labels = load_digits(return_X_y=True)
    pictures = torch.tensor(pictures, dtype=torch.float32).view(-1, 1, 8, 8) / 8 - 1
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    parts = order.split([600, 300, 897])
    return [(pictures[part], torch.tensor(labels)[part]) for part in parts]


class Network(nn.Module):
    """Four convolutions of 3 × 3, the third with stride 2; the mean over places; ten scores.

    Batch normalisation stands nowhere, before each activation function, or after it.
    """

    def __init__(self, activation, norm):
        super().__init__()
        self.function, self.norm = ACTIVATIONS[activation], norm
        self.convolutions = nn.ModuleList(
            nn.Conv2d(n_in, n_out, 3, padding=1, stride=2 if i == 2 else 1)
            for i, (n_in, n_out) in enumerate(zip(CHANNELS, CHANNELS[1:], strict=False))
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in CHANNELS[1:])
        self.head = nn.Linear(CHANNELS[-1], 10)

    def forward(self, x):
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = convolution(x)
            if self.norm == "before":
                x = norm(x)
            x = self.function(x)
            if self.norm == "after":
                x = norm(x)
        return self.head(x.mean(dim=(2, 3)))


def initialise(net, activation, seed):
    """Normal weights with the function's own gain (chapter 10), as PyTorch has it; biases 0."""
    random = torch.Generator().manual_seed(seed)
    gain = bends.gain(bends.ACTIVATIONS[activation])
    with torch.no_grad():
        for i, convolution in enumerate(net.convolutions):
            spread = (gain if i else 1.0) / math.sqrt(convolution.weight[0].numel())
            convolution.weight.normal_(0, spread, generator=random)
            convolution.bias.zero_()
        net.head.weight.normal_(0, gain / math.sqrt(CHANNELS[-1]), generator=random)
        net.head.bias.zero_()


def accuracy(net, pictures, labels):
    """Share of right answers, with the means and variances that batch norm has kept.

    A network whose numbers are no longer finite scores as guessing does.
    """
    net.eval()
    with torch.no_grad():
        scores = net(pictures)
    if not scores.isfinite().all():
        return 0.1
    return float((scores.argmax(1) == labels).double().mean())


def train(digits, activation, norm, rate, seed):
    """Adam, the rate falling to 0 along a half cosine; a new order of the pictures each epoch."""
    pictures, labels = digits
    net = Network(activation, norm)
    initialise(net, activation, seed)
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    steps = EPOCHS * len(labels) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    net.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(labels), generator=random).split(BATCH):
            loss = functional.cross_entropy(net(pictures[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return net


# --- all of them ----------------------------------------------------------------------------------


def runs_of(digits, setting, members, phase):
    """Train the networks of one cell, one after the other, and say what they get right."""
    rows = []
    for rate, seed in members:
        net = train(digits["train"], setting["activation"], setting["norm"], rate, seed)
        judged = "validation" if phase == "tuning" else "test"
        rows.append({f"{judged}_score": accuracy(net, *digits[judged])})
    return rows


def grid():
    """Every function in every arrangement, each with its own best rate."""
    return Grid(
        tasks={"digits": dict(zip(["train", "validation", "test"], read_digits(), strict=True))},
        settings=product(norm=NORMS, activation=ACTIVATIONS),
        rates=RATES,
        tuning_seeds=TUNING_SEEDS,
        seeds=SEEDS,
        train=runs_of,
        outcomes=["validation_score", "test_score"],
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(grid(), Path(__file__).with_name("runs.csv"))
