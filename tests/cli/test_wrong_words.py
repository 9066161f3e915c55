"""Wrong words on the command line: one line each that names what is wrong and what was meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from deepvis_app.cli.explaining import nearest_labels
from deepvis_app.cli.folders import is_file_name
from deepvis_app.cli.main import run_command_line

PICTURE = ("explain", "--image", "p.png")
MAKE = ("synthesize", "--layer", "conv1", "--units", "0")

WRONG = [
    (("lyers", "pocket"), "No such command 'lyers'. Did you mean 'layers'? Try 'deepvis --help'."),
    (("--sorce", "demo"), "No such option: --sorce. Did you mean --source? Try"),
    ((*MAKE[:3], "--unit", "3", "--out", "o"), "No such option: --unit. Did you mean --units? Try"),
    (("layers", "resnt18"), "Unknown network 'resnt18'. Did you mean torchvision:resnet18 or "),
    (("layers", "pocket", "--weights", "gone.pth"), "There is no file gone.pth. Check the path."),
    ((*PICTURE, "--out", "a.xyz"), "a.xyz has the extension .xyz, which says no format"),
    ((*PICTURE, "--out", "a.xyz"), "Use .png or .jpg or .jpeg"),
    (("explain", "--image", ".", "--out", "a.png"), "a.png is one file, and . a folder"),
    (("explain", "--image", "gone.jpg", "--out", "a"), "gone.jpg is not there. Check the path."),
    ((*PICTURE, "--out", "a", "--unit", "goldfsh"), "no class 'goldfsh'. Use 'goldfish'."),
    ((*PICTURE, "--out", "a", "--unit", "conv4"), "That is a layer: give it with --layer conv4"),
    ((*PICTURE, "--out", "a", "--unit", "zzzz"), "Give the class's number, 0 to 199."),
    ((*PICTURE, "--out", "a", "--layer", "CONV4"), "no layer 'CONV4'. Use conv4."),
    ((*MAKE, "--out", "o.png"), "o.png looks like a file, and a folder is wanted."),
    ((*MAKE, "--out", "p.png"), "p.png looks like a file"),
    ((*MAKE, "--out", "o", "--set", "optimise.steps=9"), "Did you mean stop.steps?"),
    (("store", "export", "x.zip"), "x.zip looks like a file"),
    (("train", "export", ".", "x.zip"), "Use .safetensors."),
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), WRONG, ids=[" ".join(w) for w, _ in WRONG])
@pytest.mark.usefixtures("private_folders")
def test_one_line_says_it(
    words: tuple[str, ...],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("p.png")
    assert run_command_line(lambda _: 0, words) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.startswith("deepvis: ")
    assert said.count("\n") == 1
    assert not any(double in said for double in ("?.", "..", ".?", ". .", "[Errno"))


def test_a_path_is_named_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = f"{tmp_path}/p.png/below"
    Image.new("RGB", (8, 8)).save(f"{tmp_path}/p.png")
    assert run_command_line(lambda _: 0, (*MAKE, "--no-store", "--out", out)) == 2
    said = capsys.readouterr().err
    assert said.count(out) == 1
    assert "cannot be used: Not a directory." in said


def test_a_folder_may_have_a_version_or_a_date() -> None:
    assert not any(map(is_file_name, map(Path, ("run.1", "2024.11.29", "plain", "."))))
    assert all(map(is_file_name, map(Path, ("a.png", "b.JPG", "v1.2.tiff"))))


def test_labels_are_suggested_by_whole_words_then_by_spelling() -> None:
    labels = [
        "catamaran",
        "tabby, tabby cat",
        "Persian cat",
        "African elephant",
        "Loxodonta africana",
    ]
    assert nearest_labels("cat", labels) == ["tabby, tabby cat", "Persian cat"]
    assert nearest_labels("Elefant", labels) == ["African elephant"]
    assert nearest_labels("tama", labels) == ["catamaran"]
    assert nearest_labels("conv4", labels) == []
