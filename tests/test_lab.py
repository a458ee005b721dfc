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

import copies
import nbformat
import pytest
from conftest import CHAPTERS, ROOT, missing
from copies import COPIES

from bends.look import COLORS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOTEBOOK = f"{CHAPTERS[0]}.ipynb"
BINDER_MEGABYTES = 150  # that binder/ adds to the image
# JupyterLab and what runs it, as the lock file of repo2docker's image had them in October 2025.
IMAGE = ["jupyterlab==4.4.9", "jupyter-server==2.17.0", "notebook==7.4.7"]
IMAGE += ["ipykernel==7.0.1", "ipywidgets==8.1.7"]
IMAGE += ["jupyterlab-widgets==3.0.15", "widgetsnbextension==4.0.14"]
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
# Put an answer into the first starter.
ANSWER = """async answer => {
  await jupyterapp.restored;
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  const starter = panel.content.widgets.find((cell) =>
    (cell.model.getMetadata("tags") ?? []).includes("starter"));
  starter.model.sharedModel.setSource(answer);
}"""
# Bring the first cell with a slider into sight: others may be hidden.
SHOW = """async () => {
  const notebook = jupyterapp.shell.currentWidget.content;
  const at = notebook.widgets.findIndex((cell) =>
    cell.model.type === "code" && cell.model.sharedModel.source.includes("slider("));
  await notebook.scrollToItem(at, "center");
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
    for name in ("_ext", "back", "binder", "chapters", "results", "src"):
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
def binder(clone):
    """An environment like that of Binder's image, to which the folder binder/ alone is added.

    Gives its programs, its settings and the bytes that were added.
    """
    environment = clone / "environment"
    uv = Path(sys.executable).with_name("uv")
    programs = environment / "bin"
    settings = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}
    install = [uv, "pip", "install", "-q", "--python", programs / "python"]
    sizes = []
    for command in (
        [uv, "venv", "-q", "--seed", "--python", sys.executable, environment],
        [*install, *IMAGE],
        [*install, "-r", "binder/requirements.txt"],
        ["bash", "binder/postBuild"],
        [uv, "pip", "check", "--python", programs / "python"],
    ):
        done = subprocess.run(
            command, cwd=clone, env={**os.environ, **settings}, capture_output=True, text=True
        )
        if done.returncode:
            missing(f"The environment of binder/ cannot be made: {done.stderr[-300:]}")
        sizes.append(sum(p.stat().st_size for p in environment.rglob("*") if p.is_file()))
    return programs, settings, sizes[-1] - sizes[1]


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
    tab.evaluate(SHOW)
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
    programs, settings, added = binder
    assert added < BINDER_MEGABYTES * 1e6, f"{added / 1e6:.0f} MB"
    run_chapter(browser, lab(programs, settings))


OPENED = "path => window.jupyterapp?.shell.currentWidget?.context?.path === path"


def test_make_lab_opens_copies_whose_links_lead_somewhere(browser, clone, here, lab):
    chapters = {path: path.read_bytes() for path in (clone / "chapters").glob("*.ipynb")}
    address = lab(*here, "make")
    tab = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.set_default_timeout(60_000)
    tab.goto(address)
    tab.wait_for_url(f"**/lab/tree/{COPIES}")
    names = [path.removeprefix("chapters/") + ".ipynb" for path in CHAPTERS]
    first, second, seventh = names[0], names[1], names[6]
    for name, link, path in [
        (first, "../back/glossary.md", "back/glossary.md"),
        (first, second, f"{COPIES}/{second}"),
        (seventh, "../index.md", "index.md"),
    ]:
        tab.goto(f"{address}/lab/tree/{COPIES}/{name}")
        tab.wait_for_function(OPENED, arg=f"{COPIES}/{name}")
        tab.locator("p:visible", has_text="To begin, run all cells").first.wait_for()
        tab.evaluate(CLICK, link)
        tab.wait_for_function(OPENED, arg=path)
    # Run and saved with an answer, the copy keeps all that; the chapters stay as they are.
    tab = tab.context.browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    tab.set_default_timeout(60_000)
    tab.goto(f"{address}/lab/tree/{COPIES}/{first}?reset")  # or it restores what was open
    tab.wait_for_function(OPENED, arg=f"{COPIES}/{first}")
    tab.evaluate(ANSWER, "bias = -1.5  # mine")
    tab.evaluate(CELLS)
    tab.evaluate("jupyterapp.commands.execute('docmanager:save')")
    tab.context.close()
    copies.main(clone)
    saved = nbformat.read(clone / COPIES / first, as_version=4)
    assert any(
        cell.source == "bias = -1.5  # mine" and cell.execution_count for cell in saved.cells
    )
    assert any("text/html" in o.get("data", ()) for c in saved.cells for o in c.get("outputs", ()))
    assert {path: path.read_bytes() for path in (clone / "chapters").glob("*.ipynb")} == chapters


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
