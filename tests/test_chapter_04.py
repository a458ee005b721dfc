"""What the text of chapter 4 says of its figures and numbers beyond its cells' outputs."""

import numpy as np
import pytest

from bends import MLP


def slope(layers, seed):
    net = MLP([1] + [4] * (layers - 1) + [1], "identity", init="pytorch", seed=seed)
    low, high = net(np.array([[-5.0], [5.0]]))[:, 0]
    return (high - low) / 10


def test_of_the_lines_of_eight_layers_seed_4s_alone_falls():
    assert [seed for seed in range(6) if slope(8, seed) < 0] == [4]


def test_the_first_steps_of_one_weight_and_of_two_in_a_row():
    error = 0.1 * 0.1 - 2
    assert error == pytest.approx(-1.99)
    assert -0.1 * error == pytest.approx(0.2, abs=0.005)
    assert -0.1 * error * 0.1 == pytest.approx(0.02, abs=0.0005)


def test_the_straight_rule_of_the_text_keeps_the_sums_of_opposite_corners():
    a, b, c, d = (2 * x - 3 * y + 1 for x in (0, 1) for y in (0, 1))
    assert [a, b, c, d] == [1, -2, 3, 0]
    assert a + d == b + c == 1
