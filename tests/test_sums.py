"""Every sum that the prose writes out in figures, such as 1.5 · 2 − 1 = 2, comes out."""

import math
import re
from itertools import pairwise

import pytest
from prose import ROOT, Number, written

SUM = re.compile(r"(?<![\w.,^*$\\{(])−?[\d(][\d.,+−·×/()²³= ]*=[\d.,+−·×/()²³= ]*[\d)²³]")
BEFORE = re.compile(r"(?:\b(?:ln|log|exp|tanh|sin|of|root)|[+−·×/=<>^√*}$|]) ?$")
AFTER = re.compile(r"[\w*$%^({√]| [*$({√·×+−/]")
PYTHON = str.maketrans({"−": "-", "·": "*", "×": "*", "²": "**2", "³": "**3", ",": None})
PLACES = [*range(1, 21), *(p.relative_to(ROOT).as_posix() for p in ROOT.glob("back/*.md"))]
PLACES += ["index.md", "back/questions.yml", "_ext/field_guide.yml"]


def sums(text):
    """`(left side, right side)` of each equation between figures alone, as it is written."""
    text = text.replace("**", "").replace("\N{NO-BREAK SPACE}", " ")
    for found in SUM.finditer(text):
        if not BEFORE.search(text[: found.start()]) and not AFTER.match(text[found.end() :]):
            sides = [side.strip() for side in found[0].split("=")]
            if all(side and side.count("(") == side.count(")") for side in sides):
                yield from pairwise(sides)


def fits(left, right):
    """Whether the left side gives the right one, to its last place: what goes in is rounded too."""
    left, places = eval(left.translate(PYTHON)), 6
    if re.fullmatch(r"−?[\d.,]+", right):
        places = Number(right).decimals
    return abs(left - eval(right.translate(PYTHON))) <= 0.6 * 10.0**-places


@pytest.mark.parametrize("place", PLACES)
def test_the_sums_come_out(place):
    assert not [sum for sum in sums(written(place)) if not fits(*sum)]


LOGARITHM = re.compile(r"(?<![\w−/+])ln ([\d.]*\d) = (−?[\d.]*\d)")


@pytest.mark.parametrize("place", [p for p in PLACES if LOGARITHM.search(written(p))])
def test_the_logarithms_are_right(place):
    for found in LOGARITHM.findall(written(place).replace("\N{NO-BREAK SPACE}", " ")):
        number, logarithm = map(Number, found)
        assert logarithm.rounds(math.log(number)), found


def test_there_are_many():
    assert sum(len(list(sums(written(place)))) for place in PLACES) > 80


def test_a_sum_that_is_wrong_is_seen():
    text = "So 1.5 · 2 − 1 = 3, and (0.525 − 0.5) / 0.1 = 0.25; 2*x* + 1 = 9; ln 2 + 1 = 9."
    assert list(sums(text)) == [("1.5 · 2 − 1", "3"), ("(0.525 − 0.5) / 0.1", "0.25")]
    assert [fits(*sum) for sum in sums(text)] == [False, True]
