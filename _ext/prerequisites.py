"""Which chapter builds on which: read from the chapters' first lines, drawn for a teacher."""

import json
import re
from html import escape
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW, WIDTH = 80, 480  # of the drawing, in its own units


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


def all_needs(needs):
    """What each chapter needs, and what those need in turn; a chapter needs earlier ones only."""
    total = {}
    for number in sorted(needs):
        total[number] = set(needs[number]).union(*(total[n] for n in needs[number] if n in total))
    return total


def direct(needs):
    """`{number: what it builds on directly}`: without what follows from the others."""
    total = all_needs(needs)
    return {
        number: sorted(n for n in set(given) if not any(n in total.get(m, ()) for m in given))
        for number, given in needs.items()
    }


def rows(arrows):
    """`{number: its row}`: below all that it builds on."""
    row = {}
    for number in sorted(arrows):
        row[number] = 1 + max((row[n] for n in arrows[number]), default=-1)
    return row


def lines(arrows):
    """`{point: points right above it}`: a point is a chapter, or `(chapter, row)`.

    The second kind keeps a way free past the chapters of a row, for a line to a row further down.
    """
    row, above = rows(arrows), {number: [] for number in arrows}
    for number in arrows:
        for n in arrows[number]:
            way = [n, *((n, r) for r in range(row[n] + 1, row[number])), number]
            for upper, lower in pairwise(way):
                if upper not in above.setdefault(lower, []):
                    above[lower].append(upper)
    return above


def number_of(point):
    return point[0] if isinstance(point, tuple) else point


def places(arrows):
    """`{point: (x, y)}`: in its row, as near to what stands above it as the others let it."""
    row, above, place = rows(arrows), lines(arrows), {}
    of = {point: point[1] if isinstance(point, tuple) else row[point] for point in above}
    for r in range(max(row.values()) + 1):

        def wish(point):
            over = [place[p][0] for p in above[point]]
            return sum(over) / len(over) if over else WIDTH / 2

        here = sorted((p for p in above if of[p] == r), key=lambda p: (wish(p), number_of(p)))
        room = [0.4 if isinstance(point, tuple) else 1 for point in here]
        for at, point in enumerate(here):
            x = WIDTH * (sum(room[:at]) + room[at] / 2) / sum(room)
            place[point] = (x, ROW * (r + 0.5))
    return place


def line(start, end):
    """A curve from one place down to another."""
    (x1, y1), (x2, y2) = start, end
    bend = ROW * 0.45
    return f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"


def graph():
    """The chapters as links in a drawing, each below those that it builds on, as HTML."""
    found = chapters()
    arrows = direct({number: needs for number, (_, _, needs) in found.items()})
    place = places(arrows)
    height = max(y for _, y in place.values()) + ROW / 2
    paths = "".join(
        f'<path d="{line(place[upper], place[lower])}"/>'
        for lower, over in lines(arrows).items()
        for upper in over
    )
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
