"""Make the test vectors: ``PYTHONPATH=src python benchmarks/make_vectors.py``.

Writes a file for each function of one number into ``src/bends/vectors/files/``; `bends.vectors`
says how to read it. Exact numbers come from `bends.exact` with 400 binary digits, and are rounded
once. At ±inf the file has the limits that the catalogue states.
"""

import math
from itertools import chain

from bends import ACTIVATIONS
from bends.exact import mp, mpf, value_and_slope
from bends.vectors import FOLDER, TYPES, VERSION

STEP = mpf(2) ** -300  # how far beside a kink its two slopes are taken
SPREAD = [math.fmod(k * 0.6180339887498949, 1) * 20 - 10 for k in range(1, 25)]  # evenly irregular
WHOLE = range(-12, 13)
SWITCHES = (15, 20, 30, 50)  # where code is known to change from one formula to another


def rounded(y, number_type):
    """The number of the type that is nearest to y; of two, the one with an even last digit."""
    y = mpf(y)
    if not mp.isfinite(y) or y == 0:
        return float(y)
    unit = max(mp.frexp(y)[1] - number_type.digits, number_type.lowest)
    count = int(mp.nint(mp.ldexp(y, -unit)))
    if abs(mp.ldexp(count, unit)) > number_type.largest:
        return math.copysign(math.inf, y)
    return math.copysign(float(mp.ldexp(count, unit)), y)


def neighbours(x, number_type):
    """x as the type has it, and the numbers beside it."""
    x = rounded(x, number_type)
    unit = number_type.unit(x)
    return [x - unit / 2, x - unit, x, x + unit / 2, x + unit]


def inputs(f, number_type):
    """Numbers of the type: everyday ones, and every place of interest, each with both signs."""
    smallest, normal = math.ldexp(1, number_type.lowest), number_type.smallest_normal
    digit = math.ldexp(1.0, -number_type.digits)
    sizes = [smallest, 3 * smallest, normal - smallest, normal, number_type.largest]
    sizes += [digit / 2, digit, 3 * digit, math.sqrt(digit), 1e-3, 0.01, 0.1, 0.3, 0.7]
    sizes += [*SWITCHES, 100, 1000, number_type.largest / 3]
    # By mpmath: the last digit of math.log is not the same everywhere.
    ends = [abs(float(mp.log(y))) for y in (smallest, normal, number_type.largest, digit)]
    ends += [math.sqrt(2 * end) for end in ends[:2]]  # where the bell curve ends
    sizes += [end * nearly for end in ends for nearly in (0.98, 1, 1.02)]
    marks = chain.from_iterable(neighbours(x, number_type) for x in f.joints + f.turning_points)
    found = {
        rounded(x, number_type) for x in [*WHOLE, *SPREAD, *marks, *sizes, *(-x for x in sizes)]
    }
    found = sorted(x for x in found if math.isfinite(x) and x != 0)
    return [-math.inf, *found, math.inf, -0.0, 0.0, math.nan]


def written(y):
    """A number as a hexadecimal float, without the zeros at its end."""
    if not math.isfinite(y):
        return str(y)
    head, power = y.hex().split("p")
    return f"{head.rstrip('0').rstrip('.') if '.' in head else head}p{power}"


def cell(exact, number_type):
    """A value or a slope. A zero stands without a sign: either will do."""
    y = rounded(exact, number_type)
    return written(y) if y else "0"


def line(f, x, number_type):
    """`x value slope`, and at a kink the other slope."""
    if math.isnan(x):
        return "nan nan nan"
    if math.isinf(x):
        return " ".join([written(x), *(cell(y(x), number_type) for y in (f, f.derivative))])
    value, slope = value_and_slope(f, x)
    kinks = [k for k in f.kinks if abs(x - k) <= 2 * number_type.unit(k) * (k != 0)]
    near = kinks[0] if kinks else x
    sides = [value_and_slope(f, mpf(near) + side * STEP) for side in (-1, 1)]
    cells = [written(x), cell(value, number_type)]
    if x == 0 and value == 0:
        beside = sides[x.hex()[0] != "-"][0]  # beside 0, on the side that the sign names
        if 0 < abs(beside) < mpf(2) ** -200:  # the function goes through 0, and so keeps the sign
            cells[1] = written(math.copysign(0.0, beside))
    slopes = sorted(side[1] for side in sides) if kinks else [slope]
    return " ".join(cells + list(dict.fromkeys(cell(y, number_type) for y in slopes)))


def text(f):
    """The whole file of a function."""
    parameters = " ".join(f"{key}={written(y)}" for key, y in f.parameters.items())
    turns = " ".join(written(t) for t in f.turning_points)
    head = [
        f"Bends test vectors, version: {VERSION}",
        f"function: {f.name}",
        f"formula, as TeX: {f.formula}",
        f"parameters: {parameters or 'none'}",
        f"turning points: {turns or 'none'}",
        "columns: type x value slope (highest slope, at a kink)",
        "SPDX-FileCopyrightText: 2026 the Bends authors",
        "SPDX-License-Identifier: BSD-3-Clause",
    ]
    lines = [f"# {said}" for said in head]
    for name, number_type in TYPES.items():
        lines += [f"{name} {line(f, x, number_type)}" for x in inputs(f, number_type)]
    return "\n".join(lines) + "\n"


def main():
    FOLDER.mkdir(exist_ok=True)
    for f in ACTIVATIONS.values():
        (FOLDER / f"{f.name}.txt").write_text(text(f), encoding="utf8")
    print(f"wrote {len(ACTIVATIONS)} files into {FOLDER}")


if __name__ == "__main__":
    main()
