"""Short digests of data and of code: what a stored number depends on besides its settings.

The digest of code covers a function and, through every name that it uses, the functions, classes
and constants of `bends` and of the function's own folder. They are parsed, and docstrings,
comments and decorators do not count: moving a function to another module, mending a comment or
refusing an argument in a decorator changes nothing. Of a table of functions (`ACTIVATIONS`,
`LOSSES`) only those entries count whose names are asked for.
"""

import ast
import dataclasses
import functools
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
WITHOUT_NUMBERS = {"tqdm", "threadpoolctl"}  # packages that no number depends on


def of_data(data):
    """Digest of arrays, numbers and text, in nested tuples, lists or mappings: 8 characters.

    Raises
    ------
    TypeError
        If something else is among them.
    """
    digest = hashlib.sha256()
    for part in _leaves(data):
        digest.update(part)
    return digest.hexdigest()[:8]


def _leaves(data):
    if data is None or isinstance(data, str | int | float):
        yield repr(data).encode()
    elif isinstance(data, Mapping):
        yield b"{"
        for key in data:
            yield repr(key).encode()
            yield from _leaves(data[key])
    elif isinstance(data, tuple | list):
        yield b"("
        for part in data:
            yield from _leaves(part)
    elif hasattr(data, "__array__"):
        array = np.ascontiguousarray(data)
        if array.dtype.kind == "O":
            raise TypeError("data must be numbers or text, not an array of objects")
        yield f"{array.dtype.str}{array.shape}".encode()
        yield array.tobytes()
    else:
        raise TypeError(f"data must be arrays, numbers or text; got {type(data).__name__}")


def strings(data):
    """All text among data, in nested tuples, lists or mappings."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        yield from strings(list(data.values()))
    elif isinstance(data, tuple | list):
        for part in data:
            yield from strings(part)


def of_code(function, names=()):
    """Digest of a function and of all code of ours that its numbers pass through.

    Parameters
    ----------
    function : callable
    names : iterable of str
        Which entries of the tables of functions count, besides those that the code itself names.

    Returns
    -------
    digest, versions : str
        8 characters; and the foreign packages used with their versions: "numpy 2.4.6".
    """
    walk = _Walk(file_of(function).parent, names)
    walk.reach(function)
    while walk.look_into_tables():
        pass
    digest = hashlib.sha256("\n".join(sorted(walk.code)).encode())
    versions = (
        f"{name} {sys.modules[name].__version__}"
        for name in sorted(walk.packages - WITHOUT_NUMBERS)
    )
    return digest.hexdigest()[:8], " ".join(versions)


class _Walk:
    """Follows names from a function to everything of ours behind it."""

    def __init__(self, folder, names):
        self.folders = {HERE, folder}
        self.names = set(names)
        self.seen, self.code, self.packages, self.tables = {}, set(), set(), []

    def ours(self, thing):
        file = file_of(thing)
        return bool(file) and not self.folders.isdisjoint(file.parents)

    def reach(self, thing):
        """Take note of one thing, and follow the names that it uses."""
        if id(thing) in self.seen:
            return
        self.seen[id(thing)] = thing  # kept, so that no other gets its id
        if isinstance(thing, Mapping):
            self.tables.append(thing)
        elif isinstance(thing, tuple | list | set | frozenset):
            for part in thing:
                self.reach(part)
        elif isinstance(thing, functools.partial):
            for part in (thing.func, *thing.args, *thing.keywords.values()):
                self.reach(part)
        elif isinstance(thing, np.ndarray):
            self.code.add(of_data(thing))
        elif thing is None or isinstance(thing, int | float):
            self.code.add(repr(thing))
        elif inspect.isclass(thing) or inspect.isroutine(thing):
            self.follow(inspect.unwrap(thing))
        elif dataclasses.is_dataclass(thing) and self.ours(type(thing)):  # an entry of a table
            self.reach(type(thing))
            for part in vars(thing).values():
                if not isinstance(part, str):  # formulas and titles are for reading
                    self.reach(part)
        elif hasattr(thing, "__wrapped__"):
            self.follow(inspect.unwrap(thing))

    def follow(self, thing):
        """A function or a class of ours: its code, and the names in it."""
        if not self.ours(thing):
            self.foreign(thing)
            return
        tree, text = parsed(thing)
        self.code.add(text)
        known = names_around(thing)
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.names.add(node.value)
            elif isinstance(node, ast.Name) and node.id in known:
                self.reach_name(known[node.id])
            elif isinstance(node, ast.Attribute):
                self.attribute(node, known)

    def reach_name(self, thing):
        if inspect.ismodule(thing):
            self.foreign(thing)
        else:
            self.reach(thing)

    def attribute(self, node, known):
        """`module.name`, where the module is ours."""
        if isinstance(node.value, ast.Name) and inspect.ismodule(known.get(node.value.id)):
            module = known[node.value.id]
            if self.ours(module) and hasattr(module, node.attr):
                self.reach_name(getattr(module, node.attr))

    def foreign(self, thing):
        name = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", "")
        package = (name or "").split(".")[0]
        known = {*sys.stdlib_module_names, __name__.split(".")[0]}
        builtin = package in known or self.ours(thing)
        if not builtin and hasattr(sys.modules.get(package), "__version__"):
            self.packages.add(package)

    def look_into_tables(self):
        """Reach the entries that are asked for by name; whether there were new ones."""
        before = len(self.seen)
        for table in list(self.tables):
            for name, entry in table.items():
                if not isinstance(name, str) or name in self.names:
                    self.reach(entry)
        return len(self.seen) > before


def methods(thing):
    """The functions that a class defines; a function itself."""
    parts = [thing, *vars(thing).values()] if inspect.isclass(thing) else [inspect.unwrap(thing)]
    return [part for part in parts if inspect.isfunction(part)]


def file_of(thing):
    """Where a module, function or class stands; None for what is not written in Python."""
    if not (inspect.ismodule(thing) or inspect.isclass(thing) or callable(thing)):
        return None
    module = thing if inspect.ismodule(thing) else sys.modules.get(thing.__module__)
    file = getattr(module, "__file__", None)
    if not inspect.ismodule(thing) and (found := methods(thing)):
        file = found[0].__code__.co_filename
    return file and Path(file).resolve()


def names_around(thing):
    """What the names in a function or a class stand for."""
    known = dict(vars(sys.modules[thing.__module__])) if thing.__module__ in sys.modules else {}
    for function in methods(thing):
        known |= function.__globals__ | inspect.getclosurevars(function).nonlocals
    return known


def class_in_file(thing):
    """The class's definition, also where its module is not among the imported ones."""
    nodes = ast.walk(ast.parse(file_of(thing).read_text(encoding="utf-8")))
    return next(
        (n for n in nodes if isinstance(n, ast.ClassDef) and n.name == thing.__name__), None
    )


@functools.cache
def parsed(thing):
    """The syntax tree of a function or class without docstrings and decorators, and its text."""
    try:
        tree = class_in_file(thing) if inspect.isclass(thing) else None
        tree = tree or ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]
    except SyntaxError:  # a lambda in the middle of a statement
        return ast.Module([], []), inspect.getsource(thing).strip()
    tree.decorator_list = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:] or [ast.Pass()]
    return tree, ast.unparse(tree)
