"""What several tests share: the browser, and the built book."""

import os
import shutil
from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("bends", deadline=None)  # a busy machine fails no test
hypothesis.settings.load_profile("bends")

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def missing(reason):
    """Skip where a person may lack something; on CI everything is there, so fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all browser tests."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        missing("No Chromium here: install it (Debian, Ubuntu: apt install chromium) for the browser tests.")
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
