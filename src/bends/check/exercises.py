"""Exercises that check themselves: an answer is tried, and a verdict said.

Whatever an answer does, it is judged: it may end this program, or never come back. What is wrong
with it in its kind or its value is found in `faults`.
"""

import contextlib
import copy
import math
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real

from IPython.display import HTML, display

from .._arguments import face
from .answers import Numbers, answer_form
from .faults import (
    UNANSWERED,
    AtFault,
    function_fault,
    in_words,
    is_unanswered,
    rule_fault,
    text_of,
    value_fault,
)

RIGHT = "Right."
WRONG = "Not yet."
SECONDS = 15  # after which an answer counts as one that does not come back
KINDS = ("number", "test")


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
    nan is never right where a number is asked for, nor inside what a function gives to a rule; a
    function may give it where the right one does.

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
        Allowed error of a number, both relative and absolute; 0 or more.
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
        If a rule returns neither a sentence nor None, or a function among `expected` and `wrong`
        stops with an error: the exercise is at fault, not the answer.
    ValueError
        If `page` offers no number that is right, or more than 600; if `kind` is unknown, or the
        tolerance less than 0 or not finite.

    Examples
    --------
    >>> verdict = check(0.25, 0.5, wrong={0.25: "That is the square. Halve it instead."})
    Not yet. That is the square. Halve it instead.
    >>> verdict = check(lambda x: -x, {-2: 2, 3: 3})
    Not yet. Your function at 3 gives -3, where 3 is asked for.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, or None; got {kind!r}")
    if not (isinstance(tolerance, Real) and 0 <= tolerance < math.inf):
        raise ValueError(f"tolerance must be a finite number, 0 or more; got {tolerance!r}")
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
        cases = [(_arguments(x), _given("expected", expected, _arguments(x))) for x in on]
    mistakes = [
        (
            [(inputs, _given("wrong", mistake, inputs)) for inputs, _ in cases]
            if cases
            else mistake,
            reason,
        )
        for mistake, reason in wrong.items()
    ]

    def fault():
        """What is wrong with the answer in words, or None."""
        if is_unanswered(answer):
            return UNANSWERED
        if not cases and callable(expected):
            return rule_fault(answer, expected, kind)
        differs = function_fault if cases else value_fault
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


def _given(argument, function, inputs):
    """What a function of the exercise gives; where it stops, the exercise is at fault."""
    try:
        return function(*copy.deepcopy(inputs))
    except Exception as error:
        shown = ", ".join(map(repr, inputs))
        raise TypeError(
            f"{argument}: its function at {shown} stops with {in_words(error, function)}"
        ) from None


def _arguments(x):
    return x if isinstance(x, tuple) else (x,)


# What an answer does may end this program or never end: every such end becomes words.


class _TooLong(BaseException):
    """The answer does not come back. No `except Exception` of the answer's own stops it."""


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
    except AtFault as error:
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
        if "ellipsis" in text_of(error):
            return UNANSWERED
        return f"Your answer cannot be tried: it stops with {in_words(error)}."
