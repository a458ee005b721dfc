"""Test vectors for implementers: inputs with correctly rounded values and slopes, and how to judge.

For each function of one number there is a file in ``files/``. A line that starts with ``#`` says
something about the file. Each other line is ``type x value slope`` in hexadecimal floats, which
lose no digit; value and slope are the exact numbers, rounded once to the type. Four rules:

- At a kink, and right beside one that is not 0, where a sum rounds to the kink, a fifth entry
  stands: any slope from the fourth to it is right.
- A zero written ``0`` may have either sign; ``0x0p+0`` and ``-0x0p+0`` have theirs.
- Where x is nan, the value is nan, and the slope is not judged.
- Within 0.1 of a turning point, where the slope is nearly 0, the unit of its error is that of 1.

The files are committed: so the checker needs NumPy alone, and two people who speak of version 1
speak of the same bytes. ``benchmarks/make_vectors.py`` makes them. `asking` gets answers from a
framework or from your function, and ``python -m bends.vectors`` prints what is wrong with them.
"""

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from .._arguments import known
from ..activations import ACTIVATIONS
from .asking import CannotAsk

VERSION = "1"
FOLDER = Path(__file__).with_name("files")
BOUND = 4  # units in the last place
NEAR = 0.1  # of a turning point


@dataclass(frozen=True)
class NumberType:
    """How many binary digits, and the powers of 2 of the smallest and above the largest number."""

    digits: int
    lowest: int
    highest: int

    @property
    def smallest_normal(self):
        return math.ldexp(1.0, self.lowest + self.digits - 1)

    @property
    def largest(self):
        return math.ldexp(2.0**self.digits - 1, self.highest - self.digits)

    def unit(self, y):
        """One unit in the last place of y."""
        return math.ldexp(1.0, max(math.frexp(y)[1] - self.digits, self.lowest))


TYPES = {
    "float16": NumberType(11, -24, 16),
    "bfloat16": NumberType(8, -133, 128),
    "float32": NumberType(24, -149, 128),
    "float64": NumberType(53, -1074, 1024),
}


@dataclass(frozen=True)
class Row:
    """One line of a file; `high` is the slope, or at a kink the largest right one."""

    x: float
    value: float
    slope: float
    high: float
    signed: bool  # whether a value of 0 must have its sign


@dataclass(frozen=True)
class Vectors:
    """A file: the function's name, its turning points, and rows by type."""

    name: str
    turning_points: tuple
    rows: dict


def read(path):
    """The vectors of a file.

    Raises
    ------
    CannotAsk
        If there is no such file, it holds no test vectors, or those of another version.
    """
    try:
        lines = Path(path).read_text(encoding="utf8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotAsk(f"{path} cannot be read: {error}") from None
    facts = dict(line[1:].split(":", 1) for line in lines if line[:1] == "#" and ":" in line)
    facts = {key.strip(): text.strip() for key, text in facts.items()}
    version = facts.get("Bends test vectors, version")
    if version is None:
        raise CannotAsk(f"{path} holds no test vectors of Bends: its first line does not say so")
    if version != VERSION:
        raise CannotAsk(
            f"{path} is of version {version}, and this checker reads version {VERSION}: take a "
            "file of that version, or the bends that the file came with"
        )
    rows = {}
    for number, line in enumerate(lines, 1):
        if line and line[0] != "#":
            number_type, *cells = line.split()
            try:
                known("type", number_type, TYPES)
                x, value, slope, high = map(float.fromhex, [*cells, *cells[2:]][:4])
                row = Row(x, value, slope, high, signed=cells[1] != "0")
                rows.setdefault(number_type, []).append(row)
            except ValueError:
                raise CannotAsk(
                    f"{path}, line {number} is not `type x value slope`: {line!r}"
                ) from None
    try:
        name, turns = facts["function"], facts["turning points"].replace("none", "").split()
        turns = tuple(map(float.fromhex, turns))
    except (ValueError, KeyError):
        raise CannotAsk(
            f"{path} does not say its function and turning points in its first lines"
        ) from None
    if not rows:
        raise CannotAsk(f"{path} holds no line of numbers")
    return Vectors(name, turns, rows)


@cache
def vectors(name):
    """The vectors of the function of that name, as they come with this package."""
    return read(FOLDER / f"{ACTIVATIONS[name].name}.txt")


# Judging ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Miss:
    """A worst error: how many units, at which x, what was given and what is right."""

    units: float = 0.0
    x: float = math.nan
    given: float = math.nan
    right: float = math.nan


@dataclass(frozen=True)
class Verdict:
    """What is wrong with the values, or the slopes, of one function in one type.

    `relative` counts in units in the last place of the right number. `absolute` counts no unit as
    smaller than that of 1, which is what training feels. `special` has what else is wrong, each
    with the first x.
    """

    function: str
    type: str
    what: str
    relative: Miss
    absolute: Miss
    special: dict


def judge(found, number_type, what, answers):
    """A `Verdict` on answers to the rows of one type.

    Parameters
    ----------
    found : Vectors
    number_type : str
    what : {"value", "slope"}
    answers : sequence of float
    """
    unit, special, misses = TYPES[number_type].unit, {}, [(Miss(), Miss())]
    for row, given in zip(found.rows[number_type], map(float, answers), strict=True):
        low, high, signed = row.value, row.value, row.signed
        if what == "slope":
            low, high, signed = row.slope, row.high, False
            if math.isnan(row.x):
                continue
        case = special_case(TYPES[number_type], low, given, signed)
        if case:
            special.setdefault(case, row.x)
        elif math.isfinite(low) and not low <= given <= high:
            right = low if given < low else high
            turns = what == "slope" and any(abs(row.x - t) < NEAR for t in found.turning_points)
            units = unit(1.0 if turns else right), unit(max(1.0, abs(right)))
            miss = [Miss(abs(given - right) / u, row.x, given, right) for u in units]
            if 0 < abs(row.x) < TYPES[number_type].smallest_normal and miss[0].units > BOUND:
                special.setdefault("wrong for a subnormal x", row.x)
            else:
                misses.append(miss)
    worst = (max(each, key=lambda miss: miss.units) for each in zip(*misses, strict=True))
    return Verdict(found.name, number_type, what, *worst, special)


def special_case(number_type, right, given, signed):
    """What is wrong that units in the last place do not measure; None if nothing is."""
    if math.isnan(right) or math.isnan(given):
        if math.isnan(right) and math.isnan(given):
            return None
        return "a number for nan" if math.isnan(right) else "nan for a number"
    if math.isinf(right) or math.isinf(given):
        if given == right:
            return None
        return "a finite number for inf" if math.isfinite(given) else "inf for a finite number"
    if given == right == 0 and signed and math.copysign(1, given) != math.copysign(1, right):
        return "wrong sign of 0"
    smallest = math.ldexp(1.0, number_type.lowest)  # to lose it is to miss by one unit
    if given == 0 and smallest < abs(right) < number_type.smallest_normal:
        return "0 for a subnormal number"
    return None


def check(name, ask, number_types=tuple(TYPES), found=None):
    """Verdicts on one function.

    Parameters
    ----------
    name : str
        In the catalogue.
    ask : callable
        `(x, type)` gives values and slopes; None in place of slopes that it has not.
    number_types : sequence of str
    found : Vectors, optional
        In place of those that come with this package.

    Yields
    ------
    Verdict, or (type, exception)
        The latter where the type is not taken.
    """
    found = found or vectors(name)
    for number_type in number_types:
        x = np.array([row.x for row in found.rows[number_type]])
        try:
            pair = ask(x, number_type)
        except (Exception, SystemExit) as error:  # whatever somebody else's function raises
            yield number_type, error
            continue
        for what, answers in zip(("value", "slope"), pair, strict=True):
            if answers is not None:
                if np.shape(answers) != x.shape:
                    yield (
                        number_type,
                        ValueError(f"{what}s of shape {np.shape(answers)} for {x.shape}"),
                    )
                else:
                    yield judge(found, number_type, what, answers)
