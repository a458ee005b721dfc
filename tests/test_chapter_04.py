"""What the text of chapter 4 says of its figures and numbers beyond its cells' outputs."""

import re

import numpy as np
from prose import said, written

from bends import MLP


def slope(layers, seed):
    net = MLP([1] + [4] * (layers - 1) + [1], "identity", init="pytorch", seed=seed)
    low, high = net(np.array([[-5.0], [5.0]]))[:, 0]
    return (high - low) / 10


def test_which_seeds_line_falls():
    layers, linked, seed = said(
        4, r'<a href="#stack:layers=(\d),bend=off,seed=(\d)">seed (\d)\'s</a> falls\.'
    )
    assert [seed for seed in range(6) if slope(int(layers), seed) < 0] == [seed] == [linked]


def one_and_two(steps):
    """`(w, w1 · w2)` after each step, as the chapter's cell takes them."""
    w, w1, w2 = 0.01, 0.1, 0.1
    for _ in range(steps):
        w -= 0.1 * (w - 2)
        error = w1 * w2 - 2
        w1, w2 = w1 - 0.1 * error * w2, w2 - 0.1 * error * w1
        yield w, w1 * w2


def test_the_first_steps_of_one_weight_and_of_two_in_a_row():
    start, error = said(4, r"At the start the error is ([\d.]+) − 2 = (−[\d.]+)\.")
    single, each = (
        *said(4, r"The single weight moves by 0\.1 · 1\.99 = ([\d.]+)\."),
        *said(4, r"Each of the two moves by only 0\.1 · 1\.99 · 0\.1 = ([\d.]+)\."),
    )
    assert error == start - 2
    one, two = next(one_and_two(1))
    assert single.rounds(one - start) and each.rounds(two**0.5 - start**0.5)


def test_where_two_weights_overtake_one():
    (told,) = said(4, r"Later, at about ([\d.]+) each, they push each other on, and overtake")
    (passed,) = [two for one, two in one_and_two(30) if two > one][:1]
    assert told.rounds(passed**0.5)


def test_the_straight_rule_of_the_text_keeps_the_sums_of_opposite_corners():
    first, second, added = said(4, r"Try (\d) · first − (\d) · second \+ (\d)\. From top to bottom")
    told = said(4, r"From top to bottom it gives (\d), (−\d), (\d), (\d)\.")
    rows = re.findall(r"^\| ([01]) \| ([01]) \| [01] \|$", written(4), re.M)
    assert told == [first * int(x) - second * int(y) + added for x, y in rows]
    a, d, b, c, both = said(
        4, r"the outer two, (\d) \+ (\d), and the inner two, (−\d) \+ (\d): both are (\d)"
    )
    assert [a, b, c, d] == told and a + d == b + c == both


def test_a_product_of_two_outputs_is_bent():
    (times, plus), (*xs, first, second, third) = (
        said(4, r"Let one unit give (\d)\*x\* and another \*x\* \+ (\d), and multiply"),
        said(4, r"For \*x\* = (\d), (\d) and (\d) that is (\d+), (\d+) and (\d+), and halfway"),
    )
    assert [first, second, third] == [times * x * (x + plus) for x in xs]
    low, high, middle, not_it = said(4, r"halfway between (\d+) and (\d+) lies (\d+), not (\d+)\.")
    assert [low, high, not_it] == [first, third, second] and middle == (low + high) / 2 != second
