"""What a shaken kernel runs before a notebook's first cell; the book knows nothing of it.

Rounding differs between processors, and training magnifies it. `shake` does to a notebook what
another processor would, and a little more: every number that NumPy's generators draw, and every
weight that a network starts with, moves by one unit in its last place. Up or down is a hash of the
number itself, so that equal seeds still give equal numbers, alone or in a stack.
"""

import functools
import threading

import numpy as np

# Methods that draw no new number: they count, or hand on what they were given.
HANDED_ON = {"bit_generator", "bytes", "choice", "integers", "permutation", "permuted", "shuffle"}
HANDED_ON |= {"get_state", "rand_int", "randint", "random_integers", "seed", "set_state", "spawn"}
ODD = np.uint64(0x9E3779B97F4A7C15)  # a multiplier whose top bits depend on all bits below


def moved(numbers, shake):
    """The same floats, each one unit in the last place away; 0 and what is no float stay."""
    numbers = np.asarray(numbers)
    if numbers.dtype not in (np.float32, np.float64):
        return numbers
    bits = np.ascontiguousarray(numbers).view(f"u{numbers.itemsize}").astype(np.uint64)
    up = ((bits + np.uint64(shake)) * ODD) >> np.uint64(63)
    there = np.where(up.reshape(numbers.shape), np.inf, -np.inf).astype(numbers.dtype)
    return np.where(numbers == 0, numbers, np.nextafter(numbers, there))


def shaken_class(base, shake):
    """A class of generators whose draws are those of `base`, moved."""
    now = threading.local()  # a method that draws by another moves its numbers once

    def wrap(method):
        @functools.wraps(method)
        def draw(*args, **kwargs):
            if getattr(now, "drawing", False):
                return method(*args, **kwargs)
            now.drawing = True
            try:
                drawn = method(*args, **kwargs)
            finally:
                now.drawing = False
            if isinstance(drawn, float):
                return float(moved(drawn, shake))
            if isinstance(drawn, np.ndarray):  # in place: it may be the caller's own `out`
                drawn[...] = moved(drawn, shake)
            return drawn

        return draw

    names = [n for n in dir(base) if n[0] != "_" and n not in HANDED_ON]
    return type(base.__name__, (base,), {name: wrap(getattr(base, name)) for name in names})


def shake(number):
    """Move every number drawn and every first weight, in a way that `number` names."""
    plain = np.random.default_rng
    generator = shaken_class(np.random.Generator, number)
    np.random.Generator = generator
    np.random.RandomState = shaken_class(np.random.RandomState, number)
    np.random.default_rng = lambda *seed: generator(plain(*seed).bit_generator)

    from bends import MLP  # only now: its modules meet the moved generators

    start = MLP.__init__

    @functools.wraps(start)
    def start_moved(net, *args, **kwargs):
        start(net, *args, **kwargs)
        for parameters in (net.weights, net.biases):
            parameters[:] = [moved(array, number) for array in parameters]

    MLP.__init__ = start_moved


def confirm(blas, off):
    """Raise where the kernel does not have the arithmetic that was asked for."""
    from numpy._core import _multiarray_umath as umath
    from threadpoolctl import threadpool_info

    np.ones((64, 64)) @ np.ones((64, 64))  # a kernel that the processor lacks stops here
    used = [pool["architecture"] for pool in threadpool_info() if pool["user_api"] == "blas"]
    if blas and used != [blas]:
        raise RuntimeError(f"OpenBLAS was to use {blas}; it uses {used}")
    if still_on := [name for name in off if umath.__cpu_features__[name]]:
        raise RuntimeError(f"NumPy was to do without {off}; it has {still_on}")
