"""Exercises that check themselves and say what is wrong; questions for the page.

`check` tries a reader's answer and prints a verdict. `question` and `predict` show a question
with its choices: opening a choice tells its reason. They are HTML's own `<details>`, so they need
no kernel and no script, and work by keyboard.
"""

import copy
import hashlib
import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import numpy as np
from IPython.display import HTML, display

from ._arguments import face
from .answers import answer_form, numbers

__all__ = ["Verdict", "check", "numbers", "predict", "question"]

RIGHT = "Right."
WRONG = "Not yet."
UNANSWERED = "Not answered yet."


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


def check(answer, expected, *, on=None, wrong=None, because="", tolerance=1e-6, page=None):
    """Try a reader's answer, print what is wrong with it or that it is right.

    Whatever the answer is or does, it is judged, never raised.

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
        If `page` offers no number that is right, or more than 600.

    Examples
    --------
    >>> verdict = check(0.25, 0.5, wrong={0.25: "That is the square. Halve it instead."})
    Not yet. That is the square. Halve it instead.
    >>> verdict = check(lambda x: -x, {-2: 2, 3: 3})
    Not yet. Your function at 3 gives -3, where 3 is asked for.
    """

    def judge(answer):
        return _judge(answer, expected, on or [], wrong or {}, because, tolerance)

    if page is not None and face() == "page":
        display(HTML(answer_form(page, judge)))
        return judge(answer)
    verdict = judge(answer)
    print(verdict.message)
    return verdict


def _judge(answer, expected, on, wrong, because, tolerance):
    """The verdict on one answer; parameters as in `check`."""
    if isinstance(expected, Mapping):
        cases = [(_arguments(x), y) for x, y in expected.items()]
    else:
        cases = [(_arguments(x), expected(*_arguments(x))) for x in on]
    mistakes = [
        ([(inputs, mistake(*inputs)) for inputs, _ in cases] if cases else mistake, reason)
        for mistake, reason in wrong.items()
    ]

    if _is_unanswered(answer):
        fault = UNANSWERED
    elif cases:
        fault = _function_fault(answer, cases, tolerance)
    elif callable(expected):
        fault = _rule_fault(answer, expected)
    else:
        fault = _value_fault(answer, expected, tolerance)
    if fault not in (None, UNANSWERED):
        differs = _function_fault if cases else _value_fault
        known = (why for mistake, why in mistakes if differs(answer, mistake, tolerance) is None)
        fault = next(known, fault)

    if fault is None:
        message = f"{RIGHT} {because}".strip()
    elif fault == UNANSWERED:
        message = f"{UNANSWERED} Replace each ... in the cell above, run it, then run this one."
    else:
        message = f"{WRONG} {fault}"
    return Verdict(fault is None, message)


def _arguments(x):
    return x if isinstance(x, tuple) else (x,)


def _is_unanswered(answer):
    parts = answer if isinstance(answer, list | tuple) else [answer]
    return answer is None or any(part is ... for part in parts)


def _value_fault(answer, expected, tolerance):
    if callable(answer):
        return "Your answer is a function. Give the value that it returns: call it."
    difference = _difference(answer, expected, tolerance)
    return difference and f"Your answer {difference}."


def _rule_fault(answer, rule):
    try:
        fault = rule(answer)
    except Exception as error:
        if "ellipsis" in str(error):
            return UNANSWERED
        return f"Your answer cannot be tried: it stops with {_in_words(error, answer)}."
    if fault is ...:
        return UNANSWERED
    if fault is not None and not isinstance(fault, str):
        raise TypeError(
            f"expected: a rule returns a sentence that says what is wrong, or None; got {fault!r}"
        )
    return fault


def _function_fault(function, cases, tolerance):
    """What is wrong with a function on the first input where it fails, or None."""
    if not callable(function):
        return f"Your answer is {_show(function)}. A function is asked for: one that `def` makes."
    name = getattr(function, "__name__", "<lambda>")
    for inputs, expected in cases:
        shown = ", ".join(_show(x) for x in inputs)
        call = f"Your function at {shown}" if name == "<lambda>" else f"{name}({shown})"
        try:
            result = function(*copy.deepcopy(inputs))  # the inputs stay, whatever it does to them
        except Exception as error:
            if "ellipsis" in str(error):
                return UNANSWERED
            return f"{call} stops with {_in_words(error, function)}."
        if result is None:
            return f"{call} gives None. A function hands back what follows its `return`."
        if _is_unanswered(result):
            return UNANSWERED
        if difference := _difference(result, expected, tolerance, verb="gives"):
            return f"{call} {difference}."
    return None


def _in_words(error, function):
    """An exception's kind and message, with the line of the reader's code where it came up."""
    words = f"{type(error).__name__}: {error}"
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

    if isinstance(got, np.ma.MaskedArray):
        return f"{verb} a masked array: leave the mask out, with .filled(value) or .compressed()"
    expected = np.asarray(expected)
    asked = _in_numbers(expected.shape)
    if isinstance(got, str):
        return f"{verb} the text {got!r}: write a number without quotes"
    try:
        numbers = np.asarray(got, dtype=float)
    except Exception:
        return f"{verb} {_show(got)}, where {asked} is asked for"
    if numbers.shape != expected.shape:
        return f"{verb} {_in_numbers(numbers.shape)}, where {asked} is asked for"
    far = ~np.isclose(numbers, expected, rtol=tolerance, atol=tolerance, equal_nan=True)
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


def _in_numbers(shape):
    return f"an array of shape {shape}" if shape else "one number"


def _show(value):
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, threshold=8, edgeitems=2, separator=", ")
    if isinstance(value, np.generic):
        value = value.item()
    return repr(value)


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
