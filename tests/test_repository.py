"""Links to the repository follow the clone's own origin, and are left out where there is none."""

import subprocess

import pytest
import repository

NOTEBOOK = "chapters/01-what-does-an-activation-function-do.ipynb"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """`clone(remote)` makes the module look at a new clone with that origin."""
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(repository, "ROOT", tmp_path)

    def clone(remote):
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        if remote:
            subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", remote], check=True)

    return clone


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/ada/bends", "https://github.com/ada/bends"),
        ("https://github.com/ada/bends.git", "https://github.com/ada/bends"),
        ("https://github.com/ada/bends/", "https://github.com/ada/bends"),
        ("https://ada:secret@github.com/ada/bends.git", "https://github.com/ada/bends"),
        ("git@github.com:ada/my.bends.git", "https://github.com/ada/my.bends"),
        ("ssh://git@github.com/ada/bends.git", "https://github.com/ada/bends"),
        ("https://git.example.org/ada/bends.git", "https://git.example.org/ada/bends"),
        ("git@git.example.org:ada/bends.git", "https://git.example.org/ada/bends"),
        ("http://github.com/ada/bends", "https://github.com/ada/bends"),
        ("ssh://git@codeberg.org:22/ada/bends.git", "https://codeberg.org/ada/bends"),
        ("git@gitlab.com:uni/maths/bends.git", "https://gitlab.com/uni/maths/bends"),
        ("https://gitlab.com/uni/maths/bends.git", "https://gitlab.com/uni/maths/bends"),
        ("ada@git.example.org:ada/bends", "https://git.example.org/ada/bends"),
        ("https://github.com/bends", None),
        ("/srv/git/bends.git", None),
        ("../bends", None),
        ("file:///srv/git/bends.git", None),
        (None, None),
    ],
)
def test_the_origin_gives_the_address(clone, remote, address):
    clone(remote)
    assert repository.find() == address


def test_a_folder_without_git_has_no_address(tmp_path, monkeypatch):
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(repository, "ROOT", tmp_path)
    assert repository.find() is None


def test_without_git_there_is_no_address(clone, tmp_path, monkeypatch):
    clone("https://github.com/ada/bends.git")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert repository.find() is None


def test_a_course_unpacked_in_another_clone_has_not_its_address(clone, tmp_path, monkeypatch):
    clone("https://github.com/ada/homework.git")
    (tmp_path / "bends").mkdir()
    monkeypatch.setattr(repository, "ROOT", tmp_path / "bends")
    assert repository.find() is None


def test_the_forge_that_runs_the_job_wins(clone, monkeypatch):
    clone("https://github.com/ada/bends.git")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "grace/bends")
    assert repository.find() == "https://github.com/grace/bends"
    monkeypatch.delenv("GITHUB_SERVER_URL")
    assert repository.find() == "https://github.com/grace/bends"
    monkeypatch.delenv("GITHUB_REPOSITORY")
    monkeypatch.setenv("CI_PROJECT_URL", "https://gitlab.com/uni/maths/bends")
    assert repository.find() == "https://gitlab.com/uni/maths/bends"


def test_links_of_a_notebook():
    links = dict(repository.links("https://github.com/ada/bends", NOTEBOOK))
    assert links["Run in Binder"] == (
        "https://mybinder.org/v2/gh/ada/bends/main?urlpath=lab%2Ftree%2Fchapters%2F"
        "01-what-does-an-activation-function-do.ipynb"
    )
    assert links["Open in Colab"] == (
        f"https://colab.research.google.com/github/ada/bends/blob/main/{NOTEBOOK}"
    )
    assert links["Edit this page"] == f"https://github.com/ada/bends/edit/main/{NOTEBOOK}"
    assert links["Report an error"].startswith("https://github.com/ada/bends/issues/new?title=")
    assert " " not in links["Report an error"]


def test_only_notebooks_are_launched_and_only_from_where_the_services_can_read():
    labels = [label for label, _ in repository.links("https://github.com/a/b", "index.md")]
    assert labels == ["Edit this page", "Report an error"]
    labels = [label for label, _ in repository.links("https://git.example.org/a/b", NOTEBOOK)]
    assert labels == ["Report an error"]
    assert repository.links(None, NOTEBOOK) == []


@pytest.mark.parametrize(
    ("address", "edit", "report"),
    [
        ("https://github.com/ada/bends", "/edit/main/index.md", "/issues/new?title="),
        ("https://gitlab.com/a/b/c", "/-/edit/main/index.md", "/-/issues/new?issue[title]="),
        ("https://gitlab.uni.org/a/b", "/-/edit/main/index.md", "/-/issues/new?issue[title]="),
        ("https://codeberg.org/a/b", "/_edit/main/index.md", "/issues/new?title="),
    ],
)
def test_each_forge_has_its_own_addresses(address, edit, report):
    links = dict(repository.links(address, "index.md"))
    assert links["Edit this page"] == address + edit
    assert links["Report an error"].startswith(address + report)


@pytest.mark.parametrize(
    ("address", "pages"),
    [
        ("https://github.com/Ada/bends", "https://ada.github.io/bends/"),
        ("https://github.com/Ada/ada.github.io", "https://ada.github.io/"),
        ("https://git.example.org/ada/bends", None),
        (None, None),
    ],
)
def test_canonical_address(address, pages):
    assert repository.pages_address(address) == pages
