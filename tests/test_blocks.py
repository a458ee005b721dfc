"""Code and tables of a page: inks, lines that a phone can wrap, cards."""

import re

import cards
import code_lines
import pytest
from bs4 import BeautifulSoup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

CODE = '''# a word before
def fold(x, y=2.5):
    """Two lines,
    the second of them here."""
    if x is not None and x < 3:
        return f"{x} & more"

    return x - y
'''


def made(code):
    return code_lines.in_lines(highlight(code, PythonLexer(), HtmlFormatter()))


def test_code_in_lines_is_the_same_text():
    assert BeautifulSoup(made(CODE), "html.parser").pre.get_text() == CODE


def test_each_line_says_how_far_it_is_indented():
    lines = BeautifulSoup(made(CODE), "html.parser").select(".line")
    assert len(lines) == CODE.count("\n")
    expected = [len(line) - len(line.lstrip()) for line in CODE.splitlines()]
    found = [int(re.sub(r"\D", "", line.get("style", "0"))) for line in lines]
    assert found == expected


def test_code_has_three_inks():
    html = BeautifulSoup(made(CODE), "html.parser")
    inks = {
        ink: {e.get_text() for e in html.select(f".{ink}")} for ink in ("word", "value", "aside")
    }
    assert {"def", "if", "is", "not", "and", "return", "None"} <= inks["word"]
    assert {"2.5", "3", ' & more"', '    the second of them here."""'} <= inks["value"]
    assert inks["aside"] == {"# a word before"}
    assert {e["class"][0] for e in html.find_all("span")} == {"line", "word", "value", "aside"}


def table(head, *rows):
    def row(kind, cells):
        return "<tr>" + "".join(f"<{kind}><p>{cell}</p></{kind}>" for cell in cells) + "</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return f'<table class="t"><thead>{row("th", head)}</thead><tbody>{body}</tbody></table>'


def test_a_table_that_fits_a_phone_stays_one():
    small = table(["in", "out"], ["−1", "0"], ["a & b", "2"])
    assert cards.in_cards(small) == f'<div class="scroll">{small}</div>'


@pytest.mark.parametrize(
    "wide",
    [
        table(
            ["function", "torch.nn", "keras", "jax"], ["ReLU", "functional.relu", "relu", "nn.relu"]
        ),
        table(["when", "take", "why"], ["word " * 8, "word " * 8, "word " * 8]),
    ],
)
def test_a_table_that_does_not_fit_names_its_columns_in_each_cell(wide):
    found = BeautifulSoup(cards.in_cards(wide), "html.parser").table
    assert "cards" in found["class"]
    heads = [th.get_text() for th in found.find_all("th")]
    assert [td["data-head"] for td in found.find_all("td")] == heads


def test_a_large_table_keeps_its_own_box():
    html = f'<div class="bends-table" role="region">\n{table(["a"], ["b"])}</div>'
    assert "scroll" not in cards.in_cards(html)


def test_a_table_with_heads_at_the_side_is_left_alone():
    odd = "<table><tr><th></th><th>a long heading</th></tr><tr><th>x</th><td>y</td></tr></table>"
    assert "data-head" not in cards.in_cards(odd)


def test_a_name_in_a_large_table_may_go_on_in_the_next_line():
    code = '<code class="a.b"><span class="pre">torch.nn.relu(x=0.1)</span> <span>a.b</span></code>'
    assert cards.breakable(code) == code.replace(
        "torch.nn.relu(", "torch.<wbr>nn.<wbr>relu<wbr>("
    ).replace(">a.b<", ">a.<wbr>b<")
    assert cards.text(cards.breakable(code)) == "torch. nn. relu (x=0.1) a. b"


def test_a_table_of_sentences_takes_the_margin():
    row = ["word " * 12] * 4
    assert 'class="scroll broad"' in cards.in_cards(table(["when", "what", "why", "do"], row))
    assert 'class="scroll"' in cards.in_cards(table(["when", "what"], row[:2]))


def test_a_long_word_of_code_may_break_after_a_dot_or_a_bracket():
    html = made("    taken.append(time.perf_counter() - 0.5)\nshort.name(1)\n")
    assert "taken.<wbr>append(<wbr>time.<wbr>perf_counter()" in html
    assert "short.name(" in html
    assert BeautifulSoup(html, "html.parser").pre.get_text().startswith("    taken.append(time.")


def test_four_columns_read_badly_sooner_than_three():
    row = ["of 20 networks 19 learn"] * 4  # 92 letters, in short words
    assert cards.is_too_wide(["one", "two", "three", "four"], [row])
    assert not cards.is_too_wide(["one", "two", "three"], [["of 20 networks, 19 learn it now"] * 3])
