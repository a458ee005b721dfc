"""The bell curve's tail, against mpmath and against its own fit."""

import importlib.util
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

from bends import normal

SCRIPT = Path(__file__).parent.parent / "benchmarks" / "fit_normal_tail.py"
spec = importlib.util.spec_from_file_location("fit_normal_tail", SCRIPT)
fit_normal_tail = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fit_normal_tail)


def test_the_script_finds_the_coefficients():
    top, bottom, miss = fit_normal_tail.fit(9, 10)
    assert [float(c) for c in top] == list(normal.TOP)
    assert [float(c) for c in bottom] == list(normal.BOTTOM)
    assert miss < 1e-17


def test_the_fit_between_its_nodes():
    with mp.workprec(300):
        for a in [mpf(k) / 64 for k in range(0, 39 * 64 + 1, 7)]:
            s = fit_normal_tail.value(normal.TOP, a) / fit_normal_tail.value(normal.BOTTOM, a)
            exact = fit_normal_tail.remainder(a)
            assert abs(s - exact) < 1.2e-16 * (a + exact)  # the coefficients are rounded


def test_all_coefficients_are_positive():
    assert min(normal.TOP + normal.BOTTOM) > 0


def test_tail_and_density():
    a = np.concatenate([np.linspace(0, 39, 1501), np.random.default_rng(2).uniform(0, 10, 1500)])
    tail, height = normal.tail_and_density(a)
    with mp.workprec(300):
        for x, t, h in zip(a, tail, height, strict=True):
            for computed, exact in ((t, mp.ncdf(-mpf(x))), (h, mp.npdf(mpf(x)))):
                unit = np.spacing(max(float(exact), 1e-290))
                assert abs(mpf(float(computed)) - exact) <= 4 * unit
    assert tail[0] == 0.5


def test_float32_stays_float32_and_close():
    a = np.linspace(0, 12, 4001, dtype=np.float32)
    for narrow, wide in zip(
        normal.tail_and_density(a), normal.tail_and_density(a.astype(float)), strict=True
    ):
        assert narrow.dtype == np.float32
        np.testing.assert_allclose(narrow, wide, rtol=1e-6)
