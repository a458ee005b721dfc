"""The numbers in the prose of chapters 9 and 10 that no cell prints."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from prose import said

from bends import ACTIVATIONS, CORE, MLP, gain, leaky_relu, relu, selu, tanh
from bends.initializers import gaussian_nodes
from bends.meanfield import mean_field, variance_map
from bends.runs import load
from bends.signals import statistics

ROOT = Path(__file__).parent.parent


def mean(f, kinks=(0.0,)):
    z, weights = gaussian_nodes(kinks)
    return float(weights @ f(z))


def test_selu_is_solved_with_the_numbers_of_the_text():
    right, left = mean(lambda z: np.maximum(z, 0)), mean(lambda z: np.expm1(np.minimum(z, 0)))
    left_energy = mean(lambda z: np.expm1(np.minimum(z, 0)) ** 2)
    assert right == pytest.approx(0.3989, abs=5e-5)
    assert left == pytest.approx(-0.2384, abs=5e-5)
    assert left_energy == pytest.approx(0.14495, abs=5e-6)
    alpha = -right / left
    assert alpha == pytest.approx(1.6733, abs=5e-5)
    assert left_energy * alpha**2 == pytest.approx(0.4058, abs=5e-5)
    assert 1 / math.sqrt(0.5 + left_energy * alpha**2) == pytest.approx(selu(1.0), rel=1e-9)
    assert alpha == pytest.approx(-selu(-np.inf) / selu(1.0), rel=1e-9)


@pytest.mark.parametrize(
    ("energy", "path"), [(0.2, [0.603, 0.860, 0.987]), (5.0, [1.639, 1.156, 1.013])]
)
def test_selu_draws_every_energy_to_1(energy, path):
    seen = [energy]
    for _ in range(20):
        seen.append(variance_map(selu, seen[-1], 1.0))
    assert [seen[layer] for layer in (5, 10, 20)] == pytest.approx(path, abs=5e-4)


def test_blame_grows_3600_times_in_fifty_layers_of_tanh():
    ratio = (gain(tanh) / gain(tanh, "backward")) ** 2
    assert ratio == pytest.approx(1.178, abs=5e-4)
    assert ratio**50 == pytest.approx(3600, abs=50)
    assert ratio**5 == pytest.approx(2.3, abs=0.05)


def test_the_backward_gain_lets_the_blame_of_tanh_grow_once_the_signal_has_settled():
    settled = mean_field(tanh, gain(tanh, "backward"))
    assert settled.q == pytest.approx(0.72, abs=0.006)
    assert settled.chi == pytest.approx(1.126, abs=5e-4)
    assert settled.chi**50 == pytest.approx(380, abs=5)


def test_no_scale_of_tanh_keeps_signal_and_blame():
    assert mean_field(tanh, 1.0).q < 1e-3
    assert all(mean_field(tanh, scale).chi > 1 for scale in (1.05, 1.2, 1.5, 2.0, 4.0))


@pytest.mark.parametrize("name", ["gelu", "silu", "squared_relu"])
def test_a_balance_on_its_tip_enlarges_a_miss_of_either_sign(name):
    f = ACTIVATIONS[name]
    assert variance_map(f, 1.01, gain(f)) > 1.01
    assert variance_map(f, 0.99, gain(f)) < 0.99


def test_theory_holds_gelu_level_when_the_first_layer_has_scale_1():
    f, energy = ACTIVATIONS["gelu"], 1.0
    for layer in range(50):
        energy = variance_map(f, (gain(f) ** 2 if layer else 1.0) * energy, 1.0)
    assert energy == pytest.approx(gain(f) ** -2, rel=1e-6)


def test_a_layer_of_relus_misses_by_5_over_n():
    factor = mean(lambda z: (2 * relu(z) ** 2) ** 2) - 1  # the variance for n = 1
    assert factor == pytest.approx(5, rel=1e-9)
    assert math.sqrt(factor / 256) == pytest.approx(0.14, abs=0.001)


def test_a_start_at_zero_moves_only_the_last_bias():
    net = MLP([3, 8, 8, 1], "relu", init="zeros", seed=0)
    net(np.random.default_rng(0).normal(size=(5, 3)))
    gradients = net.backward(np.ones((5, 1)))
    assert not any(W.any() for W in gradients.weights)
    assert [bool(b.any()) for b in gradients.biases] == [False, False, True]


def test_leaky_relu_has_an_average_of_its_own():
    leak, *told = said(
        10,
        r"leak of ([\d.]+), the right side averages ([\d.]+) and the left (−[\d.]+): "
        r"together ([\d.]+)\.",
    )
    f = leaky_relu.with_parameters(negative_slope=leak)
    sides = mean(lambda z: np.maximum(f(z), 0)), mean(lambda z: np.minimum(f(z), 0)), mean(f)
    assert all(number.rounds(side) for number, side in zip(told, sides, strict=True))


def test_one_gain_serves_both_directions_for_the_homogeneous_alone():
    both = {
        name
        for name, f in CORE.items()
        if name != "step" and math.isclose(gain(f), gain(f, "backward"), rel_tol=1e-12)
    }
    assert both == {"identity", "relu", "leaky_relu", "prelu", "abs"}


def test_nielsens_factors():
    text = next((ROOT / "chapters").glob("09-*.ipynb")).read_text(encoding="utf8")
    lengths = re.search(r"At the start their lengths were ([^a-z]+) and ([\d.]+), from", text)
    said = re.search(r"Divide neighbours: the factors are ([^a-z]+) and ([\d.]+)\.", text)
    rule = re.search(r"For very wide layers .{0,60}this chapter's rule gives ([\d.]+)\.", text)
    sizes, factors = (
        np.array([float(n) for n in found[1].split(", ") + [found[2]]]) for found in (lengths, said)
    )
    assert sizes[:-1] / sizes[1:] == pytest.approx(factors, abs=0.006) and len(sizes) == 4
    assert math.sqrt(mean_field("sigmoid", 1, 1).chi) == pytest.approx(float(rule[1]), abs=0.005)


@pytest.mark.parametrize(("bend", "share"), [("sigmoid", 1 / 7), ("tanh", 1 / 2)])
def test_what_the_old_start_leaves_of_the_blame(bend, share):
    net = MLP([40, 100, 100, 100, 100, 10], bend, init="uniform", seed=range(5))
    rng = np.random.default_rng(0)
    net(rng.normal(size=(100, 40)))
    net.backward(rng.normal(size=(5, 100, 10)))
    size = np.sqrt(statistics(net.signals[:4]).mean_square).mean(axis=0)
    assert (size[0] / size[3]) ** (1 / 3) == pytest.approx(share, rel=0.1)


def test_with_two_hidden_layers_only_the_sigmoid_needs_its_gain():
    runs = load(ROOT / "results" / "depth" / "runs.csv")
    runs = runs.where(phase="test", around="nothing", depth=2)
    mean = {
        kind: rows["test_score"].mean()
        for kind, rows in runs.groups("task", "activation", "init")
        if len(rows["test_score"]) == 20
    }
    for (task, bend, init), score in mean.items():
        if init == "gain" and bend != "sigmoid":
            assert abs(score - mean[task, bend, "pytorch"]) <= 0.03
    assert len(mean) == 2 * 6 * 2
    assert mean["spirals", "sigmoid", "pytorch"] == pytest.approx(0.71, abs=0.005)
    assert mean["spirals", "sigmoid", "gain"] == pytest.approx(0.91, abs=0.005)
