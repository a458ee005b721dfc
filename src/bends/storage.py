"""The file of a table of runs: one writer, and one reader for all that is stored beside it.

A table is a CSV file with one row a run. Numbers stand in it so that reading gives them back
exactly. It is written line by line, each forced to the disk, so that a process that is killed
loses at most the line that it was writing.
"""

import contextlib
import csv
import io
import json
import math
import os
import socket
from pathlib import Path

import numpy as np

from bends._arguments import known

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class Table:
    """Stored runs, read column by column: `table["test_score"]`, `table.where(depth=2)`.

    Attributes
    ----------
    text : dict of str to ndarray of str
        The columns as they stand in the file.
    """

    def __init__(self, text, whole=None):
        self.text = text
        self._whole = whole or self  # the table that these rows were chosen from

    def __len__(self):
        return len(next(iter(self.text.values())))

    def __getitem__(self, name):
        """A column: numbers where all its entries are numbers or missing (nan), else text."""
        column = known("column", name, self.text)
        if all(entry == "" for entry in column):
            return column
        for number in (int, lambda entry: float(entry or math.nan)):
            with contextlib.suppress(ValueError):
                return np.array([number(entry) for entry in column])
        return column

    def where(self, **values):
        """The rows with these values: `table.where(activation=["relu", "gelu"], depth=2)`.

        Raises
        ------
        UnknownName
            A KeyError and a ValueError, if there is no such column, or nowhere such a value in it,
            also in the table that these rows were chosen from.
        """
        keep = np.ones(len(self), bool)
        for name, value in values.items():
            column = known("column", name, self.text)
            several = np.iterable(value) and not isinstance(value, str)
            wanted = [in_text(v) for v in (value if several else [value])]
            for text in wanted:
                if text not in self._whole.text[name]:
                    known(name, text, dict.fromkeys(self._whole.text[name].tolist()))
            keep &= np.isin(column, wanted)
        return self._rows(keep)

    def groups(self, *names):
        """Yield each combination of the values of these columns, and its rows.

        In the order of first appearance; the combination is a tuple where several are named.
        """
        columns = [known("column", name, self.text) for name in names]
        values = list(zip(*(self[name].tolist() for name in names), strict=True))
        keys = list(zip(*columns, strict=True))
        members = {}
        for i, key in enumerate(keys):
            members.setdefault(key, []).append(i)
        for rows in members.values():
            value = values[rows[0]]
            yield (value if len(names) > 1 else value[0]), self._rows(rows)

    def rows(self):
        """Yield each row as a dict of text."""
        for row in zip(*self.text.values(), strict=True):
            yield dict(zip(self.text, map(str, row), strict=True))

    def _rows(self, chosen):
        chosen = {name: column[chosen] for name, column in self.text.items()}
        return Table(chosen, self._whole)

    def __repr__(self):
        return f"<table of {len(self)} runs: {', '.join(self.text)}>"


class MissingFile(FileNotFoundError):
    """A stored file that is not there; a notebook shows these words alone, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def load(path):
    """Read a stored file, whoever made it and whenever.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Table, or what the file holds
        A table of runs (``.csv``), the values in a summary (``.json``), or the text of any other.

    Raises
    ------
    FileNotFoundError
        If there is no such file; with the way to it, where it comes with the course.
    ValueError
        If the file is no table, or a line has not as many fields as the first.
    """
    path = Path(path)
    if not path.exists():
        way = (
            ": it comes with the folder of the whole course. Get that, and open this notebook in "
            "its folder chapters. Until then run the cells below one by one: those that need no "
            "stored runs work."
        )
        raise MissingFile(f"There is no {path}{way if 'results' in path.parts else ''}")
    if path.suffix == ".csv":
        return parse(path, path.read_bytes())
    text = path.read_text(encoding="utf-8")
    return json.loads(text) if path.suffix == ".json" else text


def parse(path, content):
    """A `Table` from the content of a file; the path is for messages."""
    try:
        lines = list(csv.reader(io.StringIO(content.decode(), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not lines or len(set(lines[0])) != len(lines[0]):
        raise ValueError(f"{path} is not a table of runs: its first line names no columns")
    for number, fields in enumerate(lines, start=1):
        if len(fields) != len(lines[0]):
            raise ValueError(
                f"{path}, line {number}: {len(fields)} fields where {len(lines[0])} belong"
            )
    columns = zip(*lines[1:], strict=True) if len(lines) > 1 else [()] * len(lines[0])
    return Table({n: np.array(c, dtype=str) for n, c in zip(lines[0], columns, strict=True)})


def in_text(value):
    """A value as it stands in the file: a number so that reading gives it back exactly."""
    return "" if value is None else str(value)


def as_lines(rows):
    """Rows, each a sequence of values, as lines of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([map(in_text, row) for row in rows])
    return text.getvalue().encode()


def append(path, rows):
    """Add rows to a file, and wait until the disk has them."""
    with open(path, "ab") as file:
        file.write(as_lines(rows))
        file.flush()
        os.fsync(file.fileno())


def replace(path, rows):
    """Write a file anew, in one move."""
    new = path.with_name(path.name + ".new")
    new.write_bytes(as_lines(rows))
    os.replace(new, path)


@contextlib.contextmanager
def locked(path):
    """Keep other processes from writing to a table; a process that is killed lets go of it.

    Windows has no such lock: there nothing is kept, and two runs must not write to one table.

    Raises
    ------
    RuntimeError
        If another process holds it; the message says which.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if fcntl is None:
        yield
        return
    place = path.with_name(path.name + ".lock")
    while True:
        file = open(place, "a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            holder = file.read() or "another process"
            file.close()
            raise RuntimeError(f"{path} is being written by {holder}") from None
        if place.exists() and os.path.samestat(os.fstat(file.fileno()), os.stat(place)):
            break
        file.close()  # its holder removed it just now: this is not the file that others see
    with file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            place.unlink(missing_ok=True)
