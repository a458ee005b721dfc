"""One call, three faces: what explore accepts, draws, says and refuses."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest
from ipywidgets.embed import dependency_state

from bends import ACTIVATIONS, figures, look
from bends.explore import choice, computed, explore, panel, slider, slider_over, switch
from bends.explore.baking import bake
from bends.explore.explorer import Explorer
from bends.explore.live import widget
from bends.explore.page import page
from bends.explore.stage import build
from bends.look import number

PANELS = {
    "graph": panel((-3, 3), (-1, 3), "what enters", "what leaves"),
    "pipe": panel((0, 10), (0, 3), height=120, frame=False),
}
CONTROLS = {
    "bend": choice("relu", "sigmoid", "gelu"),
    "x": slider(-3, 3, steps=13, start=-1.5, label="x, what enters"),
}


def curve(axes, bend):
    figures.curve(axes["graph"], bend)


def point(axes, bend, x):
    y = ACTIVATIONS[bend](x)
    axes["graph"].plot([x], [y], "o", color=look.color(bend))
    axes["pipe"].text(5, 1, number(y, ".2f"), ha="center")
    return f"{ACTIVATIONS[bend].title} turns {number(x)} into {number(y, '.2f')}."


def explorer(*draws, panels=PANELS, id="first", caption="", time=None, files=(), **controls):
    draws, controls = draws or (curve, point), controls or CONTROLS
    return Explorer(draws, panels, id, caption, time, controls, files)


def test_time_moves_fastest_among_the_states():
    made = Explorer((point,), PANELS, "a", "", "x", CONTROLS)
    assert made.draws[0][1] == ("bend", "x")
    controls = {"y": slider(0, 1, steps=2), "t": slider(0, 1, steps=2)}
    made = Explorer((lambda axes, t, y: "Said.",), PANELS, "a", "", "t", controls)
    assert made.draws[0][1] == ("y", "t")


def test_text_face_prints_the_sentence_of_the_first_picture(monkeypatch, capsys):
    monkeypatch.setenv("BENDS_FACE", "text")
    explore(curve, point, panels=PANELS, id="first", **CONTROLS)
    assert capsys.readouterr().out == "ReLU turns −1.5 into 0.00.\n"


def test_page_face_displays_html_without_a_widget(monkeypatch):
    shown = []
    monkeypatch.setenv("BENDS_FACE", "page")
    monkeypatch.setattr("bends.explore.display", shown.append)
    explore(curve, point, panels=PANELS, id="first", caption="A < B", **CONTROLS)
    html = shown[0]._repr_html_()
    assert html.startswith('<figure class="bends-explorer" id="first">')
    assert "ReLU turns −1.5 into 0.00." in html and "A &lt; B" in html
    assert html.count("<svg ") == 2 and 'type="range"' in html and "<select " in html


def test_what_needs_a_kernel_is_a_still_picture_on_the_page(monkeypatch):
    shown = []
    monkeypatch.setenv("BENDS_FACE", "page")
    monkeypatch.setattr("bends.explore.display", shown.append)
    explore(curve, point, panels=PANELS, id="first", caption="Two.", kernel_only=True, **CONTROLS)
    html = shown[0]._repr_html_()
    assert 'class="bends-figure"' in html and "<script" not in html and "<fieldset" not in html
    assert "Two. ReLU turns −1.5 into 0.00. In a notebook this figure has controls for bend" in html


def test_states_of_each_option_are_a_text_of_their_own():
    made = explorer(curve, point, files=["bend"])
    texts = {name: json.loads(text) for name, text in bake(made).items()}
    assert list(texts) == ["-0", "-1", "-2"]
    assert texts["-1"]["sizes"] == {"bend": 1, "x": 13}
    assert texts["-1"]["draws"][1]["says"]["v"][0].startswith("sigmoid turns −3 into")


def test_files_must_be_choices():
    with pytest.raises(ValueError, match="files names 'x', which is not a choice of this call"):
        explorer(curve, point, files=["x"])


def test_a_slider_over_values_keeps_them():
    made = slider_over(0, 1, 10, 100, start=10, label="step")
    assert (made.values, made.texts, made.start) == ((0, 1, 10, 100), ("0", "1", "10", "100"), 2)
    with pytest.raises(ValueError, match="rising values, not"):
        slider_over(0, 0, 1)
    with pytest.raises(ValueError, match="the nearest is 10"):
        slider_over(0, 10, start=9)


def test_building_a_page_loads_no_widgets():
    code = "import sys, bends.explore.page; print('ipywidgets' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout == "False\n", ran.stderr


def test_an_unknown_face_is_refused(monkeypatch):
    monkeypatch.setenv("BENDS_FACE", "pages")
    with pytest.raises(ValueError, match="BENDS_FACE must be one of live, page, text, not 'pages'"):
        explore(curve, point, panels=PANELS, id="first", **CONTROLS)


def test_a_still_picture_carries_its_sentence_and_no_script():
    html = page(Explorer((lambda axes: "One < line.",), PANELS, None, "Below.", None, {}))
    assert 'class="bends-figure"' in html and 'aria-label="One &lt; line."' in html
    assert "<script" not in html and "<fieldset" not in html
    assert "<figcaption>Below.</figcaption>" in html


def test_two_bakes_give_the_same_bytes():
    assert page(explorer()) == page(explorer())


def test_states_are_the_sum_over_the_functions():
    calls = []

    def one(axes, bend):
        calls.append(bend)

    def two(axes, x):
        calls.append(x)
        return "Said."

    bake(explorer(one, two))
    assert len(calls) == 3 + 13


def test_a_computed_parameter_is_drawn_once_for_each_of_its_values():
    calls = []

    def sums(axes, z):
        calls.append(z)
        return f"The sum is {number(z)}."

    made = explorer(
        sums,
        x=slider(0, 1, steps=11),
        weight=slider(-1, 1, steps=3),
        z=computed(lambda x, weight: weight * x),
    )
    payload = json.loads(bake(made)[""])
    assert calls == [round(0.1 * k, 9) for k in range(-10, 11)]
    index = payload["computed"]["z"]["index"]
    assert len(index) == 33 and index[3 * 4 + 2] == 10 + 4  # x = 0.4, weight = 1


def test_all_text_is_text_and_all_book_colors_are_variables():
    html = page(explorer())
    assert ">what enters</text>" in html
    assert "var(--c-rectifier)" in html
    svg = "".join(re.findall("<svg.*?</svg>", html))
    assert not re.findall(r"#[0-9a-f]{6}", svg)


def test_ids_begin_with_the_name_of_the_explorer():
    ids = re.findall(r' id="([^"]+)"', page(explorer()))
    assert len(ids) > 5 and all(id.startswith("first") for id in ids)


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set_xlim(0, 1),
        lambda ax: ax.set_yscale("log"),
        lambda ax: ax.set_title("new"),
        lambda ax: ax.set_xticks([0, 1]),
        lambda ax: ax.twinx(),
        lambda ax: ax.grid(False),
        lambda ax: ax.tick_params(labelsize=20),
        lambda ax: ax.set_aspect("equal"),
        lambda ax: ax.set_position((0, 0, 0.5, 0.5)),
        lambda ax: ax.set_facecolor("red"),
        lambda ax: ax.set_frame_on(False),
        lambda ax: ax.spines["left"].set_visible(False),
    ],
)
def test_a_drawing_may_not_change_what_is_fixed(change):
    def bad(axes):
        change(axes["graph"])
        return "Bad."

    made = Explorer((bad,), PANELS, None, "", None, {})
    for _ in range(2):  # the panel is as good as new after an error too
        with pytest.raises(ValueError, match="bad changes the .* of panel 'graph'.*panel"):
            made.layers({})
    ax = made.stage.axes["graph"]
    assert (ax.get_xlim(), ax.get_yscale(), len(ax.figure.axes)) == ((-3, 3), "linear", 1)


def test_a_cycle_of_colours_does_not_leak_into_the_next_state():
    def cycling(axes, x):
        ax = axes["graph"]
        before = ax.plot([0, 1], [0, 1])[0].get_color()
        ax.set_prop_cycle(color=["red", "green"])
        ax.plot([0, 1], [0, 1])
        return f"The line was {before}."

    made = Explorer((cycling,), PANELS, "first", "", None, {"x": slider(0, 1, steps=2)})
    said = {made.sentence({"x": x}) for x in (0, 1)}
    assert len(said) == 1


def test_kernel_only_without_controls_says_what_is_missing():
    with pytest.raises(TypeError, match="kernel_only is for controls .*; none are given"):
        explore(lambda axes: "Nothing.", panels=PANELS, kernel_only=True)
    with pytest.raises(TypeError, match="kernel_only is for controls .*; none are given"):
        explore(lambda axes, z: "Nothing.", panels=PANELS, kernel_only=True, z=computed(lambda: 1))


@pytest.mark.parametrize(
    ("names", "said"), [("a", "controls for a."), ("ab", "for a and b."), ("abc", "a, b and c.")]
)
def test_a_page_names_the_controls_that_a_notebook_has(names, said):
    controls = {name: slider(0, 1, steps=2) for name in names}
    readers = [eval(f"lambda axes, {name}: 'Said.'") for name in names]
    made = Explorer(readers, PANELS, "few", "", None, controls, kernel_only=True)
    assert said in page(made)


def test_panels_are_as_good_as_new_for_each_state():
    def greedy(axes, x):
        ax = axes["graph"]
        ax.plot([0, 100], [0, 100])
        ax.legend(ax.lines, ["all"])
        assert len(ax.lines) == 1 and ax.get_xlim() == (-3, 3)
        return "Greedy."

    made = explorer(greedy, x=slider(0, 1, steps=2))
    bake(made)
    assert not made.stage.axes["graph"].lines


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": None}, "id must be lowercase letters"),
        ({"id": "First one"}, "id must be lowercase letters"),
        ({"time": "y"}, "time='y' is not the name of a slider"),
        ({"time": "bend"}, "time='bend' is not the name of a slider"),
        ({"weight": slider(0, 1, steps=2), **CONTROLS}, "no drawing function names 'weight'"),
        ({"bent": choice("relu", "tanh"), "x": CONTROLS["x"]}, "names 'bend'.*nearest is 'bent'"),
        ({"bend": ["relu"], "x": CONTROLS["x"]}, "bend must be a slider, choice, switch"),
        ({"panels": {"graph": (0, 1)}}, "panels must be a mapping"),
        ({"panels": {"The graph": PANELS["graph"]}}, "name must be a lowercase word"),
    ],
)
def test_wrong_calls_say_what_is_wrong(changed, message):
    with pytest.raises((TypeError, ValueError), match=message):
        explorer(**changed)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: slider(0, 1, steps=1), "2 or more steps"),
        (lambda: slider(1, 0, steps=3), "low < high"),
        (lambda: slider(0, 1, steps=11, start=0.25), "start=0.25 is not a step.*nearest is 0.2"),
        (lambda: slider(0, np.inf, steps=3), "low < high, both finite, and 2 or more steps"),
        (lambda: slider(np.nan, 1, steps=3), "low < high, both finite, and 2 or more steps"),
        (lambda: slider(0, 1e-12, steps=5), "5 steps from 0 to 1e-12, less than 1e-12 apart"),
        (lambda: slider_over(1, np.nan, 2), "two or more finite rising values"),
        (lambda: slider_over(1, np.inf), "two or more finite rising values"),
        (lambda: switch("no"), "start of a switch must be True or False, not 'no'"),
        (lambda: choice("relu"), "two or more different options"),
        (lambda: choice("a", "b", start="c"), "start='c' is not among"),
        (lambda: choice("a", "b", labels=["A"]), "labels must be 2 texts"),
        (lambda: panel((0, 0), (0, 1)), "xlim must be two different"),
        (lambda: panel((-1, 1), (1, 2), xscale="log"), "xlim must lie above 0 on a log scale"),
        (lambda: panel((0, 1), (0, 2), yscale="log"), "ylim must lie above 0 on a log scale"),
    ],
)
def test_wrong_controls_say_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_values_of_controls():
    assert slider(-3, 3, steps=41).values[18:21] == (-0.3, -0.15, 0.0)
    assert [type(v) for v in slider(1, 8, steps=8).values] == [int] * 8
    assert slider(-1, 1, steps=3, format=".1f").texts == ("−1.0", "0.0", "1.0")
    assert choice("relu", "leaky_relu").texts == ("ReLU", "leaky ReLU")
    assert switch(start=True).start == 1


def test_the_last_function_must_speak():
    with pytest.raises(ValueError, match="curve comes last, so it must return"):
        explorer(curve, bend=CONTROLS["bend"]).sentence({"bend": "relu"})


def test_a_drawing_error_names_the_parameters():
    def broken(axes, x):
        return f"1 / x is {1 / x}."

    with pytest.raises(ZeroDivisionError) as caught:
        bake(explorer(broken, x=slider(-1, 1, steps=3)))
    assert caught.value.__notes__ == ["while broken drew x = 0"]


def test_budgets_fail_with_a_clear_word():
    def noisy(axes, x):
        noise = np.random.default_rng(int(100 * x)).random((2, 400))
        axes["graph"].plot(*noise)
        return "Noise."

    made = explorer(noisy, x=slider(0, 1, steps=60))
    with pytest.raises(ValueError, match=r"'first': 60 states take \d+ kB.*budget of 40 kB"):
        bake(made)
    assert bake(made, budget_kb=200)
    with pytest.raises(TypeError, match="budget_kb and because go together"):
        explore(noisy, panels=PANELS, id="a", x=slider(0, 1, steps=60), budget_kb=200)
    with pytest.raises(ValueError, match="budget_kb must be a finite number above 0; got 0"):
        explore(noisy, panels=PANELS, id="a", x=slider(0, 1, steps=2), budget_kb=0, because="no")


def test_too_many_states_are_refused_before_they_are_drawn():
    def many(axes, a, b, c, d):
        raise AssertionError("drawn")

    with pytest.raises(ValueError, match=r"has 6561 states \(many 6561\), more than 3000"):
        bake(explorer(many, **{name: slider(0, 1, steps=9) for name in "abcd"}))


def test_live_face_follows_its_controls():
    box = widget(explorer())
    bend, x, trouble, picture, theme = box.children
    assert "ReLU turns −1.5 into 0.00." in picture.value
    bend.value = "sigmoid"
    x.value = 3.0
    assert "sigmoid turns 3 into 0.95." in picture.value and trouble.value == ""
    assert picture.value.count("<svg ") == 2


def test_live_errors_stand_under_the_controls():
    def broken(axes, x):
        return f"1 / x is {1 / x}."

    box = widget(explorer(broken, x=slider(-1, 1, steps=3)))
    x, trouble, picture, theme = box.children
    before = picture.value
    x.value = 0
    assert "ZeroDivisionError" in trouble.value and "x = 0" in trouble.value
    assert picture.value == before
    x.value = 1
    assert trouble.value == "" and "1 / x is 1.0." in picture.value


def test_a_notebook_needs_no_other_widgets_than_the_core_ones():
    """VS Code, Colab and Binder have these; a widget of another package they would not show."""
    controls = {"open": switch(), **CONTROLS}
    made = explorer(lambda axes, open, bend, x: "Said.", time="x", **controls)
    models = dependency_state(widget(made)).values()
    assert {m["model_module"] for m in models} <= {
        "@jupyter-widgets/base",
        "@jupyter-widgets/controls",
    }
    names = {m["model_name"].removesuffix("Model") for m in models}
    assert names >= {"Checkbox", "Dropdown", "HTML", "Play", "SelectionSlider", "VBox"}


def test_the_button_that_plays_starts_where_the_slider_does():
    made = explorer(point, bend=CONTROLS["bend"], x=CONTROLS["x"], time="x")
    (play,) = (child for child in widget(made).children if type(child).__name__ == "Play")
    assert play.value == CONTROLS["x"].start > 0  # linked, it would set the slider back to 0


def test_ticks_of_a_logarithmic_axis_are_plain_numbers_unless_they_are_extreme():
    ax = build(panel((1, 50), (1e-9, 1), xscale="log", yscale="log", xticks=[2, 32], yticks=[1e-8]))
    ax.figure.canvas.draw()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2", "32"]
    assert "10^{-8}" in ax.get_yticklabels()[0].get_text()
