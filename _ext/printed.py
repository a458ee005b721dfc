"""What `make print` has made, offered on the site: as long as it is of this very book."""

import shutil
from pathlib import Path

import freshness

FOLDER = freshness.ROOT / "_build" / "print"
OF = "of"  # the file that says of which book the others are
WHOLE = {
    "bends-book.pdf": "The whole book as PDF",
    "bends-book.epub": "The whole book as EPUB",
    "bends-cheat-sheet.pdf": "The cheat sheet as PDF",
}
FOR_TEACHERS = {
    "bends-workbook.pdf": "all worksheets as one PDF",
    "bends-workbook-key.pdf": "their key",
    "bends-questions.pdf": "all questions, with the answers at the end",
}


def there(name):
    return (FOLDER / name).exists()


def offered(names):
    """`(name, megabytes)` of the files of these names, where they are there and of this book."""
    of = FOLDER / OF
    if of.exists() and of.read_text(encoding="utf8") == freshness.sources():
        for name in filter(there, names):
            yield name, f"{(FOLDER / name).stat().st_size / 1e6:.1f} MB"


def whole():
    """Lines of a list: the book to take along."""
    links = [f'- <a href="{n}" download>{WHOLE[n]}</a> ({size})' for n, size in offered(WHOLE)]
    return "\n".join(links)


def for_teachers():
    """A line of a list: what a class works with on paper."""
    links = [
        f'<a href="../{name}" download>{FOR_TEACHERS[name]}</a> ({size})'
        for name, size in offered(FOR_TEACHERS)
    ]
    return f"- **To print at once**: {', '.join(links)}." if links else ""


def copy(app, exception):
    """Put the files into the site."""
    if exception is None:
        for name, _ in offered([*WHOLE, *FOR_TEACHERS]):
            shutil.copyfile(FOLDER / name, Path(app.outdir) / name)


def setup(app):
    app.connect("build-finished", copy)
