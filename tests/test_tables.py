"""The catalogue as tables: every function, the frameworks' names, and sorting on the page."""

import re

import pytest

from bends import CORE, tables


def rows(capsys, show, monkeypatch):
    monkeypatch.setenv("BENDS_FACE", "text")
    show()
    lines = capsys.readouterr().out.splitlines()
    return [re.split(r" \| ", line.strip("| ")) for line in lines]


@pytest.mark.parametrize("show", [tables.show_functions, tables.show_names])
def test_a_table_has_one_full_row_for_each_function(capsys, monkeypatch, show):
    head, _, *body = rows(capsys, show, monkeypatch)
    titles = [row[0].partition("<br>")[0] for row in body]
    assert titles == [f.title for f in CORE.values()]
    assert {len(row) for row in body} == {len(head)}


def test_the_kinks_are_those_that_the_catalogue_finds(capsys, monkeypatch):
    _, _, *body = rows(capsys, tables.show_slopes_at_kinks, monkeypatch)
    listed = {(row[0], float(row[1].replace("−", "-"))) for row in body}
    kinks = {(f.title, x) for f in CORE.values() for x in f.kinks if f.name != "step"}
    assert listed == kinks


def test_a_name_tells_what_to_pass_and_a_dash_that_there_is_none():
    assert tables.call("gelu", "JAX") == "`jax.nn.gelu(approximate=False)`"
    assert tables.call("relu", "PyTorch") == "`torch.nn.functional.relu`"
    assert tables.call("snake", "PyTorch") == "–"
    assert tables.slope_at("leaky_relu", "JAX", 0.0) == "1"


def test_limits_are_written_for_a_reader():
    assert [tables.ending(v) for v in (float("inf"), float("-inf"), float("nan"), -0.25)] == [
        "∞", "−∞", "–", "−0.25",
    ]  # fmt: skip


def test_a_folded_file_keeps_its_words_and_gives_the_page_no_heading(monkeypatch):
    shown = []
    monkeypatch.setenv("BENDS_FACE", "page")
    monkeypatch.setattr(tables, "display", shown.append)
    tables.show_folded("Rules", "# One\n\nWords, a # b.\n\n## Two\n\nMore.")
    (markdown,) = shown
    assert "\n\n**One**\n\nWords, a # b.\n\n**Two**\n\nMore.\n\n" in markdown.data
    assert markdown.data.startswith("<details>\n<summary><kbd>Rules</kbd></summary>\n")


@pytest.mark.browser
def test_a_table_sorts_by_number_and_filters(address, open_page):
    page = open_page(f"{address}/chapters/02-which-ones-are-there.html#all-of-them-in-one-table")
    table = page.locator(".bends-table").first
    head = table.locator("th", has_text="lowest")
    heads = [text.strip() for text in table.locator("th").all_inner_texts()]
    column = f"td:nth-child({1 + heads.index('lowest')})"

    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    shown = table.locator(column).all_inner_texts()
    values = [float(text.replace("−", "-").replace("∞", "inf")) for text in shown]
    assert values == sorted(values) and values[0] < values[-1]
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert table.locator(column).all_inner_texts()[0] == shown[-1]

    page.get_by_label("Show rows with").first.fill("squashing")
    kept = [f.title for f in CORE.values() if f.family == "squashing"]
    visible = table.locator("tbody tr:visible td:first-child").all_inner_texts()
    assert {text.splitlines()[0] for text in visible} == set(kept)
    assert page.locator(".table-filter output").first.inner_text().startswith(f"{len(kept)} of")
    assert page.complaints == []


@pytest.mark.browser
def test_cards_on_a_phone_are_sorted_by_a_menu(address, open_page):
    phone = {"width": 390, "height": 844}
    page = open_page(f"{address}/chapters/02-which-ones-are-there.html", viewport=phone)
    page.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
    table = page.locator(".bends-table").first
    page.get_by_label("Sort by").first.select_option("lowest")
    lowest = table.locator('td[data-head="lowest"]').all_inner_texts()
    values = [float(text.replace("−", "-").replace("∞", "inf")) for text in lowest]
    assert values == sorted(values) and values[0] < values[-1]
