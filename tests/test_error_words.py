"""A wrong argument is answered by a word that names it, what came and what is accepted."""

import warnings
from fractions import Fraction

import numpy as np
import pytest

from bends import MLP, gain, gelu, relu, softmax, train
from bends.losses import LOSSES, accuracy
from bends.signals import signals
from bends.training import split

X = np.random.default_rng(0).standard_normal((6, 2))
Y = np.array([0, 1, 2, 0, 1, 2])


def net():
    return MLP([2, 4, 3])


def fit(**options):
    train(net(), X, Y, loss="cross_entropy", progress=False, **options)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: relu(10**400), ValueError, "relu takes numbers up to 1.8e308; got a larger one"),
        (lambda: relu([[1, 2], [3]]), ValueError, "relu takes an array; got rows of different"),
        (lambda: softmax([[1, 2], [3]]), ValueError, "softmax takes an array; got rows of diff"),
        (lambda: softmax(X, dim=0), TypeError, "no argument 'dim'; it has: axis"),
        (lambda: softmax(X, axis=None), ValueError, "axis must be .* from -2 to 1 .*; got None"),
        (lambda: softmax(X, axis=2), ValueError, "axis must be .* from -2 to 1 .*; got 2"),
        (lambda: net()([[1, 2], [3]]), TypeError, "x must be an array .* different lengths"),
        (lambda: net()(X * 1j), TypeError, "x must be an array of real numbers: got complex"),
        (lambda: net()([["1", "2"]]), TypeError, "x must be an array of real numbers: got text"),
        (lambda: net()(X.astype(bytes)), TypeError, "x must be .* real numbers: got text"),
        (lambda: net()(X.astype(object).astype(str)), TypeError, "real numbers: got text"),
        (lambda: net()(np.array([[1, "2"]], object)), TypeError, "real numbers: got text"),
        (lambda: net()(X.astype("M8[s]")), TypeError, "x must be .* numbers: got dates or times"),
        (lambda: net()(X.astype("m8[s]")), TypeError, "x must be .* numbers: got dates or times"),
        (
            lambda: train(net(), X, Y.astype(str), loss="cross_entropy"),
            TypeError,
            "y must be an array of real numbers: got text",
        ),
        (
            lambda: MLP([2, 1], dtype=np.float32)([[0, 1], [1e300, 2]]),
            ValueError,
            r"x must be finite as float32; the entry at \(1, 0\) is 1e\+300",
        ),
        (lambda: fit(validation=0.2), TypeError, r"a pair \(x, y\); got 0.2. `split` holds"),
        (lambda: fit(validation=(X, Y, Y)), TypeError, r"a pair \(x, y\); got 3 entries"),
        (lambda: fit(validation=X), TypeError, r"a pair \(x, y\); got 6 entries"),
        (lambda: signals(net(), X, "rmse", Y), ValueError, "loss='rmse' is not known"),
        (lambda: signals(net(), X, "cross_entropy"), TypeError, "loss and targets together"),
        (lambda: signals(net(), X, None, Y), TypeError, "loss and targets together"),
        (
            lambda: signals(net(), X, "cross_entropy", Y + np.array([0, 0, np.nan, 0, 0, 0])),
            ValueError,
            r"targets must be finite; the entry at \(2,\) is nan",
        ),
        (
            lambda: gain("gleu"),
            KeyError,
            "is called 'gleu'; nearest: .*gelu",
        ),
        (lambda: accuracy("crossentropy", net()(X), Y), ValueError, "nearest: cross_entropy"),
        (lambda: accuracy("squared_error", X, X), ValueError, "near or far"),
    ],
)
def test_it_says_what_is_wrong(call, error, words):
    with warnings.catch_warnings(), pytest.raises(error, match=words):
        warnings.simplefilter("error")
        call()


def test_numbers_of_any_kind_are_taken():
    for x in ([[1, 2]], np.array([[1, 2]], object), [[True, False]], [[Fraction(1, 3), 2**70]]):
        assert np.isfinite(net()(x)).all() and np.isfinite(MLP([2, 1], dtype="float32")(x)).all()


def test_names_are_taken_where_the_thing_is():
    assert gain("gelu") == gain(gelu)
    outputs = net()(X)
    assert accuracy("cross_entropy", outputs, Y) == accuracy(LOSSES["cross_entropy"], outputs, Y)
    named = signals(net(), X, "cross_entropy", Y).gradients
    np.testing.assert_array_equal(
        named[0], signals(net(), X, LOSSES["cross_entropy"], Y).gradients[0]
    )


def test_whole_numbers_of_any_size_become_floats():
    assert relu(10**30) == 1e30 and relu([-(10**30), 3]).tolist() == [0, 3]


def test_the_pair_that_split_gives_is_taken():
    x, y, *validation = split(X, Y, share=0.5)
    fit(validation=validation, epochs=1)
