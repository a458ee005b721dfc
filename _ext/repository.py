"""Where this clone came from, so that a fork publishes links to itself with no edit."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent

# https://host/owner/name.git, git@host:owner/name.git or ssh://git@host:22/owner/name.git, on some
# forges with groups before the name; a folder on disk is no address. The port is that of git's
# own traffic, not of the pages.
REMOTE = re.compile(
    r"(?:(?:https?|ssh|git)://(?:[^/@]+@)?(?P<host>[\w.-]+)(?::\d+)?/|[\w.-]+@(?P<other>[\w.-]+):/?)"
    r"(?P<path>[\w.-]+(?:/[\w.-]+)+)/?"
)

RUN = ("Run in Binder", "Open in Colab")


def find():
    """Address of the repository's page, or None.

    On a forge's CI it is the repository that runs the job; elsewhere the `origin` remote.
    """
    if "GITHUB_REPOSITORY" in os.environ:  # Codeberg's forge sets it too, with its own server
        server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
        return f"{server}/{os.environ['GITHUB_REPOSITORY']}"
    if "CI_PROJECT_URL" in os.environ:  # GitLab
        return os.environ["CI_PROJECT_URL"]
    # Unpacked inside a clone of something else, the course is not what that clone's origin holds.
    if Path(git("rev-parse", "--show-toplevel") or "nowhere").resolve() != ROOT.resolve():
        return None
    match = REMOTE.fullmatch(git("remote", "get-url", "origin"))
    if match is None:
        return None
    return f"https://{match['host'] or match['other']}/{match['path'].removesuffix('.git')}"


def git(*arguments):
    """What git says of the book's folder; nothing where it is no clone, or git is not there."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def links(address, source):
    """Links of one page: `(label, address)` pairs; `source` is its path from the root."""
    if address is None:
        return []
    host, path = address.removeprefix("https://").split("/", 1)
    pairs = []
    if source.endswith(".ipynb") and host == "github.com":
        lab = quote(f"lab/tree/{source}", safe="")
        pairs += [
            (RUN[0], f"https://mybinder.org/v2/gh/{path}/main?urlpath={lab}"),
            (
                RUN[1],
                f"https://colab.research.google.com/github/{path}/blob/main/{source}",
            ),
        ]
    title = quote("Error in " + source)
    if host == "github.com":
        edit, report = f"edit/main/{source}", f"issues/new?title={title}"
    elif re.search(r"\bgitlab\b", host):
        edit, report = f"-/edit/main/{source}", f"-/issues/new?issue[title]={title}"
    elif re.search(r"\b(codeberg|forgejo|gitea)\b", host):
        edit, report = f"_edit/main/{source}", f"issues/new?title={title}"
    else:  # which forge runs there, nobody knows; this address is the same on all
        edit, report = None, f"issues/new?title={title}"
    if edit:
        pairs.append(("Edit this page", f"{address}/{edit}"))
    return [*pairs, ("Report an error", f"{address}/{report}")]


def pages_address(address):
    """Where the forge publishes the site, or None: the canonical address of the book."""
    if address is None or not address.startswith("https://github.com/"):
        return None
    owner, name = address.removeprefix("https://github.com/").split("/")
    site = f"{owner.lower()}.github.io"
    return f"https://{site}/" if name.lower() == site else f"https://{site}/{name}/"
