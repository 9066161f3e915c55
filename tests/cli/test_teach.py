"""`deepvis directions teach`: a concept from two folders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from deepvis_app.cli.main import run_command_line
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.nets import load_network
from deepvis_app.nets.directions_file import read_directions
from tests.drawn import picture

if TYPE_CHECKING:
    from pathlib import Path

LAYER = "relu3b"


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


def folder(path: Path, kind: int, count: int = 12, first: int = 0) -> Path:
    path.mkdir()
    for number in range(first, first + count):
        Image.fromarray(picture(kind, number)).save(path / f"{kind}-{number:02}.png")
    return path


@pytest.fixture
def circles(tmp_path: Path) -> Path:
    return folder(tmp_path / "circles", 0)


@pytest.fixture
def stripes(tmp_path: Path) -> Path:
    return folder(tmp_path / "stripes", 3)


def test_a_concept_is_learnt_told_of_kept_and_used(
    circles: Path, stripes: Path, capsys: pytest.CaptureFixture[str]
):
    Image.open(circles / "0-03.png").save(circles / "again.png")
    (stripes / "broken.png").write_bytes(b"no picture")
    assert call("directions", "teach", circles, stripes, "--layer", LAYER, "--json") == 0
    told = capsys.readouterr()
    assert "broken.png" in told.err
    facts = json.loads(told.out)
    assert (facts["inside"], facts["outside"], facts["copies"]) == (12, 12, 1)
    assert facts["accuracy"] > 0.9
    assert facts["accuracy_low"] < facts["accuracy"] <= facts["accuracy_high"]
    assert abs(facts["shuffled"] - 0.5) < 0.15
    assert facts["is_better"]
    (kept,) = DirectionsShelf().all()
    assert str(kept.path) == facts["file"]
    assert (kept.about.layer, kept.about.name) == (LAYER, "circles")
    assert kept.about.network == load_network("pocket").fingerprint
    assert "12 pictures of it and 12 of others" in kept.about.made
    directions, _ = read_directions(kept.path)
    assert directions.names == ("circles",)
    assert directions.words(0).startswith(f"{facts['explained']:.1%} of variance")
    assert f"near unit {facts['nearest']}: cos {facts['cosine']:.2f}" in directions.words(0)
    assert call("layers", "pocket", "--directions", kept.path, "--json") == 0
    layers = [row["name"] for row in json.loads(capsys.readouterr().out)["layers"]]
    assert f"{LAYER}~{directions.by_content('circles')}" in layers


def test_for_a_person_it_is_said_in_lines_and_written_where_one_wants(
    circles: Path, stripes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "round.safetensors"
    assert call("directions", "teach", circles, stripes, "--layer", LAYER, "--name", "round",
                "--out", out) == 0  # fmt: skip
    said = capsys.readouterr().out
    for words in ("12 pictures of it, 12 of others", "of held-out pictures right", "nearest   unit",
                  "with shuffled labels", "verdict   Better than chance",
                  f"written   {out}"):  # fmt: skip
        assert words in said
    assert DirectionsShelf().all() == []
    directions, about = read_directions(out)
    assert (directions.names, about.name, about.layer) == (("round",), "round", LAYER)


def test_a_name_is_one_line_and_a_blank_one_is_none(
    circles: Path, stripes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    long = folder(tmp_path / ("round" * 50), 0)
    for inside, name, wanted in (
        (circles, "  ", "circles"),
        (circles, "a\nb", "a b"),
        (long, "", ("round" * 50)[:59] + "…"),
    ):
        out = tmp_path / "out.safetensors"
        given = ("directions", "teach", inside, stripes, "--layer", LAYER, "--out", out)
        assert call(*given, "--name", name) == 0
        assert read_directions(out)[0].names == (wanted,)
    capsys.readouterr()


def test_what_means_nothing_is_said_to_be_no_better_than_chance(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    one, other = folder(tmp_path / "one", 1), folder(tmp_path / "other", 1, first=12)
    assert call("directions", "teach", one, other, "--layer", "relu5") == 0
    assert "Not better than chance" in capsys.readouterr().out


def test_what_will_not_do_is_said_in_a_line(
    circles: Path, stripes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    few, empty = folder(tmp_path / "few", 4, count=7), tmp_path / "empty"
    empty.mkdir()
    cases = [
        ((circles, few, "--layer", LAYER), "12 pictures show the concept and 7 do not", "3 more"),
        ((few, circles, "--layer", LAYER), "7 pictures show the concept", "3 more of what it is"),
        ((circles, empty, "--layer", LAYER), "There are no pictures in", "Choose a folder"),
        ((circles, tmp_path / "none", "--layer", LAYER), "There is no folder", "Check"),
        ((circles, circles, "--layer", LAYER), "12 pictures are on both sides", "one or the other"),
        ((circles, stripes, "--layer", "relu9"), "no layer 'relu9'", "Use relu5"),
        ((circles, stripes, "--layer", LAYER, "--net", "none.pt2"), "none.pt2", ""),
        ((circles, stripes, "--layer", LAYER, "--out", "/proc/none/x"), "cannot be written", ""),
    ]
    for words, cause, remedy in cases:
        assert call("directions", "teach", *words) == 2
        error = capsys.readouterr().err
        assert cause in error
        assert remedy in error
        assert error.count("\n") == 1
