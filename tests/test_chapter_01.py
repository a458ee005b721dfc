"""Numbers in the prose of chapter 1 that no cell prints, and its drawings."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from prose import said, written

from bends import figures, relu, sigmoid


def test_where_the_output_starts_to_climb():
    weight, bias, place = said(
        1, r"the weight to (\d) and the bias to (−\d)</a>, .* now at \*\*x\*\* = ([\d.]+), because"
    )
    assert relu(weight * place + bias) == 0 < relu(weight * (place + 0.001) + bias)


def test_one_drop_by_hand():
    weight, bias = said(1, r"a pipe with a weight of (\d) and a bias of (−\d)\.")
    entering, *middle = (
        said(1, rf"\| {words}[^|]* \| \**(−?[\d.]+)\** \| \**(−?[\d.]+)\** \|")
        for words in ("the input", "the pipe multiplies", "before the junction", "ReLU lets")
    )
    for x, *steps in zip(entering, *middle, strict=True):
        z = weight * x + bias
        assert steps == [weight * x, z, relu(z)]


def test_what_the_sigmoid_makes_of_three_numbers():
    told = said(
        1, r"of (−\d) it makes ([\d.]+), of (\d) it makes ([\d.]+), of (\d) it makes ([\d.]+)"
    )
    assert all(y.rounds(sigmoid(z)) for z, y in zip(told[::2], told[1::2], strict=True))


def test_a_picture_that_lights_up_other_places_opens_a_different_half():
    assert "about half of the units are on, for any picture" in written(1)
    assert "A picture that lights up other places switches on a different half." in written(1)
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
    drawn = words(figures.layer, figures.LAYER, [1, 2], np.array([[1, -1, 0.5], [1, 0.5, -1]]),
                  [-1, 0, 0.5], "relu")  # fmt: skip
    assert {"bias −1: 2 arrives", "2 leaves", "bias 0.5: −1 arrives", "0 leaves"} <= drawn.keys()
