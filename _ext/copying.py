"""What *Copy* takes along: the imports and the lines further up that a piece of code needs.

Code on a page goes on from the code above it. Copied alone it would stop at the first name that it
does not make, so each block says which lines of the visible cells before it make those names:
`data-needs="0:1 3:2-5"`, lines 1 of the first cell and 2 to 5 of the fourth. `bends.js` reads it.
"""

import ast
import builtins
import copy
import re
import symtable
from dataclasses import dataclass
from html import unescape

BLOCK = re.compile(
    r'(?s)<div class="cell( [^"]*)? docutils container">'
    r'|<div class="highlight-(ipython3|python) notranslate"><div class="highlight">'
    r"(<pre)>(.*?)</pre>"
)
TAG = re.compile(r"<[^>]*>")
BRANCHING = ast.For | ast.While | ast.If | ast.Try


@dataclass
class Statement:
    """One statement of a cell: its lines, the names that it makes, needs and changes."""

    first: int
    last: int
    makes: set
    needs: set
    changes: set
    whole: bool  # makes its names on every way through it


def root(node):
    """The name that an expression such as `net.weights[0]` begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def outer(table):
    """The names that a piece of code reads and that come from outside its functions."""
    if table.get_type() == "module":
        found = {s.get_name() for s in table.get_symbols() if s.is_referenced()}
    else:
        found = {s.get_name() for s in table.get_symbols() if s.is_global() and s.is_referenced()}
    return found.union(*map(outer, table.get_children()))


def names(node):
    """What a statement makes and what it needs, its parts taken together."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    makes = {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
    return makes, outer(table) - set(dir(builtins))


def needed(nodes):
    """The names that statements need from before them, one after another."""
    found, made = set(), set()
    for node in nodes:
        makes, needs = names(node)
        if isinstance(node, BRANCHING | ast.With):
            bodies = [part for part in ("body", "orelse") if getattr(node, part, None)]
            head = copy.copy(node)
            for part in bodies:
                setattr(head, part, [ast.Pass()])
            own, needs = names(head)
            needs -= own
            for part in bodies:
                needs |= needed(getattr(node, part)) - own
        found |= needs - made
        made |= makes
    return found


def changed(node):
    """The names of what a statement changes without making it: `net` of `train(net)`."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            call = part.value
            if root(call.func) != "print":
                found |= {root(call.func), *map(root, call.args[:1])}
        elif isinstance(part, ast.Attribute | ast.Subscript) and isinstance(part.ctx, ast.Store):
            found.add(root(part))
    return found - {None}


def statements(source):
    """The statements of a cell, in order."""
    for node in ast.parse(source).body:
        makes, _ = names(node)
        whole = not isinstance(node, BRANCHING | ast.AugAssign)
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        yield Statement(first, node.end_lineno, makes, needed([node]), changed(node), whole)


def lines_before(cells, source):
    """Which lines of earlier cells a piece of code needs.

    Parameters
    ----------
    cells : list of str
        The code that stands above it, in order.
    source : str

    Returns
    -------
    list of (int, int, int)
        A cell's place, a first and a last line, counted from 1; in the order of the page. None at
        all where names stay open: then it is a piece of another program.
    """
    open_names, found = needed(ast.parse(source).body), []
    for place in reversed(range(len(cells))):
        for statement in reversed(list(statements(cells[place]))):
            if not open_names & (statement.makes | statement.changes):
                continue
            found.append((place, statement.first, statement.last))
            if statement.whole:
                open_names -= statement.makes
            open_names |= statement.needs
    return [] if open_names else found[::-1]


def said(lines):
    """Lines as the page says them, neighbours as one: `0:1-2 3:4`."""
    joined = []
    for place, first, last in lines:
        if joined and joined[-1][0] == place and joined[-1][2] + 1 == first:
            joined[-1][2] = last
        else:
            joined.append([place, first, last])
    return " ".join(f"{p}:{first}-{last}" for p, first, last in joined)


def with_needs(body):
    """A chapter's body whose blocks of Python say which lines before them they need."""
    cells, tags = [], ""

    def block(match):
        nonlocal tags
        if not match[3]:
            tags = match[1] or ""
            return match[0]
        source = unescape(TAG.sub("", match[4]))
        try:
            needs = said(lines_before(cells, source))
        except SyntaxError:  # a magic, or a piece of a program
            needs, source = "", ""
        if match[2] == "ipython3":  # what a reader has still to write gives nothing to others
            cells.append("" if "tag_starter" in tags else source)
        return match[0].replace("<pre", f'<pre data-needs="{needs}"', 1) if needs else match[0]

    return BLOCK.sub(block, body)
