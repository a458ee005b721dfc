"""What imports what in the library: read from its code, drawn for whoever changes it."""

import ast
import re
from html import escape
from pathlib import Path

from graphs import WIDTH, direct, drawn

SOURCE = Path(__file__).resolve().parent.parent / "src" / "bends"
# From the ground up: a module imports from those before it alone; a test holds the code to it.
ORDER = [
    "_arguments", "stable", "normal", "catalogue", "further", "activations",
    "initializers", "losses", "optimizers", "network", "training", "datasets",
    "signals", "verdicts", "diagnosis", "regions", "meanfield", "residual",
    "digests", "storage", "stacks", "grids", "runs", "distributions", "comparisons",
    "frameworks", "exact", "vectors.asking", "vectors", "vectors.__main__",
    "choose", "choose.face", "look", "figures", "tables",
    "check.answers", "check.faults", "check.exercises", "check.questions", "check",
    "explore.tracing", "explore.svg", "explore.stage", "explore.controls", "explore.explorer",
    "explore.differences", "explore.baking", "explore.page", "explore.live", "explore", "",
]  # fmt: skip
EVERYWHERE = "_arguments"  # the checks of arguments: so many import it that lines would say little


def imported(tree, package):
    """The full names of what a module of a package imports, relative ones made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{name.name}" for name in node.names)


def modules():
    """Each module's name below `bends`, and the full names of what it imports from `bends`."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = [*path.relative_to(SOURCE.parent).with_suffix("").parts]
        package = parts[:-1]
        name = ".".join(package[1:] if parts[-1] == "__init__" else parts[1:])
        tree = ast.parse(path.read_text(encoding="utf8"))
        yield name, [full for full in imported(tree, package) if re.match(r"bends\b", full)]


def module_of(full):
    """The module that an imported name stands in: the longest beginning that is one."""
    parts = full.split(".")[1:]
    names = (".".join(parts[:n]) for n in range(len(parts), -1, -1))
    return next(name for name in names if name in ORDER)


def needs():
    """`{module: modules that it imports}` from the ground up, a package being one module.

    Without `bends` itself, which only collects names.
    """
    outer = {name: name.split(".")[0] for name in ORDER}
    found = {name: set() for name in outer.values() if name}
    for name, names in modules():
        if name:
            found[outer[name]] |= {outer[module_of(full)] for full in names} - {outer[name]}
    return found


def listed(names):
    """Names as they stand in a sentence."""
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else last


def graph():
    """The modules in a drawing, each below those that it imports, as HTML."""
    found = needs()
    checked = sum(EVERYWHERE in names for names in found.values())
    arrows = direct({name: found[name] - {EVERYWHERE} for name in found if name != EVERYWHERE})
    joined = {name for name in arrows if arrows[name] or any(name in n for n in arrows.values())}
    alone = [name for name in arrows if name not in joined]
    arrows = {name: arrows[name] for name in arrows if name in joined}
    size = {name: 10 * len(name) + 22 for name in arrows}
    place, height, paths = drawn(arrows, size)
    labels = "".join(
        f'<rect x="{x - size[name] / 2 + 4:.0f}" y="{y - 15:.0f}" width="{size[name] - 8}" '
        f'height="30" rx="6"/><text x="{x:.0f}" y="{y + 6:.0f}">{name}</text>'
        for name, (x, y) in place.items()
    )
    said = "; ".join(f"{name} on {listed(on)}" for name, on in arrows.items() if on)
    label = escape(f"All lines lead down, none leads up. What builds on what: {said}.")
    return (
        f'<figure class="needs modules"><svg viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{label}">{paths}{labels}</svg><figcaption>A line leads down from a module to '
        "one that imports it; no line leads up. What follows from other lines is left out, and so "
        f"is <code>{EVERYWHERE}</code>, the checks of arguments, which {checked} modules import. "
        f"Without a line: {listed(alone)}.</figcaption></figure>"
    )
