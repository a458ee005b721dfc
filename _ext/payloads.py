"""States of the explorers, moved from the pages into scripts of the site.

`bends.explore` writes a figure with all its states into its cell's output, so that a cached
notebook replays it. States inside a page would hold up its first paint, so here each becomes a
file of its own, named by its content: `_static/states/<hash>.js`, or `<hash>-0-2.js` where each
combination of some choices has a file. The file is a script that hands
its states to the page as an event, since a page opened from disk may load scripts and nothing
else. The figure says where: `data-states`, and `data-large` where the script should wait for the
reader's first touch.

A page that holds `class="bends-explorer"` needs `explore.js` (deferred) and `explore.css`; a still
picture, `class="bends-figure"`, needs the style sheet alone. The colours are variables from
`bends.look.css_variables()`. The elements themselves are described in `src/bends/explore/page.py`.
"""

import gzip
import hashlib
import re
from pathlib import Path

from quotes import apostrophes
from sphinx.errors import ExtensionError
from sphinx.util import logging

FOLDER = "_static/states"
LARGE = 60_000  # bytes, gzip
STATES = re.compile(
    r'<script type="application/json" class="bends-states" data-file="([-\d]*)">(.*?)</script>\n?',
    re.DOTALL,
)
FIGURE = re.compile(
    rf'(<figure class="bends-explorer" id="([\w-]+)")(.*?)((?:{STATES.pattern})+)', re.DOTALL
)
log = logging.getLogger(__name__)


def move(body, root, folder):
    """A page's HTML with its states moved into script files.

    Parameters
    ----------
    body : str
    root : str
        Relative address of the site's root from the page, such as "../".
    folder : pathlib.Path
        The site's root on disk.
    """
    seen = set()

    def replace(match):
        opening, name, middle, states = match.group(1, 2, 3, 4)
        states = apostrophes(states)  # as in the first sentence, which stands in the page
        if name in seen:
            raise ExtensionError(f"two explorers of one page are called {name!r}")
        seen.add(name)
        digest = hashlib.sha256(states.encode()).hexdigest()[:16]
        sizes = [write(folder, digest + file, text) for file, text in STATES.findall(states)]
        log.info(
            "explorer %s: %.1f kB of states (gzip) in %d file%s, the largest %.1f kB",
            name, sum(sizes) / 1000, len(sizes), "s" * (len(sizes) > 1), max(sizes) / 1000,
        )  # fmt: skip
        large = ' data-large=""' if max(sizes) > LARGE else ""
        return f'{opening} data-states="{root}{FOLDER}/{digest}"{large}{middle}'

    return FIGURE.sub(replace, body)


def write(folder, name, states):
    """Write one script file; give its size, gzip."""
    event = f'new CustomEvent("bends-states",{{detail:["{name}",{states}]}})'
    script = f"document.dispatchEvent({event});\n"
    path = folder / FOLDER / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf8")
    return len(gzip.compress(script.encode()))


def move_states(app, pagename, templatename, context, doctree):
    if app.builder.format == "html" and 'class="bends-states"' in context.get("body", ""):
        root = "../" * pagename.count("/")
        context["body"] = move(context["body"], root, Path(app.outdir))


def drop_unused(app, exception):
    """Remove states that no page of the site names any more."""
    folder = Path(app.outdir) / FOLDER
    if exception or app.builder.format != "html" or not folder.exists():
        return
    pages = "".join(p.read_text(encoding="utf8") for p in Path(app.outdir).rglob("*.html"))
    for path in folder.glob("*.js"):
        if f'{FOLDER}/{path.stem.partition("-")[0]}"' not in pages:
            path.unlink()


def setup(app):
    app.connect("html-page-context", move_states)
    app.connect("build-finished", drop_unused)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
