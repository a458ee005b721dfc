"""The question bank holds every question of every chapter, with a reason for each choice."""

import csv
import io
from collections import Counter

import bank


def test_every_chapter_has_ten_questions():
    per_chapter = Counter(chapter for chapter, _, _ in bank.questions())
    written = {int(path.name[:2]) for path in (bank.ROOT / "chapters").glob("*.ipynb")}
    assert set(per_chapter) == written
    assert min(per_chapter.values()) >= 10, per_chapter


def test_every_choice_has_a_reason_and_one_is_right():
    for chapter, text, choices in bank.questions():
        assert any(right for right, _ in choices.values()), (chapter, text)
        assert all(len(reason) > 5 for _, reason in choices.values()), (chapter, text)


def test_the_file_is_what_anki_reads():
    head, rows = bank.bank().split("\n", 3)[:3], bank.bank().split("\n", 3)[3]
    assert head == ["#separator:Comma", "#html:true", "#tags column:3"]
    read = list(csv.reader(io.StringIO(rows)))
    assert {len(row) for row in read} == {3}
    assert len(read) == len(list(bank.questions()))
    assert len({front for front, _, _ in read}) == len(read)
