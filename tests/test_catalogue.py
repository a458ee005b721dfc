"""What the catalogue says of its functions is true, and it can be used as promised."""

import copy
import inspect
import json
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from mathml import convert

import bends
from bends import (
    ACTIVATIONS,
    CORE,
    MLP,
    VECTOR_ACTIVATIONS,
    Activation,
    activation,
    leaky_relu,
    softmax,
    train,
)  # fmt: skip
from bends.catalogue import find, plain
from bends.initializers import INITIALIZERS, gain, mean
from bends.losses import accuracy
from bends.meanfield import mean_field
from bends.signals import signals

every = pytest.mark.parametrize("f", ACTIVATIONS.values(), ids=ACTIVATIONS)
FRAMEWORKS = json.loads(Path(bends.__file__).with_name("frameworks.json").read_text())
GRID = np.concatenate([np.linspace(-30, 30, 600_001), [-1e4, -1e3, -100, 100, 1e3, 1e4]])
GRID.sort()


# The facts, against the function itself -----------------------------------------------------------


@every
def test_range_and_bounds(f):
    low, high = f.range
    y = f(GRID)
    assert low <= y.min() and y.max() <= high
    if np.isfinite(low):
        assert y.min() == pytest.approx(low, abs=2e-4)
    else:
        assert y.min() < -50
    if np.isfinite(high):
        assert y.max() == pytest.approx(high, abs=2e-4)
    else:
        assert y.max() > 50
    assert f.bounded == (np.abs(y).max() < 50)


@every
def test_monotone(f):
    y = f(GRID)
    steps = np.diff(y[np.isfinite(y)])
    assert f.monotone == bool(np.all(steps >= -1e-12))


@every
def test_kinks_are_where_the_function_bends_at_once(f):
    """A second difference divided by the step tends to the jump of the slope."""
    h = 1e-7
    at = np.round(np.linspace(-8, 12, 2001), 2)
    bend = (f(at + h) - 2 * f(at) + f(at - h)) / h
    large = np.maximum(1, np.abs(f(at)))
    assert f.kinks == tuple(at[np.abs(bend) > 1e-3 * large])
    assert f.smooth == (not f.kinks)


@every
def test_zero_centred(f):
    x, weights = np.polynomial.hermite_e.hermegauss(180)
    mean = weights @ f(x) / weights.sum()
    assert f.zero_centred == bool(abs(mean) < 2e-3)


@every
def test_turning_points_turn(f):
    for x in f.turning_points:
        assert f.derivative(x) == pytest.approx(0, abs=1e-15)
        assert f.derivative(x - 0.1) * f.derivative(x + 0.1) < 0
    if not f.turning_points:  # then the slope changes sign nowhere but at a joint
        slope = f.derivative(GRID)
        signs = np.sign(slope[slope != 0])
        assert np.sum(np.diff(signs) != 0) <= len(f.joints)


def test_facts_follow_the_parameters():
    leaky = bends.leaky_relu.with_parameters
    assert leaky(negative_slope=0).limits == leaky(negative_slope=0).range == (0, np.inf)
    assert not leaky(negative_slope=-1).monotone and leaky(negative_slope=-1).range == (0, np.inf)
    assert leaky(negative_slope=1).smooth and leaky(negative_slope=1).zero_centred
    assert bends.elu.smooth and bends.elu.with_parameters(alpha=0.5).kinks == (0,)
    assert bends.elu.with_parameters(alpha=0.5).limits == (-0.5, np.inf)
    assert bends.celu.with_parameters(alpha=0.5).smooth
    assert bends.hard_shrink.with_parameters(lambd=2).kinks == (-2, 2)
    jump = bends.threshold.with_parameters(threshold=-1, value=5)
    assert jump.kinks == (-1,) and not jump.monotone
    assert jump.range == (pytest.approx(-1), np.inf)
    assert pickle.loads(pickle.dumps(jump)).joints == (-1,)
    turns = bends.xielu.with_parameters(alpha_n=2)
    assert turns.derivative(turns.turning_points[0]) == pytest.approx(0, abs=1e-15)
    assert bends.xielu.with_parameters(alpha_n=0.3).monotone


@every
def test_every_formula_can_be_set(f):
    for formula in (f.formula, f.derivative_formula):
        assert convert(formula).startswith("<math")
        assert formula.count("{") == formula.count("}")
    assert f.title and f.__doc__.strip().endswith(".")


@pytest.mark.parametrize("f", VECTOR_ACTIVATIONS.values(), ids=VECTOR_ACTIVATIONS)
def test_every_vector_formula_can_be_set(f):
    assert convert(f.formula).startswith("<math")
    assert f.title and f.__doc__.strip().endswith(".")


SPACE = '<mspace width="0.167em" />'
OF = f"<mo>\u2061</mo>{SPACE}"


@pytest.mark.parametrize(
    ("formula", "part"),
    [
        (r"\max(0, x)", "<mrow><mi>max</mi><mo"),
        (r"2 \max(0, x)^2", f"<mn>2</mn>{SPACE}<mi>max</mi><mo"),
        (r"\sin x", f"<mrow><mi>sin</mi>{OF}<mi>x</mi>"),
        (r"x\,\tanh(x)", f"<mi>x</mi>{SPACE}<mi>tanh</mi><mo"),
        (r"\tanh\bigl(\ln(x)\bigr)", ">(</mo><mi>ln</mi><mo"),
        (r"\sin^2 x", f"<msup><mi>sin</mi><mn>2</mn></msup>{OF}<mi>x"),
        (r"\max_j x_j", f"<msub><mi>max</mi><mi>j</mi></msub>{OF}<msub>"),
        (r"\ln \sum_j x_j", "<mi>ln</mi><msub><mo>∑</mo>"),
        (r"\left(x\right)\ln x", f"</mrow>{SPACE}<mi>ln</mi>{OF}<mi>x"),
        (r"(x)^2\ln\max x", f"</msup>{SPACE}<mi>ln</mi>{OF}<mi>max</mi>{OF}<mi>x"),
        (r"\ln", "<mrow><mi>ln</mi></mrow>"),
        ("x - 1", "<mi>x</mi><mo>−</mo>"),
        ("x < -1", '<mo>&lt;</mo><mo form="prefix">−</mo>'),
    ],
)
def test_function_names_are_spaced_as_in_print(formula, part):
    upright = ' mathvariant="normal"'  # of a name, which is no product of letters
    assert part in convert(formula).replace(upright, "")


def test_sources_are_in_the_bibliography():
    bibliography = Path(__file__).parent.parent / "references.bib"
    keys = re.findall(r"^@\w+{(.*),$", bibliography.read_text(), re.MULTILINE)
    assert keys == sorted(set(keys))
    for f in (*ACTIVATIONS.values(), *VECTOR_ACTIVATIONS.values()):
        assert f.origin is None or f.origin in keys


# Looking up ---------------------------------------------------------------------------------------


def test_names():
    for name, f in (*ACTIVATIONS.items(), *VECTOR_ACTIVATIONS.items()):
        assert f.name == name
        assert name == "abs" or getattr(bends, name) is f
    assert not hasattr(bends, "abs")
    assert {f.family for f in ACTIVATIONS.values()} == {
        "linear",
        "step",
        "rectifier",
        "exponential",
        "squashing",
        "gate",
        "periodic",
    }


def test_every_spelling_finds_its_entry():
    for name in ("LeakyReLU", "leakyrelu", "leaky-relu", "Leaky ReLU"):
        assert ACTIVATIONS[name] is bends.leaky_relu
    assert VECTOR_ACTIVATIONS["LogSoftmax"] is bends.log_softmax
    names = [*ACTIVATIONS, *(alias for f in ACTIVATIONS.values() for alias in f.aliases)]
    spelt = [plain(name) for name in names]
    assert {n for n in spelt if spelt.count(n) > 1} <= {"logsigmoid", "hardswish"}


def test_the_core_is_what_the_chapters_show():
    assert list(CORE) == list(ACTIVATIONS)[:25] and set(CORE) < set(ACTIVATIONS)


EXPORTED = [(of, n) for of, names in FRAMEWORKS["exported"].items() for n in names]


@pytest.mark.parametrize(("framework", "name"), EXPORTED, ids=map("-".join, EXPORTED))
def test_every_name_that_a_framework_exports_is_known(framework, name):
    if name in FRAMEWORKS["left_out"]:
        assert plain(name) not in map(plain, [*ACTIVATIONS, *VECTOR_ACTIVATIONS])
        return
    found = [table[name] for table in (ACTIVATIONS, VECTOR_ACTIVATIONS) if is_in(table, name)]
    assert len(found) == 1
    entry = FRAMEWORKS["functions"][found[0].name]
    if framework in ("PyTorch", "Keras", "JAX"):  # and its parameters and slopes were asked for
        listed = {plain(n["name"].split(".")[-1]) for n in entry[framework]["names"]}
        assert listed & set(map(plain, (name, found[0].name, *found[0].aliases)))


def is_in(table, name):
    try:
        return bool(table[name])
    except KeyError:
        return False


def test_aliases():
    assert ACTIVATIONS["swish"] is bends.silu and ACTIVATIONS["linear"] is bends.identity
    names = [n for f in ACTIVATIONS.values() for n in (f.name, *f.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "name, near",
    [("rellu", "relu"), ("Tanhh", "tanh"), ("leakyrelus", "leaky_relu"), ("swich", "swish")],
)
def test_an_unknown_name_is_told_the_nearest(name, near):
    with pytest.raises(KeyError, match=f"{name}.*nearest: .*{near}"):
        ACTIVATIONS[name]


@pytest.mark.parametrize("name", ["§§", 3, ("§",)])
def test_a_name_like_no_other_is_told_all(name):
    with pytest.raises(KeyError, match="known: identity, step, relu"):
        ACTIVATIONS[name]


# As objects ---------------------------------------------------------------------------------------


@every
def test_pickles_copies_and_compares(f):
    for other in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        assert other == f and hash(other) == hash(f)
        assert other(0.3) == f(0.3)
    assert sum(f == g for g in ACTIVATIONS.values()) == 1
    assert f.name in repr(f)


def test_vector_activations_pickle():
    for f in VECTOR_ACTIVATIONS.values():
        assert pickle.loads(pickle.dumps(f)) == f and f.name in repr(f)


def test_with_parameters_gives_a_new_function():
    f = bends.leaky_relu.with_parameters(negative_slope=0.2)
    assert f(-1) == -0.2 and f.derivative(-1) == 0.2
    assert f != bends.leaky_relu and bends.leaky_relu(-1) == -0.01
    assert pickle.loads(pickle.dumps(f)) == f
    assert f.with_parameters(negative_slope=np.float64(0.3))(np.float32(1)).dtype == np.float32
    assert "negative_slope=0.2" in repr(f)


@pytest.mark.parametrize(
    "f, parameters, error, says",
    [
        (bends.relu, {"slope": 1}, TypeError, "relu has no parameter 'slope'; it has: none"),
        (bends.leaky_relu, {"slope": 1}, TypeError, "it has: negative_slope"),
        (bends.elu, {"alpha": "1"}, TypeError, "alpha must be a number, not '1'"),
        (bends.elu, {"alpha": True}, TypeError, "alpha must be a number, not True"),
        (bends.elu, {"alpha": np.inf}, ValueError, "alpha must lie from 0.0001 to 10000, not inf"),
        (bends.celu, {"alpha": 0}, ValueError, "alpha must lie from 0.0001 to 10000, not 0"),
        (bends.snake, {"frequency": -1}, ValueError, "0.0001 to 10000, not -1"),
        (bends.leaky_relu, {"negative_slope": np.nan}, ValueError, "from -10000 to 10000, not nan"),
    ],
)
def test_wrong_parameters_are_refused(f, parameters, error, says):
    with pytest.raises(error, match=says):
        f.with_parameters(**parameters)


def test_your_own_function():
    @activation("bump", "periodic", r"e^{-x^2}", r"-2x\,e^{-x^2}", turning_points=(0.0,))
    def bump(x, width=1.0):
        """A hill."""
        y = np.exp(-((x / width) ** 2))
        return y, -2 * x / width**2 * y

    assert isinstance(bump, Activation) and bump.name == "bump"
    assert bump.parameters == {"width": 1.0} and bump.__doc__ == "A hill."
    assert bump(np.float32(0.5)).dtype == np.float32 and np.isnan(bump(np.nan))
    assert bump.range == (0, 1) and not bump.monotone and bump.smooth
    ACTIVATIONS[bump.name] = bump
    try:
        assert ACTIVATIONS["bump"] is bump
    finally:
        del ACTIVATIONS["bump"]


# In the frameworks --------------------------------------------------------------------------------


def test_frameworks_cover_the_catalogue():
    assert set(FRAMEWORKS["functions"]) == {*ACTIVATIONS, *VECTOR_ACTIVATIONS}


@every
def test_the_slope_at_a_kink_is_pytorchs(f):
    slopes = FRAMEWORKS["functions"][f.name].get("PyTorch", {}).get("slope_at_kinks", {})
    assert tuple(map(float, slopes)) == (f.kinks if slopes else ())
    for x, slope in slopes.items():
        assert f.derivative(float(x)) == pytest.approx(slope, rel=1e-15)


@every
def test_defaults_are_pytorchs(f):
    names = FRAMEWORKS["functions"][f.name].get("PyTorch", {}).get("names", [])
    theirs = {k: v for n in names for k, v in (n["parameters"] or {}).items()}
    for name, value in f.parameters.items():
        if theirs.get(name) is not None or f.name == "prelu":
            assert value == theirs[name if f.name != "prelu" else "init"]


def test_the_source_of_a_function_can_be_read():
    source = inspect.getsource(ACTIVATIONS["gelu_tanh"])
    assert "def gelu_tanh(x" in source and source.startswith("@activation")


@pytest.mark.parametrize("name", ["swish", "LeakyReLU", "linear", "relu"])
def test_in_and_get_agree_with_brackets(name):
    assert name in ACTIVATIONS and ACTIVATIONS.get(name) is ACTIVATIONS[name]
    assert "rleu" not in ACTIVATIONS and ACTIVATIONS.get("rleu", 3) == 3


@pytest.mark.parametrize("kind", [KeyError, ValueError])
@pytest.mark.parametrize(
    "look_up",
    [
        lambda: ACTIVATIONS["rleu"],
        lambda: find(ACTIVATIONS, "rleu"),
        lambda: MLP([1, 2, 1], "rleu"),
        lambda: MLP([1, 2, 1], init="lecum"),
        lambda: accuracy("cross_entropie", [[0.0, 1.0]], [1]),
    ],
)
def test_an_unknown_name_is_one_kind_of_error(look_up, kind):
    with pytest.raises(kind, match="nearest: (relu, |lecun|cross_entropy)") as error:
        look_up()
    assert not str(error.value).startswith(("'", '"'))


def test_find_takes_names_and_things():
    f = leaky_relu.with_parameters(negative_slope=0.3)
    assert find(ACTIVATIONS, f) is f and find(ACTIVATIONS, "relu") is ACTIVATIONS["relu"]
    with pytest.raises(TypeError, match="activation must be a name or the thing itself; got 3"):
        find(ACTIVATIONS, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: gain(np.tanh), "activation must be a name, or an entry of type Activation; got"),
        (lambda: mean_field(math.tanh, 1), "activation must be .* Activation; got"),
        (lambda: find(ACTIVATIONS, softmax), "activation must be .* Activation; got .*softmax"),
        (lambda: accuracy(len, [[0.5]], [1]), "loss must be .* type Loss; got .*len"),
        (lambda: train(MLP([1, 1]), [[1]], [[1]], loss=lambda z, y: 0), "loss must be .* Loss"),
        (lambda: signals(MLP([1, 1]), [[1]], 5, [[1]]), "loss must be a name or the thing itself"),
        (lambda: signals(MLP([1, 1]), [[1]], len, [[1]]), "loss must be .* type Loss"),
        (lambda: mean(np.tanh), "activation must be .* Activation"),
    ],
)
def test_a_thing_of_another_kind_is_refused_by_its_name(call, words):
    with pytest.raises(TypeError, match=words):
        call()


def test_what_is_a_function_in_its_table_may_be_any_function():
    assert find(INITIALIZERS, len, "init") is len
    assert mean("relu") == mean(ACTIVATIONS["relu"]) > 0


def test_a_parameter_in_a_call_says_what_to_write():
    with pytest.raises(TypeError, match=r"leaky_relu.with_parameters\(negative_slope=0.2\)\(x\)"):
        leaky_relu(-1, negative_slope=0.2)


def cubed(x, k=1.0):
    return k * x**3, 3 * k * x**2


def no_default(x, k):
    return x, np.ones_like(x)


def alone(x):
    return x


def flat(x):
    return x, 1.0


def shorter(x):
    return x[..., :1], x


def wrong(x):
    return x**2, x


def kinked(x):
    return abs(x), np.sign(x)


@pytest.mark.parametrize(
    ("function", "error", "words"),
    [
        (no_default, TypeError, "no_default: the parameter k needs a number as its default"),
        (alone, TypeError, "alone must return two results: the value and the derivative"),
        (flat, ValueError, r"flat: the derivative must have the shape of x, \(1, 3\); it has \(\)"),
        (shorter, ValueError, "shorter: the value must have the shape of x"),
        (wrong, ValueError, "wrong: at x = -4.987 the derivative is said to be -4.987, but the va"),
    ],
)
def test_a_function_of_ones_own_is_checked_when_it_is_made(function, error, words):
    with pytest.raises(error, match=words):
        activation("Mine", "gate", "x", "1")(function)


def test_a_right_function_of_ones_own_passes():
    f = activation("Cube", "gate", "kx^3", "3kx^2")(cubed)
    assert f.with_parameters(k=2.0)(2.0) == 16 and f.derivative(1.0) == 3
    assert activation("V", "rectifier", "|x|", "", joints=(0.0,))(kinked)(-2.0) == 2
    with pytest.raises(ValueError, match="family must be one of linear, .*; got 'gates'"):
        activation("Cube", "gates", "x^3", "3x^2")(alone)


# A reader's own function --------------------------------------------------------------------------


def own(function=None, **facts):
    """A reader's function, through the decorator."""

    def doubled(x):
        return 2 * x, 0 * x + 2

    return activation("doubled", "linear", "2x", "2", **facts)(function or doubled)


def test_a_function_that_writes_into_x_is_refused():
    def clipped(x):
        x[x < 0] = 0
        return x, 0 * x + 1

    with pytest.raises(ValueError, match="clipped writes into x; it must leave x as it came"):
        own(clipped)
    assert own()(3) == 6


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"joints": 0.0}, r"joints must be a tuple of numbers, such as \(0,\); got 0.0"),
        ({"joints": ("0",)}, "joints must be a tuple of numbers"),
        ({"turning_points": 1}, "turning_points must be a tuple of numbers"),
        ({"joints": lambda: 0.0}, "joints must be a tuple of numbers"),
        ({"kinks": (0,)}, "no 'kinks' to be given: they are worked out from the joints"),
        ({"colour": "red"}, "no 'colour' to be given; there is: joints"),
    ],
)
def test_facts_that_cannot_be_are_refused(facts, words):
    with pytest.raises(TypeError, match=f"doubled: .*{words}"):
        own(**facts)


def test_nobody_changes_the_books_function_for_all():
    for change in (
        lambda p: p.update(negative_slope=5),
        lambda p: p.__setitem__("negative_slope", 5),
        lambda p: p.pop("negative_slope"),
        lambda p: p.__ior__({"negative_slope": 5}),
    ):
        for f in (leaky_relu, leaky_relu.with_parameters(negative_slope=0.2)):
            with pytest.raises(TypeError, match="with_parameters.* gives a new function"):
                change(f.parameters)
    assert leaky_relu(-1) == -0.01
    copies = copy.deepcopy(leaky_relu), pickle.loads(pickle.dumps(leaky_relu))
    assert all(f == leaky_relu and f.parameters == {"negative_slope": 0.01} for f in copies)
