"""When is the usual advice wrong? The runs behind chapter 19.

One command, `make results NAME=exceptions`, writes a table for each case; PROTOCOL.md says what and
why. Killed at any moment, it goes on where it was.

    extrapolation.csv  a wave and a straight line, fitted, then followed outside
    derivatives.csv    an equation with a second derivative, solved by a network
    recurrence.csv     the first number of a sequence, remembered for 10 or 40 steps
    int8.csv           trained networks, rounded to eight bits in several ways
    waves.csv          slow and fast waves, networks of sines that start at several speeds
    outputs.csv        answers that must be positive, or lie between 0 and 1
    changing.csv       new labels again and again
    exchange.csv       another function put into a trained network
"""

import math
from pathlib import Path

import numpy as np

from bends import ACTIVATIONS, MLP, Adam, gain, hard_sigmoid, relu, sigmoid, softplus, train
from bends.datasets import mnist1d
from bends.grids import Grid, product
from bends.network import Gradients
from bends.runs import run

HERE = Path(__file__).parent
SEEDS = range(10, 30)  # 0 to 9 were seen while this was written
TUNING = range(100, 102)
RATES = (0.001, 0.003, 0.01)


def outcome_rows(columns, members):
    """Turn outcomes by name, one number a member each, into a row a member."""
    return [
        {name: f"{float(column[i]):.5g}" for name, column in columns.items()}
        for i in range(len(members))
    ]


def root_mean_square(errors):
    """Over all but the first axis, which holds the members."""
    return np.sqrt(np.mean(np.square(errors, dtype=float), axis=tuple(range(1, errors.ndim))))


def grid(tasks, settings, learn, outcomes, *, tuned=True, judge="validation_error", better=min):
    """The grid that all cases share: 20 fresh seeds, and rates that two more seeds choose."""
    tuning = {"rates": RATES, "tuning_seeds": TUNING, "judge": judge} if tuned else {}
    return Grid(
        tasks, settings, seeds=SEEDS, train=learn, outcomes=outcomes, better=better,
        largest_stack=20, **tuning,
    )  # fmt: skip


# --- a curve, inside and outside ------------------------------------------------------------------

CURVES = {"wave": lambda x: np.sin(np.pi * x), "line": lambda x: x}


def encoded(x, inputs):
    """The input as it is, or its place within a period of 2 as a sine and a cosine."""
    if inputs == "x":
        return np.float32(x)
    return np.float32(np.hstack([np.sin(np.pi * x), np.cos(np.pi * x)]))


def extrapolated(task, setting, members, phase):
    """Fit a curve between -2 and 2; the error there, and between 2 and 4 on both sides."""
    rates, seeds = zip(*members, strict=True)
    inside, between, outside, far = (
        encoded(task[part], setting["inputs"]) for part in ("inside", "between", "outside", "far")
    )
    f = ACTIVATIONS[setting["activation"]]
    net = MLP([inside.shape[1], 32, 32, 1], f, seed=seeds, dtype="float32")
    curve = CURVES[setting["curve"]]
    train(
        net, inside, curve(task["inside"]), loss="squared_error", optimizer=Adam(rates),
        epochs=1500, batch_size=None, progress=False,
    )  # fmt: skip
    out = {"validation_error": root_mean_square(net(between) - curve(task["between"]))}
    if phase == "test":
        out["outside_error"] = root_mean_square(net(outside) - curve(task["outside"]))
        first, middle, last = np.moveaxis(net(far)[..., 0].astype(float), -1, 0)
        out["far_slope"] = last - middle
        out["far_change"] = abs((last - middle) - (middle - first))
    return outcome_rows(out, members)


def extrapolation():
    """Five functions on two curves; on the wave also with the period given."""
    inside = np.linspace(-2, 2, 64)[:, None]
    outside = np.linspace(2.02, 4, 100)[:, None]
    points = {
        "inside": inside,
        "between": (inside[1:] + inside[:-1]) / 2,
        "outside": np.vstack([-outside, outside]),
        "far": np.array([[100.0], [101.0], [102.0]]),
    }
    functions = ["relu", "gelu", "tanh", "sin", "snake"]
    settings = product(curve=["wave", "line"], inputs=["x"], activation=functions)
    settings += product(curve=["wave"], inputs=["sin and cos"], activation=["relu", "tanh"])
    outcomes = ["validation_error", "outside_error", "far_slope", "far_change"]
    return grid({"points": points}, settings, extrapolated, outcomes)


# --- a network's own derivatives ------------------------------------------------------------------


def second_and_third(name, z):
    """The second and third derivative of an activation function."""
    if name == "relu":
        return np.zeros_like(z), np.zeros_like(z)
    if name == "squared_relu":
        return 2 * (z > 0).astype(z.dtype), np.zeros_like(z)
    if name == "sin":
        return -np.sin(z), -np.cos(z)
    if name == "tanh":
        t = np.tanh(z)
        return -2 * t * (1 - t**2), (1 - t**2) * (6 * t**2 - 2)
    if name == "softplus":
        s = sigmoid(z)
        return s * (1 - s), s * (1 - s) * (1 - 2 * s)
    if name == "gelu":
        bell = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
        return bell * (2 - z**2), bell * (z**3 - 4 * z)
    raise ValueError(f"no second derivative is written here for {name!r}")


def curvature(net, name, x):
    """The second derivative of a network with one hidden layer in its input, and what it is of."""
    W, V = net.weights[0], net.weights[1]
    z = x @ W + net.biases[0][..., None, :]
    second, third = second_and_third(name, z)
    return (second * W**2) @ V, (second, third)


def curvature_gradients(net, x, parts, gradient):
    """Gradients in the parameters, from the loss's gradient in the curvature at each point."""
    (second, third), W, V = parts, net.weights[0], net.weights[1]
    in_v = (second * W**2).swapaxes(-1, -2) @ gradient
    back = gradient * V.swapaxes(-1, -2)  # the gradient in each unit's part, at each point
    in_w = (back * (2 * W * second + W**2 * third * x)).sum(axis=-2, keepdims=True)
    in_b = (back * W**2 * third).sum(axis=-2)
    return Gradients([in_w, in_v], [in_b, np.zeros_like(net.biases[1])])


def solved(task, setting, members, phase):
    """Find u with u'' = -π² sin(πx), and u = 0 at both ends, from the equation alone."""
    rates, seeds = zip(*members, strict=True)
    name, x, ends = setting["activation"], task["points"], task["ends"]
    net = MLP([1, 32, 1], name, init="pytorch", seed=seeds, dtype="float32")
    asked = -np.float32(np.pi**2) * np.sin(np.float32(np.pi) * x)
    optimizer, unit = Adam(rates), np.float32(np.pi**4)
    for _ in range(2000):
        found, parts = curvature(net, name, x)
        by_equation = curvature_gradients(net, x, parts, 2 * (found - asked) / (len(x) * unit))
        by_ends = net.backward(net.forward(ends))
        sums = [
            [a + b for a, b in zip(*pair, strict=True)]
            for pair in zip(by_equation, by_ends, strict=True)
        ]
        optimizer.step(net, Gradients(*sums))
    found, _ = curvature(net, name, x)
    out = {"validation_error": root_mean_square((found - asked) / np.pi**2)}
    if phase == "test":
        right = np.sin(np.pi * task["between"])
        out["error"] = root_mean_square(net(task["between"]) - right) / root_mean_square(
            right[None]
        )
    return outcome_rows(out, members)


def derivatives():
    points = {
        "points": np.linspace(-1, 1, 64, dtype=np.float32)[:, None],
        "between": np.linspace(-1, 1, 201, dtype=np.float32)[:, None],
        "ends": np.array([[-1], [1]], np.float32),
    }
    functions = ["relu", "squared_relu", "softplus", "gelu", "tanh", "sin"]
    settings = product(activation=functions)
    return grid({"equation": points}, settings, solved, ["validation_error", "error"])


# --- recurrence -----------------------------------------------------------------------------------

UNITS, BATCH, STEPS = 24, 20, 250


class Recurrent:
    """A recurrent cell, read out after the last step; a stack of them, one for each seed.

    Plain: h = f(x W_in + h W + b). With a gate g, which has weights of its own and the function
    `gate`: h = (1 - g) h + g f(...).
    """

    def __init__(self, activation, gate, start, seeds):
        self.f = ACTIVATIONS[activation]
        self.gate = None if gate == "none" else ACTIVATIONS[gate]
        self.members, self.dtype = (len(seeds),), np.dtype(np.float32)
        paths = 1 if self.gate is None else 2
        drawn = [self._drawn(np.random.default_rng(seed), start, paths) for seed in seeds]
        self.weights = [np.stack(arrays).astype(np.float32) for arrays in zip(*drawn, strict=True)]
        biases = [0.0, 0.0] if self.gate is None else [0.0, -2.0, 0.0]
        sizes = [UNITS] * paths + [1]
        self.biases = [
            np.full((*self.members, size), bias, np.float32)
            for size, bias in zip(sizes, biases, strict=True)
        ]

    def _drawn(self, rng, start, paths):
        """Weights from the input and from the state, for each path; then those of the answer."""
        weights = []
        for _ in range(paths):
            weights.append(rng.normal(size=(1, UNITS)))
            if start == "identity":
                weights.append(np.eye(UNITS))
            elif start == "orthogonal":
                weights.append(np.linalg.qr(rng.normal(size=(UNITS, UNITS)))[0])
            else:
                weights.append(gain(self.f) * rng.normal(size=(UNITS, UNITS)) / UNITS**0.5)
        return [*weights, rng.normal(size=(UNITS, 1)) / UNITS**0.5]

    def forward(self, x):
        """Answers (members, n, 1) for sequences (members, n, steps); what happened is kept."""
        h = np.zeros((*x.shape[:2], UNITS), np.float32)
        self.steps = []
        for t in range(x.shape[-1]):
            now = x[..., t, None]
            W_in, W = self.weights[:2]
            a, slope = self.f.value_and_derivative(now * W_in + h @ W + self.biases[0][:, None])
            g = gate_slope = None
            new = a
            if self.gate:
                W_in, W = self.weights[2:4]
                z = now * W_in + h @ W + self.biases[1][:, None]
                g, gate_slope = self.gate.value_and_derivative(z)
                new = (1 - g) * h + g * a
            self.steps.append((now, h, a, slope, g, gate_slope))
            h = new
        self.state = h
        return h @ self.weights[-1] + self.biases[-1][:, None]

    def backward(self, gradient):
        """Gradients in all parameters, back through every step."""
        weights = [np.zeros_like(W) for W in self.weights]
        biases = [np.zeros_like(b) for b in self.biases]
        weights[-1] = self.state.swapaxes(-1, -2) @ gradient
        biases[-1] = gradient.sum(axis=-2)
        back = gradient * self.weights[-1].swapaxes(-1, -2)
        for now, h, a, slope, g, gate_slope in reversed(self.steps):
            if g is None:
                signals, before = [back * slope], 0
            else:
                signals = [back * g * slope, back * (a - h) * gate_slope]
                before = back * (1 - g)
            for i, signal in enumerate(signals):
                weights[2 * i] += (now * signal).sum(axis=-2, keepdims=True)
                weights[2 * i + 1] += h.swapaxes(-1, -2) @ signal
                biases[i] += signal.sum(axis=-2)
                before = before + signal @ self.weights[2 * i + 1].swapaxes(-1, -2)
            back = before
        return Gradients(weights, biases)


def sequences(rngs, n, steps):
    """Noise, with 1 or -1 in front of it, which is the answer: one batch for each generator."""
    x = np.stack([0.3 * rng.normal(size=(n, steps)) for rng in rngs]).astype(np.float32)
    x[..., 0] = np.where(x[..., 0] > 0, 1, -1)
    return x, x[..., :1]


def norms(gradients):
    """The length of each member's gradient, over all parameters."""
    parts = [np.square(g, dtype=float) for g in gradients.weights + gradients.biases]
    return np.sqrt(sum(part.sum(axis=tuple(range(1, part.ndim))) for part in parts))


def remembered(task, setting, members, phase):
    """Train a recurrent cell to say the first number of a sequence at its end."""
    rates, seeds = zip(*members, strict=True)
    net = Recurrent(setting["activation"], setting["gate"], setting["start"], seeds)
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    steps, optimizer, lengths = setting["steps"], Adam(rates), []
    alive = np.ones(len(seeds), bool)
    with np.errstate(all="ignore"):
        for _ in range(STEPS):
            x, y = sequences(rngs, BATCH, steps)
            gradients = net.backward(2 * (net.forward(x) - y) / BATCH)
            length = norms(gradients)
            lengths.append(length)
            alive &= np.isfinite(length)
            shrink = np.ones_like(length)
            if setting["clip"]:
                shrink = np.minimum(1, setting["clip"] / np.maximum(length, 1e-30))
            for g in gradients.weights + gradients.biases:
                g *= shrink.astype(np.float32).reshape(-1, *[1] * (g.ndim - 1))
                g[~alive] = 0
            optimizer.step(net, gradients)
        out = {}
        for part in ("validation", "test") if phase == "test" else ("validation",):
            x, y = sequences(rngs, 500, steps)
            right = np.mean(np.sign(net.forward(x)) == y, axis=(1, 2))
            out[f"{part}_score"] = np.where(alive, right, 0.5)
    out["lost"] = ~alive
    out["first_gradient"] = lengths[0]
    out["largest_gradient"] = np.max(np.nan_to_num(lengths, nan=np.inf), axis=0)
    return outcome_rows(out, members)


def recurrence():
    plain = {"gate": ["none"], "activation": ["tanh", "relu"]}
    starts = ["gain", "orthogonal", "identity"]
    settings = product(**plain, start=starts, steps=[10], clip=[0])
    settings += product(**plain, start=starts, steps=[40], clip=[0, 1])
    gates = {"gate": ["sigmoid", "relu"], "activation": ["tanh", "relu"]}
    settings += product(**gates, start=["orthogonal"], steps=[40], clip=[0, 1])
    outcomes = ["validation_score", "test_score", "lost", "first_gradient", "largest_gradient"]
    task = {"sequences": {"units": UNITS, "batch": BATCH, "training steps": STEPS}}
    return grid(task, settings, remembered, outcomes, judge="validation_score", better=max)


# --- trained on signals, then changed -------------------------------------------------------------


def signals():
    """MNIST-1D: 4000 signals to train on, 1000 to test on."""
    data = mnist1d()
    return {
        "train": (np.float32(data.x), data.y),
        "test": (np.float32(data.x_test), data.y_test),
    }


def learn(net, x, y, rate, epochs):
    train(
        net, x, y, loss="cross_entropy", optimizer=Adam(rate), epochs=epochs, batch_size=50,
        progress=False,
    )  # fmt: skip


def trained(task, name, seeds, rate, depth=2):
    """The network of the next two cases: hidden layers of 48 units, eight epochs."""
    net = MLP([40, *[48] * depth, 10], name, seed=seeds, dtype="float32")
    learn(net, *task["train"], rate, 8)
    return net


def right(outputs, y):
    """Percentage of right answers, one number a member."""
    return 100 * (outputs.argmax(axis=-1) == y).mean(axis=-1)


# --- eight bits -----------------------------------------------------------------------------------

GATES = {"silu": sigmoid, "hard_swish": hard_sigmoid}


def span(x):
    """The smallest and the largest number of each member, 0 among them."""
    return (
        np.minimum(x.min(axis=(-2, -1), keepdims=True), 0),
        np.maximum(x.max(axis=(-2, -1), keepdims=True), 0),
    )


def rounded(x, low, high):
    """To the nearest of 256 steps from low to high, one of which is 0; what is outside is cut."""
    step = (high - low) / 255
    zero = np.round(-low / step)
    return ((np.clip(np.round(x / step) + zero, 0, 255) - zero) * step).astype(np.float32)


def symmetric(W):
    """Weights, rounded to 255 steps on both sides of 0."""
    step = np.abs(W).max(axis=(-2, -1), keepdims=True) / 127
    return np.round(W / step) * step


def in_integers(net, x, known, way):
    """The outputs of a network whose weights and activations are rounded to eight bits.

    Ranges are measured on the examples `known`. `way` says what is rounded after each product:

    output           the function's output, with its own range
    both             the pre-activation and the output, each with its own range
    same range       both, with the pre-activation's range
    gate             both, and the gate of a function z * gate(z), from 0 to 1
    gate same range  so, the gate with the pre-activation's range
    strange x 10     as both; one of the examples that ranges are measured on is ten times too large
    strange x 100    so, a hundred times
    relu6            as both, and ReLU6 in the place of the function
    """
    if way.startswith("strange"):
        known = np.concatenate([known, float(way.split()[-1]) * known[:1]]).astype(np.float32)
    net(known)
    pre = [span(z) for z in net.pre_activations]
    post = [span(a) for a in net.layer_inputs]
    a = rounded(x, *post[0])
    for i, (W, b) in enumerate(zip(net.weights, net.biases, strict=True)):
        z = a @ symmetric(W) + b[:, None]
        if i == len(net.activations):
            return rounded(z, *pre[i])
        f, gate = net.activations[i], GATES.get(net.activations[i].name)
        if way != "output":
            z = rounded(z, *pre[i])
        if way.startswith("gate"):
            opening = rounded(gate(z), *((0, 1) if way == "gate" else pre[i]))
            a = rounded(z * opening, *post[i + 1])
        elif way == "relu6":
            a = rounded(np.clip(z, 0, 6), 0, np.minimum(post[i + 1][1], 6))
        else:
            a = rounded(f(z), *(pre[i] if way == "same range" else post[i + 1]))


def decibels(whole, rounded_outputs):
    """How many times the mean square of the outputs is that of their error, in decibels."""
    error = np.mean(np.square(rounded_outputs - whole, dtype=float), axis=(-2, -1))
    return 10 * np.log10(np.mean(np.square(whole, dtype=float), axis=(-2, -1)) / error)


WAYS = ["output", "both", "same range", "strange x 10", "strange x 100"]


def quantised(task, setting, members, phase):
    """Train in float32, then round in each way; nothing is trained after the rounding."""
    rates, seeds = zip(*members, strict=True)
    net = trained(task, setting["activation"], seeds, rates, setting["depth"])
    x, y = task["test"]
    whole = net(x)
    out = {"float": right(whole, y)}
    ways = WAYS + ["gate", "gate same range"] * (setting["activation"] in GATES)
    ways += ["relu6"] * (setting["activation"] == "relu")
    for way in ways:
        given = in_integers(net, x, task["train"][0][:500], way)
        out[way] = right(given, y)
        out[f"{way}, dB"] = decibels(whole, given)
    if setting["activation"] == "relu":
        net.activations = [ACTIVATIONS["relu6"]] * setting["depth"]
        out["float, relu6"] = right(net(x), y)
    return outcome_rows(out, members)


def int8():
    functions = ["relu", "relu6", "silu", "hard_swish", "gelu", "tanh"]
    ways = [*WAYS, "gate", "gate same range", "relu6"]
    outcomes = ["float", "float, relu6", *ways, *(f"{way}, dB" for way in ways)]
    settings = product(activation=functions, depth=[2, 8], rate=[0.005])
    return grid({"signals": signals()}, settings, quantised, outcomes, tuned=False)


# --- waves, slow and fast -------------------------------------------------------------------------


def siren(speed):
    """SIREN's initialisation for sin(x W + b), with the paper's factor inside the weights."""

    def draw(rng, fan_in, fan_out, activation):
        limit = speed / fan_in if activation.name == "identity" else math.sqrt(6 / fan_in)
        return rng.uniform(-limit, limit, (fan_in, fan_out)), np.zeros(fan_out)

    return draw


def waved(task, setting, members, phase):
    """Fit so many periods between -1 and 1; the error between the points, 1 for the answer 0."""
    rates, seeds = zip(*members, strict=True)
    init = siren(setting["speed"]) if setting["speed"] else "gain"
    net = MLP([1, 32, 32, 1], setting["activation"], init=init, seed=seeds, dtype="float32")

    def wave(x):
        return np.sqrt(2) * np.sin(setting["periods"] * np.pi * x)

    x, between = task["points"], task["between"]
    train(
        net, x, wave(x), loss="squared_error", optimizer=Adam(rates), epochs=800,
        batch_size=None, progress=False,
    )  # fmt: skip
    out = {"train_error": root_mean_square(net(x) - wave(x))}
    out["validation_error"] = root_mean_square(net(between[::2]) - wave(between[::2]))
    if phase == "test":
        out["error"] = root_mean_square(net(between[1::2]) - wave(between[1::2]))
    return outcome_rows(out, members)


def waves():
    x = np.linspace(-1, 1, 200, dtype=np.float32)[:, None]
    points = {"points": x, "between": (x[1:] + x[:-1]) / 2}
    settings = product(periods=[2, 10, 40], activation=["sin"], speed=[1, 10, 30, 100])
    settings += product(periods=[2, 10, 40], activation=["relu", "tanh", "sin"], speed=[0])
    return grid({"points": points}, settings, waved, ["train_error", "validation_error", "error"])


# --- positive and bounded answers -----------------------------------------------------------------

ENDS = {"softplus": softplus, "relu": relu, "sigmoid": sigmoid, "hard_sigmoid": hard_sigmoid}


def ended(task, setting, members, phase):
    """Train with one end and squared error (or the end's own loss); judge answers by their kind."""
    rates, seeds = zip(*members, strict=True)
    end, x, y = setting["end"], task["x"], task["y"]
    net = MLP([2, 32, 32, 1], "relu", seed=seeds, dtype="float32")
    optimizer = Adam(rates)
    for _ in range(1000):
        answer, slope = at_end(end, net.forward(x))
        if end == "exp, log loss":
            gradient = np.log(answer) - np.log(y)
        elif end == "sigmoid, cross entropy":
            gradient = answer - y
        else:
            gradient = (answer - y) * slope
        optimizer.step(net, net.backward(2 * gradient / len(x)))
    answer, _ = at_end(end, net(task["x_test"]))
    y = task["y_test"]
    out = {
        "impossible": 100 * np.mean((answer < 0) | (answer > task["limit"]), axis=(1, 2)),
        "at_limit": 100 * np.mean((answer == 0) | (answer == task["limit"]), axis=(1, 2)),
        "factor": np.exp(np.median(abs(np.log(np.maximum(answer, 1e-6) / y)), axis=(1, 2))),
        "error": root_mean_square(answer - y) / np.std(y),
    }
    return outcome_rows(out, members)


def at_end(end, z):
    """The answer that a raw output gives, and the slope there."""
    if end == "none":
        return z, np.ones_like(z)
    if end == "exp, log loss":
        answer = np.exp(np.minimum(z, 20))
        return answer, answer
    return ENDS[end.split(",")[0]].value_and_derivative(z)


def outputs():
    """A positive number that spans a factor of about a thousand, and a share of one."""
    tasks = {}
    for kind, limit in (("positive", np.inf), ("share", 1.0)):
        task = {"limit": limit}
        for name, n, seed in (("", 400, 0), ("_test", 1000, 1)):
            x = np.random.default_rng(seed).uniform(-1, 1, (n, 2)).astype(np.float32)
            raw = 2 * np.sin(3 * x[:, :1]) + 1.5 * x[:, 1:]
            y = np.exp(raw) if kind == "positive" else 1 / (1 + np.exp(-2 * raw))
            task |= {f"x{name}": x, f"y{name}": y.astype(np.float32)}
        tasks[kind] = task
    settings = product(task=["positive"], end=["none", "relu", "softplus", "exp, log loss"])
    shares = ["none", "hard_sigmoid", "sigmoid", "sigmoid, cross entropy"]
    settings += product(task=["share"], end=shares)
    settings = [setting | {"rate": 0.003} for setting in settings]
    return grid(tasks, settings, ended, ["impossible", "at_limit", "factor", "error"], tuned=False)


# --- data that keep changing ----------------------------------------------------------------------

TASKS = 25
CURES = ["weight decay", "a new Adam", "half new weights", "a new network"]


def kept_learning(task, setting, members, phase):
    """Learn random labels for 200 signals, then new labels for the same, and so on."""
    rates, seeds = zip(*members, strict=True)
    f = setting["activation"]
    net, optimizer = MLP([40, 48, 48, 10], f, seed=seeds, dtype="float32"), Adam(rates)
    x, out = task["train"][0][:200], {}
    for number in range(1, TASKS + 1):
        if setting["cure"] == "a new network":
            new = [1000 * number + seed for seed in seeds]
            net, optimizer = MLP([40, 48, 48, 10], f, seed=new, dtype="float32"), Adam(rates)
        elif setting["cure"] == "a new Adam":
            optimizer = Adam(rates)
        elif setting["cure"] == "half new weights" and number > 1:
            halve(net, [1000 * number + seed for seed in seeds])
        y = np.random.default_rng(number).integers(10, size=200)

        def shrink(step, net):
            if setting["cure"] == "weight decay":
                for p in net.weights + net.biases:
                    p *= np.float32(0.999)

        train(
            net, x, y, loss="cross_entropy", optimizer=optimizer, epochs=30, batch_size=50,
            observe=shrink, progress=False,
        )  # fmt: skip
        if number in (1, 5, 10, 15, 20, 25):
            out[f"right_{number}"] = right(net(x), y)
            slopes = [net.activations[0].derivative(z) for z in net.pre_activations[:-1]]
            off = [np.all(slope == 0, axis=-2) for slope in slopes]
            out[f"dead_{number}"] = 100 * np.mean(np.concatenate(off, axis=-1), axis=-1)
    return outcome_rows(out, members)


def halve(net, seeds):
    """Each parameter becomes the mean of itself and of a new network's."""
    new = MLP(net.sizes, net.activations, seed=seeds, dtype="float32")
    for p, q in zip(net.weights + net.biases, new.weights + new.biases, strict=True):
        p += (q - p) / 2


def changing():
    settings = product(activation=["relu", "leaky_relu", "gelu", "tanh"], cure=["none"])
    settings += product(activation=["relu"], cure=CURES)
    settings = [setting | {"rate": 0.01} for setting in settings]
    outcomes = [f"{what}_{n}" for what in ("right", "dead") for n in (1, 5, 10, 15, 20, 25)]
    return grid({"signals": signals()}, settings, kept_learning, outcomes, tuned=False)


# --- another function in a trained network --------------------------------------------------------


def exchanged(task, setting, members, phase):
    """Train, put another function in, then train on for one epoch and for four."""
    rates, seeds = zip(*members, strict=True)
    net = trained(task, setting["trained"], seeds, rates)
    x, y = task["test"]
    out = {"before": right(net(x), y)}
    net.activations = [ACTIVATIONS[setting["put_in"]]] * 2
    out["at_once"] = right(net(x), y)
    learn(net, *task["train"], rates, 1)
    out["after_1"] = right(net(x), y)
    learn(net, *task["train"], rates, 3)
    out["after_4"] = right(net(x), y)
    return outcome_rows(out, members)


def exchange():
    pairs = [
        ("relu", "relu"), ("relu", "leaky_relu"), ("relu", "relu6"), ("relu", "gelu"),
        ("relu", "silu"), ("relu", "tanh"), ("silu", "hard_swish"), ("silu", "relu"),
        ("gelu", "gelu_tanh"),
    ]  # fmt: skip
    settings = [{"trained": a, "put_in": b, "rate": 0.005} for a, b in pairs]
    outcomes = ["before", "at_once", "after_1", "after_4"]
    return grid({"signals": signals()}, settings, exchanged, outcomes, tuned=False)


CASES = {
    "extrapolation": extrapolation,
    "derivatives": derivatives,
    "recurrence": recurrence,
    "int8": int8,
    "waves": waves,
    "outputs": outputs,
    "changing": changing,
    "exchange": exchange,
}


def main():
    for name, case in CASES.items():
        run(case(), HERE / f"{name}.csv")


if __name__ == "__main__":
    main()
