"""One cell of a grid trained as a stack: networks that differ in learning rate and seed alone.

A `task` is what they learn; `train_stack` trains them and scores each. It is what a grid does
where it names no training of its own.
"""

import math
from functools import wraps
from typing import NamedTuple

import numpy as np

from bends._arguments import known, positive, refusing, unmasked, whole
from bends.activations import ACTIVATIONS
from bends.initializers import INITIALIZERS, variance_scaling
from bends.losses import LOSSES
from bends.network import MLP
from bends.optimizers import OPTIMIZERS
from bends.training import split, train

SETTINGS = {
    "task": None,
    "activation": "relu",
    "init": "gain",
    "depth": 2,
    "width": 100,
    "optimizer": "adam",
    "batch_size": 100,
    "epochs": 30,
    "patience": None,
    "dtype": "float32",
}
"""What a run depends on besides its learning rate and its seed, with the defaults.

``init`` is a name in ``INITIALIZERS``, or a number: the factor of `variance_scaling`. ``depth``
counts the hidden layers, each of ``width`` units. ``patience`` None means no early stop.
"""

OUTCOMES = ["train_score", "validation_score", "test_score", "epochs_run", "stop"]
"""What `train_stack` says of a run."""


class Task(NamedTuple):
    """A data set in three parts, each ``(x, y)``, and the name of the loss to train with."""

    train: tuple
    validation: tuple
    test: tuple
    loss: str


def _of_arrays(task):
    """Decorator: the test part comes as arrays too, one target an example.

    It is no part of `task` itself, since that stands in the digests of stored runs.
    """

    @wraps(task)
    def made(x, y, x_test, y_test, *options, **named):
        x_test, y_test = np.asarray(x_test), np.asarray(y_test)
        if len(x_test) != len(y_test):
            raise ValueError(f"x_test has {len(x_test)} examples and y_test {len(y_test)} targets")
        return task(x, y, x_test, y_test, *options, **named)

    return made


@refusing(x=unmasked, y=unmasked, x_test=unmasked, y_test=unmasked)
@_of_arrays
def task(x, y, x_test, y_test, loss="cross_entropy", *, share=0.2, seed=0):
    """A task from data with a test part; the validation examples are drawn from the rest.

    Parameters
    ----------
    x, y, x_test, y_test : array
        Examples and targets, as `train` takes them.
    loss : str
        A name in ``LOSSES``.
    share : float
        Share of ``x`` that becomes the validation examples.
    seed : int
        Seed of that draw.

    Returns
    -------
    Task

    Raises
    ------
    ValueError, TypeError, KeyError
        As `split`; if an array is masked, or the loss is not known.
    """
    known("loss", loss, LOSSES)
    x, y, x_validation, y_validation = split(x, y, share, seed)
    return Task((x, y), (x_validation, y_validation), (x_test, y_test), loss)


def complete(given):
    """The settings that `train_stack` takes, with the defaults filled in, each checked."""
    for name in given:
        known("settings", name, SETTINGS)
    cell = SETTINGS | given
    cell["activation"] = ACTIVATIONS[cell["activation"]].name
    if isinstance(cell["init"], str):
        known("init", cell["init"], INITIALIZERS)
    else:
        cell["init"] = positive("init", cell["init"])
    known("optimizer", cell["optimizer"], OPTIMIZERS)
    for name in ("depth", "width", "batch_size", "epochs"):
        cell[name] = whole(name, cell[name])
    if cell["patience"] is not None:
        cell["patience"] = whole("patience", cell["patience"])
    if cell["dtype"] not in ("float32", "float64"):
        raise ValueError(f"dtype must be 'float32' or 'float64'; got {cell['dtype']!r}")
    return cell


def train_stack(task, cell, members, phase="test"):
    """Train the networks of one cell as a stack.

    Parameters
    ----------
    task : Task
    cell : dict
        A value for each name in ``SETTINGS``.
    members : sequence of (rate, seed)
    phase : {"test", "tuning"}
        In tuning the test examples are not looked at.

    Returns
    -------
    list of dict
        One a member, with the names in ``OUTCOMES``. A score is the share of right answers; for
        losses without right and wrong, the share of the targets' variance that the answers explain
        (1 - squared error / variance). A network that stopped because its numbers were no longer
        finite scores nan.
    """
    rates, seeds = zip(*members, strict=True)
    loss = LOSSES[task.loss]
    net = MLP(
        [task.train[0].shape[1], *[cell["width"]] * cell["depth"], _outputs(task)],
        cell["activation"],
        init=cell["init"] if isinstance(cell["init"], str) else variance_scaling(cell["init"]),
        seed=seeds,
        dtype=cell["dtype"],
    )
    history = train(
        net,
        *task.train,
        loss=loss,
        optimizer=OPTIMIZERS[cell["optimizer"]](rates),
        epochs=cell["epochs"],
        batch_size=cell["batch_size"],
        validation=task.validation if cell["patience"] else None,
        patience=cell["patience"],
        progress=False,
    )
    parts = {"train": task.train, "validation": task.validation, "test": task.test}
    if phase == "tuning":
        del parts["test"]
    with np.errstate(all="ignore"):
        scores = {f"{part}_score": _score(net, loss, *parts[part]) for part in parts}
    rows = []
    for i in range(len(members)):
        stop = history.stops.get(i)
        diverged = stop is not None and stop.diverged
        row = {name: math.nan if diverged else float(score[i]) for name, score in scores.items()}
        ran, why = (stop.epoch, stop.reason) if stop else (cell["epochs"], "")
        rows.append(row | {"epochs_run": ran, "stop": why})
    return rows


def _outputs(task):
    targets = [y for _, y in (task.train, task.validation, task.test)]
    if LOSSES[task.loss].labels:
        return 1 + max(int(y.max()) for y in targets)
    return math.prod(targets[0].shape[1:])


def _score(net, loss, x, y):
    answers = net(x)
    targets = loss.prepare(y, answers.shape, np.float64)
    if loss.correct:
        return loss.correct(answers, targets).mean(axis=-1)
    error = np.square(loss.output(answers.astype(np.float64)) - targets)
    return 1 - error.mean(axis=(-2, -1)) / targets.var()
