"""Maps from the command line: a picture, a table, figures, and what cannot be."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deepvis_app.cli import mapping
from deepvis_app.cli.main import run_command_line
from deepvis_app.corpus import load_corpus, scan
from deepvis_app.corpus.folder import Folder
from tests.corpus.tiny import Pictures, whole_network

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photos = tmp_path_factory.mktemp("photos")
    for number, image in enumerate(Pictures(24, seed=1).images):
        path = photos / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image * 60).save(path)
    out = tmp_path_factory.mktemp("out") / "corpus"
    scan(whole_network(), photos, out=out)
    return out


def lay_out(*words: object) -> int:
    return run_command_line(lambda _: 0, ["map", *map(str, words)])


def test_a_map_is_written_as_a_picture_and_a_table(corpus: Path, tmp_path: Path) -> None:
    picture, table = tmp_path / "map.png", tmp_path / "map.csv"
    words = corpus, "--layer", "both", "--method", "pca", "--out", picture, "--out", table
    assert lay_out(*words) == 0
    with Image.open(picture) as image:
        assert len(image.getcolors(1 << 20) or ()) > 20
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    plan = load_corpus(corpus).plan
    assert [int(row["id"]) for row in rows] == sorted(plan.ids.tolist())
    assert all(Path(row["path"]).is_file() for row in rows)
    assert {row["class"] for row in rows} == {"a", "b"}
    assert all(f"/{row['class']}/" in row["path"].replace("\\", "/") for row in rows)
    reach = [float(row["x"]) ** 2 + float(row["y"]) ** 2 for row in rows]
    assert max(reach) == pytest.approx(1)


def test_the_second_time_nothing_is_laid_out(
    corpus: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = corpus, "--layer", "deep", "--perplexity", 5, "--json"
    assert lay_out(*words) == 0
    first = capsys.readouterr().out
    facts = json.loads(first)
    assert (facts["pictures"], facts["layer"], facts["left_out"]) == (24, "deep", 0)
    assert facts["divergence"] > 0
    monkeypatch.delattr(mapping, "shares")
    assert lay_out(*words) == 0
    assert capsys.readouterr().out == first


def test_figures_say_how_far_a_map_is_to_be_trusted(corpus: Path, capsys: Capture) -> None:
    words = corpus, "--layer", "both", "--method", "pca", "--figures"
    assert lay_out(*words, "--json") == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["held_out"] == 24
    assert 0 < figures["recall"] <= 1
    assert 0.5 < figures["trustworthiness"] <= 1
    assert lay_out(*words) == 0
    told = capsys.readouterr().out
    assert f"trustworthiness {figures['trustworthiness']:.3f} (10 neighbours; 1 is best)" in told
    assert f"{figures['class_hits']:.2f} times chance, 24 held-out pictures placed" in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--layer nothing", "The layer nothing was not scanned. Scan again with this layer."),
        ("--layer both --out map.mp3", "map.mp3 has the extension .mp3"),
        ("--layer both --perplexity 1", "Invalid value for '--perplexity'"),
        ("--layer both --perplexity nan", "Invalid value for '--perplexity': nan is no number."),
        ("--layer=", "The name of the layer is empty. Use one, or another one."),
        ("--layer both --atlas a.svg", "a.svg has the extension .svg"),
        ("--layer one --method umap", "Invalid value for '--method'"),
        ("", "Missing option '--layer'"),
    ],
)
def test_what_cannot_be_is_one_line(corpus: Path, words: str, said: str, capsys: Capture) -> None:
    assert lay_out(corpus, *words.split()) == 2
    told = capsys.readouterr()
    assert told.err.count("\n") == 1
    assert said in told.err
    assert not told.out


@pytest.mark.parametrize("name", ["", " "])
def test_a_corpus_without_a_name_is_none(
    corpus: Path, name: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus)  # which is what an empty path stands for
    assert lay_out(name, "--layer", "both") == 2
    assert capsys.readouterr().err.startswith("deepvis: The name of the corpus is empty. ")


@pytest.mark.parametrize("option", ["--out", "--atlas"])
def test_where_nothing_can_be_written_nothing_is_laid_out(
    corpus: Path, option: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(mapping, "codes_of")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for name, why in (
        ("folder.png", "it is a folder"),
        ("file/a/map.png", f"{tmp_path / 'file'} is no folder"),
    ):
        assert lay_out(corpus, "--layer", "both", option, tmp_path / name) == 2
        told = capsys.readouterr().err
        assert told.startswith(f"deepvis: {tmp_path / name} cannot be written: {why}. Choose ")
        assert told.count("\n") == 1


def test_folders_on_the_way_to_a_file_are_made(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "not" / "there" / "map.csv"
    assert lay_out(corpus, "--layer", "one", "--method", "pca", "--out", out) == 0
    assert len(out.read_text().splitlines()) == 25


def test_a_map_that_cannot_be_kept_is_written_all_the_same(tmp_path: Path, capsys: Capture) -> None:
    scan(whole_network(), Pictures(12), out=tmp_path / "whole")
    (tmp_path / "whole" / "maps").touch()  # where the folder of maps should be
    out = tmp_path / "map.csv"
    assert lay_out(tmp_path / "whole", "--layer", "both", "--method", "pca", "--out", out) == 0
    told = capsys.readouterr()
    assert told.err.startswith(f"deepvis: The map cannot be kept in {tmp_path / 'whole' / 'maps'}")
    assert told.err.count("\n") == 1
    assert len(out.read_text().splitlines()) == 13


def test_a_perplexity_that_few_pictures_do_not_allow_is_told(corpus: Path, capsys: Capture) -> None:
    words = corpus, "--layer", "both", "--perplexity"
    assert lay_out(*words, 7, "--json") == 0
    assert json.loads(capsys.readouterr().out)["perplexity"] == 7
    assert lay_out(*words, 50, "--json") == 0
    assert json.loads(capsys.readouterr().out)["perplexity"] == pytest.approx(23 / 3)
    assert lay_out(*words, 50) == 0
    said = "perplexity      7.67 in place of 50: 24 pictures have no neighbours for more\n"
    assert said in capsys.readouterr().out


def test_of_few_pictures_fewer_neighbours_are_looked_at_and_that_is_said(
    tmp_path: Path, capsys: Capture
) -> None:
    scan(whole_network(), Pictures(12), out=tmp_path / "few")
    words = tmp_path / "few", "--layer", "both", "--method", "pca", "--figures"
    assert lay_out(*words) == 0
    told = capsys.readouterr().out
    assert "(5 neighbours; 1 is best)" in told
    assert "of the nearest 5 codes are nearest here" in told


def test_few_pictures_make_no_map(tmp_path: Path, capsys: Capture) -> None:
    scan(whole_network(), Pictures(9), out=tmp_path / "few")
    assert lay_out(tmp_path / "few", "--layer", "both") == 2
    told = capsys.readouterr().err
    assert told.endswith("has 9 pictures that were scanned, a map needs 10. Scan more pictures.\n")


def test_codes_that_are_no_numbers_make_no_map(tmp_path: Path, capsys: Capture) -> None:
    network = whole_network()
    with_nan = network.module.deep.bias  # type: ignore[union-attr]
    with_nan.data[:] = np.nan  # type: ignore[union-attr, operator]
    scan(network, Pictures(12), out=tmp_path / "nan")
    assert lay_out(tmp_path / "nan", "--layer", "deep") == 2
    told = capsys.readouterr().err
    assert told.startswith("deepvis: deep gave NaN or infinity on 12 of 12 pictures: no map of it")
    assert told.endswith(". Choose another layer.\n")
    assert lay_out(tmp_path / "nan", "--layer", "both", "--method", "pca") == 0


def test_stopped_it_leaves_nothing_behind(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    before = Folder(corpus).maps()
    monkeypatch.setattr(mapping, "shares", stopped)
    out = tmp_path / "map.png"
    assert lay_out(corpus, "--layer", "one", "--seed", 3, "--out", out) == 130
    assert not out.exists()
    assert Folder(corpus).maps() == before


def test_a_scan_knows_its_maps_as_its_own_and_removes_them(tmp_path: Path) -> None:
    out = tmp_path / "whole"
    scan(whole_network(), Pictures(12), out=out)
    assert lay_out(out, "--layer", "both", "--method", "pca") == 0
    assert len(Folder(out).maps()) == 1
    assert Folder(out).strangers() == []
    Folder(out).remove()
    assert not out.exists()
