"""The stored runs behind chapters 16 and 17 are those of their commands; so are the statistics."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from bends.experiments import load, rerun

RESULTS = Path(__file__).parent.parent / "results"
SCORES = ["train_score", "validation_score", "test_score"]
ELSEWHERE = 0.05  # the tolerance that the chapters state; on the same machine the digits agree


def script(folder, name):
    spec = importlib.util.spec_from_file_location(folder, RESULTS / folder / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_same(stored, fresh):
    for column in SCORES:
        np.testing.assert_allclose(fresh[column], stored[column], atol=ELSEWHERE)


SIGMOID = script("sigmoid", "run")
ADAM = ("adam", 0.003)


@pytest.mark.parametrize("asked", SIGMOID.TABLES)
def test_a_sample_of_the_sigmoid_runs(asked):
    assert_same(*rerun(SIGMOID.grid(*asked), SIGMOID.table(*asked), count=1))


def sigmoid_runs(optimizer="momentum", rate=0.01, **settings):
    """Ten stored runs of chapter 16; what is not said is as in the tutorial."""
    table = load(SIGMOID.table(optimizer, rate))
    asked = {"activation": "sigmoid", "init": "pytorch", "depth": 4, "epochs": 100} | settings
    for name, value in asked.items():
        table = table[table[name] == value]
    assert len(table) == 10
    return table


def test_a_sample_of_the_relu_runs():
    relu_start = script("relu-start", "run")
    assert_same(*rerun(relu_start.grid(), RESULTS / "relu-start" / "runs.csv", count=4))


@pytest.mark.parametrize(
    ("asked", "settings", "expected"),
    [
        (SIGMOID.SCENE, {"init": "pytorch"}, 0.10),
        (SIGMOID.SCENE, {"init": "glorot"}, 0.326),
        (SIGMOID.SCENE, {"init": 1.84623}, 0.505),
        (SIGMOID.SCENE, {"init": 4.72265}, 0.612),
        (ADAM, {"init": "pytorch"}, 0.680),
        (ADAM, {"init": 4.72265}, 1.0),
        (SIGMOID.SCENE, {"init": "pytorch", "activation": "relu"}, 0.9997),
        (SIGMOID.SCENE, {"init": "pytorch", "activation": "tanh"}, 0.964),
        (SIGMOID.SCENE, {"init": "pytorch", "activation": "gelu"}, 0.924),
    ],
)
def test_another_implementation_found_the_same(asked, settings, expected):
    found = sigmoid_runs(*asked, **settings)["train_score"].mean()
    assert found == pytest.approx(expected, abs=0.05)


def test_numbers_in_the_prose_of_chapter_16():
    def percent(*asked, part="train", **settings):
        return round(100 * sigmoid_runs(*asked, **settings)[f"{part}_score"].mean())

    scene = (100 * sigmoid_runs()["train_score"]).sort_values().round()
    assert scene.iloc[-1] == 18 and set(scene.iloc[:-1]) == {10, 11}
    assert percent() == 11 and percent(part="test") == 10
    assert SIGMOID.PYTORCH_SCALE == pytest.approx(3**-0.5, abs=1e-5)
    assert percent(init=SIGMOID.PYTORCH_SCALE) == 10
    assert percent(init=4.72265) == 64 and percent(*ADAM) == 69
    assert percent("momentum", 0.3) == 59
    for asked in [ADAM, ("momentum", 0.1)]:
        assert sigmoid_runs(*asked, init=4.72265)["train_score"].min() == 1
    assert {percent(depth=depth, part="test") for depth in (2, 3)} == {31}
    assert percent(epochs=250, part="test") == 30
    assert percent(*ADAM, activation="relu", part="test") == 69
    assert percent(*ADAM, init=4.72265, part="test") == 57


@pytest.mark.parametrize(
    ("asked", "activation", "larger", "points"),
    [
        (SIGMOID.SCENE, "tanh", 1.46741, 1.0),
        (SIGMOID.SCENE, "tanh", 1.59254, 4.1),
        (SIGMOID.SCENE, "relu", 1.41421, 7.4),
        (SIGMOID.SCENE, "gelu", 1.53353, 8.7),
        (ADAM, "tanh", 1.46741, 2.5),
        (ADAM, "tanh", 1.59254, 4.8),
        (ADAM, "relu", 1.41421, 4.1),
    ],
)
def test_what_the_small_start_gains_on_the_test_in_chapter_16(asked, activation, larger, points):
    starts = ["pytorch", larger]
    small, large = (sigmoid_runs(*asked, activation=activation, init=init) for init in starts)
    assert large["train_score"].mean() == 1
    gained = small["test_score"].mean() - large["test_score"].mean()
    assert 100 * gained == pytest.approx(points, abs=0.1)


@pytest.fixture(scope="module")
def summary():
    return json.loads((RESULTS / "relu-start" / "summary.json").read_text(encoding="utf-8"))


@pytest.mark.filterwarnings("ignore:Precision loss")  # runs that all give the same score
def test_the_statistics_follow_from_the_table(summary):
    fresh = script("relu-start", "summary").summarise(load(RESULTS / "relu-start" / "runs.csv"))
    flat, stored = (list(leaves(data)) for data in (fresh, summary))
    assert [path for path, _ in flat] == [path for path, _ in stored]
    for (path, value), (_, old) in zip(flat, stored, strict=True):
        number = isinstance(old, float)
        assert value == (pytest.approx(old, rel=1e-6, abs=1e-12) if number else old), path


def leaves(data, path=()):
    """Every entry of nested lists and dicts, with where it stands."""
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield from leaves(value, (*path, str(key)))
    else:
        yield path, data


def test_numbers_in_the_prose_of_chapter_17(summary):
    regression, deep = summary["tasks"]["regression"], summary["tasks"]["deep"]
    assert 0.0303 < regression["high"] < 0.0304 and 0.0475 < deep["high"] < 0.0485
    table = load(RESULTS / "relu-start" / "runs.csv")
    runs = table[(table["phase"] == "test") & (table["task"] == "deep") & (table["init"] == "gain")]
    relu, mish = (
        runs[runs["activation"] == name]["test_score"].sort_values() for name in ("relu", "mish")
    )
    assert relu.iloc[0] == 0.5 and relu.iloc[1:].mean() == pytest.approx(mish.mean(), abs=5e-4)
    without = table[(table["activation"] == "identity") & (table["task"] == "signals")]
    assert without["test_score"].mean() == pytest.approx(0.31, abs=0.005)
