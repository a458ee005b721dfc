"""Hostile answers to every exercise of every chapter: each gets a verdict, none is right.

Of a chapter only the cells run that its exercises need.
"""

import nbformat
import numpy as np
import pytest
from conftest import CHAPTERS, ROOT
from notebook_rules import exercises, names

from bends.check.exercises import RIGHT, WRONG
from bends.check.faults import UNANSWERED

pytestmark = pytest.mark.slow
VERDICTS = (RIGHT, WRONG, UNANSWERED)


class Unshown:
    def __repr__(self):
        raise RuntimeError


def ends(*inputs, **named):
    raise SystemExit


def interrupts(*inputs, **named):
    raise KeyboardInterrupt


def never(*inputs, **named):
    while True:
        pass


def itself(*inputs, **named):
    return itself(*inputs, **named)


def gives(value):
    return lambda *inputs, **named: value


HOSTILE = {
    "None": None,
    "...": ...,
    "nan": np.nan,
    "an array of nan": np.full(2, np.nan),
    "infinity": np.inf,
    "text": "0.5",
    "a truth": True,
    "an empty list": [],
    "a list of one": [0.5493],
    "a mapping": {},
    "a complex number": 1j,
    "complex numbers": np.array([1j, 2]),
    "a masked array": np.ma.masked_equal([1.0, 2.0], 2),
    "what cannot be shown": Unshown(),
    "a huge number": 10**400,
    "a class": type,
    "a function without inputs": lambda: 0,
    "print": print,
    "gives ...": gives(...),
    "gives nan": gives(np.nan),
    "gives text": gives("0.5"),
    "gives itself": lambda *inputs: inputs,
    "ends the program": ends,
    "interrupts": interrupts,
    "recurs": itself,
    "never comes back": never,
}


def prepared(path):
    """The exercises of a chapter, and what their checks find in the kernel."""
    notebook = nbformat.read(path, as_version=4)
    found = list(exercises(notebook))
    needed, cells = set(), []
    for cell in reversed([cell for cell in notebook.cells if cell.cell_type == "code"]):
        used, made = names(cell)
        if any(cell in parts for parts in found) or made & needed:
            cells.insert(0, cell)
            needed |= used
    space = {}
    for cell in cells:
        exec(cell.source, space)
    return found, space


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda name: name.removeprefix("chapters/"))
def test_no_hostile_answer_is_right_and_each_has_its_words(chapter, monkeypatch, capsys):
    monkeypatch.setenv("BENDS_FACE", "text")
    monkeypatch.setattr("bends.check.exercises.SECONDS", 0.3)
    monkeypatch.chdir(ROOT / "chapters")
    found, space = prepared(ROOT / f"{chapter}.ipynb")
    assert found
    wrong = []
    for starter, check, _ in found:
        # What the reader is asked for: all that the starter makes at its own level.
        asked = {name for name in space if name in names(starter)[1] and name in names(check)[0]}
        assert asked, starter.source
        for kind, answer in HOSTILE.items():
            capsys.readouterr()
            exec(check.source, space | dict.fromkeys(asked, answer))
            said = capsys.readouterr().out  # an answer may print before its verdict
            verdicts = [line for line in said.splitlines() if line.startswith(VERDICTS)]
            right = asked == {"normalised"} and answer is True
            if not verdicts or verdicts[-1].startswith(RIGHT) != right:
                wrong.append(f"{starter.source.splitlines()[-1]} {kind}: {said}")
    assert wrong == []
