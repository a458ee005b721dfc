"""Numbers in the prose of chapter 12 that no cell prints, and what its tables say of losses."""

import re
from dataclasses import replace

import numpy as np
import pytest
from prose import said, written

from bends import MLP, Adam, sigmoid, softmax, tanh, train
from bends.choose import ANSWERS
from bends.datasets import regression
from bends.losses import LOSSES

N = r"(−?\d[\d.]*\d|−?\d)"
LOGITS = np.array([2.0, 1.0, 0.0])


def largest(temperature):
    return softmax(LOGITS / temperature)[0]


def test_temperatures():
    usual, hot = said(12, rf"the largest share falls from {N} to {N}\.")
    cold, grown = said(12, rf"Set it <a [^>]*>to {N}</a>, and it grows to {N}\.")
    assert usual.rounds(largest(1)) and hot.rounds(largest(2)) and grown.rounds(largest(cold))
    low, above, high, below = said(12, rf"At {N} the largest share is {N}, at {N} it is {N}\.")
    assert above.rounds(largest(low)) and below.rounds(largest(high)) and below < 0.5 < above


def test_softmax_and_cross_entropy_by_hand():
    powers = np.exp(LOGITS)
    rows = [said(12, rf"\n\| {x} \| {N} \| {N} / {N} = {N} \|") for x in (2, 1, 0)]
    (total,) = said(12, rf"\n\| sum \| {N} \| 1 \|")
    assert total.rounds(powers.sum())
    for power, (told, again, over, share) in zip(powers, rows, strict=True):
        assert told.rounds(power) and (again, over) == (told, total)
        assert share.rounds(power / powers.sum())
    first, half, last, top, over, share = said(
        12, rf"the powers {N}, {N} and {N}, and the largest share is {N} / {N} = {N}\."
    )
    halves = np.exp(LOGITS / 2)
    assert all(n.rounds(x) for n, x in zip((first, half, last), halves, strict=True))
    assert top == first and over.rounds(halves.sum()) and share.rounds(halves[0] / halves.sum())
    costs = said(
        12, rf"A share of {N} costs {N}, a share of {N} costs {N}, a share of {N} costs {N}\."
    )
    assert all(c.rounds(-np.log(p)) for p, c in zip(costs[::2], costs[1::2], strict=True))


def test_the_pair_of_the_sigmoid_by_hand():
    logit, yes = said(12, rf"The logit is {N}, so the sigmoid says yes with probability {N}\.")
    assert yes.rounds(sigmoid(logit))
    high, lowers, low, raises = said(
        12, rf"Too high by {N}: training lowers .* {N}\. Too low by {N}: .* with strength {N}\."
    )
    assert high == lowers == yes and low == raises and low.rounds(1 - sigmoid(logit))
    s, *told = said(12, rf"For \*s\* = {N} they are {N} and {N}, and their product is {N}\.")
    exact = sigmoid(logit)
    factors = (-1 / exact, sigmoid.derivative(logit), exact - 1)
    assert s == yes and all(n.rounds(x) for n, x in zip(told, factors, strict=True))


def test_log_sum_exp_by_hand():
    start, found = said(12, rf"it is {N} \+ ln\(\$e\^\{{-2\}} \+ e\^\{{-1\}} \+ e\^0\$\) = {N}\.")
    assert found.rounds(start + np.log(np.exp(LOGITS - 2).sum()))


def test_targets_that_may_be_0():
    target, more, log, again, back = said(
        12, rf"A target of (\d\d) becomes ln {N} = {N}, and exp\({N}\) − 1 = {N}\."
    )
    assert more == target + 1 and log == again and log.rounds(np.log1p(target))
    assert back == target == round(np.expm1(np.log1p(target)))


def test_targets_between_two_limits_there_and_back():
    low, high, y, scaled = said(
        12, rf"For limits {N} and {N}, a target of {N} becomes .* = {N}\. Back"
    )
    (back,) = said(12, rf"Back: 10 \+ 20 · \(−0\.5 \+ 1\) / 2 = {N}\.")
    least, most, half = said(
        12, rf"between {N} and {N}\. The targets are scaled, and tanh gives {N}\."
    )
    start, width, *_, report = said(12, rf"{N} \+ {N} · \({N} \+ 1\) / 2 = 20 \+ {N}\.")
    for lines in ANSWERS["bounded number"]["code"].values():
        there = re.search(r"2 \* \(y - low\) / \(high - low\) - 1", lines["loss"])[0]
        again = re.search(r"low \+ \(high - low\) \* \(z \+ 1\) / 2", lines["answer"])[0]
        assert eval(there, {"y": y, "low": low, "high": high}) == scaled
        assert eval(again, {"z": scaled, "low": low, "high": high}) == y == back
        assert eval(again, {"z": half, "low": least, "high": most}) == least + report
    assert (start, width) == (least, most - least)


def test_near_a_limit_the_slope_of_tanh_is_small_and_a_shares_is_not():
    answer, slope = said(12, rf"At an answer of {N} that is 1 − 0\.98 = {N}\.")
    z = np.arctanh(answer)
    assert slope.rounds(tanh.derivative(z))
    (share,) = said(12, rf"the target 15 lies \(15 − 10\) / 20 = {N} of the way up")
    _, slope = LOSSES["binary_cross_entropy"](np.array([[z]]), np.array([[share]]))
    assert slope[0, 0] == pytest.approx(sigmoid(z) - share)


def test_the_least_loss_of_a_sigmoid_applied_twice():
    def least(yes):  # the inner sigmoid says 1 for a yes, 0 for a no; the loss applies another
        z, target = np.array([[1.0], [0.0]]), np.array([[1.0], [0.0]])
        return [LOSSES["binary_cross_entropy"](z[[i]], target[[i]])[0] for i in (0, 1)] @ np.array(
            [yes, 1 - yes]
        )

    *ends, half, nine, one = said(
        12,
        rf"at best {N} for a yes and {N} for a no\. .*: {N} if half of the answers are yes, "
        rf"{N} if nine of ten are, {N} if one of ten is\.",
    )
    for told, yes in zip((*ends, half, nine, one), (1, 0, 0.5, 0.9, 0.1), strict=True):
        assert told.rounds(least(yes))
    (floor,) = said(12, rf"the loss stays near {N} if half of the answers are yes")
    assert floor.rounds(least(0.5))
    low, high = said(12, rf"The outer one takes them for logits: between {N} and {N}\.")
    assert low.rounds(sigmoid(0)) and high.rounds(sigmoid(1))


def test_the_least_loss_of_softmax_applied_twice():
    z = np.eye(10)[:1]  # the most that the first softmax can say
    floor, _ = LOSSES["cross_entropy"](z, np.array([0]))
    for pattern in (
        rf"10 classes: the loss stops at {N} or a",
        rf"the loss cannot get below {N}\.",
    ):
        assert said(12, pattern)[0].rounds(floor)
    (share,) = said(12, rf"\\frac\{{e\}}\{{e \+ 9\}} = {N}\$")
    assert share.rounds(softmax(z)[0, 0])


def test_what_a_spread_costs():
    def cost(miss, spread):  # as the chooser's code has it
        for lines in ANSWERS["mean and spread"]["code"].values():
            formula = re.search(
                r"log\(spread\) \+ \(y - mean\) \*\* 2 / \(2 \* spread\*\*2\)", lines["loss"]
            )
            assert formula
        return eval(formula[0], {"log": np.log, "y": miss, "mean": 0, "spread": spread})

    miss, *told = said(
        12,
        rf"For a miss of {N}, a spread of {N} costs 0 \+ 4/2 = {N} and a spread of {N} "
        rf"costs 0\.69 \+ 4/8 = {N}:",
    )
    assert all(c.rounds(cost(miss, s)) for s, c in zip(told[::2], told[1::2], strict=True))
    (miss,) = said(12, rf"It misses by {N}\. Which spread costs least")
    for spread, pattern in ((1, rf"0 \+ 9/2 = {N}:"), (3, rf"1\.10 \+ 0\.5 = {N}\. The")):
        assert said(12, pattern)[0].rounds(cost(miss, spread))
    assert said(12, rf"3\.40 \+ 0\.005 = {N}:")[0] == pytest.approx(cost(miss, 30), abs=0.005)


def test_the_slope_of_the_logarithm():
    low, high, climbed = said(12, rf"From {N} to {N} the logarithm climbs by {N},")
    assert climbed.rounds(np.log(high) - np.log(low))


def test_what_a_share_of_almost_nothing_costs():
    power, cost = said(12, rf"It costs −ln \$10\^\{{(-\d)\}}\$ = {N}, and it has no slope")
    assert cost.rounds(-np.log(10.0**power))
    (least,) = said(12, r"With 32 bits, a share below about \$10\^\{(-\d+)\}\$ becomes 0")
    with np.errstate(under="ignore"):
        assert np.float32(0.1 * 10**least) == 0 < np.float32(3 * 10**least)


def test_the_regression_of_the_third_model_has_targets_above_0():
    (count,) = said(12, r"which is above 0 at all (\d+) points")
    assert regression("abs", int(count))[1].min() > 0


def test_the_bounded_end_becomes_a_switch():
    x, y = regression("sine", 64)

    def through_tanh(z, targets):
        a, slope = tanh.value_and_derivative(z)
        value, gradient = LOSSES["squared_error"].value_and_gradient(a, targets)
        return value, gradient * slope

    net = MLP([1, 16, 16, 1], seed=range(3), dtype=np.float32)
    loss = replace(LOSSES["squared_error"], value_and_gradient=through_tanh)
    train(net, x, 3 * y, loss=loss, optimizer=Adam(0.01), epochs=200, progress=False)
    assert (np.abs(np.tanh(net(x))) > 0.9).mean() > 0.85
    assert "the network has become a switch there, from −1 to 1" in written(12)


@pytest.mark.parametrize("kind", [kind for kind, end in ANSWERS.items() if "pair" in end])
def test_the_slope_at_the_end_is_answer_minus_target(kind):
    loss = LOSSES[ANSWERS[kind]["pair"]]
    z = np.array([[0.5, -1.0, 2.0]])
    target = np.array([1]) if loss.labels else np.array([[1.0, 0.0, 1.0]])
    wanted = loss.output(z) - (np.eye(3)[target] if loss.labels else target)
    slope = loss(z, target)[1]
    np.testing.assert_allclose(slope / slope[0, 0], wanted / wanted[0, 0])
