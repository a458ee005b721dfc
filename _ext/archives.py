"""What the site offers in one file: the book as it is built, and the course that builds it."""

import zipfile

import freshness

BOOK, COURSE = "bends-book.zip", "bends-course.zip"
WHOLE = {".zip", ".pdf", ".epub"}  # the book in one file: none holds another


def course():
    """The files of the course: what the book is made of, and what tests and runs it."""
    names = [*freshness.HOUSE, *freshness.PAGES, *freshness.ALONGSIDE]
    for path in freshness.files(names):
        inside = path.relative_to(freshness.ROOT).parts[1:]
        if not any(part.startswith(".") for part in inside):
            yield path


def pack_course(site):
    """Put the course into its archive on the site."""
    pack(site / COURSE, freshness.ROOT, course())


def pack(archive, folder, paths):
    """Put the files of a folder into an archive, under the name "bends"."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(p for p in paths if p.is_file() and p.suffix not in WHOLE):
            # A fixed date keeps two builds equal byte for byte.
            name = f"bends/{path.relative_to(folder).as_posix()}"
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
