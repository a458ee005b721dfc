"""Typography of the page's text: curly apostrophes and quotation marks, short sums in one line.

Authors type straight marks and plain spaces. Sphinx curls in the prose of Markdown alone; what
Python writes as HTML (captions, questions, the chooser) and what the template adds come through
the filter `curly`, around the whole page.
"""

import re
from html import unescape

MARK, DOUBLE = "(?:'|&#x27;|&#39;)", '(?:"|&quot;)'
APOSTROPHE = re.compile(rf"(?<=\w){MARK}(?=\w)|(?<=s){MARK}(?=\s)|^{MARK}(?=s\b)")
QUOTED = re.compile(rf"(?<![^\s(]){DOUBLE}(?=\S)(.*?)(?<=\S){DOUBLE}(?!\w)", re.DOTALL)
# What a figure's script exchanges for its states' own text keeps the spaces that those have; so
# does the page's title, which has no lines.
PART = re.compile(
    r"""(?P<open><(?P<name>svg|title|p)\b(?:(?<=svg)|(?<=title)|[^>]*\bclass="says")[^>]*>)(?P<inner>.*?)(?P<end></(?P=name)>)"""
    r"""|(?P<code><(?P<kind>pre|code|script|style|samp|kbd|math)\b.*?</(?P=kind)>|<!--.*?-->)"""
    r"""|(?P<tag><(?:"[^"]*"|'[^']*'|[^'">])*>)|(?P<text>[^<]+)""",
    re.DOTALL,
)
# "2 · 0.5 = 1" and "15 %" stay in one line; a longer sum may be parted before plus, minus, equals.
SIGN = "(?:[·×−+/=≈≤≥]|&lt;|&gt;)"
SUM = re.compile(rf"(?:(?<!\S)\S{{1,8}}|^)(?: {SIGN}(?: \S{{1,8}}(?!\S)| ?$))+|\d %", re.MULTILINE)
SHORT = 24  # characters
FOLLOWED = re.compile(
    r"(?s)(<math\b(?:(?!</?math\b).)*</math>)([.,;:!?)]+)"
)  # no line begins with these
# A short piece of code in a sentence, with spaces or hyphens, at which lines would end otherwise.
PIECE = re.compile(
    r'<code class="([^"]*\bliteral\b[^"]*)">((?:<span class="pre">[^<]*</span>\s*)+)</code>'
)
# Attributes that are read, aloud or as what a script shows.
READ = re.compile(r'(?<=\s)((?:alt|content|aria-\w+|data-(?:title|short|says))=")([^"]*)')


def apostrophes(text):
    """Text with its apostrophes curly."""
    return APOSTROPHE.sub("’", text)


def sums(text):
    """Text whose short sums have no-break spaces."""

    def replace(found):
        if len(found[0]) <= SHORT:
            return found[0].replace(" ", "\xa0")
        whole = re.sub(" ([·×/]) ", "\xa0\\1\xa0", found[0])
        return re.sub(rf"(?<= )({SIGN}) ", "\\1\xa0", whole)

    return SUM.sub(replace, text)


def piece(found):
    """An element of inline code that stays in one line if it is short."""
    text = unescape(re.sub("<[^>]*>", "", found[2]))
    whole = " whole" * (len(text) <= SHORT and not text.isidentifier())
    return f'<code class="{found[1]}{whole}">{found[2]}</code>'


def curly(html, sums=sums):
    """A page with curly marks and whole sums in its text; code, scripts and addresses as is."""

    html = PIECE.sub(piece, FOLLOWED.sub(r'<span class="whole">\1\2</span>', html))

    def replace(part):
        if text := part["text"]:
            return sums(QUOTED.sub(r"“\1”", apostrophes(text)))
        if part["open"]:
            return curly(part["open"]) + curly(part["inner"], str) + part["end"]
        if tag := part["tag"]:
            return READ.sub(lambda found: found[1] + apostrophes(found[2]), tag)
        return part[0]

    return PART.sub(replace, html)


def add_filter(app):
    if app.builder.format == "html":
        app.builder.templates.environment.filters["curly"] = curly


def setup(app):
    app.connect("builder-inited", add_filter)
