"""Numbers in the prose of chapters 2 and 3 that no cell prints."""

import math

import numpy as np
import pytest

from bends import (
    ACTIVATIONS,
    CORE,
    celu,
    elu,
    log_sigmoid,
    relu6,
    selu,
    sigmoid,
    softplus,
    squared_relu,
    tanh,
)  # fmt: skip
from bends.frameworks import FRAMEWORKS

FIVE = {"relu": (0, 2), "gelu": (-0.05, 1.95), "silu": (-0.24, 1.76), "sigmoid": (0.12, 0.88),
        "tanh": (-0.96, 0.96)}  # fmt: skip
WORKED = {
    "leaky_relu": {-2: -0.02}, "prelu": {-2: -0.5}, "relu6": {5: 5, 8: 6}, "abs": {-2: 2},
    "squared_relu": {3: 9, -3: 0}, "elu": {-1: -0.63, -4: -0.98, -10: -1}, "selu": {-1: -1.11},
    "softplus": {2: 2.13, 0: 0.69, -2: 0.13}, "log_sigmoid": {-2: -2.13, 2: -0.13},
    "sigmoid": {1: 0.73}, "tanh": {1: 0.76, 20: 1}, "softsign": {3: 0.75}, "hard_tanh": {0.5: 0.5},
    "hard_sigmoid": {1: 0.67, 3: 1}, "gelu": {-1: -0.16}, "mish": {-1: -0.30},
    "hard_swish": {-1: -0.33, -3: 0}, "sin": {1: 0.84, 1 + 6.28: 0.84}, "snake": {1: 1.71},
    "step": {3: 1, 0.001: 1, -3: 0},
}  # fmt: skip


def test_the_five_and_one_worked_line_for_each_function():
    for name, (left, right) in FIVE.items():
        assert [round(float(ACTIVATIONS[name](x)), 2) for x in (-2, 2)] == [left, right]
    for name, lines in WORKED.items():
        for x, y in lines.items():
            assert round(float(ACTIVATIONS[name](x)), 2) == y, name
    assert math.exp(-1) == pytest.approx(0.37, abs=0.005)
    assert math.exp(2) == pytest.approx(7.39, abs=0.005)
    assert float(selu(1)) == pytest.approx(1.05, abs=0.005) and relu6(7) == 6
    assert float(selu(-40)) == pytest.approx(-1.76, abs=0.005)


def test_tanh_is_below_1_at_5_and_rounds_to_1_at_20():
    assert round(float(tanh(5)), 4) == 0.9999 and round(float(tanh(3)), 3) == 0.995
    assert tanh(20) == 1


def test_where_prelu_starts_and_who_has_a_beta():
    def asked(name):
        found = FRAMEWORKS[name].items()
        return {frame: entry["names"][-1]["parameters"] for frame, entry in found}

    prelu, plus = asked("prelu"), asked("softplus")
    assert prelu["PyTorch"]["init"] == 0.25 and prelu["JAX"]["negative_slope_init"] == 0.01
    assert prelu["Keras"]["alpha_initializer"] == "Zeros" and prelu["ONNX"] == {}
    assert [frame for frame, has in plus.items() if "beta" in has] == ["PyTorch"]
    assert float(softplus.with_parameters(beta=4)(0)) == pytest.approx(0.17, abs=0.005)
    assert asked("silu")["ONNX"] == {"alpha": 1}


def test_the_two_gelus_of_a_question():
    forms = [float(ACTIVATIONS[name](1)) for name in ("gelu_tanh", "gelu")]
    assert [round(y, 4) for y in forms] == [0.8412, 0.8413]


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


def test_the_worked_lines_of_chapter_3():
    slope = float(sigmoid.derivative(2))
    assert round(slope, 3) == 0.105 and round(0.1 * 2 * slope, 3) == 0.021
    step = 2 * float(sigmoid(2)) * slope
    assert round(step, 3) == 0.185 and round(2 - step, 3) == 1.815
    assert (float(sigmoid(0.1)) - 0.5) / 0.1 == pytest.approx(0.25, abs=5e-4)
    assert round(float(sigmoid(0.1)), 3) == 0.525
    secants = [(float(tanh(-1 + h)) - float(tanh(-1))) / h for h in (1, 0.5, 0.25, 0.125)]
    assert [round(steep, 2) for steep in secants] == [0.76, 0.60, 0.51, 0.46]


def test_the_rises_that_chapter_3_writes_on_its_picture():
    rises = [float(sigmoid(x + 0.5) - sigmoid(x)) for x in (0, 3)]
    assert [round(rise, 3) for rise in rises] == [0.122, 0.018]


def test_which_side_two_frameworks_take_at_0():
    def asked(name):
        return [FRAMEWORKS[name][frame]["slope_at_kinks"]["0"] for frame in ("PyTorch", "JAX")]

    assert asked("relu") == [0, 0] and asked("leaky_relu") == [0.01, 1]
