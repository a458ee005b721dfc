"""How long a chapter takes, counted by the course's one rule, and whether it keeps its limits.

Every word on the page counts (code, outputs, tables and questions too; a formula is one word), at
95 a minute; a minute for each figure that moves, half a minute for one that stands; two minutes
for each exercise. The *main line* is what stands before *Deeper*, without the exercises, the
questions, the sources and what the page folds.
"""

import re
from dataclasses import dataclass

import folds
from docutils import nodes
from pages import COURSE
from sphinx.util import logging

PACE = 95  # words a minute, as first readers with weak mathematics took them
MOST_WORDS, MOST_FIGURES = 1800, 8  # of a main line
ASIDE = {"your-turn", "check-yourself"}  # sections that are not of the main line
END = {"deeper", "sources"}  # sections that end it
# What is no text, and the advice of a chooser: of all it holds a reader meets two pieces.
SILENT = re.compile(
    r"(?s)<(svg|script|style|fieldset)\b.*?</\1>|<!--.*?-->|<details data-when=.*?</details>"
)
FOLDED = re.compile(r"(?s)<details\b[^>]*>\s*(<summary>.*?</summary>).*?</details>")
TAG = re.compile(r"<[^>]*>")
MOVING = re.compile(r'class="bends-(?:explorer|chooser)')
log = logging.getLogger(__name__)


@dataclass
class Tally:
    """What a reader meets."""

    words: int = 0
    moving: int = 0  # figures
    still: int = 0  # figures
    exercises: int = 0

    @property
    def minutes(self):
        """To five minutes: a closer number would promise what no reader keeps."""
        exact = self.words / PACE + self.moving + self.still / 2 + 2 * self.exercises
        return max(5, 5 * round(exact / 5))

    def add(self, leaf):
        """Count a leaf of the document, or a piece of HTML."""
        text = leaf if isinstance(leaf, str) else leaf.astext()
        if isinstance(leaf, str):
            self.moving += len(MOVING.findall(text))
            self.still += text.count('class="bends-figure')
            text = TAG.sub(" ", SILENT.sub(" ", text))
        elif isinstance(leaf, nodes.math | nodes.math_block):
            text = "formula"
        self.words += sum(any(sign.isalnum() for sign in word) for word in text.split())


def leaves(node):
    """Texts, formulas and HTML of a document in order; of an output, the face of the page."""
    if isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle":
        rich = [face for face in node.children if face["mime_type"] != "text/plain"]
        node = (rich or node.children)[0]
    if isinstance(node, nodes.Text | nodes.math | nodes.math_block | nodes.raw):
        yield node
    elif not isinstance(node, nodes.Invisible):
        for child in node.children:
            yield from leaves(child)


def count(document):
    """Tallies of the main line and of the whole page."""
    main, whole = Tally(), Tally()
    cells = folds.cells(document)
    whole.exercises = sum(folds.has_tag(cell, "starter") for cell in cells)
    long = [code for cell in cells if (code := folds.long_code(cell))]
    unread = {id(text) for code in long for text in code.findall(nodes.Text)}
    folded, ended = 0, False
    for part in next(document.findall(nodes.section)).children:
        ids = set(part["ids"]) if isinstance(part, nodes.section) else set()
        ended = ended or bool(ids & END)
        for leaf in leaves(part):
            html = leaf.astext() if isinstance(leaf, nodes.raw) else None
            whole.add(html or leaf)
            shown = FOLDED.sub(r"\1", html) if html else leaf
            if not (ended or ids & ASIDE or folded or id(leaf) in unread):
                main.add(shown)
            if html:  # Markdown between two pieces of HTML may be folded, as a solution is
                folded += shown.count("<details") - shown.count("</details>")
    return main, whole


def weigh(app, document):
    """Keep a chapter's minutes for the pages that say them; name a main line that is too long."""
    name = app.env.docname
    if not name.startswith("chapters/"):
        return
    main, whole = count(document)
    app.env.metadata[name]["minutes"] = main.minutes, whole.minutes
    figures = main.moving + main.still
    log.info("%s: main line %d words, %d figures", name, main.words, figures)
    slug = name.removeprefix("chapters/")
    too_long = main.words > MOST_WORDS or figures > MOST_FIGURES
    if too_long and slug not in COURSE["unrevised"]:
        log.warning(
            "%s: its main line has %d words and %d figures; %d and %d are the most: move what the "
            "idea can do without below '## Deeper'",
            name, main.words, figures, MOST_WORDS, MOST_FIGURES,
        )  # fmt: skip


def setup(app):
    app.connect("doctree-read", weigh, priority=900)  # after Sphinx has made the page's metadata
