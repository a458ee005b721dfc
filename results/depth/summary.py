"""What the runs say, by PROTOCOL.md's rules: reads runs.csv, writes summary.json.

python results/depth/summary.py
"""

import csv
import json
from pathlib import Path

import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests

HERE = Path(__file__).parent
CHANCE = {"mnist1d": 0.10, "spirals": 0.50}
PAIRS = [("silu", "relu"), ("tanh", "relu")]
DEPTHS = [10, 50]


def scores(path):
    """The test scores of each field, in the order of the seeds; a diverged run is at chance."""
    table = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["phase"] == "test":
                key = row["around"], row["init"], int(row["depth"]), row["task"], row["activation"]
                score = float(row["test_score"])
                table.setdefault(key, []).append(CHANCE[row["task"]] if np.isnan(score) else score)
    return table


def compare(table):
    """The pairs named beforehand, at the own gain: paired differences in points, and Holm's p."""
    rows = []
    for around in dict.fromkeys(key[0] for key in table):
        for depth in DEPTHS:
            for task in CHANCE:
                for a, b in PAIRS:
                    first, second = (table[around, "gain", depth, task, f] for f in (a, b))
                    gap = 100 * np.subtract(first, second)
                    half = stats.sem(gap) * stats.t.ppf(0.975, len(gap) - 1)
                    rows.append(
                        {
                            "pair": f"{a} less {b}",
                            "around": around,
                            "depth": depth,
                            "task": task,
                            "difference": round(float(gap.mean()), 2),
                            "low": round(float(gap.mean() - half), 2),
                            "high": round(float(gap.mean() + half), 2),
                            "p": float(stats.ttest_1samp(gap, 0).pvalue) if gap.any() else 1.0,
                        }
                    )
    holm = multipletests([row["p"] for row in rows], method="holm")[1]
    for row, p in zip(rows, holm, strict=True):
        row["p_holm"] = float(f"{p:.3g}")
        row["p"] = float(f"{row['p']:.3g}")
    return rows


if __name__ == "__main__":
    summary = {"comparisons": compare(scores(HERE / "runs.csv"))}
    text = json.dumps(summary, indent=1) + "\n"
    (HERE / "summary.json").write_text(text, encoding="utf-8")
