"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/decoder/summary.py
"""

import json
from pathlib import Path

import pandas as pd

from bends.comparisons import compare_pairs, mean_interval

HERE = Path(__file__).parent
COMPARED = [
    *[(name, "relu") for name in
      ("gelu", "silu", "squared_relu", "reglu", "geglu", "swiglu", "bilinear")],
    ("geglu", "gelu"),
    ("swiglu", "silu"),
    ("bilinear", "swiglu"),
    ("swiglu", "squared_relu"),
]  # fmt: skip


def summarise(runs):
    """Losses by function, the comparisons of the protocol, and what a wrong rate costs."""
    test = runs[runs["phase"] == "test"]
    tuning = runs[runs["phase"] == "tuning"]
    losses = test.pivot(index="seed", columns="activation", values="test_loss")
    swapped = test.groupby("activation")["swapped_loss"].mean().dropna()
    rate = test.groupby("activation")["rate"].first()
    by_rate = tuning.groupby(["activation", "rate"])["validation_loss"].mean()
    pairs = {f"{one} - {other}": (losses[one], losses[other]) for one, other in COMPARED}
    best = rate["relu"]
    return {
        "functions": {
            name: {
                "rate": rate[name],
                "losses": losses[name].tolist(),
                "mean": losses[name].mean(),
                "interval": mean_interval(losses[name]),
                "swapped": swapped.get(name),
            }
            for name in dict.fromkeys(test["activation"])
        },
        "comparisons": compare_pairs(pairs),
        "relu_at_other_rates": {
            f"{rate:g}": loss - by_rate["relu"][best] for rate, loss in by_rate["relu"].items()
        },
    }


if __name__ == "__main__":
    found = summarise(pd.read_csv(HERE / "runs.csv"))
    (HERE / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
