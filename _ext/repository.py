"""Where this clone came from, so that a fork publishes links to itself with no edit."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent


def find():
    """Address of the repository's page, or None.

    On a forge's CI it is the repository that runs the job; elsewhere the `origin` remote.
    """
    if "GITHUB_REPOSITORY" in os.environ:
        return f"{os.environ['GITHUB_SERVER_URL']}/{os.environ['GITHUB_REPOSITORY']}"
    found = subprocess.run(
        ["git", "-C", str(ROOT), "remote", "get-url", "origin"], capture_output=True, text=True
    )
    # https://host/owner/name.git or git@host:owner/name.git; a folder on disk is no address.
    match = re.fullmatch(
        r"(?:https://|(?:ssh://)?git@)(?:[^/@]+@)?([\w.-]+)[/:]([\w.-]+/[\w.-]+?)(?:\.git)?/?",
        found.stdout.strip(),
    )
    return f"https://{match[1]}/{match[2]}" if match else None


def links(address, source):
    """Links of one page: `(label, address)` pairs; `source` is its path from the root."""
    if address is None:
        return []
    host, path = address.removeprefix("https://").split("/", 1)
    pairs = []
    if source.endswith(".ipynb") and host == "github.com":
        lab = quote(f"lab/tree/{source}", safe="")
        pairs += [
            ("Run in Binder", f"https://mybinder.org/v2/gh/{path}/main?urlpath={lab}"),
            (
                "Open in Colab",
                f"https://colab.research.google.com/github/{path}/blob/main/{source}",
            ),
        ]
    return pairs + [
        ("Edit this page", f"{address}/edit/main/{source}"),
        ("Report an error", f"{address}/issues/new?title={quote('Error in ' + source)}"),
    ]


def pages_address(address):
    """Where the forge publishes the site, or None: the canonical address of the book."""
    if address is None or not address.startswith("https://github.com/"):
        return None
    owner, name = address.removeprefix("https://github.com/").split("/")
    site = f"{owner.lower()}.github.io"
    return f"https://{site}/" if name.lower() == site else f"https://{site}/{name}/"
