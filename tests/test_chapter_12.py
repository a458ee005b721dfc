"""Numbers in the prose of chapter 12 that no cell prints, and what its tables say of losses."""

from dataclasses import replace

import numpy as np
import pytest

from bends import MLP, Adam, sigmoid, softmax, tanh, train
from bends.choose import ANSWERS
from bends.datasets import regression
from bends.losses import LOSSES


def test_temperatures_of_the_first_exercise():
    largest = [softmax(np.array([2.0, 1.0, 0.0]) / t)[0] for t in (2, 2.08, 2.1)]
    assert largest == pytest.approx([0.506, 0.5, 0.498], abs=6e-4)


def test_softmax_and_logarithms_by_hand():
    powers = np.exp([2.0, 1.0, 0.0])
    assert [round(v, 2) for v in (*powers, powers.sum())] == [7.39, 2.72, 1, 11.11]
    assert [round(v, 2) for v in powers / powers.sum()] == [0.67, 0.24, 0.09]
    halves = np.exp([1.0, 0.5, 0.0])
    found = (halves[1], halves.sum(), halves[0] / halves.sum())
    assert [round(v, 2) for v in found] == [1.65, 5.37, 0.51]
    logs = np.log([0.5, 0.01, 10, 2, 1e-7])
    assert [round(v, 2) for v in logs] == [-0.69, -4.61, 2.30, 0.69, -16.12]
    assert round(np.log(0.501) - np.log(0.5), 3) == 0.002


def test_the_share_after_a_temperature_of_one_half():
    assert round(softmax(np.array([2.0, 1.0, 0.0]) / 0.5)[0], 2) == 0.87


def test_near_a_limit_the_slope_of_tanh_is_small_and_a_shares_is_not():
    z = np.arctanh(-0.99)
    assert round(tanh.derivative(z), 2) == 0.02
    value, slope = LOSSES["binary_cross_entropy"](np.array([[z]]), np.array([[0.25]]))
    assert slope[0, 0] == pytest.approx(sigmoid(z) - 0.25)


@pytest.mark.parametrize(("yes", "loss"), [(0.5, 0.503), (0.9, 0.351), (0.1, 0.655)])
def test_the_least_loss_of_a_sigmoid_applied_twice(yes, loss):
    of_yes, of_no = -np.log(sigmoid(1.0)), -np.log(1 - sigmoid(0.0))
    assert [round(of_yes, 3), round(of_no, 3)] == [0.313, 0.693]
    assert round(yes * of_yes + (1 - yes) * of_no, 3) == loss


def test_the_two_factors_of_the_sigmoids_pair():
    s = sigmoid(2.0)
    factors = (-1 / s, s * (1 - s), s - 1)
    assert [round(v, 3) for v in factors] == [-1.135, 0.105, -0.119]


def test_log_sum_exp_by_hand():
    assert round(1002 + np.log(np.exp([-2.0, -1.0, 0.0]).sum()), 2) == 1002.41


def test_logarithms_of_targets_that_may_be_0():
    assert round(np.log1p(19), 2) == 3.00 and round(np.expm1(np.log1p(19))) == 19
    assert np.log1p(0) == np.expm1(0) == 0


def test_targets_between_two_limits_there_and_back():
    def scaled(y, low, high):
        return 2 * (y - low) / (high - low) - 1

    def answer(z, low, high):
        return low + (high - low) * (z + 1) / 2

    for lines in ANSWERS["bounded number"]["code"].values():
        assert "2 * (y - low) / (high - low) - 1" in lines["loss"]
        assert "low + (high - low) * (z + 1) / 2" in lines["answer"]
    assert scaled(15, 10, 30) == -0.5 and answer(-0.5, 10, 30) == 15
    assert answer(0.5, 20, 60) == 50


def test_what_a_spread_costs():
    def cost(miss, spread):
        return np.log(spread) + miss**2 / (2 * spread**2)

    assert [round(cost(2, spread), 2) for spread in (1, 2)] == [2.00, 1.19]
    assert [round(cost(3, spread), 2) for spread in (1, 3, 30)] == [4.5, 1.6, 3.41]


def test_the_regression_of_the_third_model_has_targets_above_0():
    assert regression("abs", 64)[1].min() > 0


def test_the_bounded_end_becomes_a_switch():
    x, y = regression("sine", 64)

    def through_tanh(z, targets):
        a, slope = tanh.value_and_derivative(z)
        value, gradient = LOSSES["squared_error"].value_and_gradient(a, targets)
        return value, gradient * slope

    net = MLP([1, 16, 16, 1], seed=range(3), dtype=np.float32)
    loss = replace(LOSSES["squared_error"], value_and_gradient=through_tanh)
    train(net, x, 3 * y, loss=loss, optimizer=Adam(0.01), epochs=200, progress=False)
    assert (np.abs(np.tanh(net(x))) > 0.9).mean() > 0.85


def test_a_float32_share_below_1e_45_is_0():
    assert np.float32(1e-46) == 0 and np.float32(2e-45) > 0


@pytest.mark.parametrize("kind", [kind for kind, end in ANSWERS.items() if "pair" in end])
def test_the_slope_at_the_end_is_answer_minus_target(kind):
    loss = LOSSES[ANSWERS[kind]["pair"]]
    z = np.array([[0.5, -1.0, 2.0]])
    target = np.array([1]) if loss.labels else np.array([[1.0, 0.0, 1.0]])
    wanted = loss.output(z) - (np.eye(3)[target] if loss.labels else target)
    slope = loss(z, target)[1]
    np.testing.assert_allclose(slope / slope[0, 0], wanted / wanted[0, 0])
