"""How right the frameworks are: their answers to the test vectors, function by function.

    PYTHONPATH=src python results/vectors/run.py

Run it where PyTorch, JAX, Keras and ONNX Runtime are: benchmarks/requirements.txt has them. Writes
errors.csv, one row for the values or the slopes of a function in one type: the worst error in units
in the last place (`relative`) with its x, what was given and what is right, the worst error in
units no smaller than that of 1 (`absolute`) with its x, and the special cases that are wrong, each
with its first x. The last digits belong to the kind of processor that is named.
"""

import csv
import platform
from pathlib import Path

from bends.vectors import VERSION, Verdict, check
from bends.vectors.asking import functions_of, versions

HERE = Path(__file__).parent
PACKAGES = ("torch", "jax", "keras", "onnxruntime")
COLUMNS = ["package", "version", "function", "type", "what", "relative", "x", "given", "right"]
COLUMNS += ["absolute", "absolute_x", "special", "vectors", "machine"]


def rows():
    for package in PACKAGES:
        version = versions(package)
        for name, ask in functions_of(package).items():
            for answer in check(name, ask):
                yield [package, version, *row(name, answer), VERSION, platform.machine()]


def row(name, answer):
    """The columns from `function` to `special`; a type that is not taken has no numbers."""
    if not isinstance(answer, Verdict):
        number_type, _ = answer
        return [name, number_type, "", "", "", "", "", "", "", "not taken"]
    miss = answer.relative
    where = [float(y).hex() for y in (miss.x, miss.given, miss.right)] if miss.units else [""] * 3
    special = "; ".join(f"{case} at {float(x).hex()}" for case, x in answer.special.items())
    units = f"{miss.units:.3g}"
    felt = answer.absolute
    felt = [f"{felt.units:.3g}", float(felt.x).hex() if felt.units else ""]
    return [name, answer.type, answer.what, units, *where, *felt, special]


if __name__ == "__main__":
    found = list(rows())
    with open(HERE / "errors.csv", "w", encoding="utf8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *found])
    print(f"wrote {len(found)} rows")
