"""What a reader moves: sliders, choices, switches, and parameters that follow from them."""

import inspect
import itertools
import math
from dataclasses import dataclass, replace

import numpy as np

from ..activations import ACTIVATIONS
from ..look import number


@dataclass(frozen=True)
class Control:
    """What a reader sets: its values, their words, and which of them it starts with."""

    kind: str
    values: tuple
    texts: tuple
    start: int
    label: str | None

    def named(self, name):
        """The same control, labelled with its parameter's name where it has no label."""
        return self if self.label is not None else replace(self, label=name.replace("_", " "))


@dataclass(frozen=True)
class Computed:
    """A parameter that follows from others; made by `computed`."""

    function: object
    of: tuple


def slider(low, high, steps, start=None, label=None, format="g"):
    """A number to slide, in equal steps from `low` to `high`.

    Parameters
    ----------
    low, high : float
        First and last value. Where every step is whole and both are int, the values are int.
    steps : int
        How many values, 2 or more.
    start : float, optional
        The value to start with, one of the steps; by default `low`.
    label : str, optional
        By default the parameter's name.
    format : str
        How `format` writes the value, such as ".2f".
    """
    if not isinstance(steps, int) or steps < 2 or not -math.inf < low < high < math.inf:
        raise ValueError(
            f"slider needs low < high, both finite, and 2 or more steps, not {low}, {high}, {steps}"
        )
    values = [round(v, 12) + 0.0 for v in np.linspace(low, high, steps).tolist()]
    if len(set(values)) < steps:
        raise ValueError(f"slider has {steps} steps from {low} to {high}, less than 1e-12 apart")
    if isinstance(low, int) and isinstance(high, int) and all(v.is_integer() for v in values):
        values = [int(v) for v in values]
    return _track(values, start, label, format)


def slider_over(*values, start=None, label=None, format="g"):
    """A number to slide over values of your own, such as 0, 1, 10, 100.

    Parameters
    ----------
    *values : float
        Two or more, rising.
    start, label, format
        As for `slider`.
    """
    rising = all(a < b for a, b in itertools.pairwise(values))
    if len(values) < 2 or not rising or not all(map(math.isfinite, values)):
        raise ValueError(f"slider_over needs two or more finite rising values, not {values!r}")
    return _track(values, start, label, format)


def _track(values, start, label, format):
    at = 0 if start is None else int(np.argmin(np.abs(np.array(values) - start)))
    if start is not None and not math.isclose(values[at], start, abs_tol=1e-9):
        raise ValueError(f"start={start} is not a step of this slider; the nearest is {values[at]}")
    return Control("slider", tuple(values), tuple(number(v, format) for v in values), at, label)


def choice(*options, start=None, label=None, labels=None):
    """One of several names.

    Parameters
    ----------
    *options : str
        What the drawing function receives.
    start : str, optional
        The option to start with; by default the first.
    label : str, optional
        By default the parameter's name.
    labels : sequence of str, optional
        What the reader sees for each option; by default the title of a function of the catalogue,
        else the option itself.
    """
    if len(options) < 2 or len(set(options)) < len(options):
        raise ValueError(f"choice needs two or more different options, not {options!r}")
    if start is not None and start not in options:
        raise ValueError(f"start={start!r} is not among the options {options!r}")
    if labels is None:
        labels = [ACTIVATIONS[o].title if o in ACTIVATIONS else str(o) for o in options]
    elif len(labels) != len(options):
        raise ValueError(f"labels must be {len(options)} texts, one for each option")
    at = 0 if start is None else options.index(start)
    return Control("choice", options, tuple(labels), at, label)


def switch(start=False, label=None):
    """A box to tick; the drawing function receives True or False.

    Parameters
    ----------
    start : bool
    label : str, optional
        By default the parameter's name.
    """
    if start not in (False, True):
        raise ValueError(f"start of a switch must be True or False, not {start!r}")
    return Control("switch", (False, True), ("off", "on"), int(start), label)


def computed(function):
    """A parameter that follows from controls, so that fewer states suffice.

    ``z=computed(lambda x, weight, bias: weight * x + bias)`` lets a drawing function name `z`
    alone: it is drawn once for each value that z can take, not for each x, weight and bias.
    Numbers that agree to nine decimals are one value.
    """
    return Computed(function, tuple(inspect.signature(function).parameters))
