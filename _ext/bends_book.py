"""The book's one Sphinx extension: what Jupyter Book does not do, or does too heavily.

Each subject has a module beside this one: `execution` (notebooks side by side), `freshness` and
`outdated` (what a build may take over from the last), `lock` (one build at a time), `mathml`
(mathematics without scripts), `payloads` (states of the explorers), `repository` (links to the
clone's own origin), `pages` (what the template shows), `quotes` (curly marks in its text),
`generated` (lists made from data), `folds` (what a page folds), `reading` (words and minutes),
`anchors` (names that headings had before), `archives` (the book and the course in one file each),
`epub` (the book's other form), `printed` (what `make print` made). Here they are put together, and
the cache gets a key that cannot go stale.
"""

import contextlib
import os
import shutil
from pathlib import Path

import anchors
import bank
import epub
import execution
import field_guide
import folds
import freshness
import generated
import laboratory
import lock
import mathml
import outdated
import pages
import payloads
import press
import printed
import quotes
import reading
import rightness
import search

BUILD = freshness.ROOT / "_build"
CACHE = BUILD / "cache"
_until_the_end = contextlib.ExitStack()


def take_lock(app, config):
    _until_the_end.enter_context(lock.alone(BUILD))


def distrust(app, config):
    """A book built by hand where the press has its own may have faults: the press builds anew."""
    if Path(app.outdir) == press.SITE:
        (press.KEPT / "book").unlink(missing_ok=True)


def set_execution(app, config):
    """Notebooks run with the page's face, one BLAS thread, and a cache that cannot go stale."""
    os.environ["BENDS_FACE"] = "page"
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    key = freshness.digest(freshness.RUNS_ON)  # the one key: outputs depend on nothing else
    for old in CACHE.glob("*"):
        if old.name != key:
            shutil.rmtree(old)
    config.nb_execution_cache_path = str(CACHE / key)


def setup(app):
    app.connect("config-inited", take_lock)
    app.connect("config-inited", distrust)
    app.connect("config-inited", set_execution)
    # Jupyter Book hands this value to an extension that the book does not load.
    app.add_config_value("comments_config", {}, "env")
    makers = (anchors, execution, field_guide, generated, mathml, outdated, reading)
    site = (bank, folds, laboratory, pages, payloads, printed, quotes, rightness, search)
    for module in (*makers, *((epub,) if epub.ASKED else site)):
        module.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
