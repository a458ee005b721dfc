"""The numbers in the prose of chapters 9 and 10 that no cell prints."""

import math

import numpy as np
import pytest

from bends import ACTIVATIONS, gain, leaky_relu, selu, tanh
from bends.initializers import gaussian_nodes


def mean(f, kinks=(0.0,)):
    z, weights = gaussian_nodes(kinks)
    return float(weights @ f(z))


def test_selu_is_solved_with_the_numbers_of_the_text():
    right, left = mean(lambda z: np.maximum(z, 0)), mean(lambda z: np.expm1(np.minimum(z, 0)))
    left_energy = mean(lambda z: np.expm1(np.minimum(z, 0)) ** 2)
    assert right == pytest.approx(0.3989, abs=5e-5)
    assert left == pytest.approx(-0.2384, abs=5e-5)
    assert left_energy == pytest.approx(0.1449, abs=5e-5)
    alpha = -right / left
    assert alpha == pytest.approx(1.673, abs=5e-4)
    assert left_energy * alpha**2 == pytest.approx(0.4058, abs=5e-5)
    assert 1 / math.sqrt(0.5 + left_energy * alpha**2) == pytest.approx(selu(1.0), rel=1e-9)


def test_blame_grows_3600_times_in_fifty_layers_of_tanh():
    ratio = (gain(tanh) / gain(tanh, "backward")) ** 2
    assert ratio == pytest.approx(1.178, abs=5e-4)
    assert ratio**50 == pytest.approx(3600, abs=50)


def test_leaky_relu_has_an_average_of_its_own():
    assert mean(leaky_relu.with_parameters(negative_slope=0.1)) == pytest.approx(0.359, abs=5e-4)


def test_one_gain_serves_both_directions_for_the_homogeneous_alone():
    both = {
        name
        for name, f in ACTIVATIONS.items()
        if name != "step" and math.isclose(gain(f), gain(f, "backward"), rel_tol=1e-12)
    }
    assert both == {"identity", "relu", "leaky_relu", "prelu", "abs"}
