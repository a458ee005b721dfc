"""The stored runs of chapter 5, and what its text says of them beyond its cells' outputs."""

import numpy as np
import pytest
from conftest import ROOT, script
from prose import said

from bends import MLP, SGD, sigmoid, tanh, train
from bends.datasets import xor
from bends.losses import LOSSES
from bends.regions import linear_pieces
from bends.runs import load, rerun

FOLDER = ROOT / "results" / "xor"


@pytest.fixture(scope="module")
def run():
    return script("xor")


@pytest.fixture(scope="module")
def table():
    return load(FOLDER / "runs.csv")


def test_every_run_is_stored_once(run, table):
    assert said(5, r"(\d+) networks of each kind, .*? (\d) to (\d+), with a sigmoid") == [
        len(run.SEEDS), min(run.SEEDS), max(run.SEEDS),
    ]  # fmt: skip
    kinds = set(zip(table["activation"], table["units"], table["seed"], strict=True))
    assert len(kinds) == len(table) == len(run.ACTIVATIONS) * len(run.UNITS) * len(run.SEEDS)


def test_a_sample_comes_out_again(run):
    stored, fresh = rerun(run.grid(), FOLDER / "runs.csv", count=6)
    np.testing.assert_allclose(fresh["largest_error"], stored["largest_error"], atol=0.005)


def test_the_fates_of_two_relu_units(run):
    x, y = xor()
    net, loss = MLP([2, 2, 1], "relu", seed=run.SEEDS), LOSSES["binary_cross_entropy"]
    optimizer = SGD(run.LEARNING_RATE)
    net(x)
    shut_at_the_start = (net.pre_activations[0] <= 0).all(axis=1).any(axis=-1)
    train(
        net, x, y, loss=loss, optimizer=optimizer, epochs=run.STEPS, batch_size=None, progress=False
    )  # fmt: skip
    answers = sigmoid(net(x))[..., 0]
    shut = (net.pre_activations[0] <= 0).all(axis=1).any(axis=-1)

    error = np.abs(answers - y).max(axis=1)
    failed, half, third = error > 0.1, np.abs(error - 1 / 2) < 0.01, np.abs(error - 2 / 3) < 0.01
    dead, failures, from_the_start = said(
        5, r"In (\d+) of the (\d+) failures at least one unit gives 0 .*? in (\d+) from the start"
    )
    assert failed.sum() == failures and (failed == half | third).all()
    assert (failed & shut).sum() == dead and not (shut & ~failed).any()
    assert (shut & shut_at_the_start).sum() == shut_at_the_start.sum() == from_the_start
    assert [error[0], error[1], error[2]] == pytest.approx([1 / 2, 0, 2 / 3], abs=0.01)
    # One half to a 0 and a 1; to three corners, the average of what they should be.
    for given in answers[half]:
        assert {0, 1} == set(y[np.abs(given - 0.5) < 0.01])
    for given in answers[third]:
        same = np.abs(given - given[np.abs(given - y).argmax()]) < 0.01
        assert same.sum() == 3 and np.abs(given[same] - y[same].mean()).max() < 0.01
    # With ten times as many steps, none of those without a shut unit gets there.
    rest = failed & ~shut
    error = np.abs(longer(net, rest, 9 * run.STEPS, run.LEARNING_RATE) - y).max(axis=1)
    assert [rest.sum()] == said(5, r"In the other (\d+) both work") and error.min() > 0.4


def longer(net, members, steps, rate):
    """Answers of a stack's members after more steps of gradient descent, written out."""
    x, y = xor()
    (w1, w2), (b1, b2) = ([part[members] for part in parts] for parts in (net.weights, net.biases))
    b1, b2 = b1.reshape(-1, 1, 2), b2.reshape(-1, 1, 1)
    for _ in range(steps):
        z = x @ w1 + b1
        h = np.maximum(z, 0)
        wrong = (1 / (1 + np.exp(-(h @ w2 + b2))) - y[:, None]) / 4
        back = wrong * w2[..., 0][:, None] * (z > 0)
        w2, b2 = w2 - rate * h.swapaxes(1, 2) @ wrong, b2 - rate * wrong.sum(axis=1, keepdims=True)
        w1, b1 = w1 - rate * x.T @ back, b1 - rate * back.sum(axis=1, keepdims=True)
    return (1 / (1 + np.exp(-(h @ w2 + b2))))[..., 0]


def test_tents_in_a_row_are_a_network_of_two_units_a_layer():
    for k in range(1, 7):
        net = MLP([1] + [2] * k + [1], "relu")
        for layer in range(k):
            net.weights[layer][:] = [[1, 1]] if layer == 0 else [[2, 2], [-4, -4]]
            net.biases[layer][:] = [0, -0.5]
        net.weights[k][:] = [[2], [-4]]
        assert len(linear_pieces(net, 0.0, 1.0)) - 1 == 2**k


def test_nearly_all_single_silu_units_learn_it(table):
    errors = table.where(activation="silu", units=1)["largest_error"]
    told = [(errors < 0.1).sum(), len(errors)]
    assert told == said(5, r"(\d+) of (\d+) single SiLU units learnt")
    assert told == said(5, r"(\d+) of (\d+) runs found it")


@pytest.mark.parametrize(("number", "far"), [(np.float64, 20), (np.float32, 10)])
def test_far_out_the_usual_slope_of_tanh_rounds_to_0(number, far):
    assert 1 - np.tanh(number(far)) ** 2 == 0
    assert 1 - np.tanh(number(far / 2)) ** 2 > 0
    assert 0 < tanh.derivative(10.0) < 1e-8
