"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/relu-start/summary.py
"""

import json
from pathlib import Path

import numpy as np

from bends.comparisons import friedman, holm, nemenyi, welch
from bends.runs import load

HERE = Path(__file__).parent
MARGIN = 0.03
MOST_FAILURES = 1


def difference(a, b):
    """Difference of two means, its 95 % interval and its p value, by Welch's t test.

    Where a run diverged there is no mean, and all are None.
    """
    if np.isnan(a).any() or np.isnan(b).any():
        return dict.fromkeys(["difference", "low", "high", "p"])
    mean, low, high, p = welch(a, b)
    return {"difference": mean, "low": low, "high": high, "p": p}


def failures(runs, identity):
    """How many runs are not finite, or learn less than the mean network without bends."""
    return int((~(runs["train_score"] >= identity["train_score"].mean())).sum())


def best_of(tuning):
    """The function other than ReLU with the best mean validation score at its own best rate."""
    best = {}
    for (name, _), runs in tuning.groups("activation", "rate"):
        scores = runs["validation_score"]
        if not np.isnan(scores).all():  # a run that diverged has no part in the mean
            best[name] = max(np.nanmean(scores), best.get(name, -np.inf))
    del best["relu"]
    return max(best, key=best.get)


def task_summary(tuning, test):
    """The rival, and ReLU against it, on the rows of one task."""
    rival = best_of(tuning)
    runs = dict(test.groups("activation"))
    gap = difference(runs[rival]["test_score"], runs["relu"]["test_score"])
    failed = failures(runs["relu"], runs["identity"])
    good = gap["high"] < MARGIN and failed <= MOST_FAILURES
    return {"rival": rival, **gap, "failures": failed, "good_enough": good}


def verdict(good):
    """The protocol's word for so many tasks of five on which ReLU is good enough."""
    return "yes" if good >= 4 else "no" if good <= 2 else "it depends"


def comparisons(test):
    """ReLU against each other function on each task: Welch's test, corrected by Holm's method.

    A test that is impossible, because runs diverged, counts in the correction as one that found
    nothing.
    """
    rows = []
    for task, part in test.groups("task"):
        scores = {name: runs["test_score"] for name, runs in part.groups("activation")}
        rows += [
            {"task": task, "activation": name, **difference(scores[name], scores["relu"])}
            for name in scores
            if name != "relu"
        ]
    corrected = holm([1.0 if row["p"] is None else row["p"] for row in rows])
    return [row | {"p_holm": float(p)} for row, p in zip(rows, corrected, strict=True)]


def starts(matched, pytorch):
    """The matched start against PyTorch's, for each function and task that has both."""
    other = {key: runs["test_score"] for key, runs in matched.groups("task", "activation")}
    return [
        {"task": task, "activation": name, **difference(other[task, name], runs["test_score"])}
        for (task, name), runs in pytorch.groups("task", "activation")
    ]


def ranks(test):
    """Mean ranks over the tasks, the best first, with Friedman's and Nemenyi's tests.

    Means are rounded: equal ones may differ in the last bit, and must share their rank.
    """
    names = [name for name, _ in test.groups("activation")]
    scores = [
        [round(part.where(activation=name)["test_score"].mean(), 9) for name in names]
        for _, part in test.groups("task")
    ]
    found = friedman(scores)
    order = np.argsort(found.mean, kind="stable")
    return {
        "mean": {names[i]: float(found.mean[i]) for i in order},
        "friedman_p": found.p,
        "critical_difference": nemenyi(len(names), len(scores)),
    }


def summarise(table):
    """Everything that the protocol asks for, from the whole table."""
    matched = table.where(init="gain")
    test = matched.where(phase="test")
    tasks = {
        task: task_summary(matched.where(phase="tuning", task=task), part)
        for task, part in test.groups("task")
    }
    return {
        "tasks": tasks,
        "verdict": verdict(sum(task["good_enough"] for task in tasks.values())),
        "ranks": ranks(test),
        "comparisons": comparisons(test),
        "starts": starts(test, table.where(init="pytorch", phase="test")),
    }


if __name__ == "__main__":
    summary = summarise(load(HERE / "runs.csv"))
    text = json.dumps(summary, indent=1)
    (HERE / "summary.json").write_text(text + "\n", encoding="utf-8")
    print(f"ReLU, a good place to start? {summary['verdict']}")
