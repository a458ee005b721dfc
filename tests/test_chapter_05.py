"""The stored runs of chapter 5, and what its text says of them beyond its cells' outputs."""

import csv
import importlib.util
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from bends import MLP, SGD, train
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


def test_where_two_relu_units_fail_the_ground_is_flat(rows):
    failed = [
        int(row["seed"])
        for row in rows
        if (row["activation"], row["units"]) == ("relu", "2") and float(row["largest_error"]) > 0.1
    ][:20]
    x, y = xor()
    net, loss = MLP([2, 2, 1], "relu", seed=failed), LOSSES["binary_cross_entropy"]
    train(
        net, x, y, loss=loss, optimizer=SGD(0.5), epochs=5000, batch_size=None, progress=False
    )  # fmt: skip
    gradients = net.backward(loss(net(x), y)[1])
    steepest = [np.abs(g).reshape(len(failed), -1).max(axis=1) for part in gradients for g in part]
    assert np.max(steepest) < 0.01


def test_of_single_silu_units_499_learn_it(rows):
    errors = [
        float(row["largest_error"])
        for row in rows
        if (row["activation"], row["units"]) == ("silu", "1")
    ]
    assert sum(error < 0.1 for error in errors) == 499
