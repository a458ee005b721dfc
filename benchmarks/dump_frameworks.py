"""Ask the frameworks what they call each activation function, and what they do with it.

Writes ``src/bends/frameworks.json``: for every function its names, parameters and defaults, the
slope that a framework takes at each kink, and inputs at which it gives no correct digit; the lists
of activation names that the frameworks export; and the arguments of everything that the chooser's
lines of code call. The names below are typed by hand; everything else is read from the frameworks.
Run it where PyTorch, JAX, Flax, Keras, ONNX and transformers are installed:
``PYTHONPATH=src python benchmarks/dump_frameworks.py``.
"""

import ast
import inspect
import json
import os
import re
from importlib.metadata import version
from pathlib import Path
from pydoc import locate

import numpy as np

import bends
from bends.catalogue import plain
from bends.choose import ANSWERS, OPTIMIZERS, RULES, end_code, hidden_code

os.environ["KERAS_BACKEND"] = "jax"
import jax
import keras
import onnx.defs
import optax  # noqa: F401  (found by name)
import torch
from transformers.activations import ACT2CLS

jax.config.update("jax_enable_x64", True)

TORCH, JAX, KERAS = "torch.nn.functional.", "jax.nn.", "keras.activations."
NAMES = {  # PyTorch, JAX (and Flax), Keras: functions first, then layers; ONNX: the operator
    "identity": (["torch.nn.Identity"], [JAX + "identity"], [KERAS + "linear"], "Identity"),
    "step": ([], [], [], None),
    "relu": ([TORCH + "relu", "torch.nn.ReLU"], [JAX + "relu"],
             [KERAS + "relu", "keras.layers.ReLU"], "Relu"),
    "leaky_relu": ([TORCH + "leaky_relu", "torch.nn.LeakyReLU"], [JAX + "leaky_relu"],
                   [KERAS + "leaky_relu", "keras.layers.LeakyReLU"], "LeakyRelu"),
    "prelu": (["torch.nn.PReLU"], ["flax.linen.PReLU"], ["keras.layers.PReLU"], "PRelu"),
    "relu6": ([TORCH + "relu6", "torch.nn.ReLU6"], [JAX + "relu6"], [KERAS + "relu6"], None),
    "squared_relu": ([], [], [], None),
    "abs": (["torch.abs"], ["jax.numpy.abs"], ["keras.ops.abs"], "Abs"),
    "elu": ([TORCH + "elu", "torch.nn.ELU"], [JAX + "elu"],
            [KERAS + "elu", "keras.layers.ELU"], "Elu"),
    "selu": ([TORCH + "selu", "torch.nn.SELU"], [JAX + "selu"], [KERAS + "selu"], "Selu"),
    "celu": ([TORCH + "celu", "torch.nn.CELU"], [JAX + "celu"], [KERAS + "celu"], "Celu"),
    "softplus": ([TORCH + "softplus", "torch.nn.Softplus"], [JAX + "softplus"],
                 [KERAS + "softplus"], "Softplus"),
    "log_sigmoid": ([TORCH + "logsigmoid", "torch.nn.LogSigmoid"], [JAX + "log_sigmoid"],
                    [KERAS + "log_sigmoid"], None),
    "sigmoid": (["torch.sigmoid", "torch.nn.Sigmoid"], [JAX + "sigmoid"],
                [KERAS + "sigmoid"], "Sigmoid"),
    "tanh": (["torch.tanh", "torch.nn.Tanh"], [JAX + "tanh"], [KERAS + "tanh"], "Tanh"),
    "softsign": ([TORCH + "softsign", "torch.nn.Softsign"], [JAX + "soft_sign"],
                 [KERAS + "softsign"], "Softsign"),
    "hard_sigmoid": ([TORCH + "hardsigmoid", "torch.nn.Hardsigmoid"], [JAX + "hard_sigmoid"],
                     [KERAS + "hard_sigmoid"], "HardSigmoid"),
    "hard_tanh": ([TORCH + "hardtanh", "torch.nn.Hardtanh"], [JAX + "hard_tanh"],
                  [KERAS + "hard_tanh"], None),
    "silu": ([TORCH + "silu", "torch.nn.SiLU"], [JAX + "silu"], [KERAS + "silu"], "Swish"),
    "gelu": ([TORCH + "gelu", "torch.nn.GELU"], [JAX + "gelu"], [KERAS + "gelu"], "Gelu"),
    "gelu_tanh": ([TORCH + "gelu", "torch.nn.GELU"], [JAX + "gelu"], [KERAS + "gelu"], "Gelu"),
    "mish": ([TORCH + "mish", "torch.nn.Mish"], [JAX + "mish"], [KERAS + "mish"], "Mish"),
    "hard_swish": ([TORCH + "hardswish", "torch.nn.Hardswish"], [JAX + "hard_swish"],
                   [KERAS + "hard_swish"], "HardSwish"),
    "sin": (["torch.sin"], ["jax.numpy.sin"], ["keras.ops.sin"], "Sin"),
    "snake": ([], [], [], None),
    "rrelu": ([TORCH + "rrelu", "torch.nn.RReLU"], [], [], None),
    "threshold": ([TORCH + "threshold", "torch.nn.Threshold"], [], [KERAS + "threshold"],
                  "ThresholdedRelu"),
    "hard_shrink": ([TORCH + "hardshrink", "torch.nn.Hardshrink"], [], [KERAS + "hard_shrink"],
                    "Shrink"),
    "soft_shrink": ([TORCH + "softshrink", "torch.nn.Softshrink"], [], [KERAS + "soft_shrink"],
                    "Shrink"),
    "squareplus": ([], [JAX + "squareplus"], [KERAS + "squareplus"], None),
    "sparse_plus": ([], [JAX + "sparse_plus"], [KERAS + "sparse_plus"], None),
    "exponential": (["torch.exp"], ["jax.numpy.exp"], [KERAS + "exponential"], "Exp"),
    "sqrt_softplus": ([], [], [], None),
    "tanh_shrink": ([TORCH + "tanhshrink", "torch.nn.Tanhshrink"], [], [KERAS + "tanh_shrink"],
                    None),
    "xielu": ([], [], [], None),
    "sparse_sigmoid": ([], [JAX + "sparse_sigmoid"], [KERAS + "sparse_sigmoid"], None),
    "scaled_tanh": ([], [], [], None),
    "laplace": ([], [], [], None),
    "quick_gelu": ([], [], [], "Swish"),
    "gelu_10": ([], [], [], None),
    "softmax": ([TORCH + "softmax", "torch.nn.Softmax"], [JAX + "softmax"],
                [KERAS + "softmax"], "Softmax"),
    "log_softmax": ([TORCH + "log_softmax", "torch.nn.LogSoftmax"], [JAX + "log_softmax"],
                    [KERAS + "log_softmax"], "LogSoftmax"),
    "softmin": ([TORCH + "softmin", "torch.nn.Softmin"], [], [], None),
    "sparsemax": ([], [], [KERAS + "sparsemax"], None),
    "hardmax": ([], [], [], "Hardmax"),
    "maxout": ([], [], [], None),
    "glu": ([TORCH + "glu", "torch.nn.GLU"], [JAX + "glu"], [KERAS + "glu"], None),
    "reglu": ([], [], [], None),
    "geglu": ([], [], [], None),
    "swiglu": ([], [], [], "SwiGLU"),
    "bilinear": ([], [], [], None),
    "clamped_swiglu": ([], [], [], None),
}
SET = {  # what has to be passed so that a framework's function is ours
    ("gelu", "JAX"): {"approximate": False},
    ("gelu_tanh", "PyTorch"): {"approximate": "tanh"},
    ("gelu_tanh", "Keras"): {"approximate": True},
    ("gelu_tanh", "ONNX"): {"approximate": "tanh"},
    ("leaky_relu", "Keras"): {"negative_slope": 0.01},
    ("hard_sigmoid", "ONNX"): {"alpha": 1 / 6},
    ("threshold", "PyTorch"): {"threshold": 1.0, "value": 0.0},
    ("threshold", "Keras"): {"threshold": 1.0, "default_value": 0.0},
    ("soft_shrink", "ONNX"): {"bias": 0.5},
    ("quick_gelu", "ONNX"): {"alpha": 1.702},
}
# ONNX keeps no list of its activation functions; those of recurrent cells it lists in their text.
OPERATORS = """Celu Elu Gelu HardSigmoid HardSwish Hardmax Identity LeakyRelu LogSoftmax Mish PRelu
    Relu Selu Shrink Sigmoid Softmax Softplus Softsign SwiGLU Swish Tanh ThresholdedRelu""".split()
LEFT_OUT = {  # what stands among the exported names and is no activation function, and why
    "MultiheadAttention": "a layer with weights",
    "dot_product_attention": "a layer",
    "gumbel_softmax": "draws at random, and has no form without drawing",
    "Affine": "a linear layer with one weight",
    "one_hot": "turns labels into rows",
    "standardize": "normalisation",
    "logsumexp": "gives one number for a row",
    "logmeanexp": "gives one number for a row",
    "log1mexp": "exists for positive numbers alone",
} | dict.fromkeys(["scaled_matmul", "scaled_dot_general", "get_scaled_dot_general_config"],
                  "a product of matrices") | dict.fromkeys(
    ["get", "serialize", "deserialize"], "looks a function up")
# Arguments that do not change the function (or, in Hardtanh, old names of those that do).
NOT_PARAMETERS = {"input", "x", "name", "inplace", "dtype", "_stacklevel", "param_dtype", "parent",
                  "min_value", "args", "kwargs"}


def defaults(dotted):
    """Parameters of a callable with their defaults; None if it does not tell (it is built in)."""
    try:
        arguments = inspect.signature(locate(dotted)).parameters.values()
    except ValueError:
        return None
    return {
        a.name: None if a.default is inspect.Parameter.empty else a.default
        for a in arguments
        if a.name not in NOT_PARAMETERS and not (dotted[:5] == "torch" and a.name == "max_value")
    }


def onnx_defaults(operator):
    """Attributes of an ONNX operator with their defaults, and the opset that brought it."""
    found = {}
    for name, attribute in onnx.defs.get_schema(operator).attributes.items():
        default = onnx.helper.get_attribute_value(attribute.default_value)
        if isinstance(default, bytes):
            default = default.decode()
        if isinstance(default, float):  # stored as float32: the shortest digits that mean it
            default = float(str(np.float32(default)))
        found[name] = default
    history = onnx.defs.get_all_schemas_with_history()
    since = min(s.since_version for s in history if s.name == operator and not s.domain)
    return {"name": operator, "parameters": found, "since_opset": since}


def value_and_slope(framework, dotted, options, dtype):
    """A function of one number that gives the framework's value and slope.

    It asks with 64 equal numbers, since on fewer a framework may run other code than in training.
    """
    function = locate(dotted)
    if framework == "PyTorch":
        if inspect.isclass(function):
            function = function(**options).to(getattr(torch, dtype))
            options = {}

        def measure(x):
            t = torch.full((64,), x, dtype=getattr(torch, dtype), requires_grad=True)
            y = function(t, **options)
            y.sum().backward()
            return y[0].item(), t.grad[0].item()

    else:

        def call(t):
            return function(t, **options)

        slope = jax.jit(jax.grad(lambda t: call(t).sum()))
        value = jax.jit(call)

        def measure(x):
            t = jax.numpy.full(64, x, dtype=dtype)
            return float(value(t)[0]), float(slope(t)[0])

    return measure


def lost(f, measure, dtype):
    """The x nearest to 0 at which the value has no correct digit, and what happens at -inf.

    Only where the exact value is a normal number that the type can hold.
    """
    found = []
    smallest, largest = float(np.finfo(dtype).smallest_normal), float(np.finfo(dtype).max)
    for x in [s * k / 2 for k in range(1, 401) for s in (1, -1)]:
        exact, given = float(f(x)), measure(x)[0]
        if smallest <= abs(exact) <= largest and not abs(given / exact - 1) < 0.1:
            found.append({"x": x, "gives": given, "exact": exact})
            break
    at_end = measure(-np.inf)[0]
    if np.isnan(at_end) and not np.isnan(f(-np.inf)):
        found.append({"x": "-inf", "gives": "nan", "exact": f.limits[0]})
    return found


def describe(name, framework, names):
    """What one framework does with one function."""
    entry = {"names": [{"name": n, "parameters": defaults(n)} for n in names]}
    if (name, framework) in SET:
        entry["pass"] = SET[name, framework]
    f = bends.ACTIVATIONS.get(name)
    if f is None or framework == "Keras" or names[0].startswith("flax"):
        return entry  # slopes in Keras are those of the framework below it
    measures = {d: value_and_slope(framework, names[0], SET.get((name, framework), {}), d)
                for d in ("float32", "float64")}
    if f.kinks:
        entry["slope_at_kinks"] = {f"{x:g}": measures["float64"](x)[1] for x in f.kinks}
    wrong = {d: lost(f, m, d) for d, m in measures.items()}
    if any(wrong.values()):
        entry["no_correct_digit"] = wrong
    return entry


def exported():
    """For each framework the names of activation functions that it exports."""
    layers = torch.nn.modules.activation.__all__
    spelt = {plain(name) for name in layers}
    functions = [n for n in dir(torch.nn.functional) if n[-1] != "_" and plain(n) in spelt]
    recurrent = re.findall(r"^\* (\w+)\(x\)", onnx.defs.get_schema("RNN").doc, re.MULTILINE)
    return {
        "PyTorch": [*layers, *functions, "gumbel_softmax"],
        "Keras": public(keras.activations),
        "JAX": public(jax.nn),
        "ONNX": sorted({*OPERATORS, *recurrent}),
        "transformers": list(ACT2CLS),
    }


def public(module):
    """The callables of a module whose name does not start with an underscore."""
    return [n for n in dir(module) if n[0] != "_" and callable(getattr(module, n))]


def called():
    """The dotted names that the chooser's lines call, or hand over to a call."""
    rules = [*RULES, *(rule | rule["second"] for rule in RULES if "second" in rule)]
    lines = [line for f in OPTIMIZERS for rule in rules for line in hidden_code(rule, f)]
    lines += [line for f in OPTIMIZERS for a in ANSWERS.values() for line in end_code(a, f)]
    nodes = ast.walk(ast.parse("\n".join(lines)))
    dotted = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    roots = ("torch.", "keras.", "jax.", "flax.", "optax.")
    return sorted(name for name in dotted if name.startswith(roots) and callable(locate(name)))


def arguments(dotted):
    """Names of a callable's arguments with the plain ones of its defaults; None if built in."""
    try:
        parameters = inspect.signature(locate(dotted)).parameters.values()
    except ValueError:
        return None
    return {
        ("*" * (p.kind.value // 2) if p.kind.value in (2, 4) else "") + p.name:
            p.default if isinstance(p.default, str | int | float | bool) else None
        for p in parameters
    }  # fmt: skip


def main():
    table = {}
    for name, (in_torch, in_jax, in_keras, operator) in NAMES.items():
        entry = {
            framework: describe(name, framework, names)
            for framework, names in (("PyTorch", in_torch), ("JAX", in_jax), ("Keras", in_keras))
            if names
        }
        if operator:
            entry["ONNX"] = {"names": [onnx_defaults(operator)]}
            if (name, "ONNX") in SET:
                entry["ONNX"]["pass"] = SET[name, "ONNX"]
        table[name] = entry
    versions = {"PyTorch": torch.__version__.split("+")[0], "JAX": jax.__version__,
                "Flax": version("flax"), "Optax": version("optax"), "Keras": keras.__version__,
                "ONNX": onnx.__version__, "transformers": version("transformers"),
                "NumPy": np.__version__}
    target = Path(bends.__file__).with_name("frameworks.json")
    target.write_text(json.dumps({"versions": versions, "functions": table,
              "exported": exported(), "left_out": LEFT_OUT,
              "arguments": {name: arguments(name) for name in called()}}, indent=1) + "\n")
    print(f"wrote {target}")


if __name__ == "__main__":
    main()
