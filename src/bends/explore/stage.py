"""The panels of an explorer, and what a drawing function leaves on them."""

import math
from dataclasses import dataclass
from operator import methodcaller

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from ..look import LOOK, number
from .svg import DPI, UNITS, Recorder, markup

WIDTH = 340  # CSS pixels: a panel fits a phone at full size, two stand side by side on a page
WIDE = 700  # the page's whole column


@dataclass(frozen=True)
class Panel:
    """Limits, labels and shape of one panel; made by `panel`."""

    xlim: tuple
    ylim: tuple
    xlabel: str
    ylabel: str
    height: float
    frame: bool
    xscale: str
    yscale: str
    xticks: tuple | None
    yticks: tuple | None
    width: float = WIDTH


def panel(
    xlim, ylim, xlabel="", ylabel="", height=240, frame=True,
    xscale="linear", yscale="linear", xticks=None, yticks=None, width=WIDTH,
):  # fmt: skip
    """One panel of an explorer, 340 CSS pixels wide or as wide as the page's column.

    Parameters
    ----------
    xlim, ylim : (float, float)
        Limits of its axes, the same in all states.
    xlabel, ylabel : str
        Names of the axes; that of y stands upright at the top.
    height : float
        In CSS pixels.
    frame : bool
        False for a drawing without axes; it fills the panel.
    xscale, yscale : str
        "linear", "log", "symlog": a scale of matplotlib.
    xticks, yticks : sequence of float, optional
    width : float
        `WIDTH`, or `WIDE` for a drawing without text, since a phone shows it at half its size.
    """
    if width not in (WIDTH, WIDE):
        raise ValueError(f"width must be {WIDTH} or {WIDE}, not {width!r}")
    for name, pair, scale in (("xlim", xlim, xscale), ("ylim", ylim, yscale)):
        if len(pair) != 2 or not all(map(math.isfinite, pair)) or pair[0] == pair[1]:
            raise ValueError(f"{name} must be two different finite numbers, not {pair!r}")
        if scale == "log" and min(pair) <= 0:
            raise ValueError(f"{name} must lie above 0 on a log scale, not {pair!r}")
    return Panel(xlim, ylim, xlabel, ylabel, height, frame, xscale, yscale, xticks, yticks, width)


class Stage:
    """Named matplotlib axes that drawing functions draw on, again and again.

    Each panel is a figure of its own, since each is a picture of its own on the page. Size,
    limits and layout are fixed here, once.

    Attributes
    ----------
    axes : dict
        Matplotlib axes by the panel's name.
    """

    def __init__(self, panels, prefix):
        self.prefix = prefix
        self.axes, self._recorders, self._grounds = {}, {}, {}
        with mpl.rc_context(LOOK):
            for name, panel in panels.items():
                recorder = self._recorders[name] = Recorder(
                    panel.width * UNITS, panel.height * UNITS
                )
                self.axes[name] = build(panel)
                lay_out(self.axes[name], recorder)
            names = list(panels)
            for left, right in zip(names[::2], names[1::2], strict=False):
                if panels[left].height == panels[right].height:
                    level(self.axes[left], self.axes[right])
            for name, ax in self.axes.items():
                recorder = self._recorders[name]
                recorder.begin(f"{prefix}-{name}")
                gc = recorder.new_gc()
                gc.set_clip_rectangle(ax.bbox)
                recorder.clip(gc)
                recorder.known_clips = dict(recorder.clips)
                ax.draw(recorder)
                self._grounds[name] = recorder.begin("")
        self._fixed = {name: fixture(ax) for name, ax in self.axes.items()}

    def record(self, draw, values, layer):
        """Call a drawing function; give the elements it drew by panel, and what it returned.

        Parameters
        ----------
        draw : callable
            Called as ``draw(axes, **values)``.
        values : dict
        layer : int
            Number of the function among those of the explorer, for its elements' ids.

        Raises
        ------
        ValueError
            If it changes what is fixed: limits, scales or labels.
        """
        before = {name: set(ax.get_children()) for name, ax in self.axes.items()}
        drawn, kept = {}, False
        with mpl.rc_context(LOOK):
            try:
                said = draw(self.axes, **values)
                for name, ax in self.axes.items():
                    if changed := changes(self._fixed[name], ax):
                        raise ValueError(
                            f"{draw.__name__} changes the {changed} of panel {name!r}; "
                            "these are fixed for all states: give them in panel(...)"
                        )
                    recorder = self._recorders[name]
                    recorder.begin(f"{self.prefix}-{name}-{layer}")
                    new = [a for a in ax.get_children() if a not in before[name]]
                    for artist in sorted(new, key=lambda a: a.get_zorder()):
                        artist.draw(recorder)
                    drawn[name] = recorder.begin("")
                kept = True
            finally:  # as good as new for the next state, also after an error
                for name, ax in self.axes.items():
                    for artist in ax.get_children():
                        if artist not in before[name]:
                            artist.remove()
                    if not kept:
                        restore(self._fixed[name], ax)
                    ax.set_prop_cycle(None)
        return drawn, said

    def svg(self, name, layers):
        """One panel as SVG text.

        Parameters
        ----------
        name : str
        layers : dict
            Elements by the number of the drawing function.
        """
        recorder = self._recorders[name]
        groups = [f"<g>{markup(self._grounds[name])}</g>"]
        groups += [f'<g data-layer="{n}">{markup(e)}</g>' for n, e in layers.items()]
        box = f"0 0 {recorder.width:g} {recorder.height:g}"
        kind = "wide" if recorder.width == WIDE * UNITS else "tall" if self.is_tall(name) else ""
        kind = kind and f' class="{kind}"'
        return (
            f'<svg viewBox="{box}"{kind} data-panel="{name}" stroke-linejoin="round">'
            f"{''.join(groups)}</svg>"
        )

    def is_tall(self, name):
        """Whether two other panels fit beside the first, one under another."""
        first, *others = (recorder.height for recorder in self._recorders.values())
        return name == next(iter(self._recorders)) and len(others) == 2 and first >= sum(others)


def build(panel):
    """The axes of one panel, in a figure of their own."""
    figure = Figure(figsize=(panel.width / 72, panel.height / 72), dpi=DPI)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xscale=panel.xscale, yscale=panel.yscale, xlim=panel.xlim, ylim=panel.ylim)
    ax.set_xlabel(panel.xlabel)
    ax.set_title(panel.ylabel)  # upright at the top: narrow screens have no room at the side
    for axis, ticks in ((ax.xaxis, panel.xticks), (ax.yaxis, panel.yticks)):
        if ticks is not None:
            axis.set_ticks(ticks)
            if axis.get_scale() == "log" and len(ticks) and min(ticks) > 1e-4 and max(ticks) < 1e5:
                axis.set_ticks(ticks, [number(tick) for tick in ticks])  # 32, not a power of ten
                axis.set_ticks([], minor=True)
    ax.set_autoscale_on(False)
    ax.patch.set_visible(False)
    if not panel.frame:
        ax.set_axis_off()
    return ax


def lay_out(ax, recorder):
    """Make the axes as large as their labels allow, and leave a few pixels at the edge."""
    edge = 4 * UNITS if ax.axison else 0
    whole = Bbox.from_bounds(0, 0, recorder.width, recorder.height)
    for _ in range(2):  # the ticks may change with the size
        box, outside = ax.bbox.frozen(), ax.get_tightbbox(recorder)
        inside = Bbox.from_extents(
            edge + box.x0 - outside.x0,
            edge + box.y0 - outside.y0,
            whole.x1 - edge - (outside.x1 - box.x1),
            whole.y1 - edge - (outside.y1 - box.y1),
        )
        size = (recorder.width, recorder.height) * 2
        x0, y0, x1, y1 = inside.extents / size
        ax.set_position((x0, y0, x1 - x0, y1 - y0))


def level(left, right):
    """Give two axes that stand side by side the same height, that of the one with less room."""
    if left.axison and right.axison:
        boxes = [ax.get_position() for ax in (left, right)]
        low, high = max(box.y0 for box in boxes), min(box.y1 for box in boxes)
        for ax, box in zip((left, right), boxes, strict=True):
            ax.set_position((box.x0, low, box.width, high - low))


# What a drawing may not change: how to read it, and how to put it back.
FIXED = {
    name: (methodcaller(f"get_{name}"), lambda ax, value, name=name: ax.set(**{name: value}))
    for name in (
        "xscale",
        "yscale",
        "xlim",
        "ylim",
        "xlabel",
        "ylabel",
        "aspect",
        "facecolor",
        "frame_on",
    )
} | {
    "position": (lambda ax: ax.get_position().bounds, lambda ax, box: ax.set_position(box)),
    "grid or ticks": (
        lambda ax: [axis.get_tick_params() for axis in (ax.xaxis, ax.yaxis)],
        lambda ax, params: [
            axis.set_tick_params(reset=True, **p)
            for axis, p in zip((ax.xaxis, ax.yaxis), params, strict=True)
        ],
    ),
    "spines": (
        lambda ax: [
            (s.get_visible(), s.get_edgecolor(), s.get_linewidth()) for s in ax.spines.values()
        ],
        lambda ax, spines: [
            s.set(visible=visible, edgecolor=color, linewidth=width)
            for s, (visible, color, width) in zip(ax.spines.values(), spines, strict=True)
        ],
    ),
    "title": (lambda ax: ax.get_title("left"), lambda ax, text: ax.set_title(text, loc="left")),
    "xticks": (
        lambda ax: ax.xaxis.get_major_locator(),
        lambda ax, t: ax.xaxis.set_major_locator(t),
    ),
    "yticks": (
        lambda ax: ax.yaxis.get_major_locator(),
        lambda ax, t: ax.yaxis.set_major_locator(t),
    ),
}


def fixture(ax):
    """The present value of each of `FIXED`."""
    return [read(ax) for read, _ in FIXED.values()]


def changes(fixed, ax):
    """Which of `FIXED` a drawing has changed, in words."""
    now = fixture(ax)
    changed = [name for name, a, b in zip(FIXED, fixed, now, strict=True) if a != b]
    return ", ".join(changed) or ("number of axes" if len(ax.figure.axes) > 1 else "")


def restore(fixed, ax):
    """Put back what a drawing has changed."""
    if changes(fixed, ax):
        for (_, write), value in zip(FIXED.values(), fixed, strict=True):
            write(ax, value)
        ax.set_autoscale_on(False)
        for other in ax.figure.axes[1:]:
            other.remove()
