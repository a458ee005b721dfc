"""Chapter 7: what its text says of order and chaos beyond its cells' outputs."""

import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from conftest import script
from prose import said

from bends import MLP, tanh
from bends.initializers import variance_scaling
from bends.meanfield import correlation_map, critical_sigma_w, mean_field

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "ragged-edge"


@pytest.fixture(scope="module")
def notebook():
    path = ROOT / "chapters" / "07-is-non-linear-the-same-as-chaotic.ipynb"
    return nbformat.read(path, as_version=4)


def printed(notebook, id):
    (cell,) = [cell for cell in notebook.cells if cell.get("id") == id]
    return "".join(output.get("text", "") for output in cell.outputs)


def test_slopes_by_hand():
    at, slope = said(7, r"at 0, that is 1\. At (\d) it is (0\.\d+)\.")
    assert round(tanh.derivative(at), 2) == slope
    first, second, mean, root = said(
        7,
        r"slopes of (\d) and (0\.\d) the squares are 1 and 0\.04, their average is (0\.\d+), "
        r"and the root is (0\.\d+)",
    )
    assert round((first**2 + second**2) / 2, 2) == mean and round(math.sqrt(mean), 2) == root


def test_the_factors():
    (slope,) = said(7, r"at scale 4 the typical slope is only (0\.\d+)\.")
    factor = math.sqrt(mean_field("tanh", 4).chi)
    assert round(factor / 4, 2) == slope
    layers, told, least = said(
        7, r"In (\d+) layers a factor of (\d\.\d+) makes .*, more than (\d+)\."
    )
    assert round(factor, 2) == told and told**layers > least
    (grown,) = said(7, r"A hundredth would become more than (\d+)\.")
    assert 0.01 * told**layers > grown
    of, exponent = said(7, r"it is ln (\d\.\d+) = (0\.\d+)")
    assert of == told and round(math.log(of), 2) == exponent
    assert mean_field("tanh", 0.999).chi < 1 < mean_field("tanh", 1.05).chi


def test_measured_factors_are_close_to_the_predicted(notebook):
    found = re.findall(r"scale ([\d.]+): ([\d.]+), spread ([\d.]+)", printed(notebook, "measured"))
    assert len(found) == 4
    for scale, mean, spread in found:
        predicted = math.sqrt(mean_field("tanh", float(scale)).chi)
        assert abs(float(mean) - predicted) <= 0.06 and float(spread) <= 0.05


def test_known_values_of_the_theory():
    for bias, critical in ((0.05, 1.76095), (0.1, 1.98607), (0.3, 2.50513)):  # squares
        assert critical_sigma_w("tanh", math.sqrt(bias)) ** 2 == pytest.approx(critical, abs=1e-3)
    for scale, depth in ((0.5, 0.721), (0.8, 2.241), (0.9, 4.746)):
        assert -1 / math.log(mean_field("tanh", scale).chi) == pytest.approx(depth, abs=1e-3)


def test_at_scale_4_the_difference_stands_still_after_a_dozen_layers():
    paths = []
    for seed in range(5):
        net = MLP([200] * 21 + [1], "tanh", init=variance_scaling(4.0), seed=seed)
        x, nudge = np.random.default_rng([seed, 1]).normal(size=(2, 200))
        net(np.stack([x, x + 0.01 * nudge]))
        apart = [one - other for one, other in net.layer_inputs]
        paths.append(np.sqrt(np.mean(np.square(apart), axis=-1)))
    path = np.median(paths, axis=0)
    assert path[6] < path[20] / 4 and path[14] > 0.75 * path[20]
    one, other = net.layer_inputs[20]
    assert abs(one @ other) / math.sqrt((one @ one) * (other @ other)) < 0.35


def test_relu_keeps_the_size_and_loses_the_angle(notebook):
    ten, fifty = said(7, r"agree to (0\.\d+), after 50 to (0\.\d+)\.")
    c, seen = 0.0, {}
    for layer in range(1, 51):
        c = seen[layer] = correlation_map("relu", c, 2**0.5, q=1.0)
    assert (round(seen[10], 2), round(seen[50], 2)) == (ten, fifty)
    rows = re.findall(r"(\d+): predicted (\S+), measured (\S+)", printed(notebook, "relu"))
    assert len(rows) == 6
    assert all(abs(float(predicted) - float(measured)) < 0.03 for _, predicted, measured in rows)
    sum_, length, found = said(7, r"12 \+ 12 = (\d+), over (\d) · 5, makes (0\.\d+)")
    assert 3 * 4 + 4 * 3 == sum_ and math.hypot(3, 4) == length and sum_ / length**2 == found


def test_the_law_of_the_angle():
    (law,) = said(7, r"\{9 \\pi\^2\}\{2 L\^2\} = \\frac\{([\d.]+)\}")
    assert round(4.5 * math.pi**2, 1) == law


def test_without_a_bend_a_circle_becomes_an_ellipse_and_nothing_else():
    angle = np.linspace(0, 2 * np.pi, 41)
    plane = np.random.default_rng(0).normal(size=(2, 50))
    net = MLP([50] * 22, "identity", init=variance_scaling(4.0), seed=0)
    out = net(np.stack([np.cos(angle), np.sin(angle)], axis=1) @ plane)
    assert np.linalg.matrix_rank(out) == 2


# --- the border of training ----------------------------------------------------------------------


def test_the_stored_border_comes_out_again():
    run = script("ragged-edge")
    stored = {}
    for name in ("whole", "close"):
        lines = (FOLDER / f"{name}.txt").read_text(encoding="utf8").split()
        stored[name] = np.array([[mark == "#" for mark in line] for line in lines])
        assert stored[name].shape == (run.GRID, run.GRID)
        assert 0.2 < stored[name].mean() < 0.8
    assert said(7, r"is trained ([\d,]+) times") == [run.GRID**2]
    assert said(7, r"after (\d+) steps the loss") == [run.STEPS]
    # At the border itself rounding decides, and another processor may decide otherwise.
    rows = np.arange(3, run.GRID, 31)
    left, right, low, high = run.WINDOW
    rates = np.logspace(high, low, run.GRID)[rows]
    first = np.logspace(left, right, run.GRID)
    fresh = np.array([run.trained(first, np.full(run.GRID, rate)) for rate in rates])
    assert (fresh == stored["whole"][rows]).mean() > 0.97
