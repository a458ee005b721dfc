"""Curly apostrophes and quotation marks in the page's text; authors type straight ones.

Sphinx sets them in the prose of Markdown alone. What Python writes as HTML (captions, questions,
the chooser) and what the template adds come through the filter `curly`, around the whole page.
"""

import re

MARK, DOUBLE = "(?:'|&#x27;|&#39;)", '(?:"|&quot;)'
APOSTROPHE = re.compile(rf"(?<=\w){MARK}(?=\w)|(?<=s){MARK}(?=\s)|^{MARK}(?=s\b)")
QUOTED = re.compile(rf"(?<![^\s(]){DOUBLE}(?=\S)(.*?)(?<=\S){DOUBLE}(?!\w)", re.DOTALL)
PART = re.compile(
    r"""(?P<code><(pre|code|script|style|samp|kbd|math)\b.*?</\2>|<!--.*?-->)"""
    r"""|(?P<tag><(?:"[^"]*"|'[^']*'|[^'">])*>)|(?P<text>[^<]+)""",
    re.DOTALL,
)
# Attributes that are read, aloud or as what a script shows.
READ = re.compile(r'(?<=\s)((?:alt|content|aria-\w+|data-(?:title|short|says))=")([^"]*)')


def apostrophes(text):
    """Text with its apostrophes curly."""
    return APOSTROPHE.sub("’", text)


def curly(html):
    """A page with curly marks in its text, but not in code, scripts and addresses."""

    def replace(part):
        if text := part["text"]:
            return QUOTED.sub(r"“\1”", apostrophes(text))
        if tag := part["tag"]:
            return READ.sub(lambda found: found[1] + apostrophes(found[2]), tag)
        return part[0]

    return PART.sub(replace, html)


def add_filter(app):
    if app.builder.format == "html":
        app.builder.templates.environment.filters["curly"] = curly


def setup(app):
    app.connect("builder-inited", add_filter)
