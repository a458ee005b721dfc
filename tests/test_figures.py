"""The book's colours: readable on both papers, apart for every eye, and in grey."""

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from bends import ACTIVATIONS, CORE, MLP, figures, look

FAMILIES = sorted({f"c-{f.family}" for f in ACTIVATIONS.values()})
CLASSES = ["c-class0", "c-class1", "c-class2"]
# Machado, Oliveira and Fernandes (2009), severity 1: what protanopes, deuteranopes and
# tritanopes see, in linear light.
SIGHT = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
               [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
               [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
               [0.004733, 0.691367, 0.303900]],
    "grey": np.tile([0.2126, 0.7152, 0.0722], (3, 1)),
}  # fmt: skip


def linear(color):
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb):
    """Ottosson's Oklab: equal distances look about equal; 0.02 is just noticeable."""
    cones = np.array([[0.4122214708, 0.5363325363, 0.0514459929],
                      [0.2119034982, 0.6806995451, 0.1073969566],
                      [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
    lab = np.array([[0.2104542553, 0.7936177850, -0.0040720468],
                    [1.9779984951, -2.4285922050, 0.4505937099],
                    [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
    return lab @ np.cbrt(cones @ np.clip(rgb, 0, 1))


@pytest.mark.parametrize("theme", [0, 1])
def test_colors_are_readable_on_paper(theme):
    paper = look.COLORS["paper"][theme]
    for name in ("ink", "muted", "accent", "c-good", "c-bad"):
        assert contrast(look.COLORS[name][theme], paper) >= 4.5, name
    # Lines need 3; in the dark theme words in these colours have what words need.
    for name in FAMILIES + CLASSES:
        assert contrast(look.COLORS[name][theme], paper) >= (3, 4.5)[theme], name


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("group", [FAMILIES, CLASSES, ["c-good", "c-bad"]])
@pytest.mark.parametrize("theme", [0, 1])
def test_colors_stay_apart(theme, group, sight):
    seen = {c: oklab(SIGHT[sight] @ linear(look.COLORS[c][theme])) for c in group}
    least = 0.035 if sight == "grey" else 0.075
    for a, b in combinations(group, 2):
        assert np.linalg.norm(seen[a] - seen[b]) >= least, (a, b)


def test_every_family_has_a_color_and_members_differ_by_dash():
    for family in {f.family for f in CORE.values()}:
        styles = [look.style(f) for f in CORE.values() if f.family == family]
        assert len({str(s["linestyle"]) for s in styles}) == len(styles) <= 6
        assert len({s["color"] for s in styles}) == 1


def test_a_jump_is_a_gap_and_a_kink_is_none():
    ax = Figure().add_subplot(xlim=(-1, 1), ylim=(-1, 2))
    (step,), (relu,) = (figures.curve(ax, name) for name in ("step", "relu"))
    (slope,) = figures.curve(ax, "relu", derivative=True)
    for line, gaps in ((step, 1), (relu, 0), (slope, 1)):
        assert np.count_nonzero(np.isnan(line.get_ydata())) == gaps


@pytest.mark.parametrize("ends", [(1, 1, 1, 1.5), (1e-3, 1e3, 1), (9e3, 9e3, 9e3), (1.1e-4,) * 4])
def test_names_at_ends_keep_the_ends_order_and_stay_apart(ends):
    ax = Figure(figsize=(4, 3), dpi=100).subplots()
    ax.set(xlim=(0, 10), yscale="log", ylim=(1e-4, 1e4))
    names = [f"{i}" for i in range(len(ends))]
    figures.name_ends(ax, 6, ends, names, ["C0"] * len(ends))
    height = {t.get_text().strip(): ax.transData.transform(t.get_position())[1] for t in ax.texts}
    order = sorted(names, key=lambda name: ends[int(name)])  # equal ends in their own order
    steps = np.diff([height[name] for name in order])
    assert (steps > 14 * 100 / 72).all()
    assert ax.bbox.y0 < min(height.values()) and max(height.values()) < ax.bbox.y1
    starts = [line.get_ydata()[0] for line in ax.lines]  # a thin line leads from each end
    np.testing.assert_allclose(sorted(starts), sorted(ends))
    if ends == (1e-3, 1e3, 1):  # with room, each name stands at its end's own height
        at = ax.transData.transform([(6, end) for end in ends])[:, 1]
        np.testing.assert_allclose([height[name] for name in names], at)


def test_named_curves_have_their_names_on_them():
    ax = Figure().add_subplot(xlim=(-4, 4))
    figures.named_curves(ax, {"identity": (0, 2), "step": (2, 0)})
    assert {text.get_text(): text.get_position() for text in ax.texts} == {
        "identity": (0, 2),
        "step": (2, 0),
    }
    assert [line.get_label() for line in ax.lines] == ["identity", "step"]


def test_no_two_variables_share_a_light_color():
    assert len(look.THEME_COLORS) == len(look.COLORS)


def test_css_has_each_color_in_both_themes():
    css = look.css_variables()
    for name, (light, dark) in look.COLORS.items():
        assert css.count(f"--{name}: {light};") == 1
        assert css.count(f"--{name}: {dark};") == 2


def test_numbers_have_a_true_minus_sign():
    assert look.number(-1.5) == "−1.5"
    assert look.number(-0.001, ".2f") == "0.00"
    assert look.number(1e-5) == "1e−05"
    assert [look.number(float(x)) for x in ("inf", "-inf")] == ["∞", "−∞"]


@pytest.mark.parametrize(
    "size, words",
    [
        (0.0, "nothing"),
        (0.25, "0.25"),
        (4e-7, "one part in 2,500,000"),
        (123456, "120,000"),
        (1e-15, "one part in 10 to the power 15"),
        (100, "100"),
        (99.7, "100"),
        (0.01, "0.01"),
        (0.0099, "one part in 100"),
        (5e-324, "one part in 10 to the power 323"),
        (np.inf, "infinity"),
    ],
)
def test_sizes_in_words(size, words):
    assert look.in_words(size) == words


@pytest.mark.parametrize("size", [-5, np.nan])
def test_only_sizes_have_words(size):
    with pytest.raises(ValueError, match=f"size must be 0 or more; got {size}"):
        look.in_words(size)


def test_every_size_is_written_with_two_digits_and_no_power_of_e():
    for size in np.geomspace(1e-300, 1e300, 2001):
        words = look.in_words(size)
        assert "e" not in words.removeprefix("one part in ").replace("the power", "")


def test_layer_histograms_count_what_lies_beyond_at_the_edge():
    ax = Figure().add_subplot(xlim=(0.5, 2.5), ylim=(-1, 1))
    figures.layer_histograms(ax, [np.zeros(5), np.full(5, 9.0)], bins=3)
    strength = ax.images[0].get_array()[..., 3]
    assert strength[:, [5, 15]].tolist() == [[0, 0], [1, 0], [0, 1]]
    assert not strength[:, [0, 9, 10, 19]].any()


def test_each_unit_has_its_own_tile():
    net = MLP([2, 3, 1], "relu", seed=0)
    net.weights[0][:] = [[1, -1, 0], [0, 0, 1]]  # right, left, up
    net.biases[0][:] = 0
    ax = Figure().add_subplot()
    ax.set(xlim=(0, 4), ylim=(0, 2))
    figures.unit_pictures(ax, net, resolution=4)
    alpha = ax.images[0].get_array()[..., 3].reshape(2, 6, 4, 6)
    right, left, up, empty = (alpha[0, 1:-1, n, 1:-1] for n in range(4))
    assert (np.diff(right) >= 0).all() and right[0, 0] == 0 < right[0, -1]
    np.testing.assert_array_equal(left, right[:, ::-1])
    np.testing.assert_array_equal(up, right.T[::-1])  # the image's first row is at the top
    assert not empty.any() and not alpha[1].any()


def test_an_edge_that_crosses_a_units_pixel_makes_a_shade_between():
    net = MLP([2, 1, 1], "step", seed=0)
    net.weights[0][:], net.biases[0][:] = [[1], [0]], [-0.35]  # through the middle of a pixel
    ax = Figure().add_subplot(xlim=(0, 4), ylim=(0, 2))
    figures.unit_pictures(ax, net, resolution=4)
    row = ax.images[0].get_array()[1, 1:5, 3]
    assert row.tolist() == pytest.approx([0, 0, 0.4, 0.8])


@pytest.mark.parametrize("bend", ["relu", "leaky_relu", "tanh", "silu", "identity"])
def test_a_tiny_networks_numbers_stand_on_their_own_lines(bend):
    net = MLP([1, 3, 1], bend)
    net.weights[0][:], net.biases[0][:] = [[1, 1, 1]], [1, 0, -1]
    net.weights[1][:] = [[1], [-2], [1]]
    names = ("arrives", "leaves", "weighted", "sum")
    axes = {name: Figure().add_subplot(xlim=(-2, 2), ylim=(-4, 4)) for name in names}
    figures.tiny_network(axes, net)
    for name in names[:3]:
        for number, text in enumerate(axes[name].texts):
            x, y = text.get_position()
            heights = [np.interp(x, *line.get_data()) for line in axes[name].lines]
            assert text.get_text() == str(number + 1) and y == heights.pop(number)
            assert np.abs(np.subtract(heights, y)).min() > 0.5  # eight pixels in chapter 5


def test_a_border_lies_where_the_function_passes_one_half_however_coarse_the_shades():
    ax = Figure().add_subplot(xlim=(-1, 1), ylim=(-2, 2))

    def score(points):  # no shade between: a coarse grid sees a staircase
        return (np.hypot(points[:, 0], points[:, 1]) < 0.7).astype(float)

    figures.decision_regions(ax, score, levels=1, resolution=24, border=True)
    (line,) = ax.lines
    assert len(line.get_xdata()) > 30
    assert np.hypot(*line.get_data()) == pytest.approx(0.7, abs=2e-4)


def test_a_border_along_a_diagonal_is_straight():
    ax = Figure().add_subplot(xlim=(-1, 1), ylim=(-1, 1))
    figures.decision_regions(ax, lambda p: p[:, 0] > 0.31 * p[:, 1], resolution=16, border=True)
    (line,) = ax.lines
    assert line.get_xdata() == pytest.approx(0.31 * line.get_ydata(), abs=2e-4)
