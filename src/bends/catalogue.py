"""What an entry of the catalogue is: a function with its derivative, formula and facts."""

import inspect
import numbers
import re
from collections.abc import Callable
from dataclasses import dataclass, field, is_dataclass, replace
from functools import wraps

import numpy as np

from bends._arguments import UnknownName, known, nearest, unmasked

FAMILIES = ("linear", "step", "rectifier", "exponential", "squashing", "gate", "periodic")

# On Linux, C's allocator returns an array's memory to the system at once, unless it has seen a
# larger one freed: then it keeps the pages. Without this line float64 functions take 3 to 5 times
# as long on arrays of more than 16 000 numbers. The 31 MiB are never touched, so they cost nothing.
np.empty(31 << 20, np.uint8)


SIGNED = {"negative_slope", "threshold", "value", "mu"}  # parameters that may be 0 or negative
LARGEST = 1e4  # up to here a parameter leaves the formulas their digits


@dataclass(frozen=True, repr=False)
class Activation:
    """One activation function: a number goes in, a number comes out.

    Attributes
    ----------
    name, title : str
        Its name in code (``leaky_relu``) and in prose and plots (leaky ReLU).
    family : str
        linear, step, rectifier, exponential, squashing, gate or periodic; it decides the colour.
    formula, derivative_formula : str
        The right-hand sides of f(x) and f'(x), as TeX.
    function : callable
        Gives value and derivative of an array of floats.
    parameters : dict
        Parameters by name, with their values.
    joints : tuple of float
        Where one piece of the formula ends and the next begins, smoothly or not: the `kinks` are
        those of them at which the slope jumps.
    turning_points : tuple of float
        Where a smooth piece stops falling and starts to rise, or the reverse; for a periodic
        function, those of one period.
    aliases : tuple of str
        Other names in use.
    origin : str or None
        Key in ``references.bib`` of the paper that introduced it.
    """

    name: str
    title: str
    family: str
    formula: str
    derivative_formula: str
    function: Callable
    parameters: dict = field(hash=False)
    joints: tuple = ()
    turning_points: tuple = ()
    aliases: tuple = ()
    origin: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "__doc__", self.function.__doc__)
        object.__setattr__(self, "__wrapped__", self.function)  # where inspect.getsource looks

    def __call__(self, x, **parameters):
        """Value at every x. Computed in float64 and rounded once to the type of x.

        Parameters
        ----------
        x : float or array of any shape
            Pre-activations. Integers become float64; float16, float32 and float64 stay.

        Returns
        -------
        NumPy float or array of the shape of x

        Raises
        ------
        TypeError
            If x holds something other than real numbers.
        """
        if parameters:
            said = ", ".join(f"{name}={value!r}" for name, value in parameters.items())
            raise TypeError(
                f"parameters give a new function: {self.name}.with_parameters({said})(x)"
            )
        return self._pair(x)[0]

    def derivative(self, x):
        """Slope at every x; takes and returns what a call does."""
        return self._pair(x)[1]

    def value_and_derivative(self, x):
        """Value and slope at once, sharing the work: what training uses.

        float32 is computed in float32, in about half the time, unless parameters were changed.
        It is then off by at most `2.5 eps max(1, |y|)`, where y is the exact number and eps 1.2e-7.
        """
        usual = tuple(self.parameters.values()) == (self.function.__defaults__ or ())
        return self._pair(x, native=usual)

    def _pair(self, x, native=False):
        x = as_floats(x, self.name)
        work = x if native and x.dtype != np.float16 else x.astype(np.float64)
        with np.errstate(all="ignore"):  # a square may reach inf, a tail 0: both are right
            pair = self.function(work, **self.parameters)
            nan = np.isnan(work)
            if np.count_nonzero(nan):  # comparisons turn nan into False
                pair = [np.where(nan, np.nan, y) for y in pair]
            return tuple(np.asarray(y, x.dtype)[()] for y in pair)

    def with_parameters(self, **changes):
        """The same function with other parameters, given by name.

        >>> from bends import leaky_relu
        >>> leaky_relu.with_parameters(negative_slope=0.2)(-1)
        np.float64(-0.2)

        Raises
        ------
        TypeError
            If the function has no such parameter, or the value is not a number.
        ValueError
            If the value is not one from 1e-4 to 1e4. negative_slope, threshold, value and mu may
            also be 0 or negative.
        """
        for name, value in changes.items():
            if name not in self.parameters:
                accepted = ", ".join(self.parameters) or "none"
                raise TypeError(f"{self.name} has no parameter {name!r}; it has: {accepted}")
            if not isinstance(value, numbers.Real) or isinstance(value, bool | np.bool):
                raise TypeError(f"{name} must be a number, not {value!r}")
            lowest = -LARGEST if name in SIGNED else 1 / LARGEST
            if not lowest <= value <= LARGEST:
                raise ValueError(f"{name} must lie from {lowest:g} to {LARGEST:g}, not {value!r}")
        parameters = self.parameters | {name: float(value) for name, value in changes.items()}
        return replace(self, parameters=parameters, **facts_for(self.function, parameters))

    # What follows is worked out from the function, so that it holds for any parameters.

    @property
    def limits(self):
        """Where the value goes far to the left and far to the right; nan if it never settles."""
        left, *_, right = self._landmarks()
        return left, right

    @property
    def range(self):
        """Lowest and highest value, or the limits they come close to."""
        landmarks = self._landmarks()
        return float(np.nanmin(landmarks)), float(np.nanmax(landmarks))

    @property
    def kinks(self):
        """The joints at which the slope (or, for a step, the value) jumps."""

        def jumps(x):
            beside = [np.nextafter(x, -np.inf), np.nextafter(x, np.inf)]
            return not all(np.isclose(*pair) for pair in self._pair(beside))

        return tuple(x for x in self.joints if jumps(x))

    @property
    def smooth(self):
        """Whether the slope exists everywhere and never jumps."""
        return not self.kinks

    @property
    def bounded(self):
        """Whether the values stay between two numbers."""
        return bool(np.all(np.isfinite(self.range)))

    @property
    def monotone(self):
        """Whether the function never falls as x grows."""
        landmarks = self._landmarks()  # a function that never falls has limits, so none is nan
        return all(a <= b for a, b in zip(landmarks, landmarks[1:], strict=False))

    @property
    def zero_centred(self):
        """Whether the outputs average 0 when the inputs follow the bell curve."""
        x = np.linspace(-12, 12, 4001)
        weights = np.exp(-x * x / 2)
        return bool(abs(weights @ self(x)) < 1e-4 * weights.sum())

    def _landmarks(self):
        """Values at both ends and wherever the function may turn, from left to right."""
        beyond = np.nextafter(self.joints, np.inf)  # where a jump leads to
        inner = sorted([*self.joints, *beyond, *self.turning_points])
        return (self([-np.inf, *inner, np.inf]) + 0.0).tolist()  # -0.0 + 0.0 is 0.0

    def __repr__(self):
        settings = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        return f"<activation {self.name}({settings})>"


def as_floats(x, name):
    """x as an array of float16, float32 or float64; integers become float64."""
    unmasked(f"the argument of {name}", x)
    try:
        array = np.asarray(x)
        if array.dtype == object and all(isinstance(v, numbers.Integral) for v in array.flat):
            array = array.astype(np.float64)  # whole numbers of more than 64 bits
    except ValueError:
        raise ValueError(f"{name} takes an array; got rows of different lengths") from None
    except OverflowError:
        raise ValueError(f"{name} takes numbers up to 1.8e308; got a larger one") from None
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize > 8:
        came = f"{type(x).__name__} of type {array.dtype}"
        raise TypeError(f"{name} takes integers, float16, float32 or float64, not a {came}")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


class Parameters(dict):
    """Parameters by name. A function of the catalogue is shared by all: they stay as they are."""

    def _refuse(self, *_, **__):
        raise TypeError("parameters stay as they are; with_parameters(...) gives a new function")

    __setitem__ = __delitem__ = __ior__ = _refuse
    update = setdefault = pop = popitem = clear = _refuse

    def __or__(self, changes):
        return Parameters(dict(self) | changes)

    def __reduce__(self):
        return Parameters, (dict(self),)


def activation(title, family, formula, derivative, **facts):
    """Decorator: an `Activation` from a function that returns value and derivative.

    The function's name becomes the activation's, its docstring the activation's, and the defaults
    of its further arguments are the parameters. A fact that depends on them (where the pieces
    end) is given as a function of them.
    """

    def decorate(function):
        arguments = list(inspect.signature(function).parameters.values())[1:]
        parameters = {argument.name: argument.default for argument in arguments}
        name = function.__name__.rstrip("_")
        _check_facts(name, facts)
        function.facts = {fact: value for fact, value in facts.items() if callable(value)}
        _check(name, function, family, parameters)
        settled = facts | facts_for(function, parameters)
        for fact in ("joints", "turning_points"):
            _check_places(name, fact, settled.get(fact, ()))
        _check_derivative(name, function, parameters, settled.get("joints", ()))
        function.__qualname__ += ".function"  # where pickle finds it, once the name is taken
        parameters = Parameters(parameters)
        return Activation(name, title, family, formula, derivative, function, parameters, **settled)

    return decorate


FACTS = ("joints", "turning_points", "aliases", "origin")


def _check_facts(name, facts):
    for fact in facts:
        if fact not in FACTS:
            hint = ": they are worked out from the joints" if fact == "kinks" else ""
            raise TypeError(
                f"{name}: there is no {fact!r} to be given{hint}; there is: {', '.join(FACTS)}"
            )


def _check_places(name, fact, places):
    if not isinstance(places, tuple | list) or not all(
        isinstance(place, numbers.Real) for place in places
    ):
        raise TypeError(f"{name}: {fact} must be a tuple of numbers, such as (0,); got {places!r}")


def _check(name, function, family, parameters):
    """Say what is missing in a function that somebody has just written."""
    if family not in FAMILIES:
        raise ValueError(f"family must be one of {', '.join(FAMILIES)}; got {family!r}")
    for parameter, value in parameters.items():
        if not isinstance(value, numbers.Real):
            raise TypeError(f"{name}: the parameter {parameter} needs a number as its default")
    x = np.array([[-1.5, 0.25, 2.0]])
    given = x.copy()
    with np.errstate(all="ignore"):
        pair = function(given, **parameters)
    if not np.array_equal(given, x):
        raise ValueError(f"{name} writes into x; it must leave x as it came, and return new arrays")
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{name} must return two results: the value and the derivative")
    for result, what in zip(pair, ("value", "derivative"), strict=True):
        if np.shape(result) != x.shape:
            raise ValueError(
                f"{name}: the {what} must have the shape of x, {x.shape}; it has {np.shape(result)}"
            )


def _check_derivative(name, function, parameters, joints):
    """Compare the derivative with how fast the value grows, away from where pieces join."""
    x, h = np.linspace(-4.9871, 5.0123, 90), 1e-6
    x = x[np.all([abs(x - joint) > 0.01 for joint in joints], axis=0)] if joints else x
    with np.errstate(all="ignore"):
        before, after = (np.asarray(function(x + d, **parameters)[0], float) for d in (-h, h))
        grows, derivative = (after - before) / (2 * h), function(x, **parameters)[1]
    wrong = np.flatnonzero(~(abs(grows - derivative) <= 1e-4 * (1 + abs(grows))))
    if wrong.size:
        i = wrong[0]
        raise ValueError(
            f"{name}: at x = {x[i]:.4g} the derivative is said to be {derivative[i]:.4g}, but the "
            f"value grows by {grows[i]:.4g} for each step of 1"
        )


def facts_for(function, parameters):
    """The facts that depend on the parameters, for these."""
    return {fact: tell(**parameters) for fact, tell in function.facts.items()}


@dataclass(frozen=True, repr=False)
class VectorActivation:
    """A function of several pre-activations at once, those along `axis` (default: the last).

    Attributes: ``name``, ``title``, ``formula`` (TeX), ``function``, ``aliases``, ``origin`` (as
    for `Activation`). A call takes integers or floats of any shape and computes in float64.
    """

    name: str
    title: str
    formula: str
    function: Callable
    aliases: tuple = ()
    origin: str | None = None

    def __post_init__(self):
        object.__setattr__(self, "__doc__", self.function.__doc__)

    def __call__(self, x, axis=-1, **options):
        x = as_floats(x, self.name)
        accepted = ["axis", *list(inspect.signature(self.function).parameters)[1:]]
        for name in options:
            if name not in accepted:
                raise TypeError(
                    f"{self.name} has no argument {name!r}; it has: {', '.join(accepted)}"
                )
        if x.ndim and not (isinstance(axis, numbers.Integral) and -x.ndim <= axis < x.ndim):
            raise ValueError(
                f"axis must be a whole number from {-x.ndim} to {x.ndim - 1} for the shape "
                f"{x.shape}; got {axis!r}"
            )
        if x.ndim == 0 or np.moveaxis(x, axis, -1).shape[-1] == 0:
            raise ValueError(f"{self.name} needs numbers along an axis, not shape {x.shape}")
        with np.errstate(all="ignore"):
            value = self.function(np.moveaxis(x.astype(np.float64), axis, -1), **options)
            return np.moveaxis(value, -1, axis).astype(x.dtype)

    def __repr__(self):
        return f"<vector activation {self.name}>"


def vector_activation(title, formula, **facts):
    """Decorator: a `VectorActivation` from a function of the last axis."""

    def decorate(function):
        function.__qualname__ += ".function"
        return VectorActivation(function.__name__, title, formula, function, **facts)

    return decorate


class Catalogue(dict):
    """Entries by name. An unknown name is told the nearest ones.

    An alias finds its entry, and so does another spelling: capitals, hyphens, spaces and
    underscores make no difference (``"LeakyReLU"``, ``"soft_sign"``).
    """

    def __init__(self, *entries):
        super().__init__((entry.name, entry) for entry in entries)

    def __missing__(self, name):
        called = self._called()
        spelt = {plain(known): f for known, f in called.items()}
        if plain(name) in spelt:
            return spelt[plain(name)]
        raise UnknownName(f"no activation function is called {name!r}; {nearest(name, called)}")

    def __contains__(self, name):
        return super().__contains__(name) or plain(name) in map(plain, self._called())

    def get(self, name, default=None):
        return self[name] if name in self else default

    def _called(self):
        aliases = {alias: f for f in self.values() for alias in getattr(f, "aliases", ())}
        return dict(self) | aliases


def _of_the_tables_kind(find):
    """Decorator: refuse a thing that is of another kind than the entries of the table.

    It is no part of `find` itself, since that stands in the digests of stored runs, and a refusal
    changes no number.
    """

    @wraps(find)
    def checked(table, entry, argument="activation"):
        found, kind = find(table, entry, argument), type(next(iter(table.values())))
        if is_dataclass(kind) and not isinstance(found, kind):  # else the table holds functions
            raise TypeError(
                f"{argument} must be a name, or an entry of type {kind.__name__}; got {entry!r}"
            )
        return found

    return checked


@_of_the_tables_kind
def find(table, entry, argument="activation"):
    """The entry of a table by its name; an entry itself is given back.

    Parameters
    ----------
    table : mapping
        `ACTIVATIONS`, `LOSSES`, `INITIALIZERS` and the like.
    entry : str or callable
    argument : str
        What the caller calls it, for the error.

    Raises
    ------
    UnknownName
        A KeyError and a ValueError; it tells the nearest names.
    TypeError
        If it is neither a name nor of the type of the table's entries (`INITIALIZERS`: a
        function).
    """
    if isinstance(entry, str):
        return table[entry] if isinstance(table, Catalogue) else known(argument, entry, table)
    if not callable(entry):
        raise TypeError(f"{argument} must be a name or the thing itself; got {entry!r}")
    return entry


def plain(name):
    """A name without what spellings differ in."""
    return re.sub("[-_ ]", "", str(name).lower())
