"""Which pages Sphinx reads again: told by contents, never by a file's date.

A page is read again where its own text has changed, or a text that stands in it from elsewhere.
Whatever was read, all pages are *written* again, with every link looked up, since titles, links and
contents cross from page to page.
"""

import hashlib
from pathlib import Path

import generated


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
