"""The data sets: right shapes, right labels, the published numbers, clear errors."""

import hashlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bends import datasets

POINTS = {
    "xor_cloud": datasets.xor_cloud,
    "moons": datasets.moons,
    "circles": datasets.circles,
    "spirals": datasets.spirals,
    "blobs": datasets.blobs,
    "checkerboard": datasets.checkerboard,
}

# Columns 0, 7, 20 and 39 of some rows of the published file (mnist1d_data.pkl, 1 642 012 bytes,
# in the repository greydanus/mnist1d at 7878d96), and a hash of all its labels.
COLUMNS = [0, 7, 20, 39]
PUBLISHED_X = {
    0: [-0.3320056673693902, 1.6525071095153063, 1.5934880211319844, -0.8901663884753127],
    1: [1.9654808817629648, 0.8207227501401715, -0.7296326685184953, -1.3642151108248246],
    2: [-0.019303033743480816, -0.01995893250276973, 0.33732615003075384, -2.315328200036819],
    999: [1.4434106671680695, -0.18980772557358783, 0.03811367697749356, 0.2968695190168931],
    2345: [0.887459780011899, -0.038539948824918034, -0.33932131659810527, 0.492936201817165],
    3999: [-0.6939948035971022, -0.9526049347609845, -0.28179308765768885, -1.6509928567520655],
}
PUBLISHED_X_TEST = {
    0: [-0.07877078047732886, -0.44891797010721, -1.0839331678123738, 0.3461328866646199],
    500: [1.5867906310964024, 1.4508482238110296, -1.8449689685400477, -0.7980797789260946],
    999: [-0.5193287078205188, -0.04104002875460335, 1.3949283343454961, 1.193151836835276],
}
PUBLISHED_LABELS = "4f5f4160c519e3c47f9d3e196c161336fcd32126a9efffe4153d6e7c8b73f963"


def test_mnist1d_is_the_published_set():
    data = datasets.mnist1d()
    for row, values in PUBLISHED_X.items():
        np.testing.assert_allclose(data.x[row, COLUMNS], values, rtol=0, atol=1e-12)
    for row, values in PUBLISHED_X_TEST.items():
        np.testing.assert_allclose(data.x_test[row, COLUMNS], values, rtol=0, atol=1e-12)
    labels = np.concatenate([data.y, data.y_test]).astype(np.uint8)
    assert hashlib.sha256(labels.tobytes()).hexdigest() == PUBLISHED_LABELS


def test_mnist1d_shapes_balance_and_scale():
    data = datasets.mnist1d()
    assert [a.shape for a in data] == [(4000, 40), (4000,), (1000, 40), (1000,)]
    everything = np.concatenate([data.x, data.x_test])
    assert abs(everything.mean()) < 1e-12 and abs(everything.std() - 1) < 1e-12
    assert (np.bincount(np.concatenate([data.y, data.y_test])) == 500).all()


def test_mnist1d_is_made_once_and_cannot_be_changed_by_a_caller():
    data = datasets.mnist1d(100, seed=1)
    assert datasets.mnist1d(100, seed=1).x is data.x
    with pytest.raises(ValueError, match="read-only"):
        data.x[0, 0] = 5.0
    assert not np.array_equal(datasets.mnist1d(100, seed=2).x, data.x)


def test_xor():
    x, y = datasets.xor()
    assert [(int(a) ^ int(b)) == label for (a, b), label in zip(x, y, strict=True)] == [True] * 4


@pytest.mark.parametrize("name", POINTS)
@given(n=st.integers(9, 60), seed=st.integers(0, 2**40), noise=st.floats(0, 2))
def test_points_have_the_promised_shape(name, n, seed, noise):
    x, y = POINTS[name](n, noise=noise, seed=seed)
    assert x.shape == (n, 2) and x.dtype == np.float64 and np.isfinite(x).all()
    assert y.shape == (n,) and y.dtype == np.int64 and y.min() >= 0


@pytest.mark.parametrize("name", POINTS)
def test_points_follow_the_seed_and_come_in_random_order(name):
    x, y = POINTS[name](100, seed=3)
    again, labels = POINTS[name](100, seed=3)
    assert np.array_equal(x, again) and np.array_equal(y, labels)
    assert not np.array_equal(x, POINTS[name](100, seed=4)[0])
    assert (np.bincount(y[:50]) > 15).all()


@pytest.mark.parametrize("name", POINTS)
def test_points_lie_where_the_module_says(name):
    if name != "blobs":  # its noise is the cloud
        x, _ = POINTS[name](500, noise=0)
        assert np.abs(x).max() <= 2 and np.mean(np.abs(x) <= 1) > 0.7


def test_labels_without_noise_are_exact():
    x, y = datasets.xor_cloud(500, noise=0, seed=1)
    assert np.array_equal(y, (x[:, 0] > 0) != (x[:, 1] > 0))
    assert np.abs(x).min() >= 0.06 and np.abs(x).max() <= 1.06

    x, y = datasets.circles(500, factor=0.3, noise=0, seed=1)
    np.testing.assert_allclose(np.hypot(*x.T), np.where(y == 1, 0.3, 1))

    x, y = datasets.moons(301, noise=0, seed=1)
    outer, inner = x[y == 0], x[y == 1]
    assert len(outer) == 150 and len(inner) == 151
    np.testing.assert_allclose(np.hypot(*outer.T), 1)
    np.testing.assert_allclose(np.hypot(*(inner - [1, 0.5]).T), 1)
    assert outer[:, 1].min() >= 0 and inner[:, 1].max() <= 0.5

    x, y = datasets.checkerboard(500, squares=3, seed=1)
    column, row = np.floor((x + 1) * 1.5).T
    assert np.array_equal(y, (column + row) % 2)

    x, y = datasets.blobs(90, classes=3, noise=0, seed=1)
    np.testing.assert_allclose(np.arctan2(x[:, 1], x[:, 0]) % (2 * np.pi), 2 * np.pi * y / 3)


@pytest.mark.parametrize("arms", [2, 3, 5])
def test_spirals_wind_as_documented(arms):
    x, y = datasets.spirals(60 * arms, arms=arms, turns=1.5, noise=0, seed=1)
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * (1.5 * radius + y / arms)
    np.testing.assert_allclose(x, radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1))
    assert (np.bincount(y) == 60).all() and radius.max() == pytest.approx(1)


def test_noise_is_a_standard_deviation():
    quiet, _ = datasets.moons(20_000, noise=0, seed=5)
    loud, _ = datasets.moons(20_000, noise=0.3, seed=5)
    assert (loud - quiet).std() == pytest.approx(0.3, rel=0.02)


@pytest.mark.parametrize("target", datasets.TARGETS)
def test_targets_are_sampled_where_they_say(target):
    function, (low, high) = datasets.TARGETS[target]
    x, y = datasets.regression(target, 33)
    assert x.shape == y.shape == (33, 1) and (x[0, 0], x[-1, 0]) == (low, high)
    np.testing.assert_array_equal(y, function(x))


def test_targets_are_the_named_curves():
    value = {name: float(function(0.5)) for name, (function, _) in datasets.TARGETS.items()}
    expected = {"abs": 0.5, "square": 0.25, "step": 1, "bump": np.exp(-4), "sine": np.sin(0.5)}
    assert {name: value[name] for name in expected} == pytest.approx(expected)
    assert float(datasets.TARGETS["step"][0](0.0)) == 0
    # sin(20 pi x) + sin(46 pi x) / 2 on 512 points varies by 0.62 (two sine waves: 1/2 + 1/8)
    assert datasets.regression("multi_frequency", 512)[1].var() == pytest.approx(0.624, abs=1e-3)


def test_regression_noise_and_interval():
    x, y = datasets.regression("sine", 20_000, interval=(6, 9), noise=0.2, seed=1)
    assert (x[0, 0], x[-1, 0]) == (6, 9)
    assert (y - np.sin(x)).std() == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: datasets.moons(1), "n must be a whole number, 2 or more; got 1"),
        (lambda: datasets.moons(10.5), "n must be a whole number, 2 or more; got 10.5"),
        (lambda: datasets.xor_cloud(0), "n must be .* 1 or more"),
        (lambda: datasets.moons(noise=-1), "noise must be a finite number, 0 or more; got -1"),
        (lambda: datasets.moons(noise="much"), "noise must be .*; got 'much'"),
        (lambda: datasets.moons(noise=np.nan), "noise must be .*; got nan"),
        (lambda: datasets.circles(factor=2), "factor must be a finite number, from 0 to 1; got 2"),
        (lambda: datasets.spirals(arms=1), "arms must be .* 2 or more"),
        (lambda: datasets.spirals(2, arms=3), "n must be .* 3 or more"),
        (lambda: datasets.spirals(turns=np.inf), "turns must be a finite number"),
        (lambda: datasets.blobs(classes=1), "classes must be .* 2 or more"),
        (lambda: datasets.checkerboard(squares=1), "squares must be .* 2 or more"),
        (lambda: datasets.moons(seed=-1), "seed must be .* 0 or more; got -1"),
        (lambda: datasets.moons(seed=None), "seed must be a whole number"),
        (lambda: datasets.regression("sine_"), "target='sine_' is not known; nearest: sine"),
        (lambda: datasets.regression(n=1), "n must be .* 2 or more"),
        (lambda: datasets.regression(interval=(1, 1)), "interval must be two finite numbers"),
        (lambda: datasets.regression(interval=3), "low < high; got 3"),
        (lambda: datasets.mnist1d(55), "n must be a multiple of 10"),
        (lambda: datasets.mnist1d(0), "n must be .* 10 or more"),
        (lambda: datasets.mnist1d(seed=0.5), "seed must be a whole number"),
    ],
)
def test_errors_name_the_argument(call, words):
    with pytest.raises(ValueError, match=words):
        call()


JUNK = st.one_of(
    st.integers(max_value=-1), st.text(max_size=3), st.none(), st.just(np.nan), st.just(-np.inf)
)


@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("argument", ["n", "noise", "seed"])
@given(value=JUNK)
def test_no_argument_is_taken_silently(name, argument, value):
    with pytest.raises(ValueError, match=f"^{argument} must be .* got {re.escape(repr(value))}$"):
        POINTS[name](**{argument: value})
