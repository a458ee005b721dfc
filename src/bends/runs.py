"""Many runs, from a declared grid to one table with a row a run.

`run` first tries every rate of a `Grid` (`bends.grids`) on the tuning seeds and judges by the
validation examples; then it trains each setting with its best rate on fresh seeds and judges by the
test examples, which nothing before has looked at. Runs go in stacks, one after the other, over
threads or processes, or on a cluster. Each finished stack is added to a CSV file at once, so that a
run that was killed goes on where it was. `load` reads any such file::

    table = run(grid, "runs.csv")
    table.where(phase="test", norm="none", activation="relu")["test_score"].mean()

Each row carries a digest of its task's data and one of the code that made it (`digests`). A file
with other data or other code is not gone on with; reading it is always possible. In a converted
table, from before there were digests, both are "before".
"""

import itertools
import math
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from bends import digests, storage
from bends._arguments import extra, face, known, whole
from bends.grids import MADE_BY, _texts
from bends.storage import in_text, load
from bends.training import one_blas_thread

BACKENDS = {"threading": {}, "loky": {"inner_max_num_threads": 1}, "dask": {}}


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
    outcomes = list(grid.train(grid.tasks[setting["task"]], setting, members, phase))
    if len(outcomes) != len(members):
        raise ValueError(
            f"train must give a dict of outcomes for each member: {len(members)} for this setting; "
            f"it gave {len(outcomes)}: {setting}"
        )
    rows = []
    for (rate, seed), outcome in zip(members, outcomes, strict=True):
        for name in outcome:
            known("outcomes", name, dict.fromkeys(grid.outcomes))
        if phase == "tuning" and outcome.get(grid.judge) is None:
            raise ValueError(f"train must give {grid.judge!r} in tuning: the rate is judged by it")
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
