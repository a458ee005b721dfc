"""What the press adds to a page and to what it offers."""

import nbformat
import pages
import pytest
from bs4 import BeautifulSoup
from conftest import CHAPTERS, ROOT

QUESTION = (
    '<div class="question"><p class="question-text" id="q">Is it?</p>'
    '<details class="wrong" name="q"><summary>no</summary><p>No. It is.</p></details>'
    '<details class="right" name="q"><summary>yes</summary><p>Yes. It is.</p></details></div>'
)
SOLUTION = "<details>\n<summary>Show a solution</summary>\n\n<pre>x = 1</pre>\n\n</details>"


def test_paper_has_the_answers_at_the_end_and_no_wrong_choice():
    page = BeautifulSoup(pages.with_answers(QUESTION + SOLUTION), "html.parser")
    assert page.select_one(".paper").get_text(" ", strip=True) == (
        "Answers Exercise 1 x = 1 Is it? yes. It is."
    )


@pytest.mark.parametrize(
    ("links", "words"),
    [
        ([], "run <code>make lab</code>. Or"),
        ([("Edit", "")], "run <code>make lab</code>. Or"),
        ([("Run in Binder", "")], "make lab</code>, or follow the link to Binder at the top"),
    ],
)
def test_the_way_to_run_a_chapter_is_true_of_this_build(links, words):
    said = f"<p>run <code>make lab</code>{pages.NO_BINDER}. Or on paper.</p>"
    assert words in pages.with_true_links(said, links)


def test_a_notebook_to_download_installs_the_course_where_its_address_is_known():
    text = (ROOT / f"{CHAPTERS[0]}.ipynb").read_text(encoding="utf8")
    assert pages.with_install(text, None) == text
    made = nbformat.reads(pages.with_install(text, "https://example.org/me/bends"), as_version=4)
    nbformat.validate(made)
    assert made.cells[1].id == "alone"  # how to begin
    assert made.cells[2].cell_type == "code"
    assert "!git clone -q https://example.org/me/bends bends" in made.cells[2].source
    assert len(made.cells) == len(nbformat.reads(text, as_version=4).cells) + 1


def test_a_script_is_sent_without_its_comments():
    assert pages.without_comments("// why\n  a();\n\n  // more\n  b('//');\n") == "a();\nb('//');\n"


@pytest.mark.parametrize("path", sorted((ROOT / "_static").glob("*.js")), ids=lambda p: p.name)
def test_no_text_of_a_script_runs_over_lines(path):
    """Else taking away its indentation would change what it says."""
    assert path.read_text(encoding="utf8").count("`") % 2 == 0
    for line in path.read_text(encoding="utf8").splitlines():
        assert line.count("`") % 2 == 0 or line.strip().startswith("//"), line
