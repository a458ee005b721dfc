"""The book's one Sphinx extension: what Jupyter Book does not do, or does too heavily.

Each subject has a module beside this one: `mathml` (mathematics without scripts), `payloads`
(states of the explorers), `repository` (links to the clone's own origin), `pages` (what the
template shows), `quotes` (curly marks in its text), `generated` (lists made from data), `folds`
(what a page folds), `reading` (words and minutes), `anchors` (names that headings had before).
Here they are put together, and the cache gets a key that cannot go stale.
"""

import hashlib
import os
import shutil
import sys
from pathlib import Path

import anchors
import folds
import generated
import mathml
import pages
import payloads
import quotes
import reading

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "_build" / "cache"


def cache_key():
    """One plain key for all that a notebook's output depends on besides its own cells."""
    files = [ROOT / "requirements.txt", ROOT / "references.bib"]
    for folder in ("src", "results"):
        files += (p for p in (ROOT / folder).rglob("*") if p.suffix in {".py", ".csv", ".json"})
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def set_execution(app, config):
    """Notebooks run with the page's face, one BLAS thread, and a cache that cannot go stale."""
    os.environ["BENDS_FACE"] = "page"
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    key = cache_key()
    for old in CACHE.glob("*"):
        if old.name != key:
            shutil.rmtree(old)
    config.nb_execution_cache_path = str(CACHE / key)


def setup(app):
    app.connect("config-inited", set_execution)
    for module in (anchors, folds, generated, mathml, pages, payloads, quotes, reading):
        module.setup(app)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
