"""What imports what: the library, in one direction, and its picture."""

import re

from bs4 import BeautifulSoup
from graphs import all_needs
from imports import EVERYWHERE, ORDER, graph, module_of, modules, needs


def test_every_module_has_its_place():
    assert sorted(ORDER) == sorted(name for name, _ in modules())


def test_nothing_is_imported_from_above():
    upward = [
        f"{name} imports {full}"
        for name, found in modules()
        for full in found
        if ORDER.index(module_of(full)) >= ORDER.index(name)
    ]
    assert not upward


def test_the_picture_says_what_the_code_says():
    picture = BeautifulSoup(graph(), "html.parser")
    said = picture.svg["aria-label"].partition("What builds on what: ")[2].rstrip(".")
    arrows = {name: [] for name in needs()}
    for words in said.split("; "):
        name, on = words.split(" on ")
        arrows[name] = re.split(", | and ", on)
    found = {name: names - {EVERYWHERE} for name, names in needs().items()}
    assert all_needs(arrows) == all_needs(found)
    alone = picture.figcaption.text.partition("Without a line: ")[2].rstrip(".")
    labels = [text.string for text in picture.select("text")]
    assert sorted([*labels, *re.split(", | and ", alone), EVERYWHERE]) == sorted(found)
    height = {text.string: int(text["y"]) for text in picture.select("text")}
    assert all(height[n] < height[name] for name in labels for n in arrows[name])
