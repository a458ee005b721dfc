"""Linear pieces and regions, against closed forms and brute force."""

import numpy as np
import pytest
from networks import random_net, tent_network

from bends import ACTIVATIONS, regions, signals
from bends.network import MLP
from bends.residual import ResidualMLP


@pytest.mark.parametrize("layers", range(1, 8))
def test_tents_in_tents_double_the_pieces(layers):
    net = tent_network(layers)
    knots = regions.linear_pieces(net, 0.0, 1.0)
    np.testing.assert_allclose(knots, np.linspace(0, 1, 2**layers + 1), atol=1e-12)
    outputs = net(knots[:, None])[:, 0]
    assert np.count_nonzero((outputs[1:] - 0.5) * (outputs[:-1] - 0.5) < 0) == 2**layers


@pytest.mark.parametrize("units", [1, 5, 30])
def test_one_hidden_layer_makes_one_piece_more_than_units(units):
    net = random_net([1, units, 1], seed=units)
    kinks = np.sort(-net.biases[0] / net.weights[0][0])
    knots = regions.linear_pieces(net, -1e4, 1e4)
    np.testing.assert_allclose(-1e4 + 2e4 * knots[1:-1], kinks, atol=1e-6)


def test_a_kink_that_the_output_does_not_see_is_no_knot():
    net = MLP([1, 3, 1], "relu")
    net.weights[0][:] = [[1, 3, 1]]
    net.biases[0][:] = [-0.1, -0.3, -0.7]  # kinks at 0.1, at 0.3 / 3 by rounding, and at 0.7
    net.weights[1][:] = [[1], [1], [0]]
    np.testing.assert_allclose(regions.linear_pieces(net, 0.0, 1.0), [0, 0.1, 1])


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "abs", "hard_tanh"])
def test_pieces_agree_with_a_fine_grid(activation):
    net = random_net([3, 8, 8, 2], activation, seed=4)
    start, stop = np.array([-2.0, 1, 0.5]), np.array([2.0, -1, 1])
    knots = regions.linear_pieces(net, start, stop)
    inside = (knots[:-1, None] + np.diff(knots)[:, None] * [0.02, 0.5, 0.98]).ravel()
    outputs = net(start + inside[:, None] * (stop - start)).reshape(-1, 3, 2)
    np.testing.assert_allclose(outputs[:, 1], outputs[:, [0, 2]].mean(axis=1), atol=1e-12)
    slopes = outputs[:, 2] - outputs[:, 0]
    slopes = slopes / np.diff(knots)[:, None]
    assert (np.abs(np.diff(slopes, axis=0)).max(axis=1) > 1e-6).all()


def test_a_line_through_straight_layers_is_one_piece():
    assert regions.linear_pieces(random_net([2, 3, 1], "identity"), [0, 0], [1, 1]).size == 2


def test_three_lines_cut_the_plane_in_seven():
    net = random_net([2, 3, 1], seed=2)
    found = regions.linear_regions(net, [-50, -50], [100, 0], [0, 100])
    assert len(found) == regions.most_regions(2, 3) == 7
    assert regions.most_regions(10, 50) == 13_432_735_556
    assert regions.most_regions(9, 8) == 256
    assert regions.most_regions(1, 12) == 13


@pytest.mark.parametrize("activation", ["relu", "hard_tanh"])
def test_regions_tile_the_square_and_count_the_patterns(activation):
    net = random_net([3, 6, 5, 1], activation, seed=5)
    origin, u, v = np.array([-2.0, -2, 0]), np.array([4.0, 0, 1]), np.array([0, 4.0, -1])
    found = regions.linear_regions(net, origin, u, v)
    areas = []
    for corners in found:
        x, y = corners.T
        areas.append((x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2)
    assert min(areas) > 0 and sum(areas) == pytest.approx(1)

    grid = np.stack(np.meshgrid(*[np.linspace(0.001, 0.999, 500)] * 2), -1).reshape(-1, 2)
    layers = signals.signals(net, origin + grid @ np.stack([u, v])).pre_activations[:-1]
    kinks = ACTIVATIONS[activation].kinks
    pattern = np.concatenate([np.searchsorted(kinks, z) for z in layers], axis=1)
    seen = len(set(map(bytes, pattern.astype(np.uint8))))
    assert seen <= len(found) <= seen + sum(area < 4e-5 for area in areas)


@pytest.mark.parametrize("activation", ["gelu", "tanh", "elu", "step", "squared_relu"])
def test_only_straight_functions_have_pieces_to_count(activation):
    net = MLP([2, 3, 1], activation)
    with pytest.raises(ValueError, match=f"straight pieces that meet, but {activation} is not"):
        regions.linear_pieces(net, [0, 0], [1, 1])
    with pytest.raises(ValueError, match="not a stack of 2"):
        regions.linear_regions(MLP([2, 3, 1], seed=[1, 2]), [0, 0], [1, 0], [0, 1])


@pytest.mark.parametrize("name", ["step", "hard_shrink", "threshold"])
def test_functions_that_jump_are_refused(name):
    jumps = ACTIVATIONS[name]
    if name == "threshold":
        jumps = jumps.with_parameters(threshold=0.5, value=2)
    with pytest.raises(ValueError, match=f"straight pieces that meet, but {name} is not"):
        regions.linear_pieces(MLP([2, 3, 1], jumps), [0, 0], [1, 1])


@pytest.mark.parametrize("around", ["normalise", "skip"])
def test_what_stands_around_a_layer_is_refused(around):
    net = ResidualMLP([2, 3, 3, 1], "relu", **{around: True})
    for call in (
        lambda: regions.linear_pieces(net, [0, 0], [1, 1]),
        lambda: regions.linear_regions(net, [0, 0], [1, 0], [0, 1]),
    ):
        with pytest.raises(ValueError, match=f"layers alone; this one has {around}=True"):
            call()
    assert regions.linear_pieces(ResidualMLP([2, 3, 1]), [0, 0], [1, 1]).size >= 2


def test_points_have_one_number_for_each_input():
    net = random_net([2, 3, 1])
    with pytest.raises(ValueError, match=r"start must be 2 numbers, one an input; got \(1,\)"):
        regions.linear_pieces(net, 0.0, [1, 1])
    with pytest.raises(ValueError, match=r"stop must be 2 numbers, one an input; got \(3,\)"):
        regions.linear_pieces(net, [0, 0], [1, 1, 1])
    with pytest.raises(ValueError, match=r"u must be 2 numbers, one an input; got \(1, 2\)"):
        regions.linear_regions(net, [0, 0], [[1, 0]], [0, 1])


def test_most_regions_needs_inputs():
    with pytest.raises(ValueError, match="inputs must be a whole number"):
        regions.most_regions(0, 3)
