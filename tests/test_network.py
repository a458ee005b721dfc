"""The network: a pass by hand, gradients against finite differences, stacks, errors."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bends import ACTIVATIONS, INITIALIZERS, MLP
from bends.losses import LOSSES, cross_entropy, poisson, squared_error

DTYPES = st.sampled_from([np.float32, np.float64])


def parameters(net):
    return net.weights + net.biases


def test_a_pass_forward_and_back_by_hand():
    net = MLP([2, 2, 1], "relu", init="zeros")
    net.weights[0][:] = [[1, 1], [1, 1]]
    net.biases[0][:] = [0, -1]
    net.weights[1][:] = [[1], [-2]]
    x = [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert net(x).ravel().tolist() == [0, 1, 1, 0]  # XOR
    assert net.pre_activations[0].tolist() == [[0, -1], [1, 0], [1, 0], [2, 1]]
    assert net.layer_inputs[1].tolist() == [[0, 0], [1, 0], [1, 0], [2, 1]]
    gradients = net.backward(np.array([[1.0], [1], [1], [1]]))
    assert gradients.weights[1].tolist() == [[4], [1]] and gradients.biases[1].tolist() == [4]
    # The first bend lets 1 through for three rows, the second for the last row, weighed by -2.
    assert net.signals[0].tolist() == [[0, 0], [1, 0], [1, 0], [1, -2]]
    assert gradients.weights[0].tolist() == [[2, -2], [2, -2]]
    assert gradients.biases[0].tolist() == [3, -2]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gradients_match_finite_differences(name, loss):
    """Away from kinks: the draw that stays farther from them than a step can move it."""
    f, width = ACTIVATIONS[name], 1e-6
    net = MLP([3, 4, 4, 2], name, init="lecun", seed=2)
    for seed in range(100):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (5, 3))
        net(x)
        z = np.concatenate([layer.ravel() for layer in net.pre_activations[:-1]])
        if all(np.abs(z - kink).min() > 1e-3 for kink in f.kinks):
            break
    else:
        raise AssertionError("no draw stays away from the kinks")
    y = rng.random((5, 2))
    y = rng.integers(0, 2, 5) if loss is cross_entropy else np.round(y) if loss is poisson else y
    gradients = net.backward(loss(net(x), y)[1])
    largest = max(np.abs(g).max() for g in gradients.weights + gradients.biases)
    for p, gradient in zip(parameters(net), gradients.weights + gradients.biases, strict=True):
        assert gradient.shape == p.shape
        for index in np.ndindex(p.shape):
            start = p[index]
            p[index] = start + width
            above = loss(net(x), y)[0]
            p[index] = start - width
            below = loss(net(x), y)[0]
            p[index] = start
            slope = (above - below) / (2 * width)
            assert slope == pytest.approx(gradient[index], abs=1e-7 * largest)


@given(st.data())
def test_a_stack_equals_its_members_bit_for_bit(data):
    sizes = data.draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    name = data.draw(st.sampled_from(list(ACTIVATIONS)))
    init = data.draw(st.sampled_from(list(INITIALIZERS)))
    seeds = data.draw(st.lists(st.integers(0, 2**40), min_size=1, max_size=4))
    dtype, n = data.draw(DTYPES), data.draw(st.integers(1, 40))
    own = data.draw(st.booleans())
    rng = np.random.default_rng(0)
    x = rng.standard_normal((len(seeds), n, sizes[0]) if own else (n, sizes[0]))
    gradient = rng.standard_normal((len(seeds), n, sizes[-1])).astype(dtype)
    stack = MLP(sizes, name, init=init, seed=seeds, dtype=dtype)
    outputs, gradients = stack(x), stack.backward(gradient)
    assert outputs.dtype == dtype and outputs.shape == gradient.shape
    for k, seed in enumerate(seeds):
        net = MLP(sizes, name, init=init, seed=seed, dtype=dtype)
        assert np.array_equal(net(x[k] if own else x), outputs[k])
        alone = net.backward(gradient[k])
        for p, q in zip(parameters(stack), parameters(net), strict=True):
            assert p.dtype == dtype and np.array_equal(p[k], q)
        for p, q in zip(gradients.weights + gradients.biases, alone.weights + alone.biases,
                        strict=True):  # fmt: skip
            assert p.dtype == dtype and np.array_equal(p[k], q)


def test_linear_layers_collapse_into_one():
    net = MLP([3, 5, 4, 2], "identity", seed=0)
    for b in net.biases:
        b[:] = np.random.default_rng(1).standard_normal(b.shape)
    x = np.random.default_rng(2).standard_normal((10, 3))
    (A, B, C), (a, b, c) = net.weights, net.biases
    assert net(x) == pytest.approx(x @ (A @ B @ C) + (a @ B + b) @ C + c, abs=1e-12)


def test_each_layer_may_bend_differently():
    net = MLP([1, 2, 2, 1], ["tanh", ACTIVATIONS["sin"]], seed=0)
    x = np.array([[0.3], [-2.0]])
    outputs = net(x)
    hidden = np.tanh(x @ net.weights[0])
    expected = np.sin(hidden @ net.weights[1]) @ net.weights[2]
    assert outputs == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("name", ["relu", "tanh", "gelu", "sigmoid", "softplus"])
def test_gain_keeps_the_energy_from_layer_to_layer(name):
    net = MLP([1000, 1000, 1000, 1], name, seed=0)
    net(np.random.default_rng(0).standard_normal((100, 1000)))
    first, second, _ = (np.mean(z**2) for z in net.pre_activations)
    # 1000 units give a mean square with a relative error of about √(5/1000) = 0.07 at most.
    assert first == pytest.approx(1, abs=0.15) and second == pytest.approx(first, rel=0.15)


def test_networks_pickle():
    net = MLP([2, 3, 1], ACTIVATIONS["leaky_relu"].with_parameters(negative_slope=0.3), seed=[1, 2])
    copy = pickle.loads(pickle.dumps(net))
    x = np.ones((2, 2))
    assert np.array_equal(net(x), copy(x)) and copy.seed == (1, 2)


def test_sizes_must_be_a_sequence():
    with pytest.raises(ValueError, match="sizes must name inputs and outputs at least; got 5"):
        MLP(5)


@given(st.lists(st.integers(-3, 3) | st.sampled_from([2.5, "2", None, True]), max_size=4))
def test_wrong_sizes_are_refused(sizes):
    if len(sizes) >= 2 and all(type(size) is int and size > 0 for size in sizes):
        assert MLP(sizes).sizes == sizes
    else:
        with pytest.raises(ValueError, match="sizes must"):
            MLP(sizes)


@given(st.lists(st.integers(0, 4), max_size=4), st.sampled_from([0, [1, 2]]))
def test_inputs_of_another_shape_are_refused(shape, seed):
    net = MLP([3, 2], seed=seed)
    accepted = len(shape) == 2 or (len(shape) == 3 and seed == [1, 2] and shape[0] == 2)
    if 0 in shape:
        with pytest.raises(ValueError, match="x is empty"):
            net(np.zeros(shape))
    elif accepted and shape[-1] == 3:
        assert net(np.zeros(shape)).shape == (*net.members, shape[-2], 2)
    else:
        with pytest.raises(ValueError, match=r"x must have the shape \(n, 3\)"):
            net(np.zeros(shape))


@given(st.sampled_from([np.nan, np.inf, -np.inf]), st.integers(0, 3), st.integers(0, 1))
def test_inputs_that_are_not_finite_are_refused(value, row, column):
    x = np.zeros((4, 2))
    x[row, column] = value
    with pytest.raises(ValueError, match=rf"x must be finite; the entry at \({row}, {column}\)"):
        MLP([2, 1])(x)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"activation": "rleu"}, KeyError, "relu"),
        ({"activation": ["relu", "relu"]}, ValueError, "each of the 1 hidden layers; got 2"),
        ({"activation": np.tanh}, TypeError, "activation must be a name or a function of the cat"),
        ({"init": "hee"}, ValueError, "init='hee' is not known; nearest: he"),
        ({"init": 3}, TypeError, "init must be a name or the thing itself; got 3"),
        ({"seed": -1}, ValueError, "seed must be a whole number, 0 or more; got -1"),
        ({"seed": [0, 1.5]}, ValueError, "seed must be a whole number, 0 or more; got 1.5"),
        ({"seed": []}, ValueError, "seed is an empty sequence"),
        ({"dtype": np.int64}, ValueError, "dtype must be float64 or float32; got int64"),
    ],
)
def test_wrong_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        MLP([2, 3, 1], **arguments)


def test_a_gradient_needs_a_pass_and_its_shape():
    net = MLP([2, 1])
    with pytest.raises(ValueError, match="gradient has the shape"):
        net.backward(np.zeros((4, 1)))
    net(np.zeros((4, 2)))
    with pytest.raises(ValueError, match=r"gradient has the shape \(4,\)"):
        net.backward(np.zeros(4))
    assert squared_error(net(np.zeros((4, 2))), np.zeros(4))[0] == 0


@pytest.mark.parametrize("dtype", ["foo", None, "float16", int])
def test_another_dtype_is_refused(dtype):
    with pytest.raises(ValueError, match="dtype must be float64 or float32; got "):
        MLP([2, 1], dtype=dtype)


@pytest.mark.parametrize("seed", [0, [0, 1]])
@pytest.mark.parametrize(
    ("weights", "biases", "words"),
    [
        ((3, 2), 3, r"init must give weights of shape \(2, 3\); it gave \(3, 2\)"),
        ((2, 3), 1, r"init must give biases of shape \(3,\); it gave \(1,\)"),
        (np.full((2, 3), np.nan), 3, "init must give finite weights; in layer 1 some are not"),
        ((2, 3), np.full(3, np.inf), "init must give finite biases; in layer 1 some are not"),
    ],
)
def test_an_init_that_gives_no_weights_of_its_shapes_is_refused(seed, weights, biases, words):
    def init(rng, fan_in, fan_out, activation):
        return tuple(x if isinstance(x, np.ndarray) else np.ones(x) for x in (weights, biases))

    with pytest.raises(ValueError, match=words):
        MLP([2, 3], init=init, seed=seed)
