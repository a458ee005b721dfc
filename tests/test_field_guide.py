"""The field guide: a page for each function, made from data, with true words."""

import re

import field_guide
import numpy as np
import pytest
import yaml
from prose import said

from bends import ACTIVATIONS, VECTOR_ACTIVATIONS, gelu, leaky_relu, quick_gelu, silu, tanh
from bends.frameworks import FRAMEWORKS

WORDS = yaml.safe_load(field_guide.WORDS.read_text(encoding="utf8"))


@pytest.fixture(scope="module")
def pages():
    return field_guide.pages()


def test_each_function_has_a_page_at_an_address_that_stays(pages):
    assert set(pages) == {"index.md"} | {f"{n}.md" for n in [*ACTIVATIONS, *VECTOR_ACTIVATIONS]}
    assert "gelu.md" in pages


def test_the_front_shows_every_graph_as_a_link(pages):
    shown = re.findall(r'<a href="(\w+)\.html"><svg class="spark"', pages["index.md"])
    assert shown == list(ACTIVATIONS)


def test_the_front_leads_to_every_page(pages):
    linked = set(re.findall(r"\]\(([\w.]+\.md)\)", pages["index.md"]))
    assert linked == set(pages) - {"index.md"}


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_a_page_shows_graph_numbers_names_and_code(pages, name):
    text = pages[f"{name}.md"]
    for part in ('class="bends-explorer"', "## In numbers", "## Stable code", "forward gain"):
        assert part in text
    for facts in FRAMEWORKS.get(name, {}).values():
        for entry in facts["names"]:
            assert f"`{entry['name']}`" in text


X = np.array([[-1000.0, -40, -3, -1, -0.5, 0], [0.25, 1, 2.5, 3, 20, 1000]])


@pytest.mark.parametrize("name", [*ACTIVATIONS, *VECTOR_ACTIVATIONS])
def test_the_code_of_a_page_runs_as_it_stands(pages, name):
    (block,) = re.findall(r"```python\n(.*?)\n```", pages[f"{name}.md"], re.S)
    space = {}
    exec(block, space)
    found = ACTIVATIONS[name] if name in ACTIVATIONS else VECTOR_ACTIVATIONS[name]
    with np.errstate(all="ignore"):
        answer = space[found.function.__name__](X.copy())
    right = (found(X), found.derivative(X)) if name in ACTIVATIONS else (found(X),)
    for given, y in zip(answer if name in ACTIVATIONS else (answer,), right, strict=True):
        np.testing.assert_allclose(np.asarray(given, float), y, rtol=1e-15)


def test_a_page_says_what_a_function_costs_and_how_right_the_frameworks_are(pages):
    assert re.search(r"In ReLU's times: \d\.\d times on short arrays", pages["gelu.md"])
    assert "| PyTorch | float32 | no digit right at −7.5078 |" in pages["gelu.md"]
    assert "- value, nan for a number, at −∞: PyTorch, JAX, Keras, ONNX Runtime" in pages["gelu.md"]
    assert "the worst is 4.45 at −3 (PyTorch, float32, value)" in pages["gelu.md"]
    assert "the worst is" not in pages["relu.md"]
    assert '<a href="gelu.txt" download>' in pages["gelu.md"]
    assert "| PyTorch | float16, bfloat16, float32, float64 | 0 | 0 |" in pages["relu.md"]
    assert "right: PyTorch takes 0 at 0; JAX takes 0 at 0." in pages["relu.md"]
    assert ".txt" not in pages["softmax.md"]


def test_words_for_a_function_that_is_unknown_are_refused(monkeypatch, tmp_path):
    file = tmp_path / "words.yml"
    file.write_text("rellu: {gist: a typo}", encoding="utf8")
    monkeypatch.setattr(field_guide, "WORDS", file)
    with pytest.raises(ValueError, match="rellu"):
        field_guide.pages()


def test_pages_are_made_again_only_where_something_changed(monkeypatch, tmp_path):
    made, house = [], ["a house"]
    texts = {"a.md": "one", "b.md": "two"}
    monkeypatch.setattr(field_guide, "FOLDER", tmp_path)
    monkeypatch.setattr(field_guide, "pages", lambda: made.append(0) or dict(texts))
    monkeypatch.setattr(field_guide.freshness, "digest", lambda names: house[0])

    def write():
        before = len(made)
        field_guide.write()
        return len(made) - before, {p.stem: p.stat().st_mtime_ns for p in tmp_path.glob("*.md")}

    (tmp_path / "gone.md").write_text("old")
    first = write()
    assert first[0] == 1 and set(first[1]) == {"a", "b"}
    assert write() == (0, first[1])
    house[0], texts["b.md"] = "another house", "2"
    second = write()
    assert second[0] == 1 and second[1]["a"] == first[1]["a"] and second[1]["b"] != first[1]["b"]
    (tmp_path / "a.md").write_text("a hand's change")
    assert write()[0] == 1 and (tmp_path / "a.md").read_text() == "one"
    (tmp_path / "b.md").unlink()
    assert write()[0] == 1 and (tmp_path / "b.md").exists()


def test_numbers_in_the_words():
    x = np.linspace(-8, 8, 160_001)
    off = np.abs(quick_gelu(x) - gelu(x)).max()
    assert off == pytest.approx(said("quick_gelu", r"up to ([\d.]+)\.")[0], abs=5e-5)
    (most,) = said("gelu_tanh", r"most ([\d.]+)\.")
    assert np.abs(ACTIVATIONS["gelu_tanh"](x) - gelu(x)).max() < most
    (lowest,), (place,) = (
        said("silu", r"falls below 0, to (−[\d.]+)"),
        said("silu", r"at (−1[\d.]+)\."),
    )
    assert silu(x).min() == pytest.approx(lowest, abs=5e-4)
    assert x[silu(x).argmin()] == pytest.approx(place, abs=5e-4)
    (far,) = said("tanh", r"from about (\d+) on")
    slopes = tanh.value_and_derivative(np.float32([far - 1, far + 1]))[1]
    assert slopes[0] > 0 and slopes[1] == 0
    usual, other = said("leaky_relu", r"differs: ([\d.]+) in .*?([\d.]+) in Keras")
    assert leaky_relu.parameters["negative_slope"] == usual
    keras = FRAMEWORKS["leaky_relu"]["Keras"]["names"]
    assert other in [v for entry in keras for v in (entry["parameters"] or {}).values()]


@pytest.mark.browser
def test_the_front_sorts_and_filters(address, open_page):
    page = open_page(f"{address}/back/functions/index.html")
    table = page.locator(".bends-table")
    table.get_by_role("button", name="gain").click()
    shown = [float(text) for text in table.locator("td:nth-child(5)").all_inner_texts()]
    assert shown == sorted(shown) and shown[0] < shown[-1]
    page.get_by_label("Show rows with").fill("periodic")
    visible = table.locator("tbody tr:visible td:first-child").all_inner_texts()
    assert set(visible) == {f.title for f in ACTIVATIONS.values() if f.family == "periodic"}
    assert page.complaints == []
