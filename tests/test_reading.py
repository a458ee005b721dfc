"""A chapter on the page: what is folded, what is counted, and which old names lead on."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from reading import Tally
from test_build import ONE, TWO, build, make_book, set_option

new = nbformat.v4
QUESTION = "question('Is it {}?', {{'yes': (True, 'It is.'), 'no': (False, 'It is not.')}})"
LONG = "\n".join(f"number_{i} = {i}" for i in range(9))


def code(source, *tags):
    return new.new_code_cell(source, metadata={"tags": list(tags)})


def cells(words=10):
    """A chapter in its full shape, with `words` words in a paragraph of the main line."""
    return [
        new.new_markdown_cell("# Three\n\nSee [the second](#second) with $x^2$.\n\n## The answer"),
        new.new_markdown_cell("word " * words),
        code("print('one two')"),
        code(LONG),
        code(LONG, "read"),
        new.new_markdown_cell(
            "<details>\n<summary>Show</summary>\n\nnot read\n\n</details>\n\nend"
        ),
        new.new_markdown_cell("## Your turn\n\nNow you."),
        code("answer = ...", "starter"),
        new.new_markdown_cell("## Check yourself"),
        code("from bends.check import question", "remove-input"),
        *(code(QUESTION.format(i), "remove-input") for i in range(7)),
        new.new_markdown_cell("## In one breath\n<!-- formerly: summary, at-the-end -->\n\nThree."),
        new.new_markdown_cell(
            "## Deeper\n\n### First\n\nWhy.\n\n### Second\n<!-- formerly: 2nd -->"
        ),
        code("print('below')"),
        new.new_markdown_cell("## Sources\n\nNone. [A state](#none:x=1,bend=relu)."),
    ]


def write(folder, slug, cells):
    kernel = {"name": "python3", "display_name": "Python 3"}
    notebook = new.new_notebook(metadata={"kernelspec": kernel}, cells=cells)
    nbformat.write(notebook, folder / "chapters" / f"{slug}.ipynb")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Two chapters in full shape: of the second the main line is longer than the press allows."""
    folder = make_book(tmp_path_factory.mktemp("reading"), (ONE, "1"), (TWO, "1"))
    write(folder, ONE, cells())
    write(folder, TWO, cells(1800))
    return folder, *build(folder)


def built(book):
    """The first chapter's page: a build that fails, as this does, leaves it where it worked."""
    return book[0] / "_build" / "work" / "_build" / "html" / "chapters" / f"{ONE}.html"


@pytest.fixture(scope="module")
def page(book):
    html = built(book).read_text(encoding="utf8")
    return BeautifulSoup(html, "html.parser")


def test_a_main_line_that_is_too_long_fails_and_is_named(book):
    _, status, log = book
    assert status != 0
    (said,) = set(re.findall(r"WARNING: (chapters/\S+): its main line has (\d+) words", log))
    assert said == (f"chapters/{TWO}", "1836")


def test_words_are_counted_as_a_hand_counts_them(book):
    # title 1, "See the second with x" 5, "The answer" 2, the paragraph 10, print and its output
    # 4, the code that is read line by line 18, "Show" and "end" 2, "In one breath" 3 and 1; the
    # signs between names and numbers are no words.
    assert f"chapters/{ONE}: main line 46 words, 0 figures" in book[2]


def test_minutes():
    tally = Tally(words=950, moving=2, still=2, exercises=3)
    assert tally.minutes == 20  # 10 and 2 and 1 and 6 make 19
    assert Tally().minutes == 5
    for leaf in ("<p>two words<svg><text>not this</text></svg>.</p>", nodes.math("", "x + y = 2")):
        tally.add(leaf)
    tally.add('<div class="bends-explorer"></div><div class="bends-figure"></div>')
    assert tally == Tally(words=953, moving=3, still=3, exercises=3)
    tally.add('<div class="bends-chooser"><details data-when="{}">advice</details></div>')
    assert tally == Tally(words=953, moving=4, still=3, exercises=3)


def test_the_title_has_the_number_and_the_minutes(page):
    assert page.h1.get_text().startswith("Chapter 1 Three")
    assert "Main line 5 minutes, all of it 5" in page.select_one("h1 + .facts").get_text()


def test_long_code_is_folded_and_its_neighbours_are_not(page):
    folded = page.select("details.fold pre")
    assert [pre.get_text().count("\n") for pre in folded] == [9]
    assert len(page.select(".cell_input pre")) == 5  # that which is read line by line, too


def test_five_questions_are_shown_and_the_rest_is_folded(page):
    questions = page.select(".question")
    folded = [bool(q.find_parent(class_="fold")) for q in questions]
    assert folded == [False] * 5 + [True] * 2
    assert questions[-1].find_parent(class_="fold").summary.get_text() == "More questions"


def test_pieces_of_deeper_are_folded_and_have_their_anchors_inside(page):
    pieces = page.select("#deeper details.piece")
    assert [piece.summary.h3.find(string=True) for piece in pieces] == ["First", "Second"]
    assert [piece.section["id"] for piece in pieces] == ["first", "second"]
    assert "below" in pieces[1].section.get_text()
    assert page.find(id="sources").find_parent(class_="piece") is None


def test_old_names_lead_to_the_section(page):
    assert page.find(id="summary").find_parent("section")["id"] == "in-one-breath"
    assert page.find(id="at-the-end").find_parent("section")["id"] == "in-one-breath"
    assert page.find(id="2nd").find_parent("section")["id"] == "second"
    assert "formerly" not in page.article.decode()


def test_a_link_to_a_state_stays_as_it_is_written(page):
    assert page.find("a", string="A state")["href"] == "#none:x=1,bend=relu"


def test_a_name_that_stands_already_is_no_old_name(tmp_path):
    book = make_book(tmp_path, (TWO, "1"))
    set_option(book, "execute_notebooks", '"off"')
    write(book, TWO, [new.new_markdown_cell("# One\n\n## Two\n<!-- formerly: one -->\n\nText.")])
    status, log = build(book)
    assert status != 0 and "the anchor 'one' stands already" in log


OPEN = "[...document.querySelectorAll('.piece, .fold')].map((fold) => fold.open)"


@pytest.mark.browser
@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("anchor", ["second", "2nd"])
def test_an_anchor_opens_its_piece(book, browser, anchor, script):
    context = browser.new_context(java_script_enabled=script)
    tab = context.new_page()
    tab.goto(f"{built(book).as_uri()}#{anchor}")
    assert tab.locator("#second").is_visible() and not tab.locator("#first").is_visible()
    assert tab.locator("#second h3, summary h3").last.bounding_box()["y"] >= 50  # below the bar
    context.close()


@pytest.mark.browser
def test_a_link_opens_its_piece_and_the_printer_opens_all(book, open_page):
    address = built(book).as_uri()
    tab = open_page(address)
    tab.get_by_role("link", name="the second").click()
    before = tab.evaluate(OPEN)
    assert before == [False, False, False, True]
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tab.evaluate(OPEN) == [True] * 4
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tab.evaluate(OPEN) == before


@pytest.mark.browser
def test_a_worksheet_has_lines_and_questions_and_its_key_apart(book, open_page):
    tab = open_page(f"{built(book).as_uri()}?worksheet")
    tab.wait_for_selector(".sheet")
    assert tab.locator(".sheet .lines").count() == 1 and tab.locator(".sheet pre").count() == 0
    assert tab.locator(".sheet .question").count() == 8  # the first as the guess, and all seven
    tab.emulate_media(media="print")
    assert not tab.locator(".sheet .question details > p").first.is_visible()
    assert tab.locator(".sheet > .paper").is_visible()
    assert tab.complaints == []


@pytest.mark.browser
def test_a_slide_of_a_figure_that_is_not_there_is_the_page(book, open_page):
    tab = open_page(f"{built(book).as_uri()}?slide=none")
    assert tab.locator("#the-answer h2").is_visible() and tab.locator(".bar").is_visible()
    assert tab.complaints == []
