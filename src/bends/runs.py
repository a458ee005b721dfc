"""Many runs, from a declared grid to one table with a row a run.

A `Grid` says what varies, which learning rates are tried and which seeds are used. `run` first
tries every rate on the tuning seeds and judges by the validation examples; then it trains each
setting with its best rate on fresh seeds and judges by the test examples, which nothing before has
looked at. Runs go in stacks, one after the other, over threads or processes, or on a cluster. Each
finished stack is added to a CSV file at once, so that a run that was killed goes on where it was.
`load` reads any such file.

Without a word, stacks of `MLP` are trained (`train_stack`). Any other training is a function that
turns one setting and its seeds into rows::

    def learn(digits, setting, members, phase):
        rows = []
        for rate, seed in members:
            net = my_training(digits, setting["activation"], rate, seed)
            rows.append({"validation_score": my_score(net, digits["validation"])})
            if phase == "test":
                rows[-1]["test_score"] = my_score(net, digits["test"])
        return rows
    grid = Grid(
        tasks={"digits": {"train": (x, y), "validation": ..., "test": ...}},  # arrays, also tensors
        settings=product(activation=["relu", "gelu"], norm=["none", "before"]),
        rates=[0.0025, 0.005, 0.01], tuning_seeds=range(100, 102), seeds=range(20),
        train=learn, outcomes=["validation_score", "test_score"],
    )
    table = run(grid, "runs.csv")
    table.where(phase="test", norm="none", activation="relu")["test_score"].mean()

Each row carries a digest of its task's data and one of the code that made it (`digests`). A file
with other data or other code is not gone on with; reading it is always possible. In a converted
table, from before there were digests, both are "before".
"""

import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from bends import digests, storage
from bends._arguments import extra, face, known, positive, whole
from bends.activations import ACTIVATIONS
from bends.initializers import INITIALIZERS, variance_scaling
from bends.losses import LOSSES
from bends.network import MLP
from bends.optimizers import OPTIMIZERS
from bends.storage import Table, in_text, load  # noqa: F401
from bends.training import one_blas_thread, split, train

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
MADE_BY = ["data", "code", "versions"]  # what each row says of where it comes from
BACKENDS = {"threading": {}, "loky": {"inner_max_num_threads": 1}, "dask": {}}
LARGEST_STACK = 16  # beyond some twenty members a stack outgrows the processor's cache


# --- what is asked --------------------------------------------------------------------------------


class Task(NamedTuple):
    """A data set in three parts, each ``(x, y)``, and the name of the loss to train with."""

    train: tuple
    validation: tuple
    test: tuple
    loss: str


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
    """
    known("loss", loss, LOSSES)
    x, y, x_validation, y_validation = split(x, y, share, seed)
    return Task((x, y), (x_validation, y_validation), (x_test, y_test), loss)


def product(**axes):
    """Every combination of the given settings: a list of dicts, the last name varying fastest.

    >>> product(activation=["relu", "tanh"], depth=[2])
    [{'activation': 'relu', 'depth': 2}, {'activation': 'tanh', 'depth': 2}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


@dataclass(frozen=True)
class Grid:
    """A declared experiment.

    Parameters
    ----------
    tasks : mapping of str to Task
        For a training of your own: to any arrays, numbers and text, nested as you like.
    settings : sequence of dicts
        One for each cell of the table, with the same names in each; ``task`` may be left out where
        there is one. Names and defaults for `train_stack` are in ``SETTINGS``. Lists made by
        `product` can be added up. A setting may fix its own ``rate``: it is then not tuned.
    rates : sequence of float
        Learning rates. With more than one, each setting gets its own, chosen on the tuning seeds.
    seeds : sequence of int
        Fresh seeds, for the runs that are judged on the test examples.
    tuning_seeds : sequence of int
        Seeds for choosing the rate; none of them may be among ``seeds``.
    train : callable
        ``train(data, setting, members, phase)`` for one task's data, one setting, members that are
        ``(rate, seed)`` each, and the phase "tuning" or "test". Gives a dict of outcomes for each
        member, in order; what is not known in a phase is left out.
    outcomes : sequence of str
        The names of all outcomes.
    judge : str
        The outcome that the rate is chosen by; the mean over the tuning seeds, nan comes last.
    better : {max, min}
        Which mean is the best. Of equal ones, the first rate wins.
    most_rates : int, optional
        Where the best rate stands at an end of those tried, try one more beyond it, in the same
        ratio, until so many have been tried.
    largest_stack : int
        Members in one call of ``train``, at most.

    Raises
    ------
    ValueError, KeyError
        If a setting is unknown or out of range, or something stands in the grid twice.
    """

    tasks: Mapping[str, object]
    settings: Sequence[dict]
    rates: Sequence[float] = ()
    seeds: Sequence[int] = ()
    tuning_seeds: Sequence[int] = ()
    train: Callable | None = None
    outcomes: Sequence[str] = tuple(OUTCOMES)
    judge: str = "validation_score"
    better: Callable = max
    most_rates: int | None = None
    largest_stack: int = LARGEST_STACK

    def __post_init__(self):
        object.__setattr__(self, "train", self.train or train_stack)
        cells = [self._cell(given) for given in self.settings]
        rates = [positive("rates", rate) for rate in self.rates]
        seeds = [whole("seeds", seed, 0) for seed in self.seeds]
        tuning = [whole("tuning_seeds", seed, 0) for seed in self.tuning_seeds]
        _need("settings", cells and _different((*_texts(s), rate) for s, rate in cells))
        _need("rates", (rates or all(rate for _, rate in cells)) and _different(rates))
        _need("seeds", seeds and _different(seeds + tuning), "; a tuning seed is not fresh")
        if len({tuple(setting) for setting, _ in cells}) > 1:
            raise ValueError("settings must all have the same names")
        if (len(rates) > 1) != bool(tuning):
            raise ValueError("tuning_seeds must be given with several rates, and only then")
        if tuning:
            known("judge", self.judge, dict.fromkeys(self.outcomes))
        known("better", getattr(self.better, "__name__", self.better), {"max": max, "min": min})
        for name, value in {
            "cells": cells, "settings": [setting for setting, _ in cells], "rates": rates,
            "seeds": seeds, "tuning_seeds": tuning, "outcomes": self.outcomes,
        }.items():  # fmt: skip
            object.__setattr__(self, name, tuple(value))

    def _cell(self, given):
        """A setting without its rate, and the rate, if it fixes one."""
        setting = dict(given)
        rate = setting.pop("rate", None)
        if len(self.tasks) == 1 and "task" not in setting:
            setting = {"task": next(iter(self.tasks))} | setting
        if self.train is train_stack:
            setting = complete(setting)
        known("task", setting.get("task"), self.tasks)
        return setting, None if rate is None else positive("rate", rate)

    @property
    def columns(self):
        """The names of the table's columns."""
        return ["phase", *self.settings[0], "rate", "seed", *self.outcomes, *MADE_BY]

    @property
    def runs(self):
        """Number of runs, hence of rows: for choosing the rates at least, and for the test."""
        tuned = sum(rate is None for _, rate in self.cells)
        tuning = len(self.rates) * len(self.tuning_seeds)
        return tuned * tuning, len(self.cells) * len(self.seeds)


def _need(argument, fulfilled, hint=""):
    if not fulfilled:
        raise ValueError(f"{argument} must hold at least one entry, and none twice{hint}")


def _different(values):
    values = list(values)
    return len(set(values)) == len(values)


def _texts(setting):
    return tuple(in_text(value) for value in setting.values())


# --- one stack of networks ------------------------------------------------------------------------


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


# --- all of them ----------------------------------------------------------------------------------


def run(grid, path, *, workers=1, backend="threading", progress=True):
    """Do every run of a grid that the file does not hold yet; return the whole table.

    Parameters
    ----------
    grid : Grid
    path : str or Path
        The CSV file. Rows are added as stacks finish; in the end they are put in the grid's order,
        so that the same grid on the same machine gives the same bytes.
    workers : int
        Stacks at a time. A cluster uses what it has.
    backend : {"threading", "loky", "dask"}
        Threads, processes, or the Dask cluster whose client was made last.
    progress : bool
        Show a bar that counts runs.

    Returns
    -------
    Table
        As `load` gives it.

    Raises
    ------
    ValueError
        If the file was not written by this grid, from the same data and by the same code, or is
        damaged in another way than by a last line that was cut off; the message names the file and
        the line. The file is left as it is.
    RuntimeError
        If another process is writing to the file.
    """
    joblib = extra("joblib")
    options = known("backend", backend, BACKENDS)
    path, workers = Path(path), whole("workers", workers)
    quiet = not progress or face() != "live"
    made_by = _made_by(grid)
    with storage.locked(path):
        rows = _resume(grid, path, made_by)
        bar = tqdm(total=sum(grid.runs), initial=len(rows), unit="run", disable=quiet)
        parallel = joblib.parallel_config(backend, n_jobs=workers, **options)
        with bar, one_blas_thread(), parallel:
            while stacks := list(_missing(grid, rows)):
                # One stack a batch: a finished one is not held back until its neighbours are.
                done = joblib.Parallel(return_as="generator_unordered", batch_size=1)(
                    joblib.delayed(_outcomes)(grid, made_by, *stack) for stack in stacks
                )
                for stack in done:
                    storage.append(path, [row.values() for row in stack])
                    rows.update((_key(grid, row), row) for row in stack)
                    bar.update(len(stack))
        order = [rows[key] for key in _all_keys(grid, rows)]
        storage.replace(path, [grid.columns, *(row.values() for row in order)])
    return load(path)


def _outcomes(grid, made_by, cell, phase, members):
    """Train one stack: whole rows, as text."""
    setting, _ = cell
    outcomes = grid.train(grid.tasks[setting["task"]], setting, members, phase)
    rows = []
    for (rate, seed), outcome in zip(members, outcomes, strict=True):
        for name in outcome:
            known("outcomes", name, dict.fromkeys(grid.outcomes))
        empty = dict.fromkeys(grid.columns)
        row = empty | {"phase": phase, **setting, "rate": rate, "seed": seed} | outcome
        row |= dict(zip(MADE_BY, made_by[_texts(setting)], strict=True))
        rows.append({name: in_text(value) for name, value in row.items()})
    return rows


def _made_by(grid):
    """Digests of data and code, and versions, for each setting."""
    data = {name: digests.of_data(task) for name, task in grid.tasks.items()}
    named = {name: set(digests.strings(task)) for name, task in grid.tasks.items()}
    made_by, code = {}, {}
    for setting in grid.settings:
        names = frozenset(named[setting["task"]].union(digests.strings(setting)))
        if names not in code:
            code[names] = digests.of_code(grid.train, names)
        made_by[_texts(setting)] = (data[setting["task"]], *code[names])
    return made_by


def _key(grid, row):
    """What tells one run from another, as text."""
    return tuple(row[name] for name in ("phase", *grid.settings[0], "rate", "seed"))


def _keys(cell, phase, members):
    setting, _ = cell
    return {(phase, *_texts(setting), str(rate), str(seed)): (rate, seed) for rate, seed in members}


def _all_keys(grid, rows):
    """The keys of all runs that can be named by now, in the table's order."""
    plans = [(cell, _plan(grid, cell, rows)) for cell in grid.cells]
    return [
        key
        for phase in ("tuning", "test")
        for cell, plan in plans
        for key in _keys(cell, phase, plan[phase])
    ]


def _missing(grid, rows):
    """What can be named by now and is not done yet, as stacks: (cell, phase, members)."""
    for cell in grid.cells:
        for phase, members in _plan(grid, cell, rows).items():
            left = [m for key, m in _keys(cell, phase, members).items() if key not in rows]
            stacks = -(-len(left) // grid.largest_stack)
            for i in range(stacks):
                yield cell, phase, left[i::stacks]


def _plan(grid, cell, rows):
    """The (rate, seed) of each run of one cell, by phase, as far as the rows so far decide them."""
    _, rate = cell
    rates = list(grid.rates) if rate is None else [rate]
    while len(rates) > 1:
        mean = {rate: _mean(grid, cell, rows, rate) for rate in rates}
        if None in mean.values():
            return {"tuning": itertools.product(rates, grid.tuning_seeds), "test": []}
        rate = grid.better(mean, key=mean.get)
        beyond = _beyond(rate, sorted(rates))
        if beyond is None or len(rates) >= (grid.most_rates or 0):
            break
        rates.append(beyond)
    tuning = itertools.product(rates, grid.tuning_seeds)
    return {
        "tuning": list(tuning) if len(rates) > 1 else [],
        "test": [(rate or rates[0], seed) for seed in grid.seeds],
    }


def _mean(grid, cell, rows, rate):
    """The mean of what the rate is chosen by; None while a run is missing."""
    keys = _keys(cell, "tuning", [(rate, seed) for seed in grid.tuning_seeds])
    if any(key not in rows for key in keys):
        return None
    mean = np.mean([float(rows[key][grid.judge]) for key in keys])
    worst = -math.inf if grid.better is max else math.inf
    return worst if np.isnan(mean) else float(mean)


def _beyond(rate, rates):
    """One rate more, where the best stands at an end of the sorted rates."""
    neighbour = {rates[0]: rates[1], rates[-1]: rates[-2]}.get(rate)
    return neighbour and float(f"{rate * rate / neighbour:.6g}")


# --- the file -------------------------------------------------------------------------------------


def _resume(grid, path, made_by):
    """The finished runs in the file, by key. Cuts off a line that was not written to its end."""
    content = path.read_bytes() if path.exists() else b""
    header = storage.as_lines([grid.columns])
    if header.startswith(content):
        path.write_bytes(header)
        return {}
    finished = content[: content.rfind(b"\n") + 1]
    rows = _read(grid, path, finished, made_by)
    if len(finished) < len(content):
        os.truncate(path, len(finished))
    return rows


def _read(grid, path, content, made_by=None):
    """Check every line against the grid; nothing is repaired and nothing is skipped."""
    if not content.startswith(storage.as_lines([grid.columns])):
        raise ValueError(
            f"{path} is not a table of runs of this grid: its columns are not "
            f"{', '.join(grid.columns)}"
        )
    rows, lines = {}, {}
    for number, row in enumerate(storage.parse(path, content).rows(), start=2):
        where = f"{path}, line {number}"
        key = _key(grid, row)
        if rows.get(key, row) != row:
            raise ValueError(f"{where}: the same run stands in line {lines[key]}, with other words")
        if row["phase"] == "tuning":
            _number(where, grid.judge, row)
        if made_by:
            _same_origin(where, row, made_by.get(_texts_of(grid, row)))
        rows[key], lines[key] = row, number
    strays = set(rows).difference(_all_keys(grid, rows))
    if strays:
        key = min(strays, key=lines.get)
        hint = ""
        if key[0] == "test" and len(grid.rates) > 1:
            hint = " (or its tuning runs are missing, or choose another rate)"
        raise ValueError(
            f"{path}, line {lines[key]}: not a run of this grid{hint}: {', '.join(key)}"
        )
    return rows


def _texts_of(grid, row):
    return tuple(row[name] for name in grid.settings[0])


def _number(where, name, row):
    try:
        float(row[name])
    except ValueError:
        raise ValueError(f"{where} is damaged: {name} is {row[name]!r}") from None


def _same_origin(where, row, expected):
    """Refuse a row that other data or other code has made."""
    for name, now in zip(MADE_BY[:2], (expected or ())[:2], strict=False):
        if row[name] != now:
            raise ValueError(
                f"{where}: made from other {name} (digest {row[name]}, now {now}). To keep these "
                "runs, give the new ones another file; `load` reads both"
            )


# --- done again -----------------------------------------------------------------------------------


def rerun(grid, path, count=3):
    """Do a sample of a stored table's runs again, each alone, whatever code and data made them.

    The sample is chosen by a hash of what tells the runs apart, so that it is always the same and
    nobody's choice.

    Parameters
    ----------
    grid : Grid
    path : str or Path
    count : int
        Number of runs, at most as many as the table holds.

    Returns
    -------
    stored, fresh : Table
        The same rows twice. On one machine they differ in digests and versions at most.
    """
    rows = _read(grid, Path(path), Path(path).read_bytes())
    if whole("count", count) > len(rows):
        raise ValueError(f"count must be at most the number of stored runs, {len(rows)}")
    by_hash = sorted(rows, key=lambda key: sha256("\n".join(key).encode()).digest())
    stored = [rows[key] for key in by_hash[:count]]
    made_by = _made_by(grid)
    cells = {_texts(setting): (setting, None) for setting in grid.settings}
    fresh = []
    for row in stored:
        members = [(float(row["rate"]), int(row["seed"]))]
        fresh += _outcomes(grid, made_by, cells[_texts_of(grid, row)], row["phase"], members)
    return tuple(
        storage.parse(path, storage.as_lines([grid.columns, *(row.values() for row in part)]))
        for part in (stored, fresh)
    )
