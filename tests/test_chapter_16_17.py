"""The stored runs behind chapters 16 and 17 are those of their commands; so are the statistics."""

import json
import re

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


def percent(part="train", **settings):
    return 100 * sigmoid_runs(**settings)[f"{part}_score"].mean()


def test_numbers_in_the_prose_of_chapter_16():
    best, others, *two = said(16, r"of the ten reached (\d+) %; (\w+) sit at (\d+) or (\d+) %\.")
    scene = np.sort(100 * sigmoid_runs()["train_score"]).round()
    assert scene[-1] == best and set(scene[:-1]) == set(two) and len(scene[:-1]) == others
    larger = 4.72265
    (scale,) = said(16, r"PyTorch's is ([\d.]+): with 100 inputs")
    assert scale.rounds(SIGMOID.PYTORCH_SCALE) and scale.rounds(3**-0.5)
    assert round(percent(init=SIGMOID.PYTORCH_SCALE)) in two  # "still guesses"
    (rise,), (wrong,) = (
        said(16, r"goes from guessing to (\d+) %"),
        said(16, r"But (\d+) % are still"),
    )
    assert rise.rounds(percent(init=larger)) and wrong == 100 - rise
    start, fast, adam = said(16, r"momentum from (\d+) % to (\d+) %, Adam to (\d+) %")
    alone = said(16, r"a larger rate alone leads to (\d+) %, Adam alone to (\d+) %")
    weights = said(16, r"larger weights alone lead from (\d+) % to (\d+) %")
    rescued = said(
        16, r"sigmoid gets (\d+) % of the test right, and ReLU .* initialisation (\d+) %"
    )
    both = said(16, r"goes from (\d+) % to (\d+) % of its training examples")
    relu = said(
        16,
        r"initialisation A: (\d+) % right in training, (\d+) % on the test\. "
        r"With B: (\d+) % and (\d+) %",
    )
    found = [
        percent(), percent(rate=0.3), percent(**ADAM),
        percent(rate=0.3), percent(**ADAM),
        percent(), percent(init=larger),
        percent("test", **ADAM, init=larger), percent("test", **ADAM, activation="relu"),
        percent(), percent(**ADAM, init=larger),
        *(percent(part, activation="relu", init=init)
          for init in (1.41421, "pytorch") for part in ("train", "test")),
    ]  # fmt: skip
    for number, value in zip(
        [start, fast, adam, *alone, *weights, *rescued, *both, *relu], found, strict=True
    ):
        assert number.rounds(value)
    (rate,) = said(
        16, r"all ten runs with a rate of ([\d.]+) get every example right, and so do all"
    )
    for asked in [ADAM, {"rate": rate}]:
        assert sigmoid_runs(**asked, init=larger)["train_score"].min() == 1
    (third,) = said(16, r"most then get about (\d+) % of the test right")
    for fewer in ({"depth": 2}, {"depth": 3}, {"epochs": 250}):
        assert abs(percent(**fewer, part="test") - third) < 1.2


def test_how_much_of_the_gradient_arrives():
    (path,) = (ROOT / "chapters").glob("16-*.ipynb")
    shown = re.search(r"layer 1 \| ([\d.]+) \| [\d.]+ \| ([\d.]+) \|", path.read_text("utf8"))
    small, large = map(float, shown.groups())
    assert "about an eight-thousandth of the gradient reaches layer 1" in written(16)
    parts, times = said(16, r"With scale 4\.72 it is a (\w+)th, almost (\d+) times as much")
    assert 1 / small == pytest.approx(8000, rel=0.06) and parts.rounds(1 / large)
    assert times - 20 < large / small < times


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
    lead, end = said(17, r"Softplus leads by ([\d.]+) points, and its interval ends at ([\d.]+)\.")
    assert lead.rounds(100 * regression["difference"]) and end.rounds(100 * regression["high"])
    (missed,) = said(17, r"misses the line by (\w+) hundredths of a point")
    assert missed.rounds(100 * (end - 3))
    (high,) = said(17, r"stretches the interval up to ([\d.]+) points")
    again, behind = said(
        17, r"reaches ([\d.]+) points although its mean is only ([\d.]+) points behind"
    )
    assert high == again and high.rounds(100 * deep["high"])
    assert behind.rounds(100 * deep["difference"])
    low, most = said(17, r"it loses (\d) to (\d) points of a hundred on average")
    lost = [100 * task["difference"] for task in tasks.values()]
    assert low.rounds(min(lost)) and most.rounds(max(lost))
    (pictures,) = said(17, r"The interval for \*pictures\* ends at ([\d.]+) points")
    (needed,) = said(17, r"points_needed = ([\d.]+)")
    assert pictures.rounds(100 * tasks["pictures"]["high"]) and needed - 0.1 < pictures < needed
    table = load(RESULTS / "relu-start" / "runs.csv")
    assert said(17, r"verifies it with (\d+) small networks") == [len(table)]
    relu, mish = (np.sort(matched(table, "deep")[name]) for name in ("relu", "mish"))
    runs, good, guess = said(
        17, r"Of ReLU's (\d+) runs, (\d+) are as good .* ends at ([\d.]+), which"
    )
    assert len(relu) == runs == good + 1 and relu[0] == guess
    assert relu[1:].mean() == pytest.approx(mish.mean(), abs=5e-4)
    counts = said(
        17, r"failed runs: (\w+) of 30 from PyTorch's initialisation, (\w+) of 30 from the"
    )
    assert counts == [failed(table, "relu", start) for start in ("pytorch", "gain")]
    assert failed(table, "leaky_relu", "gain") == 0  # "had no failed run on *deep*"
    places = []
    for task in tasks:
        mean = {name: scores.mean() for name, scores in matched(table, task).items()}
        places.append(1 + sum(score > mean["relu"] for score in mean.values()))
    assert said(17, r"ReLU's best place on any task is (\d+)\.") == [min(places)]
    won = {(r["task"], r["activation"]): r for r in summary["starts"]}
    assert all(r["high"] < 0 for (task, _), r in won.items() if task == "regression")
    for task in tasks:
        for name in ("leaky_relu", "silu"):
            apart = won[task, name]["difference"] - won[task, "gelu"]["difference"]
            assert abs(apart) < 0.01  # "within a point of GELU"
    gained, failures = said(17, r"sigmoid wins (\d+) points .* ReLU's (\d) come from failed runs")
    assert gained.rounds(100 * won["deep", "sigmoid"]["difference"])
    assert failures.rounds(100 * won["deep", "relu"]["difference"])


def test_places(summary):
    mean, apart = summary["ranks"]["mean"], summary["ranks"]["critical_difference"]
    place, of = said(17, r"By mean place ReLU is number (\d+) of (\d+)\.")
    assert len(mean) == of and place == 1 + sum(m < mean["relu"] for m in mean.values())
    assert said(17, r"ReLU's place, (\d+), is level with ReLU6's") == [place]
    assert said(17, r"It is number (\d+) of (\d+) by mean place") == [place, of]
    assert mean["relu"] == mean["relu6"]
    told, ahead = said(
        17, r"must lie ([\d.]+) places apart .*, and hard swish, the best, is (\d) ahead"
    )
    again = said(17, r"must lie ([\d.]+) places apart before you may believe that they differ")
    assert told.rounds(apart) and again == [told]
    assert said(17, r"Hard swish is (\d) places ahead of ReLU") == [ahead]
    assert ahead.rounds(mean["relu"] - mean["hard_swish"])


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
    most = {task: max(found.values()) for task, found in wins.items()}
    tasks, of, limit, runs = said(
        17,
        r"On (\w+) of the (\w+) tasks the best function wins at most (\d+) of (\d+) single races",
    )
    assert sorted(most.values())[-2:] == [limit, runs] and most["regression"] == runs
    assert len(most) == of == tasks + 1 and winners["regression"] == 1
    assert len(wins["spirals"]) == 2 and "On *spirals* two are best, with equal means." in written(
        17
    )


def test_with_the_best_on_the_test_as_rival_the_verdict_is_no(summary):
    rules = script("relu-start", "summary")
    good = 0
    for task, result in summary["tasks"].items():
        pairs = [c for c in summary["comparisons"] if c["task"] == task and c["p"] is not None]
        best = max(pairs, key=lambda pair: pair["difference"])
        good += best["high"] < rules.MARGIN and result["failures"] <= rules.MOST_FAILURES
        if task == "signals":
            assert best["activation"] == "hard_swish"
            lead, end = said(
                17, r"hard swish leads by ([\d.]+) points, and its interval ends at ([\d.]+)\."
            )
            assert lead.rounds(100 * best["difference"]) and end.rounds(100 * best["high"])
    assert rules.verdict(good) == "no"


def test_one_in_twenty_equals_looks_nearly_two_spreads_better():
    (told,) = said(17, r"For twenty it is about ([\d.]+): the winner of twenty equals")
    assert told.rounds(np.random.default_rng(0).normal(size=(100_000, 20)).max(axis=1).mean())
