"""Numbers in the prose of chapter 13 that no cell prints, and in the chooser's reasons."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

RUNS = Path(__file__).resolve().parent.parent / "results" / "relu-start"


def runs(**wanted):
    table = pd.read_csv(RUNS / "runs.csv")
    for column, value in {"init": "gain", **wanted}.items():
        table = table[table[column] == value]
    return table


def test_on_spirals_seventeen_of_twenty_functions_lie_within_half_a_point():
    means = runs(phase="test", task="spirals").groupby("activation").test_score.mean()
    assert len(means) == 20
    assert np.ptp(means.drop(["identity", "sigmoid", "hard_sigmoid"])) < 0.005


def test_the_best_rate_of_relu_on_every_task():
    assert set(runs(phase="test", activation="relu").rate) == {0.003, 0.01}


def test_depths_and_the_lead_of_softplus():
    assert set(runs().depth) == {2, 12}
    best = runs(phase="test").groupby(["task", "activation"]).test_score.mean().unstack()
    leads = best.idxmax(axis=1)
    assert [task for task, name in leads.items() if name == "softplus"] == ["regression"]
    regression = json.loads((RUNS / "summary.json").read_text())["tasks"]["regression"]
    assert round(100 * regression["difference"], 1) == 2.9


def test_what_the_chooser_says_of_silu_and_leaky_relu():
    deep = runs(phase="test", task="deep").groupby("activation").test_score
    mean, error = deep.mean(), deep.sem()
    assert set(deep.size()) == {30} and mean.idxmax() == "silu"
    lead = mean["silu"] - mean["leaky_relu"]
    assert round(100 * lead, 1) == 0.3
    assert 3.5 < lead / np.hypot(error["silu"], error["leaky_relu"]) < 4
    assert set(runs(phase="test", task="deep", activation="silu").rate) == {0.001}
    smooth = runs(phase="test", task="regression").groupby("activation").test_score.mean()
    assert round(100 * (smooth["silu"] - smooth["relu"]), 1) == 1.9


def test_relu_had_another_rival_on_each_task_and_lost_0_to_3_points():
    tasks = json.loads((RUNS / "summary.json").read_text())["tasks"].values()
    assert len({task["rival"] for task in tasks}) == len(tasks) == 5
    assert all(0 <= task["difference"] < 0.03 for task in tasks)


def test_how_many_runs_show_a_failure_of_one_in_thirty():
    assert [round((29 / 30) ** n, 3) for n in (88, 89)] == [0.051, 0.049]


def test_one_deep_run_of_relu_in_thirty_guesses_and_none_of_its_rivals_does():
    worst = runs(phase="test", task="deep").groupby("activation").test_score.min()
    assert worst["relu"] == 0.5 and worst[["leaky_relu", "elu", "gelu", "silu"]].min() > 0.95
    relu = runs(phase="test", task="deep", activation="relu").test_score
    assert len(relu) == 30 and (relu < 0.6).sum() == 1
