"""Numbers in the prose of chapters 2 and 3 that no cell prints."""

import math
import re

import numpy as np
import pytest
from conftest import ROOT
from prose import Number, said, written

from bends import (
    ACTIVATIONS,
    CORE,
    celu,
    elu,
    gelu,
    gelu_tanh,
    log_sigmoid,
    quick_gelu,
    selu,
    sigmoid,
    silu,
    softplus,
    tanh,
)  # fmt: skip
from bends.frameworks import FRAMEWORKS

N = r"(−?\d[\d.]*)"
NAMED = {f.title.lower(): f for f in CORE.values()}
# "1 becomes 1 / (1 + 0.37) = 0.73", "of 1 it makes 0.84", "At −1 the tap is …, so −0.16 leaves".
BECOMES = re.compile(
    rf"(?:{N} (?:becomes|stays)|[oO]f {N} it makes|[aA]t {N} (?:that|it|the)(?:[^.]|\.\d)*?, so) "
    rf"(?:[^:;,]*? = )?{N}"
)


def lines():
    """`(function, x, y)` of each worked line of the families: what it makes of a number."""
    for line in re.split(r"\n+", written(2)):
        for name, text in re.findall(r"\*\*([^*]+)\*\*([^*]+(?:\*[^*]+\*[^*]+)*)", line):
            if name.lower() in NAMED:
                for *entering, leaving in BECOMES.findall(text):
                    (x,) = filter(None, entering)
                    yield NAMED[name.lower()], Number(x), Number(leaving)


def test_the_worked_line_of_each_function():
    found = list(lines())
    for f, x, y in found:
        assert y.rounds(f(x)), (f.title, x, y)
    told = {f.title for f, _, _ in found}  # the others stand below; CELU is ELU
    assert {f.title for f in CORE.values()} - told == {
        "leaky ReLU", "PReLU", "CELU", "GELU, tanh form"
    }  # fmt: skip
    assert len(found) > 30


def test_the_table_of_five():
    for words, f in {
        "ReLU": ACTIVATIONS["relu"], "GELU": gelu, "SiLU, also called Swish": silu,
        "sigmoid": sigmoid, "tanh": tanh,
    }.items():  # fmt: skip
        left, right = said(2, rf"\n\| {words} \| {N} \| {N} \|")
        assert left.rounds(f(-2)) and right.rounds(f(2))


def asked(name):
    found = FRAMEWORKS[name].items()
    return {frame: entry["names"][-1]["parameters"] for frame, entry in found}


def test_the_leaks():
    leak, lost = said(2, rf"\*\*Leaky ReLU\*\* lets [^\n]*: −2 · {N} = {N}")
    assert lost == ACTIVATIONS["leaky_relu"](-2) == -2 * leak
    leak, lost, x = said(2, rf"With a leak of {N} it makes −5 · 0.01 = {N} of {N}")
    assert ACTIVATIONS["leaky_relu"].with_parameters(negative_slope=leak)(x) == lost
    layer, function = said(2, rf"Keras says \[{N} for the layer\].*, and {N} for the function")
    keras = [
        way["parameters"]["negative_slope"] for way in FRAMEWORKS["leaky_relu"]["Keras"]["names"]
    ]
    assert keras == [function, layer]


def test_where_prelu_starts_and_who_has_a_beta():
    starts, plus = asked("prelu"), asked("softplus")
    torch, lost, keras, flax = said(
        2, rf"starts from {N} in PyTorch, −2 · 0.25 = {N}; from {N} in Keras; from {N} in Flax"
    )
    again = said(2, rf"another leak, {N} in PyTorch, {N} in Flax, and {N} in \[Keras\]")
    assert again == [torch, flax, keras] and lost == ACTIVATIONS["prelu"](-2)
    assert starts["PyTorch"]["init"] == torch and starts["JAX"]["negative_slope_init"] == flax
    assert (starts["Keras"]["alpha_initializer"], keras) == ("Zeros", 0) and starts["ONNX"] == {}
    assert "In JAX, Keras and ONNX there is no β." in written(2)
    assert [frame for frame, has in plus.items() if "beta" in (has or {})] == ["PyTorch"]
    usual, one, at_4, beta = said(2, rf"at 0 it gives {N} for β = {N}, and {N} for β = {N}\.")
    assert plus["PyTorch"]["beta"] == one and usual.rounds(softplus(0))
    assert at_4.rounds(softplus.with_parameters(beta=beta)(0))
    (parameter,) = said(2, rf"\*\*Swish\*\*: in ONNX it has a parameter, with {N} as its default")
    assert asked("silu")["ONNX"] == {"alpha": parameter}
    (slope,) = said(2, rf"of 1/6 in PyTorch, JAX and Keras, and of {N} in ONNX")
    assert asked("hard_sigmoid")["ONNX"]["alpha"] == slope


def test_powers_of_e():
    one, two, minus = said(
        2, rf"\$e\^1\$ = {N}, \$e\^2\$ = 2.72 · 2.72 = {N}, and \$e\^\{{-1\}}\$ = 1 / 2.72 = {N}"
    )
    assert one.rounds(math.e) and two.rounds(math.exp(2)) and minus.rounds(math.exp(-1))
    tiny, almost = said(2, rf"e to the −10 is {N}, and that minus 1 is {N}")
    assert tiny.rounds(math.exp(-10)) and almost.rounds(elu(-10))


def test_selu_is_elu_with_each_side_stretched():
    right, left = said(2, rf"each side stretched, {N} times on the right and {N} times on the left")
    assert right.rounds(selu(1)) and left.rounds(selu(-1) / elu(-1)) and left.rounds(-selu(-40))


def test_tanh_is_below_1_at_5_and_rounds_to_1_at_20():
    number, far = said(2, rf"A computer rounds, and gives {N} for {N}\.")
    assert tanh(far) == number == 1 > tanh(5)
    (at_3,) = said(2, rf"3 / 4 = 0.75, where tanh is at {N} already")
    (at_1,) = said(2, rf"tanh climbs fast: it is at {N} for 1 already")
    assert at_3.rounds(tanh(3)) and at_1.rounds(tanh(1))


def test_the_two_gelus_of_a_question():
    forms = said(2, rf"network gives {N} in one framework and {N} in another")
    assert forms[0].rounds(gelu_tanh(1)) and forms[1].rounds(gelu(1))
    x = np.linspace(-6, 6, 120_001)
    tanh_form, quick = (np.abs(f(x) - gelu(x)).max() for f in (gelu_tanh, quick_gelu))
    (most,) = said(2, rf"The two forms differ by up to {N}")
    assert most.rounds(tanh_form)
    (times,) = said(2, r"Quick GELU's is (\w+) times as large")
    assert quick / tanh_form == pytest.approx(times, rel=0.1)


def test_how_far_the_tap_of_silu_is_open():
    near, again = said(2, rf"At −1 the sigmoid gives {N}, so −1 · {N} =")
    (far,) = said(2, rf"At −4 the tap is open by {N} only")
    assert near == again and near.rounds(sigmoid(-1)) and far.rounds(sigmoid(-4))


def test_silu_makes_less_of_minus_4_than_of_minus_1():
    *pairs, low, high = said(2, rf"SiLU makes {N} of {N}, and only {N} of {N}\.") + said(
        2, rf"SiLU gives {N}, closer to 0 than the {N} it gave for −1"
    )
    assert pairs[0].rounds(silu(pairs[1])) and pairs[2].rounds(silu(pairs[3]))
    assert [low, high] == [pairs[2], pairs[0]]
    assert "swish" in silu.aliases


def test_sine_comes_back():
    period, y = said(2, rf"of 1 \+ {N} it makes {N} again")
    assert y.rounds(ACTIVATIONS["sin"](1 + period)) and period.rounds(2 * math.pi)


def test_celu_with_its_default_is_elu():
    assert "With its default it *is* ELU." in written(2)
    x = np.linspace(-5, 5, 101)
    assert np.array_equal(celu(x), elu(x))


def test_log_sigmoid_is_softplus_after_half_a_turn():
    x = np.linspace(-30, 30, 61)
    assert np.allclose(log_sigmoid(x), -softplus(-x), rtol=1e-12)
    assert log_sigmoid(-30) == pytest.approx(-30, abs=1e-9) and (log_sigmoid(x) < 0).all()


def test_the_tap_of_every_gate_opens_from_0_to_1():
    x = np.linspace(-40, 40, 801)
    x = x[x != 0]
    for f in (f for f in CORE.values() if f.family == "gate"):
        tap = f(x) / x
        assert tap[0] == pytest.approx(0, abs=1e-9) and tap[-1] == pytest.approx(1)
        assert (np.diff(tap) >= -1e-9).all(), f.name


# --- chapter 3 ------------------------------------------------------------------------------------


def test_the_guess():
    first, second = said(
        3, rf"At the first, 0 arrives and {N} leaves\. At the second, 3 .* and {N} l"
    )
    assert first.rounds(sigmoid(0)) and second.rounds(sigmoid(3))
    (times,) = said(3, r"the first output moves nearly (\w+) times as far")
    ratio = (sigmoid(0.5) - sigmoid(0)) / (sigmoid(3.5) - sigmoid(3))
    assert times - 0.5 < ratio < times
    rises = said(3, rf"From 0 it rises by {N}, from 3 by {N}\.")
    for x, rise in zip((0, 3), rises, strict=True):
        assert rise.rounds(sigmoid(x + 0.5) - sigmoid(x))
        (path,) = (ROOT / "chapters").glob("03-*.ipynb")
        assert f'({x}, \\"rise {rise}\\")' in path.read_text(encoding="utf8")  # on the picture


def test_rise_over_run():
    end, rise = said(3, rf"It climbs from 0.5 to {N}, so the rise is {N}\.")
    assert end.rounds(sigmoid(1)) and rise.rounds(sigmoid(1) - 0.5)
    (end,) = said(3, rf"a step of 0.1: \({N} − 0.5\) / 0.1")
    assert end.rounds(sigmoid(0.1))


def test_the_slopes_of_sigmoid_and_tanh():
    at, t, square = said(3, rf"At {N}, \*t\* is {N}, and the slope is 1 − 0.7616 · {N} = 0.42")
    assert t.rounds(tanh(at)) and square == t
    (slope,) = said(3, rf"the slope is 1 − 0.7616 · 0.7616 = {N}\.")
    assert slope.rounds(tanh.derivative(at))
    at, slope = said(3, rf"multiplied by the sigmoid's slope at {N}, which is {N}:")
    assert slope.rounds(sigmoid.derivative(at))
    (again,) = said(3, rf"The sigmoid's slope, at \*x\* = 2 again {N}\.")
    output, s, rest, slope = said(3, rf"the output is {N} and the slope {N} · {N} = {N}\. Put")
    assert slope == again and again.rounds(sigmoid.derivative(2))
    assert output == s and s.rounds(sigmoid(2)) and rest.rounds(1 - sigmoid(2))
    x, half = said(3, rf"tanh\({N}\) = {N}\.")
    assert half.rounds(tanh(x))
    output, slope = said(3, rf"At {N} it would learn well: the slope there is {N}\.")
    assert slope == output * (1 - output)


def test_a_step_that_learns():
    s, square, error = said(3, rf"at \*x\* = 2 it is {N} · {N} = {N}\.")
    assert s == square and s.rounds(sigmoid(2)) and error.rounds(sigmoid(2) ** 2)
    (step,) = said(3, rf"Together 2 · 0.881 · 0.105 = {N}: the error climbs")
    assert step.rounds(2 * sigmoid(2) * sigmoid.derivative(2))


def test_e_to_a_small_power():
    (almost,) = said(3, rf"e\^\{{-0.01\}} = {N}\$")
    assert almost.rounds(math.exp(-0.01))


def test_halving_the_step_of_a_question():
    told = said(3, rf"the steepness {N}, {N}, {N}, {N}, and after many more {N}, 0.42")
    steps = (1, 0.5, 0.25, 0.125, 1e-6)
    assert all(y.rounds((tanh(-1 + h) - tanh(-1)) / h) for h, y in zip(steps, told, strict=True))


def test_which_side_two_frameworks_take_at_0():
    def taken(name):
        return [FRAMEWORKS[name][frame]["slope_at_kinks"]["0"] for frame in ("PyTorch", "JAX")]

    (both,) = said(3, rf"For ReLU, PyTorch and JAX both take {N}, the slope of the left side")
    torch, jax = said(3, rf"For leaky ReLU PyTorch takes {N}, the left side's, and JAX takes {N},")
    assert taken("relu") == [both, both] and taken("leaky_relu") == [torch, jax]
