"""Value and slope of somebody else's function: in PyTorch, JAX, Keras, ONNX Runtime or NumPy.

Inputs come as float64 that hold numbers of the type asked for, and answers go back as float64, so
nothing is rounded on the way. Slopes are the framework's own, by its automatic differentiation;
ONNX Runtime has none. What each framework calls a function stands in `frameworks`.
"""

import importlib
import inspect
import os
import sys
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pydoc import locate

import numpy as np

from ..activations import ACTIVATIONS
from ..frameworks import FRAMEWORKS

# Packages by the names that one imports, and as `frameworks.json` calls them.
PACKAGES = {
    "torch": "PyTorch",
    "jax": "JAX",
    "keras": "Keras",
    "onnxruntime": "ONNX",
    "bends": None,
}
OPSET = 24  # ONNX's version that ONNX Runtime has all these operators for


class CannotAsk(ValueError):
    """Why something cannot be asked, and how to go on."""


def need(*packages):
    """Refuse to go on without a package."""
    for name in packages:
        if find_spec(name) is None:
            raise CannotAsk(
                f"{name} is not installed for {sys.executable}: install it there, or start the "
                "checker with the Python that has it"
            )


def versions(package):
    """What a report states: the package with its version, and what runs below it."""
    if package == "keras":
        below = keras_backend()
        return f"Keras {version('keras')} on {PACKAGES[below]} {plain_version(below)}"
    title = {"onnxruntime": "ONNX Runtime", "bends": "bends"}.get(package, PACKAGES[package])
    return f"{title} {plain_version(package)}"


def plain_version(package):
    return version(package).split("+")[0]


def functions_of(package):
    """How to ask a package for each function that it has.

    Parameters
    ----------
    package : str
        A key of `PACKAGES`, or ``bends``.

    Returns
    -------
    dict
        A callable for each name of the catalogue: `(x, type)` gives value and slope, and raises
        what the package raises where it does not take the type.

    Raises
    ------
    CannotAsk
        If the package, or one that it needs, is not installed.
    """
    if package == "bends":
        return {name: partial(in_numpy, both(f)) for name, f in ACTIVATIONS.items()}
    need(package, *(["onnx"] if package == "onnxruntime" else []))
    asks = {"torch": in_torch, "jax": in_jax, "onnxruntime": in_onnxruntime}
    ask = asks[keras_backend() if package == "keras" else package]
    found = {}
    for name in ACTIVATIONS:
        facts = FRAMEWORKS[name].get(PACKAGES[package])
        # Keras' and Flax' layers start with other parameters, or with learnt ones.
        if not facts or facts["names"][0]["name"].startswith(("flax", "keras.layers")):
            continue
        called, options = facts["names"][0]["name"], facts.get("pass", {})
        if package == "onnxruntime":
            extra = (
                {"slope": ACTIVATIONS[name].parameters["negative_slope"]}
                if called == "PRelu"
                else {}
            )
            function = (called, options, extra)
        else:
            function = locate(called)
            function = (
                function(**options) if inspect.isclass(function) else partial(function, **options)
            )
        found[name] = partial(ask, function)
    return found


def both(f):
    """Value and slope of an entry of the catalogue, each as a call gives it."""
    return lambda x: (f(x), f.derivative(x))


def function_at(place):
    """The function that ``module:function`` names: one in this folder, or an installed one."""
    module, _, name = place.partition(":")
    sys.path.insert(0, os.getcwd())
    try:
        found = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # whatever a module of somebody else's raises
        what = "" if isinstance(error, ImportError) else f"{type(error).__name__}: "
        said = str(error).strip().partition("\n")[0].rstrip(".")
        raise CannotAsk(f"{module} cannot be imported from {os.getcwd()}: {what}{said}") from None
    if not callable(getattr(found, name, None)):
        there = ", ".join(n for n in vars(found) if n[0] != "_" and callable(getattr(found, n)))
        raise CannotAsk(f"{module} has no function {name!r}; it has: {there or 'none'}")
    return getattr(found, name)


def keras_backend():
    """The framework that Keras runs on: the one that is asked for, or the first that is there."""
    need("keras")
    if "KERAS_BACKEND" not in os.environ and "keras" not in sys.modules:
        os.environ["KERAS_BACKEND"] = "jax" if find_spec("jax") else "torch"
    backend = importlib.import_module("keras").backend.backend()
    if backend not in ("jax", "torch"):
        raise CannotAsk(f"Keras runs on {backend} here: set KERAS_BACKEND to jax or torch")
    return backend


# Each of the following asks a function once, with all inputs in one array whose length is a
# multiple of 64: for fewer numbers a framework may run other code than in training.


def padded(x):
    return np.append(x, np.ones(-len(x) % 64))


def same(given, value):
    """Refuse an answer of another type: it was computed with other digits."""
    if value.dtype != given.dtype:
        raise TypeError(f"{given.dtype} goes in, {value.dtype} comes out")


def in_torch(function, x, number_type):
    import torch

    given = torch.tensor(padded(x)).to(getattr(torch, number_type)).requires_grad_()
    function = function.to(given.dtype) if isinstance(function, torch.nn.Module) else function
    value = function(given)
    same(given, value)
    (slope,) = torch.autograd.grad(value, given, torch.ones_like(value))
    return tuple(t.detach().double().numpy()[: len(x)] for t in (value, slope))


def in_jax(function, x, number_type):
    import jax

    jax.config.update("jax_enable_x64", True)
    # NumPy rounds nothing here, where XLA would take subnormal numbers for 0.
    given = padded(x).astype(jax.numpy.dtype(number_type))
    value, back = jax.vjp(jax.jit(function), given)
    same(given, value)
    (slope,) = back(np.ones_like(value))
    return tuple(np.asarray(a).astype(np.float64)[: len(x)] for a in (value, slope))


def in_onnxruntime(operator, x, number_type):
    import onnxruntime
    from onnx import TensorProto, helper

    name, options, extra = operator
    # NumPy has no bfloat16: the model makes it from float32, and goes back.
    kind = {"float16": "FLOAT16", "float64": "DOUBLE"}.get(number_type, "FLOAT")
    fed, inner = getattr(TensorProto, kind), getattr(TensorProto, kind)
    if number_type == "bfloat16":
        inner = TensorProto.BFLOAT16
    nodes = [
        helper.make_node("Cast", ["x"], ["a"], to=inner),
        helper.make_node(name, ["a", *extra], ["b"], **options),
        helper.make_node("Cast", ["b"], ["y"], to=fed),
    ]
    constants = [helper.make_tensor(key, inner, [1], [number]) for key, number in extra.items()]
    ends = [helper.make_tensor_value_info(end, fed, [None]) for end in "xy"]
    graph = helper.make_graph(nodes, name, ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    given = padded(x).astype(helper.tensor_dtype_to_np_dtype(fed))
    return session.run(None, {"x": given})[0].astype(np.float64)[: len(x)], None


def in_numpy(function, x, number_type):
    """A function of NumPy arrays: it gives the values, or values and slopes."""
    if number_type == "bfloat16":
        need("ml_dtypes")
        number_type = importlib.import_module("ml_dtypes").bfloat16
    given = x.astype(number_type)
    with np.errstate(all="ignore"):  # what overflows shows in the answers
        answer = function(given)
    value, slope = answer if isinstance(answer, tuple) else (answer, None)
    same(given, np.asarray(value))
    return tuple(None if a is None else np.asarray(a).astype(np.float64) for a in (value, slope))


WITH = {"numpy": in_numpy, "torch": in_torch, "jax": in_jax}
