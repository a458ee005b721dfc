"""Order, chaos and the edge, against theory and measured networks."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bends import ACTIVATIONS, meanfield, signals
from bends.initializers import variance_scaling
from bends.network import MLP


def test_edge_of_chaos_of_tanh():
    assert meanfield.critical_sigma_w("tanh") == pytest.approx(1, abs=1e-6)
    assert meanfield.mean_field("tanh", 0.9) == (0, pytest.approx(0.81))
    for variance, scale, q in [
        (0.05, 1.76095, 0.57005),
        (0.1, 1.98607, 0.80580),
        (0.3, 2.50513, 1.46117),
    ]:
        sigma_w = meanfield.critical_sigma_w("tanh", math.sqrt(variance))
        assert sigma_w**2 == pytest.approx(scale, abs=1e-3)
        settled = meanfield.mean_field("tanh", sigma_w, math.sqrt(variance))
        assert settled == (pytest.approx(q, abs=1e-3), pytest.approx(1, abs=1e-6))


@pytest.mark.parametrize(("sigma_w", "layers"), [(0.5, 0.721), (0.8, 2.241), (0.9, 4.746)])
def test_depth_that_a_difference_survives(sigma_w, layers):
    chi = meanfield.mean_field("tanh", sigma_w).chi
    assert -1 / math.log(chi) == pytest.approx(layers, abs=1e-3)


def test_relu_keeps_any_variance_at_the_scale_of_he():
    assert meanfield.critical_sigma_w("relu") == pytest.approx(math.sqrt(2))
    assert meanfield.mean_field("relu", math.sqrt(2)) == (1, pytest.approx(1))
    assert meanfield.mean_field("relu", 1.5) == (math.inf, 1.5**2 / 2)
    # below the edge the variance settles at sigma_b² / (1 - sigma_w² / 2)
    assert meanfield.mean_field("relu", 1, 0.5) == (pytest.approx(0.5), pytest.approx(0.5))


DYING = {"relu": 1.0, "leaky_relu": 1.0, "prelu": 0.9, "rrelu": 0.9, "relu6": 1.0, "abs": 0.8,
         "selu": 0.55, "elu": 0.8}  # fmt: skip


@pytest.mark.parametrize("activation", DYING)
def test_where_the_signal_dies_out_both_sides_of_a_kink_count(activation):
    f = ACTIVATIONS[activation]
    if activation == "elu":
        f = f.with_parameters(alpha=0.5)  # slopes 0.5 and 1
    settled = meanfield.mean_field(f, DYING[activation])
    assert settled.q == 0
    # Measured: how much of a tiny difference a layer keeps, in 20 random networks of tiny inputs.
    rng, layers = np.random.default_rng(0), 4
    nets = MLP([300] * (layers + 2), f, init=variance_scaling(DYING[activation]), seed=range(20))
    x = 1e-5 * rng.standard_normal((1, 300))
    z = signals.signals(nets, np.concatenate([x, x * (1 + 1e-6 * rng.standard_normal(x.shape))]))
    gaps = [np.square(layer[:, 1] - layer[:, 0]).sum(axis=-1) for layer in z.pre_activations]
    kept = (np.mean(gaps[-1] / gaps[0])) ** (1 / layers)
    assert settled.chi == pytest.approx(kept, rel=0.05)


def test_every_function_with_a_kink_at_0_is_among_those_that_die():
    kinked = {f.name for f in ACTIVATIONS.values() if 0 in f.kinks and f(0) == 0}
    assert kinked - {"step"} <= set(DYING)  # a step's signal never dies


def test_the_edge_of_chaos_of_selu():
    sides = np.mean(np.square(ACTIVATIONS["selu"].derivative(np.array([-1e-9, 1e-9]))))
    assert meanfield.critical_sigma_w("selu") == pytest.approx(sides**-0.5, rel=1e-6)
    assert meanfield.critical_sigma_w("selu") == pytest.approx(0.690, abs=5e-4)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(["tanh", "sigmoid", "gelu", "softsign", "hard_tanh"]), st.floats(0.5, 1.3))
def test_the_settled_variance_is_a_fixed_point(activation, sigma_w):
    q = meanfield.mean_field(activation, sigma_w, 0.3).q
    assert meanfield.variance_map(activation, q, sigma_w, 0.3) == pytest.approx(q)


def test_correlation_map():
    c = np.array([-1, -0.5, 0, 0.3, 0.9, 0.999, 1])
    angle = np.arccos(c)  # ReLU has a closed form: Cho and Saul 2009
    exact = (np.sin(angle) + (np.pi - angle) * c) / np.pi
    after = meanfield.correlation_map("relu", c, math.sqrt(2), q=1.0)
    np.testing.assert_allclose(after, exact, atol=1e-6)

    settled = meanfield.mean_field("tanh", 1.3, 0.2)
    near = meanfield.correlation_map("tanh", 1 - 1e-5, 1.3, 0.2)
    assert (1 - near) / 1e-5 == pytest.approx(settled.chi, rel=1e-3)
    assert meanfield.correlation_map("tanh", 1.0, 1.3, 0.2) == pytest.approx(1)


def test_a_wide_network_follows_the_correlation_map():
    rng = np.random.default_rng(0)
    net = MLP([1000, 1000, 1000, 1], "tanh", init=variance_scaling(1.5), seed=0)
    q = meanfield.mean_field("tanh", 1.5).q
    first = rng.standard_normal((200, 1000)) * math.sqrt(q) / 1.5
    other = rng.standard_normal((200, 1000)) * math.sqrt(q) / 1.5
    x = np.concatenate([first, 0.6 * first + 0.8 * other])
    for layer, expected in [(0, 0.6), (1, meanfield.correlation_map("tanh", 0.6, 1.5))]:
        z = signals.signals(net, x).pre_activations[layer]
        c = (z[:200] * z[200:]).sum() / np.sqrt((z[:200] ** 2).sum() * (z[200:] ** 2).sum())
        assert c == pytest.approx(expected, abs=0.01)


def test_a_function_that_jumps_is_followed_less_exactly():
    c = np.array([-0.9, 0.0, 0.5, 0.99])
    exact = 1 - np.arccos(c) / np.pi  # the share of pairs on one side, doubled
    after = meanfield.correlation_map("step", c, 1, q=1.0)
    assert 1e-6 < np.abs(after - exact).max() < 1e-3


def test_what_grows_without_end_and_swings_for_ever():
    with np.errstate(over="raise", invalid="raise"):
        assert meanfield.mean_field("exponential", 1) == (math.inf, math.inf)
    swings = meanfield.mean_field("snake", 1)
    assert swings.q == math.inf and math.isnan(swings.chi)


def test_a_second_derivative_that_jumps_is_cut_as_well():
    # E over z of variance 1.7 of sparse plus, squared, by a fine sum
    z = np.arange(-12, 12, 1 / 4096) + 1 / 8192
    bell = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / 4096
    exact = bell @ ACTIVATIONS["sparse_plus"](math.sqrt(1.7) * z) ** 2
    assert meanfield.variance_map("sparse_plus", 1.7, 1) == pytest.approx(exact, rel=1e-9)


SPIKE = ACTIVATIONS["laplace"].with_parameters(sigma=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: meanfield.mean_field("tanh", 0), "sigma_w must be a finite number above 0"),
        (lambda: meanfield.mean_field("tanh", 1, -1), "sigma_b must be a finite number, 0 or more"),
        (lambda: meanfield.variance_map("tanh", 1, 1, math.nan), "sigma_b must be a finite number"),
        (lambda: meanfield.variance_map("tanh", 1, 1, -1), "sigma_b must be a finite number"),
        (lambda: meanfield.correlation_map("tanh", 0, 1, -1, 1), "sigma_b must be a finite number"),
        (lambda: meanfield.correlation_map("tanh", 0, 0, 1, 1), "sigma_w must be a finite number"),
        (lambda: meanfield.mean_field(SPIKE, 0.5, 0.1), "mean square of laplace .* not settled"),
        (lambda: meanfield.variance_map(SPIKE, 1, 1), "mean square of laplace .* not settled"),
        (lambda: meanfield.critical_sigma_w("step"), "step has no edge of chaos"),
        (
            lambda: meanfield.correlation_map("tanh", 1.1, 1),
            "correlation must lie between -1 and 1",
        ),
        (lambda: meanfield.correlation_map("tanh", 0.5, 0.5), "q must be given: .* goes to 0"),
    ],
)
def test_errors_name_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()
