"""Tables on a phone: one that fits stays a table, any other becomes one card for each row.

The style sheet makes the cards, of tables of the class "cards"; here each cell gets the heading
of its column, since a card shows it beside the cell. A long table gets the widths of its columns
before its rows, so that nothing jumps while they arrive; one whose cells hold sentences takes the
margin beside the text. Large tables have a box of their own, of the class "bends-table": where it
is wider than the text it is "broad", and takes the margin too; where that does not suffice it is a
"box" as well, which scrolls.
"""

import re
from html import escape, unescape

PHONE = 42  # letters that stand side by side on a phone
ROW = 330  # letters in a row, times its columns, above which narrow columns read badly
HALF = 9  # letters that fit where two facts of a card share a line
SHORT = 12  # letters of a cell that stays in one line
SENTENCES = 150  # letters in a row of three columns or more that is better read in the margin too
LONG = 12  # rows that may reach a browser in more than one piece
BROAD, BOX = 80, 115  # letters in a row of a large table
TABLE = re.compile(r'(?s)(<div class="bends-table)?("[^>]*>\s*)?(<table\b.*?</table>)')
FILTER = '<div class="table-filter"></div>'  # its script puts the filter here: the place is kept
TAG = re.compile(r"<(/?)(\w*)[^>]*>")


def text(html):
    """What a cell says, in one line."""
    spaced = TAG.sub(lambda tag: " " if tag[2] in ("br", "wbr") else "", html)
    return " ".join(unescape(spaced).split())


def cells(row, kind):
    return re.findall(rf"(?s)<{kind}\b[^>]*>(.*?)</{kind}>", row)


def read(table):
    """The headings of a table and the texts of its rows; None where it has other heads."""
    head, *rows = re.findall(r"(?s)<tr\b.*?</tr>", table)
    names = [text(cell) for cell in cells(head, "th")]
    texts = [[text(cell) for cell in cells(row, "td")] for row in rows]
    if not rows or any(len(row) != len(names) for row in texts):
        return None
    return names, texts


def with_heads(table, names):
    """A table whose cells name their columns."""

    def row_with_heads(row):
        heads = iter(names)

        def cell(found):
            wide = " data-wide" * (len(text(found[2])) > HALF)
            return f'<td data-head="{escape(next(heads))}"{wide}{found[1]}>{found[2]}</td>'

        return re.sub(r"(?s)<td\b([^>]*)>(.*?)</td>", cell, row[0])

    table = re.sub(r"(?s)<tr\b.*?</tr>", row_with_heads, table)
    label = f' style="--label:{max(map(len, names[1:]), default=0)}"'  # letters of the longest
    if "class=" in re.match(r"<table\b[^>]*>", table)[0]:
        return table.replace('class="', f'{label[1:]} class="cards ', 1)
    return table.replace("<table", f'<table class="cards"{label}', 1)


def longest_words(names, rows):
    """How many letters each column takes at least, with the space to the next."""
    columns = zip(names, *rows, strict=True)
    return [max((len(w) for cell in c for w in cell.split()), default=0) + 2 for c in columns]


def letters(names, rows):
    """How many letters stand side by side in a row whose cells wrap between words."""
    return sum(longest_words(names, rows))


def with_widths(table, names, rows):
    """A table whose columns have their widths from the first: by what a cell holds on average."""
    shares = []
    for word, name, *column in zip(longest_words(names, rows), names, *rows, strict=True):
        lengths = [len(cell) for cell in column]
        # A column of short cells, such as formulas, should not wrap; a formula has spaces besides.
        short = 1.3 * max(lengths) + 2 if max(lengths) <= SHORT else 0
        mean = max(sum(lengths) / len(rows), max(lengths) / 2.5)
        shares.append(max(word, short, mean, len(name) / 2))
    columns = "".join(f'<col style="width:{100 * s / sum(shares):.0f}%">' for s in shares)
    return re.sub(r"<table\b[^>]*>", rf"\g<0><colgroup>{columns}</colgroup>", table, count=1)


def holds(most, names, rows):
    """Whether a row of three columns or more has more letters than that, on average."""
    return len(names) > 2 and sum(len(cell) for row in rows for cell in row) > most * len(rows)


def breakable(table):
    """A table whose names in code may go on in the next line: `torch.nn.` `functional.relu`."""

    def named(match):
        return re.sub(r"(?i)\.(?=[a-z_])|(?=\(\w)", r"\g<0><wbr>", match[0])

    def code(match):
        return re.sub(r">[^<]+<", named, match[0])

    return re.sub(r"(?s)<code\b.*?</code>", code, table)


def is_too_wide(names, rows):
    """Whether a table is too wide for a phone."""
    return letters(names, rows) > PHONE or holds(ROW / len(names), names, rows)


def in_cards(body):
    """A page's body with its tables made for a phone; those that stay tables may scroll there."""

    def made(match):
        large, opening, table = match.groups()
        table = breakable(table) if large else table
        found = read(table)
        if found and is_too_wide(*found):
            table = with_heads(table, found[0])
        width = letters(*found) if large and found else 0
        if width <= BROAD and found and len(found[1]) >= LONG:
            table = with_widths(table, *found)
        if not large:
            table = breakable(table)
            kind = " broad" * bool(found and holds(SENTENCES, *found))
            return f'{opening or ""}<div class="scroll{kind}">{table}</div>'
        kind = " broad" * (width > BROAD) + " box" * (width > BOX)
        return FILTER + large + kind + opening + table

    return TABLE.sub(made, body)
