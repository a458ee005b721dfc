"""What every chapter's notebook keeps to, as data and as one function that names each fault."""

import ast
import re

import nbformat

from bends.check.faults import UNANSWERED

VARIES = "nbval-ignore-output"

# All legal cell tags. The page's builder knows all but one, nbval that one, the tests the first.
TAGS = {
    "read": "the text reads its code line by line: the page never folds it, however long",
    "starter": "the reader's code of an exercise; a check and a folded solution follow it",
    "remove-cell": "only the notebook has it: checks, and where to get bends",
    "remove-input": "its code is not on the page, and folded in Jupyter: questions, figures",
    VARIES: "the output varies, as timings do: neither stored nor compared",
}
UNSHOWN = {"remove-cell", "remove-input"}  # their code, that is
# In each notebook under its title, in a cell of its own that the page leaves out.
BEGIN = (
    "*To begin, run all cells: in JupyterLab **Run**, then **Run All Cells**; in VS Code **Run "
    "All**; in Colab **Runtime**, then **Run all**. Until then nothing moves and text stands in "
    "the place of pictures.*\n\n"
    "*If `import bends` fails, this notebook stands alone. Get the folder of the whole course, run "
    "`%pip install FOLDER` in a new cell with that folder's path for FOLDER, and restart the "
    "kernel. In Colab, run these lines instead, with OWNER/NAME as in the address of this tab:*\n\n"
    "```python\n"
    "!git clone -q https://github.com/OWNER/NAME bends\n"
    "%pip install -q ./bends\n"
    "%cd bends/chapters\n"
    "```"
)
# A fold's words stand in a key's frame, which front ends draw without a style sheet of ours: they
# look like something to press. The page, which has a style of its own, takes the frame off.
SOLUTION = "<details>\n<summary><kbd>Show a solution</kbd></summary>\n\n"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
MOST_LINES = 20
MOST_HIDDEN = 30

FENCE = re.compile(r"^(`{3,}|~{3,}|:{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
FOLDED = re.compile(re.escape(SOLUTION) + r"(.+?)\n\n</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)\n```$", re.MULTILINE | re.DOTALL)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def calls(cell, *names):
    """Whether a code cell calls a function of one of these names."""
    if cell.cell_type != "code":
        return False
    try:
        nodes = ast.walk(ast.parse(cell.source))
    except SyntaxError:
        return False
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
        for node in nodes
    )


def baked(cell):
    """Whether a cell's check is answered on the page: it has the argument `page`."""
    calls = (node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call))
    return any(keyword.arg == "page" for call in calls for keyword in call.keywords)


def solution(cell):
    """The one block of Python in the folded solution that a cell begins with, or None."""
    folded = FOLDED.match(cell.source.lstrip()) if cell.cell_type == "markdown" else None
    blocks = PYTHON.findall(folded[1]) if folded else []
    return blocks[0] if len(blocks) == 1 else None


def exercises(notebook):
    """Each exercise as its starter, its check and its solution's code (None where missing)."""
    nothing = nbformat.v4.new_markdown_cell()
    cells = [*notebook.cells, nothing, nothing]
    for starter, check, folded in zip(cells, cells[1:], cells[2:], strict=False):
        if "starter" in tags(starter):
            yield starter, check if calls(check, "check") else None, solution(folded)


def faults(notebook):
    """All that a stored notebook breaks of the house's rules: place, fault and cure."""
    found = []
    remake = "run `make notebooks`"

    def fault(index, words):
        place = f"cell {index + 1} ({notebook.cells[index].get('id', 'no id')}): "
        found.append(place + words)

    if not is_ours(notebook.metadata):
        found.append(f"metadata: not the book's own: {remake}")
    titles = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in FENCE.sub("", cell.source).splitlines()
        if line.startswith("# ")
    ]
    if len(titles) != 1:
        found.append(f"titles: {len(titles)} lines begin with '# ': keep exactly one, the title")

    if re.search(r"^\*\d+ (?:to \d+ )?minutes", notebook.cells[0].source, re.M):
        fault(0, "says how many minutes it takes: leave it out, the press counts them")

    if notebook.cells[1].source != BEGIN:
        found.append(f"its second cell does not say how to begin: {remake}")

    count = 0
    for index, cell in enumerate(notebook.cells):
        for tag in sorted(tags(cell) - set(TAGS)):
            fault(index, f"unknown tag {tag!r}: the tags are {', '.join(TAGS)}")
        if set(cell.metadata) - {"tags", "jupyter"}:
            fault(index, f"stores more about itself than its tags: {remake}")
        if cell.get("attachments"):
            fault(index, "holds an attached picture: draw it in code")
        if cell.cell_type == "code":
            count += 1
            for words in [*_stored_faults(cell, count), *_code_faults(cell)]:
                fault(index, words)

    for index in long_hidden(notebook):
        fault(index, f"has over {MOST_HIDDEN} lines, if hidden: split it")
    for index, name in names_from_hidden(notebook):
        fault(index, f"uses {name}, which only hidden code has made: make it in sight")

    for starter, check, answer in exercises(notebook):
        index = notebook.cells.index(starter)
        if check is None:
            fault(index, "a starter without a check: call `check` in the next cell")
        elif baked(check) and "remove-input" not in tags(check):
            fault(index, "its check has `page`, so the page shows its input: tag it remove-input")
        elif not baked(check) and "remove-cell" not in tags(check):
            fault(index, "its check is on the page, which cannot run it: tag it remove-cell")
        elif not printed(check).startswith(UNANSWERED):
            fault(index, f"its check does not call the bare starter bare: {printed(check)!r}")
        if answer is None:
            fault(
                index,
                "a starter without a solution: the Markdown cell after its check begins with "
                "<details>, <summary><kbd>Show a solution</kbd></summary>, an empty line, text "
                "with one ```python block, an empty line, </details>",
            )
    return found


def is_ours(metadata):
    """Whether a notebook's metadata are the book's, whatever a front end has added in opening it.

    JupyterLab stores the kernel's own name for itself, and the version of its language.
    """
    return set(metadata) == set(METADATA) and all(
        metadata[part].get("name") == METADATA[part]["name"] for part in METADATA
    )


def printed(cell):
    """What a cell wrote to standard output."""
    return "".join(o.text for o in cell.outputs if o.get("name") == "stdout")


def long_hidden(notebook):
    """The hidden code cells that are too long; readers in Jupyter unfold them."""
    for index, cell in enumerate(notebook.cells):
        lines = sum(bool(line.strip()) for line in cell.source.splitlines())
        if cell.cell_type == "code" and tags(cell) & UNSHOWN and lines > MOST_HIDDEN:
            yield index


def names_from_hidden(notebook):
    """Where visible code uses a name that only hidden code before it has made."""
    visible, hidden = set(), set()
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        try:
            used, made = names(cell)
        except SyntaxError:
            continue  # told elsewhere
        if tags(cell) & UNSHOWN:
            hidden |= made
        else:
            for name in sorted((used & hidden) - made - visible):
                yield index, name
            visible |= made


def names(cell):
    """The names that a code cell reads, and those that it makes, in any scope."""
    used, made = set(), set()
    for node in ast.walk(ast.parse(cell.source)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.alias):
            made.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.arg):
            made.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            made.add(node.name)
    return used, made


def _stored_faults(cell, count):
    """What is wrong with a cell's stored outputs, which nbval compares with a fresh run's."""
    remake = "run `make notebooks`"
    if cell.execution_count != count:
        yield f"has the count {cell.execution_count}, not {count}: {remake}"
    if VARIES in tags(cell) and cell.outputs:
        yield f"stores an output that varies: {remake}"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"stores the error {output.ename}: mend the cell, {remake}"
        elif output.get("name") == "stderr":
            yield f"writes to standard error, mend the cause: {output.text[:80]!r}"
        else:
            data = output.get("data", {"text/plain": output.get("text", "")})
            if not_text := sorted(set(data) - {"text/plain"}):
                yield (
                    f"stores {', '.join(not_text)}: with BENDS_FACE=text a cell gives plain text; "
                    f"then {remake}"
                )
            if re.search(r"\bat 0x[0-9a-f]{6,}", str(data.get("text/plain", ""))):
                yield "shows an object's address, which varies: give the last value a name"


def _code_faults(cell):
    """What is wrong with a cell's source."""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    if not lines:
        yield "is an empty code cell: delete it"
    if len(lines) > MOST_LINES and not tags(cell) & UNSHOWN:
        yield (
            f"shows {len(lines)} lines of code, {MOST_LINES} is the most: move work to src/ "
            "under a name that says what it does"
        )
    if calls(cell, "question", "predict") and "remove-input" not in tags(cell):
        yield "shows the answers of its questions: tag it remove-input"
    if found := re.search(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_\w+)", cell.source):
        yield f"has the comment {found[1]}: the only way to mark what varies is the tag {VARIES}"
    try:
        nodes = list(ast.walk(ast.parse(cell.source)))
    except SyntaxError as error:
        yield f"is not plain Python ({error.msg}, line {error.lineno})"
        return
    for node in nodes:
        names = [node.attr] if isinstance(node, ast.Attribute) else []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bends":
            names = [*node.module.split("."), *(alias.name for alias in node.names)]
        for name in names:
            if re.match(r"_(?!_)", name):
                yield f"uses the private name {name}: use or ask for a public one"
