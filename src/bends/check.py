"""Exercises that check themselves and say what is wrong; questions for the page.

`check` tries a reader's answer and prints a verdict. `question` and `predict` show a question
with its choices: opening a choice tells its reason. They are HTML's own `<details>`, so they need
no kernel and no script, and work by keyboard.
"""

import contextlib
import copy
import functools
import hashlib
import re
import signal
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from IPython.display import HTML, display

from ._arguments import face
from .answers import Numbers, answer_form, numbers

__all__ = ["Verdict", "check", "numbers", "predict", "question"]

RIGHT = "Right."
WRONG = "Not yet."
UNANSWERED = "Not answered yet."
SECONDS = 15  # after which an answer counts as one that does not come back
KINDS = ("number", "test")
MOST_SHOWN = 200  # characters of an answer in a message


# --- exercises -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What `check` found: true when the answer is right, with the sentence that was printed."""

    right: bool
    message: str

    def __bool__(self):
        return self.right

    def _ipython_display_(self):
        """Show nothing as a cell's last value: `check` has printed the message."""


def check(
    answer, expected, *, on=None, wrong=None, because="", tolerance=1e-6, kind=None, page=None
):
    """Try a reader's answer, print what is wrong with it or that it is right.

    Whatever the answer is or does, it is judged, never raised: also where it ends the program, is
    interrupted, or does not come back within 15 seconds (on Windows: until it is interrupted).
    nan is never right where a number is asked for, nor inside what a function gives to a rule.

    Parameters
    ----------
    answer : number, array_like, str, bool or callable
        The reader's. None counts as not answered yet, and so does `...`, also inside a list or as
        a function's result.
    expected : number, array_like, str, bool, mapping or callable
        A value, for an answer that is a value. For an answer that is a function, either a mapping
        from an input to the output asked for, or, together with `on`, a function that is right.
        Without `on`, a function is a rule: it is called with the answer, and returns a sentence
        that says what is wrong, or None (or `...`, where it meets one: not answered yet).
    on : list, optional
        The inputs on which two functions are compared. A tuple is several arguments.
    wrong : mapping, optional
        From a known mistake (a value, or a function that makes it) to its reason, which is then
        printed in place of the plain verdict.
    because : str, optional
        Printed after a right answer: the reason why it is right.
    tolerance : float, default 1e-6
        Allowed error of a number, both relative and absolute.
    kind : {"number", "test"}, optional
        What a rule asks for, where it cannot tell by itself: one finite number (so understood
        where `page` is one input), or a function that says True or False.
    page : Numbers or sequence of two Numbers, optional
        For an answer that is a number, or a list of two: the published page gets an input for
        these numbers, and the verdict on each, found by this same call (see `numbers`).

    Returns
    -------
    Verdict
        True or false, with the message.

    Raises
    ------
    TypeError
        If a rule returns neither a sentence nor None: the exercise is at fault, not the answer.
    ValueError
        If `page` offers no number that is right, or more than 600; if `kind` is unknown.

    Examples
    --------
    >>> verdict = check(0.25, 0.5, wrong={0.25: "That is the square. Halve it instead."})
    Not yet. That is the square. Halve it instead.
    >>> verdict = check(lambda x: -x, {-2: 2, 3: 3})
    Not yet. Your function at 3 gives -3, where 3 is asked for.
    """

    if kind not in (None, *KINDS):
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, or None; got {kind!r}")
    if isinstance(page, Numbers):
        kind = "number"

    def judge(answer):
        return _judge(answer, expected, on or [], wrong or {}, because, tolerance, kind)

    if page is not None and face() == "page":
        display(HTML(answer_form(page, judge)))
        return judge(answer)
    verdict = judge(answer)
    print(verdict.message)
    return verdict


def _judge(answer, expected, on, wrong, because, tolerance, kind=None):
    """The verdict on one answer; parameters as in `check`."""
    if isinstance(expected, Mapping):
        cases = [(_arguments(x), y) for x, y in expected.items()]
    else:
        cases = [(_arguments(x), expected(*_arguments(x))) for x in on]
    mistakes = [
        ([(inputs, mistake(*inputs)) for inputs, _ in cases] if cases else mistake, reason)
        for mistake, reason in wrong.items()
    ]

    def fault():
        """What is wrong with the answer in words, or None."""
        if _is_unanswered(answer):
            return UNANSWERED
        if not cases and callable(expected):
            return _rule_fault(answer, expected, kind)
        differs = _function_fault if cases else _value_fault
        found = differs(answer, cases or expected, tolerance)
        if found in (None, UNANSWERED):
            return found
        known = (why for mistake, why in mistakes if differs(answer, mistake, tolerance) is None)
        return next(known, found)

    found = _tried(fault)
    if found is None:
        message = f"{RIGHT} {because}".strip()
    elif found == UNANSWERED:
        message = f"{UNANSWERED} Replace each ... in the cell above, run it, then run this one."
    else:
        message = f"{WRONG} {found}"
    return Verdict(found is None, message)


# What an answer does may end this program or never end: every such end becomes words.


class _TooLong(BaseException):
    """The answer does not come back. No `except Exception` of the answer's own stops it."""


class _AtFault(Exception):
    """The exercise itself is wrong, not the answer."""


@contextlib.contextmanager
def _limited(seconds):
    """Raise `_TooLong` after some seconds, where the system can (not on Windows)."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "setitimer"
    ):
        yield
        return

    def stop(*_):
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, 1)  # once more, if an `except:` caught it
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _tried(fault):
    """What `fault()` says, or what stopped it, in words."""
    try:
        with _limited(SECONDS):
            return fault()
    except _AtFault as error:
        raise TypeError(str(error)) from None
    except _TooLong:
        signal.setitimer(signal.ITIMER_REAL, 0)  # it may have come while it was being taken off
        return (
            f"Your answer does not come back: it was stopped after {SECONDS:g} seconds. "
            "Look for a loop that never ends."
        )
    except KeyboardInterrupt:
        return "Your answer was interrupted before it came back. Look for a loop that never ends."
    except BaseException as error:
        if "ellipsis" in _text(error):
            return UNANSWERED
        return f"Your answer cannot be tried: it stops with {_in_words(error)}."


def _arguments(x):
    return x if isinstance(x, tuple) else (x,)


def _is_unanswered(answer):
    parts = answer if isinstance(answer, list | tuple) else [answer]
    return answer is None or any(part is ... for part in parts)


CALL_IT = "Your answer is a function. Give the value that it returns: call it."
NO_RETURN = "gives None. A function hands back what follows its `return`."


def _no_function(answer):
    return f"Your answer is {_show(answer)}. A function is asked for: one that `def` makes."


def _value_fault(answer, expected, tolerance):
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


def _rule_fault(answer, rule, kind):
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
        if "ellipsis" in _text(error):
            return UNANSWERED
        fault = _stopped(error, answer, given)
    if fault is ...:
        return UNANSWERED
    if fault is not None and not isinstance(fault, str):
        raise _AtFault(
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
        if result is not None and _is_unanswered(result):
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
        if "not callable" in _text(error):
            return _no_function(answer)
        if isinstance(answer, str):
            return f"Your answer is the text {_show(answer)}: write a number without quotes."
    if isinstance(error, TypeError) and callable(answer) and not given:
        mine = getattr(answer, "__code__", None)
        entered = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
        if mine is not None and mine not in entered and "argument" not in _text(error):
            return CALL_IT
    return f"Your answer cannot be tried: it stops with {_in_words(error, answer)}."


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


def _function_fault(function, cases, tolerance):
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
            if "ellipsis" in _text(error):
                return UNANSWERED
            return f"{call} stops with {_in_words(error, function)}."
        if result is None:
            return f"{call} {NO_RETURN}"
        if _is_unanswered(result):
            return UNANSWERED
        if difference := _difference(result, expected, tolerance, verb="gives"):
            return f"{call} {difference}."
    return None


def _text(error):
    """An exception's own words, if it can say them."""
    try:
        return str(error)
    except Exception:
        return ""


def _in_words(error, function=None):
    """An exception's kind and message, with the line of the reader's code where it came up."""
    words = f"{type(error).__name__}: {_text(error)}".removesuffix(": ")
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
    truths = isinstance(got, np.ndarray) and got.dtype == expected.dtype == bool
    if not (truths and got.shape == expected.shape):
        if kind := _not_numbers(got, expected.shape, verb):
            return kind
    numbers = np.asarray(got, dtype=float)
    far = ~np.isclose(
        numbers, expected.astype(float), rtol=tolerance, atol=tolerance, equal_nan=True
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


def _not_numbers(got, shape, verb):
    """Why a value is not real numbers of this shape, in words that follow its owner's name."""
    asked = _in_numbers(shape)
    if isinstance(got, np.ma.MaskedArray):
        return f"{verb} a masked array: leave the mask out, with .filled(value) or .compressed()"
    if isinstance(got, str):
        return f"{verb} the text {_show(got)}: write a number without quotes"
    try:
        values = np.asarray(got)
        if values.dtype.kind in "cb":  # complex numbers, and truths
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


# --- questions -----------------------------------------------------------------------------------


def question(text, choices):
    """Show a question; opening a choice says whether it is right, and why.

    Parameters
    ----------
    text : str
        The question. Here as in choices and reasons, `code` and *emphasis* are marked as in
        Markdown, and mathematics is written in plain characters.
    choices : mapping
        From a choice's text to a pair: whether it is right, and the reason. Where more than one
        is right, the page says so.

    Raises
    ------
    TypeError
        If a choice has no pair of a truth and a sentence.
    ValueError
        If there are fewer than two choices, none is right, or a formula stands between dollars.

    Examples
    --------
    >>> question("What is relu(-2)?", {"0": (True, "Nothing flows back."), "2": (False, "…")})
    What is relu(-2)?
      a) 0
      b) 2
    """
    for choice, pair in choices.items():
        if not (
            isinstance(pair, tuple)
            and [type(part) for part in pair] == [bool, str]
            and pair[1].strip()
        ):
            raise TypeError(f"choices: {choice!r} needs (True or False, 'reason'), got {pair!r}")
    right = sum(truth for truth, _ in choices.values())
    if right == 0:
        raise ValueError("choices: none is right; for a guess without a verdict use predict")
    if right > 1:
        text = f"{text} (More than one is right.)"
    told = {c: f"{'Yes' if truth else 'No'}. {reason}" for c, (truth, reason) in choices.items()}
    display(_Choices(text, told, [truth for truth, _ in choices.values()], exclusive=right == 1))


def predict(text, choices, then):
    """Show a question to guess at; opening a choice says how to find out, not what is right.

    Parameters
    ----------
    text : str
        The question, marked up as in `question`.
    choices : list of str
        What the reader may guess.
    then : str
        What to move or to look at now: the same words whatever the guess.

    Raises
    ------
    ValueError
        If there are fewer than two choices, or a formula stands between dollars.
    """
    told = {choice: f"Your guess. {then}" for choice in choices}
    display(_Choices(text, told, [None] * len(told), exclusive=True))


# In a live notebook there is no style sheet of ours, and jupyterlab-myst hides every triangle.
_LIVE_STYLE = """<style>
.question summary { list-style: inside disclosure-closed; cursor: pointer; }
.question [open] > summary { list-style-type: disclosure-open; }
.question details > p { margin: 0 0 .5em 1.2em; }
.question-text { font-weight: bold; }
</style>
"""


class _Choices:
    """A question in its two faces: plain text, and HTML that needs no script."""

    def __init__(self, text, told, truths, exclusive):
        if len(told) < 2:
            raise ValueError(f"choices: give at least two different ones, got {list(told)}")
        if "$" in (everything := " ".join([text, *told, *told.values()])):
            raise ValueError(f"a question has no formulas, write x² and −1.5; got {everything!r}")
        self.text, self.told, self.truths, self.exclusive = text, told, truths, exclusive

    def __repr__(self):
        lines = [f"  {chr(ord('a') + i)}) {choice}" for i, choice in enumerate(self.told)]
        return "\n".join([self.text, *lines])

    def _repr_mimebundle_(self, include=None, exclude=None):
        if face() == "text":
            return {"text/plain": repr(self)}
        if face() == "page":
            return {"text/html": self._html()}
        return {"text/plain": repr(self), "text/html": _LIVE_STYLE + self._html()}

    def _html(self):
        # The same question has the same name in every build; in one page, a question its own.
        name = "question-" + hashlib.sha256(repr(self).encode()).hexdigest()[:8]
        group = f' name="{name}"' if self.exclusive else ""  # opening one closes the others
        rows = [
            f'<div class="question" role="group" aria-labelledby="{name}">',
            f'<p class="question-text" id="{name}">{_inline(self.text)}</p>',
        ]
        kinds = {True: ' class="right"', False: ' class="wrong"', None: ""}
        for (choice, reason), truth in zip(self.told.items(), self.truths, strict=True):
            rows.append(
                f"<details{kinds[truth]}{group}><summary>{_inline(choice)}</summary>"
                f"<p>{_inline(reason)}</p></details>"
            )
        return "\n".join([*rows, "</div>"])


def _inline(text):
    """Text as HTML, with backquotes as code and asterisks as emphasis."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", text)
