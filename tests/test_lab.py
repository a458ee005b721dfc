"""Chapter 1 in JupyterLab, as `make lab` and Binder show it, and in Notebook 7: in a browser."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from conftest import CHAPTERS, ROOT, missing
from notebook_rules import faults

from bends.look import COLORS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = f"{CHAPTERS[0]}.ipynb"
BINDER_MEGABYTES = 315
CELLS = """async () => {
  await jupyterapp.restored;
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await jupyterapp.commands.execute("notebook:run-all-cells");
  return panel.content.model.sharedModel.toJSON().cells;
}"""
# Click the first link to this file. The front end writes its own address into a link, and a
# notebook draws only the cells near those in sight.
CLICK = """async file => {
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  const at = panel.content.widgets.findIndex((cell) =>
    cell.model.type === "markdown" && cell.model.sharedModel.source.includes(`](${file}`));
  await panel.content.scrollToItem(at, "center");
  const name = file.split("/").at(-1);
  for (let tries = 0; tries < 100; tries++) {
    const link = panel.content.widgets[at].node.querySelector(`a[href*="${name}"]`);
    if (link) return link.click();
    await new Promise((wait) => setTimeout(wait, 100));
  }
  throw new Error(`no link to ${file}: ${panel.content.widgets[at].node.innerHTML}`);
}"""
THEME = "name => jupyterapp.commands.execute('apputils:change-theme', {theme: name})"
# Whether the ground of the first picture has this colour.
GROUND = """color => {
  const picture = document.querySelector(".jupyter-widgets [role=img]");
  const wanted = color.slice(1).match(/../g).map((part) => parseInt(part, 16)).join(", ");
  return getComputedStyle(picture).backgroundColor === `rgb(${wanted})`;
}"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """What running needs of the repository, so that a run changes no file of this one."""
    clone = tmp_path_factory.mktemp("clone")
    ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", ".ipynb_checkpoints")
    for name in ("back", "binder", "chapters", "results", "src"):
        if (ROOT / name).exists():
            shutil.copytree(ROOT / name, clone / name, ignore=ignore)
    for name in ("index.md", "Makefile", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, clone)
    return clone


@pytest.fixture(scope="module")
def here(clone):
    """The environment that runs the tests."""
    return Path(sys.executable).parent, {"PYTHONPATH": str(clone / "src")}


@pytest.fixture(scope="module")
def binder(clone, record_testsuite_property):
    """A fresh environment, made as Binder makes it from the folder binder/ alone."""
    start = time.perf_counter()
    environment = clone / "environment"
    uv = Path(sys.executable).with_name("uv")
    programs = environment / "bin"
    settings = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}
    install = [uv, "pip", "install", "-q", "--python", programs / "python"]
    for command in (
        [uv, "venv", "-q", "--seed", "--python", sys.executable, environment],
        [*install, "-r", "binder/requirements.txt"],
        ["bash", "binder/postBuild"],
    ):
        done = subprocess.run(
            command, cwd=clone, env={**os.environ, **settings}, capture_output=True, text=True
        )
        if done.returncode:
            missing(f"The environment of binder/ cannot be made: {done.stderr[-300:]}")
    record_testsuite_property("binder_seconds", round(time.perf_counter() - start))
    return programs, settings


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def lab(clone, tmp_path):
    """`lab(programs, settings)` starts JupyterLab there, or Notebook, and gives its address."""
    servers = []

    def lab(programs, settings, program="jupyter-lab"):
        port = free_port()
        folders = {
            name: str(tmp_path / name)
            for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")
        }
        arguments = ["--no-browser", "--allow-root", "--ip=127.0.0.1"]
        arguments += [f"--port={port}", "--IdentityProvider.token="]
        arguments += [
            f"--{app}.expose_app_in_browser=True" for app in ("LabApp", "JupyterNotebookApp")
        ]
        arguments += ["--LabApp.news_url="]
        arguments += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        command = [programs / program, *arguments, "--ServerApp.port_retries=0"]
        if program == "make":
            command = ["make", "-o", ".venv/ready", f"BIN={programs}", "lab"]
            command += ["ARGS=" + " ".join(arguments)]
        server = subprocess.Popen(
            command,
            cwd=clone,
            env={**os.environ, **folders, **settings, "BENDS_FACE": "live"},
            start_new_session=True,  # `make` does not end what it started
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        servers.append(server)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api").close()
                return f"http://127.0.0.1:{port}"
            except OSError:
                assert server.poll() is None, server.stderr.read().decode()[-2000:]
                time.sleep(0.2)
        pytest.fail(f"{program} does not answer")

    yield lab
    for server in servers:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            os.killpg(server.pid, signal.SIGTERM)
        server.communicate(timeout=30)


def picture(tab):
    return tab.locator(".jupyter-widgets svg").first.evaluate("svg => svg.outerHTML")


def run_chapter(browser, address, page="lab/tree", key="ArrowRight"):
    """Run every cell, see no error, move the first slider and see its picture change."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    tab = context.new_page()
    tab.goto(f"{address}/{page}/{NOTEBOOK}")
    tab.wait_for_function(
        "window.jupyterapp?.shell.currentWidget?.context?.path.endsWith('.ipynb')"
    )
    cells = [c for c in tab.evaluate(CELLS) if c["cell_type"] == "code" and c["source"]]
    for cell in cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error", output
            assert output.get("name") != "stderr", output
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    slider = tab.get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    before = picture(tab)
    slider.focus()
    slider.press(key)
    for _ in range(100):
        if picture(tab) != before:
            break
        tab.wait_for_timeout(100)
    else:
        pytest.fail("The picture does not follow the slider")
    for theme, paper in zip(("Light", "Dark"), COLORS["paper"], strict=True):
        tab.evaluate(THEME, f"JupyterLab {theme}")
        tab.wait_for_function(GROUND, arg=paper)
    context.close()


def test_chapter_1_runs_and_moves(browser, here, lab):
    run_chapter(browser, lab(*here))


def test_chapter_1_runs_and_moves_in_notebook_7(browser, here, lab):
    # It takes the arrow keys for itself, to go from cell to cell.
    run_chapter(browser, lab(*here, "jupyter-notebook"), "notebooks", "PageUp")


def test_chapter_1_runs_and_moves_in_binder(browser, binder, lab):
    programs, _ = binder
    size = sum(p.stat().st_size for p in programs.parent.rglob("*") if p.is_file())
    assert size < BINDER_MEGABYTES * 1e6, f"{size / 1e6:.0f} MB"
    run_chapter(browser, lab(*binder))


OPENED = "path => jupyterapp.shell.currentWidget?.context?.path === path"


def test_make_lab_opens_the_chapters_and_their_links_lead_somewhere(browser, clone, here, lab):
    address = lab(*here, "make")
    tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.set_default_timeout(60_000)
    tab.goto(address)
    tab.wait_for_url("**/lab/tree/chapters")
    linking = next(path for path in CHAPTERS if path.startswith("chapters/07-"))
    for chapter, link, path in [
        (CHAPTERS[0], "../back/glossary.md", "back/glossary.md"),
        (CHAPTERS[0], f"{CHAPTERS[1].removeprefix('chapters/')}.ipynb", f"{CHAPTERS[1]}.ipynb"),
        (linking, "../index.md", "index.md"),
    ]:
        tab.goto(f"{address}/lab/tree/{chapter}.ipynb")
        tab.wait_for_function(OPENED, arg=f"{chapter}.ipynb")
        tab.locator("p:visible", has_text="To begin, run all cells").first.wait_for()
        # What JupyterLab writes when it saves what was only opened breaks no rule.
        tab.evaluate("jupyterapp.commands.execute('docmanager:save')")
        saved = nbformat.read(clone / f"{chapter}.ipynb", as_version=4)
        assert faults(saved, Path(chapter).stem) == []
        tab.evaluate(CLICK, link)
        tab.wait_for_function(OPENED, arg=path)
    tab.context.close()


def test_a_port_in_use_is_told():
    """`make lab` gives the port as the environment's JUPYTER_PORT."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = subprocess.run(
            [Path(sys.executable).with_name("jupyter-lab"), "--no-browser", "--allow-root"]
            + ["--ip=127.0.0.1", "--ServerApp.port_retries=0"],
            env={**os.environ, "JUPYTER_PORT": str(taken.getsockname()[1])},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode != 0 and "port" in done.stderr
