"""The book's prose: its words, without code, mathematics and addresses, and its numbers."""

import ast
import itertools
import json
import re
from functools import cache
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
NOT_PROSE = re.compile(
    r"""(?sx)
    ^---\n.*?\n---\n          # a page's settings
    | ^(`{3,}|~{3,}).*?^\1    # a block of code
    | <!--.*?-->
    | </?\w[^>]*>             # a tag of HTML
    | \$\$.*?\$\$ | \$[^$\n]+\$
    | `[^`\n]+`
    | \*[A-Za-z]{1,2}\*       # symbols, as *hq*
    | (?<=\])\([^)\s]*\)      # a link's address
    | https?://\S+
    | \{[\w:.-]+\}            # a role or directive
    """,
    re.M,
)


def plain(markdown):
    """Markdown as running text, one line for each paragraph, cell of a table or heading."""
    text = NOT_PROSE.sub(" ", markdown)
    text = re.sub(r"^\s*(#+|[-*>]|\d+\.|:{3,}.*)\s", "\n", text, flags=re.M)
    return re.sub(r"[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}|[][]", "", text).replace("|", "\n")


def strings(code, least=3):
    """Sentences that a cell's code shows: its strings of so many words and more."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(re.findall(r"[A-Za-z]{2,}", node.value)) >= least:
                yield node.value


def notebook(path):
    """A notebook's Markdown and the sentences in its code, in order."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(
        plain(cell.source if cell.cell_type == "markdown" else "\n\n".join(strings(cell.source)))
        for cell in cells
    )


GUIDE = ROOT / "_ext" / "field_guide.yml"
RULES = ROOT / "src" / "bends" / "choose" / "rules.json"
FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹−", "0123456789-", ",")
COUNTS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty"
)
COUNTS = {word: number for number, word in enumerate(COUNTS.split())}
COUNTS |= {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "hundred": 100, "thousand": 1000}


@cache
def written(place):
    """What stands in a place, as it is written.

    A place is a chapter's number (its Markdown, and the texts of its questions and explorers), a
    page's path from the root, or the name of a function in the field guide.
    """
    if isinstance(place, int):
        (path,) = (ROOT / "chapters").glob(f"{place:02}-*.ipynb")
        cells = nbformat.read(path, as_version=4).cells
        texts = ([c.source] if c.cell_type == "markdown" else strings(c.source, 0) for c in cells)
        return "\n\n".join(itertools.chain.from_iterable(texts))
    if "." in place:
        return (ROOT / place).read_text(encoding="utf8")
    return " ".join(yaml.safe_load(GUIDE.read_text(encoding="utf8"))[place].values())


class Number(float):
    """A number as prose writes it, 1,000 or −0.5 or seven, and how many decimals it has."""

    def __new__(cls, text):
        text = text.lower().translate(FIGURES).rstrip(".")
        number = super().__new__(cls, COUNTS.get(text, text))
        number.decimals = len(text.partition(".")[2])
        return number

    def rounds(self, value):
        """Whether a value, rounded to as many decimals, is this number."""
        return round(float(value), self.decimals) == self


def said(place, pattern):
    """The numbers in a sentence: what a place says where the pattern's groups stand.

    The pattern must fit once. A group is a number in figures, or in a word.
    """
    found = list(re.finditer(pattern, written(place)))
    assert len(found) == 1, f"{place} says {pattern!r} {len(found)} times"
    return [Number(group) for group in found[0].groups()]


def leaves(data):
    """The sentences of nested dicts and lists: texts of three words and more, without code."""
    if isinstance(data, str):
        if len(re.findall(r"[A-Za-z]{2,}", data)) >= 3:
            yield data
    elif isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            if key not in ("code", "openings", "optimizers", "evidence", "y"):
                yield from leaves(value)


def pages():
    """`{path from the root: its prose}` of all that a reader sees."""
    found = {}
    for path in sorted((ROOT / "chapters").glob("*.ipynb")):
        found[path] = notebook(path)
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "back").glob("*.md"))]:
        found[path] = plain(path.read_text(encoding="utf8"))
    groups = yaml.safe_load((ROOT / "back" / "questions.yml").read_text(encoding="utf8"))
    asked = [f"{q['ask']}\n\n{q['answer']}" for group in groups for q in group["questions"]]
    found[ROOT / "back" / "questions.yml"] = plain("\n\n".join(asked))
    guide = yaml.safe_load(GUIDE.read_text(encoding="utf8"))
    found[GUIDE] = plain(
        "\n\n".join(itertools.chain(*(words.values() for words in guide.values())))
    )
    rules = json.loads(RULES.read_text(encoding="utf8"))
    found[RULES] = plain("\n\n".join(leaves(rules)))
    course = yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))
    chapters = [line for part in course["parts"] for line in part["chapters"].values()]
    lines = [*sum(chapters, []), *course["pages"].values()]
    found[ROOT / "_ext" / "course.yml"] = "\n".join(lines)
    return {path.relative_to(ROOT).as_posix(): text for path, text in found.items()}
