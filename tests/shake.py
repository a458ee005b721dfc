"""Which printed digits do not hold? `python tests/shake.py [notebook ...] [--shakes 5] [--all]`.

Runs notebooks with the text face under other arithmetics, each in a process of its own, and
compares strictly with what they store. A *shake* moves every drawn number and every first weight
by one unit in the last place (`shaking.py`): it reaches processors that are not here. `--all` adds
what this processor can do besides: OpenBLAS' other kernels, and NumPy without each group of its
own dispatch list. A cell that differs is named with its digits, and the exit status is 1.
"""

import argparse
import asyncio
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from numpy._core import _multiarray_umath as umath

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "_ext"), str(ROOT / "src")]

import notebooks  # noqa: E402
from notebook_rules import VARIES, tags  # noqa: E402

BLAS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "SkylakeX")
NUMBER = re.compile(r"\d[\d,]*\.?\d*(?:e[+-]?\d+)?|\.\d+")


class Arithmetic(NamedTuple):
    """How a kernel calculates: OpenBLAS' kernels, NumPy's groups that are off, which shake."""

    name: str
    blas: str = ""
    off: tuple = ()
    shake: int = 0

    def settings(self):
        """The kernel's environment; None takes a variable away."""
        return {
            "OPENBLAS_CORETYPE": self.blas or None,
            "NPY_DISABLE_CPU_FEATURES": " ".join(self.off) or None,
        }

    def code(self):
        """What the kernel runs before the first cell."""
        # OpenBLAS calls its oldest kernels by another name.
        blas = {"Prescott": "Katmai"}.get(self.blas, self.blas)
        lines = [
            f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r})",
            f"import shaking; shaking.confirm({blas!r}, {self.off!r})",
            f"shaking.shake({self.shake})" if self.shake else "",
            "del sys, shaking",
        ]
        return "\n".join(lines)


def shakes(count):
    """The first `count` shakes."""
    return [Arithmetic(f"shake {number}", shake=number) for number in range(1, count + 1)]


def arithmetics():
    """What this processor can do: as it is, each BLAS, NumPy without each group and those above."""
    groups = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    found = [Arithmetic("native")]
    found += [Arithmetic(f"OpenBLAS {blas}", blas=blas) for blas in BLAS]
    for place, name in enumerate(groups):
        found.append(Arithmetic(f"NumPy without {name}", off=tuple(groups[place:])))
    return [one for one in found if not one.blas or can(one)]


def can(arithmetic):
    """Whether this processor has it: tried in a process that may fall."""
    settings = {k: v for k, v in arithmetic.settings().items() if v}
    done = subprocess.run(
        [sys.executable, "-c", arithmetic.code()],
        env={**os.environ, **settings},
        capture_output=True,
    )
    return done.returncode == 0


def texts(cell):
    """All that a cell printed or showed, as text."""
    outputs = [o.get("text", o.get("data", {}).get("text/plain", "")) for o in cell.outputs]
    return "\n".join(outputs)


def digits(stored, found):
    """Each line that changed, with the numbers in it that did: words for a person."""
    for before, after in itertools.zip_longest(stored.splitlines(), found.splitlines()):
        if before == after:
            continue
        pairs = zip(NUMBER.findall(before or ""), NUMBER.findall(after or ""), strict=False)
        changed = ", ".join(f"{a} → {b}" for a, b in pairs if a != b)
        yield f"{changed or f'now {after!r}'}   in: {(before or '').strip()[:90]!r}"


async def rerun(notebook, path, arithmetic):
    """Run a notebook so, in place."""
    first = nbformat.v4.new_code_cell(arithmetic.code(), id="arithmetic")
    notebook.cells.insert(0, first)
    await notebooks.run(notebook, path, settings=arithmetic.settings())
    notebook.cells.remove(first)


def differences(stored, fresh, apart=()):
    """`(cell's number, its id, what changed)` of each cell that prints other text."""
    found = []
    for number, (old, new) in enumerate(zip(stored.cells, fresh.cells, strict=True), 1):
        compared = old.cell_type == "code" and VARIES not in tags(old) and old.id not in apart
        if compared and texts(old) != texts(new):
            found.append((number, old.id, list(digits(texts(old), texts(new)))))
    return found


async def main(paths, chosen, at_once):
    """Shake all; print each difference and a table. Gives the exit status."""
    places = asyncio.Semaphore(at_once)
    table = {}

    async def one(path, arithmetic):
        async with places:
            stored, fresh = (nbformat.read(path, as_version=4) for _ in range(2))
            try:
                await rerun(fresh, path, arithmetic)
                found = differences(stored, fresh)
            except (notebooks.NotebookError, RuntimeError) as error:  # or its kernel did not start
                found = [(0, "", [str(error)])]
        table[path, arithmetic.name] = len(found)
        if not found:
            print(f"{path.name}, {arithmetic.name}: holds", flush=True)
        for number, name, lines in found:
            print(f"{path.name}, cell {number} ({name}), {arithmetic.name}:")
            print("".join(f"    {line}\n" for line in lines), end="", flush=True)

    await asyncio.gather(*(one(path, arithmetic) for path in paths for arithmetic in chosen))
    print("\nCells that differ | " + " | ".join(path.name[:2] for path in paths))
    for arithmetic in chosen:
        counts = [table[path, arithmetic.name] for path in paths]
        print(f"{arithmetic.name} | " + " | ".join(str(count or "·") for count in counts))
    return 1 if any(table.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--shakes", type=int, default=5, help="how many (5)")
    parser.add_argument("--all", action="store_true", help="all arithmetics that are here, too")
    parser.add_argument("--at-once", type=int, default=1, help="kernels side by side (1)")
    given = parser.parse_args()
    paths = [p.resolve() for p in given.notebooks] or sorted((ROOT / "chapters").glob("*.ipynb"))
    chosen = (arithmetics() if given.all else []) + shakes(given.shakes)
    sys.exit(asyncio.run(main(paths, chosen, given.at_once)))
