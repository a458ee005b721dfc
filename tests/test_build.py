"""The press: tiny books built from the real configuration; the Makefile with stand-in programs."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import archives
import bends_book
import freshness
import nbformat
import press
import pytest
import yaml
from conftest import ROOT

ONE, TWO = "01-what-does-an-activation-function-do", "02-which-ones-are-there"
GOOD = (ONE, "import bends\nprint(bends.relu(3.0))"), (TWO, "print(1 + 1)")
PRESS = [
    "_config.yml",
    "_ext",
    "_static",
    "_templates",
    "src",
    "references.bib",
    "LICENSE",
    "NOTICE",
]


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


def start(folder, **options):
    """Begin to build as `make book` does."""
    command = [sys.executable, folder / "_ext" / "press.py"]
    settings = {"PYTHONPATH": str(folder / "src"), "NO_COLOR": "1"}
    return subprocess.Popen(
        command,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def end(building):
    """The exit status of a build and all that it said."""
    said = building.communicate()[0]
    return building.returncode, re.sub(r"\x1b\[[\d;]*m", "", said)


def build(folder):
    return end(start(folder))


def files(site):
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def executed(log):
    """Names of the notebooks that this build ran, side by side; MyST-NB found them all run."""
    assert "Executing notebook" not in log
    return set(re.findall(r"(\S+)\.ipynb: executing", log))


def reads(log):
    """How many pages this build read anew: those added and those changed."""
    return sum(map(int, re.search(r"(\d+) added, (\d+) changed", log).groups()))


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


def test_the_site_has_no_file_that_no_page_asks_for(good):
    _, site, _ = good
    own = {path.name for path in (ROOT / "_static").glob("*.js")}
    beside = {name.removeprefix("_static/") for name in site if re.fullmatch("_static/[^/]+", name)}
    assert beside == own | {"favicon.svg", "search-index.js"}


def test_an_edited_chapter_runs_again_alone(good):
    folder, first, _ = good
    write_chapter(folder, TWO, "print(1 + 2)")
    status, log = build(folder)
    assert status == 0, log
    assert (executed(log), reads(log)) == ({TWO}, 1)
    second = files(folder / "_build" / "html")
    assert first[f"chapters/{ONE}.html"] == second[f"chapters/{ONE}.html"]
    assert first[f"chapters/{TWO}.html"] != second[f"chapters/{TWO}.html"]


def test_a_build_from_the_last_one_gives_the_bytes_of_a_build_from_nothing(good):
    folder, *_ = good
    write_chapter(folder, TWO, GOOD[1][1], f"See [](../chapters/{ONE}.ipynb).")
    assert build(folder)[0] == 0
    before = files(folder / "_build" / "html")

    path = folder / "chapters" / f"{ONE}.ipynb"
    path.write_text(path.read_text().replace(f"# {ONE}", "# Another title"))
    os.utime(path, (1, 1))  # an old date, as after a copy that keeps dates
    status, log = build(folder)
    assert (status, executed(log), reads(log)) == (0, set(), 1), log
    after = files(folder / "_build" / "html")
    # Its neighbour was not read again, and carries the new title all the same.
    assert before[f"chapters/{TWO}.html"] != after[f"chapters/{TWO}.html"]

    shutil.rmtree(folder / "_build" / "kept")
    status, log = build(folder)
    assert (status, executed(log), reads(log)) == (0, set(), 3), log
    nothing = files(folder / "_build" / "html")
    assert {name for name in after | nothing if after.get(name) != nothing.get(name)} == set()


def test_faults_fail_each_time_until_they_are_mended(good):
    folder, *_ = good
    write_chapter(folder, TWO, GOOD[1][1], f"See [this](../chapters/{ONE}.ipynb#a-part).")
    write_chapter(folder, ONE, GOOD[0][1], "## A part")
    assert build(folder)[0] == 0
    book = files(folder / "_build" / "html")
    # The broken link stands on a page that is not read again; the unknown role on one that is.
    write_chapter(folder, ONE, GOOD[0][1], "## A part with another name, {norole}`a`")
    for _ in range(2):
        status, log = build(folder)
        assert status != 0
        assert all(words in log for words in (f"{TWO}.ipynb", "a-part", "norole"))
        assert files(folder / "_build" / "html") == book, "the last good one"
    write_chapter(folder, ONE, GOOD[0][1], "## A part")
    assert build(folder)[0] == 0


def test_two_builds_at_once_wait_for_each_other(good):
    folder, *_ = good
    write_chapter(folder, TWO, "import time\ntime.sleep(1)\nprint('slow')")
    both = [end(building) for building in [start(folder), start(folder)]]
    assert [status for status, _ in both] == [0, 0], both
    assert sum("waiting for its end" in log for _, log in both) == 1
    assert sum(executed(log) == {TWO} for _, log in both) == 1, "the second found all done"
    assert "slow" in (folder / "_build" / "html" / "chapters" / f"{TWO}.html").read_text()


def test_an_interrupted_build_ends_in_one_line(tmp_path):
    book = make_book(tmp_path, (ONE, "import time\ntime.sleep(600)"))
    # Where this run itself ignores Ctrl-C, its children would, too.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    building = start(book, process_group=0, preexec_fn=heed)
    try:
        assert any("executing" in line for line in building.stdout)
        os.killpg(building.pid, signal.SIGINT)
        rest = building.communicate(timeout=60)[0]
    finally:
        if building.poll() is None:
            os.killpg(building.pid, signal.SIGKILL)
    assert building.returncode == 130
    assert "Stopped." in rest and "Traceback" not in rest


def test_all_notebooks_that_raise_or_hang_fail_and_are_named(tmp_path):
    chapters = (ONE, "import time\ntime.sleep(600)"), (TWO, "height = {}['no such key']")
    book = make_book(tmp_path, *chapters)
    set_option(book, "timeout", 2)
    status, log = build(book)
    assert status != 0
    assert f"{ONE}.ipynb" in log and "time.sleep(600)" in log and "2 seconds" in log
    assert f"{TWO}.ipynb" in log and "height = {}['no such key']" in log and "KeyError" in log


def test_faults_of_the_text_fail_and_are_named(tmp_path):
    book = make_book(tmp_path, (TWO, "1"))
    set_option(book, "execute_notebooks", '"off"')
    write_chapter(book, TWO, "1", "A [broken link](nowhere.md), {norole}`a`.\n\n#### Too deep")
    status, log = build(book)
    assert status != 0
    assert all(words in log for words in (TWO, "nowhere.md", "norole", "H1 to H4"))


def test_the_key_of_the_cache_follows_all_that_outputs_depend_on(tmp_path, monkeypatch):
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    names = ["requirements.txt", "references.bib", "src/a.py", "results/runs/runs.csv"]
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    keys = [freshness.digest(freshness.RUNS_ON)]
    assert freshness.digest(freshness.RUNS_ON) == keys[0]
    for name in names:
        (tmp_path / name).write_text("2")
        keys.append(freshness.digest(freshness.RUNS_ON))
    (tmp_path / "src" / "b.py").write_text("1")
    keys.append(freshness.digest(freshness.RUNS_ON))
    assert len(set(keys)) == len(names) + 2


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A folder that the press takes for the book's: one page, and a stand-in for Jupyter Book.

    `empty.outcomes` holds whether the next builds succeed, `empty.pressed` what each found.
    """
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    build = tmp_path / "_build"
    places = {"WORK": "work", "KEPT": "kept", "SITE": "html", "BEFORE": "before"}
    for name, place in places.items():
        monkeypatch.setattr(press, name, build / place)
    (tmp_path / "index.md").write_text("# A book")
    stand = SimpleNamespace(folder=tmp_path, outcomes=[], pressed=[])

    def stand_in():
        stand.pressed.append((build / "work" / ".doctrees").exists())
        (build / "work" / "html").mkdir(parents=True)
        (build / "work" / "html" / "index.html").write_text(f"build {len(stand.pressed)}")
        return stand.outcomes.pop(0) if stand.outcomes else True

    monkeypatch.setattr(press, "jupyter_book", stand_in)
    return stand


def packed(site):
    with zipfile.ZipFile(site / archives.COURSE) as archive:
        return {name.removeprefix("bends/") for name in archive.namelist()}


def test_a_new_test_goes_into_the_archive_and_builds_nothing(empty):
    assert press.press() == 0
    for name in ("tests/test_one.py", ".ci/run", "tests/.left", "tests/__pycache__/one.pyc"):
        (empty.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (empty.folder / name).write_text("1")
    (empty.folder / "notes.txt").write_text("my own")
    assert press.press() == 0
    assert packed(press.SITE) == {"index.md", "tests/test_one.py", ".ci/run"}
    (press.SITE / archives.COURSE).unlink()
    assert press.press() == 0 and not (press.SITE / archives.COURSE).exists(), "nothing to do"
    assert len(empty.pressed) == 1


@pytest.mark.parametrize("when", [0, 1], ids=["before", "between"])
def test_a_stop_while_the_new_book_takes_its_place_loses_nothing(empty, when):
    assert press.press() == 0
    (empty.folder / "index.md").write_text("# An edited book")
    rename, done = Path.rename, []

    def stopped(self, target):
        if len(done) == when:
            raise KeyboardInterrupt
        done.append(target)
        return rename(self, target)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rename", stopped)
        press.press()
    there = [p for p in (press.SITE, press.BEFORE) if p.exists()]
    assert [(p / "index.html").read_text() for p in there] == ["build 1"]


def test_a_book_that_was_set_aside_comes_back(empty):
    assert press.press() == 0
    press.SITE.rename(press.BEFORE)
    empty.outcomes[:] = [False]
    (empty.folder / "index.md").write_text("# A faulty book")
    assert press.press() == 1
    assert (press.SITE / "index.html").read_text() == "build 1"


def test_a_book_built_by_hand_is_not_trusted(empty):
    assert press.press() == 0
    bends_book.distrust(SimpleNamespace(outdir=str(press.WORK / "html")), None)
    assert (press.press(), len(empty.pressed)) == (0, 1)
    bends_book.distrust(SimpleNamespace(outdir=str(press.SITE)), None)
    assert (press.press(), len(empty.pressed)) == (0, 2)


def test_pages_that_the_build_makes_do_not_make_it_old(tmp_path, monkeypatch):
    monkeypatch.setattr(freshness, "ROOT", tmp_path)
    made = tmp_path / "back" / "functions"
    monkeypatch.setattr(freshness, "GENERATED", made)
    made.mkdir(parents=True)
    before = freshness.book()
    (made / "relu.md").write_text("made")
    assert freshness.book() == before
    (tmp_path / "back" / "glossary.md").write_text("written")
    assert freshness.book() != before


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
    program(tmp_path / ".venv" / "ready")
    return tmp_path


def test_make_book_says_where_the_book_is_only_when_it_is_built(workshop):
    program(workshop / ".venv" / "bin" / "python", 'echo "running $*"')
    status, said = make(workshop, "book")
    assert status == 0 and "running _ext/press.py" in said
    assert str(workshop / "_build" / "html" / "index.html") in said
    program(workshop / ".venv" / "bin" / "python", "exit 1")
    status, said = make(workshop, "book")
    assert status != 0 and "is built" not in said


def test_a_book_is_built_once_and_a_failure_leaves_it(empty, capsys):
    page, empty.outcomes[:] = press.SITE / "index.html", [True, False, True, True]
    assert (press.press(), press.press(), page.read_text()) == (0, 0, "build 1")
    (empty.folder / "index.md").write_text("# An edited book")
    assert (press.press(), page.read_text()) == (1, "build 1")
    assert "The build failed" in capsys.readouterr().out
    assert (press.press(), press.press(), page.read_text()) == (0, 0, "build 3")
    assert empty.pressed == [False, True, True], "what the last good build had read is taken over"
    (empty.folder / "src").mkdir()
    (empty.folder / "src" / "helper.py").write_text("1")
    assert (press.press(), empty.pressed[-1]) == (0, False)


def test_an_old_python_is_told_so(workshop):
    shutil.rmtree(workshop / ".venv")
    program(workshop / "old", '[ "$1" = -c ] && exit 1', "echo Python 3.8.10")
    status, said = make(workshop, "book", "PYTHON=./old")
    assert status != 0
    assert "needs Python 3.11 or later; this is Python 3.8.10" in said and "PYTHON=" in said


def test_a_python_that_is_not_there_is_told_so(workshop):
    shutil.rmtree(workshop / ".venv")
    status, said = make(workshop, "book", "PYTHON=nopython")
    assert status != 0
    assert "There is no program nopython here." in said and "make PYTHON=" in said


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


def test_make_clean_leaves_what_is_kept_and_what_the_reader_wrote(workshop):
    before = {path.name for path in workshop.iterdir()} - {".venv"}
    made = ["_build/html/index.html", "back/functions/relu.md", "src/bends.egg-info/PKG-INFO"]
    kept = ["back/glossary.md", "my-chapters/01.ipynb", "src/bends/look.py"]
    for name in [*made, *kept]:
        (workshop / name).parent.mkdir(parents=True, exist_ok=True)
        (workshop / name).write_text("1")
    assert make(workshop, "clean")[0] == 0
    left = {p.relative_to(workshop).as_posix() for p in workshop.rglob("*") if p.is_file()}
    assert left == before | set(kept)


def test_make_lab_has_its_root_at_the_course_and_hands_arguments_on(workshop):
    program(workshop / ".venv" / "bin" / "python", 'echo "running $*"')
    program(workshop / ".venv" / "bin" / "jupyter", 'echo "in $PWD: $*"')
    status, said = make(workshop, "lab", "ARGS=--no-browser --port=8899")
    assert status == 0 and "running _ext/copies.py" in said and f"in {workshop}: lab " in said
    assert "--LabApp.default_url=/lab/tree/my-chapters --no-browser --port=8899" in said


def test_help_lists_every_target(workshop):
    text = (ROOT / "Makefile").read_text()
    targets = re.search(r"\.PHONY: (.*)", text)[1].split()
    assert set(re.findall(r"(?m)^make (\w+)", make(workshop, "help")[1])) == set(targets)


def test_a_run_without_chromium_says_so_first(tmp_path):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/test_lab.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    head = done.stdout.partition("collected")[0]
    assert "No Chromium here: install it (Debian, Ubuntu: apt install chromium)." in head


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
    assert steps[-1] == " ".join(["jupyter-book build . --all", *press.STRICT])
