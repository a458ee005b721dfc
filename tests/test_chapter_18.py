"""The stored runs behind chapter 18 are those of their commands; its words say what they say."""

import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import script
from prose import said

from bends import ACTIVATIONS, gain
from bends.residual import ResidualMLP, propagate
from bends.runs import load, rerun

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "results" / "depth"
ELSEWHERE = 0.1  # on the same machine the digits agree; training magnifies another one's rounding


@pytest.fixture(scope="module")
def run():
    module = script("depth")
    sys.modules["run"] = module  # as for its neighbours in the folder
    yield module
    del sys.modules["run"]


@pytest.fixture(scope="module")
def table():
    return load(HERE / "runs.csv")


def assert_same(stored, fresh):
    for name in ("validation_score", "test_score"):
        np.testing.assert_allclose(fresh[name], stored[name], atol=ELSEWHERE)


def test_every_run_of_the_protocol_is_there_and_a_sample_gives_the_same(run, table):
    grid = run.grid()
    assert len(grid.settings) == 674
    assert len(table) == sum(grid.runs) == 674 * (8 + 20)
    assert_same(*rerun(grid, HERE / "runs.csv", count=8))


def test_a_sample_of_the_longer_runs(run):
    grid = script("depth", "more").longer()
    assert len(load(HERE / "more.csv")) == sum(grid.runs)
    assert_same(*rerun(grid, HERE / "more.csv", count=1))


def test_a_sample_of_the_runs_with_and_without_biases(run):
    grid = script("depth", "biases").without_and_with()
    assert len(load(HERE / "biases.csv")) == sum(grid.runs)
    stored, fresh = rerun(grid, HERE / "biases.csv", count=3)
    scores = [
        [[float(v or "nan") for v in t.text[f"{part}_score"]] for part in ("validation", "test")]
        for t in (fresh, stored)
    ]
    np.testing.assert_allclose(*scores, atol=ELSEWHERE)


def test_normalisation_without_biases_is_blind_to_size(run):
    x = np.random.default_rng(0).normal(size=(50, 2))
    for biases, same in (("0", True), ("drawn", False)):
        draw = script("depth", "biases").initialiser("gain", biases)
        net = ResidualMLP([2, 24, 24, 2], "tanh", init=draw, normalise=True, seed=0)
        assert np.allclose(net(x), net(2 * x), atol=0.01) == same
    all_, learnt, before = said(
        18, r"of (\d+) networks of the five .* all (\d+) learn, instead of (\d+)"
    )
    runs = load(HERE / "biases.csv").where(phase="test", task="spirals", init="gain")
    for biases, number in (("0", before), ("drawn", learnt)):
        scores = runs.where(biases=biases)["test_score"]
        assert (scores >= LINE["spirals"]).sum() == number
    assert all_ == 5 * 20
    signals = load(HERE / "biases.csv").where(phase="test", task="mnist1d")
    zero, drawn = (signals.where(biases=b)["test_score"] for b in ("0", "drawn"))
    assert abs(zero.mean() - drawn.mean()) < 0.01


def test_the_protocol_holds_the_prediction_that_the_command_prints(run):
    predict = script("depth", "predict")
    protocol = (HERE / "PROTOCOL.md").read_text(encoding="utf-8")
    for around in run.AROUND:
        for init in run.INITS:
            deepest = [
                predict.deepest(predict.expected(name, init, around)) for name in run.FUNCTIONS
            ]
            assert "| " + " | ".join([around, init, *map(str, deepest)]) + " |" in protocol


# --- what the chapter says ------------------------------------------------------------------------

LINE = {"mnist1d": 0.30, "spirals": 0.75}


def learn(table, task, around, activation, depth, init="gain"):
    runs = table.where(
        phase="test", task=task, around=around, init=init, activation=activation, depth=depth
    )
    return int((runs["test_score"] >= LINE[task]).sum())


def test_the_guess_is_settled(table):
    depth, few, of = said(18, r"at (\d+) layers (\d+) of (\d+) sigmoid networks learn the spirals")
    depth = int(depth)
    assert learn(table, "spirals", "skip", "sigmoid", depth) == few and of == 20
    for around in ("nothing", "normalisation"):
        assert learn(table, "spirals", around, "sigmoid", depth) == 0
    (other,) = said(18, r"\(MNIST-1D, only (\d+)\)")
    assert learn(table, "mnist1d", "skip", "sigmoid", depth) == other
    (longer,) = said(18, r"on MNIST-1D\]\(#five-times-the-training\), none of (\d+) learns")
    alone = load(HERE / "more.csv").where(phase="test", around="nothing", activation="sigmoid")
    assert len(alone) == longer and (alone["test_score"] < LINE["mnist1d"]).all()
    fifty, thirty = said(
        18, r"(\d+) of 20 sigmoid networks with fifty layers .*? (\d+) of 20 with thirty"
    )
    assert learn(table, "spirals", "skip", "sigmoid", 50) == fifty
    assert learn(table, "spirals", "skip", "sigmoid", 30) == thirty


def test_initialisation_moves_more_than_the_function(table, run):
    depth, least, some = said(
        18,
        r"Take (\d+) layers and the spirals\. From the own gain at least (\d+) of 20 .*?"
        r"none does, except with SELU: (\d+) of 20",
    )
    others = [name for name in run.FUNCTIONS if name != "sigmoid"]
    counts = [learn(table, "spirals", "nothing", name, int(depth)) for name in others]
    assert min(counts) == least
    counts = {n: learn(table, "spirals", "nothing", n, int(depth), "pytorch") for n in others}
    assert counts.pop("selu") == some and set(counts.values()) == {0}
    assert learn(table, "spirals", "nothing", "relu", 10, "pytorch") >= 15
    assert learn(table, "mnist1d", "nothing", "relu", 10, "pytorch") >= 15


def test_five_times_the_training():
    more = load(HERE / "more.csv").where(phase="test", around="nothing")
    relu, of, tanh = said(18, r"all (\d+) of (\d+) ReLU networks .*? of 10 tanh networks (\d+)")
    for name, count in [("relu", relu), ("tanh", tanh)]:
        scores = more.where(activation=name)["test_score"]
        assert len(scores) == of and (scores >= LINE["mnist1d"]).sum() == count


def test_depth_gains_little(table, run):
    (points,) = said(18, r"never gained as much as (\d) percentage points")
    runs = table.where(phase="test", activation=run.FUNCTIONS)
    mean = {}
    for key, rows in runs.groups("around", "init", "task", "activation", "depth"):
        chance = {"mnist1d": 0.1, "spirals": 0.5}[key[2]]
        mean.setdefault(key[:4], {})[key[4]] = np.nan_to_num(rows["test_score"], nan=chance).mean()
    gains = [
        max(m for depth, m in by_depth.items() if depth > 2) - max(by_depth[1], by_depth[2])
        for by_depth in mean.values()
    ]
    assert len(gains) == 2 * 6 * 8 and 100 * max(gains) < points


def test_the_sigmoid_by_numbers():
    sigmoid = ACTIVATIONS["sigmoid"]
    (factor,) = said(
        18, r"each layer leaves about ([\d.]+) .*? is a ten-thousandth after ten layers"
    )
    layers = propagate(sigmoid, 20, gain(sigmoid))
    assert gain(sigmoid) / gain(sigmoid, "backward") == pytest.approx(factor, abs=0.005)
    assert 0.5e-4 < layers[9].apart < 2e-4
    (after_twenty,) = said(18, r"After twenty it is ([\d.]+) of the size")
    assert layers[19].apart == pytest.approx(after_twenty, rel=0.1)
    (rounded,) = said(18, r"rounded at about ([\d.]+)\.")
    assert np.finfo(np.float32).eps / 2 == pytest.approx(rounded, rel=0.1)
