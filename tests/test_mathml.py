"""Every formula carries plain words."""

import re

import pytest
from mathml import convert


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        (r"\max(0, x)", "max ( 0, x )"),
        (r"\frac{g}{\sqrt{n}}", "g over root of n"),
        (r"0.25^L", "0.25 to the power L"),
        (r"x^2 - \alpha", "x squared minus alpha"),
        (r"f'(z)", "f prime ( z )"),
        (r"x_i \le \sigma(z)", "x sub i is at most sigma ( z )"),
        (
            r"\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}",
            "either x if x is greater than 0 ; 0 if x is at most 0 ;",
        ),
        (r"\ln x", "ln of x"),
        (r"\sum_{i=1}^{n} x_i", "the sum of from i equals 1 to n x sub i"),
    ],
)
def test_a_formula_in_words(tex, words):
    assert re.search(r'alttext="([^"]*)"', convert(tex))[1] == words
