"""How fast Bends trains, beside its peers and beside the machine's own limit.

    python benchmarks/training.py                 everything, about ten minutes
    python benchmarks/training.py mini digits     some workloads; also: activations, threads

Every contender trains the same network on the same data with the same loss, optimiser and batch
size, in one process and on one thread. A rate is network-examples a second: 10 networks that see
100 examples have seen 1000. Rates are from processor time, which other programs disturb least, at
the best of interleaved rounds. A peer that is not installed is skipped by name.
"""

import os
import platform
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from tuned_numpy import TunedStack

from bends import ACTIVATIONS, MLP, OPTIMIZERS, train
from bends.training import one_blas_thread

ROUNDS = 5
RATE = 1e-3


@dataclass
class Workload:
    """One kind of training; a round of one network lasts `epochs`, about a tenth of a second."""

    title: str
    sizes: list
    activation: str
    optimizer: str
    examples: int
    batch: int | None
    epochs: int

    @property
    def loss(self):
        return "binary_cross_entropy" if self.sizes[-1] == 1 else "cross_entropy"

    @property
    def flops(self):
        """Of the matrix products of one example's step; the inputs need no gradient."""
        weights = [a * b for a, b in zip(self.sizes, self.sizes[1:], strict=False)]
        return 6 * sum(weights) - 2 * weights[0]

    def data(self, dtype):
        rng = np.random.default_rng(0)
        x = rng.standard_normal((self.examples, self.sizes[0])).astype(dtype)
        return x, rng.integers(0, max(2, self.sizes[-1]), self.examples)


WORKLOADS = {
    "mini": Workload("2-16-16-1, tanh, batch 32, Adam", [2, 16, 16, 1], "tanh", "adam", 1024,
                     32, 24),
    "plane": Workload("2-32-32-1, tanh, 1000 at once, Adam", [2, 32, 32, 1], "tanh", "adam", 1000,
                      None, 200),
    "digits": Workload("40-100-100-10, ReLU, batch 100, Adam", [40, 100, 100, 10], "relu", "adam",
                       4000, 100, 10),
    "deep": Workload("40, 19 × 64, 10, tanh, batch 100, momentum", [40] + [64] * 19 + [10], "tanh",
                     "momentum", 1000, 100, 8),
}  # fmt: skip


# The contenders: each returns a function that trains for one round ------------------------------


def bends(work, members, dtype, epochs):
    x, y = work.data(dtype)
    seed = range(members) if members > 1 else 0
    net = MLP(work.sizes, work.activation, seed=seed, dtype=dtype)
    optimizer = OPTIMIZERS[work.optimizer](RATE)
    return lambda: train(net, x, y, loss=work.loss, optimizer=optimizer, epochs=epochs,
                         batch_size=work.batch, progress=False)  # fmt: skip


def tuned_numpy(work, members, dtype, epochs):
    stack = TunedStack(work, members, dtype, RATE)
    return lambda: stack.train(epochs)


def scikit_learn(work, members, dtype, epochs):
    from sklearn.neural_network import MLPClassifier

    if members > 1:
        return None
    x, y = work.data(dtype)
    solver = {"adam": "adam", "momentum": "sgd"}[work.optimizer]
    model = MLPClassifier(
        work.sizes[1:-1], activation=work.activation, solver=solver, alpha=0, tol=0,
        batch_size=work.batch or work.examples, learning_rate_init=RATE, max_iter=epochs,
        n_iter_no_change=epochs, nesterovs_momentum=False, random_state=0,
    )  # fmt: skip
    return lambda: model.fit(x, y)


def _torch(work, dtype):
    import torch

    torch.set_num_threads(1)
    x, y = (torch.from_numpy(a) for a in work.data(dtype))
    return torch, x, y if work.loss == "cross_entropy" else y.to(x.dtype)[:, None]


def _torch_optimizer(torch, work, parameters):
    if work.optimizer == "adam":
        return torch.optim.Adam(parameters, RATE, fused=True)
    return torch.optim.SGD(parameters, RATE, momentum=0.9, fused=True)


def torch_one_by_one(work, members, dtype, epochs):
    torch, x, y = _torch(work, dtype)
    if members > 1:
        return None
    bend = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU}[work.activation]
    layers = []
    for fan_in, fan_out in zip(work.sizes, work.sizes[1:], strict=False):
        layers += [torch.nn.Linear(fan_in, fan_out, dtype=x.dtype), bend()]
    model = torch.nn.Sequential(*layers[:-1])
    cross_entropy = work.loss == "cross_entropy"
    loss = torch.nn.CrossEntropyLoss() if cross_entropy else torch.nn.BCEWithLogitsLoss()
    optimizer = _torch_optimizer(torch, work, model.parameters())

    def run():
        for _ in range(epochs):
            order = torch.randperm(len(x)) if work.batch else None
            for start in range(0, len(x), work.batch or len(x)):
                batch = order[start : start + work.batch] if work.batch else slice(None)
                optimizer.zero_grad()
                loss(model(x[batch]), y[batch]).backward()
                optimizer.step()

    return run


def torch_stacked(work, members, dtype, epochs):
    torch, x, y = _torch(work, dtype)
    if members == 1:
        return None
    bend = {"tanh": torch.tanh, "relu": torch.relu}[work.activation]
    weights, biases = [], []
    for fan_in, fan_out in zip(work.sizes, work.sizes[1:], strict=False):
        weights.append(torch.randn(members, fan_in, fan_out, dtype=x.dtype) / fan_in**0.5)
        biases.append(torch.zeros(members, 1, fan_out, dtype=x.dtype))
    parameters = [p.requires_grad_() for p in weights + biases]
    optimizer = _torch_optimizer(torch, work, parameters)
    functional = torch.nn.functional

    def loss(outputs, targets):  # the sum over members of each one's mean
        if work.loss == "cross_entropy":
            mean = functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())
        else:
            mean = functional.binary_cross_entropy_with_logits(outputs, targets)
        return members * mean

    def run():
        everything = x.expand(members, -1, -1), y.expand(members, *y.shape)
        for _ in range(epochs):
            order = torch.rand(members, len(x)).argsort(1) if work.batch else None
            for start in range(0, len(x), work.batch or len(x)):
                if work.batch:
                    batch = order[:, start : start + work.batch]
                    a, targets = x[batch], y[batch]
                else:
                    a, targets = everything
                for i, (W, b) in enumerate(zip(weights, biases, strict=True)):
                    z = torch.baddbmm(b, a, W)
                    a = bend(z) if i < len(weights) - 1 else z
                optimizer.zero_grad()
                loss(a, targets).backward()
                optimizer.step()

    return run


def jax_scan(work, members, dtype, epochs):
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", dtype == np.float64)
    x, y = (jnp.asarray(a) for a in work.data(dtype))
    bend = {"tanh": jnp.tanh, "relu": jax.nn.relu}[work.activation]
    rng = np.random.default_rng(0)
    net = []
    for fan_in, fan_out in zip(work.sizes, work.sizes[1:], strict=False):
        W = rng.standard_normal((members, fan_in, fan_out)).astype(dtype) / dtype(fan_in**0.5)
        net.append((jnp.asarray(W), jnp.zeros((members, fan_out), dtype)))

    def loss(net, x, y):
        for W, b in net[:-1]:
            x = bend(x @ W + b)
        z = x @ net[-1][0] + net[-1][1]
        if work.loss == "cross_entropy":
            return -jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], 1).mean()
        return (jax.nn.softplus(z[:, 0]) - y * z[:, 0]).mean()

    def adam(p, g, m, v, t):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        step = RATE * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return (p - step).astype(p.dtype), m, v

    def momentum(p, g, m, v, t):
        m = 0.9 * m + g
        return p - RATE * m, m, v

    update = {"adam": adam, "momentum": momentum}[work.optimizer]

    def step(state, batch):
        net, m, v, t = state
        t = t + 1
        slopes = jax.grad(loss)(net, *((x, y) if batch is None else (x[batch], y[batch])))
        moved = jax.tree.map(lambda *a: update(*a, t), net, slopes, m, v)
        net, m, v = jax.tree.transpose(
            jax.tree.structure(net), jax.tree.structure((0, 0, 0)), moved
        )
        return (net, m, v, t), None

    if work.batch:
        epoch = jax.jit(jax.vmap(lambda state, order: jax.lax.scan(step, state, order)[0]))
    else:  # one call for all epochs: each is a single step
        epoch = jax.jit(jax.vmap(lambda state: jax.lax.scan(step, state, None, epochs)[0]))
    zeros = jax.tree.map(jnp.zeros_like, net)
    state = (net, zeros, zeros, jnp.zeros(members, dtype))

    def run():
        nonlocal state
        for _ in range(epochs if work.batch else 1):
            if work.batch:
                order = np.stack([rng.permutation(len(x)) for _ in range(members)])
                state = epoch(state, order.reshape(members, -1, work.batch))
            else:
                state = epoch(state)
        jax.block_until_ready(state)

    return run


CONTENDERS = {
    "Bends": bends,
    "NumPy, for speed alone": tuned_numpy,
    "scikit-learn": scikit_learn,
    "PyTorch, one by one": torch_one_by_one,
    "PyTorch, baddbmm": torch_stacked,
    "JAX, jit + scan + vmap": jax_scan,
}


# Measuring --------------------------------------------------------------------------------------


def best_times(functions, clock=time.process_time, rounds=ROUNDS):
    """The shortest time of each function, over rounds in which each has its turn."""
    for function in functions.values():
        function()  # compiles, and fills the caches
    best = dict.fromkeys(functions, np.inf)
    for _ in range(rounds):
        for name, function in functions.items():
            start = clock()
            function()
            best[name] = min(best[name], clock() - start)
    return best


def product(dtype):
    """A matrix product whose rate is the machine's limit."""
    a = np.random.default_rng(0).standard_normal((512, 512)).astype(dtype)
    out = np.empty_like(a)

    def run():
        for _ in range(8):
            np.matmul(a, a, out=out)

    return run, 8 * 2 * 512**3


def compare(work, dtype, missing):
    """Print the rates of all contenders on one workload, for 1, 10 and 20 networks."""
    print(f"\n{work.title}, {np.dtype(dtype).name}")
    print(f"{'':24}" + "".join(f"{m:>10} net{'s' if m > 1 else ' '}" for m in (1, 10, 20))
          + "   thousand network-examples a second (Bends / peer)")  # fmt: skip
    rates, shares = {}, []
    for members in (1, 10, 20):
        epochs = max(1, round(2 * work.epochs / members)) if members > 1 else work.epochs
        runs = {}
        for name, contender in CONTENDERS.items():
            try:
                runs[name] = contender(work, members, dtype, epochs)
            except ImportError as error:
                missing.add(error.name)
        runs = {name: run for name, run in runs.items() if run is not None}
        runs["product"], flops = product(dtype)
        times = best_times(runs)
        peak = flops / times.pop("product")
        for name, seconds in times.items():
            rates[name, members] = members * work.examples * epochs / seconds
        shares.append((rates["Bends", members] * work.flops / peak, peak))
    for name in CONTENDERS:
        cells = ""
        for members in (1, 10, 20):
            # What trains networks one after the other has the rate of one, however many they are.
            rate = rates.get((name, members)) or (
                rates.get((name, 1)) if name in ("scikit-learn", "PyTorch, one by one") else None
            )
            ratio = rates["Bends", members] / rate if rate else 0
            cells += f"{rate / 1e3:8.0f} ({ratio:4.2f})" if rate else f"{'':15}"
        if cells.strip():
            print(f"{name:24}{cells}")
    print(f"{'of the product peak':24}" + "".join(f"{100 * share:13.0f} %" for share, _ in shares)
          + f"   (peak {max(p for _, p in shares) / 1e9:.0f} Gflop/s)", flush=True)  # fmt: skip


def activations():
    """Print how fast 40-100-100-10 trains with each activation function, beside ReLU."""
    runs = {}
    for name in ACTIVATIONS:
        work = Workload("", [40, 100, 100, 10], name, "adam", 4000, 100, 1)
        runs[name] = bends(work, 10, np.float32, 1)
    times = best_times(runs)
    print("\n40-100-100-10, batch 100, Adam, 10 networks, float32: rate beside ReLU's")
    for name, seconds in sorted(times.items(), key=lambda item: item[1]):
        print(f"{name:16}{times['relu'] / seconds:6.2f}")
    sys.stdout.flush()


def threads():
    """Print what two Python threads gain over one, on eight activation functions."""
    names = ["relu", "leaky_relu", "elu", "softplus", "tanh", "silu", "gelu", "mish"]

    def over(workers):
        def run():
            with ThreadPoolExecutor(workers) as pool:
                for result in [pool.submit(task) for task in tasks]:
                    result.result()

        works = [Workload("", [40, 100, 100, 10], name, "adam", 4000, 100, 1) for name in names]
        tasks = [bends(work, 10, np.float32, 2) for work in works]
        return run

    times = best_times({1: over(1), 2: over(2)}, clock=time.perf_counter)
    print(f"\nTwo Python threads over {len(names)} activation functions, 10 networks each, "
          f"{os.cpu_count()} cores: {times[1] / times[2]:.2f} times as fast as one "
          f"({times[1]:.2f} s, {times[2]:.2f} s by the clock on the wall)", flush=True)  # fmt: skip


def main(chosen):
    known = [*WORKLOADS, "activations", "threads"]
    if not set(chosen) <= set(known):
        sys.exit(f"choose from: {', '.join(known)}")
    chosen = chosen or known
    warnings.filterwarnings("ignore", message="Stochastic Optimizer")  # it stops when told to
    print(f"{platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    for package in ("numpy", "scikit-learn", "torch", "jax"):
        try:
            print(package, version(package))
        except PackageNotFoundError:
            print(package, "is not installed")
    missing = set()
    for name, work in WORKLOADS.items():
        if name in chosen:
            for dtype in (np.float32, np.float64):
                compare(work, dtype, missing)
    if missing:
        print(f"\nSkipped, not installed: {', '.join(sorted(missing))}")
    if "activations" in chosen:
        activations()
    if "threads" in chosen:
        threads()


if __name__ == "__main__":
    with one_blas_thread():
        main(sys.argv[1:])
