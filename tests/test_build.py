"""The press: tiny books built from the real configuration; the Makefile with stand-in programs."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import bends_book
import nbformat
import pytest
import yaml
from conftest import ROOT

ONE, TWO = "01-what-does-an-activation-function-do", "02-which-ones-are-there"
GOOD = (ONE, "import bends\nprint(bends.relu(3.0))"), (TWO, "print(1 + 1)")
PRESS = ["_config.yml", "_ext", "_static", "_templates", "src", "references.bib"]


def write_chapter(folder, slug, code, text="Some words."):
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            nbformat.v4.new_markdown_cell(f"# {slug}\n\n{text}", id="words"),
            nbformat.v4.new_code_cell(code, id="code"),
        ],
    )
    nbformat.write(notebook, folder / "chapters" / f"{slug}.ipynb")


def make_book(folder, *chapters):
    """A book of short chapters, `(slug, code)` each, under the real press."""
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in PRESS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name, **({"ignore": ignore} if copy is shutil.copytree else {}))
    (folder / "requirements.txt").write_text("one==1\n")
    (folder / "index.md").write_text("# A tiny book\n")
    files = [{"file": f"chapters/{slug}"} for slug, _ in chapters]
    toc = {"format": "jb-book", "root": "index", "chapters": files}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc))
    (folder / "chapters").mkdir()
    for slug, code in chapters:
        write_chapter(folder, slug, code)
    return folder


def set_option(folder, name, value):
    path = folder / "_config.yml"
    text, count = re.subn(rf"(?m)^(  {name}:) \S+", rf"\1 {value}", path.read_text())
    assert count == 1
    path.write_text(text)


def build(folder):
    """Build as `make book` does; gives the exit status and all that was said."""
    program = Path(sys.executable).with_name("jupyter-book")
    settings = {"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
    done = subprocess.run(
        [program, "build", folder, "--all", "-n", "-W", "--keep-going"],
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, re.sub(r"\x1b\[[\d;]*m", "", done.stdout)


def files(site):
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def executed(log):
    """Names of the notebooks that this build ran."""
    return {Path(p).stem for p in re.findall(r"(\S+\.ipynb): Executing notebook using", log)}


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = make_book(tmp_path_factory.mktemp("good"), *GOOD)
    status, log = build(folder)
    assert status == 0, log
    return folder, files(folder / "_build" / "html"), log


# --- Builds --------------------------------------------------------------------------------------


def test_two_builds_in_two_places_give_the_same_bytes(good, tmp_path):
    _, first, log = good
    assert executed(log) == {ONE, TWO}
    book = make_book(tmp_path, *GOOD)
    status, log = build(book)
    assert status == 0, log
    second = files(book / "_build" / "html")
    assert {name for name in first | second if first.get(name) != second.get(name)} == set()


def test_an_edited_chapter_runs_again_alone(good):
    folder, first, _ = good
    write_chapter(folder, TWO, "print(1 + 2)")
    status, log = build(folder)
    assert status == 0, log
    assert executed(log) == {TWO}
    second = files(folder / "_build" / "html")
    assert first[f"chapters/{ONE}.html"] == second[f"chapters/{ONE}.html"]
    assert first[f"chapters/{TWO}.html"] != second[f"chapters/{TWO}.html"]


def test_a_notebook_that_raises_fails_and_is_named(tmp_path):
    status, log = build(make_book(tmp_path, (TWO, "height = {}['no such key']")))
    assert status != 0
    assert f"{TWO}.ipynb" in log and "height = {}['no such key']" in log and "KeyError" in log


def test_a_cell_that_hangs_fails_and_is_named(tmp_path):
    book = make_book(tmp_path, (TWO, "import time\ntime.sleep(600)"))
    set_option(book, "timeout", 2)
    status, log = build(book)
    assert status != 0
    assert f"{TWO}.ipynb" in log and "time.sleep(600)" in log and "2 seconds" in log


def test_faults_of_the_text_fail_and_are_named(tmp_path):
    book = make_book(tmp_path, (TWO, "1"))
    set_option(book, "execute_notebooks", '"off"')
    write_chapter(book, TWO, "1", "A [broken link](nowhere.md), {norole}`a`.\n\n#### Too deep")
    status, log = build(book)
    assert status != 0
    assert all(words in log for words in (TWO, "nowhere.md", "norole", "H1 to H4"))


def test_the_key_of_the_cache_follows_all_that_outputs_depend_on(tmp_path, monkeypatch):
    monkeypatch.setattr(bends_book, "ROOT", tmp_path)
    names = ["requirements.txt", "references.bib", "src/a.py", "results/runs/runs.csv"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    keys = [bends_book.cache_key()]
    assert bends_book.cache_key() == keys[0]
    for name in names:
        (tmp_path / name).write_text("2")
        keys.append(bends_book.cache_key())
    (tmp_path / "src" / "b.py").write_text("1")
    keys.append(bends_book.cache_key())
    assert len(set(keys)) == len(names) + 2


# --- The Makefile --------------------------------------------------------------------------------


def program(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


def make(folder, *arguments):
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


@pytest.fixture
def workshop(tmp_path):
    """A folder with the Makefile and an environment that looks finished."""
    for name in ("Makefile", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "index.md").write_text("# A book\n")
    program(tmp_path / ".venv" / "ready")
    return tmp_path


def presses(folder, text, status):
    """Stand-in for jupyter-book: says what it was told, writes a page, ends with `status`."""
    page = "_build/work/_build/html"
    program(
        folder / ".venv" / "bin" / "jupyter-book",
        'echo "pressing $*"',
        f"mkdir -p {page} && echo {text} > {page}/index.html",
        f"exit {status}",
    )


def test_a_failed_build_leaves_the_last_good_book(workshop):
    page = workshop / "_build" / "html" / "index.html"
    presses(workshop, "good", 0)
    status, said = make(workshop, "book")
    assert (status, page.read_text()) == (0, "good\n"), said
    assert all(word in said for word in ("-n", "-W", "--keep-going", str(page)))

    (workshop / "index.md").write_text("# An edited book\n")
    os.utime(workshop / "index.md", (page.stat().st_mtime + 5,) * 2)
    presses(workshop, "bad", 1)
    status, said = make(workshop, "book")
    assert (status != 0, page.read_text()) == (True, "good\n"), said
    assert "The build failed" in said and "_build/html" in said


def test_a_book_with_nothing_changed_is_not_built_again(workshop):
    presses(workshop, "good", 0)
    assert "pressing" in make(workshop, "book")[1]
    status, said = make(workshop, "book")
    assert status == 0 and "pressing" not in said and "index.html" in said


def test_an_old_python_is_told_so(workshop):
    shutil.rmtree(workshop / ".venv")
    program(workshop / "old", '[ "$1" = -c ] && exit 1', "echo Python 3.8.10")
    status, said = make(workshop, "book", "PYTHON=./old")
    assert status != 0
    assert "needs Python 3.11 or later; this is Python 3.8.10" in said and "PYTHON=" in said


def test_an_install_without_a_network_is_told_so(workshop):
    shutil.rmtree(workshop / ".venv")
    program(
        workshop / "python",
        '[ "$1" = -m ] || exit 0',
        "mkdir -p .venv/bin",
        "printf '#!/bin/sh\\nexit 1\\n' > .venv/bin/pip",
        "chmod +x .venv/bin/pip",
    )
    status, said = make(workshop, "book", "PYTHON=./python")
    assert status != 0
    assert "could not be installed" in said and "network" in said
    assert not (workshop / ".venv" / "ready").exists()


def test_help_lists_every_target(workshop):
    text = (ROOT / "Makefile").read_text()
    targets = re.search(r"\.PHONY: (.*)", text)[1].split()
    assert set(re.findall(r"(?m)^make (\w+)", make(workshop, "help")[1])) == set(targets)


# --- The README's commands -----------------------------------------------------------------------


def test_the_readme_without_make_does_what_make_does():
    text = (ROOT / "README.md").read_text(encoding="utf8")
    blocks = re.findall(r"```bash\n(.*?)```", text, re.S)
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"\.PHONY: (.*)", makefile)[1].split()
    for target in re.findall(r"\bmake (\w+)", "\n".join(blocks)):
        assert target in targets
    (steps,) = [block.splitlines() for block in blocks if "jupyter-book build" in block]
    assert steps[2:4] == [
        "pip install -r requirements.txt",
        "pip install --no-deps -e .",
    ]
    (pressed,) = re.findall(r"jupyter-book build \. (?:--path-output \S+ )?(.*?) 2>&1", makefile)
    assert steps[-1] == f"jupyter-book build . {pressed}"
