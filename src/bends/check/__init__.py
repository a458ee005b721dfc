"""Exercises that check themselves and say what is wrong; questions for the page.

`check` tries a reader's answer and prints a verdict; where the answer is a number, `numbers` gives
it an input on the page as well. `question` and `predict` show a question with its choices.
"""

from .answers import numbers
from .exercises import Verdict, check
from .questions import as_html, predict, question

__all__ = ["Verdict", "as_html", "check", "numbers", "predict", "question"]
