"""Chapter 19: its stored runs come out again, and its sentences follow from them."""

import math
from pathlib import Path

import numpy as np
import pytest
from conftest import script
from prose import said

from bends import ACTIVATIONS
from bends.comparisons import compare_pairs
from bends.runs import load, rerun

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "results" / "exceptions"


@pytest.fixture(scope="module")
def run():
    return script("exceptions")


def runs(case, **kind):
    return load(FOLDER / f"{case}.csv").where(phase="test", **kind)


def median(case, outcome, **kind):
    return np.median(runs(case, **kind)[outcome])


# --- the runs -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "outcome", "tolerance"),
    [
        ("derivatives", "error", 0.02),
        ("outputs", "error", 0.05),
        ("int8", "both, dB", 2),
        ("exchange", "at_once", 3),
        ("recurrence", "first_gradient", math.inf),
    ],
)
def test_a_sample_comes_out_again(run, case, outcome, tolerance):
    stored, fresh = rerun(run.CASES[case](), FOLDER / f"{case}.csv", count=1)
    if math.isinf(tolerance):  # no training before it: the same to the digits that are stored
        assert fresh[outcome] == pytest.approx(stored[outcome], rel=0.01)
    else:
        assert fresh[outcome] == pytest.approx(stored[outcome], abs=tolerance, nan_ok=True)


def test_every_case_has_its_twenty_seeds(run):
    for name, case in run.CASES.items():
        table = load(FOLDER / f"{name}.csv")
        assert len(table) == sum(case().runs)
        assert set(table.where(phase="test")["seed"]) == set(run.SEEDS)


@pytest.mark.parametrize("name", ["squared_relu", "softplus", "gelu", "tanh", "sin"])
def test_second_and_third_derivatives_agree_with_differences(run, name):
    z, step = np.linspace(-3, 3, 60), 1e-5
    second, third = run.second_and_third(name, z)
    slope = ACTIVATIONS[name].derivative
    assert second == pytest.approx((slope(z + step) - slope(z - step)) / (2 * step), abs=1e-6)
    ahead, behind = (run.second_and_third(name, z + s)[0] for s in (step, -step))
    assert third == pytest.approx((ahead - behind) / (2 * step), abs=1e-6)


def test_the_gradients_of_curvature_agree_with_differences(run):
    net = run.MLP([1, 5, 1], "tanh", init="pytorch", seed=[0])
    x = np.linspace(-1, 1, 7)[:, None]
    found, parts = run.curvature(net, "tanh", x)
    gradients = run.curvature_gradients(net, x, parts, 2 * found)
    for p, g in [
        (net.weights[0], gradients.weights[0]),
        (net.weights[1], gradients.weights[1]),
        (net.biases[0], gradients.biases[0]),
    ]:
        at = (0,) * (p.ndim - 1) + (2,) if p.shape[-1] > 1 else (0, 2, 0)
        sums = []
        for step in (1e-6, -1e-6):
            p[at] += step
            sums.append(np.sum(run.curvature(net, "tanh", x)[0] ** 2))
            p[at] -= step
        assert g[at] == pytest.approx((sums[0] - sums[1]) / 2e-6, rel=1e-5)


@pytest.mark.parametrize("gate", ["none", "sigmoid"])
def test_the_recurrent_gradients_agree_with_differences(run, gate):
    net = run.Recurrent("tanh", gate, "orthogonal", [0])
    net.weights = [W.astype(float) for W in net.weights]
    net.biases = [b.astype(float) for b in net.biases]
    x, y = run.sequences([np.random.default_rng(0)], 4, 5)
    gradients = net.backward(2 * (net.forward(x) - y))
    for p, g in zip(net.weights + net.biases, [*gradients.weights, *gradients.biases], strict=True):
        at = (0,) * p.ndim
        losses = []
        for step in (1e-3, -1e-3):
            p[at] += step
            losses.append(np.sum((net.forward(x) - y) ** 2, dtype=float))
            p[at] -= step
        assert g[at] == pytest.approx((losses[0] - losses[1]) / 2e-3, rel=2e-3, abs=1e-4)


# --- the text -------------------------------------------------------------------------------------


def test_outside():
    (zero,) = said(19, r"always answering 0 has an error of ([\d.]+)\. .* ReLU and tanh do worse")
    assert math.sqrt(0.5) == pytest.approx(zero, abs=0.005)
    wave = {
        f: runs("extrapolation", curve="wave", inputs="x", activation=f)["outside_error"]
        for f in ("relu", "gelu", "tanh", "sin", "snake")
    }
    assert min(wave["relu"].min(), wave["tanh"].min()) > zero
    assert all(abs(np.median(wave[f]) - zero) < 0.2 and wave[f].max() > 1 for f in ("sin", "snake"))
    line = {
        f: median("extrapolation", "outside_error", curve="line", inputs="x", activation=f)
        for f in wave
    }
    assert min(line, key=line.get) == "relu"
    snake, relu = said(19, r"Snake was off by ([\d.]+) in the median, ReLU by less than (0\.\d+)")
    assert line["snake"] == pytest.approx(snake, abs=0.005)
    assert line["relu"] < relu
    assert runs("extrapolation", inputs="sin and cos")["outside_error"].max() < 0.1
    far = runs("extrapolation", curve="wave", inputs="x", activation="relu")
    assert far["far_change"].max() < 1e-3  # straight, in float32 at 100
    assert abs(runs("extrapolation", inputs="x", activation="tanh")["far_slope"]).max() < 1e-3


def test_derivatives():
    assert np.ptp(runs("derivatives", activation="relu")["validation_error"]) == 0
    assert 0.9 < median("derivatives", "error", activation="relu")
    assert 0.1 < median("derivatives", "error", activation="squared_relu") < 0.5
    smooth = ["softplus", "gelu", "tanh", "sin"]
    assert runs("derivatives", activation=smooth)["error"].max() < 0.05


def test_recurrence():
    grown, left = said(19, r"in 40 steps 1\.1 becomes (\d+), and 0\.9 becomes (0\.\d+)")
    assert 1.1**40 == pytest.approx(grown, abs=0.5)
    assert 0.9**40 == pytest.approx(left, abs=0.0005)
    first = runs(
        "recurrence", steps=40, gate="none", activation="relu", start=["gain", "orthogonal"], clip=1
    )
    assert np.mean(first["first_gradient"] < 10) > 0.5  # forgotten rather than exploded
    solved = np.sum(first.where(start="gain")["test_score"] >= 0.95)
    assert solved < 10


def test_int8():
    for f in ("relu", "relu6", "silu", "hard_swish", "gelu", "tanh"):
        for depth in (2, 8):
            kind = runs("int8", activation=f, depth=depth)
            assert np.median(kind["float"]) - np.median(kind["both"]) <= 1
            if f != "relu6" and depth == 8:
                lost = 1 - np.median(kind["strange x 100"]) / np.median(kind["float"])
                assert lost > (0.5 if f in ("silu", "hard_swish", "gelu") else 0.25)
    pairs = {
        f"{f} {depth}": (kind["both"], kind["float"])
        for f in ("relu", "relu6", "silu", "hard_swish", "gelu", "tanh")
        for depth in (2, 8)
        for kind in [runs("int8", activation=f, depth=depth)]
    }
    assert all(result["p_holm"] > 0.05 for result in compare_pairs(pairs).values())
    silu = runs("int8", activation="silu", depth=8)
    lost = np.median(silu["gate, dB"]) - np.median(silu["gate same range, dB"])
    assert 10 ** (lost / 10) == pytest.approx(5, abs=0.3)
    assert np.median(silu["float"]) - np.median(silu["gate same range"]) < 1


def test_a_real_quantiser_says_the_same():
    for f, way in (("relu", "output"), ("silu", "gate"), ("tanh", "both")):
        real, ours = (runs(case, activation=f, depth=8) for case in ("quantiser", "int8"))
        assert np.median(real["float"]) == np.median(ours["float"])
        assert np.median(real["int8"]) == pytest.approx(np.median(ours[way]), abs=1)
        assert np.median(real["int8, dB"]) == pytest.approx(np.median(ours[f"{way}, dB"]), abs=0.5)


def test_waves():
    error = {s: median("waves", "error", periods=40, speed=s) for s in (1, 10, 30, 100)}
    assert min(error[1], error[10]) > 0.95 and max(error[30], error[100]) < 0.1
    slow = {s: median("waves", "error", periods=2, speed=s) for s in (10, 30, 100)}
    assert 3 < slow[100] / slow[30] < 5


def test_outputs():
    (dead,) = said(19, r"and (\d) of 20 networks ended with a \[dead\]")
    assert np.sum(runs("outputs", task="positive", end="relu")["at_limit"] == 100) == dead
    typical = {
        end: median("outputs", "factor", task="positive", end=end)
        for end in ("none", "relu", "softplus", "exp, log loss")
    }
    assert min(typical, key=typical.get) == "exp, log loss"


def test_changing():
    last = {f: runs("changing", activation=f, cure="none") for f in ("relu", "tanh")}
    assert last["tanh"]["right_25"].min() > 90
    assert np.median(last["relu"]["dead_25"]) == pytest.approx(50, abs=2)
    most = np.bincount(np.random.default_rng(25).integers(10, size=200)).max() / 2
    assert np.median(last["relu"]["right_25"]) == pytest.approx(most, abs=1)
    decay = median("changing", "right_25", activation="relu", cure="weight decay")
    assert decay < 20
    assert runs("changing", cure="half new weights")["right_25"].min() == 100


def test_exchange():
    base = runs("exchange", trained="relu", put_in="relu")["after_4"]
    kinds = [
        *(("relu", f) for f in ("leaky_relu", "relu6", "gelu", "silu", "tanh")),
        ("silu", "hard_swish"), ("silu", "relu"), ("gelu", "gelu_tanh"),
    ]  # fmt: skip
    results = compare_pairs(
        {
            f"{old} {new}": (runs("exchange", trained=old, put_in=new)["after_4"], base)
            for old, new in kinds
        }
    )
    low, high = said(19, r"\(interval ([\d.]+) to ([\d.]+), after Holm's correction still sure\)")
    ahead = results["relu silu"]
    assert ahead["low"] == pytest.approx(low, abs=0.05)
    assert ahead["high"] == pytest.approx(high, abs=0.05)
    assert all(results[f"relu {f}"]["p_holm"] < 0.05 for f in ("silu", "gelu", "tanh"))
    (behind,) = said(19, r"Only tanh stays behind, by (\d) points")
    assert -results["relu tanh"]["difference"] == pytest.approx(behind, abs=0.5)
