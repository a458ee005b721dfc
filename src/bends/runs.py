"""Many small trainings: a declared grid goes in, a table with one row a run comes out.

A `Grid` says what varies, which learning rates are tried and which seeds are used. `run` first
tries every rate on the tuning seeds and judges by the validation examples; then it trains each
setting with its best rate on fresh seeds and judges by the test examples, which nothing before has
looked at. Seeds and rates run as stacks; stacks run one after the other, over threads or processes,
or on a cluster. Each finished stack is added to a CSV file at once, so that a run that was killed
goes on where it was.

Needs the extra ``experiments``: ``pip install "bends[experiments]"``.
"""

import csv
import functools
import hashlib
import io
import itertools
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm.auto import tqdm

from bends._arguments import known, positive, whole
from bends.activations import ACTIVATIONS
from bends.initializers import INITIALIZERS, variance_scaling
from bends.losses import LOSSES
from bends.network import MLP
from bends.optimizers import OPTIMIZERS
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
COLUMNS = ["phase", *SETTINGS, "rate", "seed", *OUTCOMES, "version"]
BACKENDS = {"threading": {}, "loky": {"inner_max_num_threads": 1}, "dask": {}}
CODE = """activations further stable catalogue normal
    datasets initializers losses network optimizers training"""
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
    settings : sequence of dicts
        One for each cell of the table; names and defaults are in ``SETTINGS``. Lists made by
        `product` can be added up.
    rates : sequence of float
        Learning rates. With more than one, each setting gets its own, chosen on the tuning seeds.
    seeds : sequence of int
        Fresh seeds, for the runs that are judged on the test examples.
    tuning_seeds : sequence of int
        Seeds for choosing the rate; none of them may be among ``seeds``.

    Raises
    ------
    ValueError, KeyError
        If a setting is unknown or out of range, or something stands in the grid twice.
    """

    tasks: Mapping[str, Task]
    settings: Sequence[dict]
    rates: Sequence[float]
    seeds: Sequence[int]
    tuning_seeds: Sequence[int] = ()

    def __post_init__(self):
        settings = [_complete(given, self.tasks) for given in self.settings]
        rates = [positive("rates", rate) for rate in self.rates]
        seeds = [whole("seeds", seed, 0) for seed in self.seeds]
        tuning = [whole("tuning_seeds", seed, 0) for seed in self.tuning_seeds]
        _need("settings", settings and _different(map(_texts, settings)))
        _need("rates", rates and _different(rates))
        _need("seeds", seeds and _different(seeds + tuning), "; a tuning seed is not fresh")
        if (len(rates) > 1) != bool(tuning):
            raise ValueError("tuning_seeds must be given with several rates, and only then")
        for name, value in zip(
            ("settings", "rates", "seeds", "tuning_seeds"),
            (settings, rates, seeds, tuning),
            strict=True,
        ):
            object.__setattr__(self, name, tuple(value))

    @property
    def runs(self):
        """Number of runs, hence of rows: for choosing the rates, and for the test."""
        tuning = len(self.rates) * len(self.tuning_seeds)
        return len(self.settings) * tuning, len(self.settings) * len(self.seeds)


def _need(argument, fulfilled, hint=""):
    if not fulfilled:
        raise ValueError(f"{argument} must hold at least one entry, and none twice{hint}")


def _different(values):
    values = list(values)
    return len(set(values)) == len(values)


def _complete(given, tasks):
    """One cell's settings with the defaults filled in, each checked."""
    for name in given:
        known("settings", name, SETTINGS)
    cell = SETTINGS | given
    known("task", cell["task"], tasks)
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


def _text(value):
    """A value as it stands in the file: numbers so that reading gives them back exactly."""
    return "" if value is None else str(value)


def _texts(cell):
    return tuple(_text(value) for value in cell.values())


# --- one stack of runs ----------------------------------------------------------------------------


@functools.cache
def version():
    """What the numbers depend on: a hash of the code that makes them, and NumPy's version."""
    digest = hashlib.sha256()
    for name in [*CODE.split(), "runs"]:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    return f"{digest.hexdigest()[:8]} numpy {np.__version__}"


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
        One row a member, with the names in ``COLUMNS``. A score is the share of right answers;
        for losses without right and wrong, the share of the targets' variance that the answers
        explain (1 - squared error / variance). A network that stopped because its numbers were no
        longer finite scores nan.
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
    parts = [task.train, task.validation] + [task.test] * (phase == "test")
    with np.errstate(all="ignore"):
        scores = [_score(net, loss, *part).tolist() for part in parts]
    rows = []
    for i, (rate, seed) in enumerate(members):
        stop = history.stops.get(i)
        diverged = stop is not None and stop.layer is not None
        own = [math.nan if diverged else score[i] for score in scores]
        own += [None] * (3 - len(own))
        outcome = [*own, stop.epoch if stop else cell["epochs"], stop.reason if stop else ""]
        values = [phase, *cell.values(), rate, seed, *outcome, version()]
        rows.append(dict(zip(COLUMNS, values, strict=True)))
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
    pandas.DataFrame
        As `load` gives it.

    Raises
    ------
    ValueError
        If the file was not written by this grid, or is damaged in another way than by a last line
        that was cut off; the message names the file and the line. The file is left as it is.
    """
    from joblib import Parallel, delayed, parallel_config

    options = known("backend", backend, BACKENDS)
    path, workers = Path(path), whole("workers", workers)
    rows = _resume(grid, path)
    quiet = not progress or os.environ.get("BENDS_FACE", "live") != "live"
    bar = tqdm(total=sum(grid.runs), initial=len(rows), unit="run", disable=quiet)
    with bar, one_blas_thread(), parallel_config(backend, n_jobs=workers, **options):
        for phase in ("tuning", "test"):
            bar.set_description(phase)
            # One stack a batch: a finished one is not held back until its neighbours are.
            stacks = Parallel(return_as="generator_unordered", batch_size=1)(
                delayed(train_stack)(grid.tasks[cell["task"]], cell, members, phase)
                for cell, members in _missing(grid, rows, phase)
            )
            for stack in stacks:
                _append(path, stack)
                rows.update((_key(row), row) for row in stack)
                bar.update(len(stack))
    _put_in_order(grid, path, rows)
    return load(path)


def _key(row):
    """What tells one run from another, as text; the rate of a test run follows from the others."""
    key = (row["phase"], *(_text(row[name]) for name in SETTINGS), str(row["seed"]))
    return (*key, str(row["rate"])) if row["phase"] == "tuning" else key


def _members(grid, rows, phase, cell):
    """The (rate, seed) of every run of one cell."""
    if phase == "tuning":
        return list(itertools.product(grid.rates, grid.tuning_seeds))
    rate = _best_rate(grid, rows, cell)
    return [(rate, seed) for seed in grid.seeds]


def _best_rate(grid, rows, cell):
    """The rate with the best mean validation score; one that made a run diverge comes last."""
    if len(grid.rates) == 1:
        return grid.rates[0]
    mean = {}
    for rate in grid.rates:
        keys = [
            _key({"phase": "tuning", **cell, "rate": rate, "seed": seed})
            for seed in grid.tuning_seeds
        ]
        score = np.mean([float(rows[key]["validation_score"]) for key in keys])
        mean[rate] = -math.inf if np.isnan(score) else score
    return max(mean, key=mean.get)


def _missing(grid, rows, phase):
    """Cut what is not done yet into stacks: (cell, members)."""
    for cell in grid.settings:
        left = [
            (rate, seed)
            for rate, seed in _members(grid, rows, phase, cell)
            if _key({"phase": phase, **cell, "rate": rate, "seed": seed}) not in rows
        ]
        stacks = -(-len(left) // LARGEST_STACK)
        for i in range(stacks):
            yield cell, left[i::stacks]


# --- the file -------------------------------------------------------------------------------------


def _lines(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_text(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


_HEADER = ",".join(COLUMNS) + "\n"


def _append(path, rows):
    with open(path, "ab") as file:
        file.write(_lines(rows).encode())
        file.flush()
        os.fsync(file.fileno())


def _put_in_order(grid, path, rows):
    """Write the finished table anew, in the grid's order, in one move."""
    order = [
        rows[_key({"phase": phase, **cell, "rate": rate, "seed": seed})]
        for phase in ("tuning", "test")
        for cell in grid.settings
        for rate, seed in _members(grid, rows, phase, cell)
    ]
    new = path.with_name(path.name + ".new")
    new.write_text(_HEADER + _lines(order), encoding="utf-8", newline="")
    os.replace(new, path)


def _resume(grid, path):
    """The finished runs in the file, by key. Cuts off a line that was not written to its end."""
    content = path.read_bytes() if path.exists() else b""
    if _HEADER.encode().startswith(content):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_HEADER.encode())
        return {}
    finished = content[: content.rfind(b"\n") + 1]
    rows = _read(grid, path, finished)
    if len(finished) < len(content):
        os.truncate(path, len(finished))
    return rows


def _read(grid, path, content):
    """Check every line against the grid; nothing is repaired and nothing is skipped."""
    if not content.startswith(_HEADER.encode()):
        raise ValueError(f"{path} is not a table of runs, or has other columns than this version's")
    cells = {_texts(cell) for cell in grid.settings}
    seeds = {"tuning": set(map(str, grid.tuning_seeds)), "test": set(map(str, grid.seeds))}
    rates = set(map(str, grid.rates))
    rows = {}
    try:
        lines = content.decode().splitlines()[1:]
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    for number, fields in enumerate(csv.reader(lines), start=2):
        where = f"{path}, line {number}"
        if len(fields) != len(COLUMNS):
            raise ValueError(f"{where}: {len(fields)} fields where {len(COLUMNS)} belong")
        row = dict(zip(COLUMNS, fields, strict=True))
        if (
            tuple(row[name] for name in SETTINGS) not in cells
            or row["seed"] not in seeds.get(row["phase"], ())
            or row["rate"] not in rates
        ):
            raise ValueError(f"{where}: not a run of this grid: {', '.join(fields)}")
        if not _sound(row):
            raise ValueError(f"{where} is damaged: {', '.join(fields)}")
        if _key(row) in rows:
            raise ValueError(f"{where}: the same run stands in an earlier line")
        rows[_key(row)] = row
    _check_rates(grid, path, rows)
    return rows


def _sound(row):
    """Whether the outcomes are what a run can give."""
    scores = [row["train_score"], row["validation_score"], row["test_score"] or "nan"]
    try:
        numbers = [float(score) for score in scores]
        epochs = int(row["epochs_run"])
    except ValueError:
        return False
    possible = all(not score > 1 for score in numbers)
    untouched = (row["test_score"] == "") == (row["phase"] == "tuning")
    return possible and untouched and 1 <= epochs <= int(row["epochs"]) and bool(row["version"])


def _check_rates(grid, path, rows):
    """Test runs stand for the rate that the tuning runs choose, and for no other."""
    for cell in grid.settings:
        keys = [_key({"phase": "test", **cell, "seed": seed}) for seed in grid.seeds]
        tested = {rows[key]["rate"] for key in keys if key in rows}
        try:
            best = str(_best_rate(grid, rows, cell)) if tested else None
        except KeyError:
            raise ValueError(f"{path} holds test runs whose tuning runs are missing") from None
        if tested - {best}:
            raise ValueError(
                f"{path} holds test runs with the rate {', '.join(tested)}, but the tuning runs "
                f"choose {best}, for {', '.join(filter(None, _texts(cell)))}"
            )


def load(path):
    """A stored table as a pandas DataFrame, every number exactly as it was.

    Missing are a tuning run's ``test_score``, the scores of a run that diverged, and the patience
    of a run without early stop.
    """
    import pandas as pd

    exact = dict.fromkeys(["rate", "train_score", "validation_score", "test_score"], _number)
    return pd.read_csv(
        path,
        converters=exact | {"init": _number_or_name},
        na_values={"patience": [""]},
        keep_default_na=False,
    )


def _number(text):
    return float(text) if text else math.nan


def _number_or_name(text):
    try:
        return float(text)
    except ValueError:
        return text


def rerun(grid, path, count=3):
    """Do a sample of a stored table's runs again, each alone.

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
    stored, fresh : pandas.DataFrame
        The same rows twice. On one machine they are equal but for ``version``.
    """
    rows = _read(grid, path, Path(path).read_bytes())
    if whole("count", count) > len(rows):
        raise ValueError(f"count must be at most the number of stored runs, {len(rows)}")
    by_hash = sorted(rows, key=lambda key: hashlib.sha256("\n".join(key).encode()).digest())
    stored = [rows[key] for key in by_hash[:count]]
    cells = {_texts(cell): cell for cell in grid.settings}
    fresh = []
    for row in stored:
        cell = cells[tuple(row[name] for name in SETTINGS)]
        member = [(float(row["rate"]), int(row["seed"]))]
        fresh += train_stack(grid.tasks[cell["task"]], cell, member, row["phase"])
    return tuple(load(io.StringIO(_HEADER + _lines(part))) for part in (stored, fresh))
