"""Numbers in the prose of chapters 2 and 3 that no cell prints."""

import math

import numpy as np
import pytest

from bends import celu, elu, sigmoid, squared_relu, tanh


def test_how_far_the_tap_of_silu_is_open():
    assert [round(float(sigmoid(x)), d) for x, d in [(-1, 2), (-4, 3)]] == [0.27, 0.018]


def test_celu_with_its_default_is_elu():
    x = np.linspace(-5, 5, 101)
    assert np.array_equal(celu(x), elu(x)) and squared_relu(3) == 9


def test_from_0_the_sigmoid_rises_nearly_seven_times_as_far_as_from_3():
    ratio = (sigmoid(0.5) - sigmoid(0)) / (sigmoid(3.5) - sigmoid(3))
    assert 6.5 < ratio < 7


def test_the_examples_of_the_two_proofs_and_the_exercise():
    assert math.exp(-0.01) == pytest.approx(0.99005, abs=5e-6)
    assert float(tanh(0.55)) == pytest.approx(0.5005, abs=5e-5)
    assert float(sigmoid(2)) == pytest.approx(0.881, abs=5e-4)
    assert float(sigmoid.derivative(2)) == pytest.approx(0.881 * 0.119, abs=5e-4)
