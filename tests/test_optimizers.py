"""Optimisers against steps by hand and a plain loop written from the papers."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bends.losses import squared_error
from bends.network import MLP, Gradients
from bends.optimizers import OPTIMIZERS, SGD, Adam, Momentum

WRONG_RATES = (
    st.floats(max_value=0)
    | st.sampled_from([np.inf, np.nan, None, "fast", True, [], [0.1, 0], [[0.1]]])
    | st.lists(st.floats(max_value=-0.0), min_size=1)
)


def parameters(net):
    return net.weights + net.biases


def gradients_of(net, x, y):
    return net.backward(squared_error(net(x), y)[1])


def test_first_steps_by_hand():
    def pipe():
        net = MLP([1, 1], init="zeros")
        net.weights[0][:], net.biases[0][:] = 2, 1
        return net

    # z = 2·3 + 1 = 7 and t = 5: the slope of (z - t)² is 4 in z, 12 in the weight, 4 in the bias.
    x, y = [[3]], [[5]]
    net = pipe()
    SGD(0.1).step(net, gradients_of(net, x, y))
    assert net.weights[0] == pytest.approx(0.8) and net.biases[0] == pytest.approx(0.6)

    net, momentum = pipe(), Momentum(0.1, momentum=0.5)
    unit = Gradients([np.array([[1.0]])], [np.array([-1.0])])
    moves = [0.1, 0.15, 0.175]  # velocities 1, 1.5 and 1.75
    for k in range(3):
        momentum.step(net, unit)
        assert net.weights[0] == pytest.approx(2 - sum(moves[: k + 1]))
        assert net.biases[0] == pytest.approx(1 + sum(moves[: k + 1]))

    net = pipe()
    Adam(0.1).step(net, gradients_of(net, x, y))  # the first step is one rate long
    assert net.weights[0] == pytest.approx(1.9) and net.biases[0] == pytest.approx(0.9)


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_twenty_steps_equal_a_plain_loop(name):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((30, 3)), rng.standard_normal((30, 2))
    net = MLP([3, 5, 2], "tanh", seed=1)
    W1, W2, b1, b2 = (p.copy() for p in parameters(net))
    theta = [W1, b1, W2, b2]
    first, second = [0.0] * 4, [0.0] * 4
    optimizer = OPTIMIZERS[name](0.05)
    for t in range(1, 21):
        optimizer.step(net, gradients_of(net, x, y))

        W1, b1, W2, b2 = theta
        hidden = np.tanh(x @ W1 + b1)
        error = 2 * (hidden @ W2 + b2 - y) / y.size
        back = (error @ W2.T) * (1 - hidden**2)
        slopes = [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
        for i, g in enumerate(slopes):
            if name == "momentum":
                first[i] = 0.9 * first[i] + g
                theta[i] = theta[i] - 0.05 * first[i]
            else:
                first[i] = 0.9 * first[i] + 0.1 * g
                second[i] = 0.999 * second[i] + 0.001 * g * g
                m, v = first[i] / (1 - 0.9**t), second[i] / (1 - 0.999**t)
                theta[i] = theta[i] - 0.05 * m / (np.sqrt(v) + 1e-8)
    W1, b1, W2, b2 = theta
    for p, q in zip(parameters(net), [W1, W2, b1, b2], strict=True):
        assert np.abs(p - q).max() < 1e-14


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rates_of_members_are_those_of_networks_alone(name, dtype):
    rates, x = [0.1, 0.003, 1.0], np.random.default_rng(0).standard_normal((7, 2))
    stack = MLP([2, 3, 1], "tanh", seed=[4, 4, 5], dtype=dtype)
    optimizer = OPTIMIZERS[name](rates)
    for _ in range(3):
        optimizer.step(stack, gradients_of(stack, x, x[:, 0]))
    for k, seed in enumerate([4, 4, 5]):
        net, optimizer = MLP([2, 3, 1], "tanh", seed=seed, dtype=dtype), OPTIMIZERS[name](rates[k])
        for _ in range(3):
            optimizer.step(net, gradients_of(net, x, x[:, 0]))
        for p, q in zip(parameters(stack), parameters(net), strict=True):
            assert p.dtype == dtype and np.array_equal(p[k], q)


@given(st.sampled_from(list(OPTIMIZERS.values())), WRONG_RATES)
def test_wrong_rates_are_refused(optimizer, rate):
    with pytest.raises(ValueError, match="learning_rate must be a finite number above 0"):
        optimizer(rate)


@given(st.floats(max_value=0) | st.floats(min_value=1) | st.sampled_from([np.nan, None, "0.9"]))
def test_shares_out_of_range_are_refused(share):
    for optimizer, name in [(Momentum, "momentum"), (Adam, "beta1"), (Adam, "beta2")]:
        with pytest.raises(ValueError, match=f"{name} must be a finite number above 0 and less"):
            optimizer(**{name: share})


def test_rates_must_be_as_many_as_members():
    for seed, count in [(0, 2), ([0, 1], 3), ([0], 2)]:
        net = MLP([1, 1], seed=seed)
        with pytest.raises(ValueError, match=f"one a member; got {count} rates"):
            SGD([0.1] * count).step(net, gradients_of(net, [[1]], [[1]]))


def test_an_optimiser_belongs_to_one_network():
    one, other, optimizer = MLP([1, 1]), MLP([1, 1]), SGD(0.1)
    optimizer.step(one, gradients_of(one, [[1]], [[1]]))
    with pytest.raises(ValueError, match="make a new optimizer"):
        optimizer.step(other, gradients_of(other, [[1]], [[1]]))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimiser_pickles_with_what_it_remembers(name):
    net, optimizer = MLP([2, 3, 1], "tanh"), OPTIMIZERS[name](0.1)
    x = np.ones((2, 2))
    optimizer.step(net, gradients_of(net, x, x[:, 0]))
    net_copy, optimizer_copy = pickle.loads(pickle.dumps((net, optimizer)))
    for n, o in [(net, optimizer), (net_copy, optimizer_copy)]:
        o.step(n, gradients_of(n, x, x[:, 0]))
    for p, q in zip(parameters(net), parameters(net_copy), strict=True):
        assert np.array_equal(p, q)


@pytest.mark.parametrize("members", [None, [1, 2]])
def test_a_changed_rate_holds_from_the_next_step(members):
    net = MLP([1, 1], init="zeros", seed=1 if members is None else members)
    shape = net.weights[0].shape
    unit = Gradients([np.ones(shape)], [np.ones(net.biases[0].shape)])
    optimizer = SGD(0.5)
    optimizer.step(net, unit)
    optimizer.learning_rate = 0.25
    optimizer.step(net, unit)
    assert (net.weights[0] == -0.75).all() and (net.biases[0] == -0.75).all()
    if members:
        optimizer.learning_rate = [1, 2]
        optimizer.step(net, unit)
        assert net.weights[0].ravel().tolist() == [-1.75, -2.75]
    with pytest.raises(ValueError, match="learning_rate must be a finite number above 0"):
        optimizer.learning_rate = 0


def test_rates_are_handed_out_to_be_read():
    optimizer = SGD(0.5)
    old = optimizer.learning_rate
    optimizer.learning_rate *= 0.5
    assert (old, optimizer.learning_rate) == (0.5, 0.25)
    stacked = SGD([0.5, 1])
    with pytest.raises(ValueError, match="read-only"):
        stacked.learning_rate[0] = -5
    stacked.learning_rate = stacked.learning_rate / 2
    assert stacked.learning_rate.tolist() == [0.25, 0.5]


def test_a_step_that_is_refused_leaves_the_optimiser_as_it_was():
    net, x = MLP([2, 3, 1]), np.ones((2, 2))
    good = gradients_of(net, x, x[:, 0])
    optimizer, before = Adam([0.1, 0.2]), [p.copy() for p in parameters(net)]
    with pytest.raises(ValueError, match="got 2 rates"):
        optimizer.step(net, good)
    masked = Gradients([np.ma.array(g) for g in good.weights], good.biases)
    with pytest.raises(TypeError, match="gradients is a masked array"):
        SGD().step(net, masked)
    assert optimizer.steps == 0
    assert all(np.array_equal(p, q) for p, q in zip(before, parameters(net), strict=True))
    optimizer.learning_rate = 0.1
    optimizer.step(net, good)
    optimizer.step(net, good)
