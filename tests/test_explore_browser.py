"""Explorers in a browser, on a page opened from disk: every state is that state's own picture."""

import io
import itertools
import json
import re
import shutil

import field_guide
import numpy as np
import payloads
import pytest
from conftest import CHAPTERS, ROOT, SAMPLE, serving
from PIL import Image

from bends import ACTIVATIONS, figures, look
from bends.explore import choice, computed, panel, slider, slider_over, switch
from bends.explore.baking import bake
from bends.explore.explorer import Explorer
from bends.explore.page import page
from bends.look import number

pytestmark = pytest.mark.browser
# Of the field guide's sample, the pages that have a graph to move: functions of one number.
MOVABLE = {page: ACTIVATIONS.get(page.rsplit("/", 1)[1]) for page in SAMPLE}
MOVABLE = {page: function for page, function in MOVABLE.items() if function}


def curve(axes, bend, slope):
    figures.curve(axes["graph"], bend)
    if slope:  # another shape: one more line
        figures.curve(axes["graph"], bend, derivative=True, linewidth=1)


def point(axes, bend, z):
    y = ACTIVATIONS[bend](z)
    axes["graph"].plot([z], [y], "o", color=look.color(bend))
    axes["pipe"].text(5, 1, number(y, ".2f"), ha="center", size=20)
    return f"{ACTIVATIONS[bend].title} turns {number(z)} into {number(y, '.2f')}."


def regions(axes, epoch, width):
    def score(points):
        x, y = points.T
        return 1 / (1 + np.exp(-width * (y - np.sin(x + epoch / 4))))

    figures.decision_regions(axes["plane"], score)
    return f"After {epoch} epochs."


LINES = Explorer(
    (curve, point),
    {
        "graph": panel((-3, 3), (-1, 3), "what enters", "what leaves"),
        "pipe": panel((0, 10), (0, 3), height=120, frame=False),
    },
    "lines",
    "A caption.",
    None,
    {
        "bend": choice("relu", "sigmoid", "gelu", "sin"),
        "slope": switch(label="show the slope"),
        "x": slider(-3, 3, steps=25, start=-1.5, label="x, what enters"),
        "weight": slider(-1, 1, steps=3, start=1),
        "z": computed(lambda x, weight: weight * x),
    },
)
IMAGES = Explorer(
    (regions,),
    {"plane": panel((-3, 3), (-3, 3), height=300)},
    "images",
    "",
    "epoch",
    {"epoch": slider(0, 11, steps=12), "width": slider(1, 3, steps=3)},
)


def wave(axes, bend, tone, moment):
    figures.curve(axes["graph"], bend, color=tone)
    if bend == "sin":  # a file of another shape
        axes["graph"].text(0, 2, str(moment))
    axes["graph"].plot([moment / 50 - 1], [0], "o", color=tone)
    return f"{bend} in {tone} at {moment}."


FILES = Explorer(
    (lambda axes: axes["graph"].plot([-3, 3], [1, 1]), wave),
    {"graph": panel((-3, 3), (-1, 3))},
    "files",
    "",
    "moment",
    {
        "bend": choice("relu", "sin", "tanh"),
        "moment": slider_over(0, 1, 10, 100),
        "tone": choice("blue", "red"),
    },
    files=["bend", "tone"],
)
TWO = Explorer(
    (lambda axes, at: axes["a"].plot([at], [at], "o") and f"At {at}.",),
    {"a": panel((0, 5), (0, 5)), "b": panel((0, 5), (0, 5))},
    "two",
    "",
    None,
    {"at": slider(0, 4, steps=5)},
)
STILL = Explorer((lambda axes: "Nothing.",), {"one": panel((0, 1), (0, 1))}, None, "", None, {})


def document(body):
    return (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>Explorers</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        '<link rel="stylesheet" href="book.css"><script defer src="explore.js"></script></head>'
        f"<body><main><h1>Explorers</h1>{body}</main></body></html>"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with two explorers and a still picture, as the book's extension makes it."""
    folder = tmp_path_factory.mktemp("site")
    body = "".join(page(e) for e in (LINES, IMAGES, FILES, TWO, STILL))
    body += (
        '<p style="height: 100vh">Below.</p><p id="renamed">Here.</p><p style="height: 100vh"></p>'
    )
    (folder / "index.html").write_text(document(payloads.move(body, "", folder)), "utf8")
    rules = [(ROOT / "_static" / name).read_text("utf8") for name in ("bends.css", "explore.css")]
    (folder / "book.css").write_text(look.css_variables() + "".join(rules), "utf8")
    (folder / "explore.js").write_bytes((ROOT / "_static" / "explore.js").read_bytes())
    shutil.copytree(ROOT / "_static" / "fonts", folder / "fonts")
    return folder


class Reader:
    """A browser page, and every complaint that it makes."""

    def __init__(self, browser, folder, name="index.html", **options):
        options = {"viewport": {"width": 800, "height": 900}, **options}
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.address = (folder / name).as_uri()

    def open(self, fragment=""):
        self.page.goto(self.address + fragment)
        return self

    def ready(self):
        """Wait until the states are there."""
        self.page.wait_for_function("document.querySelectorAll('head script').length >= 3")
        self.page.wait_for_timeout(100)
        return self

    def says(self, explorer):
        return self.page.inner_text(f"#{explorer.id} .says").replace("’", "'")

    def picture(self, id):
        """What the page shows, painted anew as a whole.

        Where Chromium repaints a part, it smooths a few pixels by other amounts.
        """
        panels = self.page.locator(f"#{id} .panels")
        panels.evaluate(REPAINT)
        # The sentence and the controls may stand in the panels' empty corner.
        data = panels.screenshot(animations="disabled", style=".side { opacity: 0 }")
        return np.array(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)

    def close(self):
        self.context.close()
        assert self.complaints == []


@pytest.fixture
def reader(browser, folder):
    readers = []

    def make(**options):
        readers.append(Reader(browser, folder, **options))
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


def state_of(reader, explorer):
    """The parameters that the page's controls show."""
    state = {}
    for name, control in explorer.controls.items():
        element = reader.page.locator(f"#{explorer.id}-{name}")
        at = element.evaluate(
            "e => ({checkbox: +e.checked, range: +e.value})[e.type] ?? e.selectedIndex"
        )
        state[name] = control.values[at]
    return state


REPAINT = """async (panels) => {
  panels.style.visibility = "hidden";
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  panels.style.visibility = "";
}"""

# Puts other pictures in place of an explorer's own, and tells whether their elements are the same.
SWAP = """([id, svgs]) => {
  const box = document.querySelector(`#${id} .panels`), old = [...box.children];
  const before = box.innerHTML.replace(/data:[^"]*/g, "");
  box.innerHTML = svgs;
  window.undo = () => box.replaceChildren(...old);
  return before === box.innerHTML.replace(/data:[^"]*/g, "");
}"""


def assert_shown(reader, explorer):
    """The page shows the picture and sentence of the state that its controls name."""
    state = state_of(reader, explorer)
    reader.page.wait_for_selector(f"#{explorer.id}:not([aria-busy])")
    assert reader.says(explorer) == explorer.sentence(state)
    shown = reader.picture(explorer.id)
    same = reader.page.evaluate(SWAP, [explorer.id, "".join(explorer.pictures(state))])
    own = reader.picture(explorer.id)
    reader.page.evaluate("undo()")
    assert same, state
    assert shown.shape == own.shape and np.abs(shown - own).max() <= 8, state


KEYS = {"slider": ["ArrowRight", "End", "PageDown", "ArrowUp", "Home", "PageUp", "ArrowLeft"],
        "choice": ["Home", "ArrowDown", "ArrowDown", "End", "ArrowUp", "Home", "ArrowDown"],
        "switch": ["Space"]}  # fmt: skip


def drive(reader, explorer, presses=12):
    """Move every control by keyboard, compare each state, and see that each control did move."""
    for name, control in explorer.controls.items():
        seen = set()
        reader.page.focus(f"#{explorer.id}-{name}")
        for key in itertools.islice(itertools.cycle(KEYS[control.kind]), presses):
            reader.page.keyboard.press(key)
            assert_shown(reader, explorer)
            seen.add(state_of(reader, explorer)[name])
        assert len(seen) >= min(len(control.values), 4), name


@pytest.mark.parametrize("explorer", [LINES, IMAGES, FILES], ids=lambda e: e.id)
def test_every_control_moves_by_keyboard_to_each_states_own_picture(reader, explorer):
    drive(reader().open().ready(), explorer)


def cells(name):
    """The code cells of a chapter, or of the front page, which is written in Markdown."""
    if name.startswith("chapters/"):
        for cell in json.loads((ROOT / f"{name}.ipynb").read_text("utf8"))["cells"]:
            if cell["cell_type"] == "code":
                yield "".join(cell["source"])
    else:
        block = r"^```\{code-cell\}[^\n]*\n(?::[^\n]*\n)*(.*?)^```$"
        yield from re.findall(block, (ROOT / f"{name}.md").read_text("utf8"), re.M | re.S)


def explorers_of(name, monkeypatch):
    """Make a page's explorers: run its cells, or draw a function's graph for the field guide."""
    made = []

    class Collected(Explorer):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            if self.controls and not self.kernel_only:
                made.append(self)

    monkeypatch.setattr("bends.explore.Explorer", Collected)
    if name in MOVABLE:
        monkeypatch.setattr(field_guide, "Explorer", Collected)
        field_guide.graph(MOVABLE[name])
        return made
    monkeypatch.setenv("BENDS_FACE", "text")
    monkeypatch.chdir((ROOT / name).parent)
    names = {"__name__": "page"}
    for source in cells(name):
        exec(source, names)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", [*CHAPTERS, "index", *MOVABLE])
def test_explorers_of_the_built_book(browser, site, name, monkeypatch):
    made = explorers_of(name, monkeypatch)
    assert made or name.startswith("chapters/")
    reader = Reader(browser, site, f"{name}.html").open()
    assert reader.page.locator(".bends-explorer").count() == len(made)
    reader.page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")
    for explorer in made:
        reader.page.focus(f"#{explorer.id} input, #{explorer.id} select")
        reader.page.wait_for_selector(
            f"script[src*='{states_name(reader, explorer)}']", state="attached"
        )
        reader.page.wait_for_timeout(300)
        drive(reader, explorer)
    reader.close()


def states_name(reader, explorer):
    address = reader.page.get_attribute(f"#{explorer.id}", "data-states")
    return address.rsplit("/", 1)[1]


def test_a_file_is_loaded_when_its_reader_comes_to_it(reader):
    def loaded():
        return sorted(
            re.search(r"-[-\d]+(?=\.js)", address).group()
            for address in reader.page.evaluate("[...document.scripts].map(s => s.src)")
            if "-" in address.rsplit("/", 1)[1]
        )

    reader = reader().open().ready()
    assert loaded() == ["-0-0"]
    reader.page.evaluate("location.hash = '#files:tone=red,bend=tanh,moment=90'")
    reader.page.wait_for_selector("#files .says:has-text('tanh')")
    assert_shown(reader, FILES)
    assert loaded() == ["-0-0", "-2-1"]


def test_a_file_that_does_not_come_is_told_and_asked_for_again(reader, folder):
    (there,) = (folder / payloads.FOLDER).glob("*-1-0.js")
    away = there.rename(there.with_suffix(".away"))
    reader = reader().open().ready()
    reader.page.select_option("#files-bend", "sin")
    reader.page.wait_for_selector("#files .says:has-text('could not be loaded')")
    away.rename(there)
    reader.page.press("#files-moment", "End")
    reader.page.wait_for_selector("#files .says:has-text('sin in blue at 100')")
    assert_shown(reader, FILES)
    assert all("ERR_FILE_NOT_FOUND" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_a_link_to_a_state_whose_file_does_not_come_says_so(reader, folder):
    (there,) = (folder / payloads.FOLDER).glob("*-0-0.js")
    away = there.rename(there.with_suffix(".away"))
    try:
        reader = reader().open("#files:moment=90")
        reader.page.wait_for_selector("#files .says:has-text('could not be loaded')")
    finally:
        away.rename(there)
    assert all("ERR_FILE_NOT_FOUND" in complaint for complaint in reader.complaints)
    reader.complaints.clear()


def test_an_anchor_that_is_no_text_stops_nothing(reader):
    reader = reader().open("#100%").ready()
    reader.page.press("#lines-x", "End")
    assert_shown(reader, LINES)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_themes_follow_the_same_picture(reader, theme):
    reader = reader(color_scheme=theme).open().ready()
    stroke = reader.page.evaluate(
        "getComputedStyle(document.querySelector('#lines [data-layer=\"0\"] path[style]')).stroke"
    )
    red, green, blue = (int(v) for v in re.findall(r"\d+", stroke))
    assert f"#{red:02x}{green:02x}{blue:02x}" == look.COLORS["c-rectifier"][theme == "dark"]
    reader.page.press("#images-epoch", "End")
    assert_shown(reader, IMAGES)


def test_a_link_leads_to_a_state(reader):
    reader = reader().open("#lines:bend=sigmoid,x=1.4,slope=on").ready()
    assert state_of(reader, LINES) == {"bend": "sigmoid", "slope": True, "x": 1.5, "weight": 1}
    assert_shown(reader, LINES)
    reader.page.evaluate("location.hash = '#images:epoch=5'")
    reader.page.wait_for_function("document.querySelector('#images .says').textContent.includes(5)")
    assert_shown(reader, IMAGES)
    link = reader.page.locator("#lines .state-link")
    link.click()
    assert link.get_attribute("href") == "#lines:bend=sigmoid,slope=on,x=1.5,weight=1"
    assert reader.page.evaluate("location.hash") == "#lines:bend=sigmoid,slope=on,x=1.5,weight=1"


def test_two_explorers_do_not_meet_and_leave_no_globals(reader):
    reader = reader().open()
    before = reader.page.evaluate("Object.keys(window).length")
    reader.ready()
    first = reader.picture("lines")
    reader.page.press("#images-epoch", "End")
    np.testing.assert_array_equal(reader.picture("lines"), first)
    assert reader.page.evaluate("Object.keys(window).length") == before


def test_without_script_the_first_picture_and_its_sentence_stand(reader):
    reader = reader(java_script_enabled=False).open()
    assert reader.says(LINES) == "ReLU turns −1.5 into 0.00."
    assert reader.page.locator("#lines svg").count() == 2
    assert not reader.page.locator("#lines fieldset").is_visible()


def test_print_shows_the_picture_and_no_controls(reader):
    reader = reader().open().ready()
    reader.page.emulate_media(media="print")
    assert not reader.page.locator("#lines fieldset").is_visible()
    assert reader.page.locator("#lines .says").is_visible()


def test_a_phone_shows_panels_one_under_another_in_readable_text(reader):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    reader = reader(**phone).open().ready()
    boxes = [svg.bounding_box() for svg in reader.page.locator("#lines svg").all()]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert reader.page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = reader.page.evaluate(
        "[...document.querySelectorAll('svg text')].map("
        "t => parseFloat(getComputedStyle(t).fontSize) * t.getScreenCTM().d)"
    )
    assert min(sizes) >= 11
    track = reader.page.locator("#lines-x")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box["height"] >= 24
    reader.page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert state_of(reader, LINES)["x"] > 1.5
    assert_shown(reader, LINES)


def test_play_runs_through_time_and_pauses_out_of_sight(reader):
    reader = reader().open().ready()
    button = reader.page.locator("#images .play")
    button.click()
    reader.page.wait_for_function("+document.querySelector('#images-epoch').value >= 2")
    assert reader.page.get_attribute("#images .says", "aria-live") == "off"
    reader.page.evaluate("document.body.style.paddingBottom = '3000px'; scrollTo(0, 1e6)")
    reader.page.wait_for_function("document.querySelector('.play').textContent == 'Play'")
    at = state_of(reader, IMAGES)
    reader.page.wait_for_timeout(400)
    assert state_of(reader, IMAGES) == at
    assert reader.page.get_attribute("#images .says", "aria-live") == "polite"


@pytest.mark.parametrize(("motion", "pause"), [("no-preference", 700), ("reduce", 1000)])
def test_play_steps_once_a_second_where_less_motion_is_asked_for(reader, motion, pause):
    reader = reader(reduced_motion=motion)
    reader.page.clock.install()
    reader.open().page.clock.run_for(1000)
    reader.page.wait_for_function("document.querySelectorAll('head script').length >= 3")
    reader.page.clock.pause_at(reader.page.evaluate("Date.now()") / 1000 + 60)
    reader.page.locator("#images .play").click()
    for step in (1, 2):
        reader.page.clock.run_for(pause - 1)
        assert state_of(reader, IMAGES)["epoch"] == step - 1
        reader.page.clock.run_for(1)
        assert state_of(reader, IMAGES)["epoch"] == step
    behaviour = "getComputedStyle(document.documentElement).scrollBehavior"
    assert (reader.page.evaluate(behaviour) == "smooth") == (motion == "no-preference")


def test_a_finger_drags_a_slider(reader):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    reader = reader(**phone).open().ready()
    track = reader.page.locator("#lines-x")
    track.scroll_into_view_if_needed()
    box, control = track.bounding_box(), LINES.controls["x"]
    share = control.start / (len(control.values) - 1)
    finger = reader.page.context.new_cdp_session(reader.page)

    def touch(kind, *shares):
        points = [
            {"x": box["x"] + 8 + s * (box["width"] - 16), "y": box["y"] + box["height"] / 2}
            for s in shares
        ]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    seen = set()
    touch("touchStart", share)
    for moved in np.linspace(share, 1, 8):
        touch("touchMove", moved)
        seen.add(state_of(reader, LINES)["x"])
        assert reader.says(LINES) == LINES.sentence(state_of(reader, LINES))
    touch("touchEnd")
    assert len(seen) > 4 and state_of(reader, LINES)["x"] == 3
    assert_shown(reader, LINES)


def test_values_and_sentences_are_announced(reader):
    reader = reader().open().ready()
    reader.page.press("#lines-x", "ArrowLeft")
    assert reader.page.get_attribute("#lines-x", "aria-valuetext") == "−1.75"
    assert reader.page.inner_text("#lines output >> nth=0") == "−1.75"
    image = reader.page.get_by_role("img", name="ReLU turns −1.75 into 0.00.")
    assert image.count() == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_fault(reader, theme):
    from axe_playwright_python.sync_playwright import Axe

    reader = reader(color_scheme=theme).open().ready()
    found = Axe().run(reader.page)
    reader.complaints.clear()  # axe's own, about style sheets that it may not read from disk
    assert found.violations_count == 0, found.generate_report()


def test_large_states_wait_for_the_first_touch(browser, folder, monkeypatch):
    monkeypatch.setattr(payloads, "LARGE", 100)
    (folder / "large").mkdir()
    for name in ("book.css", "explore.js"):
        (folder / "large" / name).write_bytes((folder / name).read_bytes())
    shutil.copytree(ROOT / "_static" / "fonts", folder / "large" / "fonts")
    html = document(payloads.move(page(LINES), "", folder / "large"))
    (folder / "large" / "index.html").write_text(html, "utf8")
    with serving(folder / "large") as address:  # from a disk they come at once
        reader = Reader(browser, folder / "large")
        reader.page.goto(f"{address}/index.html")
        reader.page.wait_for_timeout(500)
        assert reader.page.locator("head script").count() == 1
        reader.page.focus("#lines-x")
        reader.page.keyboard.press("ArrowLeft")
        reader.page.wait_for_function(
            "document.querySelector('#lines .says').textContent.includes(1.75)"
        )
        assert_shown(reader, LINES)
        reader.close()


def test_states_are_named_by_their_content(folder, tmp_path):
    payloads.move(page(LINES), "", tmp_path)
    (made,) = (tmp_path / payloads.FOLDER).iterdir()
    assert made.read_bytes() == (folder / payloads.FOLDER / made.name).read_bytes()
    assert bake(LINES)[""] in made.read_text("utf8")


PHONE = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
IN_SIGHT = """(id) => {
  const panels = document.querySelector(`#${id} .panels`).getBoundingClientRect();
  const control = document.activeElement.getBoundingClientRect();
  const bar = 0;
  return {
    seen: panels.top >= bar - 1 && panels.bottom <= innerHeight,
    share: panels.height / innerHeight,
    clear: control.top >= panels.bottom - 1 && control.bottom <= innerHeight,
  };
}"""


@pytest.mark.parametrize("name", ["epoch", "width"])
def test_on_a_phone_one_panel_stays_in_sight_of_the_control_that_moves_it(reader, name):
    phone = reader(**PHONE).open().ready()
    phone.page.locator("#images figcaption").scroll_into_view_if_needed()
    phone.page.locator(f"#images-{name}").focus()
    found = phone.page.evaluate(IN_SIGHT, "images")
    assert found["seen"] and found["clear"] and found["share"] <= 0.45


def test_on_a_phone_the_controls_of_several_panels_stay_below_them(reader):
    phone = reader(**PHONE).open().ready()
    side = "document.querySelector('#two .side').getBoundingClientRect()"
    phone.page.evaluate("document.querySelector('#two').scrollIntoView()")
    assert phone.page.evaluate(
        f"{side}.bottom <= innerHeight + 1 && {side}.height <= .45 * innerHeight"
    )


def test_a_phone_on_its_side_keeps_nothing_in_place(reader):
    phone = reader(viewport={"width": 500, "height": 390}).open().ready()
    sticky = (
        "[...document.querySelectorAll('.panels, .side')].map((e) => getComputedStyle(e).position)"
    )
    assert set(phone.page.evaluate(sticky)) == {"static"}


@pytest.mark.parametrize("width", [390, 1280])
def test_labels_have_one_size(reader, width):
    page = reader(viewport={"width": width, "height": 900}).open().page
    boxes = page.eval_on_selector_all(".panels > svg", "e => e.map((s) => s.clientWidth)")
    assert {round(12 * box / 340) for box in boxes} == {12}


def test_the_sentence_keeps_room_for_the_longest_of_its_states(reader):
    page = reader(viewport={"width": 1280, "height": 900}).open().ready()
    places = set()
    for bend in ("relu", "gelu"):
        page.page.select_option("#lines-bend", bend)
        places.add(page.page.locator("#lines fieldset").bounding_box()["y"])
    assert len(places) == 1


def test_a_state_of_a_figure_that_is_not_there_leads_to_what_has_its_name(reader):
    page = reader(reduced_motion="reduce").open("#renamed:x=1").page
    page.wait_for_timeout(200)
    assert page.locator("#renamed").bounding_box()["y"] < 200
