"""`make print`: the built book as files to print and to read elsewhere, in `_build/print`.

Chromium prints the pages of `_build/html` in the style that they have for paper, and `binding`
joins them; `epub` has Sphinx write the book anew. All text comes from the pages and from the
notebooks' data. `printed` offers the files on the site, as long as they are of the same book.
"""

import html
import shutil
import sys
import tempfile
from pathlib import Path

import bank
import epub
import freshness
import yaml
from binding import Sheet, bind
from browser import ADDRESS, FLAGS, NO_CHROMIUM, Printer, chromium
from lock import alone
from pages import COURSE, NUMBER
from press import KEPT, READ, SITE, STRICT
from printed import FOLDER, FOR_TEACHERS, OF, WHOLE, there

ROOT = freshness.ROOT
AUTHOR = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))["author"]
# In the bound book a link is seen, the copyright stands once, and a function takes two sheets.
BOUND = """@media print {
  article a[href] { color: var(--accent); }
  footer, .bends-laboratory { display: none; }
  [data-page^="back/functions/"] article { font-size: 9pt; line-height: 1.4; }
  [data-page^="back/functions/"] :is(h1, h2) { margin: .9em 0 .3em; }
  [data-page^="back/functions/"] :is(th, td) { padding-block: .15em; }
  [data-page^="back/functions/"] figure { margin: .8em 0; }
}"""


def numbered(foot, first):
    """A style that gives a page's foot its words, and its first sheet this number."""
    words = foot.replace("\\", "").replace('"', "")
    return (
        f'@page {{ @bottom-left {{ content: "{words}" }} }}'
        f"@page :first {{ counter-set: page {first} }}"
    )


def listed(site):
    """`(page, what it stands under)` of each page of the book in order, without the front page."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    for part in toc["parts"]:
        for entry in part["chapters"]:
            if (site / f"{entry['file']}.html").exists():
                yield entry["file"], part["caption"]
            for below in entry.get("sections", ()):
                for path in sorted(site.glob(f"{below['glob']}.html")):
                    name = path.relative_to(site).with_suffix("").as_posix()
                    if name != entry["file"]:
                        yield name, entry["file"]


def whole_book(printer, pages):
    """Every page of the book, with a title page and contents of their own."""
    sheets, first = [], 1
    for name, under in pages:
        printer.open(name)
        title = printer.title()
        foot = f"Bends · {'Chapter ' * bool(NUMBER.match(name))}{title}"
        sections = printer.sections() if NUMBER.match(name) else []
        pdf = printer.pdf(BOUND, numbered(foot, first), bound=dict(pages))
        sheets.append(Sheet(name, title, pdf, sections, under))
        first += len(sheets[-1].reader.pages)
    printer.open("index")
    printer.show(front(sheets))
    pdf = printer.pdf(BOUND, numbered("Bends", 1), FRONT, bound=dict(pages))
    return [Sheet("contents", "Contents", pdf), *sheets]


FRONT = """@page { @bottom-right { content: counter(page, lower-roman) } }
@media print {
  article { font-size: 10.5pt; }
  article h1 { margin: 0 0 .3em; padding-top: 90mm; font-size: 40pt; }
  article h2 { margin: 0; break-before: page; }
  .listed { display: flex; gap: 1em; margin: 0; line-height: 1.45; }
  .listed b { flex: 1; font-weight: 400; }
  article h3 { margin: .8em 0 .2em; }
}"""


def front(sheets):
    """Title page and contents as HTML; every page is a link with its number."""
    lines, number, part = [], 1, None
    names = {sheet.name for sheet in sheets}
    for sheet in sheets:
        if sheet.under not in names:  # what stands under another page is found there
            if sheet.under != part:
                part = sheet.under
                lines.append(f"<h3>{html.escape(part)}</h3>")
            title = html.escape(sheet.title)
            lines.append(
                f'<p class="listed"><b><a href="{ADDRESS}{sheet.name}.html">{title}</a></b> '
                f"<span>{number}</span></p>"
            )
        number += len(sheet.reader.pages)
    return (
        f"<h1>Bends</h1><p>{COURSE['pages']['index']}</p>"
        f"<p>{html.escape(AUTHOR)}. Text and figures CC BY 4.0, code BSD-3-Clause. What moves "
        f"on the pages of the site stands here as it begins, beside the states that the text says "
        f"to try.</p><h2>Contents</h2>{''.join(lines)}"
    )


WITHOUT_KEY = "@media print { .sheet > .paper, footer { display: none; } }"
KEY = """@media print {
  .sheet > :not(h1, .paper), footer { display: none; }
  .sheet > .paper { break-before: auto; font-size: 9pt; line-height: 1.4; }
  .sheet > h1 { margin: 0; font-size: 16pt; }
  .sheet > .paper p, .sheet div.highlight { margin-bottom: .4em; }
  .sheet > .paper :is(h2, h3) { margin: .8em 0 .2em; }
}"""


def worksheets(printer, pages):
    """The worksheets of all chapters, and their keys."""
    sheets, keys = [], []
    for name, under in pages:
        if not NUMBER.match(name):
            continue
        printer.open(name, "worksheet")
        title = printer.title()
        for style, made, word in ((WITHOUT_KEY, sheets, ""), (KEY, keys, "Key · ")):
            first = 1 + sum(len(sheet.reader.pages) for sheet in made)
            pdf = printer.pdf(style, numbered(f"Bends · {word}Chapter {title}", first))
            made.append(Sheet(name, title, pdf, [], under))
    return sheets, keys


BANK = """@media print {
  article { font-size: 9pt; line-height: 1.35; }
  article section { columns: 2; column-gap: 2.5em; }
  article section h2 { column-span: all; margin: 1.2em 0 .4em; }
  article ol { margin: 0; padding-left: 1.5em; }
  article li { margin: 0; }
  article section > ol > li { margin-bottom: .8em; break-inside: avoid; }
  article h1:not(:first-child) { break-before: page; }
  footer { display: none; }
}"""


def question_bank(printer, titles):
    """Every question of every chapter, with the answers and their reasons at the end.

    Parameters
    ----------
    printer : Printer
    titles : mapping from int to str
        Of the chapters.
    """
    chapters = {}
    for chapter, text, choices in bank.questions():
        lists = chapters.setdefault(titles[chapter], ([], []))
        lists[0].append(f"<li>{bank.asked(text, choices)}</li>")
        lists[1].append(f"<li>{text}{bank.answered(choices)}</li>")
    body = ""
    for at, head in enumerate(("Question bank", "Answers")):
        body += f"<h1>{head}</h1>"
        for title, lists in chapters.items():
            body += f"<section><h2>{html.escape(title)}</h2><ol>{''.join(lists[at])}</ol></section>"
    printer.open("back/for-teachers")
    printer.show(body)
    pdf = printer.pdf(BANK, numbered("Bends · Question bank", 1))
    return [Sheet("questions", "Question bank", pdf)]


def cheat_sheet(printer):
    """The page of that name: one sheet."""
    printer.open("back/cheat-sheet")
    return [Sheet("back/cheat-sheet", "Cheat sheet", printer.pdf())]


def write(name, sheets, title, front=0):
    """Bind sheets into one file; say how large it is."""
    path = FOLDER / name
    bind(sheets, ADDRESS, title, AUTHOR, front).write(path)
    count = sum(len(sheet.reader.pages) for sheet in sheets)
    print(f"{name}: {count} pages, {path.stat().st_size / 1e6:.1f} MB", flush=True)


def write_epub():
    """The book as EPUB, from what the site's build has read; give whether all went well."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        for name in READ:
            shutil.copytree(KEPT / name, Path(folder) / "_build" / name)
        made = epub.build(Path(folder), STRICT)
        if made is None:
            print("The EPUB could not be made: see above.")
            return False
        shutil.copyfile(made, FOLDER / epub.FILE)
    print(f"{epub.FILE}: {(FOLDER / epub.FILE).stat().st_size / 1e6:.1f} MB", flush=True)
    return True


def print_all():
    """Print all of it, unless it is of this book already; give the exit status."""
    stamp, book = FOLDER / OF, freshness.sources()
    whole = all(map(there, [*WHOLE, *FOR_TEACHERS]))
    if whole and stamp.exists() and stamp.read_text(encoding="utf8") == book:
        return 0
    if chromium() is None:
        print(NO_CHROMIUM)
        return 1
    from playwright.sync_api import sync_playwright

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    pages = list(listed(SITE))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        printer = Printer(browser, SITE)
        book_sheets = whole_book(printer, pages)
        write("bends-book.pdf", book_sheets, "Bends: a course on activation functions", front=1)
        sheets, keys = worksheets(printer, pages)
        write("bends-workbook.pdf", sheets, "Bends: workbook")
        write("bends-workbook-key.pdf", keys, "Bends: key to the workbook")
        titles = {
            int(NUMBER.match(s.name)[1]): s.title for s in book_sheets if NUMBER.match(s.name)
        }
        write("bends-questions.pdf", question_bank(printer, titles), "Bends: question bank")
        write("bends-cheat-sheet.pdf", cheat_sheet(printer), "Bends: cheat sheet")
        browser.close()
    if not write_epub():
        return 1
    stamp.write_text(book, encoding="utf8")
    return 0


if __name__ == "__main__":
    try:
        with alone(freshness.ROOT / "_build"):
            sys.exit(print_all())
    except KeyboardInterrupt:
        print("\nStopped.")
        sys.exit(130)
