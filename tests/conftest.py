"""What several tests share: the browser, the built book, and its pages."""

import contextlib
import functools
import importlib.util
import os
import threading
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import hypothesis
import pytest
import yaml
from browser import FLAGS, NO_CHROMIUM, chromium

from bends import ACTIVATIONS, VECTOR_ACTIVATIONS

hypothesis.settings.register_profile("bends", deadline=None)  # a busy machine fails no test
hypothesis.settings.load_profile("bends")

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
# Every page that a reader can reach: those of _toc.yml, the search, and the field guide's.
BOOK_PAGES = [TOC["root"], *(c["file"] for part in TOC["parts"] for c in part["chapters"])]
GUIDE = [f"back/functions/{name}" for name in [*ACTIVATIONS, *VECTOR_ACTIVATIONS]]
PAGES = [*BOOK_PAGES, "search", *GUIDE]
# A browser opens a sample of the field guide, whose pages come from one mould: by a fixed hash.
SAMPLE = sorted(GUIDE, key=lambda page: sha256(page.encode()).digest())[:4]
OPENED = [*BOOK_PAGES, "search", *SAMPLE]
CHAPTERS = [page for page in BOOK_PAGES if page.startswith("chapters/")]


def script(study, name="run"):
    """A script of a study in results/, as a module."""
    path = ROOT / "results" / study / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{study}_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def missing(reason):
    """Skip where a person may lack something; on CI everything is there, so fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def pytest_report_header():
    """Say at the head of a run what will be left out, and how to get it."""
    return None if chromium() else f"{NO_CHROMIUM} The tests of the pages are skipped."


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all browser tests."""
    path = chromium()
    if path is None:
        missing(NO_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site():
    """Folder of the built book."""
    if not (SITE / "index.html").exists():
        missing("The book is not built: run `make book` first.")
    return SITE


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def serving(folder, handler=QuietHandler):
    """Address of a web server on this machine that serves a folder."""
    handler = functools.partial(handler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def address(site):
    """Address of the built book."""
    with serving(site) as address:
        yield address


@contextlib.contextmanager
def opening(browser):
    """`open_page(url, **context)` opens a page that notes what it asks for and complains of."""
    contexts = []

    def open_page(url, script=None, **options):
        context = browser.new_context(**options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.requests, page.responses, page.complaints = [], [], []
        page.on("request", lambda request: page.requests.append(request.url))
        page.on("response", lambda response: page.responses.append(response))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and page.complaints.append(m.text))
        if script:
            page.add_init_script(script)
        assert page.goto(url, wait_until="load").ok, f"{url} is not there"
        page.wait_for_load_state("networkidle")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def open_page(browser):
    """Opens pages that are closed when the test ends."""
    with opening(browser) as open_page:
        yield open_page


def pytest_collection_modifyitems(items):
    """Mark what needs the built book, so that it can be left out."""
    for item in items:
        if "site" in item.fixturenames:
            item.add_marker("book")
