"""`make book`: build the book into `_build/html`, or leave there the last one that was good.

The build goes on in `_build/work`, with what the last good one had read (`_build/kept`). What a
build has read that failed is thrown away, so that the next finds the same faults: the outcome is
always that of a build from nothing, and a test compares the two byte by byte.
"""

import shutil
import subprocess
import sys
import sysconfig

import archives
import freshness
from lock import alone

STRICT = ["-n", "-W", "--keep-going"]  # every warning is an error
BUILD = freshness.ROOT / "_build"
WORK, KEPT, SITE = BUILD / "work" / "_build", BUILD / "kept", BUILD / "html"
BEFORE = BUILD / "before"  # the last good book, while the new one takes its place
JUPYTER_BOOK = shutil.which("jupyter-book", path=sysconfig.get_path("scripts"))
READ = [".doctrees", "jupyter_execute"]  # what Sphinx and myst-nb leave of the pages they read
FAILED = "The build failed: see above. The last good book, if any, still stands in _build/html."


def written(path):
    return path.read_text(encoding="utf8") if path.exists() else None


def jupyter_book():
    """Run Jupyter Book; give whether all went well."""
    command = [JUPYTER_BOOK, "build", BUILD.parent, "--path-output", BUILD / "work", *STRICT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as building:
        silent = False
        for line in building.stdout:
            silent = silent or line.startswith(b"Your book's HTML")  # it names the wrong folder
            if not silent:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
    return building.returncode == 0


def press():
    """Build the book unless nothing has changed; give the exit status."""
    house, book = freshness.house(), freshness.book()
    alongside = freshness.digest(freshness.ALONGSIDE)
    if BEFORE.exists() and not SITE.exists():  # stopped between the two
        BEFORE.rename(SITE)
    if (SITE / "index.html").exists() and written(KEPT / "book") == book:
        if written(KEPT / "alongside") != alongside:  # on no page, but in what can be taken away
            archives.pack_course(SITE)
            (KEPT / "alongside").write_text(alongside, encoding="utf8")
        return 0
    shutil.rmtree(WORK, ignore_errors=True)
    if written(KEPT / "house") == house:
        for name in READ:
            shutil.copytree(KEPT / name, WORK / name)
    if not jupyter_book():
        print(f"\n{FAILED}")
        return 1
    for old in (KEPT, BEFORE):
        shutil.rmtree(old, ignore_errors=True)
    if SITE.exists():
        SITE.rename(BEFORE)
    (WORK / "html").rename(SITE)
    shutil.rmtree(BEFORE, ignore_errors=True)
    KEPT.mkdir()
    for name in READ:
        (WORK / name).mkdir(exist_ok=True)
        (WORK / name).rename(KEPT / name)
    for name, content in {"house": house, "alongside": alongside, "book": book}.items():
        (KEPT / name).write_text(content, encoding="utf8")
    return 0


if __name__ == "__main__":
    try:
        with alone(BUILD):
            sys.exit(press())
    except KeyboardInterrupt:  # the programs that it started are told by the same key
        print("\nStopped. The last good book, if any, still stands in _build/html.")
        sys.exit(130)
