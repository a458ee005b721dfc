"""What is wrong with an answer, in words: a value, one number, a function, or what a rule says.

Each `..._fault` gives a sentence, or None where nothing is wrong. `UNANSWERED` is one of the
sentences: the answer is still to be given.
"""

import copy
import functools
import re
import traceback

import numpy as np

UNANSWERED = "Not answered yet."
CALL_IT = "Your answer is a function. Give the value that it returns: call it."
NO_RETURN = "gives None. A function hands back what follows its `return`."
MOST_SHOWN = 200  # characters of an answer in a message


class AtFault(Exception):
    """The exercise itself is wrong, not the answer."""


def is_unanswered(answer):
    """Whether there is no answer yet: None, or `...` alone or among several, in any depth."""
    return answer is None or _has_gap(answer)


def _has_gap(answer, depth=9):
    """Whether `...` stands in a list; not followed further than `depth`: it may hold itself."""
    if isinstance(answer, list | tuple) and depth:
        return any(_has_gap(part, depth - 1) for part in answer)
    return answer is ...


def _no_function(answer):
    return f"Your answer is {_show(answer)}. A function is asked for: one that `def` makes."


def value_fault(answer, expected, tolerance):
    """What is wrong with a value, or None."""
    if callable(answer):
        return CALL_IT
    difference = _difference(answer, expected, tolerance)
    return difference and f"Your answer {difference}."


def _number_fault(answer):
    """Why an answer is not one finite number, or None."""
    if callable(answer):
        return CALL_IT
    # Any number differs from nan, so what is left of the difference is its kind.
    kind = _not_numbers(answer, (), "is")
    if kind:
        return f"Your answer {kind}."
    number = float(np.asarray(answer, dtype=float))
    if np.isfinite(number):
        return None
    lacks = "not a number" if np.isnan(number) else "not finite"
    return f"Your answer is {number}, which is {lacks}."


def rule_fault(answer, rule, kind):
    """What a rule says of an answer, after a look at what kind of thing it was given."""
    if kind == "number":
        if fault := _number_fault(answer):
            return fault
        answer = answer if isinstance(answer, int) else float(np.asarray(answer, dtype=float))
    if kind == "test" and not callable(answer):
        return _no_function(answer)
    given = []  # what a function gave, call by call
    try:
        fault = rule(_watched(answer, given, kind) if callable(answer) else answer)
    except _Fault as error:
        return str(error)
    except Exception as error:
        if "ellipsis" in text_of(error):
            return UNANSWERED
        fault = _stopped(error, answer, given)
    if fault is ...:
        return UNANSWERED
    if fault is not None and not isinstance(fault, str):
        raise AtFault(
            f"expected: a rule returns a sentence that says what is wrong, or None; got {fault!r}"
        )
    if fault and given and given[-1] is None:
        return f"{_name(answer)} {NO_RETURN}"
    if fault is None and any(_has_nan(value) for value in [answer, *given]):
        return "Your answer has nan in it, which is not a number."
    return fault


class _Fault(Exception):
    """What is wrong with what a reader's function gave to a rule."""


def _watched(function, given, kind):
    """The reader's function; what it gives is noted, and refused where no rule could judge it."""

    @functools.wraps(function, updated=())
    def watched(*inputs, **named):
        result = function(*inputs, **named)
        given.append(result)
        if result is not None and is_unanswered(result):
            raise _Fault(UNANSWERED)
        if kind == "test" and not _is_truth(result):
            if result is None:
                raise _Fault(f"{_name(function)} {NO_RETURN}")
            raise _Fault(
                f"{_name(function)} gives {_show(result)}, where True or False is asked for."
            )
        return result

    return watched


def _stopped(error, answer, given):
    """In words, why a rule could not go on; most often the answer is of another kind."""
    if isinstance(error, TypeError) and not callable(answer):
        if "not callable" in text_of(error):
            return _no_function(answer)
        if isinstance(answer, str):
            return f"Your answer is the text {_show(answer)}: write a number without quotes."
    if isinstance(error, TypeError) and callable(answer) and not given:
        mine = getattr(answer, "__code__", None)
        entered = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
        if mine is not None and mine not in entered and "argument" not in text_of(error):
            return CALL_IT
    return f"Your answer cannot be tried: it stops with {in_words(error, answer)}."


def _is_truth(value):
    return isinstance(value, bool | np.bool_) or (
        isinstance(value, np.ndarray) and value.dtype == bool and value.ndim == 0
    )


def _has_nan(value):
    """Whether a number, or an array or list of numbers, holds a nan."""
    try:
        values = np.asarray(value)
        return values.dtype.kind in "fc" and bool(np.isnan(values).any())
    except Exception:
        return False


def _name(function):
    """How a sentence about a reader's function begins."""
    name = getattr(function, "__name__", "<lambda>")
    return "Your function" if name == "<lambda>" else name


def function_fault(function, cases, tolerance):
    """What is wrong with a function on the first input where it fails, or None."""
    if not callable(function):
        return _no_function(function)
    name = _name(function)
    for inputs, expected in cases:
        shown = ", ".join(_show(x) for x in inputs)
        call = f"Your function at {shown}" if name == "Your function" else f"{name}({shown})"
        try:
            result = function(*copy.deepcopy(inputs))  # the inputs stay, whatever it does to them
        except Exception as error:
            if "ellipsis" in text_of(error):
                return UNANSWERED
            return f"{call} stops with {in_words(error, function)}."
        if result is None:
            return f"{call} {NO_RETURN}"
        if is_unanswered(result):
            return UNANSWERED
        if difference := _difference(result, expected, tolerance, verb="gives"):
            return f"{call} {difference}."
    return None


# --- in words -------------------------------------------------------------------------------------


def text_of(error):
    """An exception's own words, if it can say them."""
    try:
        return str(error)
    except Exception:
        return ""


def in_words(error, function=None):
    """An exception's kind and message, with the line of the reader's code where it came up."""
    words = f"{type(error).__name__}: {text_of(error)}".removesuffix(": ")
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == file and frame.line:
            return f"{words}, in line {frame.lineno} of its cell: {frame.line}"
    return words


def _difference(got, expected, tolerance, verb="is"):
    """What tells two values apart, as words that follow their owner's name, or None.

    With the verb "gives" (a function's result) the words tell the value asked for; with "is" (the
    answer itself) they only say in which direction it lies, so that there is still a point in
    thinking again.
    """
    if isinstance(expected, str | bool | np.bool_):
        text = isinstance(expected, str)
        if not isinstance(got, str if text else bool | np.bool_):
            asked = "text in quotes" if text else "True or False"
            return f"{verb} {_show(got)}, where {asked} is asked for"
        same = got.strip().casefold() == expected.strip().casefold() if text else got == expected
        ending = "which is not right" if verb == "is" else f"where {expected!r} is asked for"
        return None if same else f"{verb} {_show(got)}, {ending}"

    expected = np.asarray(expected)
    truths = expected.dtype == bool and _truths(got)
    if not (truths and np.shape(got) == expected.shape):
        if kind := _not_numbers(got, expected.shape, verb):
            return kind
    numbers = np.asarray(got, dtype=float)
    far = ~np.isclose(
        numbers, expected.astype(float), rtol=tolerance, atol=tolerance, equal_nan=verb == "gives"
    )
    if not far.any():
        return None
    place = tuple(int(i) for i in np.argwhere(far)[0])
    value, target = numbers[place], expected[place]
    where = f" at place {', '.join(map(str, place))} (counted from 0)" if place else ""
    if verb == "gives":
        shown = f"{value:.6g}", f"{target:.6g}"
        if shown[0] == shown[1]:
            shown = float(value), float(target)
        return f"gives {shown[0]}{where}, where {shown[1]} is asked for"
    if np.isnan(value):
        return f"is nan{where}, which is not a number"
    return f"is {value:.6g}{where}, which is too {'small' if value < target else 'large'}"


def _truths(got):
    """Whether a list or an array holds nothing but True and False."""
    try:
        return isinstance(got, list | tuple | np.ndarray) and np.asarray(got).dtype == bool
    except Exception:
        return False


def _not_numbers(got, shape, verb):
    """Why a value is not real numbers of this shape, in words that follow its owner's name."""
    asked = _in_numbers(shape)
    if isinstance(got, np.ma.MaskedArray):
        return f"{verb} a masked array: leave the mask out, with .filled(value) or .compressed()"
    if isinstance(got, str):
        return f"{verb} the text {_show(got)}: write a number without quotes"
    try:
        values = np.asarray(got)
        if values.dtype.kind in "US" or any(isinstance(v, str | bytes) for v in values.flat):
            return f"{verb} {_show(got)}, with text in it: write numbers without quotes"
        if values.dtype.kind in "cbMm":  # complex numbers, truths and dates
            raise TypeError
        numbers = values.astype(float)
    except Exception:
        return f"{verb} {_show(got)}, where {asked} is asked for"
    if numbers.shape != shape:
        return f"{verb} {_in_numbers(numbers.shape)}, where {asked} is asked for"
    return None


def _in_numbers(shape):
    return f"an array of shape {shape}" if shape else "one number"


def _show(value):
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, threshold=8, edgeitems=2, separator=", ")
    if isinstance(value, np.generic):
        value = value.item()
    try:
        shown = re.sub(r"\n\s*", " ", repr(value))
    except Exception:
        return f"an object of type {type(value).__name__} that cannot be shown"
    return shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]} …"
