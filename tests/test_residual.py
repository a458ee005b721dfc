"""Networks with normalisation and skips: by hand, gradients, stacks, and what is predicted."""

import numpy as np
import pytest

from bends import ACTIVATIONS, MLP, gain, train
from bends.initializers import variance_scaling
from bends.losses import cross_entropy
from bends.meanfield import mean_field
from bends.residual import ResidualMLP, normalised, propagate

AROUND = [{"normalise": n, "skip": s} for n in (False, True) for s in (False, True)]


def test_normalised_rows_by_hand():
    z, spread = normalised(np.array([[1.0, 3.0], [-4.0, 4.0]]))
    np.testing.assert_allclose(z, [[-1, 1], [-1, 1]], rtol=1e-5)
    np.testing.assert_allclose(spread, [[1], [4]], rtol=1e-5)


def test_a_skip_by_hand():
    net = ResidualMLP([1, 1, 1, 1], "relu", skip=True, init="zeros")
    for W, weight in zip(net.weights, [2, -3, 1], strict=True):
        W[:] = weight
    net.biases[1][:] = 7
    # ReLU lets 2 and 7 - 6 = 1 through; the skip adds the 2 again.
    assert net([[1.0]]) == 3
    net.backward(np.array([[1.0]]))
    # Two paths lead back to layer 1: the skip, 1, and the weight, -3.
    assert [signal.item() for signal in net.signals] == [-2, 1, 1]


@pytest.mark.parametrize("around", AROUND, ids=str)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "silu", "selu"])
def test_gradients_match_finite_differences(name, around):
    net = ResidualMLP([3, 5, 5, 5, 2], name, seed=[1, 2], **around)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), rng.integers(0, 2, 7)
    gradients = net.backward(cross_entropy(net(x), y)[1])
    width = 1e-6
    for p, gradient in zip(
        net.weights + net.biases, gradients.weights + gradients.biases, strict=True
    ):
        for index in np.ndindex(p.shape):
            start = p[index]
            p[index] = start + width
            above = cross_entropy(net(x), y)[0][index[0]]
            p[index] = start - width
            below = cross_entropy(net(x), y)[0][index[0]]
            p[index] = start
            assert (above - below) / (2 * width) == pytest.approx(gradient[index], abs=1e-8)


def test_with_nothing_around_it_is_an_mlp():
    x, y = np.random.default_rng(0).normal(size=(64, 3)), np.arange(64) % 2
    plain, same = (kind([3, 8, 8, 2], "silu", seed=[1, 2]) for kind in (MLP, ResidualMLP))
    for net in (plain, same):
        train(net, x, y, loss="cross_entropy", epochs=3, progress=False)
    for a, b in zip(plain.weights + plain.biases, same.weights + same.biases, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("around", AROUND, ids=str)
def test_a_stack_equals_its_members(around):
    x, y = np.random.default_rng(0).normal(size=(64, 3)), np.arange(64) % 2
    nets = [ResidualMLP([3, 8, 8, 8, 2], "relu", seed=s, **around) for s in ([4, 5], 5)]
    for net in nets:
        train(net, x, y, loss="cross_entropy", epochs=3, progress=False)
    for a, b in zip(nets[0].weights, nets[1].weights, strict=True):
        np.testing.assert_allclose(a[1], b, rtol=1e-9, atol=1e-12)


def test_a_gradient_of_another_shape_is_refused():
    net = ResidualMLP([3, 8, 2], normalise=True)
    for x in (None, np.ones((4, 3))):
        if x is not None:
            net(x)
        with pytest.raises(ValueError, match=r"gradient has the shape \(4, 1\); it must have"):
            net.backward(np.ones((4, 1)))


def test_skips_need_equal_layers():
    with pytest.raises(ValueError, match="sizes must have equal hidden layers"):
        ResidualMLP([3, 8, 9, 2], skip=True)


@pytest.mark.parametrize("around", AROUND, ids=str)
@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "silu"])
def test_a_wide_network_does_what_is_predicted(name, around):
    f, width, depth = ACTIVATIONS[name], 1000, 6
    predicted = propagate(f, depth, gain(f), **around)
    net = ResidualMLP(
        [width] * (depth + 2), f, init=variance_scaling(gain(f)), seed=range(4), **around
    )
    net.weights[0] /= max(gain(f), 1)  # as `propagate` says: inputs are data
    x = np.random.default_rng(0).normal(size=(2, width))  # nearly at right angles
    net(x)
    for layer, h in zip(predicted, net.layer_inputs[1:], strict=True):
        size = np.sqrt(np.mean(h**2, axis=(-2, -1)))
        apart = np.sqrt(np.mean((h[:, 0] - h[:, 1]) ** 2, axis=-1) / 2) / size
        assert size.mean() == pytest.approx(layer.size, rel=0.1)
        assert apart.mean() == pytest.approx(layer.apart, rel=0.1)
    sent = np.random.default_rng(1).normal(size=(4, 2, width))
    net.backward(sent)
    arrived = [np.sqrt(np.mean(np.square(s))) for s in net.signals[:-1]]
    if not around["skip"]:  # a signal stands behind the activation function, not at the layer's end
        ratio = predicted[-1].gradient
        assert arrived[0] / arrived[-1] == pytest.approx(ratio, rel=0.15)


def test_relu_loses_the_angle_as_known():
    """cos of the angle .872 after 10 layers and .988 after 50, from a right angle."""
    layers = propagate(ACTIVATIONS["relu"], 50, 2**0.5)
    assert 1 - layers[9].apart ** 2 == pytest.approx(0.872, abs=0.002)
    assert 1 - layers[49].apart ** 2 == pytest.approx(0.988, abs=0.001)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "selu", "abs", "tanh", "sigmoid", "gelu"])
def test_fifty_layers_back_the_gradient_is_that_of_the_mean_field(name):
    """49 layers of slopes multiply the square by χ each; a kink counts half and half."""
    f = ACTIVATIONS[name]
    chi = mean_field(f, gain(f)).chi
    for around in ({}, {"normalise": True}):
        deepest = propagate(f, 50, gain(f), **around)[-1]
        assert deepest.gradient == pytest.approx(chi**24.5, rel=1e-6)


def test_with_skips_the_gradient_of_relu_is_the_closed_form():
    layers = propagate("relu", 50, 2**0.5, skip=True)
    assert layers[-1].gradient == pytest.approx(2**24.5, rel=1e-9)  # each adds as much again


@pytest.mark.parametrize(("sigma_w", "sigma_b"), [(2**0.5, 0), (3**-0.5, 72**-0.5)])
def test_fifty_layers_on_the_angle_of_relu_is_right_to_a_percent(sigma_w, sigma_b):
    """Cho and Saul's closed form, layer by layer, for normalised ReLU networks."""
    first = min(sigma_w, 1)
    c = sigma_b**2 / (first**2 + sigma_b**2)  # of two inputs at right angles
    for layer in propagate("relu", 50, sigma_w, sigma_b, normalise=True):
        angle = np.arccos(c)
        after = (np.sin(angle) + (np.pi - angle) * c) / np.pi
        assert layer.apart == pytest.approx(np.sqrt(1 - after), rel=0.01)
        half = sigma_w**2 / 2
        c = (half * after + sigma_b**2) / (half + sigma_b**2)


def test_what_dies_out_or_blows_up_has_no_angle():
    gone, grown = propagate("relu", 300, 0.05)[-1], propagate("squared_relu", 30, 3)[-1]
    assert gone.size == 0 and grown.size == np.inf
    assert np.isnan([gone.apart, grown.apart]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("tanh", -1, 1), "depth must be a whole number, 1 or more; got -1"),
        (("tanh", 3, 0), "sigma_w must be a finite number above 0"),
        (("tanh", 3, np.nan), "sigma_w must be a finite number above 0"),
        (("tanh", 3, 1, -1), "sigma_b must be a finite number, 0 or more; got -1"),
        (("tanh", 3, 1, np.nan), "sigma_b must be a finite number, 0 or more; got nan"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        propagate(*arguments)
