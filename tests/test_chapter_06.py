"""Chapter 6: what its text says beyond its cells' outputs, and the stored trainings."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
from conftest import script

from bends import relu
from bends.runs import load, rerun

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "curves"
WIDE = np.linspace(-1, 1, 10001)


@pytest.fixture(scope="module")
def text():
    notebook = nbformat.read(ROOT / "chapters" / "06-can-bends-build-any-curve.ipynb", as_version=4)
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


@pytest.fixture(scope="module")
def run():
    return script("curves")


@pytest.fixture(scope="module")
def table():
    return load(FOLDER / "runs.csv")


def number(text):
    return float(text.replace("−", "-").replace(" ", "").replace("·", ""))


def wave(x):
    return np.cos(np.pi * x)


def built(f, n):
    places = np.linspace(-1, 1, n + 1)
    return np.interp(WIDE, places, f(places))


def stairs(f, n):
    middles = np.linspace(-1, 1, n + 1)[:-1] + 1 / n
    return f(middles)[np.minimum(np.floor((WIDE + 1) * n / 2).astype(int), n - 1)]


def error(make, f, n):
    return np.abs(make(f, n) - f(WIDE)).max()


def test_the_curve_by_hand(text):
    rows = re.findall(r"^\| (\d) to \d \| from (\d) to (\d) \| (\S+) \| (\S+) \|$", text, re.M)
    heights = [int(rows[0][1]), *(int(row[2]) for row in rows)]
    assert heights == [0, 2, 1, 3]
    slopes, changes = ([number(row[i]) for row in rows] for i in (3, 4))
    assert slopes == np.diff(heights).tolist()
    assert changes == np.diff(slopes, prepend=0).tolist()
    formula = re.search(r"^(−?\d) · ReLU\(x\) (. \d) · ReLU\(x − 1\) (. \d) · ReLU", text, re.M)
    assert [number(weight) for weight in formula.groups()] == changes
    x = np.arange(4)
    assert (relu(x[:, None] - x[:3]) @ changes).tolist() == heights


def test_twice_the_units_leave_a_quarter_and_for_steps_a_half():
    for make, share in ((built, 4), (stairs, 2)):
        errors = [error(make, wave, n) for n in (8, 16, 32, 64)]
        assert np.divide(errors[:-1], errors[1:]) == pytest.approx([share] * 3, rel=0.08)


def test_the_gaps_under_a_bow(text):
    found = re.findall(r"halfway at ([\d.]+), .* = ([\d.]+)\. The gap is (0\.\d+)", text)
    assert len(found) == 2
    for width, (chord, curve, gap) in zip((1, 0.5), found, strict=True):
        assert float(chord) == width**2 / 2 and float(curve) == (width / 2) ** 2
        assert float(gap) == float(chord) - float(curve)


def test_the_parabolas_by_hand(text):
    a, b, c = re.search(r"Together: (\d+)x² − (\d+)x \+ (\d+)", text).groups()
    x = np.arange(-5, 6)
    assert ((x + 1) ** 2 + 3 * (x - 2) ** 2 == int(a) * x**2 - int(b) * x + int(c)).all()


def test_relu_stays_off_the_jump(text):
    half, low = re.search(r"the jump from (\S+) to ([\d.]+) in the first", text).groups()
    assert number(half) == -float(low)

    def jump(x):
        return np.where(x > 0.3, float(low), number(half))

    errors = [error(built, jump, n) for n in (3, 6, 12, 24, 48)]
    above = re.search(r"the error \[stays above (0\.\d)\]", text)[1]
    assert float(low) < float(above) < min(errors) < float(above) + 0.1


def test_folds_make_the_parabola():
    x = np.linspace(0, 1, 4097)
    saw = square = x
    for layers in range(1, 7):
        saw = 2 * relu(saw) - 4 * relu(saw - 0.5)
        square = square - saw / 4**layers
        assert np.abs(square - x**2).max() == 4.0 ** -(layers + 1)


def test_a_plane_has_more_pieces_than_weights_to_set_them(text):
    found = re.search(r"(\d+) units with two inputs have (\d+) weights", text)
    units, weights = map(int, found.groups())
    assert weights == 2 * units + units + units + 1


# --- the trainings --------------------------------------------------------------------------------


def test_every_run_is_stored_once(run, table):
    names = ["task", "activation", "units", "rate", "seed"]
    kinds = set(zip(*(table[name] for name in names), strict=True))
    grid = run.CURVES, run.ACTIVATIONS, run.UNITS, run.RATES, run.SEEDS
    assert len(kinds) == len(table) == np.prod([len(values) for values in grid])


def test_a_sample_comes_out_again(run):
    stored, fresh = rerun(run.grid(), FOLDER / "runs.csv", count=4)
    np.testing.assert_allclose(fresh["error"], stored["error"], rtol=0.1, atol=0.01)


def best(table, target, activation, units):
    """The errors at the rate with the smallest median."""
    kind = table.where(task=target, activation=activation, units=int(units))
    return min((group["error"] for _, group in kind.groups("rate")), key=np.median)


def test_what_the_text_says_of_the_trainings(text, table):
    for n in (16, 32, 64):
        assert not (best(table, "wave", "relu", n) <= error(built, wave, n)).any()
    within, enough, few, did, many, did_too = re.search(
        r"within ([\d.]+) of the wave, (\d+) built units are more than enough\. Of the learnt "
        r"networks with (\d+) units (\d+) of 20 did it, of those with (\d+) units (\d+)\.",
        text,
    ).groups()
    within = float(within)
    assert error(built, wave, int(enough)) < within / 2
    for units, count in ((few, did), (many, did_too)):
        assert (best(table, "wave", "relu", int(units)) < within).sum() == int(count)
    units, missed = re.search(r"With (\d+) units the \[ripples\].* by about (0\.\d)", text).groups()
    assert round(np.median(best(table, "ripples", "relu", int(units))), 1) == float(missed)
    units, within = re.search(r"with (\d) units, all 20 networks .* ([\d.]+) of the", text).groups()
    smooth = [best(table, "wave", "tanh", n) for n in (int(units), 8, 16, 32, 64)]
    assert (smooth[0] < float(within)).all()
    assert all(np.median(errors) > np.median(smooth[0]) / 2 for errors in smooth)
