"""What *Copy* takes along from the code above."""

import subprocess
import sys

import copying
import nbformat
import pytest
from conftest import CHAPTERS, ROOT

HIDDEN = {"remove-input", "remove-cell"}


def taken(cells, source):
    """The lines before a piece of code that *Copy* takes."""
    found = copying.lines_before(cells, source)
    return [line for c, a, b in found for line in cells[c].splitlines()[a - 1 : b]]


CELLS = [
    'import numpy as np\nfrom bends import MLP, relu\n\nprint("ready")',
    "x = np.arange(3)\ny = x + 1\nfor n in x:\n    print(n)",
    "net = MLP([1, 2])\nrows = []",
    "for n in y:\n    rows.append(n)\nprint(rows)",
    "train(net, x)\nnet.weights[0] = 0\nprint(net)",
]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("print(relu(-1))", ["from bends import MLP, relu"]),
        ("y = 3\nprint(y)", []),
        ("print(y)", ["import numpy as np", "x = np.arange(3)", "y = x + 1"]),
        ("y = y + 1", ["import numpy as np", "x = np.arange(3)", "y = x + 1"]),
        ("print([x for x in range(3)])", []),
        ("for n in range(3):\n    k = n\n    print(k)", []),
        ("def f(a):\n    return a * np.e", ["import numpy as np"]),
        (
            "print(rows)",
            ["import numpy as np", "x = np.arange(3)", "y = x + 1", "rows = []"]
            + ["for n in y:", "    rows.append(n)"],
        ),
        ("print(of_another_program)", []),
        ("z = of_another_program + x", []),
        ("try:\n    relu('a')\nexcept TypeError as e:\n    print(e)", [CELLS[0].splitlines()[1]]),
    ],
)
def test_it_takes_the_lines_that_make_the_names(source, lines):
    assert taken(CELLS[:4], source) == lines


def test_what_changes_a_thing_comes_along():
    cells = [*CELLS, ""]
    cells[0] += "\nfrom bends import train"
    assert taken(cells, "net(x)")[-2:] == ["train(net, x)", "net.weights[0] = 0"]


def test_a_starter_gives_nothing_and_takes():
    def cell(code, tag="", kind="ipython3"):
        return (
            f'<div class="cell{tag} docutils container"><div class="highlight-{kind} notranslate">'
            f'<div class="highlight"><pre>{code}</pre></div></div></div>'
        )

    body = cell("import numpy as np") + cell("a = np.e", " tag_starter") + cell("a = np.pi")
    made = copying.with_needs(body + cell("a &lt; 3", kind="python"))
    assert made.count('<pre data-needs="0:1-1">') == 2
    assert '<pre data-needs="0:1-1 2:1-1">a &lt; 3' in made


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_cell_of_a_chapter_is_copied_with_a_name_that_nothing_makes(chapter, tmp_path):
    cells = []
    for at, cell in enumerate(nbformat.read(ROOT / f"{chapter}.ipynb", as_version=4).cells):
        tags = set(cell.metadata.get("tags", []))
        if cell.cell_type != "code" or tags & HIDDEN:
            continue
        lines = [*taken(cells, cell.source), cell.source]
        (tmp_path / f"cell_{at}.py").write_text("\n".join(lines), encoding="utf8")
        cells.append("" if "starter" in tags else cell.source)
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--no-cache", "--select", "F821", "--output-format", "concise"]
    found = subprocess.run([*ruff, "check", *rules, tmp_path], capture_output=True, text=True)
    assert found.returncode == 0, found.stdout
