"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/digits-cnn/summary.py
"""

import json
from pathlib import Path

import pandas as pd

from bends.comparisons import compare_pairs, mean_interval

HERE = Path(__file__).parent


def comparisons(scores):
    """The 37 comparisons of the protocol, from scores by arrangement, function and seed."""
    functions = list(dict.fromkeys(name for _, name in scores))
    pairs = {
        f"{norm}: {name} - relu": (scores[norm, name], scores[norm, "relu"])
        for norm in ("none", "before", "after")
        for name in functions
        if name != "relu"
    }
    for one, other in (("before", "none"), ("after", "before")):
        for name in functions:
            pairs[f"{name}: {one} - {other}"] = scores[one, name], scores[other, name]
    return compare_pairs(pairs)


def summarise(runs):
    """Test scores by arrangement and function, and the comparisons."""
    test = runs[runs["phase"] == "test"].sort_values("seed", kind="stable")
    scores = {key: part["test_score"].tolist() for key, part in
              test.groupby(["norm", "activation"], sort=False)}  # fmt: skip
    rate = test.groupby(["norm", "activation"])["rate"].first()
    cells = [
        {
            "norm": norm,
            "activation": name,
            "rate": rate[norm, name],
            "scores": part,
            "mean": sum(part) / len(part),
            "interval": mean_interval(part),
        }
        for (norm, name), part in scores.items()
    ]
    return {"cells": cells, "comparisons": comparisons(scores)}


if __name__ == "__main__":
    found = summarise(pd.read_csv(HERE / "runs.csv"))
    (HERE / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
