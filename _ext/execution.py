"""Notebooks run side by side before Sphinx reads the first, into the cache that it reads from.

Left alone, each notebook would run when its page is read: one after another, on one core. Here
those that the cache does not have run at once, one kernel a core, and every one that fails is
named before the build stops.
"""

import asyncio
import functools
import os
from pathlib import Path

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from jupyter_cache.utils import Timer
from kernels import Client
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from sphinx.errors import ExtensionError
from sphinx.util import logging

log = logging.getLogger(__name__)
# The cache's key is the code and its tags. By itself it takes in the kernel's full name and each
# cell's state on the screen, which a front end rewrites when a reader opens a notebook.
JupyterCacheBase.create_hashed_notebook = functools.partialmethod(
    JupyterCacheBase.create_hashed_notebook, nb_metadata=(), cell_metadata=("tags",)
)


def missing(cache, paths):
    """`(path, notebook)` of each notebook whose code cells the cache has not seen."""
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            yield path, notebook


async def run_all(cache, notebooks, cell_seconds):
    """Run notebooks, one a core, each in its own folder; store them. List what went wrong."""
    places = asyncio.Semaphore(os.cpu_count() or 1)
    wrong = []

    async def one(path, notebook):
        client = Client(
            notebook,
            timeout=cell_seconds,
            coalesce_streams=True,  # what one cell prints may come in pieces
            record_timing=False,  # else times stand in the cells, and the cache never matches
            resources={"metadata": {"path": str(path.parent)}},
        )
        async with places:
            log.info("%s: executing", path.name)
            timer = Timer()
            try:
                with timer:
                    await client.async_execute()
            except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
                wrong.append(f"{path}: {type(error).__name__}\n{error}")
                return
        seconds = timer.last_split
        bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        log.info("%s: executed in %.1f s", path.name, seconds)

    await asyncio.gather(*(one(path, notebook) for path, notebook in notebooks))
    return wrong


def execute(app, env, docnames):
    """Fill the cache for the pages that are about to be read."""
    if app.config.nb_execution_mode != "cache":
        return
    # The last chapters train the most: begun first, they do not end alone.
    paths = [Path(env.doc2path(name)) for name in sorted(docnames, reverse=True)]
    cache = get_cache(app.config.nb_execution_cache_path)
    notebooks = list(missing(cache, [path for path in paths if path.suffix == ".ipynb"]))
    if wrong := asyncio.run(run_all(cache, notebooks, app.config.nb_execution_timeout)):
        raise ExtensionError("These notebooks cannot be executed.\n\n" + "\n\n".join(wrong))


def setup(app):
    app.connect("env-before-read-docs", execute)
