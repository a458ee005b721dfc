"""What the template shows on each page, and the files that the whole site shares."""

import re
import shutil
from html import escape
from pathlib import Path

import archives
import cards
import code_lines
import copying
import nbformat
import repository
import yaml
from sphinx.errors import ExtensionError
from sphinx.util import logging

from bends import ACTIVATIONS, VECTOR_ACTIVATIONS, look

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "_static"
MADE = {"favicon.svg", "search-index.js"}  # of the site's own files, those that the press writes
COURSE = yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))
# A script is loaded only by pages whose body holds what it serves.
SCRIPTS = {
    "answers.js": r"question|answer",
    "choose.js": "bends-chooser",
    "explore.js": "bends-explorer",
    "laboratory/start.js": "bends-laboratory",
    "table.js": "bends-table",
}
DESCRIPTIONS = {
    f"chapters/{slug}": line
    for part in COURSE["parts"]
    for slug, (_, line) in part["chapters"].items()
}
NUMBER = re.compile(r"chapters/(\d\d)-")
DESCRIPTIONS |= COURSE["pages"] | {
    f"back/functions/{name}": f"{f.title}: graph, formula, names in the frameworks, code."
    for name, f in {**ACTIVATIONS, **VECTOR_ACTIVATIONS}.items()
}
log = logging.getLogger(__name__)


def style_sheet():
    """The site's one style sheet: colours from `look`, then our rules."""
    rules = [p.read_text(encoding="utf8") for p in sorted(STATIC.glob("*.css"))]
    return "\n".join([look.css_variables(), *rules])


def contents(app):
    """Parts of the course for the navigation, each chapter with its page or None."""
    written = app.env.found_docs
    for part in COURSE["parts"]:
        chapters = []
        for slug, (title, _) in part["chapters"].items():
            page = f"chapters/{slug}" if f"chapters/{slug}" in written else None
            chapters.append({"number": int(slug[:2]), "title": title, "page": page})
        yield {"title": part["title"], "chapters": chapters}


def back_pages(app):
    """`(page, title)` of the pages at the back of the book, in the order of _toc.yml."""
    pages = [d for d in app.env.toctree_includes.get("index", []) if d.startswith("back/")]
    return [(page, app.env.titles[page].astext()) for page in pages]


def with_head(body, number, minutes, links):
    """A chapter's body with its number in the title, and below it what it takes and offers.

    Parameters
    ----------
    body : str
    number : int
    minutes : (int, int)
        Of the main line, and of the whole page.
    links : list of str
        As HTML.
    """
    body = body.replace("<h1>", f'<h1><span class="number">Chapter {number}</span> ', 1)
    main, whole = minutes
    parts = [f"Main line {main} minutes, all of it {whole}", *links]
    facts = "".join(f"<span>{part}</span> " for part in parts)
    return body.replace("</h1>", f'</h1>\n<p class="facts">{facts}</p>', 1)


SOLUTION = re.compile(r"(?s)<details>\s*<summary>Show a solution</summary>(.*?)</details>")
ASKED = re.compile(r'(?s)<p class="question-text"[^>]*>(.*?)</p>(.*?)</div>')
RIGHT = re.compile(r'(?s)<details class="right"[^>]*><summary>(.*?)</summary><p>(.*?)</p>')
NO_BINDER = ", or follow the link to Binder, if there is one at the top of this page"


def with_answers(body):
    """A chapter's body with what a printed page cannot unfold, at its end, on paper only."""
    parts = []
    for number, solution in enumerate(SOLUTION.findall(body), 1):
        parts.append(f"<h3>Exercise {number}</h3>{solution}")
    for text, choices in ASKED.findall(body):
        for choice, reason in RIGHT.findall(choices):
            parts.append(f"<p><b>{text}</b> {choice}. {reason.removeprefix('Yes. ')}</p>")
    return f'{body}\n<section class="paper"><h2>Answers</h2>{"".join(parts)}</section>'


def with_true_links(body, links):
    """The sentence on how to run a chapter, true of this build: with Binder only where it is."""
    binder = any(label == "Run in Binder" for label, _ in links)
    said = ", or follow the link to Binder at the top of this page" if binder else ""
    return body.replace(NO_BINDER, said)


def add_context(app, pagename, templatename, context, doctree):
    """Give the template the navigation, this page's links and the scripts that it needs."""
    body = cards.in_cards(code_lines.in_lines(context.get("body", "")))
    body = re.sub(r"<summary><kbd>(.*?)</kbd></summary>", r"<summary>\1</summary>", body)
    # A heading that opens a fold has no link to itself: a click cannot mean both.
    body = re.sub(r'(<summary><h3>[^\n]*?)<a class="headerlink"[^\n]*?</a>', r"\1", body)
    source = app.env.doc2path(pagename, base=False) if doctree else None
    page_links = repository.links(app.bends_repository, source) if source else []
    number = NUMBER.match(pagename)
    if number:
        file = pagename.removeprefix("chapters/")
        links = [f'<a href="{file}.ipynb" download>Download this notebook</a>']
        runs = [pair for pair in page_links if pair[0] in repository.RUN]
        links += [f'<a href="{escape(a)}">{label}</a>' for label, a in runs]
        minutes = app.env.metadata[pagename]["minutes"]
        body = copying.with_needs(body)
        body = with_head(with_answers(body), int(number[1]), minutes, links)
        body = with_true_links(body, page_links)
    context.update(
        body=body,
        number=int(number[1]) if number else None,
        course=list(contents(app)),
        back=back_pages(app),
        style=app.bends_style.replace("fonts/", context["pathto"]("_static/fonts/", 1)),
        page_links=page_links,
        page_runs=repository.RUN,
        scripts=[name for name, mark in SCRIPTS.items() if re.search(f'class="(?:{mark})', body)],
        author=app.config.author,
    )


def prepare(app):
    """Once before the pages: the style sheet and the address of the repository."""
    app.bends_repository = repository.find()
    if app.bends_repository is None:
        log.info("No forge among the remotes: pages carry no links to Binder, Colab or an editor.")
    app.bends_style = style_sheet()  # it stands in each page: one request less before it is drawn
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    icon = (ROOT / "_templates" / "favicon.svg").read_text(encoding="utf8")
    # An icon is a page of its own, with no attribute for the theme: it follows the system.
    colors = look.css_variables().replace('html:not([data-theme="light"])', ":root")
    icon = icon.replace("<style>", f"<style>{colors}")
    (folder / "favicon.svg").write_text(icon, encoding="utf8")


def finish(app, exception):
    """Once after the pages: notebooks to download, the whole course and the whole book."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for page in app.env.found_docs:
        source = Path(app.env.doc2path(page))
        if source.suffix == ".ipynb":
            text = source.read_text(encoding="utf8")
            offered = with_install(text, app.bends_repository)
            (site / f"{page}.ipynb").write_text(offered, encoding="utf8", newline="\n")
    for name in ("LICENSE", "NOTICE"):
        shutil.copyfile(ROOT / name, site / name)
    for script in (site / "_static").glob("*.js"):
        if (STATIC / script.name).exists():
            script.write_text(without_comments(script.read_text(encoding="utf8")), encoding="utf8")
    drop_unasked(site / "_static")
    archives.pack_course(site)
    archives.pack(site / archives.BOOK, site, site.rglob("*"))


def drop_unasked(folder):
    """Remove what Sphinx puts beside our files, and style sheets, which stand in the pages."""
    for path in folder.glob("*.*"):
        ours = path.name in MADE or (STATIC / path.name).exists()
        if path.suffix == ".css" or not ours:
            path.unlink()


INSTALL = """\
# Standing alone, get the whole course with its data, and go to its chapters.
import os
if not os.path.exists("../results"):
    !git clone -q {address} bends
    %cd -q bends/chapters
%pip install -q .."""


def with_install(text, address):
    """A notebook to download, with a cell that gets the course, if its address is known."""
    if address is None:
        return text
    notebook = nbformat.reads(text, as_version=4)
    install = nbformat.v4.new_code_cell(INSTALL.format(address=address), id="install")
    notebook.cells.insert(2, install)
    return nbformat.writes(notebook) + "\n"


def without_comments(script):
    """A script as it is sent: without indentation and lines that only comment."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def describe(app, pagename, templatename, context, doctree):
    """Give search engines and social cards the one line that the contents give a reader."""
    description = DESCRIPTIONS.get(pagename)
    if description is None and doctree is not None:
        raise ExtensionError(f"{pagename} has no description: add one to _ext/course.yml.")
    context["meta"] = {
        **(context.get("meta") or {}),
        "og:description": description,
        "og:image:alt": f"Bends: {context.get('title')}",
        "ogp_description_length": 0,  # not the page's first words, which may be a formula
    }
    if description:
        context["metatags"] += f'<meta name="description" content="{escape(description)}">'


def setup(app):
    app.connect("builder-inited", prepare)
    app.connect("html-page-context", describe, priority=100)  # before the social cards
    # After Sphinx' own handlers, so that the body is final.
    app.connect("html-page-context", add_context, priority=900)
    app.connect("build-finished", finish, priority=900)  # the archive holds all other files
    address = repository.pages_address(repository.find())
    if address:
        app.config.html_baseurl = app.config.ogp_site_url = address
        app.setup_extension("sphinx_sitemap")  # a map of addresses needs the site's own
        app.config.sitemap_url_scheme, app.config.sitemap_excludes = "{link}", ["search.html"]
        app.config.sitemap_show_lastmod = False
