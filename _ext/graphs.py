"""A graph in rows, to draw: each point stands below all that it builds on.

What builds on what is given as `{point: what it builds on}`, where each point comes after what it
builds on. A line that passes a row has a place in it, as labels have: such a place is a pair
`(point, row)`, with the point that the line comes from.
"""

from collections import Counter
from itertools import count, pairwise

ROW, WIDTH = 80, 480  # of the drawing, in its own units
LABELS, WAY = 400, 10  # of a row's width: what its labels may take, and what a line takes


def all_needs(needs):
    """What each point needs, and what those need in turn; a point needs earlier ones only."""
    total = {}
    for point in needs:
        total[point] = set(needs[point]).union(*(total[n] for n in needs[point] if n in total))
    return total


def direct(needs):
    """`{point: what it builds on directly}`: without what follows from the others."""
    total, order = all_needs(needs), list(needs)
    return {
        point: sorted(
            (n for n in set(given) if not any(n in total.get(m, ()) for m in given)),
            key=order.index,
        )
        for point, given in needs.items()
    }


def rows(arrows, size):
    """`{point: its row}`: below all that it builds on, and near above what builds on it.

    `size` is the width of each point's label.
    """
    row, taken = {}, Counter()

    def put(point, places):
        row[point] = next(r for r in places if taken[r] + size[point] <= LABELS)
        taken[row[point]] += size[point]

    for point in arrows:
        put(point, count(1 + max((row[n] for n in arrows[point]), default=-1)))
    for point in reversed(arrows):
        if below := [row[p] for p in arrows if point in arrows[p]]:
            taken[row[point]] -= size[point]
            put(point, range(min(below) - 1, row[point] - 1, -1))
    return row


def lines(arrows, row):
    """`{place: places right above it}`, from each point up to all that it builds on."""
    above = {point: [] for point in arrows}
    for point in arrows:
        for n in arrows[point]:
            way = [n, *((n, r) for r in range(row[n] + 1, row[point])), point]
            for upper, lower in pairwise(way):
                if upper not in above.setdefault(lower, []):
                    above[lower].append(upper)
    return above


def places(above, row, size):
    """`{place: (x, y)}`: in its row, as near to what stands above it as the others let it."""
    place = {}
    of = {point: row[point] if point in row else point[1] for point in above}
    for r in range(max(row.values()) + 1):

        def wish(point):
            over = [place[p][0] for p in above[point]]
            return sum(over) / len(over) if over else WIDTH / 2

        here = sorted((p for p in above if of[p] == r), key=wish)
        room = [size.get(point, WAY) for point in here]
        for at, point in enumerate(here):
            x = WIDTH * (sum(room[:at]) + room[at] / 2) / sum(room)
            place[point] = (x, ROW * (r + 0.5))
    return place


def line(start, end):
    """A curve from one place down to another."""
    (x1, y1), (x2, y2) = start, end
    bend = ROW * 0.45
    return f"M{x1:.0f} {y1:.0f}C{x1:.0f} {y1 + bend:.0f} {x2:.0f} {y2 - bend:.0f} {x2:.0f} {y2:.0f}"


def drawn(arrows, size):
    """The place of each point, the drawing's height, and its lines as SVG."""
    row = rows(arrows, size)
    above = lines(arrows, row)
    place = places(above, row, size)
    paths = "".join(
        f'<path d="{line(place[upper], place[lower])}"/>'
        for lower, over in above.items()
        for upper in over
    )
    return {point: place[point] for point in arrows}, ROW * (1 + max(row.values())), paths
