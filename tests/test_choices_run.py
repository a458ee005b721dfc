"""The chooser's lines, run in the frameworks themselves: `make bench` does this where they are.

Every rule's lines, followed by those of every kind of answer, run as they are pasted and give a
finite loss. For every kind of answer the losses of the three frameworks agree on the same weights
and targets. A loss that wants probabilities does with raw numbers what chapter 12 says.
"""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")
pytest.importorskip("flax")
pytest.importorskip("optax")

from bends.choose import ANSWERS, OPTIMIZERS, RULES, end_code, hidden_code, holds  # noqa: E402

N, WIDTH = 32, 64
CONVOLUTIONAL = [rule for rule in RULES if rule["opening"] == "convolutional"]
rng = np.random.default_rng(0)
TARGETS = {
    "number": rng.normal(size=(N, 1)),
    "positive number": rng.uniform(0.1, 2, (N, 1)),
    "bounded number": rng.uniform(-1, 1, (N, 1)),
    "mean and spread": rng.normal(size=(N, 1)),
    "share": rng.uniform(size=(N, 1)),
    "yes or no": rng.integers(0, 2, (N, 1)) * 1.0,
    "one of many": rng.integers(0, 10, N),
    "several of many": rng.integers(0, 2, (N, 5)) * 1.0,
    "mask": rng.integers(0, 2, (N, 28, 28, 1)) * 1.0,
    "angle": rng.uniform(0, 6, N),
    "count": rng.integers(0, 5, (N, 1)) * 1.0,
}


def array(result):
    return np.asarray(result.detach() if isinstance(result, torch.Tensor) else result)


def possible(rule, kind):
    """Whether the rule may be taken for this kind of answer."""
    if kind == "mask":  # only where what is built keeps the picture
        return rule in CONVOLUTIONAL
    return kind in rule["when"].get("answer", [kind])


# Every rule with one kind of answer, and every kind of answer with one rule.
PAIRS = [
    (rule, "number" if possible(rule, "number") else "mask")
    for rule in [*RULES, *(rule | rule["second"] for rule in RULES if "second" in rule)]
]
PAIRS += [(next(r for r in RULES[::-1] if possible(r, kind)), kind) for kind in ANSWERS]
CASES = [
    pytest.param(rule, kind, framework, id=f"{rule['title']}-{kind}-{framework}")
    for rule, kind in PAIRS
    for framework in OPTIMIZERS
]


@pytest.mark.parametrize(("rule", "kind", "framework"), CASES)
def test_the_lines_run_as_pasted(rule, kind, framework):
    space = {}
    exec("\n".join(hidden_code(rule, framework)), space)
    h = array(space["h"])
    assert h.shape == (N, WIDTH) and np.isfinite(h).all() and h.std() > 0
    exec("\n".join(end_code(ANSWERS[kind], framework)), space)
    assert array(space["loss"]).shape == () and np.isfinite(array(space["loss"]))
    answers = space["answer"] if isinstance(space["answer"], tuple) else (space["answer"],)
    for answer in answers:
        assert array(answer).shape[0] == N and np.isfinite(array(answer)).all()
    if kind == "mask":  # one number for each pixel
        assert array(space["answer"]).shape == array(space["y"]).shape


def test_a_mask_is_always_made_by_convolutions():
    for network in ("dense", "convolutional", "transformer", "recurrent"):
        for device in ("ordinary", "small integers"):
            said = {"network": network, "answer": "mask", "device": device, "depth": "shallow",
                    "normalised": "no", "data": "ordinary"}  # fmt: skip
            assert next(rule for rule in RULES if holds(rule, said)) in CONVOLUTIONAL


def test_pytorchs_lines_train():
    """A hundred steps with the lines' own optimiser bring the loss down, for every kind."""
    for kind, answer in ANSWERS.items():
        rule = next(
            r
            for r in RULES
            if possible(r, kind)
            and "answer" not in r["when"]
            and r["opening"] == ("convolutional" if kind == "mask" else "dense")
        )
        space, lines = {}, hidden_code(rule, "PyTorch") + end_code(answer, "PyTorch")
        torch.manual_seed(0)
        exec("\n".join(lines), space)
        space["x"].copy_(torch.randn(space["x"].shape))
        forward = ("h", "maps", "z", "mean, spread", "answer", "loss")
        again = [line for line in lines if line.split(" = ")[0] in forward]
        first = float(space["loss"])
        for _ in range(30 if kind == "mask" else 100):
            exec("\n".join(again), space)
            space["optimizer"].zero_grad()
            space["loss"].backward()
            space["optimizer"].step()
        assert float(space["loss"]) < first, kind


@pytest.mark.parametrize("kind", ANSWERS)
def test_the_three_losses_are_one(kind):
    name = "maps" if kind == "mask" else "h"
    h = rng.normal(size=(N, 28, 28, WIDTH) if kind == "mask" else (N, WIDTH)).astype(np.float32)
    y = TARGETS[kind]
    y = y.astype(np.float32) if y.dtype.kind == "f" else y
    weights, losses = None, {}
    for framework in OPTIMIZERS:
        torch_like = framework == "PyTorch"
        moved = [np.moveaxis(a, -1, 1) if torch_like and a.ndim == 4 else a for a in (h, y)]
        given = [torch.tensor(a.copy()) if torch_like else jax.numpy.asarray(a) for a in moved]
        space = {name: given[0], "width": WIDTH, "rate": 0.1, "key": jax.random.key(0)}
        space |= {"model": torch.nn.ModuleList()}
        exec("import jax, keras, optax, torch", space)
        for line in end_code(ANSWERS[kind], framework):
            exec(line, space)
            if line.startswith("y = "):
                space["y"] = given[1]
            elif line.startswith("head") and torch_like:
                torch.nn.init.zeros_(space["head"].bias)  # as in JAX's lines
                w, b = array(space["head"].weight), array(space["head"].bias)
                weights = (w.reshape(len(w), -1).T, b)
            elif line.startswith("head"):
                space["head"].build(h.shape)
                shape = space["head"].kernel.shape
                space["head"].set_weights([weights[0].reshape(shape), weights[1]])
            elif line.startswith("w_end"):
                space["w_end"] = jax.numpy.asarray(weights[0])
        losses[framework] = float(array(space["loss"]))
    assert np.ptp(list(losses.values())) < 1e-4, losses


def test_raw_numbers_given_to_losses_that_want_probabilities():
    logits, labels = rng.normal(size=(N, 10)), TARGETS["one of many"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    loss = keras.losses.SparseCategoricalCrossentropy  # without from_logits it wants probabilities
    np.testing.assert_allclose(loss()(labels, shares), loss(True)(labels, logits), rtol=1e-5)
    p = np.clip(logits / logits.sum(axis=-1, keepdims=True), 1e-7, 1 - 1e-7)
    raw = -np.log(p[range(N), labels]).mean()
    np.testing.assert_allclose(loss()(labels, logits), raw, rtol=1e-5)
    assert torch.nn.NLLLoss()(torch.tensor(shares), torch.tensor(labels)) < 0
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        torch.nn.BCELoss()(torch.tensor(logits), torch.ones(N, 10, dtype=torch.float64))
