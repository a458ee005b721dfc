"""Code on a page: three inks, and each line an element, so that a phone can wrap it.

A wrapped line goes on below its own beginning, two letters further in: `--in` says where that is.
What code prints has columns, which a wrapped line would break: `--wide` says how many letters its
longest line has, and a phone makes the letters smaller.
The style sheet has the inks; what Pygments tells apart beyond them is dropped, and the page is
lighter for it.
"""

import re
from html import unescape

BLOCK = re.compile(
    r'(?s)(<div class="(?:output|highlight-text)[^>]*>\s*)?<div class="highlight">'
    r'(<pre(?: tabindex="0"><code)?>)(?:<span></span>)?(.*?)((?:</code>)?</pre>)'
)
TOKEN = re.compile(r'<span class="([\w-]+)">([^<]*)</span>')
INKS = {"k": "word", "o": "word", "s": "value", "m": "value", "c": "aside"}
TAG = re.compile(r"<[^>]*>")
LONG = 22  # letters
PLAIN = {"o", "si"}  # operators such as +, and braces in a text, have the ink of names


def inked(match):
    kind, text = match.groups()
    ink = None if kind in PLAIN else INKS.get(kind[0])
    return f'<span class="{ink}">{text}</span>' if ink else text


def breakable(html):
    """A line that may break after a dot or a bracket, if a word is too long for a phone."""
    if max(map(len, TAG.sub("", html).split()), default=0) <= LONG:
        return html
    return re.sub(r"(?<=[.(\[])(?=[^\W\d])(?![^<]*>)", "<wbr>", html)


def line(html):
    """One line as an element with its indentation, in letters."""
    indent = len(re.match(r"(?:<[^>]*>)?( *)", html)[1])
    style = f' style="--in:{indent}"' if indent else ""
    return f'<span class="line"{style}>{breakable(html)}\n</span>'


def in_lines(body):
    """A page's body with its blocks of code in inked lines."""

    def block(match):
        output, opening, code, end = match.groups()
        lines = TOKEN.sub(inked, code).rstrip("\n").split("\n")
        wide = max(len(unescape(TAG.sub("", text))) for text in lines)
        style = f' style="--wide:{wide}"' if output else ""
        block = f'{output or ""}<div class="highlight"{style}>{opening}'
        return block + "".join(map(line, lines)) + end

    return BLOCK.sub(block, body)
