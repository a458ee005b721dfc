"""The numbers in the prose of chapters 9 and 10 that no cell prints."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
from prose import said, written

from bends import ACTIVATIONS, CORE, MLP, SGD, gain, leaky_relu, relu, selu, tanh, train
from bends.datasets import mnist1d
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
    alpha = -right / left
    together = 0.5 + left_energy * alpha**2
    told = said(
        10, r"averages ([\d.]+) \(counting the left as 0\), and the left side (−[\d.]+) for"
    ) + said(10, r"0\.3989 / 0\.2384 = ([\d.]+): that is")
    assert all(n.rounds(x) for n, x in zip(told, (right, left, alpha), strict=True))
    told = said(
        10,
        r"left side's is ([\d.]+) for .*?, so now 0\.14495 · ([\d.]+)² = ([\d.]+)\. "
        r"Together ([\d.]+)\. .* one over the root of ([\d.]+) is ([\d.]+)\.",
    )
    exact = (left_energy, alpha, left_energy * alpha**2, together, together, together**-0.5)
    assert all(n.rounds(x) for n, x in zip(told, exact, strict=True))
    assert together**-0.5 == pytest.approx(selu(1.0), rel=1e-9)
    assert alpha == pytest.approx(-selu(-np.inf) / selu(1.0), rel=1e-9)


def test_selu_draws_every_energy_to_1():
    below = said(
        10,
        r"Let ([\d.]+) enter\. .* it is ([\d.]+) after five layers, ([\d.]+) after ten, ([\d.]+) a",
    )
    above = said(10, r"From above, (\d) becomes ([\d.]+), ([\d.]+) and ([\d.]+)")
    for energy, *path in (below, above):
        seen = [energy]
        for _ in range(20):
            seen.append(variance_map(selu, seen[-1], 1.0))
        assert all(n.rounds(seen[layer]) for n, layer in zip(path, (5, 10, 20), strict=True))


def test_how_the_gradient_of_tanh_grows():
    forward, backward = gain(tanh), gain(tanh, "backward")
    each, fifty = said(10, r"grows by ([\d.]+) per layer, over fifty layers (\d+) times")
    ratio = (forward / backward) ** 2
    assert each.rounds(ratio) and ratio**50 == pytest.approx(fifty, abs=50)
    (five,) = said(10, r"In five layers of tanh that mean square grows ([\d.]+) times")
    assert five.rounds(ratio**5)
    (scale, about), (again,) = (
        said(
            10, r"With tanh at ([\d.]+) the mean square .* grows about ([\d.]+) times at each layer"
        ),
        said(10, r"Its mean square grows, by about ([\d.]+) per layer"),
    )
    assert scale.rounds(forward) and about.rounds(ratio) and again == about
    # The backward gain is no cure: the signal settles lower, where tanh is steeper.
    each, fifty = said(10, r"still grows, by ([\d.]+), over fifty layers (\d+) times")
    settled = mean_field(tanh, backward)
    assert each.rounds(settled.chi) and settled.chi**50 == pytest.approx(fifty, abs=5)
    assert settled.q < mean_field(tanh, forward).q


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


def test_by_how_much_a_layer_of_relus_misses():
    times, miss, units, percent = said(
        10,
        r"has mean 1 and variance (\d)/\*n\*\. Its .*: ([\d.]+) for (\d+) units, "
        r"a typical miss of (\d+) %",
    )
    factor = mean(lambda z: (2 * relu(z) ** 2) ** 2) - 1  # the variance for n = 1
    assert factor == pytest.approx(times, rel=1e-9)
    assert miss.rounds(math.sqrt(factor / units)) and percent.rounds(100 * miss)


def test_what_biases_leave_after_fifty_layers():
    n, left = said(
        10, r"ReLU halves the sum: 1/\(5\*n\*\) again\. For \*n\* = (\d+) that is ([\d.]+)"
    )
    energy = 1 / (5 * n)
    assert (energy / 3 + 1 / (3 * n)) / 2 == pytest.approx(energy) and left.rounds(energy)


def test_what_a_function_leaves_and_its_gain_brings_back():
    left, gained, again, same = said(
        10,
        r"leaves ([\d.]+) of a mean square of 1\. Weights ([\d.]+) times .*"
        r"since ([\d.]+)² · ([\d.]+) is about 1",
    )
    assert left.rounds(mean(lambda z: tanh(z) ** 2)) and gained.rounds(gain(tanh))
    assert (again, same) == (gained, left)
    for chapter, pattern in (
        (10, r"\\sqrt\{2\} = ([\d.]+)\$\. \[The"),
        (9, r"with, ([\d.]+) is what \[c"),
    ):
        assert said(chapter, pattern)[0].rounds(gain(relu))
    small, of_the_sigmoid = (
        *said(9, r"have names: ([\d.]+) is what PyTorch's layers start with"),
        *said(9, r"and ([\d.]+) is found for the sigmoid below"),
    )
    assert small.rounds(3**-0.5) and of_the_sigmoid.rounds(gain("sigmoid", "backward"))


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
    number = r"([\d.]*\d)"
    sizes = said(9, rf"their lengths were {number}, {number}, {number} and {number}, from")
    factors = said(9, rf"Divide neighbours: the factors are {number}, {number} and {number}\.")
    for ahead, behind, factor in zip(sizes, sizes[1:], factors, strict=False):
        assert factor.rounds(ahead / behind)
    (rule,) = said(9, rf"For very wide layers .* this chapter's rule gives {number}\.")
    assert rule.rounds(math.sqrt(mean_field("sigmoid", 1, 1).chi))


def test_one_path_by_hand():
    rows = re.findall(r"^\| (\d) \| ([\d.]+) \|$", written(9), re.M)
    assert len(rows) == 5 and all(float(left) == 0.25 ** int(n) for n, left in rows)
    rows = re.findall(r"^\| (\d) \| ([\d.]+) \| ([\d.]+) \|$", written(9), re.M)
    assert len(rows) == 4
    for weight, factor, after_ten in rows:
        assert float(factor) == 0.25 * float(weight)
        assert float(after_ten) == pytest.approx(float(factor) ** 10, rel=0.005)
    rate, weight, small, once, often = said(
        9,
        r"learning rate of ([\d.]+) and a gradient of 1, a weight of ([\d.]+) .*"
        r"With a gradient of ([\d.]+) it becomes ([\d.]+)\. After a thousand .* still ([\d.]+)\.",
    )
    assert once.rounds(weight - rate * small) and often.rounds(weight - 1000 * rate * small)


def test_a_root_mean_square_by_hand():
    low, high, *squares, square, root = said(
        9,
        r"For (−\d) and (\d) the squares are (\d+) and (\d+), the mean square is ([\d.]+), "
        r"the root mean square ([\d.]+)\.",
    )
    assert squares == [low**2, high**2] and square == sum(squares) / 2
    assert root.rounds(math.sqrt(square))


def test_when_growing_numbers_no_longer_fit_into_32_bits():
    (layers,) = said(9, r"After about (\d+) layers the numbers no longer fit into 32 bits")
    doublings = math.log2(np.finfo(np.float32).max)  # two layers of ReLU at 2 double a number
    assert 2 * doublings == pytest.approx(layers, abs=5)


@pytest.mark.parametrize(("bend", "share"), [("sigmoid", 1 / 7), ("tanh", 1 / 2)])
def test_what_the_old_start_leaves_of_the_gradient(bend, share):
    assert "About a seventh is left at each sigmoid layer, and about a half at each" in written(9)
    net = MLP([40, 100, 100, 100, 100, 10], bend, init="uniform", seed=range(5))
    rng = np.random.default_rng(0)
    net(rng.normal(size=(100, 40)))
    net.backward(rng.normal(size=(5, 100, 10)))
    size = np.sqrt(statistics(net.signals[:4]).mean_square).mean(axis=0)
    assert (size[0] / size[3]) ** (1 / 3) == pytest.approx(share, rel=0.1)


def test_with_two_hidden_layers_only_the_sigmoid_needs_its_gain():
    runs = load(ROOT / "results" / "depth" / "runs.csv")
    runs = runs.where(phase="test", around="nothing", depth=2)
    apart, without, with_it, networks = said(
        10,
        r"at most (\d) percentage points apart\. .* it gets (\d+) % without it, and (\d+) % with it"
        r"\. \(Means of (\d+) networks",
    )
    mean = {
        kind: rows["test_score"].mean()
        for kind, rows in runs.groups("task", "activation", "init")
        if len(rows["test_score"]) == networks
    }
    gaps = [
        100 * abs(score - mean[task, bend, "pytorch"])
        for (task, bend, init), score in mean.items()
        if init == "gain" and bend != "sigmoid"
    ]
    assert apart - 1 < max(gaps) <= apart
    assert len(mean) == 2 * 6 * 2
    assert without.rounds(100 * mean["spirals", "sigmoid", "pytorch"])
    assert with_it.rounds(100 * mean["spirals", "sigmoid", "gain"])


def test_which_layers_move_while_the_sigmoid_sinks():
    assert "layer 3 climbs a little, the first two stay" in written(9)
    assert "little happens for 100 steps" in written(9)
    data, seen = mnist1d(), {}
    net = MLP([40, 100, 100, 100, 100, 10], "sigmoid", init="uniform", seed=range(5),
              dtype="float32")  # fmt: skip

    def look(step, net):
        if step in (0, 100, 3000):
            net(data.x_test)
            seen[step] = np.array([a.mean() for a in net.layer_inputs[1:]])

    look(0, net)
    train(net, data.x, data.y, loss="cross_entropy", optimizer=SGD(0.1), batch_size=10, epochs=8,
          observe=look, progress=False)  # fmt: skip
    assert np.abs(seen[100] - seen[0]).max() < 0.06
    *still, third, fourth = seen[3000] - seen[0]
    assert np.abs(still).max() < 0.03 and 0.05 < third < 0.2 and fourth < -0.35
