"""The book's prose, without code, mathematics and addresses, for the tests of words."""

import ast
import re
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


def strings(code):
    """Sentences that a cell's code shows: its strings of three words and more."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(re.findall(r"[A-Za-z]{2,}", node.value)) >= 3:
                yield node.value


def notebook(path):
    """A notebook's Markdown and the sentences in its code, in order."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n\n".join(
        plain(cell.source if cell.cell_type == "markdown" else "\n\n".join(strings(cell.source)))
        for cell in cells
    )


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
    course = yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))
    chapters = [line for part in course["parts"] for line in part["chapters"].values()]
    lines = [*sum(chapters, []), *course["pages"].values()]
    found[ROOT / "_ext" / "course.yml"] = "\n".join(lines)
    return {path.relative_to(ROOT).as_posix(): text for path, text in found.items()}
