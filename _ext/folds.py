"""What a page folds: pieces of *Deeper*, long code, and the questions after the fifth.

A notebook shows them plain; the page folds them in HTML's own `<details>`, which a browser opens
by itself for an anchor or a found word inside. `_static/bends.js` does it for older browsers, and
opens what belongs on paper before printing.
"""

from docutils import nodes

LONGEST = 8  # lines of code that a page shows unfolded
ASKED = 5  # questions that a page shows unfolded


class fold(nodes.General, nodes.Element):
    """Content under one line: `summary`."""


class piece(nodes.section):
    """A section of *Deeper*: its heading is the line that opens it."""


def cells(node):
    """The cells of code below a node."""
    return [c for c in node.findall(nodes.container) if c.get("nb_element") == "cell_code"]


def has_tag(cell, tag):
    return f"tag_{tag}" in cell["classes"]


def long_code(cell):
    """The cell's code, if the page folds it: too long, and not read line by line."""
    if has_tag(cell, "read") or has_tag(cell, "starter"):
        return None
    for part in cell.children:
        if part.get("nb_element") == "cell_code_source":
            lines = [line for line in part.astext().splitlines() if line.strip()]
            return part if len(lines) > LONGEST else None
    return None


def wrap(parts, summary):
    """Put neighbours below one parent under one line."""
    parent = parts[0].parent
    at = parent.index(parts[0])
    inside = fold(summary=summary)
    for part in parts:
        parent.remove(part)
        inside += part
    parent.insert(at, inside)


def is_question(cell):
    return any('class="question"' in raw.astext() for raw in cell.findall(nodes.raw))


def fold_page(app, document, docname):
    """Fold one page, once all its outputs are chosen."""
    if app.builder.format != "html":
        return
    for cell in cells(document):
        if code := long_code(cell):
            wrap([code], "Show the code")
    for section in list(document.findall(nodes.section)):
        if "check-yourself" in section["ids"]:
            asked = [part for part in section.children if part in cells(section)]
            if rest := [cell for cell in asked if is_question(cell)][ASKED:]:
                wrap(
                    section[section.index(rest[0]) : section.index(rest[-1]) + 1], "More questions"
                )
        if "deeper" in section["ids"]:
            for part in [part for part in section.children if isinstance(part, nodes.section)]:
                part.replace_self(piece("", *part.children, **part.attributes))


def visit_fold(translator, node):
    translator.body.append(f'<details class="fold"><summary>{node["summary"]}</summary>\n')


def depart_fold(translator, node):
    translator.body.append("</details>\n")


def visit_piece(translator, node):
    """The heading stands in the line that opens; the section, with its anchor, inside.

    So a browser that follows the anchor opens the piece with no script.
    """
    translator.section_level += 1
    translator.body.append('<details class="piece"><summary>')
    first, *others = node["ids"]
    spans = "".join(f'<span id="{name}"></span>' for name in others)
    inside = nodes.raw("", f'</summary><section id="{first}">{spans}\n', format="html")
    title = next(i for i, child in enumerate(node.children) if isinstance(child, nodes.title))
    node.insert(title + 1, inside)


def depart_piece(translator, node):
    translator.section_level -= 1
    translator.body.append("</section></details>\n")


def setup(app):
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(piece, html=(visit_piece, depart_piece))
    app.connect("doctree-resolved", fold_page)
