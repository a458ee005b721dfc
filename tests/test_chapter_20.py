"""What chapter 20 says beyond its cells' outputs."""

import math
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from prose import said, written
from scipy.stats import norm

from bends import gelu, sigmoid, silu

PATH = next((Path(__file__).resolve().parent.parent / "chapters").glob("20-*.ipynb"))
CELLS = {cell.id: cell for cell in nbformat.read(PATH, as_version=4).cells}


def runs(spread, gain):
    """Pairs for a power of 80 % at a level of 5 % on two sides, with the normal distribution."""
    return ((norm.ppf(0.975) + norm.ppf(0.8)) * spread / gain) ** 2


def test_the_rule_for_the_number_of_runs():
    points, spread, about = said(
        20, r"For ([\d.]+) points at a standard deviation of (\d) it takes about (\d+)"
    )
    assert runs(spread, points) == pytest.approx(about, rel=0.01)
    (factor,) = said(20, r"The ([\d.]+) is 1\.96")
    assert factor == pytest.approx(norm.ppf(0.975) + norm.ppf(0.8), abs=0.005)


def test_so_many_runs_find_the_gain_in_80_of_100_comparisons():
    n, rng = math.ceil(runs(2, 0.5)), np.random.default_rng(0)
    differences = rng.normal(0.5, 2, size=(20_000, n))
    low = differences.mean(axis=1) - 1.96 * 2 / math.sqrt(n)
    assert np.mean(low > 0) == pytest.approx(0.8, abs=0.01)


def test_the_function_is_silu_stretched():
    x = np.linspace(-5, 5, 101)
    assert x * sigmoid(2 * x) == pytest.approx(silu(2 * x) / 2, rel=1e-13)
    small, large = said(20, r"0\.5 · σ\(1\) = ([\d.]+) \| 2 \| ([\d.]+)")
    assert 0.5 * sigmoid(1.0) == pytest.approx(small, abs=5e-4)
    assert silu(1.0) == pytest.approx(large, abs=5e-4)


def test_gelu_is_nearly_the_same_function():
    factor, own = said(20, r"the same function again, at ([\d.]+)\*x\* instead of (\d)\*x\*")
    x = np.linspace(-6, 6, 1201)

    def apart(k):
        return np.abs(x * sigmoid(k * x) - gelu(x)).max()

    assert apart(factor) < 0.021 < apart(own)


def test_the_sentences_on_the_benchmark_follow_from_its_output():
    printed = {name: "".join(o.text for o in CELLS[name].outputs) for name in ("compare", "slower")}
    assert re.search(r"mine - ReLU: \+\d points; yes", printed["compare"])
    assert re.search(r"mine - SiLU: -\d points; yes", printed["compare"])
    assert "cannot be told apart" in printed["slower"]
    assert "with every seed both score lower than SiLU at 0.01" in written(20)
    assert printed["slower"].count("below SiLU at 0.01: 20 of 20") == 2


def test_weight_decay_keeps_the_leak_from_its_goal():
    lines = CELLS["prelu"].outputs[0].text.splitlines()
    without, decayed = (float(line.split(", ")[-1]) for line in lines)
    assert without == -1 and -0.99 < decayed < -0.3
