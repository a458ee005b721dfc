"""The question bank: every question of every chapter with its reasons, to print and for Anki.

The questions are data in the chapters' own cells (`question(text, {choice: (right, reason)})`).
They are read from the notebooks' code, so nothing is typed twice.
"""

import ast
import csv
import io
from pathlib import Path

import nbformat

from bends.check import as_html

ROOT = Path(__file__).resolve().parent.parent
FILE = "bends-questions.csv"


def questions():
    """(chapter's number, question, {choice: (right, reason)}) for each in order; texts as HTML."""
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "question(" in cell.source:
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "question":
                        text, choices = map(ast.literal_eval, node.args)
                        several = sum(right for right, _ in choices.values()) > 1
                        text = as_html(text) + " (More than one is right.)" * several
                        told = {as_html(c): (r, as_html(why)) for c, (r, why) in choices.items()}
                        yield int(path.name[:2]), text, told


def asked(text, choices):
    """A question with its choices."""
    return f'{text}<ol type="a">{"".join(f"<li>{choice}</li>" for choice in choices)}</ol>'


def answered(choices):
    """The choices with their reasons, the right ones bold."""
    reasons = "".join(
        f"<li>{'<b>' * right}{choice}{'</b>' * right}: {reason}</li>"
        for choice, (right, reason) in choices.items()
    )
    return f'<ol type="a">{reasons}</ol>'


def cards():
    """Rows for Anki: front, back, tag; the front lists the choices, the back says which and why."""
    for chapter, text, choices in questions():
        yield asked(text, choices), answered(choices), f"bends::chapter-{chapter:02}"


def bank():
    """The file's text: Anki's header lines, then comma-separated rows."""
    text = io.StringIO()
    text.write("#separator:Comma\n#html:true\n#tags column:3\n")
    csv.writer(text, lineterminator="\n").writerows(cards())
    return text.getvalue()


def write(app, exception):
    """Put the file into the site."""
    if exception is None and app.builder.format == "html":
        (Path(app.outdir) / FILE).write_text(bank(), encoding="utf8")


def setup(app):
    app.connect("build-finished", write, priority=100)  # before the site is packed
