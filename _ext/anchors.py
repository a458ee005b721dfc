"""Links inside a page: to a state of an explorer, and to what a section was called before.

`[SiLU](#playground:bend=silu)` in Markdown leads to a state. A comment below a heading,
`<!-- formerly: old-name, older-name -->`, keeps its old anchors: it reads harmlessly in Jupyter and
on a forge, and on the page the section has these ids too, so that a link to the old heading still
leads there. tests/anchors.txt holds what must lead on.
"""

import re

from docutils import nodes
from docutils.transforms import Transform
from sphinx.util import logging

FORMERLY = re.compile(r"<!--\s*formerly:\s*([\w-]+(?:\s*,\s*[\w-]+)*)\s*-->")
log = logging.getLogger(__name__)


def add_ids(app, document):
    """Give each section the ids that its comment names."""
    taken = {name for node in document.findall(nodes.Element) for name in node.get("ids", [])}
    for comment in list(document.findall(lambda node: isinstance(node, nodes.raw | nodes.comment))):
        text = comment.astext()
        match = FORMERLY.search(text if "<!--" in text else f"<!--{text}-->")
        if match is None:
            continue
        section = comment.parent
        while not isinstance(section, nodes.section):
            section = section.parent
        for name in re.split(r"\s*,\s*", match[1]):
            if name in taken:
                log.warning("%s: the anchor %r stands already", app.env.docname, name)
            else:
                taken.add(name)
                section["ids"].append(name)
        comment.parent.remove(comment)


class StateLinks(Transform):
    """Links to states are addresses for `explore.js`, not names for MyST to look up."""

    default_priority = 870  # before MyST's own, at 879

    def apply(self):
        for link in self.document.findall(nodes.reference):
            if link.get("id_link") and re.match(r"#[\w-]+:\w+=", link.get("refuri", "")):
                del link["id_link"]


def setup(app):
    app.add_transform(StateLinks)
    app.connect("doctree-read", add_ids)
