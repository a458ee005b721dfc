"""The search finds, for what people type, the section that answers, first. In a browser."""

import json

import pytest
from conftest import BOOK_PAGES, ROOT, SITE
from search import sections, text

from bends import ACTIVATIONS
from bends import VECTOR_ACTIVATIONS as OTHERS

LINES = (ROOT / "tests" / "queries.txt").read_text(encoding="utf8").splitlines()
QUERIES = [line.rsplit("  ", 1) for line in LINES if line and not line.startswith("#")]
QUERIES = {query.strip(): places.split() for query, places in QUERIES}


def where(place):
    """The page of the book that a place names, and its anchor; None where any will do."""
    name, _, anchor = place.partition("#")
    if name.startswith("functions/") and name.removeprefix("functions/") in ACTIVATIONS | OTHERS:
        return f"back/{name}", anchor or None
    (page,) = (p for p in BOOK_PAGES if p.startswith(f"chapters/{name}-") or p == f"back/{name}")
    return page, anchor or None


@pytest.mark.parametrize("query", QUERIES)
def test_every_place_that_a_query_names_is_there(query, site):
    for page, anchor in map(where, QUERIES[query]):
        html = (site / f"{page}.html").read_text(encoding="utf8")
        assert anchor is None or anchor in [section[0] for section in sections(html)], anchor


def test_there_are_sixty_queries():
    assert len(QUERIES) >= 60


def test_sections_have_their_anchor_their_heading_and_their_words():
    html = (
        '<nav>menu</nav><article><section id="one"><h1><span class="number">Chapter 1</span> One'
        '<a class="headerlink">#</a></h1><p>First &amp; best.</p><svg><text>label</text></svg>'
        '<section id="two"><span id="old"></span><h2>Two</h2><p>Second.</p><pre>code</pre>'
        '<details class="piece"><summary><h3>Three</h3></summary><section id="three"><p>Third.</p>'
        '</section></details></section><section class="paper"><h2>Answers</h2></section></article>'
    )
    assert sections(html) == [
        ["", "One", "First & best."],
        ["two", "Two", "Second."],
        ["three", "Three", "Third."],
    ]


def test_blocks_end_as_sentences_do():
    assert text("<p>One</p><ul><li>two</li></ul><b>three</b>") == "One ¶ two ¶ three"


@pytest.fixture(scope="module")
def found(site, browser):
    """The places found for each query, best first, as `(page, anchor)`."""
    tab = browser.new_page()
    tab.goto((SITE / "search.html").as_uri())
    best = "bendsSearch.rank(q).slice(0, 5).map((p) => [p.page, p.anchor])"
    run = f"queries => queries.map((q) => {best})"
    return dict(zip(QUERIES, tab.evaluate(run, list(QUERIES)), strict=True))


@pytest.mark.browser
@pytest.mark.parametrize("query", QUERIES)
def test_what_people_type_finds_the_section_that_answers_first(query, found):
    right = set(map(where, QUERIES[query]))
    best = tuple(found[query][0])
    assert best in right or (best[0], None) in right, found[query]


def test_many_queries_name_the_section_that_answers():
    named = [query for query, places in QUERIES.items() if "#" in places[0]]
    assert len(named) >= 25


@pytest.mark.browser
def test_a_result_is_a_section_with_a_sentence(site, browser):
    tab = browser.new_page()
    tab.goto(f"{(SITE / 'search.html').as_uri()}?q=vanishing+gradient")
    first = tab.locator(".found li").first
    assert "#" in first.locator("a").get_attribute("href")
    assert first.locator("mark").count() > 0
    assert first.locator("p").inner_text().endswith((".", "!", "?", ":", ")"))
    assert tab.locator("#search-results").inner_text().count("Show the code") == 0


def test_no_label_of_a_picture_and_no_menu_is_searched(site):
    script = (SITE / "_static" / "search-index.js").read_text(encoding="utf8")
    pages = json.loads(script.removeprefix("bendsPages=").rstrip(";\n"))
    words = json.dumps([found for name, found in pages if name != "back/for-teachers"])
    for unread in ("Link to this state", "Full screen", "Download this notebook", "Main line"):
        assert unread not in words
