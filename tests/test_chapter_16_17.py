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


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_a_sample_of_the_sigmoid_runs(optimizer):
    sigmoid = script("sigmoid", "run")
    assert_same(*rerun(sigmoid.grid(optimizer), sigmoid.table(optimizer), count=1))


def test_a_sample_of_the_relu_runs():
    relu_start = script("relu-start", "run")
    assert_same(*rerun(relu_start.grid(), RESULTS / "relu-start" / "runs.csv", count=4))


@pytest.mark.parametrize(
    ("optimizer", "settings", "expected"),
    [
        ("momentum", {"init": "pytorch"}, 0.10),
        ("momentum", {"init": "glorot"}, 0.326),
        ("momentum", {"init": 1.84623}, 0.505),
        ("momentum", {"init": 4.72265}, 0.612),
        ("adam", {"init": "pytorch"}, 0.680),
        ("adam", {"init": 4.72265}, 1.0),
        ("momentum", {"init": "pytorch", "activation": "relu"}, 0.9997),
        ("momentum", {"init": "pytorch", "activation": "tanh"}, 0.964),
        ("momentum", {"init": "pytorch", "activation": "gelu"}, 0.924),
    ],
)
def test_another_implementation_found_the_same(optimizer, settings, expected):
    table = load(script("sigmoid", "run").table(optimizer))
    settings = {"activation": "sigmoid", "depth": 4, "epochs": 100} | settings
    for name, value in settings.items():
        table = table[table[name] == value]
    assert len(table) == 10
    assert table["train_score"].mean() == pytest.approx(expected, abs=0.05)


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
