"""Run the chooser's lines of code in the frameworks themselves.

Every rule's lines, followed by those of every kind of answer, must give a finite loss. For every
kind of answer the losses of the three frameworks must agree on the same weights and targets. A
loss that wants probabilities must do with raw numbers what chapter 12 says. Run it where PyTorch,
JAX, Flax, Optax and Keras are installed: ``PYTHONPATH=src python benchmarks/try_choices.py``.
"""

import itertools
import math
import os

import numpy as np

os.environ["KERAS_BACKEND"] = "jax"
import flax.linen
import jax
import keras
import optax
import torch

from bends.choose import ANSWERS, OPTIMIZERS, RULES, end_code, hidden_code

N, WIDTH = 5, 8
rng = np.random.default_rng(0)
TARGETS = {
    "number": rng.normal(size=(N, 1)),
    "positive number": rng.uniform(0.1, 2, (N, 1)),
    "share": rng.uniform(size=(N, 1)),
    "yes or no": rng.integers(0, 2, (N, 1)) * 1.0,
    "one of many": rng.integers(0, 3, N),
    "several of many": rng.integers(0, 2, (N, 4)) * 1.0,
    "angle": rng.uniform(0, 6, N),
    "count": rng.integers(0, 5, (N, 1)) * 1.0,
}


def names(**more):
    """What the lines may name."""
    return dict(
        torch=torch, keras=keras, jax=jax, optax=optax, flax=flax, math=math,
        key=jax.random.key(0), n_in=6, width=WIDTH, channels_in=3, inner=21, classes=3, labels=4,
        model=torch.nn.Linear(1, 1), **more,
    )  # fmt: skip


def inputs(rule, framework):
    """A batch for a rule's layer: rows, pictures or sequences."""
    pictures = (N, 3, 7, 7) if framework == "PyTorch" else (N, 7, 7, 3)
    shapes = {"convolutional": pictures, "recurrent": (N, 9, 6), "transformer": (N, 9, WIDTH)}
    (network,) = rule["when"].get("network", ["dense"])
    shape = shapes.get(network, (N, 6))
    return tensor(rng.normal(size=shape), framework)


def tensor(array, framework):
    array = array.astype(np.float32) if array.dtype.kind == "f" else array
    return torch.tensor(array) if framework == "PyTorch" else jax.numpy.asarray(array)


def array(result):
    return np.asarray(result.detach() if isinstance(result, torch.Tensor) else result)


def try_rule(rule):
    for framework, kind in itertools.product(OPTIMIZERS, ANSWERS):
        space = names(x=inputs(rule, framework), y=tensor(TARGETS[kind], framework))
        exec("\n".join(hidden_code(rule, framework)), space)
        h = array(space["h"])
        assert h.shape == (N, WIDTH), (rule["name"], framework)
        assert np.isfinite(h).all() and h.std() > 0, (rule["name"], framework)
        exec("\n".join(end_code(ANSWERS[kind], framework)), space)
        assert np.isfinite(array(space["loss"])), (rule["name"], framework, kind)


def try_answer(kind):
    h = rng.normal(size=(N, WIDTH))
    weights, losses = None, {}
    for framework in OPTIMIZERS:
        space = names(h=tensor(h, framework), y=tensor(TARGETS[kind], framework))
        for line in end_code(ANSWERS[kind], framework):
            exec(line, space)
            if line.startswith("head") and framework == "PyTorch":
                weights = array(space["head"].weight).T, array(space["head"].bias)
            elif line.startswith("head"):
                space["head"].build((N, WIDTH))
                space["head"].set_weights(weights)
            elif line.startswith("w_end"):
                space["w_end"] = jax.numpy.asarray(weights[0])
            elif line.startswith("z =") and framework == "JAX":
                space["z"] = space["z"] + weights[1]
        losses[framework] = float(array(space["loss"]))
    print(f"{kind:16}", *(f"{name} {loss:.6f}" for name, loss in losses.items()))
    assert np.ptp(list(losses.values())) < 1e-5, kind


def try_probabilities():
    """Raw numbers given to losses that want probabilities."""
    logits, labels = rng.normal(size=(N, 3)), TARGETS["one of many"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    loss = keras.losses.SparseCategoricalCrossentropy  # without from_logits it wants probabilities
    np.testing.assert_allclose(loss()(labels, shares), loss(True)(labels, logits), rtol=1e-5)
    p = np.clip(logits / logits.sum(axis=-1, keepdims=True), 1e-7, 1 - 1e-7)
    raw = -np.log(p[range(N), labels]).mean()
    np.testing.assert_allclose(loss()(labels, logits), raw, rtol=1e-5)
    assert torch.nn.NLLLoss()(torch.tensor(shares), torch.tensor(labels)) < 0
    try:
        torch.nn.BCELoss()(torch.tensor(logits), torch.ones(N, 3, dtype=torch.float64))
    except RuntimeError as error:
        assert "between 0 and 1" in str(error)
    else:
        raise AssertionError("torch.nn.BCELoss takes raw numbers")


if __name__ == "__main__":
    for rule in RULES:
        try_rule(rule)
        print(f"{rule['name']:16} runs in PyTorch, Keras and JAX, with every end")
    for kind in ANSWERS:
        try_answer(kind)
    try_probabilities()
