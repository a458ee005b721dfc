"""The test vectors: rightly rounded, read as they were written; and the checker sees what is wrong.

`make bench` runs this file where the frameworks are; there a few tests more find what they need.
"""

import csv
import importlib.util
import math
import re
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pytest

import bends
from bends import ACTIVATIONS, vectors
from bends.vectors import TYPES, Verdict, asking, check, judge
from bends.vectors.__main__ import main, parser

ROOT = Path(__file__).resolve().parent.parent
every = pytest.mark.parametrize("name", list(ACTIVATIONS))
every_type = pytest.mark.parametrize("number_type", list(TYPES))
needs_mpmath = pytest.mark.skipif(
    not importlib.util.find_spec("mpmath") or version("mpmath") < "1.4",
    reason="needs mpmath 1.4: before it, erfc could not take the largest numbers",
)


def maker():
    """The script that makes the files, as a module."""
    path = ROOT / "benchmarks" / "make_vectors.py"
    spec = importlib.util.spec_from_file_location("make_vectors", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The files ----------------------------------------------------------------------------------------


def test_there_is_a_file_for_each_function_of_one_number():
    assert {path.stem for path in vectors.FOLDER.iterdir()} == set(ACTIVATIONS)


@needs_mpmath
@every
def test_the_files_are_what_the_script_makes(name):
    written = (vectors.FOLDER / f"{name}.txt").read_text(encoding="utf8")
    assert written == maker().text(ACTIVATIONS[name])


@every
def test_each_file_has_every_place_of_interest(name):
    found, f = vectors.vectors(name), ACTIVATIONS[name]
    assert list(found.rows) == list(TYPES)
    assert "SPDX-License-Identifier: BSD-3-Clause" in (vectors.FOLDER / f"{name}.txt").read_text()
    for number_type, rows in found.rows.items():
        x = [row.x for row in rows]
        assert sum(map(math.isnan, x)) == 1 and {math.inf, -math.inf} < set(x)
        assert {math.copysign(1, y) for y in x if y == 0} == {1, -1}
        smallest = math.ldexp(1, TYPES[number_type].lowest)
        assert {smallest, -smallest, TYPES[number_type].largest} < set(x)
        for place in f.joints + f.turning_points:
            unit = max(TYPES[number_type].unit(place), smallest)
            near = [y for y in x if abs(y - place) <= 1.5 * unit]
            assert min(near) <= place <= max(near) and len(near) >= 2


@cache
def arithmetic(number_type):
    """The type's arithmetic in GMP, which rounds on its own and knows subnormal numbers."""
    gmpy2 = pytest.importorskip("gmpy2")
    if number_type != "bfloat16":
        return gmpy2.ieee(int(number_type.removeprefix("float")))
    return gmpy2.context(precision=8, emax=128, emin=4 - 128 - 8, subnormalize=True)


def nearest(y, number_type):
    """The nearest number of the type to an mpmath number, by GMP."""
    gmpy2 = pytest.importorskip("gmpy2")
    with gmpy2.context(arithmetic(number_type)):
        sign, mantissa, exponent, digits = y._mpf_
        if abs(exponent + digits) > 3000:  # far above or below what any type holds
            return math.copysign(math.inf if exponent > 0 else 0.0, -sign)
        size = gmpy2.mpq(mantissa)
        size = size * 2**exponent if exponent >= 0 else size / 2**-exponent
        return float(gmpy2.mpfr(-size if sign else size))


@needs_mpmath
@every
@every_type
def test_each_value_and_slope_is_the_nearest_of_its_type(name, number_type):
    """With 1000 binary digits in place of 400, and rounded by another library."""
    from bends import exact

    with exact.mp.workprec(1000):
        for row in vectors.vectors(name).rows[number_type]:
            if math.isfinite(row.x):
                assert nearest(exact.mpf(row.x), number_type) == row.x
                value, slope = exact.value_and_slope(ACTIVATIONS[name], row.x)
                low, high = row.slope, row.high
                assert nearest(exact.mpf(value), number_type) == row.value
                assert low <= nearest(exact.mpf(slope), number_type) <= high


@needs_mpmath
@every
def test_limits_are_where_the_exact_function_goes(name):
    from bends import exact

    for row in vectors.vectors(name).rows["float64"]:
        if math.isinf(row.x) and name not in ("sin", "snake"):  # these two never settle
            pair = exact.value_and_slope(ACTIVATIONS[name], math.copysign(1e30, row.x))
            for right, y in zip(pair, (row.value, row.slope), strict=True):
                grows = math.isinf(y) and abs(right) > 1e14 and (right > 0) == (y > 0)
                assert grows or abs(right - y) < 1e-14


@every
def test_this_books_float32_is_right(name):
    """By another way: computed in float64, and rounded once."""
    for answer in check(name, asking.functions_of("bends")[name], ["float32"]):
        assert answer.absolute.units <= 1 and set(answer.special) <= {"wrong sign of 0"}


# The checker --------------------------------------------------------------------------------------


def answers(name, number_type):
    """The right answers of a file."""
    rows = vectors.vectors(name).rows[number_type]
    return [row.value for row in rows], [row.slope for row in rows]


@every
@every_type
def test_right_answers_are_right(name, number_type):
    for what, right in zip(("value", "slope"), answers(name, number_type), strict=True):
        verdict = judge(vectors.vectors(name), number_type, what, right)
        assert verdict.relative.units == verdict.absolute.units == 0 and not verdict.special


@every_type
@pytest.mark.parametrize("what", ["value", "slope"])
def test_a_planted_error_is_counted_in_units_in_the_last_place(number_type, what):
    found, right = vectors.vectors("gelu"), answers("gelu", number_type)[what == "slope"]
    i = next(k for k, row in enumerate(found.rows[number_type]) if row.x == 3)
    wrong = [*right]
    wrong[i] += 5 * TYPES[number_type].unit(right[i])
    miss = judge(found, number_type, what, wrong).relative
    assert (miss.units, miss.x, miss.given, miss.right) == (5, 3, wrong[i], right[i])


PLANTED = {
    "nan for a number": (-math.inf, math.nan),
    "a number for nan": (math.nan, 0.0),
    "inf for a finite number": (3.0, math.inf),
    "a finite number for inf": (math.inf, 1e4),
    "wrong sign of 0": (-0.0, 0.0),
}


@every_type
@pytest.mark.parametrize("case", PLANTED)
def test_each_special_case_is_seen(number_type, case):
    found, (right, _) = vectors.vectors("silu"), answers("silu", number_type)
    at, given = PLANTED[case]

    def is_it(x):
        return x.hex() == at.hex()

    wrong = [
        given if is_it(row.x) else y for row, y in zip(found.rows[number_type], right, strict=True)
    ]
    verdict = judge(found, number_type, "value", wrong)
    assert list(verdict.special) == [case] and verdict.relative.units == 0


@every_type
def test_subnormal_numbers_that_become_0_are_seen(number_type):
    found, (right, _) = vectors.vectors("sigmoid"), answers("sigmoid", number_type)
    normal = TYPES[number_type].smallest_normal
    special = judge(found, number_type, "value", [0 if y < normal else y for y in right]).special
    assert list(special) == ["0 for a subnormal number"]
    found, (right, _) = vectors.vectors("tanh"), answers("tanh", number_type)
    x = [row.x for row in found.rows[number_type]]
    wrong = [y / 2 if abs(place) < normal else y for place, y in zip(x, right, strict=True)]
    assert list(judge(found, number_type, "value", wrong).special) == ["wrong for a subnormal x"]


def test_at_a_kink_each_slope_between_is_right_and_others_are_not():
    found, (_, right) = vectors.vectors("relu"), answers("relu", "float32")
    x = [row.x for row in found.rows["float32"]]
    for given, wrong in ((0.5, False), (1.0, False), (1.5, True), (-0.5, True)):
        changed = [given if place == 0 else y for place, y in zip(x, right, strict=True)]
        assert bool(judge(found, "float32", "slope", changed).relative.units) == wrong


MODULE = """
import numpy as np

def good(x):
    z = np.exp(-2 * np.minimum(np.abs(x.astype(float)), 400))
    return np.tanh(x), (4 * z / (1 + z) ** 2).astype(x.dtype)

def bad(x):
    return np.where(x < -2, -1, np.tanh(x)).astype(x.dtype)

def two(x, y):
    return x

def one_number(x):
    return x[0]

def leaves(x):
    raise SystemExit(0)
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.py").write_text(MODULE, encoding="utf8")
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    text = (vectors.FOLDER / "tanh.txt").read_text(encoding="utf8")
    (tmp_path / "later.txt").write_text(text.replace("version: 1", "version: 2"), encoding="utf8")
    (tmp_path / "tanh.txt").write_text(text, encoding="utf8")
    (tmp_path / "other.txt").write_text("x,y\n1,2\n", encoding="utf8")
    (tmp_path / "cut.txt").write_text(text[:-9], encoding="utf8")
    head = "".join(line + "\n" for line in text.splitlines() if line[:1] == "#")
    (tmp_path / "empty.txt").write_text(head, encoding="utf8")
    (tmp_path / "short.txt").write_text(f"{head}float32 0x0p+0 0 0x1p+0\n", encoding="utf8")
    (tmp_path / "odd.txt").write_text(f"{head}float8 0x0p+0 0 0x1p+0\n", encoding="utf8")
    turns = head.replace("turning points: none", "turning points: many")
    (tmp_path / "turns.txt").write_text(turns, encoding="utf8")
    (tmp_path / "unfinished.py").write_text("def f(x:\n", encoding="utf8")
    (tmp_path / "ends.py").write_text("raise SystemExit(0)\n", encoding="utf8")
    monkeypatch.delitem(sys.modules, "ends", raising=False)
    return tmp_path


@pytest.mark.parametrize("number_type", ["float16", "float32", "float64"])
def test_the_command_sees_a_broken_function_in_each_type(folder, capsys, number_type):
    arguments = ["--function", "tanh", "--type", number_type]
    assert main(["mine:good", *arguments, "--absolute"]) == 0
    assert (
        "Right within 4 units of 1, and in every special case: 1 of 1." in capsys.readouterr().out
    )
    assert main(["mine:bad", *arguments]) == 1
    said = capsys.readouterr().out
    assert f"tanh      {number_type}  value" in said and "values alone were checked" in said


def test_the_command_judges_by_a_file_too(folder, capsys):
    assert main(["mine:bad", "--file", "tanh.txt", "--type", "float64"]) == 1
    assert "0 of 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pytorch"], "what='pytorch' is not known; nearest: torch."),
        (["mine:good", "--function", "gellu"], "no test vectors are for 'gellu'; .*nearest: gelu"),
        (["mine:good"], "no test vectors are for 'good'; say --function with a name"),
        (["bends", "--function", "rellu"], "no activation function is called 'rellu'; nearest"),
        (["mine:nothing", "--function", "tanh"], "mine has no function 'nothing'; it has: "),
        (["yours:f", "--function", "tanh"], "yours cannot be imported from "),
        (["mine:two", "--function", "tanh"], "no answer to an array of float16 .*one array"),
        (["mine:one_number", "--function", "tanh"], "no answer to an array of float16 .*shape"),
        (["mine:bad", "--file", "later.txt"], "is of version 2, and this checker reads version 1"),
        (["mine:bad", "--file", "other.txt"], "holds no test vectors of Bends"),
        (["mine:bad", "--file", "none.txt"], "none.txt cannot be read: "),
        (["mine:leaves", "--function", "tanh"], r"no answer to an array of float16 .SystemExit"),
        (["unfinished:f", "--function", "tanh"], "unfinished cannot be imported .* SyntaxError: "),
        (["ends:f", "--function", "tanh"], "ends cannot be imported from .* SystemExit: 0"),
        (["mine:bad", "--file", "empty.txt"], "empty.txt holds no line of numbers"),
        (
            ["mine:bad", "--file", "short.txt", "--type", "float64"],
            "short.txt has no lines of float64; it has: float32",
        ),
        (["mine:bad", "--file", "odd.txt"], r"odd.txt, line \d+ is not `type x value slope`"),
        (["mine:bad", "--file", "turns.txt"], "turns.txt does not say its function and turning"),
        (["mine:bad", "--file", "cut.txt"], r"cut.txt, line \d+ is not `type x value slope`"),
        (
            ["bends", "--file", "tanh.txt", "--function", "gelu"],
            "tanh.txt is for tanh, not for gelu",
        ),
    ],
)
def test_what_cannot_be_checked_is_said_in_a_sentence(folder, capsys, arguments, said):
    assert main(arguments) == 2
    out, error = capsys.readouterr()
    assert not out and re.search(said, error) and error.count("\n") == 1 and error.endswith(".\n")


@pytest.mark.parametrize("package", ["torch", "jax", "keras", "onnxruntime"])
def test_a_framework_that_is_not_installed(monkeypatch, capsys, package):
    monkeypatch.setattr(asking, "find_spec", lambda name: None)
    assert main([package]) == 2
    assert f"{package} is not installed for {sys.executable}" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--type=float8", "--bound=nan", "--bound=-1", "--bound=inf"])
def test_a_wrong_option_ends_with_2(capsys, option):
    with pytest.raises(SystemExit) as end:
        main(["bends", option])
    assert end.value.code == 2


def test_a_package_that_answers_nothing_is_not_right(monkeypatch, capsys):
    def refuses(x, number_type):
        raise TypeError(number_type)

    monkeypatch.setattr(asking, "functions_of", lambda package: {"relu": refuses})
    assert main(["bends"]) == 2
    assert "gives no answer to arrays of float16 or bfloat16" in capsys.readouterr().err


# The page -----------------------------------------------------------------------------------------

PAGE = (ROOT / "back" / "test-vectors.md").read_text(encoding="utf8")


def test_the_example_prints_what_the_page_says(folder, capsys):
    code, command, said = re.search(
        r"```python\n# textbook.py\n(.*?)```.*?```bash\npython -m bends.vectors (.*?)\n```"
        r".*?```text\n(.*?)```", PAGE, re.S
    ).groups()  # fmt: skip
    (folder / "textbook.py").write_text(code, encoding="utf8")
    sys.modules.pop("textbook", None)
    assert main(command.split()) == 1
    assert capsys.readouterr().out == said


def test_the_page_knows_every_option():
    said = set(re.findall(r"^\| `(--\w+)", PAGE, re.M))
    options = {option for action in parser()._actions for option in action.option_strings[-1:]}
    assert said == options - {"--help"}
    assert f"{vectors.BOUND} if you say nothing" in PAGE and f"within {vectors.BOUND} units" in PAGE


def test_numbers_on_the_page():
    unit = TYPES["float32"].unit
    assert f"steps of {unit(1.0):.8f}" in PAGE
    assert unit(1.0) / unit(0.001) == pytest.approx(1000, rel=0.05)
    x, y, decimals = re.search(r"GELU at −(\S+) the number is −(0\.(0+\d))\.", PAGE).groups()
    assert round(bends.gelu(-float(x)), len(decimals)) == -float(y)


def test_what_the_page_says_of_this_books_functions():
    asks, wrong = asking.functions_of("bends"), set()  # which zero comes is NumPy's choice
    for name in ACTIVATIONS:
        for verdict in check(name, asks[name], ["float16", "float32", "float64"]):
            assert verdict.absolute.units <= vectors.BOUND
            wrong |= {name} if "wrong sign of 0" in verdict.special else set()
    assert "Some give 0 where −0 is right" in PAGE and len(wrong) < len(ACTIVATIONS) / 2


# The frameworks -----------------------------------------------------------------------------------


def table():
    path = ROOT / "results" / "vectors" / "errors.csv"
    with open(path, encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_results_are_those_of_these_vectors():
    rows = table()
    assert {row["vectors"] for row in rows} == {vectors.VERSION}
    assert {row["package"] for row in rows} == {"torch", "jax", "keras", "onnxruntime"}


@pytest.mark.parametrize("package", ["torch", "jax", "keras", "onnxruntime"])
def test_a_framework_still_gives_what_the_results_say(package):
    """Where it is installed in that version: the special cases of three functions."""
    if not importlib.util.find_spec(package):
        pytest.skip(f"needs {package}")
    rows = [row for row in table() if row["package"] == package]
    if asking.versions(package) != rows[0]["version"]:
        pytest.skip(f"the results are of {rows[0]['version']}")
    asks = asking.functions_of(package)
    for name in ("relu", "gelu", "softsign"):
        said = [row for row in rows if row["function"] == name and row["what"]]
        found = [answer for answer in check(name, asks[name]) if isinstance(answer, Verdict)]
        for row, verdict in zip(said, found, strict=True):
            cases = [part.partition(" at ")[0] for part in row["special"].split("; ") if part]
            assert cases == list(verdict.special)
            assert float(row["absolute"]) == pytest.approx(verdict.absolute.units, rel=0.5, abs=2)


@pytest.mark.parametrize("package", ["torch", "jax"])
@every_type
def test_the_command_sees_a_broken_function_of_a_framework(folder, capsys, package, number_type):
    if not importlib.util.find_spec(package):
        pytest.skip(f"needs {package}")
    module = {"torch": "torch", "jax": "jax.numpy"}[package]
    source = f"import {module} as m\ndef bad(x):\n    y = m.tanh(x)\n"
    source += "    return m.where(x > 1, y * 1.0625, y)\n"
    (folder / f"broken_{package}.py").write_text(source, encoding="utf8")
    arguments = ["--function", "tanh", "--with", package, "--type", number_type]
    assert main([f"broken_{package}:bad", *arguments]) == 1
    said = capsys.readouterr().out
    assert "value" in said and "slope" in said
