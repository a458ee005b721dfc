"""The field guide: one page for each function of both catalogues, made from data before a build.

Everything on a page derives from what stands elsewhere: the catalogues, `frameworks.json`,
`references.bib`, the census, the measured costs and errors (`rightness`), and `field_guide.yml`,
which says in words what people get wrong and what to take instead. The pages are written to
`back/functions/`, and only where they changed; none is made again while all that pages depend on
is the same.
"""

import ast
import csv
import hashlib
import inspect
import re
import textwrap
from pathlib import Path

import freshness
import numpy as np
import rightness
import yaml
from pybtex.database import parse_file

from bends import ACTIVATIONS, CORE, VECTOR_ACTIVATIONS, Activation, figures, gain, look
from bends.catalogue import VectorActivation
from bends.explore import panel, slider
from bends.explore.explorer import Explorer
from bends.explore.page import page as as_page
from bends.frameworks import FRAMEWORKS, VERSIONS
from bends.look import number

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "back" / "functions"
WORDS = ROOT / "_ext" / "field_guide.yml"
COSTS = ROOT / "results" / "costs" / "costs.csv"
TIMED = {  # what was measured, and what a reader calls it
    "ns a number, in the cache": "on short arrays, which stay inside the processor",
    "ns a number, in memory": "on long ones",
    "ms a layer, there and back": "for a whole layer of as many weights, there and back",
}
CENSUS = {  # the census' names of functions that the catalogue calls otherwise
    "GELU": "gelu", "SiLU": "silu", "GELU (tanh)": "gelu_tanh", "ReLU": "relu",
    "squared ReLU": "squared_relu", "quick GELU": "quick_gelu", "x·σ(1.702x)": "quick_gelu",
    "hard swish": "hard_swish", "xIELU": "xielu", "ReLU6": "relu6", "PReLU": "prelu",
}  # fmt: skip


def graph(f):
    """The function with its slope, and a place to move along both, as HTML."""

    def lines(axes):
        figures.curve(axes["graph"], f, linestyle="-")
        figures.curve(axes["slope"], f, derivative=True, linestyle="-")

    def place(axes, x):
        value, slope = f(x), f.derivative(x)
        for name, y in (("graph", value), ("slope", slope)):
            if abs(y) < 1e3:
                axes[name].plot([x], [y], "o", color=look.INK)
        y, rise = number(value, ".3g"), number(slope, ".3g")
        return f"At {number(x)} the value is {y} and the slope {rise}."

    x = np.linspace(-4, 4, 401)
    slopes = np.clip(f.derivative(x), -3, 3)
    low = np.floor(min(-1.2, np.clip(f(x), -4, 4).min()))
    steep = np.floor(slopes.min()) - 0.2, np.ceil(slopes.max()) + 0.2
    panels = {
        "graph": panel(xlim=(-4, 4), ylim=(low, 4), xlabel="x", ylabel="value"),
        "slope": panel(xlim=(-4, 4), ylim=steep, xlabel="x", ylabel="slope"),
    }
    moved = {"x": slider(-4, 4, steps=33, start=1, label="x")}
    explorer = Explorer([lines, place], panels, "graph", "", None, moved)
    return as_page(explorer)


def properties(f):
    """Rows of what is worked out from the function."""
    yield "value", f"$f(x) = {f.formula}$"
    yield "slope", f"$f'(x) = {f.derivative_formula}$"
    yield "range", " to ".join(map(ending, f.range))
    yield "far left, far right", ", ".join(map(ending, f.limits))
    yield "kinks", ", ".join(map(number, f.kinks)) or "none"
    yield "never falls", "yes" if f.monotone else "no"
    yield "at −10", f"value {number(f(-10.0), '.2g')}, slope {number(f.derivative(-10.0), '.2g')}"
    for kind in ("forward", "backward", "variance"):
        try:
            yield f"{kind} gain", f"{gain(f, kind):.4f}"
        except ValueError:
            yield f"{kind} gain", "none: no gradient gets back"
    if f.parameters:
        yield (
            "parameters",
            ", ".join(f"`{n}` = {number(v, '.6g')}" for n, v in f.parameters.items()),
        )


def ending(value):
    return "does not settle" if np.isnan(value) else number(value, ".4g")


def names(name):
    """Rows of the names in the frameworks, with the defaults of their parameters."""
    for framework, facts in FRAMEWORKS.get(name, {}).items():
        for entry in facts["names"]:
            given = entry.get("parameters") or {}
            defaults = ", ".join(f"{k} = {v}" for k, v in given.items()) or "–"
            yield framework, f"`{entry['name']}`", defaults


def choices(name):
    """Which slope each framework takes at the kinks."""
    for framework, facts in FRAMEWORKS.get(name, {}).items():
        kinks = facts.get("slope_at_kinks", {})
        if kinks:
            said = ", ".join(f"{number(v, '.4g')} at {number(float(k))}" for k, v in kinks.items())
            yield f"{framework} takes {said}"


def used(name):
    """In how many families of the census a function is the main one, by the years' ends."""
    with open(ROOT / "results" / "census" / "families.csv", encoding="utf8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if CENSUS.get(row["function"]) == name]
    if not rows:
        return ""
    families = "family" if len(rows) == 1 else "families"
    return (
        "The [census](../../chapters/14-what-do-todays-models-use.ipynb) of one release of "
        f"`transformers` finds it in {len(rows)} {families} of models."
    )


def origin(f):
    """Who introduced it, as the sources have it; only what was read."""
    entries = parse_file(ROOT / "references.bib").entries
    if f.origin is None or f.origin not in entries:
        return ""
    entry = entries[f.origin]
    people = [" ".join(p.last_names) for p in entry.persons["author"]]
    who = people[0] + (" and others" if len(people) > 1 else "")
    title = entry.fields["title"].replace("{", "").replace("}", "")
    linked = f"[{title}]({entry.fields['url']})" if "url" in entry.fields else f"*{title}*"
    return f"Introduced or studied by {who} ({entry.fields['year']}): {linked}."


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def code(function):
    """A function's own lines, and above them those of all that they call, ready to be pasted."""
    lines = {}
    gather(function, lines)
    imports = ["import numpy as np"]
    if any("math." in text for text in lines.values()):
        imports.insert(0, "import math")
    text = "\n\n\n".join(["\n".join(imports), *lines.values()])
    return re.sub(r"(?<=\))\n\n(\n[A-Z]+ = )", r"\1", text)  # constants stand together


def gather(function, lines, name=None):
    """Add a function's lines by its name, after those of the names that it needs."""
    source = textwrap.dedent(inspect.getsource(function))
    source = unchecked(source[source.index("def ") :].rstrip())
    for word in names_in(source):
        thing = function.__globals__.get(word)
        if word in lines or word in function.__code__.co_varnames:  # known, or its own
            continue
        if isinstance(thing, Activation | VectorActivation):
            if f"{word}.function" in source:  # value and slope
                gather(thing.function, lines)
            else:  # the value alone
                gather(thing.function, lines, f"{word}_and_slope")
                value = f"def {word}(x):\n    return {word}_and_slope(x)[0]"
                lines[word] = value
        elif inspect.isfunction(thing):
            gather(thing, lines)
        elif isinstance(thing, tuple | float):
            constant = textwrap.fill(f"{word} = {thing!r}", 72, subsequent_indent="    ")
            lines[word] = constant
    own = function.__name__
    name = name or own
    lines[name] = source.replace(f"def {own}(", f"def {name}(", 1).replace(".function(", "(")


def unchecked(source):
    """A function's lines without the checks of its options, which are the book's own."""
    source = re.sub(r"\n +_arguments\.\w+\([^\n]*\)(?=\n)", "", source)
    source = re.sub(r'_arguments\.\w+\("\w+", (\w+)\)', r"\1", source)
    return re.sub(r"\n +(\w+(?:, \w+)*) = \1(?=\n)", "", source)  # what is left of them


def names_in(source):
    """The names that a piece of code uses, in their order."""
    nodes = ast.walk(ast.parse(source))
    return dict.fromkeys(node.id for node in nodes if isinstance(node, ast.Name))


def cost(name):
    """What a function costs beside ReLU, where it was measured."""
    with open(COSTS, encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = {(row["what"], row["function"]): float(row["value"]) for row in rows}
    said = [
        f"{number(times[what, name] / times[what, 'relu'], '.1f')} times {words}"
        for what, words in TIMED.items()
        if (what, name) in times and name != "relu"
    ]
    return said and (
        f"In ReLU's times: {', '.join(said)} ([chapter 14]"
        "(../../chapters/14-what-do-todays-models-use.ipynb#what-it-costs)). *(Measured here: "
        f"`results/costs`, one thread, {rows[0]['machine']}.)*"
    )


def one(name, f, words):
    """The page of one function, as Markdown."""
    said = words.get(name, {})
    also = ", ".join(f"`{alias}`" for alias in f.aliases)
    parts = [
        f"# {f.title}",
        f"`{name}`{', also ' + also if also else ''}. [All functions](index.md).",
    ]
    if "gist" in said:
        parts.append(said["gist"])
    if name in ACTIVATIONS:
        parts += [graph(f), "## In numbers", table(["what", "it is"], properties(f))]
    else:
        parts += ["## Formula", f"$${f.formula}$$"]
    rows = list(names(name))
    if rows:
        versions = ", ".join(f"{k} {VERSIONS[k]}" for k in sorted({row[0] for row in rows}))
        parts += ["## Names and defaults", table(["framework", "name", "defaults"], rows),
                  f"As these versions have it: {versions}."]  # fmt: skip
    gives = "value and slope come" if name in ACTIVATIONS else "the value comes"
    parts += [
        "## Stable code",
        f"The book's own, with all that it needs: an array of floats goes in, {gives} out.",
        f"```python\n{code(f.function)}\n```",
    ]
    if name in ACTIVATIONS:
        parts += ["## How right the frameworks are", rightness.of_function(name)]
        if f.kinks and list(choices(name)):
            said = "At a kink any slope between the two sides is right"
            parts.append(f"{said}: {'; '.join(choices(name))}.")
        parts.append(rightness.download(name))
    if cost(name):
        parts += ["## What it costs", cost(name)]
    history = " ".join(filter(None, [origin(f), used(name)]))
    if history:
        parts += ["## Where it comes from, and where it is used", history]
    for key, heading in (
        ("wrong", "What people get wrong"),
        ("instead", "What to take instead, and when"),
    ):
        if key in said:
            parts += [f"## {heading}", said[key]]
    return "\n\n".join(parts) + "\n"


def spark(f):
    """The function's graph from −4 to 4 as a small picture in the text's colour."""
    x = np.linspace(-4, 4, 65)
    y = np.clip(f(x), -9, 9)  # beyond the picture's edge
    points = " ".join(
        f"{6 * (a + 4):.1f},{28 - 6 * (b + 1.6):.1f}" for a, b in zip(x, y, strict=True)
    )
    return (
        '<svg class="spark" viewBox="0 0 48 30" role="img" '
        f'aria-label="The graph of {f.title} from −4 to 4">'
        '<path class="axis" d="M0 18.4H48M24 0V30"/>'
        f'<polyline points="{points}"/></svg>'
    )


def gallery():
    """One picture of all: every graph in its family's colour, and a link to its page."""
    items = [
        f'<li style="--c: var(--c-{f.family})"><a href="{name}.html">{spark(f)}{f.title}</a></li>'
        for name, f in ACTIVATIONS.items()
    ]
    return f'<ul class="gallery">{"".join(items)}</ul>'


def front(words):
    """The guide's front: one picture of all, and one table to sort and filter."""
    rows = []
    for name, f in ACTIVATIONS.items():
        kinks = ", ".join(map(number, f.kinks)) or "none"
        rows.append([
            f"[{f.title}]({name}.md)", f.family, " to ".join(map(ending, f.range)), kinks,
            f"{gain(f):.3f}", "yes" if name in CORE else "no",
        ])  # fmt: skip
    vectors = ", ".join(f"[{f.title}]({name}.md)" for name, f in VECTOR_ACTIVATIONS.items())
    head = ["function", "family", "range", "kinks at", "gain", "in chapters"]
    return (
        "# Field guide\n\n"
        f"Every activation function that this book knows, {len(ACTIVATIONS)} of one number and "
        f"{len(VECTOR_ACTIVATIONS)} of several, each on a page of its own with its graph, slope, "
        "gains, names in the frameworks and code. The addresses stay.\n\n"
        f"{gallery()}\n\n"
        '<div class="bends-table" role="region" aria-label="All functions" tabindex="0">\n\n'
        f"{table(head, rows)}\n\n</div>\n\n"
        f"Functions of several numbers at once: {vectors}.\n"
    )


def pages():
    """All pages by file name."""
    words = yaml.safe_load(WORDS.read_text(encoding="utf8"))
    both = {**ACTIVATIONS, **VECTOR_ACTIVATIONS}
    unknown = set(words) - set(both)
    if unknown:
        raise ValueError(f"{WORDS.name} names {', '.join(sorted(unknown))}, which is no function")
    made = {f"{name}.md": one(name, f, words) for name, f in both.items()}
    return {"index.md": front(words), **made}


def state():
    """What the pages were made from, and the pages as they stand."""
    total = hashlib.sha256(freshness.digest(freshness.HOUSE).encode())
    for path in sorted(FOLDER.glob("*.md")):
        total.update(f"{path.name}\0".encode() + path.read_bytes())
    return total.hexdigest()


def write(app=None, config=None):
    """Write the pages that changed, if the book has them; forget those of functions gone."""
    if app and FOLDER.relative_to(ROOT).as_posix() not in (ROOT / "_toc.yml").read_text("utf8"):
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    mark = FOLDER / "state"
    if mark.exists() and mark.read_text("utf8") == state():
        return
    made = pages()
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for file, text in made.items():
        path = FOLDER / file
        if not path.exists() or path.read_text(encoding="utf8") != text:
            path.write_text(text, encoding="utf8")
    mark.write_text(state(), "utf8")


def setup(app):
    app.connect("config-inited", write, priority=1)  # before the table of contents is read
