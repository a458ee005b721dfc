"""The code on pages at the back of the book prints what the page says."""

import contextlib
import io
import re
from pathlib import Path

import generated
import numpy as np
import pytest
from scipy.stats import norm

from bends.losses import cross_entropy

BACK = Path(__file__).resolve().parent.parent / "back"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.S)


NEEDS_A_FRAMEWORK = ("import torch", "import keras", "named_parameters")


def blocks(page):
    """Each block of Python that needs no framework, with the text that follows it."""
    found = BLOCK.findall((BACK / page).read_text(encoding="utf8"))
    return [
        (code, text) for code, text in found if not any(mark in code for mark in NEEDS_A_FRAMEWORK)
    ]


@pytest.mark.parametrize("page", ["my-network-does-not-train.md", "how-to-read-a-claim.md"])
def test_code_prints_what_the_page_says(page):
    space, found = {}, blocks(page)
    assert found
    for code, text in found:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, space)
        assert printed.getvalue() == text


def test_what_a_classifier_pays_that_knows_nothing():
    text = (BACK / "my-network-does-not-train.md").read_text(encoding="utf8")
    (sentence,) = re.findall(r"A classifier that knows nothing has a loss of about ([^(]+)", text)
    (row,) = re.findall(r"The loss stays at its first value: ([^|]+)", text)
    said = [re.findall(r"([\d.]+) with (\d+)", part) for part in (sentence, row)]
    assert [len(pairs) for pairs in said] == [4, 2]
    for value, classes in [*said[0], *said[1]]:
        outputs, label = np.zeros((1, int(classes))), np.array([0])
        assert f"{cross_entropy(outputs, label)[0]:.2f}" == value


def test_how_many_runs_a_gain_takes():
    text = (BACK / "how-to-read-a-claim.md").read_text(encoding="utf8")
    (rule,) = re.findall(r"standard deviation of \d points, a gain of .*? twice as many", text)
    spread, gain, runs, smaller, more = (float(n) for n in re.findall(r"\d+(?:\.\d+)?", rule))
    power = norm.ppf(0.975) + norm.ppf(0.8)  # found in 80 of 100 comparisons, at 5 %
    assert [(power * spread / d) ** 2 for d in (gain, smaller)] == pytest.approx(
        [runs, more], rel=0.02
    )
    z, n = np.random.default_rng(0).normal(size=(2, 10_000, 2 * int(runs))), 2 * int(runs)
    apart = gain + spread * (z[0] - z[1]).mean(axis=1)  # runs that are not in pairs
    assert np.mean(apart > 1.96 * spread * (2 / n) ** 0.5) == pytest.approx(0.8, abs=0.015)


def test_the_table_of_lessons_has_a_line_for_each_chapter():
    files = sorted((BACK.parent / "chapters").glob("*.ipynb"))
    head, rule, *rows = generated.lessons().split("\n")
    assert head.count("|") == rule.count("|") == 7 and len(rows) == len(files)
    line = r"\| (\d+) \| \[[^\]]+\]\(../chapters/(\S+).ipynb\) \| (?:–|\d+(?:, \d+)*) \|"
    line += r" MINUTES:\2:1 \| MINUTES:\2:0 \| <a .*worksheet</a> \|"
    for row, file in zip(rows, files, strict=True):
        number, slug = re.fullmatch(line, row).groups()
        assert int(number) == int(file.name[:2]) and slug == file.stem


def test_each_bend_brings_the_line_on_the_front_page_nearer_to_the_wave(monkeypatch):
    monkeypatch.setenv("BENDS_FACE", "text")
    page = (BACK.parent / "index.md").read_text(encoding="utf8")
    (code,) = re.findall(r"```\{code-cell\}\n:tags: \[remove-input\]\n(.*?)```", page, re.S)
    space = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, space)
    gaps = [space["line"](bends) - space["wave"] for bends in range(16)]
    errors = [np.sqrt(np.mean(gap**2)) for gap in gaps]
    misses = [np.mean(np.abs(gap)) for gap in gaps]
    assert all(b < a for row in (errors, misses) for a, b in zip(row, row[1:], strict=False))
    assert misses[0] > 0.5 and misses[3] > 0.15 and misses[4] < 0.08 and misses[15] < 0.015
