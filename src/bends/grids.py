"""A declared experiment: what varies, which learning rates are tried, which seeds are used.

Without a word, stacks of `MLP` are trained (`bends.stacks.train_stack`). Any other training is a
function that turns one setting and its seeds into rows::

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

`bends.runs.run` does all runs of a grid, and stores them.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bends._arguments import known, positive, whole
from bends.stacks import OUTCOMES, complete, train_stack
from bends.storage import in_text

MADE_BY = ["data", "code", "versions"]  # what each row says of where it comes from
LARGEST_STACK = 16  # beyond some twenty members a stack outgrows the processor's cache


def product(**axes):
    """Every combination of the given settings: a list of dicts, the last name varying fastest.

    >>> product(activation=["relu", "tanh"], depth=[2])
    [{'activation': 'relu', 'depth': 2}, {'activation': 'tanh', 'depth': 2}]
    """
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _first_refusing(cls):
    """Have a grid refuse, when it is made, what would else fail only once runs are done.

    Stored digests of code cover the class's own text: no number depends on what is asked here.
    """
    fill_in = cls.__post_init__

    def __post_init__(self):
        _refuse(self)
        fill_in(self)

    cls.__post_init__ = __post_init__
    return cls


def _refuse(grid):
    if isinstance(grid.outcomes, str):
        raise ValueError(f"outcomes must be a list of names; got {grid.outcomes!r}")
    for argument in ("train", "better"):
        came = getattr(grid, argument)
        if came is not None and not callable(came):
            raise ValueError(f"{argument} must be a function; got {came!r}")
    whole("largest_stack", grid.largest_stack)
    if grid.most_rates is not None:
        whole("most_rates", grid.most_rates)
    settings = {name for setting in grid.settings for name in setting} | {"task"}
    columns = Counter(["phase", "seed", *settings, *grid.outcomes, *MADE_BY])
    doubles = [name for name, count in columns.items() if count > 1]
    if doubles:
        raise ValueError(
            f"two columns would be called {doubles[0]!r}: no setting or outcome may have the name "
            f"of another, nor phase, rate, seed, {', '.join(MADE_BY)}"
        )
    if "rate" in grid.outcomes:
        raise ValueError("outcomes may hold no 'rate': that column is the learning rate")


@_first_refusing
@dataclass(frozen=True)
class Grid:
    """A declared experiment.

    Parameters
    ----------
    tasks : mapping of str to Task
        For a training of your own: to any arrays, numbers and text, nested as you like.
    settings : sequence of dicts
        One for each cell of the table, with the same names in each; ``task`` may be left out where
        there is one. Names and defaults for `train_stack` are in ``bends.stacks.SETTINGS``. Lists
        made by `product` can be added up. A setting may fix its own ``rate``: it is then not
        tuned.
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
        If a setting is unknown or out of range, something stands in the grid twice, or two columns
        of its table would have one name.
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


# Stored digests of code cover this under its name: with another they would all be others.
def _texts(setting):
    """The values of a setting as they stand in the file: what tells its runs from others."""
    return tuple(in_text(value) for value in setting.values())
