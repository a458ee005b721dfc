"""What the text of chapter 15 says beyond its cells' outputs."""

import copy
import json
import re

import numpy as np
import pytest
from conftest import ROOT
from prose import said, written

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


def test_two_runs_on_the_spirals(playground):
    told = said(15, r"hidden layer, tanh gets (\d+) points right and ReLU (\d+)\. Is tanh better")
    assert said(15, r"function A gets (\d+) points right and function B gets (\d+)") == told
    for bend, right in zip(("tanh", "relu"), told, strict=True):
        shown = playground["moment"](mute(), data="spirals", bend=bend, depth=1, step=1000)
        assert f"{right:.0f} of 200 points" in shown


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


def test_the_corners_of_the_border_of_the_rings(playground):
    crossing, of, corners = said(
        15, r"(\w+) of the (\w+) creases cross the ring, and each crosses the border twice: (\w+),"
    )
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
    assert len(crossings) == of and (crossings == 2).sum() == crossing
    assert crossings.sum() == corners == 2 * crossing


def test_without_unit_4_nearly_everything_is_called_outer(playground):
    net = copy.deepcopy(playground["trained"]("circles", "relu", 1, 1000))
    (unit,) = said(15, r"Without unit (\d) the network calls nearly every point outer")
    net.weights[1][int(unit) - 1] = 0
    assert (net(playground["POINTS"]["circles"][0]) < 0).sum() > 190
    x, y = playground["POINTS"]["circles"]
    left, of, before = said(15, r"it gets (\d+) of (\d+) points right instead of (\d+)")
    assert ((net(x)[:, 0] > 0) == y).sum() == left and len(y) == of == before


def test_units_4_and_6_lift_the_sheet_and_the_others_cut_pieces_off(playground):
    net = playground["trained"]("circles", "relu", 1, 1000)
    lifts = net.weights[1][:, 0] > 0
    others, *units = said(15, r"The other (\w+) have negative output weights") + said(
        15, r"Unit (\d) costs the most\..* it lifts the whole sheet, and so does unit (\d)\."
    )
    assert list(np.flatnonzero(lifts) + 1) == units and len(lifts) - 2 == others
    edge = np.linspace(-1.4, 1.4, 50)
    net(np.array(np.meshgrid(edge, edge)).reshape(2, -1).T)  # all of the small picture
    level = net.pre_activations[0] <= 0
    assert not level[:, 3].any() and level[:, ~lifts].any(axis=0).all()


def test_relu_is_stuck_on_the_upper_clouds(playground):
    x, y = playground["POINTS"]["xor"]
    net = playground["trained"]("xor", "relu", 1, 1000)
    right, of = said(15, r"no gradient reaches the units: it gets (\d+) of (\d+) points right")
    assert ((net(x)[:, 0] > 0) == y).sum() == right and len(y) == of
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
    (within,) = said(15, r"the means lie within (\w+) points of each other")
    assert within - 1 < max(means) - min(means) < within
    assert "every one of their runs lies above ReLU's mean" in written(15)
    fewer, of = said(15, r"with (\w+) of the (\w+) seeds ReLU is ahead of tanh")
    assert f"tanh ahead of ReLU, 1 × 8 units: {of - fewer:.0f} seeds of {of:.0f}" in text
    assert said(15, r"Here A was ahead with (\w+) seeds of (\w+)") == [of - fewer, of]


def test_one_step_in_numbers():
    x, w, y, target = said(
        15, r"The input is (\d), the weight (\d), so the output is (\d)\. It should be (\d)"
    )
    small, loss = said(
        15, r"The output is (\d) too small\. The loss is the square of that: (\d+)\."
    )
    nudged, output, left, fall, nudge, slope = said(
        15,
        r"from 1 to ([\d.]+): the output is ([\d.]+), the loss ([\d.]+)\. "
        r"So the loss falls by ([\d.]+) for a nudge of ([\d.]+): its slope is about (−\d+)\.",
    )
    assert [y, small, loss] == [x * w, target - y, (target - y) ** 2]
    assert output == pytest.approx(x * nudged) and left.rounds((output - target) ** 2)
    assert fall.rounds(loss - left) and nudge == pytest.approx(nudged - w)
    assert slope == 2 * (y - target) * x == pytest.approx(-fall / nudge)
    rate = 0.1  # "a tenth of it"
    assert "Each step leaves a fifth of the distance to 3." in written(15)
    assert (w - rate * slope - target / x) / (w - target / x) == pytest.approx(1 / 5)


def test_the_laboratory_trains_what_it_is_asked_for():
    x, y = datasets.spirals(200, turns=1.5, noise=0.05)
    net = MLP([2, 8, 8, 1], ["sin", "relu"], seed=0)
    train(
        net, x, y, loss="binary_cross_entropy", optimizer=Adam(0.02), epochs=1000, batch_size=None,
        progress=False,
    )  # fmt: skip
    assert ((net(x)[:, 0] > 0) == y).mean() > 0.9  # "learn together"
