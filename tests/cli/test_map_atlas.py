"""An atlas from the command line: a picture, what is told of its cells, two classes compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from deepvis_app.cli import map_atlas
from deepvis_app.cli.main import run_command_line
from deepvis_app.corpus import Score, load_corpus, scan
from deepvis_app.nets import load_network
from deepvis_app.synth.icons import icon_recipe
from tests.corpus.tiny import Pictures, whole_network
from tests.drawn import draw

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.synth import Recipe

Capture = pytest.CaptureFixture[str]
LAYERS = ["relu3b", "logits"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = draw(tmp_path_factory.mktemp("drawn"), classes=4, each=5)
    out = tmp_path_factory.mktemp("out") / "corpus"
    scan(load_network("pocket"), photos, layers=LAYERS, out=out)
    return out


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def recipe(size: tuple[int, int]) -> Recipe:
        return icon_recipe(size).with_value("stop.steps", 8).with_value("image.size", 0.5)

    monkeypatch.setattr(map_atlas, "icon_recipe", recipe)


def lay_out(*words: object) -> int:
    return run_command_line(lambda _: 0, ["map", *map(str, words)])


def test_an_atlas_is_written_told_and_found_again(
    corpus: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "atlas.png"
    words = corpus, "--layer", "relu3b", "--method", "pca", "--atlas", file, "--cells", 3
    assert lay_out(*words) == 0
    told = capsys.readouterr().out
    with Image.open(file) as image:
        first = np.asarray(image)
    assert lay_out(*words, "--json") == 0
    atlas = json.loads(capsys.readouterr().out)["atlas"]
    count = len(atlas["cells"])
    pictures = sum(cell["pictures"] for cell in atlas["cells"])
    assert 2 <= count <= 9
    assert f"{count} cells of {atlas['columns']} x {atlas['rows']} with {pictures} pictures" in told
    assert f"{count} made" in told
    assert f"{atlas['own']} of {count} are more like their own cell than like any other" in told
    assert f"written         {file}" in told
    plan = load_corpus(corpus).plan
    for cell in atlas["cells"]:
        labels = [plan.classes[plan.labels[plan.row(one)]] for one in cell["ids"]]
        assert cell["classes"] == {name: labels.count(name) for name in set(labels)}
        assert len(labels) == cell["pictures"] >= 3
        assert sum(cell["said"].values()) == len(labels)
        assert 0 < cell["confidence"] <= 1
    # The second time all is taken from the store, to the last bit.
    monkeypatch.setattr(map_atlas, "in_batches", lambda *all_of: _nothing(all_of[2]))
    assert lay_out(*words) == 0
    assert f"{count} from the store" in capsys.readouterr().out
    with Image.open(file) as image:
        np.testing.assert_array_equal(np.asarray(image), first)


def _nothing(samples: list[object]) -> None:
    assert samples == []


def test_a_comparison_has_as_many_cells_as_one_wishes(
    corpus: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = corpus, "--layer", "relu3b", "--method", "pca", "--atlas", tmp_path / "a.png"
    assert lay_out(*words, "--compare", 3, 4, "--cells", 5, "--least", 4, "--json") == 0
    atlas = json.loads(capsys.readouterr().out)["atlas"]
    assert (atlas["columns"], atlas["rows"]) == (5, 2)
    assert min(cell["pictures"] for cell in atlas["cells"]) >= 4


def test_two_classes_are_compared(corpus: Path, tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "compared.png"
    words = corpus, "--layer", "relu3b", "--method", "pca", "--atlas", file, "--no-store"
    assert lay_out(*words, "--compare", "tabby cat", 17, "--json") == 0
    atlas = json.loads(capsys.readouterr().out)["atlas"]
    labels = load_network("pocket").labels
    first, second = atlas["compared"]["classes"]
    assert first == "tabby cat"
    assert second == labels[17]
    assert atlas["compared"]["pictures"] == 20
    by_column = sorted((cell["column"], cell["difference"]) for cell in atlas["cells"])
    means = {c: np.mean([d for k, d in by_column if k == c]) for c, _ in by_column}
    assert [*means.values()] == sorted(means.values())
    with Image.open(file) as image:
        assert image.height > 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--atlas a.csv", "a.csv has the extension .csv"),
        ("--atlas a.png --cells 0", "Invalid value for '--cells'"),
        ("--atlas a.png --least 21", "No cell has 21 pictures"),
        ("--compare 3 4", "--compare says something of an atlas. Give --atlas FILE, too."),
        ("--cells 5", "--cells says something of an atlas. Give --atlas FILE, too."),
        ("--least 5", "--least says something of an atlas. Give --atlas FILE, too."),
        ("--no-store", "--no-store says something of an atlas. Give --atlas FILE, too."),
        ("--atlas a.png --cells 20 --least 9", "No cell has 9 pictures. Use fewer cells."),
        ("--atlas a.png --compare 3 4 --least 21", "No cell has 21 of the 20 pictures that speak"),
        ("--atlas a.png --compare 4 nobody", "has no class 'nobody'"),
        ("--atlas a.png --compare 3 3", "3 and 3 are one class"),
        ("--atlas a.png --compare 3 200", "Pocket has no class 200. Its 200 classes are 0 to 199"),
    ],
)
def test_what_cannot_be_is_one_line(corpus: Path, words: str, said: str, capsys: Capture) -> None:
    assert lay_out(corpus, "--layer", "relu3b", "--method", "pca", *words.split()) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert said in told.err


def test_without_the_network_or_its_activations_there_is_no_atlas(
    tmp_path: Path, capsys: Capture
) -> None:
    scan(whole_network(), Pictures(12), out=tmp_path / "own")
    scan(whole_network(), Pictures(12), score=Score.RELEVANCE, out=tmp_path / "relevance")
    for name, said in (("own", "was made in a program"), ("relevance", "was scored by relevance")):
        words = "--layer", "both", "--method", "pca", "--atlas", tmp_path / "a.png"
        assert lay_out(tmp_path / name, *words) == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "a.png").exists()


def test_another_network_by_that_name_is_refused(
    corpus: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_atlas, "network_of", lambda *_: whole_network())
    words = "--layer", "relu3b", "--method", "pca", "--atlas", tmp_path / "a.png"
    assert lay_out(corpus, *words) == 2
    assert "is not as it was when" in capsys.readouterr().err


@pytest.mark.slow(seconds=90)
def test_pictures_of_photographs_are_more_like_their_own_cell_than_like_any_other(
    shared_images: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(map_atlas, "icon_recipe", icon_recipe)
    folder = tmp_path / "photographs"
    folder.mkdir()
    for path in sorted(shared_images.iterdir())[::5]:
        (folder / path.name).symlink_to(path)
    scan(load_network("pocket"), folder, layers=["conv5", "logits"], out=tmp_path / "scan")
    words = tmp_path / "scan", "--layer", "conv5", "--atlas", tmp_path / "a.png", "--no-store"
    assert lay_out(*words, "--json") == 0
    atlas = json.loads(capsys.readouterr().out)["atlas"]
    count = len(atlas["cells"])
    assert count >= 8
    assert atlas["own"] >= 0.9 * count  # by chance one would be
