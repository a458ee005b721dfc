"""Every formula carries plain words."""

import re

import pytest
from conftest import ROOT
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


def test_letters_are_told_from_names_and_signs():
    """The style sheet sets letters in the text's italic, names upright, signs in their own face."""
    formula = convert(r"f'(x) = \max(0, x)")
    assert '<mi mathvariant="normal">max</mi>' in formula
    assert "<mi>x</mi>" in formula and "<mi>f</mi>" in formula
    assert "<mo>′</mo>" in formula


def test_an_f_keeps_off_its_bracket():
    assert '<mi>f</mi><mo stretchy="false" lspace=".08em">(' in convert("f(x)")
    assert "lspace" not in convert("g(x)")


def test_all_faces_together_are_light():
    faces = (ROOT / "_static" / "fonts").glob("*.woff2")
    assert 0 < sum(face.stat().st_size for face in faces) <= 80_000
