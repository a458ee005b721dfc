"""Mathematics as MathML, made at build time: no script, no font, read aloud by screen readers.

Each formula carries plain words as well (`alttext`), for readers and for other forms of the book.
"""

import re
from html import unescape
from itertools import pairwise
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert_to_element

NAME = re.compile(r"[^\W\d_]{2,}")  # of a function: max, ln
ROWS = {"math", "mrow", "mtd", "mstyle", "msqrt"}  # elements whose children stand in a line
SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
ENDING = set(")]}|!")  # operators that end what a minus may be taken from
APPLICATION = "\u2061"  # "of", invisible; not before a bracket, so that a reader finds "max("


def convert(tex, display="inline"):
    """A formula in TeX as the text of a `math` element."""
    math = convert_to_element(tex, display=display)
    for element in math.iter():
        element.text = element.text and unescape(element.text)
        # As an operator, a name would have spaces that indent it at the start of a line.
        if element.tag == "mo" and NAME.fullmatch(element.text or ""):
            element.tag, element.attrib = "mi", {}
        if element.tag == "mi" and len(element.text or "") > 1:
            element.set("mathvariant", "normal")  # for the style sheet: a letter alone is italic
        if element.text == "′":
            element.tag = "mo"  # no letter, so not in the text's face
    for row in [element for element in math.iter() if element.tag in ROWS]:
        space_functions(row)
        mark_signs(row)
        clear_overhang(row)
    math.set("alttext", " ".join(words(math).split()).replace(" ,", ","))
    return ElementTree.tostring(math, encoding="unicode")


SAID = {
    "=": "equals", "+": "plus", "−": "minus", "-": "minus", "·": "times", "⋅": "times",
    "×": "times", "/": "over", "<": "is less than", ">": "is greater than", "≤": "is at most",
    "≥": "is at least", "≠": "is not", "≈": "is about", "∈": "in", "→": "goes to", "∞": "infinity",
    "∑": "the sum of", "∏": "the product of", "∂": "d", "′": "prime", "|": "bar", "…": "and so on",
    "⋯": "and so on", APPLICATION: "of", "∥": "norm", "√": "root", "!": "factorial", "{": "either",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon",
    "η": "eta", "θ": "theta", "λ": "lambda", "μ": "mu", "ν": "nu", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "Φ": "capital phi", "χ": "chi", "ω": "omega",
    "Δ": "capital delta", "Σ": "the sum of", "^": "hat", "¯": "bar", "˙": "dot", "&": "",
}  # fmt: skip
POWERS = {"2": "squared", "3": "cubed", "prime": "prime", "⊤": "transposed", "T": "transposed"}


def words(element):
    """A formula, or a part of one, as it is said: "root of n over 2"."""
    parts = [words(child) for child in element]
    match element.tag:
        case "mfrac":
            return f" {parts[0]} over {parts[1]} "
        case "msqrt":
            return f" root of {' '.join(parts)} "
        case "msub":
            return f" {parts[0]} sub {parts[1]} "
        case "msup":
            power = parts[1].strip()
            return f" {parts[0]} {POWERS.get(power, f'to the power {power}')} "
        case "msubsup" | "munderover":
            return f" {parts[0]} from {parts[1]} to {parts[2]} "
        case "munder":
            return f" {parts[0]} over {parts[1]} "
        case "mtr":
            return (" if " if len(parts) == 2 else " ").join(parts) + "; "
        case "mspace":
            return " "
    text = (element.text or "").strip()
    return f" {SAID.get(text, text)} {' '.join(parts)} "


def space_functions(row):
    """Put thin spaces around the names of functions, where no bracket does."""
    children = list(row)
    row[:] = []
    for child, after in zip(children, [*children[1:], None], strict=True):
        if core(child).tag != "mi" or not NAME.fullmatch(core(child).text or ""):
            row.append(child)
            continue
        if len(row) and (is_operand(row[-1]) or core(row[-1]).text == ")"):
            row.append(thin_space())
        row.append(child)
        while after is not None and after.tag == "mrow" and len(after):
            after = after[0]
        if after is not None and is_operand(after):
            ElementTree.SubElement(row, "mo").text = APPLICATION
            row.append(thin_space())


def mark_signs(row):
    """A minus after a bracket, a comma or another operator is a sign, with no spaces."""
    for before, element in pairwise(row):
        if element.text == "−" and before.tag == "mo" and before.text not in ENDING:
            element.set("form", "prefix")


def clear_overhang(row):
    """Keep the top of an *f* off the bracket after it."""
    for before, element in pairwise(row):
        if before.text == "f" and element.text == "(":
            element.set("lspace", ".08em")


def core(element):
    """What stands below an exponent or an index, if there is one."""
    while element.tag in SCRIPTED:
        element = element[0]
    return element


def is_operand(element):
    """Whether an element brings no space of its own, as operators do."""
    return core(element).tag not in ("mo", "mspace")


def thin_space():
    return ElementTree.Element("mspace", width="0.167em")


def _visit_math(translator, node):
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def _visit_display_math(translator, node):
    mathml = convert(node.astext(), display="block")
    translator.body.append(f'<div class="math">{mathml}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_display_math, None))
