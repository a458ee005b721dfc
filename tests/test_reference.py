"""The reference has all that chapters import; examples in docstrings print what they say."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import nbformat
import pytest

import bends

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
MODULES = [found.name for found in pkgutil.walk_packages(bends.__path__, "bends.")]
PAGE = (ROOT / "back" / "reference.md").read_text(encoding="utf8")


def described():
    """What the page's directives name, in full."""
    module, found = "", set()
    for kind, name in re.findall(r"^\.\. (\w+):: ([\w.]+)", PAGE, re.MULTILINE):
        if kind == "currentmodule":
            module = name
        else:
            found.add(f"{module}.{name}")
    return found


def imported(path):
    """Functions and classes that a chapter imports from `bends`, by the module that makes them."""
    code = "\n".join(c.source for c in nbformat.read(path, 4).cells if c.cell_type == "code")
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] == "bends":
            module = importlib.import_module(node.module)
            for alias in node.names:
                thing = getattr(module, alias.name, None)
                if inspect.isfunction(thing) or inspect.isclass(thing):
                    yield f"{thing.__module__}.{thing.__name__}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem[:2])
def test_what_a_chapter_imports_is_in_the_reference(path):
    assert {name.split(".")[-1] for name in imported(path)} <= {
        name.split(".")[-1] for name in described()
    }


def test_the_reference_names_what_there_is():
    for name in described():
        module, _, thing = name.rpartition(".")
        assert inspect.getdoc(getattr(importlib.import_module(module), thing)), name


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert not failed
    assert tried or ">>>" not in inspect.getsource(importlib.import_module(name))
