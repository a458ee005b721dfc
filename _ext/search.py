"""What the search looks through: every section of every page, as its reader sees it.

Words inside pictures, menus, code and a printed page's answers are left out. `_static/search.js`
finds and ranks; the sections travel as a script, since a page opened from disk may load no data.
"""

import json
import re
from html import unescape
from pathlib import Path

HEADING = re.compile(r"(?s)<h([1-4])\b[^>]*>(.*?)</h\1>")
ARTICLE = re.compile(r"(?s)<article>(.*?)</article>")
UNREAD = re.compile(
    r"(?s)<(svg|script|style|fieldset|pre|button|form|math)\b.*?</\1>"
    r'|<p class="says".*?</p>|<a class="headerlink".*?</a>|<section class="paper">.*'
    r'|<span class="number">.*?</span>|<p class="facts">.*?</p>'
    r'|<span class="links">.*?</span>'
)
ANCHOR = re.compile(r'<section\b[^>]*\bid="([^"]+)"')
BLOCK = re.compile(r"</(?:p|li|td|th|tr|dd|dt|div|summary|figcaption)>")
TAG = re.compile(r"<[^>]*>")


def text(html):
    """HTML as plain text; blocks end as sentences do."""
    html = BLOCK.sub(" ¶ ", html)
    words = " ".join(unescape(TAG.sub("", html)).split())
    return re.sub(r"(?:\s*¶)+", " ¶", words).strip(" ¶")


def sections(html):
    """`[anchor, heading, text]` of each section of a page; the first is the page's beginning."""
    article = UNREAD.sub(" ", ARTICLE.search(html)[1])
    parts = HEADING.split(article)
    found, before = [], parts[0]
    for _, heading, after in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        # The section's anchor stands right before its heading, or inside a fold right after it.
        folded = re.match(r'\s*</summary><section id="([^"]+)"', after)
        anchors = ANCHOR.findall(before[-600:])
        anchor = folded[1] if folded else anchors[-1] if anchors else ""
        found.append([anchor if found else "", text(heading), text(after)])
        before = after
    return found


def write_index(app, exception):
    """Write the script with all sections, once all pages are there."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    pages = []
    for name in sorted(app.env.found_docs):
        pages.append([name, sections((site / f"{name}.html").read_text(encoding="utf8"))])
    data = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    (site / "_static" / "search-index.js").write_text(f"bendsPages={data};\n", encoding="utf8")


def replace_sphinx(app):
    """Sphinx's own index has labels of pictures and menus, and finds pages, not sections."""
    app.builder.search = False
    app.config.html_additional_pages = {"search": "search.html"}


def setup(app):
    app.connect("builder-inited", replace_sphinx)
    app.connect("build-finished", write_index, priority=800)  # before the archive is packed
