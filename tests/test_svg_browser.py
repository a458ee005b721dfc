"""Our SVG elements look as matplotlib's own SVG backend draws the same panel."""

import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.patches import Circle, FancyArrowPatch
from PIL import Image

from bends import look
from bends.explore import panel
from bends.explore.stage import WIDTH, Stage

pytestmark = pytest.mark.browser


def lines(ax):
    x = np.linspace(0, 1, 200)
    ax.plot(x, np.sin(9 * x) / 2 + 0.5, "--", color=look.ACCENT)
    ax.plot(x, np.where(x < 0.5, x, np.nan), color="red", alpha=0.5, linewidth=6)
    ax.plot(x * 30 - 15, x * 20 - 10, color=look.BAD)  # far beyond the panel


def marks(ax):
    rng = np.random.default_rng(0)
    ax.scatter(*rng.random((2, 20)), s=rng.random(20) * 200, c=rng.random(20), alpha=0.7)
    ax.plot(*rng.random((2, 9)), "s", markerfacecolor="none", markeredgecolor=look.INK)


def shapes(ax):
    ax.fill_between([0, 0.3, 1], [0.1, 0.9, 0.2], color=look.GOOD, alpha=0.3)
    ax.bar([0.2, 0.4], [0.5, 0.8], 0.1)[0].set_clip_path(
        Circle((0.2, 0.3), 0.1, transform=ax.transData)
    )
    ax.add_patch(FancyArrowPatch((0.5, 0.5), (0.9, 0.9), arrowstyle="-|>", mutation_scale=20))
    ax.contourf(np.outer(*[np.linspace(-1, 1, 9)] * 2), extent=(0.6, 1, 0, 0.4), levels=4)


def words(ax):
    for i, ha in enumerate(("left", "center", "right")):
        ax.text(0.5, 0.1 + 0.2 * i, f"{ha} −1.5 & <0>", ha=ha, va=("top", "center", "bottom")[i])
    ax.text(0.2, 0.7, "turned", rotation=40, rotation_mode="anchor", size=20, weight="bold")
    ax.annotate("there", (0.1, 0.9), (0.4, 0.9), arrowprops={"arrowstyle": "->"}, va="center")


def images(ax):
    upright = np.arange(12).reshape(3, 4)
    ax.imshow(upright, extent=(0, 0.4, 0, 0.5), aspect="auto", zorder=3)
    ax.imshow(upright[::-1], extent=(0.5, 0.9, 0, 0.5), origin="lower", aspect="auto", zorder=3)
    ax.pcolormesh([0.1, 0.5, 0.9], [0.6, 0.8, 0.9], [[0, 1], [2, 3]], zorder=3)


def picture(page, svg):
    style = ";".join(f"--{name}:{light}" for name, (light, _) in look.COLORS.items())
    page.set_content(
        f'<body style="margin:0;{style};background:var(--paper)"><div style="width:{2 * WIDTH}px;'
        f'font-family:DejaVu Sans">{svg}</div><style>image {{ image-rendering: pixelated }}</style>'
    )
    data = page.locator("svg").screenshot()
    return np.array(Image.open(io.BytesIO(data)).convert("RGB")).astype(float)


@pytest.mark.parametrize("draw", [lines, marks, shapes, words, images], ids=lambda f: f.__name__)
def test_our_svg_is_matplotlibs(browser, draw):
    stage = Stage({"a": panel((0, 1), (0, 1), "across", "up")}, "test")
    drawn, _ = stage.record(lambda axes: draw(axes["a"]), {}, 0)
    ours = stage.svg("a", {0: drawn["a"]})
    ax, file = stage.axes["a"], io.StringIO()
    with mpl.rc_context(look.LOOK | {"svg.fonttype": "none", "path.simplify": False}):
        draw(ax)
        ax.figure.savefig(file, format="svg")
    theirs = file.getvalue()
    theirs = theirs[theirs.index("<svg ") :].replace('width="340pt" height="240pt"', 'width="680"')
    page = browser.new_page(viewport={"width": 2 * WIDTH, "height": 480})
    a, b = picture(page, ours), picture(page, theirs)
    page.close()
    assert a.shape == b.shape and a.std() > 10
    difference = np.abs(a - b).max(-1)
    # Rounding to a tenth of a pixel moves edges a little; nothing may be elsewhere or missing.
    assert difference.mean() < 0.5 and (difference > 96).mean() < 5e-4
