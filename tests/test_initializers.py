"""Where the weights start: variances, exact gains, and errors that name what is wrong."""

import pickle
from math import erf, exp, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bends import ACTIVATIONS, INITIALIZERS, gain
from bends.activations import identity, relu, tanh
from bends.initializers import GAINS, gaussian_nodes, variance_scaling

# E f², E f'² and Var f for a standard normal z, to 1e-5 (computed independently).
ENERGIES = {
    "identity": (1, 1, 1),
    "sigmoid": (0.29338, 0.04484, 0.04338),
    "tanh": (0.39429, 0.46440, 0.39429),
    "softsign": (0.18301, 0.22767, 0.18301),
    "relu": (0.5, 0.5, 0.34085),
    "leaky_relu": (0.50005, 0.50005, 0.34406),
    "elu": (0.64495, 0.66810, 0.61918),
    "selu": (1, 1.07157, 1),
    "gelu": (0.42522, 0.45585, 0.34564),
    "silu": (0.35578, 0.37948, 0.31308),
    "mish": (0.45234, 0.47908, 0.39455),
    "hard_swish": (0.33157, 0.35853, 0.30394),
    "softplus": (0.92125, 0.29338, 0.27151),
    "squared_relu": (1.5, 2, 1.25),
    "sin": (0.43233, 0.56767, 0.43233),
    "abs": (1, 1, 0.36338),
}


@pytest.mark.parametrize("name", ENERGIES)
@pytest.mark.parametrize("number, kind", list(enumerate(GAINS)))
def test_gains_are_those_of_the_table(name, number, kind):
    assert gain(ACTIVATIONS[name], kind) ** -2 == pytest.approx(ENERGIES[name][number], abs=1e-5)


def test_gains_match_closed_forms_to_ten_digits():
    def close(value, expected):
        assert value == pytest.approx(expected, rel=1e-10)

    def cdf(z):
        return (1 + erf(z / sqrt(2))) / 2

    def density(z):
        return exp(-z * z / 2) / sqrt(2 * pi)

    close(gain(relu), sqrt(2))
    close(gain(relu, "backward"), sqrt(2))
    close(gain(relu, "variance"), (1 / 2 - 1 / (2 * pi)) ** -0.5)
    a = 0.2
    close(gain(ACTIVATIONS["leaky_relu"].with_parameters(negative_slope=a)), sqrt(2 / (1 + a * a)))
    close(gain(ACTIVATIONS["squared_relu"]), sqrt(2 / 3))
    close(gain(ACTIVATIONS["sin"]), sqrt(2 / (1 - exp(-2))))
    close(gain(ACTIVATIONS["sin"], "backward"), sqrt(2 / (1 + exp(-2))))
    close(gain(ACTIVATIONS["step"]), sqrt(2))
    # E relu6², from the moments of the bell curve cut at 6:
    square = 1 / 2 - (1 - cdf(6)) - 6 * density(6) + 36 * (1 - cdf(6))
    close(gain(ACTIVATIONS["relu6"]), square**-0.5)
    close(gain(ACTIVATIONS["selu"]), 1)
    # E gelu = 1/(2√π)
    z, weights = gaussian_nodes()
    close(weights @ ACTIVATIONS["gelu"](z), 1 / (2 * sqrt(pi)))


@given(st.floats(-8, 8))
def test_quadrature_cut_at_a_jump_is_exact(kink):
    z, weights = gaussian_nodes([kink])
    expected = (1 - erf(kink / sqrt(2))) / 2
    assert weights @ (z > kink) == pytest.approx(expected, abs=1e-14)


def test_quadrature_has_the_moments_of_the_bell_curve():
    z, weights = gaussian_nodes()
    for power, moment in [(0, 1), (1, 0), (2, 1), (4, 3), (6, 15), (8, 105)]:
        assert weights @ z**power == pytest.approx(moment, abs=1e-11)


def test_a_function_without_slope_has_no_backward_gain():
    with pytest.raises(ValueError, match="step has no backward gain"):
        gain(ACTIVATIONS["step"], "backward")
    with pytest.raises(ValueError, match="kind must be one of forward, backward, variance"):
        gain(relu, "sideways")


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("laplace", {"sigma": 1e-3}), ("scaled_tanh", {"beta": 1e4}), ("snake", {"frequency": 1e3})],
)
def test_a_function_too_narrow_for_the_nodes_is_refused(name, parameters):
    narrow = ACTIVATIONS[name].with_parameters(**parameters)
    with pytest.raises(ValueError, match=f"the backward gain of {name} is not settled"):
        gain(narrow, "backward")


def test_every_gain_of_the_catalogue_is_settled():
    for f in ACTIVATIONS.values():
        for kind in GAINS:
            if (f.name, kind) != ("step", "backward"):
                assert gain(f, kind) > 0


VARIANCES = {  # times fan_in, for a layer of 300 inputs and 100 outputs
    "uniform": 1 / 3, "pytorch": 1 / 3, "lecun": 1, "lecun_uniform": 1, "he": 2, "he_uniform": 2,
    "glorot": 1.5, "glorot_uniform": 1.5, "gain": 1 / 0.394294,
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANCES)
def test_weights_have_the_variance_that_the_name_stands_for(name):
    weights, biases = INITIALIZERS[name](np.random.default_rng(1), 300, 100, tanh)
    assert weights.shape == (300, 100) and biases.shape == (100,)
    # The variance of 30 000 draws has a relative error of √(2/30 000) = 0.8 % at most: five of it.
    assert weights.var() * 300 == pytest.approx(VARIANCES[name], rel=0.04)
    assert abs(weights.mean()) < 5 * weights.std() / sqrt(30_000)
    if name == "pytorch":
        assert 0.8 * 300**-0.5 < np.abs(biases).max() <= 300**-0.5
    else:
        assert not biases.any()
    if name in ("uniform", "pytorch"):
        assert np.abs(weights).max() <= 300**-0.5


def test_zeros_are_zeros():
    weights, biases = INITIALIZERS["zeros"](np.random.default_rng(0), 3, 2, relu)
    assert not weights.any() and not biases.any()


def test_gain_is_that_of_the_function_that_feeds_the_layer():
    def energy(f):
        return INITIALIZERS["gain"](np.random.default_rng(0), 50, 50, f)[0].std()

    assert energy(relu) / energy(identity) == pytest.approx(sqrt(2))
    assert energy(tanh) / energy(identity) == pytest.approx(0.394294**-0.5, rel=1e-5)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_initialisers_pickle(name):
    copy = pickle.loads(pickle.dumps(INITIALIZERS[name]))
    for a, b in zip(
        copy(np.random.default_rng(3), 4, 5, tanh),
        INITIALIZERS[name](np.random.default_rng(3), 4, 5, tanh),
        strict=True,
    ):
        assert np.array_equal(a, b)


@given(st.floats(max_value=0) | st.sampled_from([np.inf, np.nan, None, "forwards", True]))
def test_a_factor_that_is_no_positive_number_is_refused(factor):
    with pytest.raises(ValueError, match="factor must be a finite number above 0"):
        variance_scaling(factor)


def test_unknown_fans_and_distributions_are_refused():
    with pytest.raises(ValueError, match="fan must be 'in' or 'mean'; got 'out'"):
        variance_scaling(fan="out")
    with pytest.raises(
        ValueError, match="distribution must be 'normal' or 'uniform'; got 'cauchy'"
    ):
        variance_scaling(distribution="cauchy")


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "tanh"])
def test_centred_biases_take_the_mean_out(name):
    f, rng = ACTIVATIONS[name], np.random.default_rng(0)
    weights, biases = variance_scaling(2.0, centred=True)(rng, 300, 40, f)
    z = np.random.default_rng(1).normal(size=1_000_000)
    inputs = np.full((1, 300), f(z).mean())
    assert inputs @ weights + biases == pytest.approx(0, abs=0.05)
    assert weights == pytest.approx(variance_scaling(2.0)(np.random.default_rng(0), 300, 40, f)[0])


def test_centred_is_refused_for_uniform_weights():
    with pytest.raises(ValueError, match="centred"):
        variance_scaling(1.0, distribution="uniform", centred=True)
