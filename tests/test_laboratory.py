"""The page's laboratory: its functions, its engine, its formulas, and the page itself."""

import json
import math
import warnings

import laboratory
import numpy as np
import pytest
from conftest import ROOT, SITE, missing

from bends import ACTIVATIONS, MLP, datasets
from bends.explore.tracing import javascript
from bends.losses import LOSSES
from bends.optimizers import OPTIMIZERS

SCRIPTS = ROOT / "_static" / "laboratory"
pytestmark = pytest.mark.browser
NAMES = list(ACTIVATIONS)
OPENING = "#laboratory:data=circles,noise=0.08,layers=relu-8,seed=0"


@pytest.fixture(scope="module")
def page(browser):
    """A blank page that has the laboratory's functions, engine and formula reader."""
    page = browser.new_page()
    page.add_script_tag(content=laboratory.script())
    for name in ("elementary.js", "formula.js", "engine.js", "worker.js"):
        page.add_script_tag(content=(SCRIPTS / name).read_text(encoding="utf8"))
    page.evaluate("""() => {
        window.functions = bendsFunctions(bendsElementary());
        window.engine = bendsEngine(functions, bendsElementary());
    }""")
    yield page
    page.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_traced_function_is_the_catalogues(page, name):
    f = ACTIVATIONS[name]
    x = np.concatenate([np.linspace(-8, 8, 8001), [-1e4, -700.0, -40, 40, 700.0, 1e4], f.joints])
    code = """([name, x]) => {
        const f = functions[name], n = x.length;
        const z = Float64Array.from(x), a = new Float64Array(n), s = new Float64Array(n);
        f(z, a, s, n);
        return [a, s].map(row => Array.from(row, String));
    }"""
    found = page.evaluate(code, [name, x.tolist()])
    value, slope = (np.array(list(map(float, row))) for row in found)
    # Snake's slope is a square of a sum that nearly cancels; a slope's zero is a difference.
    loose = 1e-12 if name in ("snake", "xielu") else 1e-14
    assert value == pytest.approx(f(x), rel=loose, abs=1e-15)
    assert slope == pytest.approx(f.derivative(x), rel=loose, abs=4e-15)


def test_a_step_without_javascript_is_named():
    def lacks(x):
        return np.arctan(x), x

    with pytest.raises(ValueError, match="arctan"):
        javascript(type("F", (), {"function": staticmethod(lacks), "parameters": {}}))


TRAIN = """([W, B, x, y, names, optimizer, rate, steps, l2]) => {
    const part = {x: Float64Array.from(x), y: Float64Array.from(y), n: y.length,
                  inputs: 2, classes: 2, outputs: 1};
    const run = engine.run({train: part, test: part, bends: names, widths: names.map(() => 8),
        init: "zeros", gains: {}, optimizer, rate, batch: 0, l2}, 0);
    run.net.layers.forEach((layer, i) => { layer.W.set(W[i]); layer.b.set(B[i]) });
    for (let i = 0; i < steps; i++) run.step();
    return run.net.layers.map(layer => Array.from(layer.W));
}"""


def trained(page, names, optimizer, steps, nudge=False, l2=0):
    """The weights after training on the page, in Python, and in Python from nudged weights."""
    rng = np.random.default_rng(len(names))
    x = rng.normal(size=(60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(float)
    nets = [MLP([2, *[8] * len(names), 1], names, init="he", seed=3) for _ in range(1 + nudge)]
    if nudge:
        for W in nets[1].weights:
            W[:] = np.nextafter(W, np.inf)
    starts = [[p.ravel().tolist() for p in ps] for ps in (nets[0].weights, nets[0].biases)]
    rate = 0.02
    there = page.evaluate(
        TRAIN, [*starts, x.ravel().tolist(), y.tolist(), names, optimizer, rate, steps, l2]
    )
    for net in nets:
        steady = OPTIMIZERS[optimizer](rate)
        for _ in range(steps):
            _, gradient = LOSSES["binary_cross_entropy"](net(x), y[:, None])
            gradients = net.backward(gradient)
            for slope, W in zip(gradients.weights, net.weights, strict=True):
                slope += l2 * W
            steady.step(net, gradients)
    return [np.concatenate(there), *(np.concatenate([W.ravel() for W in n.weights]) for n in nets)]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "exponential"])
def test_the_page_trains_the_network_that_python_trains(page, name):
    compared = 0
    for depth in (1, 3, 5):
        for optimizer in OPTIMIZERS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a run that diverges says so, in both
                there, here = trained(page, [name] * depth, optimizer, 100)
            if np.isfinite(here).all() and np.abs(here).max() < 1e6:
                assert there == pytest.approx(here, rel=1e-9, abs=1e-9), (depth, optimizer)
                compared += 1
    grows_fast = name in ("squared_relu", "xielu")  # deep networks with them may diverge
    assert compared >= 5 if grows_fast else compared == 3 * len(OPTIMIZERS)


@pytest.mark.parametrize("optimizer", list(OPTIMIZERS))
def test_after_a_thousand_steps_the_page_is_as_near_as_rounding_leaves_python(page, optimizer):
    there, here, nudged = trained(page, ["tanh", "silu"], optimizer, 1000, nudge=True)
    room = max(np.abs(nudged - here).max(), 1e-12)
    assert np.abs(there - here).max() < 100 * room


def test_a_function_for_each_layer(page):
    there, here = trained(page, ["sin", "relu", "gelu"], "adam", 50)
    assert there == pytest.approx(here, rel=1e-9, abs=1e-9)


def test_l2_pulls_the_weights_towards_0(page):
    there, here = trained(page, ["tanh", "relu"], "sgd", 100, l2=0.05)
    assert there == pytest.approx(here, rel=1e-9, abs=1e-9)
    assert np.abs(there - trained(page, ["tanh", "relu"], "sgd", 100)[0]).max() > 1e-3


def test_batches_are_a_shuffle_of_the_examples(page):
    before, after = page.evaluate("""() => {
        const data = engine.examples("three", 200, 0.1, 3), widths = [4], bends = ["relu"];
        const run = engine.run({train: data, test: data, bends, widths, init: "lecun", gains: {},
            optimizer: "sgd", rate: 0.01, batch: 32, l2: 0}, 0);
        for (let i = 0; i < 20; i++) run.step();
        return [data, run.train].map(({x, y}) =>
            Array.from(y, (label, i) => [x[2 * i], x[2 * i + 1], label]));
    }""")
    assert before != after and sorted(before) == sorted(after)


CLEAN = {
    "circles": lambda n: datasets.circles(n, noise=0),
    "moons": lambda n: datasets.moons(n, noise=0),
    "spirals": lambda n: datasets.spirals(n, turns=1.5, noise=0),
    "three": lambda n: datasets.spirals(n, arms=3, noise=0),
}


@pytest.mark.parametrize("name", list(CLEAN))
def test_data_lie_where_pythons_lie(page, name):
    points, labels = CLEAN[name](6000)
    if name == "moons":
        points = 0.75 * (points - [0.5, 0.25])
    x, y = page.evaluate(
        "name => { const e = engine.examples(name, 120, 0, 5); return [[...e.x], [...e.y]] }", name
    )
    for point, label in zip(np.reshape(x, (-1, 2)), y, strict=True):
        near = np.linalg.norm(points[labels == label] - point, axis=1).min()
        assert near < 0.01


@pytest.mark.parametrize("name", ["sine", "abs", "square", "step", "bump"])
def test_curves_are_pythons(page, name):
    x, y = page.evaluate(
        "name => { const e = engine.examples(name, 50, 0, 5); return [[...e.x], [...e.y]] }", name
    )
    scale = np.pi if name == "sine" else 1  # the page keeps all data between -1 and 1
    assert y == pytest.approx(datasets.TARGETS[name][0](scale * np.array(x)), abs=1e-12)


def test_weights_have_the_spread_of_their_initialisation(page):
    for init, expected in (("he", math.sqrt(2 / 400)), ("lecun", 0.05), ("gain", 1.5 / 20)):
        weights = page.evaluate(
            "init => [...engine.network([2, 400, 100, 1], ['relu', 'relu'], init,"
            " {relu: 1.5}, 1).layers[1].W]",
            init,
        )
        assert np.std(weights) == pytest.approx(expected, rel=0.02)


def test_the_border_beside_a_flat_lies_where_the_output_is_0(page):
    """1000 relu(x) - 1: where straight lines between the outputs miss by half a square."""
    border = page.evaluate("""() => {
        const data = engine.examples("xor", 20, 0, 0), side = 20, places = [];
        const run = engine.run({train: data, test: data, bends: ["relu"], widths: [1],
            init: "zeros", gains: {}, optimizer: "sgd", rate: 1, batch: 0, l2: 0}, 0);
        const [hidden, output] = run.net.layers;
        [hidden.W[0], output.W[0], output.b[0]] = [1, 1000, -1];
        for (let i = 0; i < side * side; i++)
            places.push((i % side - 9.5) / 10, (9.5 - Math.floor(i / side)) / 10);
        const grid = Float64Array.from(places), {outputs} = run.draw(grid, side * side);
        return [...run.border(outputs, grid, side)];
    }""")
    x, y = np.reshape(border, (-1, 2)).T
    assert x == pytest.approx(0.001, abs=0.001)
    assert np.ptp(y) == pytest.approx(1.9) and len(x) == 2 * 19


READ = """text => { try {
    const f = bendsFormula(text), z = Float64Array.of(-1.3, 0.4, 2), a = z.slice(), s = z.slice();
    f(z, a, s, 3);
    return [[...a], [...s]];
} catch (error) { return error.message } }"""


@pytest.mark.parametrize(
    ("text", "f"),
    [
        ("x * sigmoid(2x)", lambda x: x / (1 + np.exp(-2 * x))),
        ("-x^2 + 3", lambda x: 3 - x**2),
        ("2 sin(x) / (1 + x^2)", lambda x: 2 * np.sin(x) / (1 + x**2)),
        ("max(x, 0) - 0.1", lambda x: np.maximum(x, 0) - 0.1),
        ("e^(-x^2)", lambda x: np.exp(-(x**2))),
        ("x − tanh(x)·.5", lambda x: x - 0.5 * np.tanh(x)),
        ("(x + 1)(x - 1)", lambda x: x**2 - 1),
        ("2^x", lambda x: 2.0**x),
        ("f(x) = x²", lambda x: x**2),
        ("y = x**2 + np.tanh(x) * math.exp(x)", lambda x: x**2 + np.tanh(x) * np.exp(x)),
        ("ln(1 + e^x)", lambda x: np.log1p(np.exp(x))),
        ("softplus(x) - log(2)", lambda x: np.log1p(np.exp(x)) - np.log(2)),
    ],
)
def test_a_formula_gives_value_and_slope(page, text, f):
    x, h = np.array([-1.3, 0.4, 2]), 1e-6
    value, slope = page.evaluate(READ, text)
    assert value == pytest.approx(f(x), rel=1e-12)
    assert slope == pytest.approx((f(x + h) - f(x - h)) / (2 * h), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"), ("x * sigmoid(2x", "“)” is missing"), ("relux(x)", "not known"),
        ("x +", "missing at the end"), ("max(x)", "“,” is missing"), ("x $ 2", "cannot be read"),
        ("constructor(x)", "not known"), ("alert", "not known"), ("x * gelu(x)", "“gelu”, place 5"),
        ("0,5x", "numbers have a point, as in 0.5"), ("y = sin x", "missing at “x”, place 9"),
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_read_says_where_and_what_is_accepted(page, text, words):
    message = page.evaluate(READ, text)
    assert words in message and "You can use x, numbers" in message


@pytest.mark.parametrize(
    ("text", "words"),
    [("3x - 1", "straight line"), ("1/x", "finite"), ("0 * x", "straight"), ("log(x)", "finite")],
)
def test_a_function_that_cannot_serve_is_refused(page, text, words):
    found = page.evaluate("text => bendsExamine(bendsFormula(text))", text)
    assert words in found["fault"]


def test_a_slope_of_0_everywhere_is_told(page):
    for text, still in (("step(x)", True), ("relu(x)", False)):
        assert page.evaluate("text => bendsExamine(bendsFormula(text))", text)["still"] == still


def test_the_gain_of_an_own_function_is_pythons(page):
    found = page.evaluate("() => bendsExamine(bendsFormula('x * sigmoid(x)'))")
    gains = json.loads(laboratory.script().split("bendsGains=")[1].rstrip(";\n"))
    assert found["gain"] == pytest.approx(gains["silu"], rel=1e-4)


# --- the page ------------------------------------------------------------------------------------


@pytest.fixture
def built(browser):
    path = SITE / "back" / "laboratory.html"
    if not path.exists():
        missing("The book is not built: run `make book` first.")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.address = path.as_uri()
    yield page
    assert not page.errors
    page.close()


def test_it_opens_at_a_touch_and_trains_from_disk(built):
    built.goto(built.address)
    assert built.locator("canvas").count() == 0
    built.get_by_role("button", name="Open the laboratory").click()
    built.get_by_role("button", name="Run").click()
    built.wait_for_function("/^Step \\d{3,}/.test(document.querySelector('.says').textContent)")
    built.get_by_role("button", name="Stop").click()
    assert "test examples right" in built.locator(".says").inner_text()
    assert built.locator(".lab-flow tbody tr").count() == 1


def test_by_keyboard_with_an_own_function_and_a_link(built):
    built.goto(built.address + OPENING)
    built.get_by_label("your own f(x)").fill("x * sigmoid(3x)")
    built.keyboard.press("Enter")
    assert "gain" in built.locator("#lab-own-says").inner_text()
    layer = built.get_by_label("activation function of layer 1")
    assert layer.input_value() == "own"
    built.get_by_role("button", name="Copy the link").focus()
    built.keyboard.press("Enter")
    built.wait_for_function("location.hash.includes('own=')")
    linked = built.evaluate("location.href")
    built.goto("about:blank")
    built.goto(linked)
    assert built.get_by_label("activation function of layer 1").input_value() == "own"
    assert built.get_by_label("your own f(x)").input_value() == "x * sigmoid(3x)"


def test_a_link_to_what_is_unknown_shows_the_start(built):
    built.goto(built.address + "#laboratory:data=nonsense,layers=nothing-8,rate=soup,seed=-4")
    assert built.get_by_label("data", exact=True).input_value() == "circles"
    assert built.get_by_label("activation function of layer 1").input_value() == "relu"


def test_a_link_brings_the_laboratory_into_view_and_starts_afresh(built):
    built.emulate_media(reduced_motion="reduce")
    built.goto(built.address + OPENING)
    for _ in range(2):  # the same link again, too
        built.get_by_role("link", name="two ReLU units on four corners").click()
        built.wait_for_function("""() => {
            const {top} = document.querySelector(".bends-laboratory").getBoundingClientRect();
            return top >= 0 && top < 150;
        }""")
    assert built.get_by_label("20 seeds at once").is_checked()
    built.get_by_role("link", name="Two rings, eight ReLU units").click()
    built.wait_for_function("location.hash.includes('circles')")
    assert not built.get_by_label("20 seeds at once").is_checked()


def test_a_wrong_formula_stays_beside_its_message(built):
    built.goto(built.address + OPENING)
    field, graph = built.get_by_label("your own f(x)"), built.locator(".lab-controls canvas")
    field.fill("x * sigmoid(3x)")
    built.get_by_role("button", name="Use it").click()
    assert graph.is_visible()
    field.fill("x * sigmoid(3x")
    built.get_by_role("button", name="Use it").click()
    built.get_by_label("hidden layers").select_option("2")
    said = built.locator("#lab-own-says").inner_text()
    assert field.input_value() == "x * sigmoid(3x" and "missing" in said and not graph.is_visible()
    assert said.endswith("“My own f(x)” is still x * sigmoid(3x).")


def test_without_hidden_layers_nothing_of_them_is_shown(built):
    built.goto(built.address + OPENING)
    built.get_by_text("Layer by layer").wait_for()
    built.get_by_label("hidden layers").select_option("0")
    built.get_by_text("Layer by layer").wait_for(state="hidden")
    assert built.locator("canvas:visible").count() == 2


def test_learning_rates_stand_in_order(built):
    built.goto(built.address + OPENING)
    rates = built.locator("select[aria-label='learning rate'] option").all_inner_texts()
    assert rates == sorted(rates, key=float) and "1" in rates


def test_a_loss_above_the_graph_is_told(built):
    address = "#laboratory:data=square,layers=squared_relu-8.squared_relu-8,init=large,seed=0"
    built.goto(built.address + address)
    built.wait_for_function("document.querySelector('.says').textContent.startsWith('Step 0')")
    said = built.locator("#lab-loss-says").inner_text()
    assert "leaves the picture: " in said and "e+" not in said + built.locator(".says").inner_text()


def test_with_reduced_motion_it_draws_twice_a_second(built):
    built.emulate_media(reduced_motion="reduce")
    built.add_init_script("""window.drawn = [];
        const line = CanvasRenderingContext2D.prototype.strokeRect;
        CanvasRenderingContext2D.prototype.strokeRect = function (...a) {
            drawn.push(performance.now());
            line.apply(this, a);
        };""")
    built.goto(built.address + OPENING.replace("relu-8", "relu-1"))  # one unit: one frame a drawing
    built.get_by_role("button", name="Run").click()
    built.wait_for_function("/^Step \\d{2,}/.test(document.querySelector('.says').textContent)")
    built.evaluate("drawn.length = 0")
    built.wait_for_function("drawn.length > 4")
    assert np.diff(built.evaluate("drawn")).min() > 450  # milliseconds


def test_while_it_trains_the_page_stays_within_a_frame(browser, built):
    layers = ".".join(["tanh-8"] * 6)
    built.goto(f"{built.address}#laboratory:data=three,layers={layers},seeds=20,pace=full")
    built.locator("canvas").first.wait_for()
    browser.start_tracing(page=built, categories=["toplevel"])
    built.get_by_role("button", name="Run").click()
    built.wait_for_timeout(3000)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tasks = [  # of the page's main thread, in milliseconds of the processor's time
        e["tdur"] / 1000
        for e in events
        if "tdur" in e and "RunTask" in e["name"] and names[e["pid"], e["tid"]] == "CrRendererMain"
    ]
    drawing = [t for t in tasks if t > 1]
    assert len(drawing) > 10 and np.quantile(drawing, 0.95) < 1000 / 60


def test_its_scripts_are_small():
    import gzip

    scripts = [p.read_bytes() for p in sorted(SCRIPTS.glob("*.js"))]
    whole = b"".join([*scripts, laboratory.script().encode()])
    assert len(gzip.compress(whole, 9)) <= 20_000
