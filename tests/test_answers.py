"""Numbers answered on the page: the verdicts that it has are those of `check`, one by one."""

import itertools
import json

import pytest
from bs4 import BeautifulSoup
from conftest import ROOT

from bends import look
from bends.check import check, numbers
from bends.check.answers import answer_form
from bends.check.exercises import _judge


def rule(bias):
    if 2 + bias > 0:
        return f"With {bias} it is {2 + bias:g}: make it smaller."
    if 3 + bias == 0:
        return "It stays shut."


def judge(answer):
    return _judge(answer, rule, [], {}, "So it is.", 1e-6)


def judge_two(answer):
    return _judge(answer, [-6, 1], [], {(-6, 5): "Almost."}, "", 1e-6)


ONE, TWO = numbers(-5, 1, 0.25, label="bias"), [numbers(-8, 0), numbers(-2, 6, label="b")]


def data(page, judge):
    form = BeautifulSoup(answer_form(page, judge), "html.parser").form
    return form, json.loads(form.script.string)


@pytest.mark.parametrize(("page", "judge"), [(ONE, judge), (TWO, judge_two)])
def test_every_number_has_the_verdict_that_python_gives(page, judge):
    form, found = data(page, judge)
    asked = [page] if page is ONE else page
    answers = list(itertools.product(*(n.values for n in asked)))
    assert len(found["at"]) == len(answers)
    for answer, at in zip(answers, found["at"], strict=True):
        verdict = judge(answer[0] if page is ONE else list(answer))
        assert found["says"][at] == verdict.message
    assert len(set(found["says"])) == len(found["says"])
    assert [i["data-count"] for i in form.find_all("input")] == [str(n.count) for n in asked]


def test_whole_numbers_are_ints_and_steps_do_not_drift():
    assert numbers(0, 3).values == [0, 1, 2, 3] and type(numbers(0, 3).values[0]) is int
    assert numbers(0, 1, 0.1).values[3] == 0.3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: numbers(0, 1, 0.3), "whole number|steps that lead"),
        (lambda: numbers(1, 0), "steps that lead"),
        (lambda: answer_form(numbers(0, 600), judge), "600"),
        (lambda: answer_form([numbers(0, 24), numbers(0, 3)], judge_two), "24"),
        (lambda: answer_form(numbers(0, 5), judge), "none of these numbers is right"),
    ],
)
def test_what_cannot_be_answered_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_the_page_shows_the_input_and_prints_nothing(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr("bends.check.exercises.display", shown.append)
    monkeypatch.setenv("BENDS_FACE", "page")
    assert not check(..., rule, page=ONE)
    assert capsys.readouterr().out == "" and "<form" in shown[0].data
    monkeypatch.setenv("BENDS_FACE", "text")
    assert check(-2.5, rule, page=ONE)
    assert capsys.readouterr().out == "Right.\n" and len(shown) == 1


def chapters():
    return sorted((ROOT / "chapters").glob("*.ipynb"))


@pytest.fixture
def tab(browser, tmp_path):
    names = ("bends.css", "check.css")
    style = look.css_variables() + "".join((ROOT / "_static" / n).read_text("utf8") for n in names)
    page = (
        f'<!DOCTYPE html><meta charset="utf-8"><title>One</title><style>{style}</style>'
        '<button class="theme"><span></span><span></span></button>'
        '<nav id="contents"><a href="one.html">One</a><a href="two.html">Two</a></nav><main>'
        f"{answer_form(ONE, judge)}{answer_form(TWO, judge_two)}"
        '<div class="question"><p id="question-1">Is it?</p><details class="wrong" name="q">'
        '<summary>no</summary><p>No.</p></details><details class="right" name="q"><summary>yes'
        "</summary><p>Yes.</p></details></div></main>"
    )
    for script in ("bends.js", "answers.js"):
        page += f"<script>{(ROOT / '_static' / script).read_text('utf8')}</script>"
    (tmp_path / "one.html").write_text(page, "utf8")
    context = browser.new_context()
    tab = context.new_page()
    tab.goto((tmp_path / "one.html").as_uri())
    yield tab
    context.close()


@pytest.mark.browser
def test_the_page_says_what_python_says(tab):
    form = tab.locator("form").first
    for value in ONE.values:
        form.locator("input").fill(str(value))
        form.locator("button").click()
        assert form.locator("output").text_content() == judge(value).message
    for typed, value in ((" −2,5 ", -2.5), ("-2.50", -2.5)):
        form.locator("input").fill(typed)
        form.locator("input").press("Enter")
        assert form.locator("output").text_content() == judge(value).message
    for typed in ("", "1/2", "-1.5 or -2", "2.3.1x", "-9", "1.25", "-2.6"):
        form.locator("input").fill(typed)
        form.locator("button").click()
        assert form.locator("output").text_content().startswith("Give a number from −5 to 1")


@pytest.mark.browser
def test_two_inputs_are_judged_together(tab):
    form = tab.locator("form").nth(1)
    for answer in ([-6, 1], [-6, 5], [0, -2]):
        for place, value in enumerate(answer):
            form.locator("input").nth(place).fill(str(value))
        form.locator("button").click()
        assert form.locator("output").text_content() == judge_two(answer).message


@pytest.mark.browser
def test_what_was_answered_is_kept_marked_and_can_be_cleared(tab):
    tab.locator("form input").first.fill("-2.5")
    tab.locator("form button").first.click()
    tab.get_by_text("no", exact=True).click()
    tab.get_by_text("yes", exact=True).click()
    tab.wait_for_timeout(50)
    tab.reload()
    assert tab.locator("form output").first.text_content() == judge(-2.5).message
    assert tab.locator(".right[open]").count() == 1 and tab.locator(".wrong[open]").count() == 0
    assert tab.locator("#contents a").first.inner_text() == "One\n2 of 3 answered"
    assert "answered" not in tab.locator("#contents a").nth(1).inner_text()
    tab.get_by_role("button", name="Clear my answers").click()
    tab.wait_for_load_state()
    assert tab.locator("form output").first.text_content() == ""
    assert tab.locator("details[open]").count() == 0 and tab.locator(".answered").count() == 0
    assert tab.evaluate("localStorage.length") == 0


@pytest.mark.browser
def test_a_browser_that_keeps_nothing_still_answers(tab):
    tab.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('blocked') }})"
    )
    tab.reload()
    tab.locator("form input").first.fill("-2.5")
    tab.locator("form button").first.click()
    assert tab.locator("form output").first.text_content() == judge(-2.5).message


@pytest.mark.browser
@pytest.mark.parametrize("stored", ["[1]", "7", '"x"', '{"one": 3}', '{"one": {"of": 3}}', "{"])
def test_stored_answers_of_another_shape_are_none(tab, stored):
    faults = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.evaluate("stored => localStorage.setItem('bends-answers', stored)", stored)
    tab.reload()
    tab.locator("form input").first.fill("-2.5")
    tab.locator("form button").first.click()
    tab.get_by_text("yes", exact=True).click()
    tab.wait_for_timeout(50)
    tab.reload()
    assert tab.locator("#contents a").first.inner_text() == "One\n2 of 3 answered"
    assert faults == []


@pytest.mark.parametrize(
    ("low", "high", "step", "shown"),
    [
        (1234567, 1234569, 1, "1234567 to 1234569, in steps of 1<"),
        (0.0000005, 0.000001, 0.00000025, "0.0000005 to 0.000001, in steps of 0.00000025<"),
        (-0.1234567, 0.8765433, 0.5, "−0.1234567 to 0.8765433, in steps of 0.5<"),
    ],
)
def test_an_input_shows_all_digits_of_its_numbers(low, high, step, shown):
    html = answer_form(numbers(low, high, step), lambda answer: check(answer, low))
    assert shown in html
    field = BeautifulSoup(html, "html.parser").find("input")
    assert (float(field["data-low"]), float(field["data-step"])) == (low, step)
