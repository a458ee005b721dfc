"""The page on networks that do not train: its numbers, and its lines for the frameworks.

The latter run where PyTorch and Keras are installed.
"""

import contextlib
import io
import math
import re

import numpy as np
import pytest
from prose import said, written

from bends import MLP, diagnose
from bends.datasets import mnist1d
from bends.losses import LOSSES
from bends.verdicts import DEAD, DEAD_OF_FEW, FEW

PAGE = "back/my-network-does-not-train.md"
TEXT = written(PAGE)
BLOCK = re.compile(r"```python\n(.*?)```", re.S)


def trouble_block(mark):
    """The one block of the page that holds `mark`."""
    (code,) = (code for code in BLOCK.findall(TEXT) if mark in code)
    return code


def test_the_hard_case_hides_from_all_numbers_together():
    net = MLP([40, *[64] * 8, 10], "gelu", init="pytorch", seed=0)
    x = mnist1d().x[:500]
    last = diagnose(net, x).layers[-1]
    (told,) = said(PAGE, r"root mean square is ([\d.]+) in the last layer")
    assert round(float(np.sqrt(np.mean(net.pre_activations[-2] ** 2))), 2) == told
    assert last.before < told / 500
    right = diagnose(MLP([40, *[64] * 8, 10], "gelu", init="gain", seed=0), x)
    assert not right.findings  # "the spread stays"


def test_the_floors_that_a_function_before_the_loss_leaves():
    ten, two = said(
        PAGE, r"stops at ([\d.]+) or a little above with 10 classes, at ([\d.]+) with 2"
    )
    for classes, told in ((10, ten), (2, two)):
        right = np.eye(classes)[:1]  # the most that a softmax or a sigmoid can say
        floor, _ = LOSSES["cross_entropy"](right, [0])
        assert floor == pytest.approx(math.log(1 + (classes - 1) / math.e))
        assert round(float(floor), 2) == told


def test_what_the_loss_of_ten_learnt_examples_comes_down_to():
    counts = np.array([[1.0], [4.0], [7.0]])
    loss, gradient = LOSSES["poisson"](np.log(counts), counts)
    assert loss == pytest.approx(np.mean(counts - counts * np.log(counts)))
    assert np.abs(gradient).max() < 1e-15  # the lowest that it can be
    shares = np.array([[0.2], [0.5]])
    loss, gradient = LOSSES["binary_cross_entropy"](np.log(shares / (1 - shares)), shares)
    entropy = -(shares * np.log(shares) + (1 - shares) * np.log(1 - shares))
    assert loss == pytest.approx(entropy.mean()) and np.abs(gradient).max() < 1e-15


def test_how_many_examples_the_word_dead_needs():
    n, most, few, more = said(
        PAGE, r"about 3/\*n\* of all: (\d+) show ([\d.]+)%, (\d+) no more than (\d+)%"
    )
    assert (300 / n, 300 / few) == (most, more)


def test_every_word_of_diagnose_stands_in_the_table():
    told = re.findall(
        r"\*([a-z ]+)\*", " ".join(re.findall(r"^    - (.*):", diagnose.__doc__, re.M))
    )
    told += re.findall(r"Gradients (explode)", diagnose.__doc__)
    table = TEXT.split("The words that it uses:")[1].split("\n\n")[1]
    listed = re.findall(r"^\| ([a-z ,]+) \|", table, re.M)[1:]
    words = {word for cell in listed for word in cell.split(", ")} - {"exploding gradients"}
    assert len(told) > 10 and words | {"axis", "explode"} == set(told)


def test_how_few_examples_it_takes_and_what_share():
    (few,) = said(
        PAGE, r"With fewer than (\d+) examples, `diagnose` calls units dead only where half"
    )
    assert (few, DEAD_OF_FEW, DEAD) == (FEW, 0.5, 0.25)
    assert "a quarter of a layer's units or more have a slope of 0" in TEXT


def test_the_initialisation_of_sines_keeps_their_spread():
    assert "±1/*n* in the first layer and from ±√(6/*n*)/30" in TEXT
    rng = np.random.default_rng(0)
    net = MLP([2, 256, 256, 256, 1], "sin", seed=0)
    for i, weights in enumerate(net.weights[:-1]):
        n = len(weights)
        limit = 1 / n if i == 0 else math.sqrt(6 / n) / 30
        weights[:] = 30 * rng.uniform(-limit, limit, weights.shape)  # sin(30 z)
    report = diagnose(net, rng.uniform(-1, 1, (500, 2)))
    assert not report.findings and 0.85 < report.layers[-1].before < 1.15


# The page's lines for the frameworks run where these are installed.


def torch_report(torch, model, x, **options):
    code = trouble_block("register_forward_pre_hook").replace("torch.nn.ReLU", "torch.nn.Tanh")
    code = code.replace('activation="relu"', 'activation="tanh", **options')
    space = {"model": model, "x": x, "options": options}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, space)
    return space["diagnose"](space["layers"], activation="tanh", **options)


def test_the_pages_line_for_pytorch():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)
    layers = [part for _ in range(8) for part in (nn.Linear(64, 64), nn.Tanh())]
    x = torch.randn(200, 64)
    for model in (nn.Sequential(*layers), nn.Sequential(*layers).to(torch.bfloat16)):
        report = torch_report(torch, model, x.to(next(model.parameters()).dtype))
        assert set(report.findings) == {"vanishing"} and len(report.layers) == 8


def test_the_pages_line_for_pytorchs_convolutions():
    torch = pytest.importorskip("torch")
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.Tanh(),
        nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16), nn.Tanh(), nn.Flatten(), nn.Linear(1600, 10),
    )  # fmt: skip
    x = torch.rand(100, 1, 14, 14)
    assert "axis" in torch_report(torch, model, x).findings
    report = torch_report(torch, model, x, axis=1)
    assert not any(part._forward_pre_hooks for part in model.modules())
    assert not model[1].running_mean.any()  # looking has changed nothing
    assert not report.findings and [layer.units for layer in report.layers] == [8, 16]
    inplace = nn.Sequential(nn.Linear(64, 64), nn.ReLU(inplace=True), nn.Linear(64, 2))
    space = {"model": inplace, "x": torch.randn(100, 64)}
    exec(trouble_block("register_forward_pre_hook"), space)
    assert space["layers"][0].min() < 0  # what enters, although ReLU overwrites it


def test_the_pages_lines_for_keras():
    keras = pytest.importorskip("keras")
    layers = keras.layers
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        layers.Input((14, 14, 1)), layers.Conv2D(8, 3), layers.BatchNormalization(),
        layers.Activation("relu"), layers.Conv2D(16, 3, activation="relu"), layers.Flatten(),
        layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    space = {"model": model, "x": np.random.default_rng(0).random((100, 14, 14, 1), np.float32)}
    space["diagnose"] = diagnose
    exec(trouble_block("import keras"), space)
    layers = [keras.ops.convert_to_numpy(z) for z in space["layers"]]
    assert [z.shape for z in layers] == [(100, 12, 12, 8), (100, 10, 10, 16), (100, 64)]
    assert all(z.min() < 0 for z in layers)  # what enters ReLU, not what leaves it
    relu = keras.activations.relu  # stands where it stood
    assert sum(getattr(part, "activation", None) is relu for part in model.layers) == 3
    assert not hasattr(keras.layers.ReLU(), "activation")  # as the page says
