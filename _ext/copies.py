"""The reader's own copies of the chapters, in my-chapters/: what `make lab` opens.

Running and saving a notebook rewrites it, and answering an exercise changes it. So that the
chapters stay as they are tested, and answers stay over a rebuild or an update, a reader opens a
copy. A copy in which no cell was changed follows its chapter; any other is never written to.
"""

import hashlib
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
COPIES = "my-chapters"


def digest(notebook):
    """A digest of the cells as they are written, whatever running has added to them."""
    sources = "\0".join(cell.source for cell in notebook.cells)
    return hashlib.sha256(sources.encode()).hexdigest()[:16]


def copy(chapter, place):
    """Copy a chapter, unless there is a copy that the reader has changed.

    Returns
    -------
    str or None
        What to tell: that a changed copy stays although its chapter has changed, too.
    """
    notebook = nbformat.read(chapter, as_version=4)
    new = digest(notebook)
    if place.exists():
        mine = nbformat.read(place, as_version=4)
        copied = mine.metadata.get("bends", {}).get("copied")
        if digest(mine) != copied:
            changed = f"{place.name} has your changes and stays; its chapter has changed since."
            return None if copied == new else changed
        if copied == new:
            return None  # with the outputs that it has
    notebook.metadata["bends"] = {"copied": new}
    place.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, place)


def main(root=ROOT):
    for chapter in sorted((root / "chapters").glob("*.ipynb")):
        place = root / COPIES / chapter.name
        try:
            told = copy(chapter, place)
        except (ValueError, nbformat.ValidationError) as error:  # no JSON, or no notebook
            told = f"{place} cannot be read and stays: {error}"
        if told:
            print(told)


if __name__ == "__main__":
    main()
