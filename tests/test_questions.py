"""Questions that people ask: enough of each kind, each answered in short, all links alive."""

import functools
import re
from pathlib import Path

import generated
import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
GROUPS = yaml.safe_load((ROOT / "back" / "questions.yml").read_text(encoding="utf8"))
ENTRIES = [entry for group in GROUPS for entry in group["questions"]]
AT_LEAST, OF_EACH_KIND = 100, 5
KINDS = [
    "Basics",
    "Expressivity",
    "Gradients",
    "Initialisation",
    "Dead units",
    "Output and loss",
    "Choosing",
    "Transformers and gates",
    "Order with normalisation, dropout and pooling",
    "Phones, cost and speed",
    "Recurrent networks",
    "Reinforcement learning and physics",
    "Code in frameworks",
    "Comparing",
]


def test_there_are_enough_of_each_kind():
    assert [group["group"] for group in GROUPS] == KINDS
    assert min(len(group["questions"]) for group in GROUPS) >= OF_EACH_KIND
    assert len(ENTRIES) >= AT_LEAST


def test_none_is_asked_twice():
    slugs = [generated.heading_slug(entry["ask"]) for entry in ENTRIES]
    slugs += [generated.heading_slug(kind) for kind in KINDS]
    assert sorted(slugs) == sorted(set(slugs))
    answers = [entry["answer"] for entry in ENTRIES]
    assert len(set(answers)) == len(answers)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["ask"])
def test_an_entry_is_whole(entry):
    assert set(entry) == {"ask", "answer", "see", "thread"}
    assert len(entry["ask"]) <= 65
    assert "\n" not in entry["answer"].strip()
    assert 2 <= len(re.findall(r"[.?!][)*]*(?= |$)", entry["answer"])) <= 6
    assert 20 <= len(entry["answer"].split()) <= 95
    assert re.fullmatch(r"https://[\w.-]+\.\w+/\S+", entry["thread"])
    # The section that is said to show the answer exists under that name.
    page, heading = entry["see"]
    if isinstance(page, int):
        (file,) = ROOT.glob(f"chapters/{page:02}-*.ipynb")
        page = file.with_suffix("").relative_to(ROOT)
    assert heading == "" or heading in generated.headings(page)


def test_the_page_shows_all_of_them():
    text = generated.questions()
    assert re.findall(r"^## (.+)$", text, re.M) == KINDS
    assert re.findall(r"^### (.+)$", text, re.M) == [entry["ask"] for entry in ENTRIES]
    assert all(f"({entry['thread']})*" in text for entry in ENTRIES)
    assert "<!-- questions -->" in (ROOT / "back" / "questions.md").read_text(encoding="utf8")


def test_a_heading_that_was_renamed_leaves_a_link_to_the_chapter():
    assert "#" not in generated.place([1, "No such heading"])[0]
    assert generated.place([1, "The answer"])[0].endswith(".ipynb#the-answer")


NUMBER = re.compile(r"(?<![\w.])-?(\d[\d,]*\.?\d*|\.\d+)(e[+-]?\d+)?(?![\w])")
SMALL = 2  # numbers up to here are words: one layer, two classes


def numbers_in(text):
    """`(value, half a unit of its last digit)` of each number."""
    text = text.replace("−", "-").replace("\N{NO-BREAK SPACE}", " ").replace("{,}", ",")
    for found in NUMBER.finditer(re.sub(r"[Cc]hapters? \d+|https?://\S+", "", text)):
        digits = found[1].replace(",", "").rstrip(".")
        exponent = int((found[2] or "e0")[1:])
        places = len(digits.partition(".")[2])
        yield abs(float(digits)) * 10.0**exponent, 0.5 * 10.0 ** (exponent - places)


@functools.cache
def text_of(page):
    """What stands on a page: its text, its code and what that prints."""
    if not isinstance(page, int):
        return (ROOT / f"{page}.md").read_text(encoding="utf8")
    (path,) = ROOT.glob(f"chapters/{page:02}-*.ipynb")
    cells = nbformat.read(path, 4).cells
    outputs = [o for c in cells if c.cell_type == "code" for o in c.outputs]
    printed = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return "\n".join([c.source for c in cells] + printed)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["ask"])
def test_numbers_of_an_answer_stand_on_the_page_that_it_names(entry):
    shown = {value for value, _ in numbers_in(text_of(entry["see"][0]))}
    shown |= {100 * value for value in shown if value <= 1}  # .884 is 88.4 %
    for said, half in numbers_in(entry["answer"]):
        near = any(abs(value - said) <= half * (1 + 1e-9) for value in shown)
        assert said <= SMALL and half == 0.5 or near, f"{said:g} stands nowhere on {entry['see']}"
