"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/decoder/summary.py
"""

import json
from pathlib import Path

from bends.comparisons import compare_pairs, mean_interval
from bends.runs import load

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
    test = dict(runs.where(phase="test").groups("activation"))
    losses = {name: part["test_loss"] for name, part in test.items()}
    best = test["relu"]["rate"][0]
    tuning = runs.where(phase="tuning", activation="relu")
    by_rate = {rate: part["validation_loss"].mean() for rate, part in tuning.groups("rate")}
    return {
        "functions": {
            name: {
                "rate": float(part["rate"][0]),
                "losses": losses[name].tolist(),
                "mean": float(losses[name].mean()),
                "interval": mean_interval(losses[name]),
                "swapped": float(part["swapped_loss"].mean())
                if any(part.text["swapped_loss"])
                else None,
            }
            for name, part in test.items()
        },
        "comparisons": compare_pairs(
            {f"{one} - {other}": (losses[one], losses[other]) for one, other in COMPARED}
        ),
        "other_rates": {
            f"{rate:g}": float(loss - by_rate[best]) for rate, loss in sorted(by_rate.items())
        },
    }


if __name__ == "__main__":
    found = summarise(load(HERE / "runs.csv"))
    (HERE / "summary.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
