"""The book as EPUB, by Sphinx' own builder: figures as they begin, nothing to press, no script.

`BENDS_FORM=epub` in the environment says that this form is built and not the site. What a page of
the site unfolds stands open here, and the answers stand at the end of a chapter, as on paper.
"""

import os
import re
import subprocess
import zipfile
from pathlib import Path

import code_lines
from bs4 import BeautifulSoup
from pages import COURSE, NUMBER, ROOT, with_answers, with_head, with_true_links
from press import JUPYTER_BOOK
from quotes import curly
from sphinx.builders.epub3 import Epub3Builder

from bends import __version__
from bends.look import COLORS

FILE = "bends-book.epub"
ASKED = os.environ.get("BENDS_FORM") == "epub"
# What needs a script, and links to states, files and headings of the site.
DEAD = (
    "script, fieldset, form, button, input, select, .answer, .bends-laboratory, .links, "
    ".headerlink, .table-filter, [data-when], li:has(a[download])"
)
CASED = {name.lower(): name for name in ("viewBox", "preserveAspectRatio", "clipPath")}
COLOR = re.compile(r"var\(--([\w-]+)\)")


def light(style):
    """A style with its colours in figures: a reader may not know variables."""
    return COLOR.sub(lambda name: COLORS[name[1]][0] if name[1] in COLORS else "inherit", style)


def as_xhtml(body, page, pages):
    """The text of a page as a reader of EPUB takes it.

    Parameters
    ----------
    body : str
        HTML of the site.
    page : str
        Its name.
    pages : collection of str
        Names of all pages of the book.
    """
    soup = BeautifulSoup(body, "html.parser")
    for dead in soup.select(DEAD):
        dead.decompose()
    for summary in soup.select("details > summary"):
        if summary.get_text() == "Show a solution":
            summary.parent.decompose()
    for question in soup.select(".question"):
        choices = soup.new_tag("ol", type="a")
        for choice in question.select("details"):
            summary = choice.summary.extract()
            summary.name = "li"
            choices.append(summary)
            choice.decompose()
        question.append(choices)
    for paragraph in soup.select("p:has(> ul, > ol)"):  # a browser would end it before the list
        paragraph.name = "div"
    for picture in soup.select("svg"):
        picture["xmlns"] = "http://www.w3.org/2000/svg"
        for part in [picture, *picture.find_all(True)]:
            part.name = CASED.get(part.name, part.name)
            part.attrs = {CASED.get(k, k): v for k, v in part.attrs.items() if k[:5] != "data-"}
    for part in soup.select("[style]"):
        part["style"] = light(part["style"])
    anchors = {part["id"] for part in soup.select("[id]")}
    for link in soup.select("a[href]"):
        turn(link, page, pages, anchors)
    return str(soup)


def turn(link, page, pages, anchors):
    """Let a link lead to a page of this form, or to a figure and not to a state of it.

    What leads to neither is words.
    """
    address, mark, anchor = link["href"].partition("#")
    anchor = anchor.partition(":")[0]
    if re.match(r"[a-z]+:", address):
        return
    there = os.path.normpath(os.path.join(os.path.dirname(page), address)).replace(os.sep, "/")
    stem = re.sub(r"\.x?html$", "", there)
    if (stem not in pages) if address else (anchor not in anchors):
        link.unwrap()
        return
    link["href"] = re.sub(r"\.html$", ".xhtml", address) + mark + anchor


class Builder(Epub3Builder):
    """Sphinx' builder, with our style sheet alone, which says what a page holds."""

    def copy_static_files(self):
        folder = Path(self.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        style = (ROOT / "_templates" / "epub.css").read_text(encoding="utf8")
        (folder / "epub.css").write_text(light(style), encoding="utf8")

    def toc_metadata(self, level, navpoints):
        given = super().toc_metadata(level, navpoints)
        return {**given, "uid": self.config.epub_identifier}  # Sphinx takes the name of its element

    def build_epub(self):
        path = Path(self.outdir) / "content.opf"

        def said(item):
            text = (Path(self.outdir) / item[1]).read_text(encoding="utf8")
            held = [kind for kind, tag in (("mathml", "<math"), ("svg", "<svg")) if tag in text]
            return f'href="{item[1]}" properties="{" ".join(held)}"' if held else item[0]

        opf = path.read_text(encoding="utf8")
        opf = re.sub(r'href="([^"]+\.xhtml)"(?= media-type)', said, opf)
        path.write_text(opf, encoding="utf8")
        super().build_epub()


def show(app, pagename, templatename, context, doctree):
    """Make a page's body, and name the template."""
    body = code_lines.in_lines(context.get("body", ""))
    if number := NUMBER.match(pagename):
        minutes = app.env.metadata[pagename]["minutes"]
        body = with_true_links(with_head(with_answers(body), int(number[1]), minutes, []), [])
    context["body"] = as_xhtml(curly(body), pagename, app.env.found_docs)
    return "epub.xhtml"


def name_version(app):
    """The site has none in its titles; this form must have one."""
    app.config.version = __version__
    app.config.epub_description = COURSE["pages"]["index"]


def setup(app):
    app.add_builder(Builder, override=True)
    app.connect("builder-inited", name_version, priority=100)  # before Sphinx checks it
    app.connect("html-page-context", show, priority=900)


def build(folder, strict, book=ROOT):
    """Have Jupyter Book write the book in this form; give the file, or None where it failed.

    Parameters
    ----------
    folder : pathlib.Path
        Where it may work; what the site's build has read may stand there already.
    strict : list of str
        Options of Jupyter Book.
    book : pathlib.Path
        The folder of the book.
    """
    command = [JUPYTER_BOOK, "build", book, "--path-output", folder, *strict]
    command += ["--builder", "custom", "--custom-builder", "epub"]
    done = subprocess.run(
        command,
        env={**os.environ, "BENDS_FORM": "epub"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout)
        return None
    return folder / "_build" / "epub" / FILE


def scripts(path):
    """Names of files in an EPUB that hold a script or something to press."""
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            if re.search(rb"<(script|input|button|select|form)\b", packed.read(name)):
                yield name
