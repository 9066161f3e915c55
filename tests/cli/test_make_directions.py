"""`deepvis directions make`: directions of a scan's codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.cli.main import run_command_line
from deepvis_app.corpus import load_corpus
from deepvis_app.corpus.dictionaries.patches import code_steps
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.nets import load_network
from deepvis_app.nets.directions_file import read_directions
from deepvis_app.pieces import finished
from tests.drawn import draw

if TYPE_CHECKING:
    from pathlib import Path

LAYER = "relu3b"
PLACES = ("--places", 600)


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


@pytest.fixture
def corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    folder = draw(tmp_path / "drawn")
    assert call("scan", folder, "--net", "pocket", "--layers", LAYER, "--layers", "conv3b") == 0
    capsys.readouterr()
    return "drawn"


def test_components_are_made_kept_listed_and_used(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("directions", "make", corpus, "--layer", LAYER, "--method", "pca", "--count", 5,
                *PLACES, "--json") == 0  # fmt: skip
    facts = json.loads(capsys.readouterr().out)
    (kept,) = DirectionsShelf().all()
    assert facts["file"] == str(kept.path)
    assert (facts["layer"], facts["directions"], len(facts["each"])) == (LAYER, 5, 5)
    directions, about = read_directions(kept.path)
    assert facts["name"] == directions.by_content("pca")
    assert about.made.startswith("principal components of 5 directions, from ")
    network = load_network("pocket")
    folder = Corpora(default_folder()).named(corpus)
    codes = finished(code_steps(network, load_corpus(folder), LAYER, 600))
    held = torch.from_numpy(codes.held_out)
    rest = held - directions.reconstruction(directions.on_codes(held))
    missed = rest.square().sum() / (held - held.mean(0)).square().sum()
    assert facts["figures"]["missed"] == pytest.approx(float(missed), rel=1e-3)
    assert about.figures["missed"] == facts["figures"]["missed"]
    assert call("layers", "pocket", "--directions", kept.path, "--json") == 0
    layers = [row["name"] for row in json.loads(capsys.readouterr().out)["layers"]]
    assert f"{LAYER}~{facts['name']}" in layers


def test_for_a_person_it_is_said_in_lines_and_written_where_one_wants(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "six.safetensors"
    assert call("directions", "make", corpus, "--layer", LAYER, "--count", 6, *PLACES,
                "--out", out) == 0  # fmt: skip
    said = capsys.readouterr().out
    for words in ("sparse dictionary of", "of the variance of", "directions active a place",
                  "as many of the layer’s own", "with r = ", "near unit", str(out)):  # fmt: skip
        assert words in said
    assert DirectionsShelf().all() == []
    directions, about = read_directions(out)
    assert (directions.relu, about.layer, about.name) == (True, LAYER, "sparse")


def test_what_will_not_do_is_said_in_a_line(
    corpus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    usual = ("directions", "make", corpus, "--layer")
    cases = [
        (("directions", "make", "nothing", "--layer", LAYER), "no corpus nothing"),
        ((*usual, "conv99"), "conv99"),
        ((*usual, LAYER, "--sparsity", 3), "sparsity = 3"),
        ((*usual, LAYER, "--method", "pca", "--count", 999), "principal components"),
        ((*usual, LAYER, "--count", 4000, *PLACES), "cannot be made of"),
        ((*usual, "conv3b", "--method", "nmf", "--count", 4, *PLACES), "below zero"),
        ((*usual, LAYER, "--net", "torchvision:squeezenet1_1@none"), "another network"),
    ]
    for words, said in cases:
        assert call(*words) == 2, words
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
