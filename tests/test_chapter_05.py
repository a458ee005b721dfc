"""The stored runs of chapter 5, and what its text says of them beyond its cells' outputs."""

import numpy as np
import pytest
from conftest import ROOT, script
from prose import said

from bends import MLP, SGD, relu, sigmoid, silu, tanh, train
from bends.datasets import xor
from bends.losses import LOSSES
from bends.regions import linear_pieces
from bends.runs import load, rerun

WITHIN = 0.1  # an answer counts as learnt
FOLDER = ROOT / "results" / "xor"


@pytest.fixture(scope="module")
def run():
    return script("xor")


@pytest.fixture(scope="module")
def table():
    return load(FOLDER / "runs.csv")


def test_every_run_is_stored_once(run, table):
    (runs,) = said(5, r"The ([\d,]+) networks are in the table")
    each, first, last, steps, near = said(
        5,
        r"(\d+) networks of each kind, .* (\d) to (\d+), with a sigmoid at the output\. "
        r"Each takes (\d+) small steps .* within ([\d.]+) of what they should be",
    )
    assert runs == len(table) and each == len(run.SEEDS) and steps == run.STEPS
    assert [first, last] == [min(run.SEEDS), max(run.SEEDS)] and near == WITHIN
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
    told_dead, told_failed, told_from_start = said(
        5, r"In (\d+) of the (\d+) failures at least one unit gives 0 .*?, in (\d+) from the start"
    )
    told_rest, times = said(
        5, r"In the other (\d+) both work, but (\w+) times as many steps helped none"
    )
    failed, half, third = error > WITHIN, np.abs(error - 1 / 2) < 0.01, np.abs(error - 2 / 3) < 0.01
    assert failed.sum() == told_failed and (failed == half | third).all()
    assert (failed & shut).sum() == told_dead and not (shut & ~failed).any()
    assert (shut & shut_at_the_start).sum() == shut_at_the_start.sum() == told_from_start
    assert [error[0], error[1], error[2]] == pytest.approx([1 / 2, 0, 2 / 3], abs=0.01)
    # One half to a 0 and a 1; to three corners, the average of what they should be.
    for given in answers[half]:
        assert {0, 1} == set(y[np.abs(given - 0.5) < 0.01])
    for given in answers[third]:
        same = np.abs(given - given[np.abs(given - y).argmax()]) < 0.01
        assert same.sum() == 3 and np.abs(given[same] - y[same].mean()).max() < 0.01
    # With more steps, none of those without a shut unit gets there.
    rest = failed & ~shut
    error = np.abs(longer(net, rest, (times - 1) * run.STEPS, run.LEARNING_RATE) - y).max(axis=1)
    assert rest.sum() == told_rest and error.min() > 0.4


def longer(net, members, steps, rate):
    """Answers of a stack's members after more steps of gradient descent, written out."""
    x, y = xor()
    (w1, w2), (b1, b2) = ([part[members] for part in parts] for parts in (net.weights, net.biases))
    b1, b2 = b1.reshape(-1, 1, 2), b2.reshape(-1, 1, 1)
    for _ in range(int(steps)):
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


def test_how_many_single_silu_units_learn_it(table):
    errors = table.where(activation="silu", units=1)["largest_error"]
    learnt = (errors < WITHIN).sum()
    assert said(5, r"(\d+) of (\d+) single SiLU units learnt") == [learnt, len(errors)]
    assert said(5, r"It has a valley\. (\d+) of (\d+) runs found it") == [learnt, len(errors)]


def test_shares_that_are_told_in_words(table):
    def learnt(bend):
        return np.mean(table.where(activation=bend, units=2)["largest_error"] < WITHIN)

    (of,) = said(5, r"But only about \*\*one network in (\w+)\*\* finds such weights")
    again = said(5, r"but only about one network in (\w+) learns it") + said(
        5, r"Other seeds do, about one in (\w+)\."
    )
    assert again == [of, of] and 1 / of == pytest.approx(learnt("relu"), abs=0.02)
    missed, runs = said(5, r"weights for XOR, and (\w+) runs in (\w+) miss them")
    assert missed / runs == pytest.approx(1 - learnt("relu"), abs=0.02)
    (of,) = said(5, r"of ours with two sigmoid units, one in (\w+)\.")
    assert 1 / of == pytest.approx(1 - learnt("sigmoid"), abs=0.02)
    (within,) = said(5, r"They nearly made it: with ([\d.]+) in the rule, nearly all would count")
    assert (table.where(activation="gelu", units=1)["largest_error"] < within).mean() > 0.95


def test_a_valley_in_numbers():
    told, times = said(5, r"than the left end by only ([\d.]+)\. (\w+) times that is enough for")
    valley = silu(2 * np.arange(3) - 3)
    assert told.rounds(valley[0] - valley[1])
    stretched = sigmoid(-times * (valley + 0.2))
    enough = said(5, r"that is enough for ([\d.]+), ([\d.]+) and (\d)\.")
    assert abs(stretched - enough).max() < 0.005


def test_pieces_by_hand():
    entering, *path = said(
        5,
        r"For x = ([\d.]+) the first tent gives ([\d.]+), the second ([\d.]+), "
        r"the third ([\d.]+)\.",
    )
    for told in path:
        entering = 2 * relu(entering) - 4 * relu(entering - 0.5)
        assert told.rounds(entering)
    pieces, side_by_side, layers, in_layers = said(
        5, r"For (\d+) pieces one layer needs (\d+) units; (\w+) layers of two have (\d+)\."
    )
    assert pieces == side_by_side + 1 == 2**layers and in_layers == 2 * layers
    assert said(5, r"\"wide\" may mean (\d+) units where (\d+) do in layers") == [
        side_by_side,
        in_layers,
    ]
    (first,) = said(5, r"two layers of 24 could make hundreds: up to (\d+) after the first")
    assert first == 24 + 1


def test_far_out_the_usual_slope_of_tanh_rounds_to_0():
    (double,) = said(5, r"At (\d+) it makes 1 of tanh, and the usual formula")
    (single,) = said(5, r"With 32-bit numbers, .* this happens at (\d+) already")
    for number, far in ((np.float64, double), (np.float32, single)):
        assert 1 - np.tanh(number(far)) ** 2 == 0 < 1 - np.tanh(number(0.9 * far)) ** 2
    (at,) = said(5, r"at (\d+) the slope of tanh is less than a hundred-millionth")
    assert 0 < tanh.derivative(at) < 1e-8
