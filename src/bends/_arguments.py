"""Checks of arguments: every error names the argument, what came and what is accepted.

Some stand in decorators. The digests of stored runs (`bends.digests`) cover a function without its
decorators, and what only refuses changes no number: so a new refusal leaves all rows as they are.
"""

import importlib
import inspect
import os
from difflib import get_close_matches
from functools import wraps
from numbers import Integral, Real

import numpy as np

FACES = ("live", "page", "text")


def face():
    """How things show themselves: with a kernel, on the built page, or as text for the tests."""
    asked = os.environ.get("BENDS_FACE", "live")
    if asked not in FACES:
        raise ValueError(f"BENDS_FACE must be one of {', '.join(FACES)}, not {asked!r}")
    return asked


class UnknownName(KeyError, ValueError):
    """A name that a table does not have: a look-up that fails, and a wrong argument."""

    def __str__(self):
        return str(self.args[0])


def nearest(name, names):
    """The names most like one that is not known; all, where none is like it."""
    near = get_close_matches(str(name).lower(), names, n=3)
    return f"nearest: {', '.join(near)}" if near else f"known: {', '.join(names)}"


def known(argument, name, table):
    """Return the entry of `table` called `name`; a wrong name's error tells the nearest ones."""
    if isinstance(name, str) and name in table:
        return table[name]
    raise UnknownName(f"{argument}={name!r} is not known; {nearest(name, table)}")


def whole(argument, value, least=1):
    """Return `value` as an int, if it is a whole number of at least `least`."""
    if isinstance(value, Integral) and not isinstance(value, bool | np.bool) and value >= least:
        return int(value)
    raise ValueError(f"{argument} must be a whole number, {least} or more; got {value!r}")


def positive(argument, value, below=np.inf):
    """Return `value` as a float, if it is a number above 0 and less than `below`."""
    if isinstance(value, Real) and not isinstance(value, bool | np.bool) and 0 < value < below:
        return float(value)
    limit = "" if below == np.inf else f" and less than {below:g}"
    raise ValueError(f"{argument} must be a finite number above 0{limit}; got {value!r}")


def unmasked(argument, values):
    """Return `values`, if they are no masked array: NumPy's functions here would drop the mask."""
    if isinstance(values, np.ma.MaskedArray):
        raise TypeError(
            f"{argument} is a masked array, and its mask would be lost; pass .filled(value), "
            "or .compressed() for the entries that are not masked"
        )
    return values


def refusing(**checks):
    """Decorator: each check is called with its argument's name and value, before the function."""

    def decorate(function):
        signature = inspect.signature(function)

        @wraps(function)
        def checked(*positional, **named):
            try:
                given = signature.bind(*positional, **named).arguments
            except TypeError:  # the function's own call says it better
                given = {}
            for argument in checks.keys() & given.keys():
                checks[argument](argument, given[argument])
            return function(*positional, **named)

        return checked

    return decorate


def function_or_none(argument, value):
    """Refuse what is neither a function nor None."""
    if value is not None and not callable(value):
        raise TypeError(f"{argument} must be a function, or None; got {value!r}")


def _no_text_and_no_larger(finite):
    """Decorator: refuse text and dates, which NumPy makes numbers of, and what `dtype` cannot hold.

    A number too large for float32 would come back as inf, with a warning.
    """

    @wraps(finite)
    def checked(argument, values, dtype=np.float64):
        try:
            array = np.asarray(values)
        except ValueError:  # rows of different lengths
            return finite(argument, values, dtype)
        if array.dtype.kind in "USMm" or array.dtype == object and any(map(_is_text, array.flat)):
            kind = "dates or times" if array.dtype.kind in "Mm" else "text"
            raise TypeError(f"{argument} must be an array of real numbers: got {kind}")
        if array.dtype.kind in "iufO" and np.dtype(dtype).itemsize < array.dtype.itemsize:
            wide = finite(argument, values)
            beyond = np.argwhere(np.abs(wide) > np.finfo(dtype).max)
            if beyond.size:
                first = tuple(int(i) for i in beyond[0])
                raise ValueError(
                    f"{argument} must be finite as {np.dtype(dtype)}; the entry at {first} is "
                    f"{wide[first]}"
                )
        return finite(argument, values, dtype)

    return checked


def _is_text(value):
    return isinstance(value, str | bytes | np.datetime64 | np.timedelta64)


@_no_text_and_no_larger
def finite(argument, values, dtype=np.float64):
    """Return `values` as an array of `dtype`, if it has entries and all of them are finite."""
    unmasked(argument, values)
    try:
        array = np.asarray(values)
        if array.dtype.kind == "c":
            raise TypeError("got complex numbers")
        array = array.astype(dtype, copy=False)
    except (TypeError, ValueError) as error:
        reason = "got rows of different lengths" if "inhomogeneous" in str(error) else error
        raise TypeError(f"{argument} must be an array of real numbers: {reason}") from None
    if array.size == 0:
        raise ValueError(f"{argument} is empty: its shape is {array.shape}")
    if not np.isfinite(array).all():
        first = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{argument} must be finite; the entry at {first} is {array[first]}")
    return array


def extra(module):
    """Import what the long experiments need besides the course's own packages."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise ImportError(
            f'{module} is missing: in the course\'s folder, run `pip install ".[experiments]"`'
        ) from None
