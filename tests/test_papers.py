"""The project's papers are true: their examples run, and what they point to is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from deepvis_app.nets import load_network
from tests.alone import run_alone
from tests.papers import ROOT, examples

if TYPE_CHECKING:
    from pathlib import Path

DOCS = ("resources/docs/architecture.md", "resources/docs/diagnoses.md")
PAPERS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", *DOCS)
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# A path as it is named in running text: with a slash, or a file by its ending.
PATH = re.compile(r"[\w.{},-]+(/[\w.{},-]*)+|[\w-]+\.(py|md|toml)")
# Made by who follows the text.
NOT_HERE = {"build/api/", "utils.py", "profile.toml"}


def heading_ids(paper: Path) -> set[str]:
    """Return the anchors that a paper's headings get."""
    headings = re.findall(r"^#+ (.+)$", paper.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def alternatives(path: str) -> list[str]:
    """Return the paths that one with {a,b} in it stands for."""
    braced = re.fullmatch(r"(.*)\{([^}]*)\}(.*)", path)
    if braced is None:
        return [path]
    before, inside, after = braced.groups()
    return [f"{before}{each}{after}" for each in inside.split(",")]


def is_there(path: str) -> bool:
    """Tell whether a path is in the project, from its root, from the package, or from `ui`."""
    tops = (ROOT, ROOT / "deepvis_app", ROOT / "deepvis_app/ui")
    return path in NOT_HERE or any((top / path).exists() for top in tops)


@pytest.mark.parametrize("name", PAPERS)
def test_every_link_leads_somewhere(name: str) -> None:
    paper = ROOT / name
    lost = []
    for link in LINK.findall(paper.read_text("utf-8")):
        path, _, heading = link.partition("#")
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        target = paper.parent / path if path else paper
        if not target.exists() or (heading and heading not in heading_ids(target)):
            lost.append(link)
    assert not lost


@pytest.mark.parametrize("name", PAPERS)
def test_every_path_that_is_named_is_there(name: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / name).read_text("utf-8"), flags=re.M | re.S)
    named = [code for code in CODE.findall(text) if PATH.fullmatch(code)]
    lost = [each for code in named for each in alternatives(code) if not is_there(each)]
    assert not lost


def test_the_example_of_a_network_loads(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(examples()["network"], "utf-8")
    network = load_network(profile)
    assert network.input_shape == (3, 96, 96)
    assert list(network.labels) == ["cat", "dog", "neither"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("module", r"\('0', \(8, 30, 30\)\)"),
        ("reader", r"\d\.\d+"),
        ("job", "conv3b on noise done"),
        ("technique", r"\[.*\d\.\d+.*\]"),
    ],
)
def test_an_example_runs(name: str, told: str, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(examples()[name], "utf-8")
    done = run_alone(str(program))
    assert done.returncode == 0, done.stderr
    assert re.search(told, done.stdout), done.stdout
