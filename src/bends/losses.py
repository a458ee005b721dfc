"""What the end of a network is judged by: a loss, paired with the output function it belongs to.

A network's last layer gives raw numbers z. Each loss takes them raw, and says which function
turns them into the answer. The pairs have one pattern: the loss is the negative logarithm of
the probability that the answer gives to the target t (up to a constant), and its gradient with
respect to z is the answer minus the target.

========================  ==========  ===========================  ================
loss                      answer      loss of one target           gradient
========================  ==========  ===========================  ================
squared error             z           (z - t)²                     2 (z - t)
binary cross-entropy      sigmoid(z)  softplus(z) - t z            sigmoid(z) - t
cross-entropy, class t    softmax(z)  log Σ exp(z) - z[t]          softmax(z) - one-hot(t)
Poisson                   exp(z)      exp(z) - t z                 exp(z) - t
========================  ==========  ===========================  ================

The value is the mean over the examples (and outputs), so the gradient is divided by their
number too.

Two things the formulas above would get wrong are written otherwise below. A network that is very
sure, and right, has a tiny loss, which the difference of two large numbers would lose. And where
a logit is infinite, its weight may be 0: then 0 · inf is 0, not nan (a class masked by -inf adds
nothing to the loss, unless it is the target).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bends._arguments import finite, unmasked
from bends.activations import identity, sigmoid, softmax
from bends.catalogue import find


@dataclass(frozen=True)
class Loss:
    """A loss and the output function it belongs to.

    `loss(outputs, targets)` returns `(value, gradient)`. `outputs` are what a network gives:
    (n, d), or (members, n, d) from a stack, whose value has one entry a member. `targets` are
    shared by the members, or have a leading axis of their own.

    Attributes
    ----------
    name : str
    output : callable
        Turns raw outputs into answers.
    value_and_gradient : callable
        The formula alone, for targets that `prepare` has passed.
    lowest, highest : float
        The targets accepted.
    whole : bool
        Whether targets must be whole numbers.
    labels : bool
        Whether a target is the number of a class, from 0 to d - 1.
    correct : callable or None
        Which examples a network gets right; None where an answer is not right or wrong.
    """

    name: str
    output: Callable
    value_and_gradient: Callable
    lowest: float = -np.inf
    highest: float = np.inf
    whole: bool = False
    labels: bool = False
    correct: Callable | None = None

    def __call__(self, outputs, targets):
        """Return the loss and its gradient with respect to the outputs.

        Returns
        -------
        value : float64, one a member
            Worked out in float64, whatever the type of the outputs.
        gradient : array of the shape and type of the outputs

        Raises
        ------
        ValueError, TypeError
            If the shapes do not belong together, or a target is not finite or out of range, or
            an array is masked.
        """
        outputs = np.asarray(unmasked("outputs", outputs))
        if outputs.ndim not in (2, 3) or outputs.dtype.kind != "f":
            raise ValueError(
                "outputs must be floats of shape (n, d), or (members, n, d) for a stack; "
                f"got {outputs.dtype} of shape {outputs.shape}"
            )
        targets = self.prepare(targets, outputs.shape, np.float64)
        with np.errstate(all="ignore"):  # the loss of an infinite logit may be inf: that is right
            value, gradient = self.value_and_gradient(outputs.astype(np.float64), targets)
            return value, gradient.astype(outputs.dtype)

    def prepare(self, targets, shape, dtype, argument="targets"):
        """Return `targets` checked, and shaped for outputs of the given shape.

        They come back in the shape (n, d), labels as rows with a 1 in the label's column; with
        a leading axis if each member has its own.
        """
        highest = shape[-1] - 1 if self.labels else self.highest
        array = finite(argument, targets)
        if not self.labels and shape[-1] == 1 and array.shape in (shape[:-1], shape[-2:-1]):
            array = array[..., None]
        accepted = (shape[:-1], shape[-2:-1]) if self.labels else (shape, shape[-2:])
        if array.shape not in accepted:
            wanted = " or ".join(str(s) for s in sorted(set(accepted), key=len))
            raise ValueError(
                f"{argument} must have the shape {wanted} for outputs of shape {shape}; "
                f"got {array.shape}"
            )
        if array.min() < self.lowest or array.max() > highest:
            raise ValueError(
                f"{argument} must lie from {self.lowest:g} to {highest:g} for {self.name}; "
                f"got {array.min():g} to {array.max():g}"
            )
        if self.whole and (array != np.floor(array)).any():
            first = array[array != np.floor(array)][0]
            raise ValueError(f"{argument} must be whole numbers for {self.name}; got {first:g}")
        if self.labels:
            return np.eye(shape[-1], dtype=dtype)[array.astype(np.intp)]
        return array.astype(dtype)


def _squared_error(outputs, targets):
    difference = outputs - targets
    return _mean(difference**2), 2 * difference / _count(outputs)


def _binary_cross_entropy(logits, targets):
    z = np.exp(-np.abs(logits))
    answer = np.maximum(z, logits > 0) / (1 + z)  # the sigmoid
    wrong = np.fmax(logits * (1 - targets), -logits * targets)  # fmax leaves out the nan of 0 · inf
    value = np.log1p(z) + np.fmax(wrong, 0)  # = softplus(z) - t z
    return _mean(value), (answer - targets) / _count(logits)


def _cross_entropy(logits, one_hot):
    largest = logits.swapaxes(-1, -2).copy().max(axis=-2)[..., None]  # 4 x as fast as max(axis=-1)
    shifted = logits - largest  # changes nothing in the answer, and exp cannot overflow
    exp = np.exp(shifted)
    total = exp.sum(axis=-1, keepdims=True)
    examples = logits.shape[-2]
    chosen = np.broadcast_to(one_hot > 0, logits.shape)
    target = shifted[chosen].reshape(logits.shape[:-1])
    others = np.vecdot(exp, 1 - one_hot)
    value = np.log1p(others + np.expm1(target)) - target  # log(total), less the target's logit
    return value.astype(np.float64).sum(axis=-1) / examples, (exp / total - one_hot) / examples


def _poisson(logits, targets):
    answer = np.exp(logits)
    counted = np.where(targets == 0, 0, targets * logits)  # no 0 · inf
    return _mean(answer - counted), (answer - targets) / _count(logits)


def _mean(losses):
    return losses.astype(np.float64).sum(axis=(-2, -1)) / _count(losses)


def _count(outputs):
    return outputs.shape[-2] * outputs.shape[-1]


def _right_side(logits, targets):
    return ((logits > 0) == (targets > 0.5)).all(axis=-1)


def _right_class(logits, one_hot):
    return logits.argmax(axis=-1) == one_hot.argmax(axis=-1)


squared_error = Loss("squared_error", identity, _squared_error)
binary_cross_entropy = Loss(
    "binary_cross_entropy", sigmoid, _binary_cross_entropy, 0, 1, correct=_right_side
)
cross_entropy = Loss(
    "cross_entropy", softmax, _cross_entropy, 0, whole=True, labels=True, correct=_right_class
)
poisson = Loss("poisson", np.exp, _poisson, 0, whole=True)

LOSSES = {loss.name: loss for loss in (squared_error, binary_cross_entropy, cross_entropy, poisson)}


def accuracy(loss, outputs, targets):
    """Return the share of examples that a network gets right, one number a member.

    Parameters
    ----------
    loss : Loss or str
        `binary_cross_entropy` (right: every output on its target's side of 1/2) or
        `cross_entropy` (right: the label's output is the largest); or its name.
    outputs, targets : array
        As the loss takes them. An example with an output that is nan is not right.

    Returns
    -------
    float, or array of shape (members,)

    Raises
    ------
    ValueError, TypeError, KeyError
        If the loss is not one of these two, or does not take the outputs and targets.
    """
    loss = find(LOSSES, loss, "loss")
    if loss.correct is None:
        raise ValueError(f"loss={loss.name!r} has answers that are near or far, not right or wrong")
    loss(outputs, targets)  # refuses what it does not take
    outputs = np.asarray(outputs)
    right = loss.correct(outputs, loss.prepare(targets, outputs.shape, np.float64))
    return (right & ~np.isnan(outputs).any(axis=-1)).mean(axis=-1)
