"""What a build may take over from the last one: told by contents, never by a file's date.

The *house* is all that every page depends on: helpers, data, the press, the look, the tools. In
another house every page is read again. In the same one a page is read again where its own text has
changed, or a text that stands in it from elsewhere. Whatever was read, all pages are *written*
again, with every link looked up, since titles, links and contents cross from page to page.
"""

import hashlib
import sys
from pathlib import Path

import generated
import repository

ROOT = Path(__file__).resolve().parent.parent
# What a notebook's outputs depend on besides its own cells.
RUNS_ON = ["requirements.txt", "references.bib", "src", "results"]
HOUSE = [*RUNS_ON, "_config.yml", "_toc.yml", "_ext", "_static", "_templates"]
# Pages, and what the archives for download hold besides.
PAGES = ["index.md", "chapters", "back", "CONTRIBUTING.md", "README.md", "LICENSE", "NOTICE"]
PAGES += ["CITATION.cff", "Makefile", "pyproject.toml"]
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}


def files(names):
    """All files under these names of the root, sorted."""
    found = []
    for path in map(ROOT.joinpath, names):
        found += path.rglob("*") if path.is_dir() else [path]
    found = [path for path in found if path.is_file() and not LEFT_OUT & set(path.parts)]
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


def book():
    """The digest of all that the built book depends on."""
    return f"{house()} {digest(PAGES)}"


def of_page(env, docname):
    """The digest of one page's text, with the texts that are called for from elsewhere."""
    text = [Path(env.doc2path(docname)).read_text(encoding="utf8")]
    generated.fill(None, docname, text)
    return hashlib.sha256(text[0].encode()).hexdigest()


def outdated(app, env, added, changed, removed):
    """Pages whose text is not the one that the environment has read."""
    before = getattr(env, "bends_pages", {})
    env.bends_pages = {name: of_page(env, name) for name in env.found_docs}
    return {name for name, now in env.bends_pages.items() if before.get(name) != now} - added


def setup(app):
    app.connect("env-get-outdated", outdated)
