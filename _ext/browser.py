"""Chromium: where it is, how it is started, and how it prints a page of the book."""

import shutil

import repository

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
NO_CHROMIUM = "No Chromium here: install it (Debian, Ubuntu: apt install chromium)."

ADDRESS = "http://bends.invalid/"  # the site's, while it is printed: read from disk
# Links lead inside the book or to the world; the rest, such as downloads, are words on paper.
# Chromium names a place where a link of the same page leads to, so each place gets one.
PREPARE = """([bound, home]) => {
  for (const link of document.querySelectorAll("article a[href]")) {
    const address = link.getAttribute("href");
    if (/^#[\\w-]+:\\w+=/.test(address)) link.setAttribute("href", address.split(":")[0]);
    const url = new URL(link.getAttribute("href"), document.baseURI);
    if (url.host !== location.host) continue;
    const page = url.pathname.slice(1).replace(/\\.html$/, "");
    if (bound.includes(page) && !url.search) continue;
    if (home) link.setAttribute("href", home + url.pathname.slice(1) + url.search + url.hash);
    else link.removeAttribute("href");
  }
  for (const { id } of document.querySelectorAll("article [id]:not(svg *)")) {
    const link = document.createElement("a");
    link.href = "#" + id;
    link.hidden = true;
    document.querySelector("article").append(link);
  }
}"""
SECTIONS = """() => [...document.querySelectorAll("article h2")].map((heading) => {
  const words = heading.cloneNode(true);
  for (const link of words.querySelectorAll(".headerlink")) link.remove();
  return [heading.closest("section")?.id ?? "", words.textContent.trim()];
})"""


def chromium():
    """Path of the first Chromium that is installed, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Printer:
    """Prints pages of the built book.

    Parameters
    ----------
    browser : playwright.sync_api.Browser
    site : pathlib.Path
        The built book.
    """

    def __init__(self, browser, site):
        self.site = site
        self.home = repository.pages_address(repository.find())
        self.tab = browser.new_page()
        self.tab.route("**/*", self.answer)

    def answer(self, route):
        """Hand the browser a file of the site, and nothing else."""
        path = self.site / route.request.url.removeprefix(ADDRESS).partition("?")[0]
        if not path.is_file():
            route.abort()
        elif path.suffix == ".html":  # a printer can wait for the fonts
            html = path.read_text(encoding="utf8")
            html = html.replace("font-display: optional", "font-display: block")
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            route.fulfill(path=path)

    def open(self, page, view=""):
        """Open a page of the site; `view` is its query, such as "worksheet"."""
        self.tab.goto(f"{ADDRESS}{page}.html{'?' * bool(view)}{view}", wait_until="load")
        if view == "worksheet":
            self.tab.wait_for_selector(".sheet", timeout=120_000)

    def title(self):
        """What the contents call the open page."""
        return self.tab.title().removesuffix(" · Bends")

    def sections(self):
        """Anchor and title of each section of the open page."""
        return self.tab.evaluate(SECTIONS)

    def show(self, body):
        """Show a text of our own, in the look of the page that is open."""
        self.tab.evaluate("body => document.querySelector('article').innerHTML = body", body)

    def pdf(self, *styles, bound=()):
        """The open page on paper; its links may lead to pages that are bound with it, by name."""
        self.tab.evaluate(PREPARE, [sorted(bound), self.home])
        added = [self.tab.add_style_tag(content=style) for style in styles]
        self.tab.evaluate("document.fonts.ready.then(() => true)")
        printed = self.tab.pdf(format="A4", prefer_css_page_size=True)
        for style in added:
            style.evaluate("element => element.remove()")
        return printed
