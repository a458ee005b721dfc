"""Spelling, sources, glossary. `python tests/report_words.py` adds what a person must weigh."""

import re
import subprocess
from pathlib import Path

import codespell_lib
import prose
import pytest
from pybtex.database import parse_file
from spellchecker import SpellChecker

ROOT = prose.ROOT
PAGES = prose.pages()
WORD = re.compile(r"\b[A-Za-zÀ-ÖØ-öø-ÿ]+(?:'[a-z]+)?\b")
# American in one sense, British in another.
BOTH = {"biased", "focused", "focuses", "focusing", "license", "practice", "program"}
BOTH |= {"story", "stories", "routing"}


def american():
    """`{American spelling: British spelling}`, from codespell's table, read backwards."""
    table = Path(codespell_lib.__file__).parent / "data" / "dictionary_en-GB_to_en-US.txt"
    pairs = [line.split("->") for line in table.read_text().splitlines() if "->" in line]
    return {us: gb for gb, us in pairs if us not in BOTH}


def words(text):
    """The words of a text, small, without names such as ReLU that have inner capitals."""
    for word in WORD.findall(text.replace("’", "'")):
        if not re.search(r".[A-Z]", word):
            yield re.sub(r"'s?$", "", word)


@pytest.fixture(scope="module")
def dictionary():
    dictionary = SpellChecker()
    own = (ROOT / "tests" / "words.txt").read_text(encoding="utf8").split()
    dictionary.word_frequency.load_words([*own, *american().values()])
    return dictionary


def test_extraction_keeps_words_and_drops_code():
    text = prose.plain("# A *first* word\n\nSee `colr`, [this](colr.md), $colr$.\n\n```\ncolr\n```")
    assert "colr" not in text
    assert list(words(text)) == ["A", "first", "word", "See", "this"]


@pytest.mark.parametrize("page", PAGES)
def test_spelling(page, dictionary):
    unknown = dictionary.unknown(words(PAGES[page])) - american().keys()
    assert not unknown, f"Misspelt, or missing from tests/words.txt: {sorted(unknown)}"


@pytest.mark.parametrize("page", PAGES)
def test_spelling_is_british(page):
    table = american()
    found = {w: table[w.lower()] for w in words(PAGES[page]) if w.lower() in table}
    assert not found


def test_the_word_list_is_sorted():
    own = (ROOT / "tests" / "words.txt").read_text(encoding="utf8").split()
    assert own == sorted(set(own))


def sources():
    return parse_file(ROOT / "references.bib").entries


def test_every_source_is_cited_and_every_citation_has_its_source():
    """A chapter cites by linking to the source's address, a function by its key (`origin`)."""
    entries = sources()
    chapters = "".join(p.read_text(encoding="utf8") for p in (ROOT / "chapters").glob("*.ipynb"))
    code = "".join(p.read_text(encoding="utf8") for p in (ROOT / "src" / "bends").glob("*.py"))
    data = "".join(p.read_text(encoding="utf8") for p in (ROOT / "src" / "bends").glob("*.json"))
    linked = set(re.findall(r"\]\((https?://[^)\s]+)\)", chapters))
    unused = {
        key
        for key, entry in entries.items()
        if entry.fields.get("url") not in linked and f'"{key}"' not in code + data
    }
    assert not unused
    assert not linked - {entry.fields.get("url") for entry in entries.values()}


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone")
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path != Path(__file__):
            yield name, path.read_bytes().decode("utf8", errors="ignore")


def test_no_file_names_a_folder_of_a_machine_or_a_registry():
    path = re.compile(r"(?<![\w.}/-])/(?:work|home|root|tmp|Users)/\w")
    registry = re.compile(r"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|anaconda\.org")
    found = [
        f"{name}: {text[m.start() : m.end() + 40]!r}"
        for name, text in tracked()
        for m in [*path.finditer(text), *registry.finditer(text)]
    ]
    assert not found
