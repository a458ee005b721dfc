"""The page on your own function: its blocks parse everywhere and run where the frameworks are.

`make bench` runs them all. Each framework's section runs as a reader would: blocks that begin with
a file's name are saved under it, the others follow one another in one program.
"""

import ast
import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
PAGE = Path(__file__).resolve().parent.parent / "back" / "your-own-function.md"
TEXT = PAGE.read_text(encoding="utf8")
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.S)
SECTIONS = dict(part.split("\n", 1) for part in TEXT.split("\n## ")[1:])
FIRST = "Before the frameworks: values that you trust"
MODULES = ("swish_torch", "swish_keras", "swish_jax")


def installed(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run(title, ...)` runs the blocks of these sections in order and gives their names."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for name in MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)

    def run(*titles):
        program = types.ModuleType("program")  # in `sys.modules`: torch.compile looks it up
        monkeypatch.setitem(sys.modules, "program", program)
        space = vars(program)
        for title in titles:
            for code, text in BLOCK.findall(SECTIONS[title]):
                if named := re.match(r"# (\w+\.py)\n", code):
                    (tmp_path / named[1]).write_text(code, encoding="utf8")
                    importlib.invalidate_caches()
                    continue
                printed = io.StringIO()
                with contextlib.redirect_stdout(printed):
                    exec(compile(code, title, "exec"), space)
                assert printed.getvalue() == text
        return space

    return run


def test_every_block_parses_and_is_narrow():
    codes = [code for code, _ in BLOCK.findall(TEXT)]
    assert len(codes) == TEXT.count("```python") >= 18
    for code in codes:
        ast.parse(code)
        assert max(map(len, code.splitlines())) <= 68, code


def test_the_golden_values_are_the_formulas(run):
    golden = run(FIRST)["golden"]
    assert golden == json.loads(Path("golden.json").read_text())
    x, beta = np.array(golden["x"]), golden["beta"]

    def f(x, beta):
        return x / (1 + np.exp(-beta * x))

    h = 1e-5
    np.testing.assert_allclose(golden["value"], f(x, beta), rtol=1e-11)
    by_x = (f(x + h, beta) - f(x - h, beta)) / (2 * h)
    by_beta = (f(x, beta + h) - f(x, beta - h)) / (2 * h)
    np.testing.assert_allclose(golden["slope_x"], by_x, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(golden["slope_beta"], by_beta, rtol=1e-7, atol=1e-9)
    (s, value) = re.search(r"of 4 is ([\d.]+), and 2 times that is ([\d.]+)\.", TEXT).groups()
    assert f"{f(1.0, 4.0):.3f}" == s and f"{f(2.0, 2.0):.3f}" == value


@installed("torch")
def test_pytorch(run):
    space = run(FIRST, "PyTorch")
    import torch

    decays = {
        id(p): group["weight_decay"]
        for group in space["optimizer"].param_groups
        for p in group["params"]
    }
    for name, parameter in space["model"].named_parameters():
        assert decays[id(parameter)] == (0.0 if "beta" in name else 0.01), name

    def kept(function):  # arrays of the input's size that the way back holds
        found, x = {}, torch.randn(1000, requires_grad=True)

        def pack(tensor):
            found[tensor.data_ptr()] = tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            function(x, torch.ones(1, requires_grad=True))
        return sum(size == 1000 for size in found.values())

    own = space["SwishFunction"].apply
    assert (kept(space["swish"]), kept(own)) == (2, 1)

    # The order of the products, and the formula on paper.
    x = torch.tensor([300.0], dtype=torch.float16, requires_grad=True)
    beta = torch.ones(1, dtype=torch.float16, requires_grad=True)
    assert torch.autograd.grad(own(x, beta).sum(), beta)[0].item() == 0
    s = torch.sigmoid(x)
    assert torch.isnan(x * x * s * (1 - s))
    x = torch.tensor([-1000.0], requires_grad=True)
    y = x / (1 + torch.exp(-2 * x))
    assert y.item() == 0 and torch.isnan(torch.autograd.grad(y.sum(), x)[0])

    # Compiled as well: the custom backward, and one tensor given twice.
    x = torch.linspace(-3, 3, 7, requires_grad=True)
    beta = torch.full((1,), 2.0, requires_grad=True)
    for inputs, whole in (((x, beta), True), ((x, x), False)):
        plain = torch.autograd.grad(own(*inputs).sum(), set(inputs))
        compiled = torch.compile(lambda *a: own(*a), fullgraph=whole)(*inputs)
        torch.testing.assert_close(torch.autograd.grad(compiled.sum(), set(inputs)), plain)
    with pytest.raises(torch._dynamo.exc.Unsupported, match="duplicate tensor input"):
        torch.compile(lambda *a: own(*a), fullgraph=True)(x, x)

    # Per channel, for images too.
    module = space["Swish"](3)
    module.beta.data = torch.tensor([0.0, 1.0, 2.0])
    images = torch.randn(2, 3, 4, 4)
    for c in range(3):
        torch.testing.assert_close(module(images)[:, c], space["swish"](images[:, c], float(c)))


def kept_by_jax(function):
    """How many arrays of the input's size the way back holds."""
    import jax

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        jax.ad_checkpoint.print_saved_residuals(function, jax.numpy.ones(1000), 2.0)
    return printed.getvalue().count("[1000]")


@installed("keras", "jax")
def test_keras(run, tmp_path):
    space = run(FIRST, "Keras")
    import keras
    import swish_keras

    model, optimizer, inputs = space["model"], space["optimizer"], space["inputs"]
    for weight in model.trainable_variables:
        assert optimizer._use_weight_decay(weight) == ("beta" not in weight.path)
    assert space["loaded"].layers[2].beta.shape == (16,)
    import jax

    own, plain = space["own_swish"], swish_keras.swish
    for function, arrays in ((plain, 3), (own, 1), (keras.remat(plain), 1)):
        assert kept_by_jax(function) == arrays
    for per_channel in (False, True):  # the layer's two shapes of beta
        x = jax.numpy.linspace(-3, 3, 12).reshape(2, 2, 3)
        beta = jax.numpy.arange(1.0, 4.0) if per_channel else jax.numpy.float32(2)
        for ours, theirs in zip(*(jax.grad(lambda *a, f=f: f(*a).sum(), (0, 1))(x, beta)
                                  for f in (own, plain)), strict=True):  # fmt: skip
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    for relu, slope in ((keras.ops.relu, 0), (lambda x: keras.ops.maximum(x, 0), 0.5)):
        assert jax.grad(relu)(0.0) == slope
    half = swish_keras.Swish(dtype="mixed_bfloat16")
    assert str(half(inputs).dtype) == "bfloat16" and half.beta.dtype == "float32"

    def network(*functions):
        layers = [keras.layers.Dense(4, activation=function) for function in functions]
        return keras.Sequential([keras.Input((2,)), *layers])

    def factory(beta, name=None):
        def inner(x):
            return swish_keras.swish(x, beta)

        register = keras.saving.register_keras_serializable("mine", name)
        return register(inner) if name else inner

    # A program that did not import the file, and one that did.
    for first, good in (("", False), ("import swish_keras; ", True)):
        code = f"{first}import keras; keras.saving.load_model('model.keras')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert (done.returncode == 0) == good, done.stderr
        assert good or "Could not locate function 'mine>swish'" in done.stderr
    for function in (lambda x: swish_keras.swish(x, 2.0), factory(2.0)):
        network(function).save("nameless.keras")
        with pytest.raises(TypeError, match="could not be deserialized"):
            keras.saving.load_model("nameless.keras")
    twice = network(factory(2.0, "made"), factory(5.0, "made"))
    twice.save("twice.keras")
    other = keras.saving.load_model("twice.keras")
    apart = other.predict(inputs, verbose=0) - twice.predict(inputs, verbose=0)
    assert np.abs(apart).max() > 1e-4


ON_PYTORCH = """
import torch
x = torch.linspace(-3, 3, 12).reshape(4, 3).requires_grad_()
for beta in (torch.tensor(2.0), torch.tensor([0.5, 1.0, 2.0])):
    beta.requires_grad_()
    plain = torch.autograd.grad((x * torch.sigmoid(beta * x)).sum(), (x, beta))
    own = torch.autograd.grad(own_swish(x, beta).sum(), (x, beta))
    torch.testing.assert_close(own, plain)
"""


@installed("keras", "torch")
def test_keras_own_backward_on_pytorch():
    (code,) = (code for code, _ in BLOCK.findall(SECTIONS["Keras"]) if "def own_swish" in code)
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    done = subprocess.run(
        [sys.executable, "-c", code + ON_PYTORCH], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr


@installed("jax", "flax", "optax")
def test_jax(run):
    space = run(FIRST, "JAX")
    import jax

    mask = space["decayed"](space["nnx"].state(space["model"], space["nnx"].Param))
    kept = {jax.tree_util.keystr(p): v for p, v in jax.tree_util.tree_leaves_with_path(mask)}
    assert len(kept) == 5
    assert all(value == ("beta" not in path) for path, value in kept.items())
    own, plain = space["own_swish"], space["swish"]
    for function, arrays in ((plain, 3), (own, 1), (jax.checkpoint(plain), 1)):
        assert kept_by_jax(function) == arrays
    x = jax.numpy.linspace(-3, 3, 12).reshape(4, 3)
    for beta in (jax.numpy.ones(1), jax.numpy.arange(1.0, 4.0)):  # the module's two shapes
        for ours, theirs in zip(*(jax.grad(lambda *a, f=f: f(*a).sum(), (0, 1))(x, beta)
                                  for f in (own, plain)), strict=True):  # fmt: skip
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    with pytest.raises(TypeError, match="forward-mode"):
        jax.jacfwd(own)(1.0, 2.0)
    x, total = space["jnp"].ones(3), space["total"]
    again = jax.grad(lambda x: jax.checkpoint(space["swish"])(x, 2.0).sum())(x)
    np.testing.assert_allclose(again, jax.grad(total)(x, 2.0), rtol=1e-6)


@installed("torch", "jax")
def test_the_kink(run):
    run("If your function has a kink")


@installed("torch", "jax")
def test_half_precision(run):
    import torch

    space = run("If your function has a kink", "Half precision")
    half = space["swish_half"]

    def jax_half(x, beta):
        numbers = space["jnp"].asarray(x.float().numpy())
        numbers = numbers.astype(str(x.dtype).removeprefix("torch."))
        y = space["jax_swish_half"](numbers, beta.item())
        assert y.dtype == numbers.dtype
        return torch.from_numpy(np.array(y, np.float32)).to(x.dtype)

    for kind in (torch.bfloat16, torch.float16):
        x, beta = torch.linspace(-20, 20, 4001).to(kind), torch.tensor(1.5, dtype=kind)
        true = x.double() * torch.sigmoid(beta.double() * x.double())
        seen = true.abs() > 0.001

        def worst(y, true=true, seen=seen):
            return ((y.double() - true) / true)[seen].abs().max().item()

        unit = torch.finfo(kind).eps
        assert worst(half(x, beta)) <= 0.501 * unit
        assert worst(jax_half(x, beta)) <= 0.501 * unit
        assert worst(x * torch.sigmoid(beta * x)) > 6 * worst(half(x, beta))
        silu = torch.nn.functional.silu(x).double()
        true = x.double() * torch.sigmoid(x.double())
        assert worst(silu, true, true.abs() > 0.001) <= 0.501 * unit
    one = torch.ones(1, dtype=torch.bfloat16)
    above, below = (torch.nextafter(one, one * to).item() for to in (2, 0))
    assert (round(above - 1, 3), round(1 - below, 3)) == (0.008, 0.004)
