"""Numbers in the prose of chapter 12 that no cell prints, and what its tables say of losses."""

import numpy as np
import pytest

from bends import softmax
from bends.choose import ANSWERS
from bends.losses import LOSSES


def test_temperatures_of_the_first_exercise():
    largest = [softmax(np.array([2.0, 1.0, 0.0]) / t)[0] for t in (2, 2.08, 2.1)]
    assert largest == pytest.approx([0.506, 0.5, 0.498], abs=6e-4)


def test_a_float32_share_below_1e_45_is_0():
    assert np.float32(1e-46) == 0 and np.float32(2e-45) > 0


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_slope_at_the_end_is_answer_minus_target(kind):
    loss = LOSSES[ANSWERS[kind]["pair"]]
    z = np.array([[0.5, -1.0, 2.0]])
    target = np.array([1]) if loss.labels else np.array([[1.0, 0.0, 1.0]])
    wanted = loss.output(z) - (np.eye(3)[target] if loss.labels else target)
    slope = loss(z, target)[1]
    np.testing.assert_allclose(slope / slope[0, 0], wanted / wanted[0, 0])
