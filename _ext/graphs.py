"""A graph in rows, to draw: each point stands below all that it builds on.

What builds on what is given as `{point: what it builds on}`, where each point comes after what it
builds on. A line that passes a row has a place in it, as labels have: such a place is a pair
`(point, row)`, with the point that the line comes from.
"""

from collections import Counter
from itertools import accumulate, combinations, count, pairwise
from statistics import fmean

ROW, WIDTH = 80, 480  # of the drawing, in its own units
LABELS, WAY = 440, 8  # of a row's width: what its labels may take, and what a line takes
SWEEPS = 4  # times that the rows are put in order, down and up


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


def spread(here, size):
    """`{place: x}` for the places of one row, side by side."""
    room = [size.get(place, WAY) for place in here]
    middles = (end - own / 2 for end, own in zip(accumulate(room), room, strict=True))
    return {place: WIDTH * x / sum(room) for place, x in zip(here, middles, strict=True)}


def crossings(above, of, x):
    """How often lines between two rows cross."""
    ends = [(of[lower], x[upper], x[lower]) for lower, over in above.items() for upper in over]
    pairs = combinations(ends, 2)
    return sum(r == s and (a - b) * (c - d) < 0 for (r, a, c), (s, b, d) in pairs)


def places(above, row, size):
    """`{place: (x, y)}`: down and up the rows, each is put in the order of its neighbours.

    That is done a few times; what crosses least is kept.
    """
    of = {place: row[place] if place in row else place[1] for place in above}
    below = {place: [p for p in above if place in above[p]] for place in above}
    here = [[place for place in above if of[place] == r] for r in range(1 + max(row.values()))]
    x, found = {}, []
    for order in here:
        x |= spread(order, size)
    for near, orders in [(above, here), (below, here[::-1])] * SWEEPS:
        for order in orders:
            wish = {place: fmean(x[p] for p in near[place] or [place]) for place in order}
            order.sort(key=wish.get)
            x |= spread(order, size)
        found.append(dict(x))
    x = min(found, key=lambda x: crossings(above, of, x))
    return {place: (x[place], ROW * (of[place] + 0.5)) for place in above}


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
