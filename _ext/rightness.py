"""How right the frameworks are, as tables; and the test vectors as files of the site.

Everything derives from `results/vectors/errors.csv` and from the files that come with `bends`.
"""

import csv
import shutil
from functools import cache
from pathlib import Path

import archives

from bends import ACTIVATIONS
from bends.look import number
from bends.vectors import BOUND, FOLDER, TYPES
from bends.vectors.__main__ import amount

ROOT = Path(__file__).resolve().parent.parent
ERRORS = ROOT / "results" / "vectors" / "errors.csv"
TITLES = {"torch": "PyTorch", "jax": "JAX", "keras": "Keras", "onnxruntime": "ONNX Runtime"}
ARCHIVE = "bends-test-vectors.zip"


@cache
def errors():
    """The rows of the results."""
    with open(ERRORS, encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def versions():
    """The frameworks with their versions, as one text."""
    return ", ".join(dict.fromkeys(row["version"] for row in errors()))


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def error(units, number_type, x):
    """A worst error for a reader, with the input that gives it."""
    if not units:
        return "0"
    said = amount(units, number_type)
    return f"{short(units) if said[0].isdigit() else said} at {place(x)}"


def short(units):
    """A number of units in a few letters: 8 million is 8 · 10⁶."""
    if units < 1e3:
        return number(units, ".3g")
    head, power = f"{units:.0e}".split("e+")
    return f"{head} · 10{power.lstrip('0').translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def place(x):
    return number(float.fromhex(x), ".5g") if x != "nan" else x


def special(row):
    """The special cases of a row, each with its first x."""
    return [part.split(" at ") for part in row["special"].split("; ") if " at " in part]


def of_function(name):
    """What each framework gets right and wrong of one function: a table, and a list."""
    rows = [row for row in errors() if row["function"] == name]
    if not rows:
        return "None of the frameworks that were asked has it."
    told = {}  # lines of a table, and the frameworks of which they are said
    for package, title in TITLES.items():
        cells = {}  # what is said of a type, and the types of which it is said
        for number_type in TYPES:
            found = [r for r in rows if (r["package"], r["type"]) == (package, number_type)]
            found = {row["what"]: row for row in found}
            if found:
                said = tuple(cell(found.get(what), found) for what in ("value", "slope"))
                cells.setdefault(said, []).append(number_type)
        lines = tuple((", ".join(types), *said) for said, types in cells.items())
        if lines:
            told.setdefault(lines, []).append(title)
    lines = [[", ".join(titles), *line] for lines, titles in told.items() for line in lines]
    head = ["framework", "type", "value: worst error", "slope: worst error"]
    intro = (
        "Errors in units in the last place, each with the input that gives it; 0 means the nearest "
        "number that the type has, at every input of the "
        f"[test vectors](../test-vectors.md). {worst_of_one(rows)} *(Measured here: "
        f"`results/vectors`, with {versions()}, on {machine()}.)*"
    )
    return "\n\n".join([intro, table(head, lines), *wrong(rows)])


def worst_of_one(rows):
    """The worst error that training feels, as a sentence; none if it is less than a rounding."""
    row = max((row for row in rows if row["what"]), key=lambda row: float(row["absolute"]))
    units = float(row["absolute"])
    if units < 0.5:
        return ""
    where = f"{TITLES[row['package']]}, {row['type']}, {row['what']}"
    return (
        "Counted in units no smaller than that of 1, which is what training feels, the worst is "
        f"{short(units)} at {place(row['absolute_x'])} ({where})."
    )


def cell(row, found):
    """What stands for a value or a slope."""
    if row is None:
        return "not taken" if "" in found else "none"
    return error(float(row["relative"]), row["type"], row["x"])


def wrong(rows):
    """The special cases of a function as a list, if it has any."""
    cases = {}
    for row in rows:
        for case, x in special(row):
            cases.setdefault((row["what"], case), {}).setdefault(TITLES[row["package"]], []).append(
                x
            )
    lines = []
    for (what, case), frameworks in cases.items():
        everywhere = {place(x) for places in frameworks.values() for x in places}
        at = f", at {everywhere.pop()}" if len(everywhere) == 1 else ""
        lines.append(f"- {what}, {case}{at}: {', '.join(frameworks)}")
    return ["Counted apart:\n\n" + "\n".join(lines)] if lines else []


def machine():
    return " and ".join(sorted({row["machine"] for row in errors()}))


def download(name):
    """The link to a function's file, which lies beside its page."""
    return (
        f'<a href="{name}.txt" download>Test vectors of {ACTIVATIONS[name].title}</a> for '
        "implementers: inputs, values and slopes in four types."
    )


# The page of the test vectors ---------------------------------------------------------------------


def summary():
    """How many functions of each framework are right, by type."""
    rows = []
    for package, title in TITLES.items():
        for number_type in TYPES:
            of = [r for r in errors() if (r["package"], r["type"]) == (package, number_type)]
            of = [row for row in of if row["what"]]  # without types that are not taken
            asked = {row["function"] for row in of}
            if asked:
                wrong = [
                    {row["function"] for row in of if float(row["relative"]) > BOUND},
                    {row["function"] for row in of if float(row["absolute"]) > BOUND},
                    {row["function"] for row in of if row["special"]},
                ]
                right = [f"{len(asked - names)} of {len(asked)}" for names in wrong]
                rows.append([title, number_type, *right])
    within = [f"within {BOUND} {what}" for what in ("units", "units of 1")]
    head = ["framework", "type", *within, "special cases"]
    measured = f"*(Measured here: `results/vectors`, with {versions()}, on {machine()}.)*"
    return f"{table(head, rows)}\n\n{measured}"


def special_cases():
    """Which functions go wrong in which special case, by framework."""
    found = {}
    for row in errors():
        for case, _ in special(row):
            names = found.setdefault(case, {}).setdefault(row["package"], {})
            names[row["function"]] = True
    rows = []
    for case, packages in sorted(found.items(), key=lambda pair: -len(pair[1])):
        cells = [
            ", ".join(f"[{name}](functions/{name}.md)" for name in packages.get(package, ())) or "–"
            for package in TITLES
        ]
        rows.append([case, *cells])
    return table(["what is given", *TITLES.values()], rows)


def sample():
    """The first lines of one file, and a few of its rows."""
    lines = (FOLDER / "leaky_relu.txt").read_text(encoding="utf8").splitlines()
    head = [line for line in lines if line.startswith("#")]
    rows = [line for line in lines if line.startswith("float32 ") and line.split()[1] in SHOWN]
    return "\n".join(["```text", *head, "…", *rows, "…", "```"])


SHOWN = ("-inf", "-0x1p-149", "-0x0p+0", "0x0p+0", "0x1.8p+1", "-0x1.8p+1", "nan")


def files(app, exception):
    """Put the files beside the pages of their functions, and all of them into one archive."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    (site / "back" / "functions").mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.txt"):
        shutil.copyfile(path, site / "back" / "functions" / path.name)
    archives.pack(site / ARCHIVE, FOLDER, FOLDER.glob("*.txt"))


def setup(app):
    app.connect("build-finished", files, priority=800)  # before the archive of the whole book
