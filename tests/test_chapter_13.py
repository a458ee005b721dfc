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
