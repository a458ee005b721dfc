"""Tables of the book, made from the catalogue: on the page they sort and filter.

A table is Markdown with TeX, so that the page, Jupyter and a reader without scripts have the same.
`_static/table.js` finds it on the page by the class of the element around it.
"""

import math
import re

from IPython.display import Markdown, display

from ._arguments import face
from .activations import CORE
from .choose import ANSWERS
from .frameworks import FRAMEWORKS
from .look import number


def show_table(label, columns, rows):
    """Show rows as a table.

    Parameters
    ----------
    label : str
        What the table is, for readers who do not see it.
    columns : sequence of str
        Headings. A column of numbers is sorted as numbers, by the first one in each cell.
    rows : iterable of sequences of str
        Markdown, one text for each column.
    """
    text = _markdown(columns, rows)
    if face() == "text":
        print(text)
    else:
        start = f'<div class="bends-table" role="region" aria-label="{label}" tabindex="0">'
        display(Markdown(f"{start}\n\n{text}\n\n</div>"))


def show_plain(columns, rows, title=None):
    """Show rows as a table that neither sorts nor filters: few rows, whose texts may wrap. A title
    stands above it, where several tables follow one another."""
    text = (f"**{title}**\n\n" if title else "") + _markdown(columns, rows)
    print(text) if face() == "text" else display(Markdown(text))


def show_folded(title, text):
    """Show the Markdown of another file, folded under one line; its headings become bold lines."""
    if face() == "text":
        print(title)
        return
    text = re.sub(r"^#+ (.+)$", r"**\1**", text, flags=re.M)
    key = f"<kbd>{title}</kbd>"  # so that it looks like something to press, in Jupyter too
    display(Markdown(f"<details>\n<summary>{key}</summary>\n\n{text}\n\n</details>"))


def _markdown(columns, rows):
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def show_functions():
    """Every function of the book's chapters: formulas, range, both ends, kinks, parameters."""
    columns = ["function", "family", "f(x)", "lowest", "highest", "far left", "far right",
               "kinks at", "parameter", "slope"]  # fmt: skip
    show_table("All functions of the catalogue", columns, map(_facts, CORE.values()))


def _facts(f):
    parameters = ", ".join(f"`{name}` {number(value)}" for name, value in f.parameters.items())
    return [
        f"{f.title}<br>`{f.name}`",
        f.family,
        tex(f.formula),
        *map(ending, (*f.range, *f.limits)),
        ", ".join(map(number, f.kinks)) or "none",
        parameters or "none",
        tex(f.derivative_formula),
    ]


def show_names():
    """What each framework calls each function, with what has to be passed to get it."""
    frameworks = ["PyTorch", "Keras", "JAX", "ONNX"]
    rows = (
        [f.title, *(call(f.name, framework) for framework in frameworks),
         ", ".join(f"`{alias}`" for alias in f.aliases) or "–", paper(f.origin)]
        for f in CORE.values()
    )  # fmt: skip
    columns = ["function", *frameworks, "also called", "paper"]
    show_table("Names of the functions in four frameworks", columns, rows)


def show_slopes_at_kinks():
    """The slope that frameworks give exactly at each kink, beside that of this book."""
    frameworks = ["PyTorch", "JAX"]
    rows = (
        [f.title, number(x), *(slope_at(f.name, framework, x) for framework in frameworks),
         number(f.derivative(x), ".4g")]
        for f in CORE.values()
        if FRAMEWORKS[f.name]
        for x in f.kinks
    )  # fmt: skip
    show_plain(["function", "kink at", *frameworks, "this book"], rows)


def show_answers():
    """For each kind of answer: output function and loss."""
    rows = (
        [f"**{a['title']}**: {a['example']}", f"{a['output']} ({a['units']})", a["loss"]]
        for a in ANSWERS.values()
    )
    show_plain(["what you ask for", "output function (numbers at the end)", "loss"], rows)


def show_reasons():
    """For each kind of answer: why it ends so."""
    show_plain(["what you ask for", "why"], ([a["title"], a["why"]] for a in ANSWERS.values()))


def show_losses():
    """For each kind of answer: the loss as code, framework by framework; kinds that share a loss
    stand together."""
    texts = []
    for framework in ("PyTorch", "Keras", "JAX"):
        kinds = {}
        for answer in ANSWERS.values():
            loss = answer["code"][framework]["loss"].removeprefix("loss = ")
            kinds.setdefault(loss, []).append(answer["title"])
        lines = [f"# {'; '.join(titles)}\n{loss}" for loss, titles in kinds.items()]
        texts.append(f"**{framework}**\n\n```python\n" + "\n".join(lines) + "\n```")
    text = "\n\n".join(texts)
    print(text) if face() == "text" else display(Markdown(text))


def tex(formula):
    """A formula between dollars; the bar that would end a table's cell is written by name.

    What a formula explains behind it ("u = …") has a line of its own.
    """
    text = formula.replace("|", r"\vert ").replace(r", \quad ", "$,<br>$")
    return f"${text}$"


def ending(value):
    """A limit for a reader: ∞ or −∞, or a dash where the function never settles."""
    return "–" if math.isnan(value) else number(value, ".3g")


def call(name, framework):
    """How a framework is asked for a function, as code."""
    entry = FRAMEWORKS[name].get(framework)
    if entry is None:
        return "–"
    options = ", ".join(f"{k}={_short(v)}" for k, v in entry.get("pass", {}).items())
    return f"`{entry['names'][0]['name']}{f'({options})' if options else ''}`"


def slope_at(name, framework, x):
    """The slope that a framework takes at the kink x."""
    slopes = FRAMEWORKS[name].get(framework, {}).get("slope_at_kinks")
    return number(slopes[f"{x:g}"], ".4g") if slopes else "–"


def paper(origin):
    """A key of `references.bib` in words: he2015 is He 2015."""
    return re.sub(r"(\D+)(\d+)", r"\1 \2", origin).capitalize() if origin else "–"


def _short(value):
    return f"{value:.4g}" if isinstance(value, float) else repr(value)
