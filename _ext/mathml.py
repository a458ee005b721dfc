"""Mathematics as MathML, made at build time: no script, no font, read aloud by screen readers."""

from docutils import nodes
from latex2mathml.converter import convert


def _visit_math(translator, node):
    translator.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def _visit_display_math(translator, node):
    mathml = convert(node.astext(), display="block")
    translator.body.append(f'<div class="math">{mathml}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_display_math, None))
