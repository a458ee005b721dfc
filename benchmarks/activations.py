"""Time of every activation function, beside NumPy's maximum and beside PyTorch and JAX.

``PYTHONPATH=src python benchmarks/activations.py``. All in one run and on one core; a framework
that is not installed is left out. Printed are nanoseconds per number: the best of many rounds that
take turns, so that a busy machine slows all alike. Forward is the value (in training, where ours
gives the slope as well, *pair*); backward is the frameworks' way from the value's gradient to that
of x. The process's own time is counted, not the clock's.
"""

import json
import os
import platform
import time
from pathlib import Path
from pydoc import locate

import numpy as np

import bends

SIZE, ROUNDS = 32_000, 25  # 32 000 numbers stay within a core's second cache

try:
    import torch

    torch.set_num_threads(1)
except ImportError:
    torch = None
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
try:
    import jax

    jax.config.update("jax_enable_x64", True)
except ImportError:
    jax = None


def ours(f, x):
    return {"value": lambda: f(x), "pair": lambda: f.value_and_derivative(x)}


def pytorch(entry, x):
    """Forward and backward by PyTorch, or nothing where it has no such function."""
    names = [n["name"] for n in entry.get("PyTorch", {}).get("names", [])]
    if torch is None or not names:
        return {}
    function, options = locate(names[0]), entry["PyTorch"].get("pass", {})
    if isinstance(function, type):
        function, options = function(**options).to(torch.from_numpy(x).dtype), {}
    plain, tracked = torch.from_numpy(x), torch.from_numpy(x).requires_grad_()
    y, gradient = function(tracked, **options), torch.ones(len(x), dtype=plain.dtype)

    def forward():
        with torch.no_grad():
            function(plain, **options)

    return {
        "torch": forward,
        "back": lambda: torch.autograd.grad(y, tracked, gradient, retain_graph=True),
    }


def jaxes(entry, x):
    """Forward and backward by JAX, compiled, or nothing where it has no such function."""
    names = [n["name"] for n in entry.get("JAX", {}).get("names", [])]
    if jax is None or not names or names[0].startswith("flax"):
        return {}
    function, options = locate(names[0]), entry["JAX"].get("pass", {})

    def call(t):
        return function(t, **options)

    there = jax.device_put(x)
    forward = jax.jit(call)
    backward = jax.jit(lambda t: jax.vjp(call, t)[1](jax.numpy.ones_like(t)))
    return {
        "jax": lambda: forward(there).block_until_ready(),
        "back ": lambda: backward(there)[0].block_until_ready(),
    }


def nanoseconds(calls, repeat=5):
    """Best time of each call per number, the calls taking turns."""
    best = dict.fromkeys(calls, np.inf)
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            for _ in range(repeat):
                call()
            best[name] = min(best[name], (time.process_time() - start) / repeat / SIZE * 1e9)
    return best


def main():
    table = json.loads(Path(bends.__file__).with_name("frameworks.json").read_text())["functions"]
    versions = [f"NumPy {np.__version__}"]
    versions += [f"PyTorch {torch.__version__}"] if torch else ["PyTorch: not installed"]
    versions += [f"JAX {jax.__version__}"] if jax else ["JAX: not installed"]
    print(f"{platform.machine()}, Python {platform.python_version()}, {', '.join(versions)}")
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        x = rng.normal(0, 1, SIZE).astype(dtype)
        floor = nanoseconds({"maximum": lambda x=x: np.maximum(x, 0)})["maximum"]
        relu = nanoseconds(ours(bends.relu, x))["pair"]
        print(
            f"\n{dtype.__name__}: np.maximum {floor:.2f} ns per number; "
            f"{SIZE} numbers from the bell curve"
        )
        print(
            f"{'':14}{'value':>8}{'pair':>8}{'/relu':>8}{'torch':>8}{'back':>8}{'jax':>8}"
            f"{'back':>8}"
        )
        ratios = {}
        for name, f in bends.ACTIVATIONS.items():
            calls = ours(f, x) | pytorch(table[name], x) | jaxes(table[name], x)
            times = nanoseconds(calls)
            ratios[name] = times["pair"] / relu
            cells = [
                f"{times[k]:8.2f}" if k in times else f"{'-':>8}"
                for k in ("torch", "back", "jax", "back ")
            ]
            print(
                f"{name:14}{times['value']:8.2f}{times['pair']:8.2f}{ratios[name]:8.1f}",
                *cells,
                sep="",
            )
        slowest = max(ratios, key=ratios.get)
        print(f"slowest pair: {slowest}, {ratios[slowest]:.1f} times ReLU's (goal in float32: 25)")


if __name__ == "__main__":
    main()
