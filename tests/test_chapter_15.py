"""What the text of chapter 15 says beyond its cells' outputs."""

import copy
import json
import re

import numpy as np
import pytest
from conftest import ROOT

from bends import MLP, Adam, datasets, train
from bends.losses import binary_cross_entropy

CHAPTER = ROOT / "chapters" / "15-can-i-watch-a-network-bend.ipynb"


@pytest.fixture(scope="module")
def playground():
    """The names that the cells up to the playground define."""
    names = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENDS_FACE", "text")
        for cell in json.loads(CHAPTER.read_text("utf8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                exec(source, names)
                if 'id="playground"' in source:
                    return names


def alone(playground, data, bend, depth):
    x, y = playground["POINTS"][data]
    net = MLP([2] + depth * [8] + [1], bend, seed=0)
    return playground["learn"](net, x, y[:, None])


@pytest.mark.parametrize(("data", "bend", "depth"), [("circles", "relu", 1), ("moons", "tanh", 3)])
def test_a_network_of_the_playground_is_the_one_that_trains_alone(playground, data, bend, depth):
    kept, losses = alone(playground, data, bend, depth)
    shown = playground["trained"](data, bend, depth, 1000)
    for a, b in zip(
        kept[1000].weights + kept[1000].biases, shown.weights + shown.biases, strict=True
    ):
        np.testing.assert_array_equal(a, b)
    number = list(playground["POINTS"]).index(data)
    np.testing.assert_array_equal(losses, playground["stack"](bend, depth)[1][:, number])


def test_its_loop_is_that_of_train(playground):
    x, y = playground["POINTS"]["circles"]
    net = MLP([2, 8, 1], "tanh", seed=0)
    history = train(
        net, x, y, loss="binary_cross_entropy", optimizer=Adam(0.02), epochs=1001, batch_size=None,
        progress=False,
    )  # fmt: skip
    np.testing.assert_allclose(alone(playground, "circles", "tanh", 1)[1], history.loss, rtol=1e-9)


@pytest.mark.parametrize(("bend", "right"), [("tanh", 188), ("relu", 152)])
def test_two_runs_on_the_spirals(playground, bend, right):
    said = playground["moment"](mute(), data="spirals", bend=bend, depth=1, step=1000)
    assert f"{right} of 200 points" in said


def mute():
    class Axes:
        def plot(self, *a, **k):
            pass

    return {"loss": Axes()}


def test_the_steps_folds_stay_where_they_were(playground):
    for data in playground["POINTS"]:
        first, last = (playground["trained"](data, "step", 1, step) for step in (0, 1000))
        np.testing.assert_array_equal(first.weights[0], last.weights[0])
        losses = playground["stack"]("step", 1)[1][:, list(playground["POINTS"]).index(data)]
        assert losses[0] > losses[-1] > 0.3
        net, optimizer = MLP([2, 8, 1], "relu", seed=0), Adam(0.02)
        x, y = playground["POINTS"][data]
        before = net.weights[0].copy()
        optimizer.step(net, net.backward(binary_cross_entropy(net(x), y[:, None])[1]))
        assert (net.weights[0] != before).any()  # and ReLU's move at once


def test_the_border_of_the_rings_has_twelve_corners(playground):
    net = playground["trained"]("circles", "relu", 1, 1000)
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    direction = np.column_stack([np.cos(angle), np.sin(angle)])
    inside, outside = np.zeros((20_000, 1)), np.full((20_000, 1), 1.4)
    for _ in range(50):  # halve the distance in which the border lies
        middle = (inside + outside) / 2
        orange = net(middle * direction) > 0
        inside, outside = np.where(orange, middle, inside), np.where(orange, outside, middle)
    net(inside * direction)
    open_ = net.pre_activations[0] > 0
    crossings = (open_ != np.roll(open_, 1, axis=0)).sum(axis=0)
    assert sorted(crossings) == [0, 0, 2, 2, 2, 2, 2, 2]


def test_without_unit_4_nearly_everything_is_called_outer(playground):
    net = copy.deepcopy(playground["trained"]("circles", "relu", 1, 1000))
    net.weights[1][3] = 0
    assert (net(playground["POINTS"]["circles"][0]) < 0).sum() > 190


def test_units_4_and_6_lift_the_sheet_and_the_others_cut_pieces_off(playground):
    net = playground["trained"]("circles", "relu", 1, 1000)
    lifts = net.weights[1][:, 0] > 0
    assert list(np.flatnonzero(lifts) + 1) == [4, 6]
    edge = np.linspace(-1.4, 1.4, 50)
    net(np.array(np.meshgrid(edge, edge)).reshape(2, -1).T)  # all of the small picture
    level = net.pre_activations[0] <= 0
    assert not level[:, 3].any() and level[:, ~lifts].any(axis=0).all()


def test_relu_is_stuck_on_the_upper_clouds(playground):
    x, y = playground["POINTS"]["xor"]
    net = playground["trained"]("xor", "relu", 1, 1000)
    assert ((net(x)[:, 0] > 0) == y).sum() == 150
    shut = (net.pre_activations[0] <= 0).all(axis=1)
    upper = x[:, 1] > 0.05
    assert (~shut[upper]).sum() <= 2 and shut[x[:, 1] < -0.05].sum() <= 2


def test_what_the_ten_seeds_say():
    (cell,) = (
        c
        for c in json.loads(CHAPTER.read_text("utf8"))["cells"]
        if "CASES = [" in "".join(c["source"])
    )
    text = "".join(cell["outputs"][0]["text"])
    found = re.findall(r"(\d) × 8 units, (\w+): mean ([\d.]+), from (\d+) to (\d+)", text)
    count = {(bend, int(d)): tuple(map(float, numbers)) for d, bend, *numbers in found}
    relu, tanh, silu = (count[bend, 1] for bend in ("relu", "tanh", "silu"))
    assert min(tanh[1], silu[1]) > relu[0]  # every run above ReLU's mean
    means = [count[bend, 2][0] for bend in ("relu", "tanh", "silu")]
    assert max(means) - min(means) < 2


def test_the_laboratory_trains_what_it_is_asked_for():
    x, y = datasets.spirals(200, turns=1.5, noise=0.05)
    net = MLP([2, 8, 8, 1], ["sin", "relu"], seed=0)
    train(
        net, x, y, loss="binary_cross_entropy", optimizer=Adam(0.02), epochs=1000, batch_size=None,
        progress=False,
    )  # fmt: skip
    assert ((net(x)[:, 0] > 0) == y).mean() > 0.9  # "it learns"
