"""The chapters keep the house's rules; their solutions pass. (nbval compares their outputs.)"""

import ast
import asyncio
import os
import re
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import execution
import jupyter_cache
import kernels
import nbformat
import notebooks
import pytest
import shake
from jupyter_cache.base import CacheBundleIn
from notebook_rules import (
    METADATA,
    SOLUTION,
    TAGS,
    exercises,
    faults,
    long_hidden,
    names_from_hidden,
    printed,
)

from bends.check.exercises import RIGHT

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted((ROOT / "chapters").glob("*.ipynb"))
chapters = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)

SOLVED = f"{SOLUTION}```python\nanswer = 3\n```\n\n</details>"


def finish(coroutine):
    """Run it to its end on a thread of its own: a browser's tests keep a loop on this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def good():
    """A small notebook as an author leaves it, before `make notebooks`."""
    new = nbformat.v4
    return new.new_notebook(
        cells=[
            new.new_markdown_cell("# What is three?\n\n```python\n# a comment\n```"),
            new.new_code_cell("from bends.check import check, question\nprint('hello')"),
            new.new_code_cell(
                "question('Is it?', {'yes': (True, 'It is.'), 'no': (False, 'It is.')})",
                metadata={"tags": ["remove-input"]},
            ),
            new.new_code_cell("answer = ...", metadata={"tags": ["starter"]}),
            new.new_code_cell("check(answer, 3)", metadata={"tags": ["remove-cell"]}),
            new.new_markdown_cell(f"{SOLVED}\n\nAnd now?"),
        ]
    )


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """The good notebook after `make notebooks`."""
    path = tmp_path_factory.mktemp("chapters") / "01-three.ipynb"
    nbformat.write(good(), path)
    assert finish(notebooks.main([path])) == 0
    return path


def run_solved(path, arithmetic):
    """The notebook, its exercises and itself once run with solutions in the starters' places."""
    stored, solved = (nbformat.read(path, as_version=4) for _ in range(2))
    found = list(exercises(solved))
    assert found, "a chapter has exercises"
    for starter, check, code in found:
        assert check and code, f"after {starter.source!r} a check and a solution are missing"
        starter.source = code
    finish(shake.rerun(solved, path, arithmetic))
    return stored, found, solved


# --- the chapters --------------------------------------------------------------------------------


@chapters
def test_a_chapter_keeps_the_rules(path):
    assert faults(nbformat.read(path, as_version=4)) == []


@chapters
def test_a_chapters_file_is_numbered(path):
    assert path.stem[:2].isdigit() and path.stem[2] == "-"
    assert path.stem == path.stem.lower() and " " not in path.stem and "_" not in path.stem


@chapters
def test_a_chapter_holds_when_shaken_and_its_solutions_pass(path):
    """One run for both: what differs is named; nbval runs the chapter as it is."""
    stored, found, solved = run_solved(path, *shake.shakes(1))
    verdicts = [printed(check) for _, check, _ in found]
    assert [verdict for verdict in verdicts if not verdict.startswith(RIGHT)] == []
    apart = {cell.id for starter, check, _ in found for cell in (starter, check)}
    assert shake.differences(stored, solved, apart) == []


# --- the rules notice ----------------------------------------------------------------------------


def test_making_twice_changes_nothing(stored):
    first = stored.read_bytes()
    assert finish(notebooks.main([stored])) == 0
    assert stored.read_bytes() == first


def test_nbval_compares_what_is_stored(stored, tmp_path):
    def nbval(path):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbval"]
        settings = {"BENDS_FACE": "text", "PYTHONPATH": str(ROOT / "src")}
        return subprocess.run(
            [*command, "--nbval-current-env", f"--rootdir={path.parent}", str(path)],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
        )

    assert "4 passed" in nbval(stored).stdout
    altered = tmp_path / stored.name
    altered.write_text(stored.read_text().replace('hello\\n"', 'hallo\\n"'))
    assert "1 failed, 3 passed" in nbval(altered).stdout


def test_what_is_stored(stored):
    notebook = nbformat.read(stored, as_version=4)
    assert notebook.metadata == METADATA
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == [1, 2, 3, 4]
    assert printed(codes[0]) == "hello\n"
    assert codes[1].outputs[0].data == {"text/plain": "Is it?\n  a) yes\n  b) no"}
    hidden = [cell.metadata.get("jupyter") for cell in codes]
    assert hidden == [None, {"source_hidden": True}, None, {"source_hidden": True}]
    assert printed(codes[3]).startswith("Not answered yet.")
    _, found, _ = run_solved(stored, shake.Arithmetic("native"))
    assert [printed(check) for _, check, _ in found] == ["Right.\n"]


@pytest.mark.parametrize(
    ("cell", "change", "words"),
    [
        (2, {"execution_count": None}, "has the count None, not 1"),
        (0, {"source": "# One\n\n# Two"}, "2 lines begin with '# '"),
        (0, {"source": "## None"}, "0 lines begin with '# '"),
        (0, {"source": "# One\n\n*20 minutes. You need no more.*"}, "the press counts them"),
        (2, {"metadata": {"tags": ["stater"]}}, "unknown tag 'stater'"),
        (2, {"metadata": {"collapsed": True}}, "stores more about itself"),
        (0, {"attachments": {"a.png": {"image/png": "iVBO"}}}, "attached picture"),
        (2, {"source": "from bends import check\ncheck._show(3)"}, "private name _show"),
        (2, {"source": "from bends.check import _show"}, "private name _show"),
        (2, {"source": "\n".join(f"x{i} = 1" for i in range(21))}, "shows 21 lines"),
        (2, {"source": "%pip install bends"}, "is not plain Python"),
        (2, {"source": "x = 1  # NBVAL_SKIP"}, "the comment NBVAL_SKIP"),
        (2, {"source": ""}, "empty code cell"),
        (1, {"source": "Elsewhere."}, "how to begin"),
        (3, {"metadata": {}}, "shows the answers"),
        (5, {"source": "print(answer)"}, "without a check"),
        (5, {"metadata": {}}, "check is on the page"),
        (6, {"source": "The solution is 3."}, "without a solution"),
        (6, {"source": SOLVED.replace("\n\n", "\n")}, "without a solution"),
        (
            6,
            {"source": SOLVED.replace("answer = 3\n```", "1\n```\n\n```python\n2\n```")},
            "solution",
        ),
    ],
)
def test_a_broken_notebook_is_named(stored, cell, change, words):
    notebook = nbformat.read(stored, as_version=4)
    notebook.cells[cell].update(nbformat.from_dict(change))
    assert any(words in fault for fault in faults(notebook)), faults(notebook)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (("display_data", {"data": {"image/png": "iVBO"}}), "stores image/png"),
        (("display_data", {"data": {"text/html": "<b>x</b>"}}), "stores text/html"),
        (("execute_result", {"data": {"text/plain": "<Line at 0x7f00aa11>"}}), "address"),
        (("stream", {"name": "stderr", "text": "Warning"}), "standard error"),
        (("error", {"ename": "NameError", "evalue": "x", "traceback": []}), "error NameError"),
    ],
)
def test_a_stored_output_that_is_not_text_is_named(stored, output, words):
    kind, content = output
    notebook = nbformat.read(stored, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output(kind, **content)]
    assert any(words in fault for fault in faults(notebook))


def code_cells(*cells):
    made = [
        nbformat.v4.new_code_cell(source, metadata={"tags": tags}) for source, *tags in cells
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=made)


def test_names_that_only_hidden_code_made_are_named():
    notebook = code_cells(
        (
            "import numpy as np\nfrom bends import relu, tanh\ndef f(x):\n    return x",
            "remove-input",
        ),
        ("x = np.ones(3)\nprint(f(x))",),
        ("from bends import tanh\nprint([tanh(x) for x in range(3)])",),
        ("y = tanh(x)\ndef g(relu):\n    return relu",),
        ("z = f(relu(y))", "remove-cell"),
    )
    assert list(names_from_hidden(notebook)) == [(1, "f"), (1, "np")]


def test_long_hidden_cells_are_named():
    long, short = "\n".join(["x = 1"] * 31), "\n\n".join(["x = 1"] * 30)
    notebook = code_cells((long, "remove-input"), (short, "remove-cell"), (long,))
    assert list(long_hidden(notebook)) == [0]


def opened(notebook):
    """A notebook as JupyterLab saves it again once a reader has opened it."""
    notebook = nbformat.from_dict(notebook)
    notebook.metadata["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    notebook.metadata["language_info"] |= {"version": "3.12.3", "file_extension": ".py"}
    return notebook


def test_an_opened_notebook_breaks_no_rule_and_is_not_run_again(stored, tmp_path):
    before = nbformat.read(stored, as_version=4)
    after = opened(nbformat.read(stored, as_version=4))
    assert faults(before) == faults(after) == []
    other = nbformat.read(stored, as_version=4)
    other.cells[2].source += "  # else"
    cache = jupyter_cache.get_cache(tmp_path)
    path = tmp_path / "run.ipynb"
    bundle = CacheBundleIn(before, str(path), data={})
    cache.cache_notebook_bundle(bundle, check_validity=False)
    for notebook, missing in [(before, 0), (after, 0), (other, 1)]:
        nbformat.write(notebook, path)
        assert len(list(execution.missing(cache, [path]))) == missing


def test_widget_state_and_an_accepted_starter_are_named(stored):
    notebook = nbformat.read(stored, as_version=4)
    notebook.metadata["widgets"] = {}
    notebook.cells[5].outputs[0].text = "Right.\n"
    words = " ".join(faults(notebook))
    assert "metadata" in words and "does not call the bare starter bare" in words


@pytest.mark.parametrize(
    ("source", "seconds", "words"),
    [
        ("undefined", 60, "cell 2 (broken) raises NameError: name 'undefined' is not defined"),
        ("import time; time.sleep(60)", 1, "cell 2 (broken) runs longer than 1 s"),
        ("import os; os._exit(1)", 60, "cell 2 (broken) stops the kernel"),
    ],
)
def test_a_cell_that_fails_is_named_and_the_file_stays(tmp_path, source, seconds, words):
    notebook = good()
    notebook.cells[1].update(source=source, id="broken")
    path = tmp_path / "01-broken.ipynb"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    with pytest.raises(notebooks.NotebookError) as caught:
        finish(notebooks.remake(path, cell_seconds=seconds))
    assert words in str(caught.value) and str(path) in str(caught.value)
    assert path.read_bytes() == before


def test_what_is_no_notebook_is_named_and_the_rest_is_made(tmp_path, stored, capsys):
    torn = tmp_path / "02-torn.ipynb"
    torn.write_text("{")
    assert finish(notebooks.main([torn, tmp_path / "03-absent.ipynb", stored])) == 1
    out, err = capsys.readouterr()
    assert "02-torn.ipynb is no notebook" in err and "03-absent.ipynb is no notebook" in err
    assert f"{stored}: unchanged" in out


def test_pictures_and_what_varies_are_dropped(tmp_path):
    new = nbformat.v4
    bundle = {"image/png": "iVBORw0KGgo=", "text/plain": "A"}
    show = f"from IPython.display import display\ndisplay({bundle}, raw=True)"
    cells = [
        new.new_markdown_cell("# Three"),
        new.new_code_cell(show, metadata={"trusted": True}),
        new.new_code_cell("import time\ntime.time()", metadata={"tags": ["nbval-ignore-output"]}),
    ]
    path = tmp_path / "01-three.ipynb"
    nbformat.write(new.new_notebook(cells=cells, metadata={"widgets": {}}), path)
    assert finish(notebooks.remake(path)) == []
    notebook = nbformat.read(path, as_version=4)
    assert notebook.cells[2].outputs[0].data == {"text/plain": "A"}
    assert notebook.cells[2].metadata == {}
    assert notebook.cells[3].outputs == [] and notebook.cells[3].execution_count == 2


@pytest.mark.parametrize("deaths", [2, 3])
def test_a_kernel_that_dies_as_it_starts_is_started_again(tmp_path, monkeypatch, deaths):
    start, managers = kernels.NotebookClient.async_start_new_kernel_client, []

    async def dying(client):
        managers.append(client.km)
        if len(managers) <= deaths:
            await client.km.shutdown_kernel(now=True)
            raise RuntimeError("Kernel died before replying to kernel_info")
        return await start(client)

    monkeypatch.setattr(kernels.NotebookClient, "async_start_new_kernel_client", dying)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("print(1)")])
    running = notebooks.run(notebook, tmp_path / "one.ipynb")
    if deaths == kernels.STARTS:
        with pytest.raises(RuntimeError):
            finish(running)
    else:
        finish(running)
        assert printed(notebook.cells[0]) == "1\n"
        assert len({id(manager) for manager in managers}) == 3


LOADING = [path for path in CHAPTERS if "../results/" in path.read_text(encoding="utf8")]


@pytest.mark.slow
@pytest.mark.parametrize("path", LOADING, ids=lambda path: path.stem)
def test_a_chapter_alone_says_what_is_missing(path, tmp_path):
    """Without stored runs, each cell that reads one says so in a line; the rest of them works."""
    notebook = nbformat.read(path, as_version=4)
    finish(notebooks.run(notebook, tmp_path / path.name, go_on=True))
    errors = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
    assert errors[0].ename == "MissingFile"
    for error in errors:
        assert error.ename in {"MissingFile", "NameError"}, error.evalue  # what the data would name
        if error.ename == "MissingFile":
            assert error.traceback == [error.evalue]
            assert re.match(r"There is no \.\./results/.* Get that", error.evalue)


READS = ("open", "read_text", "read_bytes")


@chapters
def test_chapters_read_files_by_the_loader_alone(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                name = getattr(node, "attr", getattr(node, "id", None))
                assert name not in READS, (cell.id, name)


def imported(source):
    """The packages that Python code imports, wherever it does."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module]
        yield from (name.split(".")[0] for name in names)


# Exact values for tests and test vectors; the frameworks that are asked for theirs.
NOT_FOR_A_CHAPTER = {
    "exact.py": {"mpmath"},
    "vectors/asking.py": {"torch", "jax", "onnx", "onnxruntime"},
}


def test_running_needs_only_what_is_installed_for_it():
    """Binder and a reader's `pip install` get the dependencies of pyproject.toml alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["project"]
    named = {re.match(r"[\w-]+", needed)[0] for needed in project["dependencies"]}
    there = {{"pillow": "PIL", "ipython": "IPython"}.get(name, name) for name in named}
    there |= {"bends", *sys.stdlib_module_names}
    for path in (ROOT / "src").rglob("*.py"):
        extra = NOT_FOR_A_CHAPTER.get(path.relative_to(ROOT / "src" / "bends").as_posix(), set())
        assert set(imported(path.read_text(encoding="utf8"))) <= there | extra, path
    for path in CHAPTERS:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert set(imported(cell.source)) <= there, (path.stem, cell.id)


def test_contributing_lists_the_tags_that_a_cell_may_carry():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf8")
    table = text.split("## Tags that a cell may carry")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^\| `([\w-]+)` \| \w", table, re.M)) == sorted(TAGS)
