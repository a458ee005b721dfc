"""The stored runs of chapter 5, and what its text says of them beyond its cells' outputs."""

import csv
import importlib.util
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from bends import MLP, SGD, sigmoid, train
from bends.datasets import xor
from bends.losses import LOSSES

FOLDER = Path(__file__).resolve().parent.parent / "results" / "xor"


@pytest.fixture(scope="module")
def run():
    spec = importlib.util.spec_from_file_location("xor_run", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows():
    with open(FOLDER / "runs.csv") as file:
        return list(csv.DictReader(file))


def test_every_run_is_stored_once(run, rows):
    kinds = {(row["activation"], int(row["units"]), int(row["seed"])) for row in rows}
    assert len(kinds) == len(rows) == len(run.ACTIVATIONS) * len(run.UNITS) * len(run.SEEDS)


def test_a_sample_comes_out_again(run, rows):
    names = ["activation", "units", "seed"]
    sample = [row for row in rows if crc32(" ".join(row[n] for n in names).encode()) % 2000 == 0]
    assert len(sample) >= 5
    for row in sample:
        (error,) = run.largest_errors(row["activation"], int(row["units"]), [int(row["seed"])])
        assert error == pytest.approx(float(row["largest_error"]), abs=0.005), row


def test_the_fates_of_two_relu_units(run):
    x, y = xor()
    net, loss = MLP([2, 2, 1], "relu", seed=run.SEEDS), LOSSES["binary_cross_entropy"]
    optimizer = SGD(run.LEARNING_RATE)
    train(
        net, x, y, loss=loss, optimizer=optimizer, epochs=run.STEPS, batch_size=None, progress=False
    )  # fmt: skip
    answers = sigmoid(net(x))[..., 0]
    gradients = net.backward(loss(net(x), y)[1])
    steps = [run.LEARNING_RATE * np.abs(g) for part in gradients for g in part]
    longest = np.max([step.reshape(len(answers), -1).max(axis=1) for step in steps], axis=0)

    error = np.abs(answers - y).max(axis=1)
    failed, half, third = error > 0.1, np.abs(error - 1 / 2) < 0.01, np.abs(error - 2 / 3) < 0.01
    assert failed.sum() == 407 and (failed == half | third).all()
    assert (np.abs(answers - 0.5) < 0.01).all(axis=1).sum() == 110
    assert longest[failed].max() < 0.001
    # One half to a 0 and a 1; to three corners, the average of what they should be.
    for given in answers[half]:
        assert {0, 1} == set(y[np.abs(given - 0.5) < 0.01])
    for given in answers[third]:
        same = np.abs(given - given[np.abs(given - y).argmax()]) < 0.01
        assert same.sum() == 3 and np.abs(given[same] - y[same].mean()).max() < 0.01


def test_of_single_silu_units_499_learn_it(rows):
    errors = [
        float(row["largest_error"])
        for row in rows
        if (row["activation"], row["units"]) == ("silu", "1")
    ]
    assert sum(error < 0.1 for error in errors) == 499
