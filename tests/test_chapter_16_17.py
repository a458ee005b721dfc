"""The stored runs behind chapters 16 and 17 are those of their commands; so are the statistics."""

import json

import numpy as np
import pytest
from conftest import ROOT, script
from prose import said, written

from bends.runs import load, rerun

RESULTS = ROOT / "results"
SCORES = ["train_score", "validation_score", "test_score"]
ELSEWHERE = 0.05  # the tolerance that the chapters state; on the same machine the digits agree


def assert_same(stored, fresh):
    for column in SCORES:
        np.testing.assert_allclose(fresh[column], stored[column], atol=ELSEWHERE)


SIGMOID = script("sigmoid")
SCENE, ADAM = SIGMOID.SCENE, SIGMOID.ADAM


def test_a_sample_of_the_sigmoid_runs():
    assert_same(*rerun(SIGMOID.grid(), RESULTS / "sigmoid" / "runs.csv", count=5))


def sigmoid_runs(**settings):
    """Ten stored runs of chapter 16; what is not said is as in the tutorial."""
    asked = {"activation": "sigmoid", "init": "pytorch", "depth": 4, "epochs": 100} | SCENE
    table = load(RESULTS / "sigmoid" / "runs.csv").where(**(asked | settings))
    assert len(table) == 10
    return table


def test_a_sample_of_the_relu_runs():
    relu_start = script("relu-start")
    assert_same(*rerun(relu_start.grid(), RESULTS / "relu-start" / "runs.csv", count=4))


@pytest.mark.parametrize(
    ("asked", "settings", "expected"),
    [
        (SCENE, {"init": "pytorch"}, 0.10),
        (SCENE, {"init": "glorot"}, 0.326),
        (SCENE, {"init": 1.84623}, 0.505),
        (SCENE, {"init": 4.72265}, 0.612),
        (ADAM, {"init": "pytorch"}, 0.680),
        (ADAM, {"init": 4.72265}, 1.0),
        (SCENE, {"init": "pytorch", "activation": "relu"}, 0.9997),
        (SCENE, {"init": "pytorch", "activation": "tanh"}, 0.964),
        (SCENE, {"init": "pytorch", "activation": "gelu"}, 0.924),
    ],
)
def test_another_implementation_found_the_same(asked, settings, expected):
    found = sigmoid_runs(**asked | settings)["train_score"].mean()
    assert found == pytest.approx(expected, abs=0.05)


def test_numbers_in_the_prose_of_chapter_16():
    def percent(part="train", **settings):
        return round(100 * sigmoid_runs(**settings)[f"{part}_score"].mean())

    scene = np.sort(100 * sigmoid_runs()["train_score"]).round()
    assert scene[-1] == 18 and set(scene[:-1]) == {10, 11}
    assert percent() == 11 and percent(part="test") == 10
    assert SIGMOID.PYTORCH_SCALE == pytest.approx(3**-0.5, abs=1e-5)
    assert percent(init=SIGMOID.PYTORCH_SCALE) == 10
    assert percent(init=4.72265) == 64 and percent(**ADAM) == 69
    assert percent(rate=0.3) == 59
    for asked in [ADAM, {"rate": 0.1}]:
        assert sigmoid_runs(**asked, init=4.72265)["train_score"].min() == 1
    assert {percent(depth=depth, part="test") for depth in (2, 3)} == {31}
    assert percent(epochs=250, part="test") == 30
    assert percent(**ADAM, activation="relu", part="test") == 69
    assert percent(**ADAM, init=4.72265, part="test") == 57


@pytest.mark.parametrize(
    ("asked", "activation", "larger", "points"),
    [
        (SCENE, "tanh", 1.46741, 1.0),
        (SCENE, "tanh", 1.59254, 4.1),
        (SCENE, "relu", 1.41421, 7.4),
        (SCENE, "gelu", 1.53353, 8.7),
        (ADAM, "tanh", 1.46741, 2.5),
        (ADAM, "tanh", 1.59254, 4.8),
        (ADAM, "relu", 1.41421, 4.1),
    ],
)
def test_what_the_small_start_gains_on_the_test_in_chapter_16(asked, activation, larger, points):
    starts = ["pytorch", larger]
    small, large = (sigmoid_runs(**asked, activation=activation, init=init) for init in starts)
    assert large["train_score"].mean() == 1
    gained = small["test_score"].mean() - large["test_score"].mean()
    assert 100 * gained == pytest.approx(points, abs=0.1)


def test_how_far_other_functions_get_from_the_small_start():
    others = ["tanh", "relu", "gelu"]
    share = {name: 100 * sigmoid_runs(activation=name)["train_score"].mean() for name in others}
    (over,) = said(16, r"Three other functions get over (\d+) %")
    less, more = said(16, r"learn up to (\d+) points less, and get up to (\d+) p")
    assert min(share.values()) > over
    assert round(100 - min(share.values())) == less
    larger = {"tanh": 1.59254, "relu": 1.41421, "gelu": 1.53353}
    gained = [
        sigmoid_runs(activation=name)["test_score"].mean()
        - sigmoid_runs(activation=name, init=larger[name])["test_score"].mean()
        for name in others
    ]
    assert round(100 * max(gained)) == more
    (nearly,) = said(16, r"With Adam, tanh and ReLU learn over ([\d.]+) % from either")
    for name in ["tanh", "relu"]:
        for init in ["pytorch", larger[name]]:
            ten = sigmoid_runs(**ADAM, activation=name, init=init)["train_score"]
            assert 100 * ten.min() > nearly


@pytest.fixture(scope="module")
def summary():
    return json.loads((RESULTS / "relu-start" / "summary.json").read_text(encoding="utf-8"))


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


def matched(table, task):
    """Test scores on one task by function, in the order of the seeds; nan where a run diverged."""
    runs = table.where(phase="test", init="gain", task=task)
    return {name: mine["test_score"] for name, mine in runs.groups("activation")}


def failed(table, name, init):
    """How many runs on *deep* fail by the protocol's rule."""
    runs = table.where(phase="test", task="deep")
    identity = runs.where(activation="identity", init="gain")
    mine = runs.where(activation=name, init=init)
    return script("relu-start", "summary").failures(mine, identity)


def test_numbers_in_the_prose_of_chapter_17(summary):
    tasks = summary["tasks"]
    regression, deep = tasks["regression"], tasks["deep"]
    assert 0.0303 < regression["high"] < 0.0304 and 0.0475 < deep["high"] < 0.0485
    assert regression["difference"] == pytest.approx(0.029, abs=5e-4)
    assert all(0 <= task["difference"] < 0.03 for task in tasks.values())
    assert 0.0275 < tasks["pictures"]["high"] < 0.028
    table = load(RESULTS / "relu-start" / "runs.csv")
    assert len(table) == 6500
    relu, mish = (np.sort(matched(table, "deep")[name]) for name in ("relu", "mish"))
    assert relu[0] == 0.5 and relu[1:].mean() == pytest.approx(mish.mean(), abs=5e-4)
    counts = {start: failed(table, "relu", start) for start in ("gain", "pytorch")}
    assert counts == {"gain": 1, "pytorch": 4}
    assert failed(table, "relu6", "gain") == 1 and failed(table, "leaky_relu", "gain") == 0
    places = []
    for task in tasks:
        mean = {name: scores.mean() for name, scores in matched(table, task).items()}
        places.append(1 + sum(score > mean["relu"] for score in mean.values()))
    assert min(places) == 11
    won = {(r["task"], r["activation"]): r for r in summary["starts"]}
    assert all(r["high"] < 0 for (task, _), r in won.items() if task == "regression")
    for task in tasks:
        for name in ("leaky_relu", "silu"):
            apart = won[task, name]["difference"] - won[task, "gelu"]["difference"]
            assert abs(apart) < 0.01
    mean = summary["ranks"]["mean"]
    assert mean["relu"] == mean["relu6"] and sum(m < mean["relu"] for m in mean.values()) == 13
    assert mean["relu"] - mean["hard_swish"] == pytest.approx(8)


def test_how_far_the_twenty_lie_apart(summary):
    table = load(RESULTS / "relu-start" / "runs.csv")
    (points,) = said(17, r"The rest, ReLU too, lie within (\d) points of the best")
    diverged, runs = said(17, r"squared ReLU fails: (\d+) of its (\d+) runs")
    last, second = {"identity"}, {"sigmoid", "hard_sigmoid"}
    furthest = 0
    for task in summary["tasks"]:
        scores = matched(table, task)
        if task == "deep":
            squared = scores.pop("squared_relu")
            assert [np.isnan(squared).sum(), len(squared)] == [diverged, runs]
            assert np.nanmax(np.abs(squared - 0.5)) < 0.01  # the others guess
        mean = {name: 100 * score.mean() for name, score in scores.items()}
        order = sorted(mean, key=mean.get)
        assert order[0] in last and mean["relu"] - mean["identity"] > 8
        apart = last | second if task in ("spirals", "deep") else last
        assert task not in ("spirals", "deep") or set(order[1:3]) == second
        furthest = max(furthest, max(mean.values()) - min(mean[n] for n in mean.keys() - apart))
    assert points - 1 < furthest < points


def test_only_the_identity_lies_apart_by_mean_place(summary):
    assert "Only the identity lies so far behind, and only behind the first five." in written(17)
    mean, apart = summary["ranks"]["mean"], summary["ranks"]["critical_difference"]
    far = {(a, b) for a in mean for b in mean if mean[b] - mean[a] > apart}
    assert far == {(name, "identity") for name in sorted(mean, key=mean.get)[:5]}


def test_a_single_race_seldom_crowns_the_best_of_thirty(summary):
    table = load(RESULTS / "relu-start" / "runs.csv")
    wins, winners = {}, {}
    for task in summary["tasks"]:
        scores = {n: s for n, s in matched(table, task).items() if not np.isnan(s).any()}
        mean = {name: s.mean() for name, s in scores.items()}
        best = [name for name in mean if mean[name] > max(mean.values()) - 1e-9]
        first = np.max(list(scores.values()), axis=0)
        wins[task] = {name: int((scores[name] == first).sum()) for name in best}
        winners[task] = sum((s == first).any() for s in scores.values())
    assert wins == {
        "signals": {"hard_swish": 8},
        "spirals": {"sin": 8, "softsign": 10},
        "regression": {"softplus": 30},
        "deep": {"silu": 10},
        "pictures": {"sin": 9},
    }
    assert max(winners.values()) == 18 and winners["regression"] == 1


def test_with_the_best_on_the_test_as_rival_the_verdict_is_no(summary):
    rules = script("relu-start", "summary")
    good = 0
    for task, result in summary["tasks"].items():
        pairs = [c for c in summary["comparisons"] if c["task"] == task and c["p"] is not None]
        best = max(pairs, key=lambda pair: pair["difference"])
        good += best["high"] < rules.MARGIN and result["failures"] <= rules.MOST_FAILURES
        if task == "signals":
            assert best["activation"] == "hard_swish"
            assert best["difference"] == pytest.approx(0.028, abs=5e-4)
            assert best["high"] == pytest.approx(0.038, abs=5e-4)
    assert rules.verdict(good) == "no"


def test_one_in_twenty_equals_looks_nearly_two_spreads_better():
    best = np.random.default_rng(0).normal(size=(100_000, 20)).max(axis=1).mean()
    assert best == pytest.approx(1.87, abs=0.02)
