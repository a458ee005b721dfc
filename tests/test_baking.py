"""The differences between states: put back together, they equal the state, always.

`Page` is a second reader of the format beside `_static/explore.js`, written for these tests.
"""

import base64
import io
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.patches import Circle
from PIL import Image

from bends.explore.baking import run, write
from bends.explore.differences import SIGNS, column, differences, raster, runs
from bends.explore.stage import Stage, panel
from bends.explore.svg import Element, Raster, markup

STAGE = Stage({"a": panel((0, 1), (0, 1), "across", "up")}, "fuzz")


def parse(html):
    """Elements of a piece of SVG, in document order."""
    return [e for e in ET.fromstring(f"<g>{html}</g>").iter()][1:]


def pixels(address):
    """Colours of the PNG in a data address."""
    data = base64.b64decode(address.split(",", 1)[1])
    return np.array(Image.open(io.BytesIO(data)).convert("RGBA"))


class Page:
    """What a page does with `differences`: it holds one state's elements and moves to others."""

    def __init__(self, found, first):
        self.found = json.loads(write(found))
        self.elements = parse(markup(first))

    def show(self, state):
        shape = self.found["shapes"][self.found["shape"][state] if "shape" in self.found else 0]
        if "html" in shape:
            self.elements = parse(shape["html"])
        for i, name, values in shape["slots"]:
            value = read(values, state)
            if not name:
                self.elements[i].text = value
            else:
                self.elements[i].set(name, value)
        return self.elements


def read(values, state):
    at = values["i"][state] if "i" in values else state
    if "v" in values:
        return values["v"][at]
    width, height = values["size"]
    colors = np.frombuffer(bytes.fromhex(values["colors"]), np.uint8).reshape(-1, 4)
    index = np.zeros(width * height, int)
    for frame in values["frames"][: at + 1]:
        steps = [(SIGNS.index(s), int(n or 1)) for n, s in re.findall(r"(\d*)(\D)", frame)]
        index = (index + np.repeat(*zip(*steps, strict=True))) % len(colors)
    return Raster(colors[index].reshape(height, width, 4))


def same(shown, state):
    """Whether two lists of elements are the same picture."""
    wanted = parse(markup(state))
    assert [e.tag for e in shown] == [e.tag for e in wanted]
    for a, b in zip(shown, wanted, strict=True):
        assert (a.text or "") == (b.text or "")
        assert a.keys() == b.keys()
        for name in a.keys():
            if name == "href":
                np.testing.assert_array_equal(pixels(a.get(name)), pixels(b.get(name)))
            else:
                assert a.get(name) == b.get(name)


def line(ax, rng):
    x, y = rng.normal(0.5, 0.5, (2, rng.integers(0, 50)))
    y[rng.random(len(y)) < 0.1] = np.nan
    ax.plot(x, y, color=rng.choice(["#1d2128", "red"]), ls=rng.choice(["-", "--", ":"]))


def markers(ax, rng):
    ax.scatter(*rng.random((2, rng.integers(1, 5))), s=40, marker=rng.choice(["o", "s"]))


def words(ax, rng):
    text = rng.choice(["a < b & c > d", 'say "0"', "−1.5", "$x^2$", "</script>", "two\nlines", " "])
    ax.text(*rng.random(2), text, rotation=rng.choice([0, 30]), ha=rng.choice(["left", "center"]))


def clipped(ax, rng):
    bars = ax.bar(np.linspace(0, 1, 3), rng.random(3), 0.2, alpha=0.5)
    bars[0].set_clip_path(Circle(rng.random(2), 0.3, transform=ax.transData))


def image(ax, rng):
    shape = (4, rng.choice([3, 5]), 3)
    few = rng.integers(0, 3, shape) / 2
    ax.imshow(few if rng.random() < 0.5 else rng.random(shape), extent=(0, 1, 0, 1), aspect="auto")


def arrow(ax, rng):
    ax.annotate("", rng.random(2), rng.random(2), arrowprops={"arrowstyle": "->"})


def filled(ax, rng):
    x = np.linspace(0, 1, 9)
    ax.fill_between(x, rng.random(9), alpha=rng.choice([1, 0.3]), zorder=rng.integers(0, 4))


ARTISTS = [line, markers, words, clipped, image, arrow, filled]


def drawing(axes, seed, sameness):
    """Random artists; states of one `sameness` often share a shape."""
    kinds, values = np.random.default_rng(sameness), np.random.default_rng(seed)
    for artist in kinds.choice(ARTISTS, kinds.integers(0, 5)):
        artist(axes["a"], values)
    return "Something."


def states_of(seed):
    rng = np.random.default_rng(seed)
    sameness = rng.integers(0, 1000, rng.integers(1, 4))
    return [
        STAGE.record(drawing, {"seed": s, "sameness": rng.choice(sameness)}, 0)[0]["a"]
        for s in rng.integers(0, 1000, 6)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_differences_give_back_every_state(seed):
    states = states_of(seed)
    page = Page(differences(states), states[0])
    order = np.random.default_rng(seed).permutation(12) % 6
    for state in order:
        same(page.show(state), states[state])


def test_fuzz_reaches_all_kinds_of_differences():
    found = [json.loads(write(differences(states_of(seed)))) for seed in range(60)]
    shapes = [shape for f in found for shape in f["shapes"]]
    names = {(name, "frames" in c) for shape in shapes for _, name, c in shape["slots"]}
    assert {("d", False), ("", False), ("href", False), ("href", True), ("style", False)} <= names
    assert any("html" in shape for shape in shapes) and any("shape" not in f for f in found)


def test_only_what_differs_is_kept():
    states = [[Element(0, "path", {"d": f"m{k} 0", "style": "fill:none"})] for k in (1, 2, 1)]
    assert differences(states) == {
        "shapes": [{"slots": [[0, "d", {"v": ["m1 0", "m2 0"], "i": [0, 1, 0]}]]}]
    }


def test_a_column_of_distinct_values_needs_no_numbers():
    assert column(["a", "b"]) == {"v": ["a", "b"]}


def test_run_lengths():
    assert runs(np.array([0, 0, 0, 1, 2, 2])) == "3AB2C"


def test_images_of_many_colors_or_sizes_stay_whole():
    rng = np.random.default_rng(0)
    many = [Raster(rng.integers(0, 256, (16, 16, 4), np.uint8)) for _ in range(2)]
    assert raster(many) is None
    assert raster([Raster(np.zeros((height, 2, 4), np.uint8)) for height in (2, 3)]) is None


def test_json_cannot_end_its_script_element():
    text = write({"v": ["</script><!-- <b>"]})
    assert "</" not in text and "<!" not in text
    assert json.loads(text) == {"v": ["</script><!-- <b>"]}


def test_work_over_all_cores_comes_back_in_order():
    def slow(task):  # long enough that the work is shared out
        return task, sum(i % 7 for i in range(3_000_000))

    assert [task for task, _ in run(slow, list(range(24)))] == list(range(24))


def test_a_bake_that_takes_too_long_says_so():
    with pytest.raises(RuntimeError, match="baking 100 states would take"):
        run(lambda task: sum(range(300_000)), list(range(100)), seconds=0.01)
