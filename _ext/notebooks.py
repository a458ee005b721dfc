"""Run the chapters and store what they print: `python _ext/notebooks.py [notebook ...]`.

Every notebook is run from nothing, in its own folder, and rewritten with its text outputs and
execution counts alone, so that a second run changes no byte. A cell that raises or hangs, and a
notebook that breaks a rule of `notebook_rules`, is named with its cure.
"""

import asyncio
import os
import sys
from pathlib import Path

import nbformat
from kernels import Client
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from notebook_rules import BEGIN, METADATA, UNSHOWN, VARIES, faults

ROOT = Path(__file__).resolve().parent.parent
CELL_SECONDS = 120
AT_ONCE = 2  # notebooks; each has a process of its own
PICTURES = {"image/png", "image/jpeg"}  # what nbval does not compare


class NotebookError(Exception):
    """A cell that cannot be run or stored: which one, why, and the cure."""


async def run(notebook, path, cell_seconds=CELL_SECONDS, settings=None, go_on=False):
    """Run all cells of `notebook` in the folder of `path`, in place, with the face "text".

    `settings` go into the kernel's environment; None takes a variable out of it. Told to `go_on`,
    it runs the cells after one that raises, too.

    Raises
    ------
    NotebookError
        At the first cell that raises, stops the kernel or takes longer than `cell_seconds`.
    """
    client = Client(
        notebook,
        kernel_name=METADATA["kernelspec"]["name"],
        resources={"metadata": {"path": str(path.parent)}},
        timeout=cell_seconds,
        allow_errors=go_on,
        coalesce_streams=True,
    )
    ours = {"BENDS_FACE": "text", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "src")}
    env = {**os.environ, **ours, **(settings or {})}
    env = {name: value for name, value in env.items() if value is not None}
    async with client.async_setup_kernel(env=env):
        for index, cell in enumerate(notebook.cells):
            try:
                await client.async_execute_cell(cell, index)
            except CellExecutionError as error:
                why = f"raises {error.ename}: {error.evalue}"
                cure = "Open it in JupyterLab, restart and run all, mend the cell."
            except CellTimeoutError:
                why = f"runs longer than {cell_seconds} s"
                cure = "Make its work smaller, or compute it once in results/ and read the table."
            except DeadKernelError:
                why = "stops the kernel"
                cure = "It may want more memory than there is: make its work smaller."
            else:
                continue
            raise NotebookError(f"{path}, cell {index + 1} ({cell.get('id')}) {why}\n{cure}")


def normalize(notebook):
    """Keep what is the same after every run: sources, tags, text outputs and counts."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    tell_how_to_begin(notebook)
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        # Folded in Jupyter: the answers stand in the source.
        if cell.cell_type == "code" and UNSHOWN & set(tags):
            cell.metadata["jupyter"] = {"source_hidden": True}
        if cell.cell_type == "code":
            cell.outputs = [] if VARIES in tags else [_text_only(o) for o in cell.outputs]
    return notebook


def tell_how_to_begin(notebook):
    """Let the cell under the title say what it says in every notebook."""
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") != "alone"]
    begin = nbformat.v4.new_markdown_cell(BEGIN, id="alone", metadata={"tags": ["remove-cell"]})
    notebook.cells.insert(1, begin)


def _text_only(output):
    if "data" in output:
        output.data = {k: v for k, v in output.data.items() if k not in PICTURES}
        output.metadata = {}
    return output


async def remake(path, cell_seconds=CELL_SECONDS):
    """Run one notebook and write it back, normalised; give the faults that are left in it."""
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    await run(notebook, path, cell_seconds)
    after = nbformat.writes(normalize(notebook)) + "\n"
    if after != before:
        path.write_text(after, encoding="utf-8", newline="\n")
    print(f"{path}: {'written' if after != before else 'unchanged'}", flush=True)
    return [f"{path}, {fault}" for fault in faults(notebook)]


async def main(paths):
    """Remake all notebooks, some at once; print every fault. Gives the exit status."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(path):
        async with places:
            try:
                return await remake(path)
            except NotebookError as error:
                return [str(error)]
            except (OSError, nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
                return [f"{path} is no notebook: {error}"]

    found = [fault for of_one in await asyncio.gather(*map(one, paths)) for fault in of_one]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    chosen = [Path(name) for name in sys.argv[1:]]
    sys.exit(asyncio.run(main(chosen or sorted((ROOT / "chapters").glob("*.ipynb")))))
