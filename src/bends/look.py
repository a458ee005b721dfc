"""The book's look: its one table of colours, matplotlib's settings, and numbers in words."""

import matplotlib as mpl
import numpy as np

from .activations import ACTIVATIONS
from .catalogue import find

# The one table of the book's colours, (light, dark). The lightness of the families climbs in
# steps, so that they stay apart in grey; tests/test_figures.py measures that, colour blindness
# and contrast.
COLORS = {
    "paper": ("#fdfcf9", "#15181c"),
    "ink": ("#1d2128", "#e6e4de"),
    "muted": ("#5c6470", "#9aa4af"),
    "rule": ("#dcd9d0", "#353b43"),
    "accent": ("#0b6773", "#5cc4d2"),
    "c-linear": ("#2d3646", "#abb7c9"),
    "c-step": ("#7c1e04", "#fc837d"),
    "c-rectifier": ("#2c50cf", "#6b96f9"),
    "c-exponential": ("#549f0d", "#90fea4"),
    "c-squashing": ("#7a1f93", "#b276c8"),
    "c-gate": ("#9e5700", "#feb643"),
    "c-periodic": ("#d73d9c", "#e1448d"),
    "c-good": ("#0f7b5f", "#5ed1a8"),
    "c-bad": ("#b3241b", "#ff7b6b"),
    "c-class0": ("#2559b5", "#6aa5ff"),
    "c-class1": ("#d0600f", "#ff9a3d"),
    "c-class2": ("#4b4f58", "#d5d8de"),
}
# Drawings use the light colours; on the page each becomes its variable and follows the theme.
THEME_COLORS = {light: f"var(--{name})" for name, (light, dark) in COLORS.items()}
PAPER, INK, MUTED, RULE, ACCENT = (
    COLORS[name][0] for name in ("paper", "ink", "muted", "rule", "accent")
)
GOOD, BAD = COLORS["c-good"][0], COLORS["c-bad"][0]
CLASSES = tuple(COLORS[f"c-class{i}"][0] for i in range(3))
# Members of a family differ by dash: (offset, (on, off, ...)) in line widths.
DASHES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)), (0, (9, 3)), (0, (3, 3)))

LOOK = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 12,  # a point is one CSS pixel on the page
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 1,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 12,
    "axes.titlesize": 12,
    "axes.titlecolor": MUTED,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.prop_cycle": mpl.cycler(color=[INK]),
    "grid.color": RULE,
    "grid.linewidth": 0.75,
    "lines.linewidth": 2.2,
    "lines.markersize": 8,
    "patch.facecolor": INK,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 12,
    "ytick.labelsize": 12,
    "xtick.major.pad": 7,  # in the lower left corner the axes' labels stay apart
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "image.interpolation": "none",  # each value as it is: the page scales the picture
    "path.simplify_threshold": 1,  # a tenth of a CSS pixel in an explorer
    "savefig.dpi": 144,
}
LABEL = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # the `bbox` of text on a line

# The colours of each theme as CSS text, a variable a colour.
LIGHT, DARK = (
    " ".join(f"--{name}: {pair[theme]};" for name, pair in COLORS.items()) for theme in (0, 1)
)


def css_variables():
    """The colours as CSS text: light, and on a screen dark by the reader's or the system's choice.

    Paper is white whatever the theme, so print is light.
    """
    return (
        f":root {{ color-scheme: light; {LIGHT} }}\n"
        "@media screen and (prefers-color-scheme: dark) {\n"
        f'  html:not([data-theme="light"]) {{ color-scheme: dark; {DARK} }}\n'
        "}\n"
        f'@media screen {{ html[data-theme="dark"] {{ color-scheme: dark; {DARK} }} }}\n'
    )


def number(value, spec="g"):
    """A number for a reader, with a true minus sign: `number(-1.5)` is "−1.5".

    Parameters
    ----------
    value : float
    spec : str
        What `format` accepts, such as ".2f" or "+g".
    """
    text = format(value, spec).replace("inf", "∞")
    if not any(sign in text for sign in "123456789∞"):
        text = text.lstrip("-+")  # a rounded −0.001 is 0
    return text.replace("-", "−")


def in_words(size):
    """A size that may be very small or large: `in_words(4e-7)`, "one part in 2,500,000".

    Two digits are kept.

    Raises
    ------
    ValueError
        If it is negative, or nan.
    """
    if not size >= 0:
        raise ValueError(f"size must be 0 or more; got {size!r}")
    if size == 0 or size == np.inf:
        return "infinity" if size else "nothing"
    power = np.log10(size)
    if abs(power) > 12:
        return f"{'one part in ' * bool(power < 0)}10 to the power {abs(power):.0f}"
    rounded = float(f"{size:.2g}")
    if rounded >= 100:
        return f"{rounded:,.0f}"
    return f"{rounded:g}" if rounded >= 0.01 else f"one part in {in_words(1 / size)}"


def color(activation):
    """The colour of a function's family.

    Parameters
    ----------
    activation : str or Activation
        A function of the catalogue, or its name.
    """
    return COLORS[f"c-{find(ACTIVATIONS, activation).family}"][0]


def style(activation):
    """Colour, dash and label of a function's line, as arguments for `Axes.plot`."""
    f = find(ACTIVATIONS, activation)
    family = [g.name for g in ACTIVATIONS.values() if g.family == f.family]
    member = family.index(f.name) if f.name in family else 0
    return {"color": color(f), "linestyle": DASHES[member % len(DASHES)], "label": f.title}
