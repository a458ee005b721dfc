"""Losses: closed forms, gradients against finite differences, and errors."""

import pickle
import warnings
from math import e, exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bends.exact import mp, mpf
from bends.losses import (
    LOSSES,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    poisson,
    squared_error,
)


def targets_for(loss, rng, shape):
    """Random targets that a loss accepts, for outputs of the given shape."""
    if loss is cross_entropy:
        return rng.integers(0, shape[-1], shape[:-1])
    if loss is poisson:
        return rng.integers(0, 5, shape)
    return rng.random(shape)


def test_each_loss_matches_its_formula_by_hand():
    value, gradient = squared_error(np.array([[1.0], [3.0]]), [0, 1])
    assert value == 2.5 and gradient.tolist() == [[1], [2]]
    value, gradient = binary_cross_entropy(np.array([[0.0], [log(3)]]), [0, 1])
    assert value == pytest.approx((log(2) + log(4 / 3)) / 2)
    assert gradient == pytest.approx(np.array([[0.25], [-0.125]]))
    value, gradient = cross_entropy(np.array([[0.0, log(2), log(5)]]), [1])
    assert value == pytest.approx(log(4))
    assert gradient == pytest.approx(np.array([[1 / 8, 2 / 8 - 1, 5 / 8]]))
    value, gradient = poisson(np.array([[log(2)], [0.0]]), [3, 0])
    assert value == pytest.approx((2 - 3 * log(2) + 1) / 2)
    assert gradient == pytest.approx(np.array([[-0.5], [0.5]]))


@pytest.mark.parametrize("classes", [2, 10, 100, 1000])
def test_softmax_taken_twice_has_a_floor(classes):
    sure = np.eye(classes)[:1]  # the best that the first softmax can give
    assert cross_entropy(sure, [0])[0] == pytest.approx(log(e + classes - 1) - 1)


@pytest.mark.parametrize("logit, paired, half", [
    (-2, -0.881, -9.25e-2), (-5, -0.993, -6.60e-3), (-10, -1.000, -4.54e-5),
])  # fmt: skip
def test_sigmoid_with_squared_error_learns_slowly_where_it_is_wrong(logit, paired, half):
    answer = 1 / (1 + exp(-logit))
    _, slope = squared_error(np.array([[answer]]), [1])
    assert slope[0, 0] / 2 * answer * (1 - answer) == pytest.approx(half, rel=1e-3)
    _, slope = binary_cross_entropy(np.array([[float(logit)]]), [1])
    assert slope[0, 0] == pytest.approx(paired, rel=1e-3)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("shape", [(5, 1), (4, 3), (2, 4, 3)])
def test_gradients_match_finite_differences(loss, shape):
    rng = np.random.default_rng(0)
    outputs, targets = rng.standard_normal(shape), targets_for(loss, rng, shape)
    value, gradient = loss(outputs, targets)
    assert value.shape == shape[:-2] and gradient.shape == shape
    for index in np.ndindex(shape):
        step = np.zeros(shape)
        step[index] = 1e-6
        rise = loss(outputs + step, targets)[0] - loss(outputs - step, targets)[0]
        assert np.sum(rise) / 2e-6 == pytest.approx(gradient[index], abs=1e-8)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_gradient_is_answer_minus_target(loss):
    rng = np.random.default_rng(1)
    outputs = rng.standard_normal((6, 4))
    targets = targets_for(loss, rng, (6, 4))
    _, gradient = loss(outputs, targets)
    wanted = np.eye(4)[targets] if loss is cross_entropy else targets
    count = 6 if loss is cross_entropy else 24
    factor = 2 if loss is squared_error else 1
    assert gradient == pytest.approx(factor * (loss.output(outputs) - wanted) / count, abs=1e-15)


@pytest.mark.parametrize("loss", [binary_cross_entropy, cross_entropy])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropies_stay_finite_for_huge_logits(loss, dtype):
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    targets = [0, 0] if loss is cross_entropy else [[1, 0], [1, 0]]
    value, gradient = loss(logits, targets)
    assert value == (1e4 if loss is cross_entropy else 5e3) and np.isfinite(gradient).all()
    assert value.dtype == np.float64 and gradient.dtype == dtype


def test_a_masked_class_adds_nothing():
    """Actions that are not allowed, and words outside a vocabulary, have the logit -inf."""
    for dtype in (np.float16, np.float32, np.float64):
        value, gradient = cross_entropy(np.array([[-np.inf, 0, 0]], dtype), [1])
        assert value == pytest.approx(log(2)) and gradient.tolist() == [[0, -0.5, 0.5]]
        value, gradient = cross_entropy(np.array([[-np.inf, 0, 0]], dtype), [0])  # impossible
        assert value == np.inf and gradient.tolist() == [[-1, 0.5, 0.5]]
    value, gradient = binary_cross_entropy(np.array([[np.inf, -np.inf]]), [[1, 0]])
    assert value == 0 and gradient.tolist() == [[0, 0]]
    assert binary_cross_entropy(np.array([[np.inf]]), [[0]])[0] == np.inf
    assert poisson(np.array([[-np.inf]]), [[0]])[0] == 0
    assert poisson(np.array([[-np.inf]]), [[1]])[0] == np.inf


@given(st.lists(st.floats(-340, 340), min_size=2, max_size=6), st.integers(0, 5))
def test_cross_entropy_keeps_its_digits(logits, target):
    target %= len(logits)
    powers = [mp.exp(mpf(z) - mpf(logits[target])) for z in logits]
    truth = mp.log1p(mp.fsum(powers[:target] + powers[target + 1 :]))
    lead = abs(logits[target]) + max(map(abs, logits))  # the difference of two logits is rounded
    found = float(cross_entropy(np.array([logits]), [target])[0])
    assert abs(found - truth) <= (8 + lead) * 2.0**-53 * truth
    assert found >= 0


@given(st.floats(-700, 700), st.sampled_from([0, 0.25, 1]))
def test_binary_cross_entropy_keeps_its_digits(logit, target):
    right, wrong = (mp.log1p(mp.exp(side * mpf(logit))) for side in (-1, 1))
    truth = target * right + (1 - target) * wrong
    found = float(binary_cross_entropy(np.array([[logit]]), [[target]])[0])
    assert abs(found - truth) <= 8 * 2.0**-53 * truth


def test_losses_of_a_sure_network():
    assert cross_entropy(np.array([[40.0, 0]]), [0])[0] == pytest.approx(exp(-40), rel=1e-14)
    for logit in (30.0, 36.0, 50.0):
        found = binary_cross_entropy(np.array([[logit]]), [[1]])[0]
        assert found == pytest.approx(exp(-logit), rel=1e-12)


def test_half_precision_is_summed_in_float64():
    wide = np.full((4096, 1), 300.0)
    for dtype in (np.float16, np.float32):
        value, gradient = squared_error(wide.astype(dtype), np.zeros(4096))
        assert value == 90_000 and gradient.dtype == dtype
    near = np.full((2, 1), 1e-4, np.float16)
    assert squared_error(near, np.zeros(2))[0] == pytest.approx(1e-8, rel=1e-3)
    assert poisson(np.full((1, 1), 20.0, np.float16), [[0]])[0] == pytest.approx(exp(20))
    rng = np.random.default_rng(0)
    outputs = rng.standard_normal((100_000, 1)).astype(np.float32)
    exact = np.mean(outputs.astype(float) ** 2)
    assert squared_error(outputs, np.zeros(100_000))[0] == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_no_finite_output_warns(loss, dtype):
    largest = np.finfo(dtype).max
    outputs = np.array([[largest, -largest], [0, largest]], dtype)
    with warnings.catch_warnings(), np.errstate(all="warn"):
        warnings.simplefilter("error")
        loss(outputs, targets_for(loss, np.random.default_rng(0), (2, 2)))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_masked_arrays_are_refused(loss):
    masked = np.ma.masked_equal(np.zeros((2, 1)), 0)
    with pytest.raises(TypeError, match="outputs is a masked array, and its mask would be lost"):
        loss(masked, np.zeros((2, 1)))
    with pytest.raises(TypeError, match="targets is a masked array"):
        loss(np.zeros((2, 1)), masked)


@given(st.data())
def test_a_stack_has_each_members_own_numbers(data):
    loss = data.draw(st.sampled_from(list(LOSSES.values())))
    members, n, d = (data.draw(st.integers(1, k)) for k in (4, 40, 12))
    dtype = data.draw(st.sampled_from([np.float32, np.float64]))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    outputs = rng.standard_normal((members, n, d)).astype(dtype)
    own = targets_for(loss, rng, (members, n, d))
    for targets in (own, own[0]):
        values, gradients = loss(outputs, targets)
        for k in range(members):
            alone = loss(outputs[k], own[k] if targets is own else own[0])
            assert values[k] == alone[0] and np.array_equal(gradients[k], alone[1])


def test_accuracy_counts_right_answers():
    logits = np.array([[2.0, 1, 0], [0, 1, 2], [5, 0, 0], [0, 5, 0]])
    assert accuracy(cross_entropy, logits, [0, 2, 1, 1]) == 0.75
    assert accuracy(cross_entropy, np.stack([logits, -logits]), [0, 2, 1, 1]).tolist() == [
        0.75,
        0.25,
    ]
    assert accuracy(binary_cross_entropy, np.array([[1.0], [-1], [1]]), [1, 0, 0]) == 2 / 3
    assert accuracy("cross_entropy", logits, [0, 2, 1, 1]) == 0.75
    with pytest.raises(ValueError, match="loss='squared_error'"):
        accuracy(squared_error, logits, logits)
    with pytest.raises(TypeError, match="outputs is a masked array"):
        accuracy(cross_entropy, np.ma.array(logits), [0, 2, 1, 1])


def test_accuracy_takes_what_the_loss_takes_and_rounds_nothing():
    close = [[0.9], [0.4]]
    assert accuracy("binary_cross_entropy", np.array([[3.0], [-3]]), close) == 1
    for outputs in (np.array([[3], [-3]]), np.array([3.0, -3]), np.array(3.0)):
        with pytest.raises(ValueError, match="outputs must be floats of shape"):
            accuracy("binary_cross_entropy", outputs, close)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
def test_an_example_with_nan_is_not_right(name):
    outputs = np.array([[1.0, -1], [1, np.nan], [np.nan, np.nan]])
    labels = [0, 0, 0] if name == "cross_entropy" else [[1, 0], [1, 0], [0, 0]]
    assert accuracy(name, outputs, labels) == 1 / 3
    assert accuracy(name, np.stack([outputs, outputs * np.nan]), labels).tolist() == [1 / 3, 0]


@pytest.mark.parametrize(
    "loss, targets, message",
    [
        (squared_error, [1, 2], r"targets must have the shape \(3, 2\)"),
        (squared_error, np.zeros((3, 1)), r"got \(3, 1\)"),
        (squared_error, [[1, 2], [3, 4], [5, np.nan]], r"entry at \(2, 1\) is nan"),
        (squared_error, [], "targets is empty"),
        (cross_entropy, [0, 1, 2], "targets must lie from 0 to 1 for cross_entropy; got 0 to 2"),
        (cross_entropy, [0, 1, -1], "got -1 to 1"),
        (cross_entropy, [0, 1, 0.5], "targets must be whole numbers for cross_entropy; got 0.5"),
        (cross_entropy, np.eye(3)[:, :2], r"targets must have the shape \(3,\)"),
        (binary_cross_entropy, [[0, 1], [1, 2], [0, 0]], "from 0 to 1 for binary_cross_entropy"),
        (poisson, [[0, 1], [1, -2], [0, 0]], "targets must lie from 0 to inf for poisson"),
        (poisson, [[0, 1], [1, 2.5], [0, 0]], "targets must be whole numbers for poisson; got 2.5"),
    ],
)
def test_wrong_targets_are_refused(loss, targets, message):
    with pytest.raises(ValueError, match=message):
        loss(np.zeros((3, 2)), targets)


def test_targets_that_are_no_numbers_are_refused():
    with pytest.raises(TypeError, match="targets must be an array of real numbers"):
        squared_error(np.zeros((2, 1)), ["a", "b"])


@given(st.lists(st.integers(0, 3), max_size=5))
def test_outputs_of_other_ranks_are_refused(shape):
    if len(shape) not in (2, 3):
        with pytest.raises(ValueError, match="outputs must be floats of shape"):
            squared_error(np.zeros(shape), np.zeros(shape))


@pytest.mark.parametrize("dtype", [bool, int, complex])
def test_outputs_of_other_types_are_refused(dtype):
    with pytest.raises(ValueError, match="outputs must be floats of shape"):
        squared_error(np.zeros((2, 1), dtype), np.zeros((2, 1)))


@given(st.integers(2, 9), st.integers(1, 9), st.integers(-20, 20))
def test_labels_out_of_range_are_refused(classes, n, label):
    labels = np.zeros(n, int)
    labels[-1] = label
    if 0 <= label < classes:
        assert np.isfinite(cross_entropy(np.zeros((n, classes)), labels)[0])
    else:
        with pytest.raises(ValueError, match=f"from 0 to {classes - 1}"):
            cross_entropy(np.zeros((n, classes)), labels)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_losses_pickle(loss):
    assert pickle.loads(pickle.dumps(loss)) == loss
