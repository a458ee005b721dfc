"""Questions for the page: opening a choice tells its reason.

They are HTML's own `<details>`, so they need no kernel and no script, and work by keyboard.
"""

import hashlib
import re
from html import escape

from IPython.display import display

from .._arguments import face


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
            f'<p class="question-text" id="{name}">{as_html(self.text)}</p>',
        ]
        kinds = {True: ' class="right"', False: ' class="wrong"', None: ""}
        for (choice, reason), truth in zip(self.told.items(), self.truths, strict=True):
            rows.append(
                f"<details{kinds[truth]}{group}><summary>{as_html(choice)}</summary>"
                f"<p>{as_html(reason)}</p></details>"
            )
        return "\n".join([*rows, "</div>"])


def as_html(text):
    """A question's text, or a choice's or a reason's, as HTML.

    Parameters
    ----------
    text : str
        With `code` and *emphasis* marked as in Markdown; all else is plain characters.

    Returns
    -------
    str

    Examples
    --------
    >>> as_html("Is `relu(x)` 0 for *every* x < 0?")
    'Is <code>relu(x)</code> 0 for <em>every</em> x &lt; 0?'
    """
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
    return re.sub(r"\*([^*\s][^*]*)\*", r"<em>\1</em>", text)
