"""Questions that people ask: enough of each kind, each answered in short, all links alive."""

import re
from pathlib import Path

import generated
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
