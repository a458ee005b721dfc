"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/digits-cnn/summary.py
"""

import json
from pathlib import Path

from bends.comparisons import compare_pairs, mean_interval
from bends.runs import load

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
    cells = dict(runs.where(phase="test").groups("norm", "activation"))
    scores = {key: part["test_score"] for key, part in cells.items()}
    described = [
        {
            "norm": norm,
            "activation": name,
            "rate": float(part["rate"][0]),
            "scores": part["test_score"].tolist(),
            "mean": float(part["test_score"].mean()),
            "interval": mean_interval(part["test_score"]),
        }
        for (norm, name), part in cells.items()
    ]
    return {"cells": described, "comparisons": comparisons(scores)}


if __name__ == "__main__":
    found = summarise(load(HERE / "runs.csv"))
    (HERE / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
