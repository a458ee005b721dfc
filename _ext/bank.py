"""The question bank: every question of every chapter with its reasons, as a file for Anki.

The questions are data in the chapters' own cells (`question(text, {choice: (right, reason)})`).
They are read from the notebooks' code, so nothing is typed twice.
"""

import ast
import csv
import io
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
FILE = "bends-questions.csv"


def questions():
    """(chapter's number, question, {choice: (right, reason)}) for each, in the chapters' order."""
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and "question(" in cell.source:
                for node in ast.walk(ast.parse(cell.source)):
                    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "question":
                        text, choices = map(ast.literal_eval, node.args)
                        yield int(path.name[:2]), text, choices


def cards():
    """Rows for Anki: front, back, tag; the front lists the choices, the back says which and why."""
    for chapter, text, choices in questions():
        listed = "".join(f"<li>{choice}</li>" for choice in choices)
        reasons = "".join(
            f"<li>{'<b>' * right}{choice}{'</b>' * right}: {reason}</li>"
            for choice, (right, reason) in choices.items()
        )
        front = f'{text}<ol type="a">{listed}</ol>'
        yield front, f'<ol type="a">{reasons}</ol>', f"bends::chapter-{chapter:02}"


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
