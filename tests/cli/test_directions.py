"""`deepvis directions`, and commands that use directions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import save_file

from deepvis_app import paths
from deepvis_app.cli.main import run_command_line
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.nets import Directions, load_network
from deepvis_app.nets.directions_file import AboutDirections, read_directions, write_directions

if TYPE_CHECKING:
    from pathlib import Path

LAYER = "relu3b"


@pytest.fixture(scope="module")
def width() -> int:
    return load_network("pocket").layer(LAYER).unit_count


@pytest.fixture
def sae(tmp_path: Path, width: int) -> Path:
    path = tmp_path / "my sae.safetensors"
    generator = torch.Generator().manual_seed(0)
    save_file({"W_enc": torch.randn(width, 20, generator=generator)}, path)
    return path


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, [str(word) for word in words])


def test_an_autoencoder_is_added_listed_exported_used_and_removed(
    sae: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert call("directions", "add-sae", sae, "--layer", LAYER) == 0
    (kept,) = DirectionsShelf().all()
    assert kept.path.parent == paths.directions_dir()
    assert (kept.about.layer, kept.about.name) == (LAYER, "my-sae")
    capsys.readouterr()
    assert call("directions", "list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["network"] == load_network("pocket").fingerprint
    assert call("directions", "list") == 0
    assert "my-sae" in capsys.readouterr().out
    out = tmp_path / "out.safetensors"
    assert call("directions", "export", "my-sae", "--out", out) == 0
    directions, _ = read_directions(out)
    capsys.readouterr()
    assert call("layers", "pocket", "--directions", out, "--json") == 0
    layers = {row["name"]: row for row in json.loads(capsys.readouterr().out)["layers"]}
    name = f"{LAYER}~{directions.by_content('my-sae')}"
    assert (layers[name]["kind"], layers[name]["units"]) == ("Directions", 20)
    assert call("directions", "rm", "my-sae") == 0
    assert DirectionsShelf().all() == []


def test_other_commands_take_them(tmp_path: Path, width: int, capsys: pytest.CaptureFixture[str]):
    directions = Directions(torch.eye(width)[:3], names=["one", "two", "three"])
    file = tmp_path / "d.safetensors"
    write_directions(file, directions, AboutDirections(LAYER, "own"))
    layer = f"{LAYER}~{directions.by_content('own')}"
    out = tmp_path / "images"
    assert call("synthesize", "--layer", layer, "--units", 1, "--directions", file, "--out", out,
                "--recipe", "fast-preview", "--set", "stop.steps=2") == 0  # fmt: skip
    (picture,) = out.glob("*.png")
    assert picture.name.startswith(f"{layer.replace('~', '-')}_1_")
    seen = tmp_path / "why.png"
    assert call("explain", "--image", picture, "--layer", layer, "--unit", "two",
                "--method", "guided", "--directions", file, "--out", seen) == 0  # fmt: skip
    assert seen.is_file()
    capsys.readouterr()
    assert call("explain", "--image", picture, "--layer", layer, "--unit", "twoo",
                "--directions", file, "--out", seen) == 2  # fmt: skip
    assert "no direction 'twoo'" in capsys.readouterr().err


def test_what_will_not_do_is_said_in_a_line(
    sae: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    cases = [
        (("directions", "add-sae", sae, "--layer", "conv1"), "conv1 has"),
        (("directions", "add-sae", tmp_path / "none.safetensors", "--layer", LAYER), "no file"),
        (("directions", "rm", "nothing"), "No directions are called nothing"),
        (("directions", "export", "nothing", "--out", tmp_path / "a"), "No directions are called"),
        (("layers", "pocket", "--directions", sae), "no directions of deepvis"),
    ]
    for words, said in cases:
        assert call(*words) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
