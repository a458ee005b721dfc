"""What imports what: the library, in one direction."""

import ast
import re

from conftest import ROOT

SOURCE = ROOT / "src" / "bends"
# From the ground up: a module imports from those before it alone.
ORDER = [
    "_arguments", "stable", "normal", "catalogue", "further", "activations",
    "initializers", "losses", "optimizers", "network", "training", "datasets",
    "signals", "diagnosis", "regions", "meanfield", "residual",
    "digests", "storage", "stacks", "grids", "runs", "distributions", "comparisons",
    "frameworks", "exact", "vectors.asking", "vectors", "vectors.__main__",
    "choose", "choose.face", "look", "figures", "tables",
    "check.answers", "check.faults", "check.exercises", "check.questions", "check",
    "explore.tracing", "explore.svg", "explore.stage", "explore.controls", "explore.explorer",
    "explore.differences", "explore.baking", "explore.page", "explore.live", "explore", "",
]  # fmt: skip


def imports(tree, package):
    """The full names of what a module of a package imports, relative ones made absolute."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{base}.{name.name}" for name in node.names)


def modules():
    """Each module's name below `bends`, and the names below `bends` of what it imports from it."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = [*path.relative_to(SOURCE.parent).with_suffix("").parts]
        package = parts[:-1]
        name = ".".join(package[1:] if parts[-1] == "__init__" else parts[1:])
        tree = ast.parse(path.read_text(encoding="utf8"))
        yield name, [full for full in imports(tree, package) if re.match(r"bends\b", full)]


def module_of(full):
    """The module that an imported name stands in: the longest beginning that is one."""
    parts = full.split(".")[1:]
    names = (".".join(parts[:n]) for n in range(len(parts), -1, -1))
    return next(name for name in names if name in ORDER)


def test_every_module_has_its_place():
    assert sorted(ORDER) == sorted(name for name, _ in modules())


def test_nothing_is_imported_from_above():
    upward = [
        f"{name} imports {full}"
        for name, found in modules()
        for full in found
        if ORDER.index(module_of(full)) >= ORDER.index(name)
    ]
    assert not upward
