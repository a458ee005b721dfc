"""What a build may take over from the last one: told by contents, never by a file's date.

The *house* is all that every page depends on: helpers, data, the press, the look, the tools. In
another house every page is read again; in the same one, those that `outdated` names.
"""

import hashlib
import sys
from pathlib import Path

import repository

ROOT = Path(__file__).resolve().parent.parent
# What a notebook's outputs depend on besides its own cells.
RUNS_ON = ["requirements.txt", "references.bib", "src", "results"]
HOUSE = [*RUNS_ON, "_config.yml", "_toc.yml", "_ext", "_static", "_templates"]
# Pages, and what the archive of the book holds besides.
PAGES = ["index.md", "chapters", "back", "CONTRIBUTING.md", "README.md", "LICENSE", "NOTICE"]
PAGES += ["CITATION.cff", "Makefile", "pyproject.toml"]
# What the archive of the course holds besides: no page depends on it.
ALONGSIDE = ["tests", "benchmarks", "binder", ".ci", ".github"]
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
GENERATED = ROOT / "back" / "functions"  # made by the build itself, from the house
PRINTED = ["_build/print"]  # what `make print` has made of the book, to be offered on the site


def files(names):
    """All files under these names of the root, sorted."""
    found = []
    for path in map(ROOT.joinpath, names):
        found += path.rglob("*") if path.is_dir() else [path]
    found = [path for path in found if path.is_file() and not LEFT_OUT & set(path.parts)]
    found = [path for path in found if GENERATED not in path.parents]
    return sorted(path for path in found if not path.parent.name.endswith(".egg-info"))


def digest(names):
    """A short digest of files' names and contents, and of Python's version."""
    total = hashlib.sha256(sys.version.encode())
    for path in files(names):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT).as_posix()}\0{content}\n".encode())
    return total.hexdigest()[:16]


def house():
    """The digest of all that every page depends on."""
    return f"{digest(HOUSE)} {repository.find()}"


def sources():
    """The digest of all that the book's text depends on."""
    return f"{house()} {digest(PAGES)}"


def book():
    """The digest of all that the built book depends on."""
    return f"{sources()} {digest(PRINTED)}"
