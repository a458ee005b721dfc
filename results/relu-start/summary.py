"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/relu-start/summary.py
"""

import json
from pathlib import Path

from scipy import stats
from statsmodels.stats.multitest import multipletests

from bends.comparisons import ranks
from bends.runs import load

HERE = Path(__file__).parent
MARGIN = 0.03
MOST_FAILURES = 1


def welch(a, b):
    """Difference of two means, its 95 % interval and its p-value, without equal variances.

    Where a run diverged there is no mean, and all are None.
    """
    if a.isna().any() or b.isna().any():
        return dict.fromkeys(["difference", "low", "high", "p"])
    result = stats.ttest_ind(a, b, equal_var=False)
    low, high = result.confidence_interval(0.95)
    return {
        "difference": float(a.mean() - b.mean()),
        "low": float(low),
        "high": float(high),
        "p": float(result.pvalue),
    }


def failures(runs, identity):
    """How many runs are not finite, or learn less than the mean network without bends."""
    return int((~(runs["train_score"] >= identity["train_score"].mean())).sum())


def task_summary(tuning, test):
    """The rival, and ReLU against it, on the rows of one task."""
    validation = tuning.groupby(["activation", "rate"])["validation_score"].mean()
    best = validation.groupby("activation").max()
    rival = best.drop("relu").idxmax()
    runs = dict(tuple(test.groupby("activation")))
    gap = welch(runs[rival]["test_score"], runs["relu"]["test_score"])
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
    for task, part in test.groupby("task", sort=False):
        runs = dict(tuple(part.groupby("activation", sort=False)["test_score"]))
        rows += [
            {"task": task, "activation": name, **welch(scores, runs["relu"])}
            for name, scores in runs.items()
            if name != "relu"
        ]
    tried = [1.0 if row["p"] is None else row["p"] for row in rows]
    corrected = multipletests(tried, method="holm")[1]
    return [row | {"p_holm": float(p)} for row, p in zip(rows, corrected, strict=True)]


def starts(matched, pytorch):
    """The matched start against PyTorch's, for each function and task that has both."""
    by = ["task", "activation"]
    other = dict(tuple(matched.groupby(by)["test_score"]))
    return [
        {"task": task, "activation": name, **welch(other[task, name], scores)}
        for (task, name), scores in pytorch.groupby(by, sort=False)["test_score"]
    ]


def summarise(table):
    """Everything that the protocol asks for, from the whole table."""
    matched = table[table["init"] == "gain"]
    tuning, test = (matched[matched["phase"] == phase] for phase in ("tuning", "test"))
    tasks = {
        task: task_summary(tuning[tuning["task"] == task], part)
        for task, part in test.groupby("task", sort=False)
    }
    rank = ranks(test)
    framework = table[(table["init"] == "pytorch") & (table["phase"] == "test")]
    return {
        "tasks": tasks,
        "verdict": verdict(sum(task["good_enough"] for task in tasks.values())),
        "ranks": {
            "mean": rank.mean.to_dict(),
            "friedman_p": rank.p,
            "critical_difference": rank.critical_difference,
        },
        "comparisons": comparisons(test),
        "starts": starts(test, framework),
    }


if __name__ == "__main__":
    summary = summarise(load(HERE / "runs.csv"))
    text = json.dumps(summary, indent=1)
    (HERE / "summary.json").write_text(text + "\n", encoding="utf-8")
    print(f"ReLU, a good place to start? {summary['verdict']}")
