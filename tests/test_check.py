"""`check` says what is wrong and never raises; `question` has its faces and its reasons."""

import os
import re
import signal
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from bends.check import check, predict, question
from bends.check.exercises import RIGHT, WRONG
from bends.check.faults import UNANSWERED
from bends.look import css_variables


def relu(x):
    return np.maximum(x, 0)


def says(capsys, *arguments, **options):
    """The verdict's message, after a look that it was printed and agrees with the truth value."""
    verdict = check(*arguments, **options)
    assert capsys.readouterr().out == verdict.message + "\n"
    assert bool(verdict) == verdict.message.startswith(RIGHT)
    return verdict.message


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (0.75, 0.75),
        (3, 3.0),
        (np.float32(0.1), 0.1),
        ([1, 2], np.array([1, 2])),
        ([True, False], [True, False]),
        ((True, False), np.array([True, False])),
        (lambda x: x * np.nan, {1: np.nan}),
        (" ReLU", "relu"),
        (True, True),
        (np.False_, False),
        (lambda x: max(x, 0), {-2: 0, 3: 3}),
        (lambda a, b: a + b, {(1, 2): 3}),
        (np.square, {(np.float64(3),): 9}),
    ],
)
def test_right_answers(capsys, answer, expected):
    assert says(capsys, answer, expected, because="So it is.") == "Right. So it is."


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (0.7, 0.75, "Your answer is 0.7, which is too small."),
        (0.8, 0.75, "too large"),
        (np.nan, 0.75, "nan, which is not a number"),
        ("0.75", 0.75, "the text '0.75': write a number without quotes"),
        ({}, 0.75, "{}, where one number is asked for"),
        ([0.75], 0.75, "an array of shape (1,), where one number"),
        (0.75, [1, 2], "one number, where an array of shape (2,)"),
        ([1, 3], [1, 2], "is 3 at place 1 (counted from 0), which is too large"),
        ([[1], [2, 3]], [1, 2], "where an array of shape (2,)"),
        (1j, 1, "where one number is asked for"),
        (relu, 0.75, "is a function"),
        ("tanh", "relu", "'tanh', which is not right"),
        (1, "relu", "1, where text in quotes is asked for"),
        (1, True, "1, where True or False is asked for"),
        (False, True, "False, which is not right"),
        (3, {1: 1}, "Your answer is 3. A function is asked for"),
        (relu, {-2: 0, 3: 4}, "relu(3) gives 3, where 4 is asked for"),
        (lambda x: x, {-2: 0}, "Your function at -2 gives -2, where 0 is asked for"),
        (lambda x: None, {-2: 0}, "gives None. A function hands back what follows its `return`"),
        (lambda x: "0", {-2: 0}, "gives the text '0'"),
        (lambda x: False, {-2: True}, "gives False, where True is asked for"),
        (lambda: 0, {-2: 0}, "stops with TypeError"),
    ],
)
def test_wrong_answers_are_told_why(capsys, answer, expected, words):
    message = says(capsys, answer, expected)
    assert message.startswith(WRONG) and words in message


class Unshown:
    def __repr__(self):
        raise RuntimeError


def never():
    while True:
        try:
            time.sleep(60)
        except Exception:
            pass


def raises(error):
    raise error


@pytest.mark.skipif(os.name == "nt", reason="Windows has no timer that stops an answer.")
@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (True, 1, "True, where one number is asked for"),
        (np.array([1j, 2]), [1, 2], "where an array of shape (2,) is asked for"),
        (Unshown(), 1, "an object of type Unshown that cannot be shown"),
        (Unshown(), {1: 1}, "an object of type Unshown that cannot be shown. A function is asked"),
        ("x" * 5000, 1, "xxx …: write a number without quotes"),
        (lambda x: raises(SystemExit), {1: 1}, "it stops with SystemExit"),
        (lambda x: raises(SystemExit(3)), lambda f: f(1), "it stops with SystemExit: 3"),
        (lambda x: raises(KeyboardInterrupt), {1: 1}, "was interrupted before it came back"),
        (lambda x: never(), {1: 1}, "does not come back: it was stopped after 0.2 seconds"),
        (lambda x: never(), lambda f: f(1), "does not come back"),
    ],
)
def test_whatever_an_answer_does_it_is_judged(capsys, monkeypatch, answer, expected, words):
    monkeypatch.setattr("bends.check.exercises.SECONDS", 0.2)
    message = says(capsys, answer, expected)
    assert message.startswith(WRONG) and words in message and len(message) < 400
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def lenient(answer):
    """A rule whose comparisons are all false for nan."""
    return "Too small." if answer < 3 else "Too large." if answer > 3 else None


def truths(test):
    return next((f"Not so for {x}." for x in (1, -1) if bool(test(x)) != (x > 0)), None)


@pytest.mark.parametrize(
    ("answer", "rule", "kind", "words"),
    [
        (np.nan, lenient, None, "has nan in it"),
        (np.nan, lenient, "number", "is nan, which is not a number"),
        (np.inf, lenient, "number", "is inf, which is not finite"),
        (lambda x: np.nan, lambda f: lenient(f(1)), None, "has nan in it"),
        ([3.0], lenient, "number", "an array of shape (1,), where one number is asked for"),
        ("3", lenient, "number", "the text '3': write a number without quotes"),
        ("3", lenient, None, "the text '3': write a number without quotes"),
        (True, lenient, "number", "True, where one number is asked for"),
        (lambda: 3, lenient, "number", "is a function. Give the value that it returns"),
        (lambda: 3, lenient, None, "is a function. Give the value that it returns"),
        (3, truths, "test", "is 3. A function is asked for"),
        (3, truths, None, "is 3. A function is asked for"),
        (print, truths, "test", "print gives None. A function hands back"),
        (print, truths, None, "print gives None. A function hands back"),
        (lambda x: 1, truths, "test", "gives 1, where True or False is asked for"),
        (lambda x: True, truths, "test", "Not so for -1."),
        (lambda: True, truths, "test", "takes 0 positional arguments"),
    ],
)
def test_the_kind_of_answer_that_a_rule_asks_for(capsys, answer, rule, kind, words):
    verdict = check(answer, rule, kind=kind)
    assert capsys.readouterr().out.endswith(verdict.message + "\n")  # `print` prints too
    assert verdict.message.startswith(WRONG) and words in verdict.message


def test_right_answers_of_each_kind(capsys):
    for three in (3, 3.0, np.float32(3), np.array(3), Fraction(3)):
        assert says(capsys, three, lenient, kind="number") == RIGHT
    for positive in (lambda x: x > 0, lambda x: np.array(x > 0)):
        assert says(capsys, positive, truths, kind="test") == RIGHT
    # None may be right, where a rule says so.
    assert says(capsys, lambda x: None, lambda f: "No." if f(1) else None) == RIGHT
    with pytest.raises(ValueError, match="kind must be one of number, test"):
        check(3, lenient, kind="text")


def unfinished(x):
    return x * ...


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (..., 3),
        (None, 3),
        ([1, ...], [1, 2]),
        (lambda x: ..., {1: 1}),
        (unfinished, {1: 1}),
        (..., lambda answer: None),
        (unfinished, lambda answer: answer(1)),
        (lambda x: ..., lambda answer: answer(1)),
        (lambda x: ..., lambda test: "Replace the ... first." if test(1) is ... else None),
        (lambda x: (..., 1), lambda answer: answer(1)),
    ],
)
def test_an_unanswered_starter_is_no_mistake(capsys, answer, expected):
    message = says(capsys, answer, expected)
    assert message.startswith(UNANSWERED)


def test_a_right_value_is_told_only_for_a_function(capsys):
    assert "0.75" not in says(capsys, 0.5, 0.75)
    assert "where 0.75 is asked for" in says(capsys, lambda x: 0.5, {1: 0.75})


def test_numbers_that_look_the_same_are_printed_in_full(capsys):
    assert "gives 1.0000002, where 1.0 is" in says(
        capsys, lambda x: 1.0000002, {1: 1}, tolerance=1e-9
    )


def test_tolerance(capsys):
    assert says(capsys, 0.33, 1 / 3, tolerance=0.02) == RIGHT
    assert says(capsys, 0.33, 1 / 3).startswith(WRONG)


def test_a_reference_is_compared_on_each_input(capsys):
    x = np.linspace(-1, 1, 5)
    assert says(capsys, lambda v: v * (v > 0), relu, on=[-2, 3, x]) == RIGHT
    assert "gives 1 at place 0 (counted from 0), where 0" in says(capsys, abs, relu, on=[3, x])


def test_an_answer_cannot_change_the_inputs(capsys):
    def in_place(x):
        x[x < 0] = 0
        return x

    x = np.array([-1.0, 1.0])
    assert says(capsys, in_place, relu, on=[x, x]) == RIGHT
    assert x[0] == -1


def test_a_known_mistake_has_its_own_reason(capsys):
    assert says(capsys, 0.25, 0.5, wrong={0.25: "You squared it."}) == "Not yet. You squared it."
    assert says(capsys, 0.2, 0.5, wrong={0.25: "You squared it."}).endswith("too small.")
    mistakes = {abs: "That is the absolute value."}
    assert says(capsys, abs, {-2: 0}, wrong=mistakes) == "Not yet. That is the absolute value."


def test_the_line_that_stops_is_told(capsys):
    def divides(x):
        y = x
        return y / 0

    line = divides.__code__.co_firstlineno + 2
    message = says(capsys, divides, {3: 3})
    assert message == (
        "Not yet. divides(3) stops with ZeroDivisionError: division by zero, "
        f"in line {line} of its cell: return y / 0."
    )


def test_a_rule_judges_an_open_answer(capsys):
    def rule(pair):
        return None if relu(sum(pair)) != sum(map(relu, pair)) else "Both sides are equal."

    assert says(capsys, (1, -1), rule) == RIGHT
    assert says(capsys, (1, 1), rule) == "Not yet. Both sides are equal."
    assert "cannot be tried: it stops with TypeError" in says(capsys, 5, rule)


def test_an_exercise_at_fault_is_not_the_readers(capsys):
    with pytest.raises(TypeError, match="a rule returns a sentence .* got False"):
        check(1, lambda answer: False)
    with pytest.raises(TypeError, match="wrong: its function at 1 stops with ZeroDivisionError"):
        check(..., {1: 1}, wrong={(lambda x: x / 0): "Even where the starter is bare."})


# --- questions -----------------------------------------------------------------------------------

CHOICES = {"`relu`": (True, "It bends at 0."), "x < 1": (False, "That is no function.")}


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, as a mime bundle in the asked face."""
    made = []
    monkeypatch.setattr("bends.check.questions.display", made.append)

    def bundle(face):
        monkeypatch.setenv("BENDS_FACE", face)
        return made[-1]._repr_mimebundle_()

    return bundle


def test_faces(shown):
    question("Which one bends?", CHOICES)
    text = {"text/plain": "Which one bends?\n  a) `relu`\n  b) x < 1"}
    assert shown("text") == text
    assert set(shown("page")) == {"text/html"}
    live = shown("live")
    assert live["text/plain"] == text["text/plain"]
    assert live["text/html"].startswith("<style>")
    assert live["text/html"].endswith(shown("page")["text/html"])


def test_html_holds_every_reason_without_script(shown):
    question("Which one bends?", CHOICES)
    html = shown("page")["text/html"]
    assert "<summary><code>relu</code></summary><p>Yes. It bends at 0.</p>" in html
    assert "<summary>x &lt; 1</summary><p>No. That is no function.</p>" in html
    assert "script" not in html and "style" not in html
    name = re.search(r'id="(question-\w{8})"', html)[1]
    assert html.count(f'<details class="right" name="{name}"') == 1
    assert f'aria-labelledby="{name}"' in html


def test_several_right_choices_stay_open_together(shown):
    question("Which bend?", {**CHOICES, "`tanh`": (True, "It bends everywhere.")})
    html = shown("page")["text/html"]
    assert "(More than one is right.)" in html and " name=" not in html


def test_a_guess_gets_no_verdict(shown):
    predict("What comes out?", ["−1.5", "0"], "Move x to −1.5 and read the number.")
    html = shown("page")["text/html"]
    assert "<p>Your guess. Move x to −1.5 and read the number.</p>" in html
    assert "right" not in html and "Yes" not in html


@pytest.mark.parametrize(
    ("choices", "error", "words"),
    [
        ({"a": "reason", "b": (True, "x")}, TypeError, "'a' needs"),
        ({"a": (1, "reason"), "b": (True, "x")}, TypeError, "'a' needs"),
        ({"a": (True, " "), "b": (False, "x")}, TypeError, "'a' needs"),
        ({"a": (False, "x"), "b": (False, "y")}, ValueError, "none is right"),
        ({"a": (True, "x")}, ValueError, "at least two"),
        ({"a": (True, "$x$"), "b": (False, "y")}, ValueError, "no formulas"),
        ({}, ValueError, "none is right"),
    ],
)
def test_a_question_at_fault(choices, error, words):
    with pytest.raises(error, match=words):
        question("Which?", choices)


# --- questions in a browser ----------------------------------------------------------------------

STATIC = Path(__file__).resolve().parent.parent / "_static"


@pytest.fixture
def page_of(browser, shown):
    """A page that holds what was displayed last, under the site's own styles."""
    contexts = []

    def page(**options):
        contexts.append(browser.new_context(**options))
        style = css_variables() + "".join(
            (STATIC / name).read_text(encoding="utf8") for name in ("bends.css", "check.css")
        )
        page = contexts[-1].new_page()
        page.set_content(
            f"<!doctype html><html lang=en><title>Test</title><style>{style}</style>"
            f"<main><h1>Test</h1>{shown('page')['text/html']}</main>"
        )
        return page

    yield page
    for context in contexts:
        context.close()


def visible(page):
    return [reason.is_visible() for reason in page.locator("details > p").all()]


@pytest.mark.browser
def test_a_question_works_by_keyboard_without_script(page_of):
    question("Which one bends?", {**CHOICES, "x": (False, "Straight.")})
    page = page_of(java_script_enabled=False)
    assert visible(page) == [False, False, False]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert visible(page) == [False, True, False]
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert visible(page) == [False, False, True]  # one choice at a time
    page.emulate_media(media="print")
    assert visible(page) == [False, False, False]
    assert page.get_by_text("Which one bends?").is_visible()


@pytest.mark.browser
def test_several_choices_can_be_open_at_once(page_of):
    question("Which bend?", {**CHOICES, "`tanh`": (True, "Everywhere.")})
    page = page_of(java_script_enabled=False)
    for summary in page.locator("summary").all():
        summary.click()
    assert visible(page) == [True, True, True]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_questions_are_accessible(page_of, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    question("Which one bends?", {**CHOICES, "A long choice " * 12: (False, "word " * 40)})
    page = page_of(color_scheme=theme, viewport={"width": 390, "height": 800})
    for summary in page.locator("summary").all():
        summary.click()
        assert axe.run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_masked_array_is_told_so(capsys):
    assert not check(np.ma.masked_equal([1.0, 2.0], 2), [1.0, 2.0])
    assert "Your answer is a masked array" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (np.nan, np.nan, "Your answer is nan, which is not a number."),
        ([1, np.nan], [1, np.nan], "Your answer is nan at place 1 .*, which is not a number."),
        (["1", "2"], [1, 2], "with text in it: write numbers without quotes"),
        (np.array(["1", "2"]), [1, 2], "with text in it: write numbers without quotes"),
        ([1, "2"], [1, 2], "with text in it"),
        ([True, True], [True, False], "too large"),
        ([True, False, True], [True, False], "where an array of shape"),
        (np.array([1, 2], "m8[s]"), [1, 2], "where an array of shape"),
    ],
)
def test_what_looks_like_the_right_numbers_and_is_not(capsys, answer, expected, words):
    message = says(capsys, answer, expected)
    assert message.startswith(WRONG) and re.search(words, message)


@pytest.mark.parametrize("answer", [[[..., 1], [2, 3]], ([1, (2, ...)],), [[[...]]]])
def test_a_gap_in_any_depth_is_not_answered_yet(capsys, answer):
    assert says(capsys, answer, [[1, 1], [2, 3]]).startswith(UNANSWERED)


def test_a_list_that_holds_itself_is_judged(capsys):
    loop = [1]
    loop.append(loop)
    assert says(capsys, loop, [1, 2]).startswith(WRONG)


@pytest.mark.parametrize("tolerance", [-1, np.nan, np.inf, "0.1", None])
def test_a_tolerance_that_is_none_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be a finite number, 0 or more; got"):
        check(1, 2, tolerance=tolerance)
    assert check(1, 1, tolerance=0)


def test_an_exercise_whose_own_function_stops_says_so():
    with pytest.raises(TypeError, match="expected: its function at 0 stops with ZeroDivisionError"):
        check(lambda x: x, lambda x: 1 / x, on=[1, 0])
    with pytest.raises(TypeError, match="wrong: its function at 0 stops with ZeroDivisionError"):
        check(lambda x: x, lambda x: x + 1, on=[1, 0], wrong={lambda x: 1 / x: "no"})
