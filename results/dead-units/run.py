"""What makes units die, and what brings them back? The runs behind chapter 11.

One command, `make results NAME=dead-units`, writes three tables; PROTOCOL.md says what and why.
Killed at any moment, it goes on where it was.

    runs.csv      networks trained from the start: how many units are dead, and how well they do
    revival.csv   units killed by a burst of large steps, and what brings them back
    starts.csv    deep networks before any training: the audit of a tutorial's count
"""

import math
from pathlib import Path

import numpy as np

from bends import MLP, SGD, Adam, gelu, leaky_relu, silu, train
from bends.datasets import mnist1d
from bends.grids import Grid, product
from bends.runs import run

HERE = Path(__file__).parent
SEEDS = range(10, 30)  # 0 to 9 were seen while this was written
SIZES = [40, 50, 50, 50, 10]  # three hidden layers
LAYERS = (1, 2, 3)
BATCH, EPOCHS = 50, 12  # 80 steps an epoch, 960 in all
WATCHED = (0, 10, 20, 40, 80, 160, 320, 640, 960)  # steps after which dead units are counted
LOOKED_AT = (10, 30, 100, 300, 1000, 4000)  # examples that the last count looks at
SLOPE_RATE, SLOPE_DECAY = 0.01, 0.01  # of a learnt leak: learning rate; share taken off a step
RATE, BEFORE = 0.001, 2  # before units are killed: rate and epochs
BURST, BURST_RATE = 2, 0.03  # the burst that kills
SHRINK = 0.001  # weight decay: the share that each step takes off


def data():
    """The 4000 signals to train on, 4000 fresh ones of the same kinds, and 1000 to test on."""
    known, fresh = mnist1d(), mnist1d(seed=43)
    x, y, x_fresh, y_fresh, x_test = (
        np.float32(a) if a.dtype.kind == "f" else a
        for a in (known.x, known.y, fresh.x, fresh.y, known.x_test)
    )
    return {"train": (x, y), "fresh": (x_fresh, y_fresh), "test": (x_test, known.y_test)}


# --- counting -------------------------------------------------------------------------------------


def active(net, x):
    """How often each hidden unit's pre-activation is above 0: one array a layer, (members, units).

    For ReLU, a unit that never is has the slope 0 on every example: it is dead.
    """
    net(x)
    return [(z > 0).mean(axis=-2) for z in net.pre_activations[:-1]]


def share_dead(net, x):
    """Share of each hidden layer's units that are never active: one array a layer, (members,)."""
    return [np.mean(often == 0, axis=-1) for often in active(net, x)]


def right(net, x, y):
    """Share of right answers, one number a member."""
    return (net(x).argmax(axis=-1) == y).mean(axis=-1)


def rows(columns, members):
    """Turn outcomes by name, one number a member each, into a row a member."""
    return [{name: f"{column[i]:.5g}" for name, column in columns.items()} for i in range(members)]


# --- trained from the start -----------------------------------------------------------------------


class LearntSlope:
    """Leaky ReLU with a slope of its own for each member, learnt by gradient descent (PReLU)."""

    name, kinks = "prelu", (0.0,)

    def __init__(self, members, start=0.25):
        self.slope = np.full((members, 1, 1), start, np.float32)

    def value_and_derivative(self, z):
        slope = np.where(z > 0, np.float32(1), self.slope)
        return z * slope, slope

    def learn(self, z, gradient, rate, decay):
        """One step. The gradient in the activations is the one in z, divided by the slope there."""
        in_slope = np.where(z < 0, gradient * z, 0).sum(axis=(-2, -1), keepdims=True) / self.slope
        self.slope -= rate * in_slope + decay * self.slope


def trained(task, setting, members, phase):
    """Train one network a member; count its dead units on the way and at the end."""
    rates, seeds = zip(*members, strict=True)
    slope = setting["slope"]
    learnt = isinstance(slope, str)
    bends = [
        LearntSlope(len(seeds)) if learnt else leaky_relu.with_parameters(negative_slope=slope)
        for _ in LAYERS
    ]
    if slope == 0:
        bends = "relu"
    net = MLP(SIZES, bends, init="he", seed=seeds, dtype="float32")
    for biases in net.biases[:-1]:
        biases += np.float32(setting["bias"])
    out = {}

    def count(step, net):
        for i, share in zip(LAYERS, share_dead(net, task["train"][0]), strict=True):
            out[f"dead_{i}_at_{step}"] = share

    def watch(step, net):
        if learnt:
            decay = SLOPE_DECAY if slope == "learnt, decayed" else 0
            for i, f in enumerate(net.activations):
                f.learn(net.pre_activations[i], net.signals[i], SLOPE_RATE, decay)
        if step in WATCHED:
            count(step, net)

    count(0, net)
    optimizer = {"adam": Adam, "sgd": SGD}[setting["optimizer"]](rates)
    train(
        net, *task["train"], loss="cross_entropy", optimizer=optimizer,
        epochs=EPOCHS, batch_size=BATCH, observe=watch, progress=False,
    )  # fmt: skip
    out |= looked_at(net, task)
    for i, f in zip(LAYERS, net.activations, strict=True):
        out[f"slope_{i}"] = f.slope[:, 0, 0] if learnt else np.full(len(seeds), float(slope))
    for part in ("train", "test"):
        out[f"{part}_score"] = right(net, *task[part])
    return rows(out, len(seeds))


def looked_at(net, task):
    """Share found dead by the number of examples; and whether the rule of three keeps its word."""
    x, fresh = task["train"][0], task["fresh"][0]
    out = {}
    later = np.concatenate(active(net, fresh), axis=-1)
    for n in LOOKED_AT:
        off = np.concatenate(active(net, x[:n]), axis=-1) == 0
        out[f"found_{n}"] = off.mean(axis=-1)
        out[f"beyond_{n}"] = (off & (later > 3 / n)).mean(axis=-1)
    return out


def course():
    """The grid of runs.csv: biases and rates, gradient descent, and leaks."""
    common = {"optimizer": ["adam"], "bias": [0], "slope": [0]}
    adam = [0.001, 0.003, 0.01, 0.03, 0.1]
    settings = product(**common | {"bias": [-2, -1, 0, 1], "rate": adam})
    settings += product(**common | {"optimizer": ["sgd"], "rate": [0.1, 0.5, 1, 2]})
    leaks = [0.01, 0.1, 0.3, "learnt", "learnt, decayed"]
    settings += product(**common | {"slope": leaks, "rate": [0.001, 0.01, 0.03]})
    outcomes = [f"dead_{i}_at_{step}" for i in LAYERS for step in WATCHED]
    outcomes += [f"found_{n}" for n in LOOKED_AT] + [f"beyond_{n}" for n in LOOKED_AT]
    outcomes += [f"slope_{i}" for i in LAYERS] + ["train_score", "test_score"]
    return Grid(
        {"signals": data()}, settings, seeds=SEEDS, train=trained,
        outcomes=outcomes, largest_stack=20,
    )  # fmt: skip


# --- killed, then brought back --------------------------------------------------------------------


def go_on(net, x, y, rate, epochs, observe=None):
    """Train with a new Adam, which remembers nothing."""
    train(
        net, x, y, loss="cross_entropy", optimizer=Adam(rate), epochs=epochs, batch_size=BATCH,
        observe=observe, progress=False,
    )  # fmt: skip


def kill(net, x, share, below):
    """Lower biases, layer by layer, until the first units of each are off on every example.

    Their highest pre-activation is then ``below`` standard deviations below 0.
    """
    for i in range(len(LAYERS)):
        net(x)
        z = net.pre_activations[i][..., : round(share * net.sizes[i + 1])]
        net.biases[i][..., : z.shape[-1]] -= z.max(axis=-2) + np.float32(below) * z.std(axis=-2)


def revived(task, setting, members, phase):
    """Train, kill, apply one cure, train on; say which of the killed units are active again."""
    rates, seeds = zip(*members, strict=True)
    x, y = task["train"]
    net = MLP(SIZES, "relu", init="he", seed=seeds, dtype="float32")
    go_on(net, x, y, RATE, BEFORE)
    if setting["killed_by"] == "burst":
        go_on(net, x, y, BURST_RATE, BURST)
    else:
        kill(net, x, setting["share"], setting["below"])
    dead = [often == 0 for often in active(net, x)]
    x, y, x_test, observe = cured(net, task, setting["cure"], dead, seeds)
    at_once = active(net, x)
    go_on(net, x, y, rates, EPOCHS, observe)
    later = active(net, x)
    out = {}
    for i, was, now, then in zip(LAYERS, dead, at_once, later, strict=True):
        count = was.sum(axis=-1)
        out[f"killed_{i}"] = was.mean(axis=-1)
        for name, often in ((f"at_once_{i}", now), (f"back_{i}", then)):
            share = (was & (often > 0)).sum(axis=-1) / np.maximum(count, 1)
            out[name] = np.where(count, share, math.nan)
        out[f"dead_{i}"] = np.mean(then == 0, axis=-1)
    out["train_score"], out["test_score"] = right(net, x, y), right(net, x_test, task["test"][1])
    return rows(out, len(seeds))


def cured(net, task, cure, dead, seeds):
    """Apply a cure; give the data to train on and to test on, and what to do after each step."""
    (x, y), x_test, observe = task["train"], task["test"][0], None
    if cure == "fresh data":
        x, y = task["fresh"]
    elif cure == "data upside down":
        x, x_test = -x, -x_test
    elif cure == "all decay":
        observe = decay(net.weights + net.biases)
    elif cure == "biases decay":
        observe = decay(net.biases)
    elif cure == "biases at 0":
        for biases, off in zip(net.biases, dead, strict=False):
            biases[off] = 0
    elif cure == "drawn anew":
        draw_anew(net, dead, seeds)
    elif cure in SWAPS:
        net.activations = [SWAPS[cure]] * len(LAYERS)
    return x, y, x_test, observe


SWAPS = {
    "leaky ReLU 0.01": leaky_relu,
    "leaky ReLU 0.1": leaky_relu.with_parameters(negative_slope=0.1),
    "SiLU": silu,
    "GELU": gelu,
}


def decay(parameters):
    """What takes a share off each parameter after each step."""

    def shrink(step, net):
        for p in parameters:
            p *= np.float32(1 - SHRINK)

    return shrink


def draw_anew(net, dead, seeds):
    """Give dead units the weights of a new network, the bias 0, and no say in the next layer."""
    new = MLP(SIZES, "relu", init="he", seed=[seed + 1000 for seed in seeds], dtype="float32")
    for i, off in enumerate(dead):
        incoming = np.broadcast_to(off[:, None, :], net.weights[i].shape)
        net.weights[i][incoming] = new.weights[i][incoming]
        net.biases[i][off] = 0
        net.weights[i + 1][np.broadcast_to(off[..., None], net.weights[i + 1].shape)] = 0


def revival():
    """The grid of revival.csv: two ways to kill, the cures, and how much is killed."""
    cures = ["none", "fresh data", "data upside down", "all decay", "biases decay"]
    cures += ["biases at 0", "drawn anew", *SWAPS]
    just = {"killed_by": ["biases"], "share": [0.5], "below": [0.1]}
    burst = {"killed_by": ["burst"], "share": [0], "below": [0]}
    settings = []
    for way in (just, burst):
        settings += product(**way, cure=cures, rate=[RATE])
        settings += product(**way, cure=["none"], rate=[RATE / 10, RATE * 10])
    settings += product(**just | {"below": [1, 10]}, cure=["none"], rate=[RATE])
    settings += product(**just | {"below": [10]}, cure=SWAPS, rate=[RATE])
    shares = {"share": [0, 0.25, 0.75, 0.9], "below": [10]}
    settings += product(**just | shares, cure=["none"], rate=[RATE])
    outcomes = [f"{what}_{i}" for i in LAYERS for what in ("killed", "at_once", "back", "dead")]
    return Grid(
        {"signals": data()}, settings, seeds=SEEDS, train=revived,
        outcomes=[*outcomes, "train_score", "test_score"], largest_stack=20,
    )  # fmt: skip


# --- before any training --------------------------------------------------------------------------

DEEP = [256] * 5 + [128] * 5  # the tutorial's ten hidden layers


def started(task, setting, members, phase):
    """Share of dead units in each of ten layers, as they start; weights from one distribution."""
    out = []
    for _, seed in members:
        sizes = [task["x"].shape[1], *DEEP, 10]
        net = MLP(sizes, "relu", init="pytorch", seed=seed, dtype="float32")
        for W, b in zip(net.weights, net.biases, strict=True):
            W *= np.float32(setting["scale"])
            b *= np.float32(setting["biases"])
        dead = share_dead(net, task["x"])
        out.append({f"dead_{i}": f"{share:.5g}" for i, share in enumerate(dead, start=1)})
    return out


def starts():
    """The grid of starts.csv: biases as PyTorch draws them, or 0; weights as drawn, or larger."""
    noise = np.random.default_rng(0).normal(size=(5000, 784)).astype(np.float32)
    return Grid(
        {"noise": {"x": noise}, "signals": {"x": data()["train"][0]}},
        [
            {"task": task, "biases": biases, "scale": scale, "rate": 1}
            for task in ("noise", "signals")
            for biases, scale in ((1, 1), (0, 1), (0, 4), (1, 4))
        ],
        seeds=SEEDS, train=started, outcomes=[f"dead_{i}" for i in range(1, 11)], largest_stack=5,
    )  # fmt: skip


def main():
    for name, grid in {"runs": course, "revival": revival, "starts": starts}.items():
        run(grid(), HERE / f"{name}.csv")


if __name__ == "__main__":
    main()
