"""Signals and their statistics, dead and saturated units, against theory and brute force.

Numbers without a derivation here are expected from theory or from an independent measurement,
each within its stated tolerance.
"""

import inspect
import math

import numpy as np
import pytest
from networks import random_net

from bends import (
    ACTIVATIONS,
    comparisons,
    datasets,
    losses,
    meanfield,
    signals,
    training,
)
from bends.initializers import gain, variance_scaling
from bends.losses import cross_entropy, squared_error
from bends.network import MLP
from bends.optimizers import SGD, Adam
from bends.training import train


def deep(activation, layers, init, n=512, seeds=(1,)):
    """Energy of the activations in deep random networks, layer by layer, a mean over the seeds."""
    energies = []
    for seed in seeds:
        net = MLP([n] * (layers + 1) + [1], activation, init=init, seed=seed, dtype=np.float32)
        x = np.random.default_rng([seed, 5]).standard_normal((64, n))
        energies.append(signals.statistics(signals.signals(net, x).activations).mean_square)
    return np.mean(energies, axis=0, dtype=np.float64)


def predicted(activation, layers, factor):
    """What `deep` should give, if it were infinitely wide."""
    q, energies = factor**2, []  # the inputs have variance 1
    for _ in range(layers):
        q = meanfield.variance_map(activation, q, factor)
        energies.append(q / factor**2)
    return np.array(energies)


# --- signals --------------------------------------------------------------------------------------


def test_signals_are_the_networks_own():
    net = random_net([3, 5, 4, 2], "tanh")
    x, y = np.random.default_rng(0).standard_normal((7, 3)), np.ones((7, 2))
    flow = signals.signals(net, x, squared_error, y)
    assert [a.shape for a in flow.pre_activations] == [(7, 5), (7, 4), (7, 2)]
    np.testing.assert_array_equal(flow.pre_activations[0], x @ net.weights[0] + net.biases[0])
    np.testing.assert_array_equal(flow.activations[1], np.tanh(flow.pre_activations[1]))
    assert signals.signals(net, x).gradients is None

    step = 1e-6  # the gradient in a bias is the sum of those in its pre-activations
    net.biases[0][2] += step
    above = squared_error(net(x), y)[0]
    net.biases[0][2] -= 2 * step
    below = squared_error(net(x), y)[0]
    assert flow.gradients[0][:, 2].sum() == pytest.approx((above - below) / (2 * step), rel=1e-6)


def test_statistics_of_a_stack_are_those_of_its_members():
    x = np.random.default_rng(0).standard_normal((50, 4))
    stack = signals.statistics(signals.signals(MLP([4, 6, 5, 1], seed=[3, 4]), x).activations)
    alone = signals.statistics(signals.signals(MLP([4, 6, 5, 1], seed=4), x).activations)
    assert stack.mean_square.shape == (2, 2)
    for of_stack, of_one in zip(stack, alone, strict=True):
        np.testing.assert_array_equal(of_stack[1], of_one)
    np.testing.assert_allclose(alone.mean_square, alone.mean**2 + alone.std**2)


@pytest.mark.parametrize(
    ("factor", "energy", "within"), [(1, 1 / 2, 2), (3**-0.5, 1 / 6, 3), (2**0.5, 1, 3)]
)
def test_relu_energy_over_fifty_layers(factor, energy, within):
    # Each layer multiplies the energy by factor² / 2: He et al. 2015. One draw wanders.
    measured = deep("relu", 50, variance_scaling(factor))
    for layer in (1, 10, 30, 50):
        assert 1 / within < measured[layer - 1] / energy**layer < within


@pytest.mark.parametrize(
    ("factor", "reported"),
    [
        (1.0, [0.630, 0.228, 0.136, 0.098]),
        (5 / 3, [0.761, 0.651, 0.652, 0.650]),
        (gain(ACTIVATIONS["tanh"]), [0.751, 0.628, 0.628, 0.625]),
    ],
)
def test_tanh_deviation_over_fifty_layers(factor, reported):
    # One draw of width 512 wanders by up to 5.5 % (standard deviation, gain 1, layer 50).
    measured = np.sqrt(deep("tanh", 50, variance_scaling(factor), seeds=range(4)))
    expected = np.sqrt(predicted("tanh", 50, factor))
    np.testing.assert_allclose(measured, expected, rtol=0.05)
    np.testing.assert_allclose(expected[[0, 9, 29, 49]], reported, rtol=0.04)


def test_selu_stays_where_it_is_only_with_gain_one():
    np.testing.assert_allclose(predicted("selu", 100, 1.0), 1, rtol=1e-6)
    np.testing.assert_allclose(deep("selu", 100, "lecun", seeds=range(3)), 1, rtol=0.05)
    lost = np.sqrt(predicted("selu", 100, 0.75)[[0, 9, 49, 99]])
    np.testing.assert_allclose(lost, [0.801, 0.326, 0.213, 0.195], rtol=0.05)


def test_sigmoid_divides_what_comes_back_by_about_five():
    net = MLP([512] * 9 + [10], "sigmoid", init="lecun", seed=1)
    x = np.random.default_rng(1).standard_normal((64, 512))
    back = signals.signals(net, x, cross_entropy, np.arange(64) % 10).gradients
    size = np.sqrt(signals.statistics(back[:-1]).mean_square)
    np.testing.assert_allclose(size[:-1] / size[1:], 0.2118, atol=0.04)


def test_siren_settles_near_its_fixed_point():
    q = meanfield.mean_field("sin", math.sqrt(2)).q
    assert q == pytest.approx(1 - math.exp(-2 * q))  # E sin² = (1 - e^(-2q)) / 2, twice
    init = variance_scaling(2**0.5, distribution="uniform")
    energy = deep("sin", 6, init, n=256)
    np.testing.assert_allclose(energy[2:], q / 2, atol=0.06)


# --- dead and saturated units ---------------------------------------------------------------------

NARROWING = [784] + [256] * 5 + [128] * 5 + [1]


def dead_shares(init, seed):
    net = MLP(NARROWING, "relu", init=init, seed=seed, dtype=np.float32)
    x = np.random.default_rng([seed, 9]).standard_normal((5000, 784))
    layers = signals.signals(net, x).pre_activations[:-1]
    return [signals.dead_units("relu", layer) for layer in layers]


def test_dead_units_at_the_start():
    biased, unbiased, he = (
        100 * np.mean([[layer.mean() for layer in dead_shares(init, s)] for s in range(5)], axis=0)
        for init in ("pytorch", variance_scaling(3**-0.5, distribution="uniform"), "he")
    )
    expected = [0, 0, 0.1, 3.4, 20.6, 38.6, 48.8, 49.4, 47.3, 52.8]
    np.testing.assert_allclose(biased, expected, atol=6)
    np.testing.assert_allclose(unbiased, [0, 0, 0, 0.3, 0.9, 1.4, 3.6, 6.1, 6.7, 5.6], atol=4)
    np.testing.assert_allclose(he, [0, 0, 0, 0.3, 1.6, 1.9, 4.5, 7.7, 8.9, 12.3], atol=4)


def test_without_biases_the_scale_of_the_weights_kills_nothing():
    for small, large in zip(dead_shares("lecun", 3), dead_shares("he", 3), strict=True):
        np.testing.assert_array_equal(small, large)


@pytest.mark.parametrize(("width", "depth"), [(2, 10), (3, 10), (4, 20)])
def test_chance_that_a_narrow_network_is_born_dead(width, depth):
    nets = MLP([width] * (depth + 1) + [1], "relu", init="he", seed=range(4000))
    x = np.random.default_rng(0).standard_normal((1, width))
    last = signals.signals(nets, x).pre_activations[-2]
    expected = 1 - (1 - 2.0**-width) ** depth
    assert (last <= 0).all(axis=(1, 2)).mean() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize(
    ("optimizer", "rates", "low", "high"),
    [
        (SGD, [0.1, 0.5, 1, 2], [0, 0, 0, 0.13], [0, 0, 0.07, 0.28]),
        (Adam, [1e-3, 1e-2, 0.1], [0, 0.07, 0.98], [0, 0.11, 0.99]),
    ],
)
def test_too_long_steps_kill_units(optimizer, rates, low, high):
    data = datasets.mnist1d()
    seeds = [1, 2] * len(rates)
    net = MLP([40, 100, 100, 10], "relu", init="he", seed=seeds, dtype=np.float32)
    step = optimizer(np.repeat(rates, 2))
    train(
        net, data.x, data.y, loss="cross_entropy", optimizer=step, epochs=25, batch_size=100,
        progress=False,
    )  # fmt: skip
    second = signals.signals(net, data.x).pre_activations[1]
    dead = signals.dead_units("relu", second).mean(axis=1).reshape(len(rates), 2)
    assert (dead.min(axis=1) >= np.array(low) - 0.1).all()
    assert (dead.max(axis=1) <= np.array(high) + 0.1).all()


def test_dead_and_saturated_are_told_apart():
    z = np.array([[-3.0, -1, 9, -20], [-2, 4, 12, -40]])
    assert signals.dead_units("relu", z).tolist() == [True, False, False, True]
    assert signals.saturated_units("sigmoid", z).tolist() == [False, False, True, True]
    assert signals.dead_units("gelu", z).tolist() == [False] * 4
    assert not signals.saturated_units("sigmoid", np.array([[5.0], [5.2]])).any()
    assert signals.saturated_units("gelu", z)[3]
    assert not signals.saturated_units("relu", z).any()


@pytest.mark.parametrize(("name", "edge"), [("tanh", 2.9932), ("sigmoid", 5.9865)])
def test_flat_is_below_a_hundredth_of_the_steepest(name, edge):
    z = np.array([-edge - 1e-3, -edge + 1e-3, 0, edge - 1e-3, edge + 1e-3])
    assert signals.flat_slopes(name, z).tolist() == [True, False, False, False, True]
    assert not signals.flat_slopes("leaky_relu", z).any()  # a hundredth, and not below
    assert signals.flat_slopes("step", z).all()


def test_statistics_of_half_precision_do_not_overflow():
    layer = np.full((1000, 100), 300, np.float16)
    mean, std, mean_square = signals.statistics([layer])
    assert (mean, std, mean_square) == (300, 0, 90000)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: signals.dead_units("relu", [1, 2]),
            r"\(n, units\), or \(members, n, units\); got \(2,\)",
        ),
        (lambda: signals.saturated_units("tanh", 3), r"\(n, units\), or .*; got \(\)"),
        (
            lambda: signals.flat_slopes("tanh", [1], share=0),
            "share must be a finite number above 0; got 0",
        ),
        (
            lambda: signals.statistics([np.ones((2, 2)), [1, 2]]),
            r"layers must .*; the 2\. has \(2,\)",
        ),
    ],
)
def test_numbers_without_their_axes_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_what_can_be_refused_says_so():
    for module in (signals, comparisons, datasets, losses, training):
        for name, thing in vars(module).items():
            if inspect.isfunction(thing) and thing.__module__ == module.__name__:
                takes = "Parameters\n" in (thing.__doc__ or "")
                assert not takes or "Raises\n" in thing.__doc__, f"{module.__name__}.{name}"
