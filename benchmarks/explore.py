"""Bytes and latency of baked explorers, beside other ways to move a figure on a page.

``PYTHONPATH=src python benchmarks/explore.py``, where Plotly, Panel, Playwright and brotli are
installed besides the book's own requirements, with Chromium. The same three figures for all:
60 states of two line panels; 41 x 8 states of two controls; 60 x 6 decision regions. Peers that
know one control only get the states in a row. *Library* is the script that a page needs once.
Latency is from the change to the frame after it is painted, 60 changes in a fresh page.
Then the first figure with a kernel, in JupyterLab: from a key on the slider to the paint, 40 keys,
and a drag over the whole slider in a second: how many pictures, and when the last is there.
"""

import gzip
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import brotli
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "_ext"))

import payloads  # noqa: E402

from bends.explore import slider  # noqa: E402
from bends.explore.explorer import Explorer  # noqa: E402
from bends.explore.page import page  # noqa: E402
from bends.explore.stage import panel  # noqa: E402
from bends.figures import decision_regions  # noqa: E402

X = np.linspace(-3, 3, 400)
SIDE = (np.arange(64) + 0.5) / 64 * 6 - 3
GRID = np.stack(np.meshgrid(SIDE, SIDE), -1).reshape(-1, 2)
RNG = np.random.default_rng(0)
HIDDEN, SHIFT, OUT = (
    RNG.normal(0, s, (6, *d)) for s, d in ((1.5, (2, 12)), (1, (12,)), (1, (12,)))
)


def waves(t, k=1):
    """Two curves for one state."""
    y = np.tanh((0.5 + k) * X + 4 * t - 2)
    return y, (0.5 + k) * (1 - y**2) / 4


def probability(points, t, seed):
    """A small random network that sharpens with time."""
    h = np.maximum(points @ (HIDDEN[seed] * (0.3 + t)) + SHIFT[seed] * (1 - t / 2), 0)
    return 1 / (1 + np.exp(-h @ (OUT[seed] * (0.2 + 2 * t) + 0.5 * np.sin(6 * t + np.arange(12)))))


FIGURES = {
    "60 states, two line panels": {"t": np.arange(60)},
    "41 x 8 states, two controls": {"k": np.arange(8), "t": np.arange(41)},
    "60 x 6 decision regions": {"seed": np.arange(6), "t": np.arange(60)},
}


def states(name):
    return [
        dict(zip(FIGURES[name], s, strict=True)) for s in itertools.product(*FIGURES[name].values())
    ]


def is_image(name):
    return "regions" in name


# ------------------------------------------------------------------------------------------------
# Each way gives (HTML, bytes of library, JavaScript that shows state i)


def ours(name, folder):
    sliders = {k: slider(0, len(v) - 1, steps=len(v)) for k, v in FIGURES[name].items()}
    if is_image(name):
        panels = {"plane": panel((-3, 3), (-3, 3))}

        def draw(axes, seed, t):
            decision_regions(axes["plane"], lambda p: probability(p, t / 59, seed))
            return f"Network {seed} after {t} steps."

    else:
        panels = {"a": panel((-3, 3), (-1.2, 1.2)), "b": panel((-3, 3), (-0.2, 2.5))}

        def both(axes, t, k):
            for ax, y in zip(axes.values(), waves(t / 60, k / 4), strict=True):
                ax.plot(X, y)
            return f"Time {t}, steepness {k}."

        def one(axes, t):
            return both(axes, t, 2)

        draw = both if "k" in sliders else one
    explorer = Explorer((draw,), panels, "e", "", "t", sliders)
    started = time.process_time()
    html = page(explorer, 1000)
    seconds = time.process_time() - started
    print(f"  (ours: {1000 * seconds / len(states(name)):.1f} ms of processor for a state)")
    body = payloads.move(html, "", folder)
    library = (ROOT / "_static" / "explore.js").read_text("utf8")
    (folder / "explore.js").write_text(library, "utf8")
    head = '<script defer src="explore.js"></script>'
    step = (
        "const s = document.querySelector('#e-t'); s.value = i % (1 + +s.max);"
        "s.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    return document(head, body), len(gzip.compress(library.encode())), step


def document(head, body):
    return f'<!DOCTYPE html><meta charset="utf-8"><title>t</title>{head}<body>{body}'


def plotly(name, folder):
    import plotly.graph_objects as go
    from plotly.offline import get_plotlyjs

    def traces(state):
        if is_image(name):
            p = probability(GRID, state["t"] / 59, state["seed"]).reshape(64, 64)
            return [go.Heatmap(x=SIDE, y=SIDE, z=np.round(16 * p).astype(np.uint8))]
        y, slope = waves(state["t"] / 60, state.get("k", 2) / 4)
        x = X.astype(np.float32)
        return [go.Scatter(x=x, y=y.astype(np.float32)),
                go.Scatter(x=x, y=slope.astype(np.float32), xaxis="x2", yaxis="y2")]  # fmt: skip

    frames = [go.Frame(data=traces(s), name=str(i)) for i, s in enumerate(states(name))]
    steps = [{"method": "animate", "args": [[f.name]]} for f in frames]
    layout = go.Layout(grid={"rows": 1, "columns": 2}, sliders=[{"steps": steps}])
    figure = go.Figure(traces(states(name)[0]), layout, frames)
    library = get_plotlyjs()
    (folder / "plotly.js").write_text(library, "utf8")
    body = figure.to_html(include_plotlyjs=False, full_html=False, div_id="e")
    step = (
        "Plotly.animate('e', [String(i)],"
        "{mode: 'immediate', frame: {duration: 0}, transition: {duration: 0}})"
    )
    size = len(gzip.compress(library.encode()))
    return document('<script src="plotly.js"></script>', body), size, step


def matplotlib_figure(name):
    """A figure of two panels (or one image), and a function that moves it to a state."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 2.6) if not is_image(name) else (3.6, 3.6), dpi=100)
    if is_image(name):
        ax = figure.add_subplot()
        image = ax.imshow(np.zeros((64, 64)), vmin=0, vmax=1, cmap="coolwarm")

        def move(t, seed):
            image.set_data(np.round(16 * probability(GRID, t / 59, seed).reshape(64, 64)) / 16)

    else:
        axes = figure.subplots(1, 2)
        lines = [ax.plot(X, y)[0] for ax, y in zip(axes, waves(0.5), strict=True)]

        def move(t, k=2):
            for line, y in zip(lines, waves(t / 60, k / 4), strict=True):
                line.set_ydata(y)

    return figure, move


def to_jshtml(name, folder):
    from matplotlib import rcParams
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    rcParams["animation.embed_limit"] = 500
    figure, move = matplotlib_figure(name)
    FigureCanvasAgg(figure)
    every = states(name)
    body = FuncAnimation(figure, lambda i: move(**every[i]), len(every)).to_jshtml(
        default_mode="once"
    )
    anim = next(w for w in body.replace("(", " ").replace(";", " ").split() if w.startswith("anim"))
    return document("", body), 0, f"{anim[:4]}{anim[4:].split('.')[0]}.set_frame(i)"


def panel_embed(name, folder):
    import bokeh
    import panel as pn

    pn.extension()
    figure, move = matplotlib_figure(name)
    controls = {
        k: pn.widgets.DiscreteSlider(name=k, options=v.tolist(), value=int(v[0]))
        for k, v in FIGURES[name].items()
    }

    def draw(**state):
        move(**state)
        return pn.pane.Matplotlib(
            figure, format="svg" if not is_image(name) else "png", tight=False
        )

    app = pn.Column(*controls.values(), pn.bind(draw, **controls))
    file = folder / "panel.html"
    app.save(file, embed=True, max_states=1000, max_opts=100, resources="cdn", progress=False)
    static = Path(bokeh.__file__).parent / "server" / "static" / "js"
    scripts = [static / "bokeh.min.js", static / "bokeh-widgets.min.js"]
    scripts.append(Path(pn.__file__).parent / "dist" / "panel.min.js")
    library = sum(len(gzip.compress(s.read_bytes())) for s in scripts)
    return file.read_text("utf8"), library, None  # its scripts are at a CDN: not timed


def widgets_embed(name, folder):
    import io

    import ipywidgets as widgets
    import widgetsnbextension
    from ipywidgets.embed import embed_minimal_html
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure, move = matplotlib_figure(name)
    FigureCanvasAgg(figure)
    images = []
    for state in states(name):
        move(**state)
        file = io.BytesIO()
        figure.savefig(file)
        images.append(widgets.Image(value=file.getvalue()))
    track = widgets.IntSlider(max=len(images) - 1)
    stack = widgets.Stack(images, selected_index=0)
    widgets.jslink((track, "value"), (stack, "selected_index"))
    embed_minimal_html(folder / "widgets.html", [track, stack])
    manager = Path(widgetsnbextension.__file__).parent / "static" / "extension.js"
    library = len(gzip.compress(manager.read_bytes()))
    return (folder / "widgets.html").read_text("utf8"), library, None  # likewise


WAYS = {
    "Bends": ours,
    "Plotly frames": plotly,
    "Panel embed": panel_embed,
    "to_jshtml": to_jshtml,
    "ipywidgets embed": widgets_embed,
}
TIMED = """async (step) => {
  const show = new Function("i", step), times = [];
  for (let i = 0; i < 60; i++) {
    await new Promise((done) => setTimeout(done, 40));
    const start = performance.now();
    show(i);
    await new Promise((done) => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = done;
      channel.port2.postMessage(0);
    }));
    times.push(performance.now() - start);
  }
  return times;
}"""


def latency(browser, file, step):
    """Milliseconds from a change to its painted frame: median and 95th percentile."""
    view = browser.new_page()
    view.goto(file.as_uri())
    view.wait_for_timeout(1500)
    times = view.evaluate(TIMED, step)
    view.close()
    return np.percentile(times, [50, 95])


# ------------------------------------------------------------------------------------------------
# With a kernel, in JupyterLab

LIVE = {
    "Bends": """
import numpy as np
from bends.explore import explore, panel, slider
X = np.linspace(-3, 3, 400)
def both(axes, t):
    y = np.tanh(2.5 * X + t / 15 - 2)
    axes["a"].plot(X, y)
    axes["b"].plot(X, 2.5 * (1 - y**2) / 4)
    return f"Time {t}."
explore(both, id="e", t=slider(0, 59, steps=60),
        panels={"a": panel((-3, 3), (-1.2, 1.2)), "b": panel((-3, 3), (-0.2, 2.5))})
""",
    "interact": """
%matplotlib inline
import matplotlib.pyplot as plt, numpy as np
from ipywidgets import interact
X = np.linspace(-3, 3, 400)
@interact(t=(0, 59))
def both(t=0):
    y = np.tanh(2.5 * X + t / 15 - 2)
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.6))
    axes[0].plot(X, y)
    axes[1].plot(X, 2.5 * (1 - y**2) / 4)
    plt.show()
""",
}
# Notes when a key or the pointer moved the slider, and when a new picture was painted after it.
WATCH = """async () => {
  await jupyterapp.restored;
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await jupyterapp.commands.execute("notebook:run-all-cells");
  window.moved = [];
  window.painted = [];
  for (const name of ["keydown", "pointermove"])
    addEventListener(name, (event) => moved.push(event.timeStamp), true);
  const picture = () => {
    const found = document.querySelector(".jp-OutputArea [role=img], .jp-OutputArea img");
    return found?.src ?? found?.innerHTML;
  };
  let last = picture();
  new MutationObserver(() => {
    const now = picture();
    if (now === undefined || now === last) return;
    last = now;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => painted.push(performance.now());
      channel.port2.postMessage(0);
    });
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


def live(browser, port=8971):
    """Milliseconds from a key to its picture, and what a drag draws, for each of `LIVE`."""
    print(f"\nWith a kernel (load {os.getloadavg()[0]:.1f})")
    print(f"{'':18}     ms   95 %  drag: pictures, lag")
    with tempfile.TemporaryDirectory() as folder:
        for way, code in LIVE.items():
            cell = {"cell_type": "code", "source": code.strip(), "metadata": {}, "outputs": []}
            cell |= {"id": "a", "execution_count": None}
            kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
            notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
            (Path(folder) / f"{way}.ipynb").write_text(json.dumps(notebook), "utf8")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += [f"--port={port}", "--IdentityProvider.token=", "--ServerApp.port_retries=0"]
        command += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url="]
        settings = {"PYTHONPATH": str(ROOT / "src"), "BENDS_FACE": "live"}
        settings["JUPYTER_CONFIG_DIR"] = f"{folder}/settings"
        server = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **settings}, stderr=subprocess.DEVNULL
        )
        try:
            for way in LIVE:
                address = f"http://127.0.0.1:{port}/lab/tree/{way}.ipynb"
                measure_live(browser, server, address, way)
        finally:
            server.terminate()
            server.wait()


def measure_live(browser, server, address, way):
    from playwright.sync_api import Error

    view = browser.new_page(viewport={"width": 1280, "height": 900})
    while True:
        try:
            view.goto(address)
            break
        except Error:  # JupyterLab is not up yet
            if server.poll() is not None:
                raise RuntimeError(f"JupyterLab ended with {server.returncode}") from None
            time.sleep(0.5)
    view.wait_for_function(
        "way => window.jupyterapp?.shell.currentWidget?.context?.path === `${way}.ipynb`", arg=way
    )
    view.evaluate(WATCH)
    handle = view.get_by_role("slider")
    handle.focus()
    times = []
    for _ in range(40):
        view.wait_for_timeout(400)
        view.evaluate("moved.length = painted.length = 0")
        handle.press("ArrowRight")
        view.wait_for_function("painted.length", polling=100)
        times.append(view.evaluate("painted[0] - moved[0]"))
    handle.press("Home")
    view.wait_for_timeout(1000)
    rail = view.locator(".noUi-base").bounding_box()
    x, y = rail["x"], rail["y"] + rail["height"] / 2
    view.mouse.move(x, y)
    view.mouse.down()
    view.evaluate("moved.length = painted.length = 0")
    start = time.perf_counter()
    for step in range(1, 61):
        view.mouse.move(x + rail["width"] * step / 60, y)
        time.sleep(max(0, start + step / 60 - time.perf_counter()))
    view.wait_for_timeout(3000)
    pictures, lag = view.evaluate("[painted.length, painted.at(-1) - moved.at(-1)]")
    view.close()
    middle, slow = np.percentile(times, [50, 95])
    print(f"{way:18}{middle:7.0f}{slow:7.0f}{pictures:16}{lag:5.0f}", flush=True)


def main():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in FIGURES:
            print(f"\n{name}\n{'':18}   raw kB    gzip  brotli  library     ms   95 %")
            for way, make in WAYS.items():
                with tempfile.TemporaryDirectory() as folder:
                    folder = Path(folder)
                    html, library, step = make(name, folder)
                    file = folder / "index.html"
                    file.write_text(html, "utf8")
                    data = html.encode()
                    for states_file in (folder / payloads.FOLDER).glob("*.js"):
                        data += states_file.read_bytes()
                    times = latency(browser, file, step) if step else (np.nan, np.nan)
                sizes = len(data), len(gzip.compress(data)), len(brotli.compress(data)), library
                numbers = "".join(
                    f"{s / 1000:{w}.1f}" for s, w in zip(sizes, (9, 8, 8, 9), strict=True)
                )
                print(f"{way:18}{numbers}{times[0]:7.1f}{times[1]:7.1f}", flush=True)
        live(browser)
        browser.close()


if __name__ == "__main__":
    main()
