"""Tails and quantiles, against SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bends.distributions import chi_squared_tail, range_quantile, student_quantile, student_tail

FREEDOM = st.floats(0.5, 5000)
CLOSE = {"rel": 1e-10, "abs": 1e-300}


@given(st.floats(0, 50), FREEDOM)
def test_student_tail_is_scipys(t, freedom):
    assert student_tail(t, freedom) == pytest.approx(stats.t.sf(t, freedom), **CLOSE)
    assert student_tail(-t, freedom) == pytest.approx(stats.t.sf(-t, freedom), **CLOSE)


@pytest.mark.parametrize("freedom", [1, 2, 9.5, 29, 999])
@pytest.mark.parametrize("t", [0, 0.5, 2, 5])
@pytest.mark.parametrize("shift", [0.01, 1, 2.8, 6, 15])
def test_shifted_student_tail_is_scipys(t, freedom, shift):
    assert student_tail(t, freedom, shift) == pytest.approx(
        stats.nct.sf(t, freedom, shift), abs=1e-10
    )


@given(st.floats(0.51, 0.9999), FREEDOM)
def test_student_quantile_is_scipys(share, freedom):
    assert student_quantile(share, freedom) == pytest.approx(stats.t.ppf(share, freedom), rel=1e-8)


@given(st.floats(0, 500), st.integers(1, 200))
def test_chi_squared_tail_is_scipys(x, freedom):
    assert chi_squared_tail(x, freedom) == pytest.approx(stats.chi2.sf(x, freedom), **CLOSE)


@pytest.mark.parametrize("levels", [2, 3, 10, 40])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_range_quantile_is_scipys(share, levels):
    theirs = stats.studentized_range.ppf(share, levels, np.inf)
    assert range_quantile(share, levels) == pytest.approx(theirs, rel=1e-10)
