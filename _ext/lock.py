"""One build at a time in one clone: the second waits for the first."""

import contextlib
import os

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HELD = "BENDS_BUILD_LOCK"  # set for the programs that a build itself starts


@contextlib.contextmanager
def alone(folder):
    """Hold the folder's lock; wait where another process holds it, and say so.

    The system frees it when its process ends, however it ends.
    """
    if fcntl is None or HELD in os.environ:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another build is going on in this folder: waiting for its end.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        os.environ[HELD] = "1"
        try:
            yield
        finally:
            del os.environ[HELD]
