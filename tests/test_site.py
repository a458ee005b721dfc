"""The built book: pages, links, figures, keyboard, both themes, weight. Run `make book` first."""

import gzip
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from collections import Counter
from functools import cache
from itertools import pairwise
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import pages
import press
import pytest
import repository
import yaml
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from conftest import (
    BOOK_PAGES,
    CHAPTERS,
    GUIDE,
    OPENED,
    PAGES,
    ROOT,
    SITE,
    TOC,
    QuietHandler,
    opening,
    serving,
)

COURSE = yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))
WRITTEN = {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}
PLANNED = {slug for part in COURSE["parts"] for slug in part["chapters"]} - WRITTEN
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
on_every_page = pytest.mark.parametrize("page", PAGES)
on_pages_to_open = pytest.mark.parametrize("page", OPENED)
pytestmark = pytest.mark.usefixtures("site")


@cache
def soup(page):
    return BeautifulSoup((SITE / f"{page}.html").read_text(encoding="utf8"), "html.parser")


# --- The files -----------------------------------------------------------------------------------


def test_jupyter_book_is_version_1():
    command = [press.JUPYTER_BOOK, "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert re.search(r"Jupyter Book\s*:\s*1\.", version)


def test_the_site_is_the_pages_of_the_contents_and_nothing_else():
    built = {p.relative_to(SITE).with_suffix("").as_posix() for p in SITE.rglob("*.html")}
    assert built == set(PAGES)


def test_the_contents_list_the_written_chapters_in_order_under_their_parts():
    chapters = {
        part["title"]: [f"chapters/{slug}" for slug in part["chapters"] if slug in WRITTEN]
        for part in COURSE["parts"]
    }
    listed = {part["caption"]: [c["file"] for c in part["chapters"]] for part in TOC["parts"]}
    del listed["Back of the book"]
    assert listed == {title: files for title, files in chapters.items() if files}
    assert PLANNED | WRITTEN == {slug for part in COURSE["parts"] for slug in part["chapters"]}


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_has_the_title_that_the_contents_announce(page):
    titles = {slug: t for part in COURSE["parts"] for slug, (t, _) in part["chapters"].items()}
    heading = soup(page).h1
    heading = BeautifulSoup(str(heading), "html.parser")
    heading.find(class_="headerlink").decompose()
    number, slug = int(page.split("/")[1][:2]), page.removeprefix("chapters/")
    title = titles[slug].replace("'", "’")
    assert heading.get_text() == f"Chapter {number} {title}"
    assert soup(page).title.get_text() == f"{number}. {title} · Bends"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_says_how_long_it_takes(page):
    said = soup(page).select_one(".facts").get_text()
    main, whole = map(int, re.search(r"Main line (\d+) minutes, all of it (\d+)", said).groups())
    assert 5 <= main <= whole
    row = soup("back/for-teachers").article.find("a", href=re.compile(page)).find_parent("tr")
    assert [int(cell.get_text()) for cell in row.find_all("td")[-3:-1]] == [whole, main]


ANCHORS = (ROOT / "tests" / "anchors.txt").read_text(encoding="utf8").split()


@pytest.mark.parametrize("page", sorted({anchor.partition("#")[0] for anchor in ANCHORS}))
def test_what_others_may_have_linked_to_is_still_there(page):
    """Anchors of the site as it stood on 2026-11-26, and the states that its own links name."""
    gone = []
    for anchor in (anchor for anchor in ANCHORS if anchor.startswith(f"{page}#")):
        name, _, state = anchor.partition("#")[2].partition(":")
        found = soup(page).find(id=name)
        if not found or state and not is_state(found, state):
            gone.append(anchor)
    assert not gone, "name it below the heading it became: <!-- formerly: ... -->"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_offers_its_own_notebook(page):
    (link,) = soup(page).select("a[download]")
    offered = (SITE / page).parent / link["href"]
    text = (ROOT / f"{page}.ipynb").read_text(encoding="utf8")
    assert offered.read_text(encoding="utf8") == pages.with_install(text, repository.find())


def test_the_archive_is_the_whole_book():
    (link,) = soup("index").select('a[href$="book.zip"]')
    with zipfile.ZipFile(SITE / link["href"]) as archive:
        assert archive.testzip() is None
        packed = {name.removeprefix("bends/") for name in archive.namelist()}
    files = {p.relative_to(SITE).as_posix() for p in SITE.rglob("*") if p.is_file()}
    assert packed == {name for name in files if not name.endswith((".zip", ".pdf", ".epub"))}


# --- What stands in a page -----------------------------------------------------------------------


@on_every_page
def test_headings_and_metadata(page):
    html = soup(page)
    assert len(html.find_all("h1")) == 1
    assert html.html["lang"] == "en-GB"
    assert html.title.get_text().strip().endswith(("Bends", "activation functions"))
    levels = [int(h.name[1]) for h in html.main.find_all(re.compile(r"^h\d$"))]
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), levels
    if page != "search":
        (description,) = html.select('meta[name="description"]')
        assert 30 <= len(description["content"]) <= 200
        assert html.find("meta", property="og:description")["content"] == description["content"]
        assert html.find("meta", property="og:title")
        image = html.find("meta", property="og:image")["content"]
        assert (SITE / "_images" / image.split("_images/")[1]).is_file()


def test_titles_and_descriptions_are_each_pages_own():
    titles = Counter(soup(page).title.get_text() for page in PAGES)
    lines = Counter(
        soup(page).find("meta", attrs={"name": "description"})["content"]
        for page in [*BOOK_PAGES, *GUIDE]
    )
    assert not [text for text, n in (titles + lines).items() if n > 1]


def addresses(html):
    """Every address that a page names."""
    for attribute in ("href", "src", "action", "poster"):
        yield from (e[attribute] for e in html.find_all(attrs={attribute: True}) if e[attribute])


@on_every_page
def test_links_and_anchors_lead_somewhere(page):
    broken = []
    for address in addresses(soup(page)):
        if urlsplit(address).scheme:
            # One source has no encrypted address.
            fine = (
                "https://",
                "data:image/png;base64,",
                "http://neuralnetworksanddeeplearning.com/",
            )
            if not address.startswith(fine):
                broken.append(address)
            continue
        path, fragment = urldefrag(urljoin(f"/{page}.html", address))
        path = unquote(urlsplit(path).path).removeprefix("/")  # "?slide=…" is a view of a page
        found = (SITE / path).is_file()
        if found and fragment:
            name, _, state = unquote(fragment).partition(":")
            target = soup(path.removesuffix(".html"))
            if state and name == "laboratory":  # its own script makes the controls
                found = target.select_one(".bends-laboratory")
            else:
                found = target.find(id=name)
                found = found and (not state or is_state(found, state))
        if not found:
            broken.append(address)
    assert not broken


def is_state(explorer, state):
    """Whether an explorer has the controls, and the options, that a link to a state names."""
    for name, value in (pair.split("=") for pair in state.split(",")):
        control = explorer.find(attrs={"name": name})
        if control is None or control.name == "select" and not control.find(value=value):
            return False
    return True


def test_a_link_to_a_state_that_is_not_there_is_seen():
    page = "<figure id='f'><select name='bend'><option value='relu'></select><input name='x'>"
    explorer = BeautifulSoup(page, "html.parser").figure
    assert is_state(explorer, "bend=relu,x=2")
    assert not is_state(explorer, "bend=tanh,x=2") and not is_state(explorer, "bend=relu,y=2")


@on_every_page
def test_ids_are_unique(page):
    ids = Counter(element["id"] for element in soup(page).find_all(id=True))
    assert not [name for name, n in ids.items() if n > 1]


@on_every_page
def test_no_planned_chapter_is_linked(page):
    linked = [a for a in addresses(soup(page)) if any(slug in a for slug in PLANNED)]
    assert not linked


def alternative(html, element):
    """The text that stands for a picture, as a screen reader finds it."""
    if element.get("aria-labelledby"):
        parts = [html.find(id=name) for name in element["aria-labelledby"].split()]
        return " ".join(part.get_text(" ", strip=True) for part in parts)
    title = element.find("title", recursive=False)
    label = element.get("aria-label") or element.get("alt") or (title and title.get_text())
    return label or ""


@on_every_page
def test_every_picture_has_words(page):
    html = soup(page)
    hidden = html.select('[aria-hidden="true"], [aria-hidden="true"] *')
    for picture in html.find_all(["img", "svg", "canvas"]) + html.select('[role="img"]'):
        if any(picture is h for h in hidden) or picture.find_parent(attrs={"role": "img"}):
            continue
        assert picture.name == "img" or picture.get("role") == "img", str(picture)[:200]
        words = alternative(html, picture)
        assert len(words) >= 20, f"{str(picture)[:200]} says {words!r}"
        assert not re.search(r"_images|\.(png|svg|jpe?g|gif)\b", words), words


@pytest.mark.parametrize("page", GUIDE)
def test_a_page_of_the_field_guide_is_light(page):
    """The rest of what it loads is that of the sample that a browser opens."""
    assert len(gzip.compress((SITE / f"{page}.html").read_bytes())) <= 30_000


@on_every_page
def test_outputs_are_for_readers(page):
    """No bare widget, no address in memory, nothing on stderr, no path of this machine."""
    html = soup(page)
    text = html.get_text()
    bare = r"\b(\w*Slider|\w*Box|Dropdown|Output|interactive|Checkbox|Play)\((value=|children=|\))"
    assert not re.search(bare, text)
    assert not re.search(r"<Figure size|<Axes|object at 0x[0-9a-f]+", text)
    assert not html.select(".stderr")
    assert str(ROOT) not in str(html)


MARKUP = re.compile(r"\]\(|\*\*|```|:::|<!--|-->|\| ?-{3}|\{[\w-]+\}`|&\w+;|\$\S+\$")


@on_every_page
def test_no_markup_is_left_for_readers(page):
    """Links, bold type, fences and tables are made, not shown as they are written."""
    body = BeautifulSoup(str(soup(page).body), "html.parser")
    code = "pre, code, script, style, math, dt.sig, dl.field-list strong"  # `**options` is no bold
    for element in body.select(code):
        element.decompose()
    text = body.get_text(" ")
    assert not [text[max(0, m.start() - 40) : m.end() + 40] for m in MARKUP.finditer(text)]


# --- In a browser --------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("origin", ["http", "file"])
@on_pages_to_open
def test_a_page_asks_only_its_own_site_and_complains_of_nothing(page, origin, address, open_page):
    base = address if origin == "http" else SITE.as_uri()
    tab = open_page(f"{base}/{page}.html", viewport=DESK)
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    for button in tab.get_by_role("button").all():
        if button.is_visible() and button.get_attribute("type") != "submit":
            button.click()
    tab.wait_for_load_state("networkidle")
    assert tab.complaints == []
    assert [u for u in tab.requests if not u.startswith((f"{base}/", "data:", "blob:"))] == []


SHIFTS = """
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
"""


def opened(browser, url, **options):
    """A page as it is when it has loaded, for all the tests that only look at it."""
    with opening(browser) as open_page:
        tab = open_page(url, SHIFTS, **options)
        tab.shift, tab.loaded = tab.evaluate("window.shift"), list(tab.responses)
        yield tab


@pytest.fixture(scope="module", params=OPENED)
def on_phone(request, browser, address):
    yield from opened(browser, f"{address}/{request.param}.html", viewport=PHONE)


@pytest.fixture(scope="module", params=OPENED)
def on_desk(request, browser, address):
    yield from opened(browser, f"{address}/{request.param}.html", viewport=DESK)


TOO_WIDE = """() => [...document.body.querySelectorAll("*")]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .slice(0, 3).map((e) => e.outerHTML.slice(0, 120))"""


@pytest.mark.browser
def test_a_phone_never_scrolls_sideways(on_phone):
    for width in (320, 390):
        on_phone.set_viewport_size({"width": width, "height": 844})
        scroll = on_phone.evaluate("document.documentElement.scrollWidth")
        assert scroll <= width, on_phone.evaluate(TOO_WIDE)


COLOR_RULES = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(on_desk, theme):
    """All rules in the light theme; in the dark one those that look at colours."""
    on_desk.emulate_media(color_scheme=theme)
    rules = {"options": COLOR_RULES} if theme == "dark" else {}
    results = Axe().run(on_desk, **rules)
    on_desk.emulate_media(color_scheme="light")
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.browser
def test_axe_finds_nothing_in_the_open_contents_on_a_phone(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=PHONE)
    tab.get_by_role("button", name="Contents").click()
    results = Axe().run(tab)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.browser
def test_nothing_jumps_while_a_page_loads_on_a_phone(on_phone):
    assert on_phone.shift < 0.01


@pytest.mark.browser
def test_nothing_jumps_while_a_page_loads_on_a_desk(on_desk):
    assert on_desk.shift < 0.01


PARTS = 4


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", ["notation", "functions/index"])
def test_nothing_jumps_while_a_long_table_arrives(name, viewport, site, open_page):
    """As on a slow line: its rows arrive in four parts, with pauses."""

    class Slowly(QuietHandler):
        def do_GET(self):
            if name not in self.path:
                return super().do_GET()
            page = (site / "back" / f"{name}.html").read_bytes()
            start, end = page.index(b"<tbody"), page.index(b"</tbody")
            cuts = [start + (end - start) * part // PARTS for part in range(1, PARTS)]
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            for first, last in pairwise([0, *cuts, len(page)]):
                self.wfile.write(page[first:last])
                self.wfile.flush()
                time.sleep(0.3)

    with serving(site, Slowly) as slow:
        tab = open_page(f"{slow}/back/{name}.html", SHIFTS, viewport=viewport)
        assert tab.evaluate("window.shift") < 0.01


def gzipped(response):
    body = response.body()
    return min(len(body), len(gzip.compress(body)))


@pytest.mark.browser
def test_a_page_weighs_at_most_300_kilobytes(on_phone, record_property):
    kinds = Counter()
    for response in on_phone.loaded:
        kinds[response.request.resource_type] += gzipped(response)
    record_property("requests", len(on_phone.loaded))
    record_property("gzip_bytes", json.dumps(kinds))
    assert kinds.total() <= 300_000, kinds


COLORS = """() => [...document.querySelectorAll("body, body *")].map((e) => {
  const s = getComputedStyle(e);
  return [s.color, s.backgroundColor, s.borderTopColor, s.fill, s.stroke].join();
})"""


@pytest.mark.browser
@pytest.mark.parametrize("page", CHAPTERS)
def test_the_chosen_theme_looks_as_the_systems(page, address, open_page):
    """The theme button gives each element the colours that the system's setting gives it."""
    tab = open_page(f"{address}/{page}.html")

    def colors(system, chosen):
        tab.emulate_media(color_scheme=system)
        tab.evaluate("t => { document.documentElement.dataset.theme = t }", chosen)
        return tab.evaluate(COLORS)

    light, dark = colors("light", ""), colors("dark", "")
    assert light[0] != dark[0]
    assert colors("dark", "light") == light
    assert colors("light", "dark") == dark
    tab.emulate_media(media="print")
    assert tab.evaluate(COLORS)[0] == light[0]  # paper is white


@pytest.mark.browser
def test_a_table_is_printed_with_all_its_columns(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[1]}.html", viewport={"width": 1000, "height": 700})
    tab.emulate_media(media="print")  # the width of a sheet of A4 on its side
    tables = tab.locator(".bends-table").all()
    assert len(tables) == 2
    for table in tables:
        assert table.locator("table").bounding_box()["width"] <= table.bounding_box()["width"] + 1


# --- With the keyboard ---------------------------------------------------------------------------


def tab_to(tab, name):
    """Press Tab until the element of this name has the focus."""
    for _ in range(40):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent.trim()").startswith(name):
            return
    pytest.fail(f"Tab never reaches {name}")


@pytest.mark.browser
def test_the_skip_link_leads_past_the_navigation(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    assert tab.locator(".skip").bounding_box()["x"] >= 0
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.browser
def test_the_contents_open_and_close(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=PHONE)
    contents = tab.get_by_role("navigation", name="Contents")
    assert not contents.is_visible()
    tab_to(tab, "Contents")
    tab.keyboard.press("Enter")
    assert contents.is_visible()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('#contents') !== null")
    tab.keyboard.press("Escape")
    assert not contents.is_visible()
    assert tab.evaluate("document.activeElement.textContent") == "Contents"


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [PHONE, {"width": 844, "height": 390}])
def test_the_contents_fill_the_window_below_the_bar_and_scroll(viewport, address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=viewport)
    button, contents = tab.get_by_role("button", name="Contents"), tab.locator("#contents")
    button.click()
    box, bar = contents.bounding_box(), tab.locator(".bar").bounding_box()
    assert box["y"] + 1 >= bar["y"] + bar["height"]
    assert box["y"] + box["height"] == viewport["height"]
    assert contents.evaluate("e => e.scrollHeight > e.clientHeight")
    button.click()
    assert not contents.is_visible()


@pytest.mark.browser
def test_open_contents_close_where_the_window_becomes_wide(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=PHONE)
    tab.get_by_role("button", name="Contents").click()
    contents = tab.locator("#contents")
    assert contents.evaluate("e => getComputedStyle(e).position") == "fixed"
    tab.set_viewport_size(DESK)
    tab.wait_for_function("!document.querySelector('#contents').matches(':popover-open')")
    assert contents.is_visible()
    assert contents.bounding_box()["width"] < tab.locator("main").bounding_box()["x"]


@pytest.mark.browser
@pytest.mark.parametrize("page", [CHAPTERS[0], "back/glossary"])
def test_an_anchor_that_is_no_text_stops_no_script(page, address, open_page):
    tab = open_page(f"{address}/{page}.html#100%", viewport=DESK)
    assert tab.complaints == []
    tab.get_by_role("button", name="Theme").click()
    assert tab.get_by_role("button", name="Theme: light").is_visible()


@pytest.mark.browser
def test_the_theme_button_is_remembered(address, open_page):
    tab = open_page(f"{address}/index.html")
    chosen = "document.documentElement.dataset.theme"
    tab_to(tab, "Theme: auto")
    for theme in ("light", "dark"):
        tab.keyboard.press("Enter")
        assert tab.evaluate(chosen) == theme
    tab.goto(f"{address}/{CHAPTERS[0]}.html")
    assert tab.evaluate(chosen) == "dark"
    tab_to(tab, "Theme: dark")
    tab.keyboard.press("Enter")
    assert tab.evaluate(chosen) is None
    tab.reload()
    assert tab.evaluate(chosen) is None


@pytest.mark.browser
@pytest.mark.parametrize("origin", ["http", "file"])
def test_the_search_finds_a_word_of_chapter_1(origin, address, open_page):
    words = re.findall(r"\b[a-z]{6,14}\b", soup(CHAPTERS[0]).article.get_text(" "))
    word = max(words, key=len)
    tab = open_page(f"{address if origin == 'http' else SITE.as_uri()}/index.html", viewport=DESK)
    tab.get_by_role("searchbox", name="Search the book").fill(word)
    tab.keyboard.press("Enter")
    title = soup(CHAPTERS[0]).h1.find(class_="number").next_sibling.strip()
    tab.locator("#search-results").get_by_role("link", name=title).first.click()
    tab.wait_for_load_state("networkidle")
    assert title in tab.locator("h1").text_content()
    assert tab.complaints == []


def test_the_course_can_be_taken_away_and_run(site):
    with zipfile.ZipFile(site / "bends-course.zip") as archive:
        names = set(archive.namelist())
    needed = ["Makefile", "README.md", "pyproject.toml", "requirements.txt"]
    needed += ["src/bends/__init__.py", "src/bends/choose/rules.json", "results/xor/runs.csv"]
    needed += [f"{chapter}.ipynb" for chapter in CHAPTERS]
    assert {f"bends/{name}" for name in needed} <= names
    plain = {n for n in names if not n.startswith(("bends/.ci/", "bends/.github/"))}
    assert not [n for n in plain if "/." in n or "__pycache__" in n or n.endswith(".zip")]


CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.mark.browser
@pytest.mark.parametrize("device", [{"viewport": DESK}, {"viewport": PHONE, "has_touch": True}])
def test_copied_code_comes_with_what_it_needs(device, address, open_page):
    """The button is in sight, and what it copies runs alone."""
    tab = open_page(f"{address}/{CHAPTERS[3]}.html", permissions=CLIPBOARD, **device)
    block = tab.locator("pre[data-needs]").first
    block.hover()
    button = block.locator("xpath=..").get_by_role("button", name="Copy")
    assert button.is_visible()
    button.click()
    tab.get_by_role("button", name="Copied").wait_for()
    copied = tab.evaluate("navigator.clipboard.readText()")
    own = block.text_content()
    assert copied.endswith(f"\n\n{own}") and re.match(r"import|from", copied)
    run = [sys.executable, "-c", copied]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "BENDS_FACE": "text"}
    subprocess.run(run, check=True, capture_output=True, env=environment)


@pytest.mark.browser
@pytest.mark.parametrize("allowed", [True, False])
def test_where_the_clipboard_is_closed_the_older_way_copies_the_same(allowed, address, open_page):
    script = """
      window.board = navigator.clipboard;
      Object.defineProperty(navigator, "clipboard", { value: undefined });
    """ + ("" if allowed else "document.execCommand = () => false;")
    tab = open_page(f"{address}/{CHAPTERS[3]}.html", script, permissions=CLIPBOARD, viewport=DESK)
    tab.evaluate("board.writeText('before')")
    block = tab.locator("pre[data-needs]").first
    block.hover()
    block.locator("xpath=..").get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copied" if allowed else "Not copied").wait_for()
    copied = tab.evaluate("board.readText()")
    own = block.text_content()
    assert copied.endswith(f"\n\n{own}") if allowed else copied == "before"
    assert tab.locator("textarea").count() == 0


@pytest.mark.browser
def test_the_line_to_quote_is_copied(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[3]}.html", permissions=CLIPBOARD)
    quote = tab.locator("footer .quote")
    tab.locator("footer").get_by_role("button", name="Copy").click()
    tab.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == quote.text_content()


@pytest.mark.browser
def test_paper_has_the_states_to_try_side_by_side(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html", viewport=DESK)
    figure = tab.locator(".bends-explorer")
    figure.locator("input").first.focus()
    tab.wait_for_load_state("networkidle")
    before = figure.locator(".says").text_content()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    links = {
        a["href"]: a.get_text() for a in soup(CHAPTERS[0]).select('article a[href^="#junction:"]')
    }
    states = tab.locator(".tried > div")
    assert states.locator("b").all_text_contents() == list(links.values())
    sentences = states.locator("p").all_text_contents()
    assert len(set(sentences)) == len(links) and before not in sentences
    assert figure.locator(".says").text_content() == before
    tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert states.count() == 0


@pytest.mark.browser
def test_paper_has_states_whose_files_were_not_here_yet(address, open_page):
    chapter = next(name for name in CHAPTERS if name.startswith("chapters/15"))
    tab = open_page(f"{address}/{chapter}.html", viewport=DESK)
    figure, states = tab.locator("#playground"), tab.locator("#playground + .tried > div")
    before = figure.locator(".says").text_content()
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    links = {a["href"] for a in soup(chapter).select('article a[href^="#playground:"]')}
    assert len(links) > 1 and states.count() == len(links)
    assert len(set(states.locator("p").all_text_contents()) - {before}) == len(links)
    assert figure.locator(".says").text_content() == before


@pytest.mark.browser
@pytest.mark.parametrize("view", ["slide=junction", "worksheet"])
def test_nothing_jumps_while_a_view_is_made(view, address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html?{view}", SHIFTS, viewport=DESK)
    tab.wait_for_function("document.documentElement.dataset.made !== undefined")
    assert tab.locator("h1, .slide").first.is_visible()
    assert tab.evaluate("window.shift") < 0.01


@pytest.mark.browser
def test_a_slide_of_what_is_not_there_shows_the_page(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html?slide=nothing", viewport=DESK)
    assert tab.get_by_role("heading", level=1).is_visible()


def folded_figures(page):
    return [figure["id"] for figure in soup(page).select("details .bends-explorer")]


def test_some_figures_lie_in_folds():
    assert sum(len(folded_figures(page)) for page in CHAPTERS) > 1


@pytest.mark.browser
@pytest.mark.parametrize("page", CHAPTERS)
def test_a_slide_of_a_folded_figure_shows_it(page, address, open_page):
    for name in folded_figures(page):
        tab = open_page(f"{address}/{page}.html?slide={name}", viewport=DESK)
        tab.wait_for_function("document.documentElement.dataset.made !== undefined")
        assert tab.locator(f"#{name} .panels > svg").first.is_visible()


@pytest.mark.browser
def test_in_a_slide_the_keyboard_meets_the_figure_alone_and_escape_leaves(address, open_page):
    tab = open_page(f"{address}/{CHAPTERS[0]}.html?slide=junction", viewport=DESK)
    tab.wait_for_function("document.documentElement.dataset.made !== undefined")
    met = set()
    for _ in range(12):
        tab.keyboard.press("Tab")
        met.add(tab.evaluate("document.activeElement.closest('.slide, body').className"))
    assert any("slide" in name for name in met)
    assert met <= {"", *(name for name in met if "slide" in name)}
    tab.keyboard.press("Escape")
    tab.wait_for_url(f"{address}/{CHAPTERS[0]}.html#junction")
    assert tab.get_by_role("heading", level=1).is_visible()


def worksheet(tab, address, page=CHAPTERS[0]):
    tab.goto(f"{address}/{page}.html?worksheet")
    tab.wait_for_function("document.documentElement.dataset.made !== undefined")


@pytest.mark.browser
@pytest.mark.parametrize(("page", "name"), [(CHAPTERS[0], "junction"), (CHAPTERS[6], "circle")])
def test_a_worksheet_has_each_state_once_and_leaves_the_way_back(page, name, address, open_page):
    tab = open_page(f"{address}/index.html", viewport=DESK)
    worksheet(tab, address, page)
    links = {a["href"] for a in soup(page).select(f'article a[href^="#{name}:"]')}
    assert tab.locator(".states > div").count() == len(links)
    assert len(set(tab.locator(".states p").all_text_contents())) == len(links)
    assert "#" not in tab.locator("h1").text_content() + tab.url
    tab.go_back()
    assert tab.url == f"{address}/index.html"


@pytest.mark.browser
def test_a_worksheet_leaves_out_a_state_that_does_not_come(address, open_page):
    soon = "const later = setTimeout; window.setTimeout = (f, t) => later(f, t === 4000 ? 50 : t);"
    tab = open_page(f"{address}/index.html", soon, viewport=DESK)
    tab.context.route("**/states/**", lambda route: route.abort())
    worksheet(tab, address)
    assert tab.locator(".states").count() == 0
    assert tab.get_by_role("heading", name="Check yourself").is_visible()


@pytest.mark.browser
def test_only_a_chapter_has_a_worksheet(address, open_page):
    tab = open_page(f"{address}/back/glossary.html?worksheet", viewport=DESK)
    assert tab.locator(".sheet").count() == 0
    assert tab.locator("article h2").first.is_visible() and tab.locator(".bar").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("view", ["slide=junction", "worksheet"])
def test_a_view_that_fails_shows_the_page(view, address, open_page):
    tab = open_page(f"{address}/index.html", viewport=DESK)
    tab.context.route(
        re.compile(r"/(slide|worksheet)\.js"),
        lambda route: route.fulfill(body="throw Error('a fault')"),
    )
    tab.goto(f"{address}/{CHAPTERS[0]}.html?{view}", wait_until="networkidle")
    assert tab.locator("article p").nth(3).is_visible() and tab.locator(".bar").is_visible()
