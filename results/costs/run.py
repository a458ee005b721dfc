"""What an activation function costs: time for each number, share of a layer, memory kept.

    make results NAME=costs

Writes costs.csv: one row a measurement. Times are processor seconds of one thread, the median of
many repeats; they belong to the machine named in the file. The counts of numbers kept for the way
back belong to PyTorch's rules and are the same everywhere.
"""

import csv
import platform
import statistics
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

HERE = Path(__file__).parent
SMALL, LARGE = 2**12, 2**23  # 16 KB and 32 MB of float32: inside the caches, and outside
WIDTH, TOKENS = 512, 512
REPEATS = 15


def gelu_tanh(x):
    return functional.gelu(x, approximate="tanh")


def squared_relu(x):
    return functional.relu(x).square()


FUNCTIONS = {
    "copy": torch.clone,
    "relu": functional.relu,
    "squared_relu": squared_relu,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": gelu_tanh,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def swiglu_steps(gate, up):
    """SwiGLU as it is written down: four passes over memory."""
    return gate * torch.sigmoid(gate) * up


def swiglu_passes(gate, up):
    """SwiGLU with the fused SiLU that every framework has."""
    return functional.silu(gate) * up


def seconds(call, *inputs):
    """Median processor time of a call."""
    call(*inputs)
    taken = []
    for _ in range(REPEATS):
        start = time.process_time()
        call(*inputs)
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def each_number(function, n, inputs=1):
    """Nanoseconds a number, for an array of n; short arrays many times in a row."""
    arrays = [torch.randn(n) for _ in range(inputs)]
    times = max(1, LARGE // n // 8)

    def call():
        for _ in range(times):
            function(*arrays)

    with torch.no_grad():
        return seconds(call) / n / times * 1e9


class Plain(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        self.up = nn.Linear(WIDTH, 4 * WIDTH, bias=False)
        self.down = nn.Linear(4 * WIDTH, WIDTH, bias=False)

    def forward(self, x):
        return self.down(self.function(self.up(x)))


class Gated(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function
        inner = 8 * WIDTH // 3
        self.gate = nn.Linear(WIDTH, inner, bias=False)
        self.up = nn.Linear(WIDTH, inner, bias=False)
        self.down = nn.Linear(inner, WIDTH, bias=False)

    def forward(self, x):
        return self.down(self.function(self.gate(x)) * self.up(x))


LAYERS = {
    "identity": Plain(nn.Identity()),
    "relu": Plain(functional.relu),
    "squared_relu": Plain(squared_relu),
    "silu": Plain(functional.silu),
    "gelu": Plain(functional.gelu),
    "bilinear": Gated(nn.Identity()),
    "swiglu": Gated(functional.silu),
    "geglu": Gated(functional.gelu),
}


def step(layer, x):
    """Forward and back, as in training."""
    layer.zero_grad()
    layer(x).sum().backward()


def kept(layer, x):
    """Numbers kept for the way back, for each number of the input, the weights not counted."""
    weights = {weight.data_ptr() for weight in layer.parameters()}
    seen = {}

    def pack(tensor):
        if tensor.untyped_storage().data_ptr() not in weights:
            seen[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer(x)
    return sum(tensor.numel() for tensor in seen.values()) / x.numel()


def measurements():
    """(what, function, value) for everything."""
    for name, function in FUNCTIONS.items():
        yield "ns a number, in the cache", name, each_number(function, SMALL)
        yield "ns a number, in memory", name, each_number(function, LARGE)
    steps, passes = swiglu_steps, swiglu_passes
    for name, function in {"swiglu_steps": steps, "swiglu_passes": passes}.items():
        yield "ns a number, in memory", name, each_number(function, LARGE, inputs=2)
    fused = torch.compile(swiglu_steps)
    yield "ns a number, in memory", "swiglu_fused", each_number(fused, LARGE, inputs=2)
    x = torch.randn(TOKENS, WIDTH, requires_grad=True)
    for name, layer in LAYERS.items():
        yield "ms a layer, there and back", name, seconds(step, layer, x) * 1e3
        yield "numbers kept", name, kept(layer, x)
        yield "weights", name, sum(weight.numel() for weight in layer.parameters())


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    machine = f"{processor()}, torch {torch.__version__.split('+')[0]}"
    with open(HERE / "costs.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", "function", "value", "machine"])
        for what, name, value in measurements():
            writer.writerow([what, name, f"{value:.4g}", machine])
            print(f"{what:28} {name:18} {value:.4g}", flush=True)


def processor():
    """The processor's name, as Linux gives it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(": ", 1)[1]
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
