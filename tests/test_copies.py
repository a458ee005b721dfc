"""A reader's copies of the chapters: fresh where untouched, and otherwise the reader's."""

import copies
import nbformat
import pytest


@pytest.fixture
def course(tmp_path):
    """A course of one chapter, and functions that change the chapter or its copy."""
    chapter, mine = (tmp_path / name / "01.ipynb" for name in ("chapters", copies.COPIES))
    chapter.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")]), chapter)
    copies.main(tmp_path)

    def change(path, source=None, run=False):
        notebook = nbformat.read(path, as_version=4)
        cell = notebook.cells[0]
        cell.source = source or cell.source
        if run:  # as a front end saves it
            cell.outputs = [nbformat.v4.new_output("stream", text="2")]
            cell.execution_count, cell.metadata["scrolled"] = 7, True
            notebook.metadata["kernelspec"] = {"name": "mine", "display_name": "Mine"}
        nbformat.write(notebook, path)

    return tmp_path, chapter, mine, change


def first(path):
    return nbformat.read(path, as_version=4).cells[0]


def test_a_copy_that_was_run_and_saved_keeps_its_outputs(course):
    root, chapter, mine, change = course
    before = chapter.read_bytes()
    change(mine, run=True)
    copies.main(root)
    assert first(mine).outputs and chapter.read_bytes() == before


def test_answers_stay_and_an_update_is_told(course, capsys):
    root, chapter, mine, change = course
    change(mine, "my answer", run=True)
    copies.main(root)
    assert capsys.readouterr().out == ""
    change(chapter, "1 + 2")
    copies.main(root)
    assert first(mine).source == "my answer"
    assert "01.ipynb has your changes and stays" in capsys.readouterr().out


def test_an_untouched_copy_follows_its_chapter(course):
    root, chapter, mine, change = course
    change(mine, run=True)
    change(chapter, "1 + 2")
    copies.main(root)
    assert first(mine).source == "1 + 2" and not first(mine).outputs


@pytest.mark.parametrize("content", ["", "{}"])
def test_a_file_that_is_no_notebook_stays(course, capsys, content):
    root, _, mine, _ = course
    mine.write_text(content)
    copies.main(root)
    assert mine.read_text() == content and "cannot be read and stays" in capsys.readouterr().out
