"""Chapter 1 in JupyterLab: run it, move the slider, see the figure change."""

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from conftest import ROOT, missing

CHAPTER = "01-what-does-an-activation-function-do.ipynb"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def lab(tmp_path):
    """Address of a JupyterLab that serves a copy of chapter 1 and keeps its files to itself."""
    if importlib.util.find_spec("jupyterlab") is None:
        missing("JupyterLab is not installed.")
    shutil.copy(ROOT / "chapters" / CHAPTER, tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {
        name: str(tmp_path / "jupyter" / name)
        for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    }
    environment = os.environ | own | {"PYTHONPATH": str(ROOT / "src"), "BENDS_FACE": "live"}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={tmp_path}"]
    command += ["--LabApp.news_url=None"]
    with open(tmp_path / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, tmp_path / "log")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address, log):
    for _ in range(240):
        try:
            return urllib.request.urlopen(f"{address}/api")
        except OSError:
            time.sleep(0.25)
    pytest.fail(log.read_text())


def test_the_figure_follows_the_slider(browser, lab):
    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(f"{lab}/lab/tree/{CHAPTER}", timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    widget = page.locator(".jp-OutputArea", has=page.locator(".noUi-handle")).first
    pipe, graph = (widget.locator(f"svg[data-panel={name}]") for name in ("pipe", "graph"))
    graph.wait_for(timeout=60_000)
    sentence = widget.locator("p").first
    before = pipe.text_content(), graph.inner_html(), sentence.text_content()
    handle = widget.locator(".noUi-handle").first
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("ArrowRight")
    for _ in range(600):  # the kernel may still be at the cells below
        if sentence.text_content() != before[2]:
            break
        page.wait_for_timeout(50)
    after = pipe.text_content(), graph.inner_html(), sentence.text_content()
    assert [a == b for a, b in zip(before, after, strict=True)] == [False] * 3, after
    page.close()
