"""The book's kinds of picture, one function each."""

import numpy as np
from contourpy import contour_generator
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle

from .activations import ACTIVATIONS
from .catalogue import find
from .look import ACCENT, CLASSES, DASHES, INK, LABEL, MUTED, PAPER, color, number, style


def label_line(ax, x, y, text, color, **options):
    """A word on a line in the line's colour, instead of a legend."""
    options = {"ha": "left", "va": "bottom", "weight": "bold"} | options
    return ax.text(x, y, text, color=color, **options)


def name_ends(ax, x, ends, names, colors, reach=18):
    """Names right of lines' ends, in the ends' order, so far apart that each can be read; a thin
    line leads from each name to its line's end.

    Parameters
    ----------
    ax : Axes
        With room for the names on the right.
    x : float
        Where the lines end.
    ends : iterable of float
        The lines' heights there, within the panel.
    names, colors : sequence of str
    reach : float
        From an end to its name, in points.
    """
    point = ax.figure.dpi / 72
    gap = 15 * point
    places = ax.transData.transform([(x, end) for end in ends])
    order = np.argsort(places[:, 1], kind="stable")
    steps = gap * np.arange(len(order))
    # With the gaps taken out, names in order are a rising sequence: the one that lies nearest to
    # the ends has at each place the largest of the smallest means.
    bare = places[order, 1] - steps
    upto = range(1, len(bare) + 1)
    rising = [
        max(min(bare[i:end].mean() for end in upto[k:]) for i in range(k + 1))
        for k in range(len(bare))
    ]
    low, high = ax.bbox.y0 + 6 * point, ax.bbox.y1 - 4 * point
    heights = np.clip(rising, low, high - steps[-1]) + steps
    for i, height in zip(order, heights, strict=True):
        start = places[i] + (2 * point, 0)
        name = start[0] + reach * point, height
        line = ax.transData.inverted().transform([start, name])
        ax.plot(*line.T, color=colors[i], linewidth=1)
        ax.text(*line[1], f" {names[i]}", color=colors[i], va="center", weight="bold")


def curve(ax, activation, derivative=False, points=201, **options):
    """The graph of a function, or of its slope, over the panel's width.

    Corners are drawn exactly: the points where one piece of the formula ends are among those
    that the line joins.
    """
    f = find(ACTIVATIONS, activation)
    low, high = ax.get_xlim()
    x = np.linspace(low, high, points)
    joints = np.array([j for j in f.joints if low < j < high])
    beside = [np.nextafter(joints, -np.inf), joints, np.nextafter(joints, np.inf)]
    x = np.sort(np.concatenate([x, *beside]))
    y = f.derivative(x) if derivative else f(x)
    # A jump is a gap in the line: nothing that the function gives lies in between.
    jumps = np.flatnonzero((np.diff(x) < 1e-9) & (np.abs(np.diff(y)) > 1e-6)) + 1
    x, y = (np.insert(numbers, jumps, np.nan) for numbers in (x, y))
    return ax.plot(x, y, **(style(f) | options))


def named_curves(ax, names):
    """Graphs of functions, each with its name on its line in place of a legend.

    Parameters
    ----------
    names : mapping
        From a function's name to the place, (x, y), of the left lower corner of its title.
    """
    for name, place in names.items():
        curve(ax, name)
        label_line(ax, *place, find(ACTIVATIONS, name).title, color(name))


def decision_regions(ax, score, levels=8, resolution=64, border=False):
    """Where a classifier of two classes says which, and how firmly, as a small image.

    Parameters
    ----------
    score : callable
        Takes points `(n, 2)`, gives for each the probability `(n,)` of class 1.
    levels : int
        Shades for each class: few shades make small pages.
    resolution : int
        Pixels along each side.
    border : bool
        Draw a line where the probability is one half.
    """
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()

    def centres(low, high):
        return low + (np.arange(resolution) + 0.5) * (high - low) / resolution

    across, up = centres(x0, x1), centres(y0, y1)
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    p = np.clip(np.asarray(score(points)).reshape(resolution, resolution), 0, 1)
    firm = np.minimum(np.floor(np.abs(2 * p - 1) * levels), levels - 1) + 0.5
    image = np.empty((resolution, resolution, 4))
    image[..., :3] = np.where(p[..., None] > 0.5, to_rgb(CLASSES[1]), to_rgb(CLASSES[0]))
    image[..., 3] = 0.6 * firm / levels  # see-through, so that it reads on both papers
    if border:
        # matplotlib's own contour lines, without its twenty milliseconds around them
        # On yes and no: where p is one half on a whole field, its line would follow the grid.
        for line in contour_generator(across, up, (p > 0.5).astype(float)).lines(0.5):
            ax.plot(*exact(line, across, up, score).T, color=INK, linewidth=1.2, zorder=0.6)
    return ax.imshow(image, extent=(x0, x1, y0, y1), origin="lower", aspect="auto", zorder=0.5)


def exact(line, across, up, score, halvings=12):
    """A contour line of a coarse grid, moved to where the function itself passes one half.

    Each point of the line lies on an edge of the grid, between a corner above one half and one
    below; the edge is halved until the place is known to a thousandth of it.

    Parameters
    ----------
    line : array, shape (n, 2)
    across, up : array
        The grid's coordinates, in equal steps.
    score : callable
        Takes points `(n, 2)`, gives `(n,)`.
    halvings : int
    """
    origin = np.array([across[0], up[0]])
    step = np.array([across[1] - across[0], up[1] - up[0]])
    place = (line - origin) / step
    near = np.abs(place - np.round(place)) < 1e-9  # on a line of the grid in this direction
    one = origin + np.where(near, np.round(place), np.floor(place)) * step
    other = origin + np.where(near, np.round(place), np.ceil(place)) * step
    above = np.asarray(score(one)) > 0.5
    for _ in range(halvings):
        middle = (one + other) / 2
        same = ((np.asarray(score(middle)) > 0.5) == above)[:, None]
        one, other = np.where(same, middle, one), np.where(same, other, middle)
    return (one + other) / 2


def unit_pictures(ax, net, resolution=20, levels=16):
    """What each unit of the last hidden layer draws on the plane, as tiles of one small image.

    The deepest shade is the unit's own largest activation, orange above 0 and blue below; where
    the unit gives 0 the tile is blank. A page draws shade over into shade between the pixels: many
    shades make a tilted sheet of few pixels.

    Parameters
    ----------
    ax : Axes
        A panel without a frame; two rows of four tiles fill it.
    net : MLP
        One network with two inputs, and up to eight units in its last hidden layer.
    resolution : int
        Pixels along each side of a tile; each is the mean of two by two places, so that an edge
        that crosses it makes a shade between.
    levels : int
        Shades for each sign.
    """
    grid = 1.4 * (np.arange(0.5, 2 * resolution) / resolution - 1)
    net(np.stack(np.meshgrid(grid, -grid), axis=-1).reshape(-1, 2))
    places = net.layer_inputs[-1].T.reshape(-1, resolution, 2, resolution, 2)
    units = places.mean(axis=(2, 4))
    rows = np.zeros((2, 4, resolution + 2, resolution + 2, 4))
    for tile, unit in zip(rows.reshape(-1, *rows.shape[2:]), units, strict=False):
        share = unit / max(np.abs(unit).max(), 1e-9)
        inside = tile[1:-1, 1:-1]  # a clear edge parts the tiles
        inside[..., :3] = np.where(share[..., None] > 0, to_rgb(CLASSES[1]), to_rgb(CLASSES[0]))
        inside[..., 3] = 0.8 * np.ceil(levels * np.abs(share) - 1e-6) / levels
    image = rows.swapaxes(1, 2).reshape(2 * (resolution + 2), -1, 4)
    ax.imshow(image, extent=(*ax.get_xlim(), *ax.get_ylim()), aspect="auto", zorder=0.5)


# The book's own picture: a straight pipe, the junction, and the pipe after the bend. It fills a
# panel without axes, one unit a CSS pixel.
PIPE = {"xlim": (0, 340), "ylim": (0, 132), "height": 132, "frame": False}
JUNCTION = (214, 50)
PLACES = {"enters": (23, 50), "weight": (68, 50), "bias": (111, 50), "arrives": (156, 50),
          "leaves": (302, 92), "passes": (302, 50)}  # fmt: skip


def pipe(ax, bent=True):
    """The empty pipe: its walls, and a word under each place where a number stands.

    Parameters
    ----------
    ax : Axes
        A `panel(**PIPE)`.
    bent : bool
        False where no bend sits at the junction: the pipe goes straight on.
    """
    end = PLACES["leaves" if bent else "passes"]
    course = ((0, 50), JUNCTION, (256, end[1]), (340, end[1]))
    x, y = zip(*course, strict=True)
    ends = {"solid_capstyle": "butt", "solid_joinstyle": "round"}
    ax.plot(x, y, color=MUTED, linewidth=33, **ends)
    ax.plot(x, y, color=PAPER, linewidth=30, **ends)
    for word, (x, y) in (PLACES | {"leaves": end}).items():
        if word in ("enters", "arrives", "leaves"):
            ax.text(x, y - 32, word, color=MUTED, ha="center", va="center")


def pipe_number(ax, place, text, **options):
    """What stands in the pipe at a place: "enters", "weight", "bias", "arrives", and behind the
    junction "leaves" or, where the pipe goes straight on, "passes"."""
    options = {"ha": "center", "va": "center", "size": 14} | options
    return ax.text(*PLACES[place], text, **options)


def unit_graph(ax, activation, at=JUNCTION, radius=26):
    """A unit, in the colour of its activation function, with that function's graph inside."""
    f = find(ACTIVATIONS, activation)
    (x, y), t = at, np.linspace(-3, 3, 41)
    ax.add_patch(Circle((x, y), radius, facecolor=PAPER, edgecolor=color(f), linewidth=3))
    # Eight units of z across the circle; the same scale upwards, so that a slope looks like one.
    ax.plot(x + t * radius / 4, y + f(t) * radius / 4 - 4, color=color(f), linewidth=2.5)


LAYER = {"xlim": (0, 340), "ylim": (0, 220), "height": 220, "frame": False}


def layer(ax, inputs, weights, biases, activation):
    """A layer of three units: a pipe from every input to every unit, with its weight.

    Parameters
    ----------
    ax : Axes
        A `panel(**LAYER)`.
    inputs : array, shape (2,)
    weights : array, shape (2, 3)
    biases : array, shape (3,)
    activation : str or Activation
    """
    f = find(ACTIVATIONS, activation)
    starts, units = ((40, 155), (40, 75)), ((215, 185), (215, 115), (215, 45))
    middle = {"ha": "center", "va": "center"}
    for start, row in zip(starts, weights, strict=True):
        for unit in units:
            ax.plot(*zip(start, unit, strict=True), color=MUTED, linewidth=1.5, zorder=0.5)
        for (x, y), weight in zip(units, row, strict=True):
            share = 0.68  # of the way to the unit: there no two pipes are close
            at = [a + share * (b - a) for a, b in zip(start, (x, y), strict=True)]
            ax.text(*at, f"× {number(weight)}", size=11, color=MUTED, bbox=LABEL, **middle)
    for (x, y), value in zip(starts, inputs, strict=True):
        ax.add_patch(Circle((x, y), 17, facecolor=PAPER, edgecolor=MUTED, linewidth=1))
        ax.text(x, y, number(value), size=14, **middle)
    arriving = np.asarray(inputs) @ weights + biases
    for (x, y), bias, z in zip(units, biases, arriving, strict=True):
        unit_graph(ax, f, (x, y), 19)
        words = f"bias {number(bias)}: {number(z)} arrives"
        ax.text(x - 12, y - 28, words, size=11, color=ACCENT, va="center")
        ax.plot([x + 20, 340], [y, y], color=MUTED, linewidth=1.5)
        ax.text(x + 65, y + 11, f"{number(f(z))} leaves", size=12, weight="bold", va="center")


def runs(ax, y, scores, color):
    """A row of a picture of runs: an upright line at the scores' mean, and before it a ring for
    each score. The line reaches from y - 0.3 to y + 0.3: words of the row stand beyond."""
    ax.plot([np.mean(scores)] * 2, [y - 0.3, y + 0.3], color=INK, linewidth=2)
    above = y + np.linspace(-0.16, 0.16, len(scores))
    ax.plot(scores, above, "o", color=color, markersize=5, markerfacecolor="none")


def class_points(ax, x, y, size=8):
    """Points of two or three classes: each class has its colour and its marker.

    Parameters
    ----------
    x : array, shape (n, 2)
    y : int array, shape (n,)
    size : float
        Of a marker, in CSS pixels.
    """
    for label in np.unique(y):
        style = {"marker": "osD"[label], "color": CLASSES[label]}
        ax.plot(*x[y == label].T, linestyle="", markersize=size, markeredgecolor=PAPER, **style)


def tiny_network(axes, net):
    """A network with one input, a few units and one output, opened up in four panels.

    Parameters
    ----------
    axes : mapping
        Panels "arrives" (pre-activations), "leaves" (activations), "weighted" and "sum".
    net : MLP
        Of sizes [1, units, 1]; each unit has its number and its dash in all panels but the last.
    """
    low, high = axes["sum"].get_xlim()
    x = np.linspace(low, high, 121)
    output = net(x[:, None])[:, 0]
    arrives, leaves = net.pre_activations[0], net.layer_inputs[1]
    weighted = leaves * net.weights[1][:, 0]
    (f,) = net.activations
    for name, lines in (("arrives", arrives), ("leaves", leaves), ("weighted", weighted)):
        for unit, (line, dash) in enumerate(zip(lines.T, DASHES, strict=False)):
            axes[name].plot(x, line, color=color(f), linestyle=dash)
            # Its number stands on the line, near the bend, where the others' lines are far away.
            room = np.abs(np.delete(lines, unit, axis=1) - line[:, None]).min(axis=1, initial=9)
            off = np.abs(arrives[:, unit] - 0.5)
            near = (off < 0.8) & (np.abs(x) < 0.93 * high)  # and clear of the panel's edge
            place = np.where(near, room - off / 5, -1).argmax()
            axes[name].text(x[place], line[place], unit + 1, bbox=LABEL, ha="center", va="center")
    axes["sum"].plot(x, output, color=INK)


def layer_histograms(ax, layers, bins=48):
    """How each layer's numbers are spread, as a small image: a column a layer, the stronger the
    color, the more numbers. What lies beyond the panel counts in its first or last row.

    Parameters
    ----------
    layers : sequence of arrays
        Each of any shape. Layer 1 stands at x = 1.
    bins : int
        Rows of the image.
    """
    low, high = ax.get_ylim()
    image = np.zeros((bins, 10 * len(layers), 4))  # ten pixels a column, the last ones empty, so
    image[..., :3] = to_rgb(CLASSES[1])  # that the page does not blend neighbours into each other
    for layer, numbers in enumerate(layers):
        share, _ = np.histogram(np.clip(numbers, low, high), bins, (low, high))
        shades = np.ceil(8 * np.sqrt(share / share.max())) / 8  # few: a small page
        image[:, 10 * layer + 1 : 10 * layer + 9, 3] = shades[:, None]
    extent = (0.5, len(layers) + 0.5, low, high)
    ax.imshow(image, extent=extent, origin="lower", aspect="auto", zorder=0.5)


# A network with a fork: A feeds B and C, and the output adds both. One unit is a CSS pixel.
FORK = {"xlim": (0, 340), "ylim": (0, 220), "height": 220, "frame": False}
UNITS = {"A": (100, 105), "B": (205, 160), "C": (205, 50)}
FORK_PLACES = {"A": (84, 66), "B": (205, 209), "C": (205, 13), "out": (322, 121),
               "fork": (84, 66), "front": (40, 121)}  # fmt: skip


def fork(ax, activation, to_b, to_c):
    """The network with a fork, its weights on its lines, without the numbers that flow.

    Parameters
    ----------
    ax : Axes
        A `panel(**FORK)`.
    activation : str or Activation
        What sits in each of the units A, B and C.
    to_b, to_c : float
        The weights from A to B and to C.
    """
    a, b, c, output = *UNITS.values(), (305, 105)
    for line in [((4, 105), a), (a, b), (a, c), (b, output), (c, output), (output, (340, 105))]:
        ax.plot(*zip(*line, strict=True), color=MUTED, linewidth=1.5, zorder=0.5)
    ax.plot(*output, "o", color=MUTED, markersize=7)
    for unit, weight in ((b, to_b), (c, to_c)):
        place = 0.4 * a[0] + 0.6 * unit[0], 0.4 * a[1] + 0.6 * unit[1]  # clear of A's number
        ax.text(*place, f"× {number(weight)}", color=MUTED, bbox=LABEL, ha="center", va="center")
    for name, place in UNITS.items():
        unit_graph(ax, activation, place, 20)
        ax.text(place[0], place[1] + 30, name, color=MUTED, ha="center", va="center")


def fork_number(ax, place, text, **options):
    """What stands in the network with a fork: beside a unit, at the "front" and at "out"; under A
    as "fork", for what comes back to it."""
    options = {"ha": "center", "va": "center"} | options
    return ax.text(*FORK_PLACES[place], text, **options)
