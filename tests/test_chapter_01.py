"""Numbers in the prose of chapter 1 that no cell prints, and its drawings."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from bends import figures, relu, sigmoid


def test_where_the_output_starts_to_climb_with_weight_2_and_bias_minus_1():
    assert relu(2 * 0.5 - 1) == 0 < relu(2 * 0.5001 - 1)


def test_what_the_sigmoid_makes_of_minus_4_0_and_4():
    assert [round(float(sigmoid(z)), 2) for z in (-4, 0, 4)] == [0.02, 0.5, 0.98]


def test_a_picture_that_lights_up_other_places_opens_a_different_half():
    left = np.repeat([1.0, 0.0], 392)
    agree = []
    for seed in range(50):
        weights = np.random.default_rng(seed).normal(size=(784, 128))
        agree.append(np.mean((left @ weights > 0) == ((1 - left) @ weights > 0)))
    assert np.mean(agree) == pytest.approx(0.5, abs=0.03)


def words(draw, panel, *arguments):
    ax = Figure().add_subplot(xlim=panel["xlim"], ylim=panel["ylim"])
    draw(ax, *arguments)
    return {text.get_text(): text.get_position() for text in ax.texts}


def test_the_pipe_goes_straight_on_where_there_is_no_bend():
    bent, straight = (words(figures.pipe, figures.PIPE, bent)["leaves"] for bent in (True, False))
    assert straight[1] == figures.PLACES["passes"][1] - 32 < bent[1]
    assert figures.PLACES["passes"][1] == figures.JUNCTION[1]


def test_a_layer_is_drawn_with_its_numbers():
    said = words(figures.layer, figures.LAYER, [1, 2], np.array([[1, -1, 0.5], [1, 0.5, -1]]),
                 [-1, 0, 0.5], "relu")  # fmt: skip
    assert {"bias −1: 2 arrives", "2 leaves", "bias 0.5: −1 arrives", "0 leaves"} <= said.keys()
