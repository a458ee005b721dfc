"""Numbers in the prose of chapters 2 and 3 that no cell prints."""

import math

import numpy as np
import pytest

from bends import ACTIVATIONS, CORE, celu, elu, log_sigmoid, sigmoid, softplus, squared_relu, tanh


def test_how_far_the_tap_of_silu_is_open():
    assert [round(float(sigmoid(x)), d) for x, d in [(-1, 2), (-4, 3)]] == [0.27, 0.018]


def test_celu_with_its_default_is_elu():
    x = np.linspace(-5, 5, 101)
    assert np.array_equal(celu(x), elu(x)) and squared_relu(3) == 9


def test_log_sigmoid_is_softplus_after_half_a_turn():
    x = np.linspace(-30, 30, 61)
    assert np.allclose(log_sigmoid(x), -softplus(-x), rtol=1e-12)
    assert log_sigmoid(-30) == pytest.approx(-30, abs=1e-9) and (log_sigmoid(x) < 0).all()


def test_the_tap_of_every_gate_opens_from_0_to_1():
    x = np.linspace(-40, 40, 801)
    x = x[x != 0]
    for f in (f for f in CORE.values() if f.family == "gate"):
        tap = f(x) / x
        assert tap[0] == pytest.approx(0, abs=1e-9) and tap[-1] == pytest.approx(1)
        assert (np.diff(tap) >= -1e-9).all(), f.name


def test_silu_makes_less_of_minus_4_than_of_minus_1():
    silu = ACTIVATIONS["silu"]
    assert [round(float(silu(x)), 2) for x in (-1, -4)] == [-0.27, -0.07]
    assert "swish" in silu.aliases


def test_from_0_the_sigmoid_rises_nearly_seven_times_as_far_as_from_3():
    ratio = (sigmoid(0.5) - sigmoid(0)) / (sigmoid(3.5) - sigmoid(3))
    assert 6.5 < ratio < 7


def test_the_examples_of_the_two_proofs_and_the_exercise():
    assert math.exp(-0.01) == pytest.approx(0.99005, abs=5e-6)
    assert float(tanh(1)) == pytest.approx(0.7616, abs=5e-5)
    assert float(tanh.derivative(1)) == pytest.approx(1 - 0.7616 * 0.7616, abs=5e-5)
    assert round(1 - 0.7616 * 0.7616, 4) == 0.42
    assert float(tanh(0.55)) == pytest.approx(0.5005, abs=5e-5)
    assert float(sigmoid(2)) == pytest.approx(0.881, abs=5e-4)
    assert float(sigmoid.derivative(2)) == pytest.approx(0.881 * 0.119, abs=5e-4)
