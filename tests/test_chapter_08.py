"""What chapter 8 says beyond its cells' outputs."""

import ast
import contextlib
import importlib.util
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from prose import said

from bends import MLP, leaky_relu, relu, sigmoid, silu

PATH = next((Path(__file__).resolve().parent.parent / "chapters").glob("08-*.ipynb"))
CELLS = {
    cell["id"]: "".join(cell["source"])
    for cell in json.loads(PATH.read_text(encoding="utf8"))["cells"]
}
TEXT = "\n\n".join(CELLS.values())


def test_the_step_by_hand():
    def loss(w):
        return (4 * sigmoid(w * 2 - 1) - 3) ** 2

    rise, slope, fall = said(
        8, r"rise of ([\d.]+) in \*w\* was worth [\d.]+ · \((−\d)\) = (−[\d.]+)"
    )
    assert fall == pytest.approx(rise * slope)
    assert slope == pytest.approx((loss(0.5 + 1e-6) - loss(0.5 - 1e-6)) / 2e-6, rel=1e-6)
    (fell,) = said(8, r"The loss fell by ([\d.]+)\.")
    assert loss(0.5) - loss(0.5 + rise) == pytest.approx(fell, abs=5e-4)


def test_the_cost_of_nudging_every_weight():
    parameters, passes = said(8, r"has ([\d,]+) parameters: ([\d,]+) passes")
    net = MLP([784, 128, 10])
    assert parameters == sum(p.size for p in [*net.weights, *net.biases])
    assert passes == 2 * parameters


def test_the_v():
    x = np.linspace(-2, 2, 401)

    def error(h):
        rise = (sigmoid(x + h) - sigmoid(x - h)) / (2 * h)
        return np.median(np.abs(rise - sigmoid.derivative(x)))

    assert error(1e-2) / error(1e-3) == pytest.approx(100, rel=0.05)
    assert min(10.0 ** np.arange(-13, 0), key=error) == pytest.approx(1e-5)
    x, h = 0.001, 0.1
    assert (relu(x + h) - relu(x - h)) / (2 * h) == pytest.approx((x + h) / (2 * h))


def test_two_inputs_share_an_output():
    output, up, down = said(
        8, r"output of (−[\d.]+) can mean a slope of \+([\d.]+) or of (−\d\.\d+)"
    )
    first, second = (float(z) for z in re.search(r"z in \[(.*?), (.*?)\]", CELLS["turns"]).groups())
    assert silu(np.array([first, second])) == pytest.approx(output, abs=5e-4)
    assert silu.derivative(first) == pytest.approx(up, abs=5e-3)
    assert silu.derivative(second) == pytest.approx(down, abs=5e-3)


def test_a_negative_leak_hides_the_input():
    leak, output, one, other = said(
        8, r"leak of (−\d) an output of (\d) may come from an input of (\d) or of (−\d)"
    )
    f = leaky_relu.with_parameters(negative_slope=leak)
    assert f(one) == f(other) == output


def test_the_ten_lines_are_ten():
    assert len(CELLS["ten-lines"].splitlines()) <= 10


FRAMEWORKS = re.findall(
    r"```python\n((?:import os\n.*?)?import (?:torch|jax|keras)\b.*?)```", TEXT, re.DOTALL
)


@pytest.mark.parametrize("block", FRAMEWORKS, ids=["torch", "jax", "keras"])
def test_the_frameworks_give_the_same_gradient(block):
    tree = ast.parse(block)
    imports = [
        alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names
    ]
    assert len(FRAMEWORKS) == 3 and imports
    if not all(map(importlib.util.find_spec, imports)):
        pytest.skip(f"parsed; to run it, install {', '.join(imports)}")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(block, {})
    assert float(re.search(r"-?\d+\.\d*", printed.getvalue())[0]) == pytest.approx(-4, abs=1e-4)
