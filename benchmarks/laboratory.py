"""How fast the page's laboratory trains, beside a well-known playground and beside Bends in Python.

    PYTHONPATH=src python benchmarks/laboratory.py --playground PATH

PATH is a checkout of github.com/tensorflow/playground. Its network code, `src/nn.ts`, is compiled
here by the TypeScript release that it names (through npx) and runs in the same Chromium; nothing
of it stands in this repository. Without PATH its column is left out.

A step is one batch forward, backward, and one move of the parameters; drawing, judging and losses
are left out on all sides. The same sizes, activation function, batch and data, gradient descent.
The two take turns of about 10 milliseconds in one fresh page for each row, and the best turn
counts, which other programs disturb least. Ours shuffles the examples in each epoch; the
playground's loop does not, and so is not asked to.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "_ext"))

import laboratory  # noqa: E402

from bends import MLP, SGD, Adam, train  # noqa: E402
from bends.losses import binary_cross_entropy  # noqa: E402
from bends.training import one_blas_thread  # noqa: E402

SIZES = [[2, 4, 2, 1], [2, 8, 1], [2, 8, 8, 8, 1], [2, *[8] * 6, 1]]  # the first is its default
BENDS = ["tanh", "relu"]
BATCHES = [10, 30, 200]
TURNS = 100
# Fixed before measuring: when a network has learnt the two spirals, and when it has failed.
ENOUGH, EVERY, MOST, SEEDS = 0.95, 100, 20_000, 10
SPIRAL = {"sizes": [2, 8, 8, 1], "bend": "tanh", "batch": 10, "noise": 0.02}

SETUP = """
const math = bendsElementary(), engine = bendsEngine(bendsFunctions(math), math);
function theirs(data, {sizes, bend, batch, rate}) {
    const f = playground.Activations[bend.toUpperCase()], tanh = playground.Activations.TANH;
    const net = playground.buildNetwork(sizes, f, tanh, null, ["x", "y"], false);
    const points = Array.from(data.y, (y, i) => [[data.x[2 * i], data.x[2 * i + 1]], y ? 1 : -1]);
    let at = 0;
    const step = () => {
        for (let i = 0; i < batch; i++) {
            const [input, label] = points[at++ % points.length];
            playground.forwardProp(net, input);
            playground.backProp(net, label, playground.Errors.SQUARE);
        }
        playground.updateWeights(net, rate, 0);
    };
    const right = ({x, y, n}) => y.filter((y, i) =>
        playground.forwardProp(net, [x[2 * i], x[2 * i + 1]]) > 0 === (y === 1)).length / n;
    return {step, right};
}
function ours(data, test, {sizes, bend, batch, rate, optimizer}, seed) {
    const widths = sizes.slice(1, -1);
    return engine.run({train: data, test, bends: widths.map(() => bend), widths, init: "lecun",
        gains: {}, optimizer, rate, batch, l2: 0}, seed);
}"""
RATES = """([setting, turns]) => {
    const data = engine.examples("circles", 200, 0.1, 1);
    const runs = [ours(data, data, setting, 0)];
    if (window.playground) runs.push(theirs(data, setting));
    const time = (run, steps) => {
        const start = performance.now();
        for (let i = 0; i < steps; i++) run.step();
        return (performance.now() - start) / steps;
    };
    const best = runs.map((run) => (time(run, 3000), time(run, 1000)));
    for (let turn = 0; turn < turns; turn++)
        runs.forEach((run, i) => { best[i] = Math.min(best[i], time(run, 10 / best[i])); });
    return best;
}"""
ALONE = """([name, turns]) => {
    const n = 1200, z = Float64Array.from({length: n}, () => 4 * Math.random() - 2);
    const a = new Float64Array(n), s = new Float64Array(n), known = bendsFunctions(math);
    const built = (z, a, s, n) => {
        for (let i = 0; i < n; i++) { const y = Math.tanh(z[i]); a[i] = y; s[i] = 1 - y * y; }
    };
    const f = known[name] ?? built;
    let best = Infinity;
    for (let turn = 0; turn < turns; turn++) {
        const start = performance.now();
        for (let i = 0; i < 1000; i++) f(z, a, s, n);
        best = Math.min(best, performance.now() - start);
    }
    return best;
}"""
SPIRALS = """([setting, who, seed, enough, every, most]) => {
    const make = (n) => engine.examples("spirals", 200, setting.noise, n);
    const data = make(seed), test = make(seed + 1000);
    const run = who === "ours" ? ours(data, test, setting, seed) : theirs(data, setting);
    const right = () => who === "ours" ? run.judge()[1].right : run.right(test);
    const start = performance.now();
    for (let steps = 0; steps < most; ) {
        for (let i = 0; i < every; i++) run.step();
        steps += every;
        if (right() >= enough) return [steps, (performance.now() - start) / 1000];
    }
    return null;
}"""
DATA = """([noise, seed]) => [seed, seed + 1000].map((s) => {
    const {x, y} = engine.examples("spirals", 200, noise, s);
    return [[...x], [...y]];
})"""


def compiled(path):
    """The playground's network code as a script that sets `playground`."""
    version = re.search(r'"typescript": "\^?([\d.]+)"', (path / "package.json").read_text())[1]
    with tempfile.TemporaryDirectory() as folder:
        command = ["npx", "--yes", "--package", f"typescript@{version}", "tsc", "--outDir", folder]
        subprocess.run([*command, path / "src" / "nn.ts"], check=True)
        code = (Path(folder) / "nn.js").read_text()
    return f"var playground = (function (exports) {{ {code}; return exports; }})({{}});"


def fresh(browser, peer):
    """A new page that has the laboratory's engine, and the playground's."""
    page = browser.new_page()
    folder = ROOT / "_static" / "laboratory"
    scripts = [(folder / name).read_text("utf8") for name in ("elementary.js", "engine.js")]
    for script in filter(None, [laboratory.script(), *scripts, SETUP, peer]):
        page.add_script_tag(content=script)
    return page


def python_rate(sizes, bend, batch, seconds=0.5):
    """Steps a second of Bends in Python: the lines of its training loop."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(batch, 2)), rng.integers(0, 2, (batch, 1)).astype(float)
    net, optimizer = MLP(sizes, bend, seed=0), SGD(0.03)
    best = np.inf
    with one_blas_thread():
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            for _ in range(20):
                _, gradient = binary_cross_entropy.value_and_gradient(net.forward(x), y)
                optimizer.step(net, net.backward(gradient))
            best = min(best, (time.perf_counter() - start) / 20)
    return 1 / best


def rates(browser, peer):
    print("\nThousand steps a second: the laboratory, the playground, Bends in Python")
    for sizes in SIZES:
        for bend in BENDS:
            for batch in BATCHES:
                setting = dict(sizes=sizes, bend=bend, batch=batch, rate=0.03, optimizer="sgd")
                page = fresh(browser, peer)
                own, *other = (1 / ms for ms in page.evaluate(RATES, [setting, TURNS]))
                page.close()
                beside = f"{other[0]:8.1f} ({own / other[0]:4.1f} times)" if other else ""
                python = python_rate(sizes, bend, batch) / 1000
                print(f"{'-'.join(map(str, sizes)):18}{bend:6}batch {batch:3}{own:9.1f}{beside}"
                      f"{python:8.1f} ({own / python:5.1f} times)", flush=True)  # fmt: skip


def alone(browser, peer):
    """What one activation function costs, value and slope; the limit of all else."""
    print("\nNanoseconds for one number's value and slope")
    for name in ["Math.tanh", "tanh", "sigmoid", "relu", "silu", "gelu"]:
        page = fresh(browser, peer)
        ms = page.evaluate(ALONE, [name, TURNS])
        page.close()
        print(f"{name:10}{ms / 1.2:6.1f}", flush=True)


def python_spiral(page, seed):
    (x, y), (x_test, y_test) = page.evaluate(DATA, [SPIRAL["noise"], seed])
    x, x_test = np.reshape(x, (-1, 2)), np.reshape(x_test, (-1, 2))
    net, optimizer = MLP(SPIRAL["sizes"], SPIRAL["bend"], init="lecun", seed=seed), Adam(0.02)
    epochs = EVERY * SPIRAL["batch"] // len(x)
    start = time.perf_counter()
    for steps in range(EVERY, MOST + 1, EVERY):
        train(net, x, y, loss="binary_cross_entropy", optimizer=optimizer, epochs=epochs,
              batch_size=SPIRAL["batch"], progress=False)  # fmt: skip
        if np.mean((net(x_test)[:, 0] > 0) == y_test) >= ENOUGH:
            return steps, time.perf_counter() - start
    return None


def spirals(browser, peer):
    print(f"\nTwo spirals, {SPIRAL}, until {ENOUGH:.0%} of 200 test examples are right, "
          f"looked at every {EVERY} steps, at most {MOST:,}; {SEEDS} seeds")  # fmt: skip
    ways = [("laboratory, Adam 0.02", "ours", "adam", 0.02),
            ("laboratory, gradient descent 0.1", "ours", "sgd", 0.1)]  # fmt: skip
    if peer:
        ways += [("playground, gradient descent 0.1", "theirs", "sgd", 0.1)]
    page = fresh(browser, peer)
    found = {}
    for title, who, optimizer, rate in ways:
        setting = {**SPIRAL, "optimizer": optimizer, "rate": rate}
        found[title] = [page.evaluate(SPIRALS, [setting, who, seed, ENOUGH, EVERY, MOST])
                        for seed in range(SEEDS)]  # fmt: skip
    found["Bends in Python, Adam 0.02"] = [python_spiral(page, seed) for seed in range(SEEDS)]
    for title, runs in found.items():
        done = [run for run in runs if run]
        said = f"{title:36}{len(done):3} of {SEEDS}"
        if done:
            steps, seconds = np.median(done, axis=0)
            said += f"; of these, median {steps:.0f} steps, {seconds:.2f} s"
        print(said, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--playground", type=Path, help="a checkout of tensorflow/playground")
    path = parser.parse_args().playground
    peer = compiled(path) if path else ""
    if not path:
        print("Without --playground PATH, its column is left out.")
    chromium = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        print(f"Chromium {browser.version}")
        rates(browser, peer)
        alone(browser, peer)
        spirals(browser, peer)
        browser.close()


if __name__ == "__main__":
    main()
