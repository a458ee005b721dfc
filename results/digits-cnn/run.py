"""Activation function and batch normalisation in a small convolutional network, on real digits.

    make results NAME=digits-cnn

The runs behind chapter 14; PROTOCOL.md says what and why. One process, one thread. Killed at any
moment, it goes on where it was. The digits are the 1,797 handwritten ones of 8 × 8 pixels that
scikit-learn ships.
"""

import ast
import csv
import hashlib
import math
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import bends

HERE = Path(__file__).parent
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
COLUMNS = [
    "phase",
    "activation",
    "norm",
    "rate",
    "seed",
    "validation_score",
    "test_score",
    "digest",
]


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


def digest(parts):
    """Short hash of what the numbers depend on: pictures, this code without comments, PyTorch."""
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            del node.body[0]
    seen = hashlib.sha256(ast.unparse(tree).encode())
    for part in parts:
        for array in part:
            seen.update(array.numpy().tobytes())
    return f"{seen.hexdigest()[:8]} torch {torch.__version__.split('+')[0]}"


class Runs:
    """The table on disk: `row` does a run if the file does not hold it yet, and gives its row."""

    def __init__(self, path):
        self.path = path
        self.train, self.validation, self.test = parts = read_digits()
        self.digest = digest(parts)
        self.rows = {}
        if path.exists():
            with open(path, newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if row["digest"] != self.digest:
                        raise SystemExit(
                            f"{path} holds rows of other code or data: {row['digest']}"
                        )
                    self.rows[self._key(**row)] = row

    @staticmethod
    def _key(phase, activation, norm, rate, seed, **_):
        return phase, activation, norm, float(rate), int(seed)

    def row(self, phase, activation, norm, rate, seed):
        key = self._key(phase, activation, norm, rate, seed)
        if key not in self.rows:
            net = train(self.train, activation, norm, rate, seed)
            row = dict.fromkeys(COLUMNS, "") | {
                "phase": phase, "activation": activation, "norm": norm, "rate": rate, "seed": seed,
                "digest": self.digest,
            }  # fmt: skip
            if phase == "tuning":
                row["validation_score"] = accuracy(net, *self.validation)
            else:
                row["test_score"] = accuracy(net, *self.test)
            self._append(row)
            self.rows[key] = row
        return self.rows[key]

    def _append(self, row):
        new = not self.path.exists()
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)

    def tuned_rate(self, activation, norm):
        """The rate with the best mean validation score; of equal ones the smaller."""
        score = {}
        for rate in RATES:
            rows = [self.row("tuning", activation, norm, rate, seed) for seed in TUNING_SEEDS]
            score[rate] = sum(float(row["validation_score"]) for row in rows) / len(rows)
        return max(score, key=score.get)


def main():
    torch.set_num_threads(1)
    runs = Runs(HERE / "runs.csv")
    for norm in NORMS:
        for activation in ACTIVATIONS:
            rate = runs.tuned_rate(activation, norm)
            print(norm, activation, rate, flush=True)
            for seed in SEEDS:
                runs.row("test", activation, norm, rate, seed)


if __name__ == "__main__":
    main()
