"""Text that stands in one file and is shown in another: `<!-- name -->` on a page calls for it."""

import json
import re
from pathlib import Path

import imports
import prerequisites
import printed
import rightness
import yaml
from cheat_sheet import cheat_sheet
from docutils import nodes
from pybtex.database import parse_file
from sphinx.errors import ExtensionError

ROOT = Path(__file__).resolve().parent.parent


def contents():
    """The course as a list of its parts: what is written, linked; what is planned, named."""
    lines = []
    for part in yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))["parts"]:
        lines += [f"### {part['title']}", ""]
        for slug, (title, line) in part["chapters"].items():
            file = f"chapters/{slug}.ipynb"
            written = (ROOT / file).exists()
            name = f"[{title}]({file})" if written else f"{title} *(planned)*"
            lines.append(f"- **{int(slug[:2])}. {name}** {line}")
        lines.append("")
    return "\n".join(lines)


def sources():
    """Every entry of references.bib: who, when if it says so, what, where, with its link."""
    lines = []
    for entry in parse_file(ROOT / "references.bib").entries.values():
        fields = entry.fields
        people = [" ".join(p.prelast_names + p.last_names) for p in entry.persons["author"]]
        if len(people) > 3:
            people = [people[0] + " and others"]
        who = ", ".join(people[:-1]) + " and " * (len(people) > 1) + people[-1]
        places = [fields[k] for k in ("journal", "booktitle", "howpublished") if k in fields]
        where = places[0] if places else ""
        link = f" <{fields['url']}>" if "url" in fields else ""
        what = f"*{fields['title']}.* {where + '.' if where else ''}{link}"
        lines.append(re.sub(r"[{}]", "", f"- {who} ({fields.get('year', 'undated')}). {what}"))
    return "\n".join(sorted(lines, key=str.casefold))


def doors():
    """One way in for each kind of reader, to the first of its pages that is written."""
    html = ['<div class="doors">']
    for door in yaml.safe_load((ROOT / "_ext" / "course.yml").read_text(encoding="utf8"))["doors"]:
        written = (p.partition("#") for p in door["pages"])
        page, mark, anchor = next(p for p in written if list(ROOT.glob(f"{p[0]}.*")))
        address = f"{page}.html{mark}{anchor}"
        html.append(f'<a href="{address}"><b>{door["who"]}</b><span>{door["where"]}</span></a>')
    return "\n".join([*html, "</div>"])


def lessons():
    """The written chapters as a table: what each asks, which it needs, how long it takes.

    The minutes are counted once all chapters are read; `put_minutes` puts them in.
    """
    rows = [
        "| chapter | question | needs | minutes | of the main line | to print |",
        "|" + " --- |" * 6,
    ]
    for number, (slug, title, needs) in prerequisites.chapters().items():
        before = ", ".join(map(str, needs)) or "–"
        link = f"[{title}](../chapters/{slug}.ipynb)"
        times = " | ".join(f"MINUTES:{slug}:{at}" for at in (1, 0))
        sheet = f'<a href="../chapters/{slug}.html?worksheet">worksheet</a>'
        rows.append(f"| {number} | {link} | {before} | {times} | {sheet} |")
    return "\n".join(rows)


def heading_slug(title):
    """The name of a heading as an address, in MyST's way."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower().replace(" ", "-"))


def headings(page):
    """The headings of a page, given its path from the root without an ending; None without it."""
    for file in ROOT.glob(f"{page}.*"):
        text = file.read_text(encoding="utf8")
        if file.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        return re.findall(r"^#+ (.+)$", text, re.M)


def place(see):
    """Where a question's answer is shown: its page, that page's file and what to call it."""
    page, heading = see
    if isinstance(page, int):
        (page,) = (p.with_suffix("").relative_to(ROOT) for p in ROOT.glob(f"chapters/{page:02}-*"))
        name = f"chapter {int(page.name[:2])}"
    else:
        name = headings(page)[0]
    file = next(ROOT.glob(f"{page}.*")).relative_to(ROOT)
    # A heading that was renamed breaks a test and not the page.
    anchor = f"#{heading_slug(heading)}" if heading in headings(page) else ""
    return f"../{file.as_posix()}{anchor}", f"{name}: {heading}" if heading else name


def questions():
    """Questions that people ask, by group: each with its answer, its place here and its thread."""
    lines = []
    for group in yaml.safe_load((ROOT / "back" / "questions.yml").read_text(encoding="utf8")):
        lines += [f"## {group['group']}", ""]
        for entry in group["questions"]:
            file, name = place(entry["see"])
            thread = re.sub(r"^https://(www\.|github\.com/)?", "", entry["thread"])
            short = (
                re.sub(r"/(issues|pull)/", " #", thread)
                if "github.com" in entry["thread"]
                else thread.split("/")[0]
            )
            lines += [f"### {entry['ask']}", "", entry["answer"].strip(), ""]
            lines += [f"*[{name}]({file}) · asked in [{short}]({entry['thread']})*", ""]
    return "\n".join(lines)


def put_minutes(app, document, docname):
    """Fill in the minutes that `lessons` leaves open."""
    for text in list(document.findall(nodes.Text)):
        if match := re.fullmatch(r"MINUTES:(.+):([01])", text):
            # A part of the book may be built alone; then other chapters have no minutes.
            minutes = app.env.metadata[f"chapters/{match[1]}"].get("minutes", "––")
            text.parent.replace(text, nodes.Text(str(minutes[int(match[2])])))


TEXTS = {
    "cheat-sheet": cheat_sheet,
    "contents": contents,
    "doors": doors,
    "imports": imports.graph,
    "lessons": lessons,
    "prerequisites": prerequisites.graph,
    "printed": printed.whole,
    "printed-for-teachers": printed.for_teachers,
    "questions": questions,
    "sources": sources,
    "vectors-sample": rightness.sample,
    "vectors-special-cases": rightness.special_cases,
    "vectors-summary": rightness.summary,
}


def fill(app, docname, source):
    """Put each text in the place of its comment."""

    def text(match):
        if match[1] not in TEXTS:
            raise ExtensionError(f"{docname}: no text is called {match[1]!r}: {', '.join(TEXTS)}")
        return TEXTS[match[1]]()

    if docname.startswith(("index", "back/")):
        source[0] = re.sub(r"^<!-- ([\w-]+) -->$", text, source[0], flags=re.M)


def setup(app):
    app.connect("source-read", fill)
    app.connect("doctree-resolved", put_minutes)
