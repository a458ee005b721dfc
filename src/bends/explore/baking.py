"""All states of an explorer, drawn once and written small enough for a page."""

import gzip
import itertools
import json
import multiprocessing
import os
import statistics
import time

from .differences import column, differences
from .svg import Raster

MOST_STATES = 3000


def bake(explorer, budget_kb=None):
    """All states of an explorer as JSON, by file.

    Returns
    -------
    dict of str
        One text, named "", or one for each combination of the explorer's `files`, named by the
        numbers of their options, such as "-0-2". In a text:
        ``sizes``: how many values each parameter has, 1 for what the file's name fixes;
        ``sliders``: values and texts of each;
        ``computed``: for each the controls it follows from, and which value it has for every
        combination of them, the last control moving fastest; ``draws``: for each drawing
        function its parameters, per panel the `differences`, and as ``says`` the column of its
        sentences, over all combinations of its parameters, the last one moving fastest.
    """
    domains = {name: explorer.domain(name) for name in (*explorer.controls, *explorer.computed)}
    states = [list(combinations(domains, names)) for _, names in explorer.draws]
    total = sum(map(len, states))
    if total > MOST_STATES:
        names = [draw.__name__ for draw, _ in explorer.draws]
        detail = ", ".join(f"{n} {len(s)}" for n, s in zip(names, states, strict=True))
        raise ValueError(
            f"explorer {explorer.id!r} has {total} states ({detail}), more than {MOST_STATES}: "
            "split its drawing functions, or let a computed parameter stand for several"
        )
    tasks = [(layer, values) for layer, each in enumerate(states) for values in each]
    done = run(lambda task: explorer.record(*task), tasks)
    recorded = dict(zip(tasks, done, strict=True))
    texts = {}
    numbers = {name: range(len(domain)) for name, domain in domains.items()}
    for options in combinations(numbers, explorer.files):
        fixed = {n: [domains[n][at]] for n, at in zip(explorer.files, options, strict=True)}
        name = "".join(f"-{at}" for at in options)
        texts[name] = file(explorer, domains | fixed, recorded, budget_kb)
    return texts


def combinations(domains, names):
    """Every combination of the values of some parameters, the last one moving fastest."""
    return itertools.product(*(domains[name] for name in names))


def file(explorer, domains, recorded, budget_kb):
    """The text of the file whose states are the combinations of `domains`."""
    draws, total, has_images = [], 0, False
    for layer, (_, names) in enumerate(explorer.draws):
        frames = [recorded[layer, values] for values in combinations(domains, names)]
        total += len(frames)
        of_file = any(name in explorer.files for name in names)
        panels = {}
        for name in explorer.stage.axes:
            variants = [drawn[name] for drawn, _ in frames]
            images = (e.attributes.get("href") for elements in variants for e in elements)
            has_images |= any(isinstance(image, Raster) for image in images)
            found = differences(variants, whole=of_file)
            if of_file or len(found["shapes"]) > 1 or found["shapes"][0]["slots"]:
                panels[name] = found
        draws.append({"of": names, "panels": panels})
        said = [said if isinstance(said, str) else "" for _, said in frames]
        if any(said):
            draws[-1]["says"] = column(said)
    text = write(
        {
            "sizes": {name: len(values) for name, values in domains.items()},
            "sliders": {
                name: {"values": c.values, "texts": c.texts}
                for name, c in explorer.controls.items()
                if c.kind == "slider"
            },
            "computed": {name: table(explorer, name, domains) for name in explorer.computed},
            "draws": draws,
        }
    )
    check_budget(explorer, text, total, has_images, budget_kb)
    return text


def table(explorer, name, domains):
    """Which value a computed parameter has, for every combination of its controls."""
    of = explorer.computed[name].of
    number_of = {value: i for i, value in enumerate(domains[name])}
    states = (dict(zip(of, values, strict=True)) for values in combinations(domains, of))
    return {"of": of, "index": [number_of[explorer.value(name, state)] for state in states]}


def check_budget(explorer, text, states, has_images, budget_kb):
    """Fail where the states weigh more than a page should carry."""
    usual = 100 if has_images else 40 if states <= 60 else 60
    budget = usual if budget_kb is None else budget_kb
    size = kilobytes(text)
    if size > budget:
        raise ValueError(
            f"explorer {explorer.id!r}: {states} states take {size:.0f} kB (gzip), more than its "
            f"budget of {budget} kB; draw less in the functions with many states, take fewer "
            "steps, or ask for more with budget_kb=... and because=..."
        )


def write(payload):
    """A payload as JSON that may stand inside a script element."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return text.replace("</", "<\\/").replace("<!", "\\u003c!")


def kilobytes(text):
    """Size of a text as a server sends it, gzip, in units of 1000 bytes."""
    return len(gzip.compress(text.encode(), mtime=0)) / 1000


_job = None  # what forked processes call: a drawing function of a notebook cannot be sent to them


def _call(task):
    return _job(task)


def run(job, tasks, seconds=120):
    """`[job(task) for task in tasks]`, over the cores where that pays and the system can fork.

    Raises
    ------
    RuntimeError
        If the first tasks foretell more than `seconds` of processor time.
    """
    global _job
    done, times = [], []
    for task in tasks[:8]:
        started = time.process_time()
        done.append(job(task))
        times.append(time.process_time() - started)
    rest = tasks[8:]
    # The median: the first may work out what all others share.
    expected = statistics.median(times) * len(rest) if times else 0
    if expected > seconds:
        raise RuntimeError(
            f"baking {len(tasks)} states would take {expected:.0f} s of processor, more than "
            f"{seconds} s: compute outside the drawing function, or have fewer states"
        )
    cores = os.cpu_count() or 1
    if expected > 2 and cores > 1 and "fork" in multiprocessing.get_all_start_methods():
        _job = job
        try:
            with multiprocessing.get_context("fork").Pool(min(cores, 8)) as pool:
                return done + pool.map_async(_call, rest, chunksize=16).get(20 * expected)
        except multiprocessing.TimeoutError:
            pass  # a forked process hangs: the plain way never does
        finally:
            _job = None
    return done + [job(task) for task in rest]
