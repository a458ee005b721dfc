"""Numbers in the prose of chapter 13 that no cell prints, and in the chooser's reasons."""

import json

import numpy as np
import pytest
from conftest import ROOT
from prose import said, written

from bends.runs import load

FOLDER = ROOT / "results" / "relu-start"
RULES = "src/bends/choose/rules.json"
TASKS = json.loads((FOLDER / "summary.json").read_text(encoding="utf8"))["tasks"]


@pytest.fixture(scope="module")
def table():
    return load(FOLDER / "runs.csv").where(init="gain")


def scores(table, task):
    """The test scores of each function on a task."""
    runs = table.where(phase="test", task=task)
    return {name: mine["test_score"] for name, mine in runs.groups("activation")}


def test_on_spirals_most_functions_lie_within_half_a_point(table):
    close, of = said(
        13, r"on \*spirals\*, (\w+) of chapter 17's (\w+) functions lie within half a point"
    )
    mean = sorted(np.mean(score) for score in scores(table, "spirals").values())
    assert len(mean) == of and mean[-1] - mean[-int(close)] < 0.005
    assert mean[-1] - mean[-int(close) - 1] > 0.005


def test_the_best_rates(table):
    low, high = said(13, r"ReLU's best of four rates was ([\d.]+) or ([\d.]+) on every task")
    start, adam = said(
        13, r"\*\*Learning rates\.\*\* ([\d.]+) is from chapter 17, .* ([\d.]+) is Adam's"
    )
    assert set(table.where(phase="test", activation="relu")["rate"]) == {low, high} and start == low
    assert len(set(table.where(activation="relu")["rate"])) == 4
    silu = table.where(phase="test", task="deep", activation="silu")
    assert set(silu["rate"]) == {adam}
    assert "SiLU's rate in the network of twelve layers" in written(13)


def test_depths_and_the_lead_of_softplus(table):
    depths = said(13, r"chapter 17 has networks with (\w+) hidden layers and with (\w+);")
    assert set(table["depth"]) == set(depths)
    best = {
        task: max(found, key=lambda name: np.nan_to_num(found[name]).mean())
        for task in TASKS
        for found in [scores(table, task)]
    }
    assert [task for task, name in best.items() if name == "softplus"] == ["regression"]
    (lead,) = said(13, r"Softplus leads ReLU by (\w+) percentage points")
    assert said(13, r"\| (\d) percentage points ahead of ReLU on the one smooth task") == [lead]
    (others,) = said(13, r"on the other (\w+) softplus leads nowhere")
    assert others == len(TASKS) - 1 and lead.rounds(100 * TASKS["regression"]["difference"])


def test_what_the_chooser_says_of_silu_and_leaky_relu(table):
    deep = scores(table, "deep")
    lead = deep["silu"].mean() - deep["leaky_relu"].mean()
    (points,) = said(13, r"SiLU scores ([\d.]+) percentage points more, and")
    again, failed, runs = (
        *said(RULES, r"SiLU was ([\d.]+) percentage points ahead of it there"),
        *said(RULES, r"with ReLU (\w+) of (\d+) did not"),
    )
    assert points == again and points.rounds(100 * lead)
    error = np.sqrt(sum(deep[name].var(ddof=1) / 30 for name in ("silu", "leaky_relu")))
    assert lead / error > 2  # "30 runs each can tell the two apart"
    assert len(deep["relu"]) == runs and (deep["relu"] < 0.6).sum() == failed
    assert (deep["leaky_relu"] > 0.9).all()


def test_relu_had_another_rival_on_each_task(table):
    low, high = said(13, r"it lost (\d) to (\d) percentage points, so it is neither")
    others, tasks, least, most = said(
        RULES,
        r"against (\d+) other functions on (\w+) small tasks\. "
        r"The best rival was ahead by (\d) to (\d)",
    )
    assert [low, high] == [least, most] and len(TASKS) == tasks
    assert len(scores(table, "signals")) == others + 1
    lost = [100 * task["difference"] for task in TASKS.values()]
    assert low.rounds(min(lost)) and high.rounds(max(lost))
    assert len({task["rival"] for task in TASKS.values()}) == tasks


def test_how_many_runs_show_a_failure_of_one_in_thirty():
    few, chance, enough, less = said(
        13, r"\(29/30\)([⁰-⁹]+) = ([\d.]+) and \(29/30\)([⁰-⁹]+) = ([\d.]+)\."
    )
    assert chance.rounds((29 / 30) ** few) and less.rounds((29 / 30) ** enough)
    assert less < 0.05 < chance and enough == few + 1


def test_one_deep_run_of_relu_guesses_and_none_of_its_rivals_does(table):
    runs, guess = said(13, r"ReLU has one run in (\w+) that learnt nothing: ([\d.]+) is guessing")
    deep = scores(table, "deep")
    assert len(deep["relu"]) == runs and deep["relu"].min() == guess
    assert (deep["relu"] < guess + 0.1).sum() == 1
    assert all(deep[name].min() > 0.95 for name in ("leaky_relu", "elu", "gelu", "silu"))


def test_what_a_question_says_of_chapter_14():
    found = json.loads((ROOT / "results/digits-cnn/summary.json").read_text(encoding="utf8"))
    pairs = {name: 100 * pair["difference"] for name, pair in found["comparisons"].items()}
    normalised, ahead = said(
        13, r"it gave ReLU ([\d.]+) points; SiLU was ([\d.]+) ahead without it"
    )
    assert normalised.rounds(pairs["relu: before - none"]) and ahead.rounds(
        pairs["none: silu - relu"]
    )
