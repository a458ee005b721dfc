"""An exercise's number, answered on the page: every verdict is found when the book is built.

    check(bias, rule, page=numbers(-5, 5, 0.25, label="bias"))

The page has an input for these numbers, and for each the message that `check` gives for it; the
same message is kept once. `_static/answers.js` shows it. No rule is written a second time.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass
from html import escape

import numpy as np

MOST = 600  # numbers of one input
MOST_EACH = 24  # numbers of each of two inputs


@dataclass(frozen=True)
class Numbers:
    """What an input accepts: from `low` in equal steps; made by `numbers`."""

    low: float
    step: float
    count: int
    label: str

    @property
    def values(self):
        """Each number as a reader types it, an int where all are whole."""
        values = [round(self.low + i * self.step, 9) for i in range(self.count)]
        whole = all(float(value).is_integer() for value in values)
        return [int(value) if whole else float(value) + 0.0 for value in values]


def numbers(low, high, step=1, label="your answer"):
    """The numbers that a reader may type on the page.

    Parameters
    ----------
    low, high : float
        The first and the last.
    step : float
        `high` is a whole number of steps from `low`.
    label : str
        What the number is, as a rule the variable's name.

    Raises
    ------
    ValueError
        If there is no whole number of steps, or not at least one.
    """
    steps = (high - low) / step if step > 0 else 0
    if steps < 1 or abs(steps - round(steps)) > 1e-9:
        raise ValueError(f"numbers needs steps that lead from {low} to {high}, not {step}")
    return Numbers(low, step, round(steps) + 1, label)


def answer_form(page, judge):
    """An input, or two, with the verdict on every number, as HTML.

    Parameters
    ----------
    page : Numbers or sequence of two Numbers
    judge : callable
        Takes a number, or a list of two, and gives a `bends.check.Verdict`.
    """
    asked = [page] if isinstance(page, Numbers) else list(page)
    most = MOST if len(asked) == 1 else MOST_EACH
    if not 1 <= len(asked) <= 2 or any(numbers.count > most for numbers in asked):
        sizes = [numbers.count for numbers in asked]
        raise ValueError(f"page: one input of {MOST} numbers or two of {MOST_EACH}, not {sizes}")
    answers = itertools.product(*(numbers.values for numbers in asked))
    verdicts = [judge(answer[0] if len(asked) == 1 else list(answer)) for answer in answers]
    if not any(verdicts):
        raise ValueError("page: none of these numbers is right")
    messages = list(dict.fromkeys(verdict.message for verdict in verdicts))
    places = [messages.index(verdict.message) for verdict in verdicts]
    data = json.dumps({"says": messages, "at": places}, ensure_ascii=False, separators=(",", ":"))
    data = data.replace("<", "\\u003c")  # no tag ends the script
    name = "answer-" + hashlib.sha256(data.encode()).hexdigest()[:8]
    inputs = "".join(number_input(f"{name}-{i}", numbers) for i, numbers in enumerate(asked))
    return (
        f'<form class="answer" id="{name}">{inputs}<button type="submit">Check</button>'
        f'<output aria-live="polite"></output>'
        f'<script type="application/json">{data}</script></form>'
    )


def number_input(name, numbers):
    """One input with its label, range and step."""
    low, high = (in_digits(numbers.values[i]) for i in (0, -1))
    step = in_digits(numbers.step)
    reach = f"{low} to {high}".replace("-", "−")
    return (
        f'<label for="{name}">{escape(numbers.label)}</label> '
        f'<input type="text" inputmode="decimal" id="{name}" name="{name}" size="7" '
        f'autocomplete="off" data-low="{low}" data-step="{step}" '
        f'data-count="{numbers.count}" aria-describedby="{name}-range">'
        f'<small id="{name}-range">{reach}, in steps of {step}</small> '
    )


def in_digits(x):
    """All digits of a number, none rounded off, without an exponent."""
    return np.format_float_positional(x, trim="-")
