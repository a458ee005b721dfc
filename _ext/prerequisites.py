"""Which chapter builds on which: read from the chapters' first lines, drawn for a teacher."""

import json
import re
from html import escape
from pathlib import Path

from graphs import WIDTH, direct, drawn

ROOT = Path(__file__).resolve().parent.parent
SIZE = 56  # of a chapter's circle in the drawing, with room around it


def chapters():
    """`{number: (slug, title, numbers of the chapters that it names as needed)}`, in order."""
    found = {}
    for file in sorted((ROOT / "chapters").glob("*.ipynb")):
        head = "".join(json.loads(file.read_text(encoding="utf8"))["cells"][0]["source"])
        title = re.search(r"^# (.+)$", head, re.M)[1]
        line = re.search(r"^\*.*?You need (.+?[.;])[ *]", head, re.M)[1]
        needs = [int(number) for number in re.findall(r"\((\d\d)-", line)]
        found[int(file.name[:2])] = (file.stem, title, needs)
    return found


def graph():
    """The chapters as links in a drawing, each below those that it builds on, as HTML."""
    found = chapters()
    arrows = direct({number: needs for number, (_, _, needs) in found.items()})
    place, height, paths = drawn(arrows, dict.fromkeys(arrows, SIZE))
    links = ""
    for number, (slug, title, _) in found.items():
        x, y = place[number]
        needs = " and ".join(map(str, arrows[number])) or "no other"
        label = escape(f"Chapter {number}, {title} Builds on {needs}.")
        links += (
            f'<li style="left:{100 * x / WIDTH:.1f}%;top:{100 * y / height:.1f}%">'
            f'<a href="../chapters/{slug}.html" title="{label}" aria-label="{label}">'
            f"{number}</a></li>"
        )
    return (
        f'<figure class="needs"><div><svg viewBox="0 0 {WIDTH} {height:.0f}" aria-hidden="true">'
        f"{paths}</svg><ol>{links}</ol></div><figcaption>A line leads down from a chapter to one "
        "that builds on it. What follows from other lines is left out.</figcaption></figure>"
    )
