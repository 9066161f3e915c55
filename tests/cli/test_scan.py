"""Scanning from the command line, and looking after what was scanned."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app.cli import loading, scanning
from deepvis_app.cli.main import run_command_line
from deepvis_app.corpus import load_corpus
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.nets import Unit
from tests.corpus.tiny import SIZE, Pictures, whole_network

Capture = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def whole_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    def loaded(*_: object) -> Any:
        return whole_network(name="Whole", spec="whole")

    monkeypatch.setattr(scanning, "loaded", loaded)
    monkeypatch.setattr(loading, "loaded", loaded)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for number, image in enumerate(Pictures(12, seed=1).images):
        path = folder / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    (folder / "a" / "broken.png").write_bytes(b"nothing")
    return folder


def call(*words: object) -> int:
    return run_command_line(lambda _: 0, list(map(str, words)))


def scan(*words: object) -> int:
    return call("scan", *words, "--device", "cpu")


def only_one() -> Path:
    (info,) = Corpora(default_folder()).infos()
    return info.path


def test_a_folder_is_scanned(pictures: Path, capsys: Capture) -> None:
    assert scan(pictures) == 0
    told = capsys.readouterr().out
    assert "photos: 13 of 13 pictures of 2 classes scanned" in told
    assert "1 pictures cannot be read" in told
    assert "broken.png: " in told
    found = load_corpus(only_one())
    assert found.is_complete
    assert len(found.layers) == 7
    assert found.top(Unit("deep", 0))


def test_options_say_how(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "mine"
    words = "--layers deep --layers two --top-k 3 --score mean --batch 5 --decode full --name Mine"
    assert scan(pictures, *words.split(), "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "Mine"
    assert told["path"] == str(out)
    assert told["layers"] == ["deep", "two"]
    assert told["units"] == 9
    assert (told["pictures"], told["scanned"], told["faults"]) == (13, 13, 1)
    assert list(told["faults_listed"]) == ["a/broken.png"]
    manner = load_corpus(out).manner
    assert (manner.top_k, manner.score.value, manner.batch, manner.reduced) == (3, "mean", 5, False)


def test_the_same_scan_has_the_same_place_and_others_have_others(pictures: Path) -> None:
    assert scan(pictures) == scan(pictures) == scan(pictures, "--top-k", 3) == 0
    assert scan(pictures, "--layers", "deep") == 0
    assert len(Corpora(default_folder()).infos()) == 3


def test_a_list_is_scanned(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    paths = sorted(pictures.rglob("[0-9]*.png"))[:5]
    listed = tmp_path / "some.txt"
    listed.write_text("".join(f"{path}\n" for path in paths))
    assert scan(listed, "--json") == 0
    assert json.loads(capsys.readouterr().out)["pictures"] == 5


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nowhere"], "There is no folder"),
        (["PHOTOS", "--layers", "conv9"], "has no layer"),
        (["PHOTOS", "--top-k", "0"], "top-k"),
        (["PHOTOS", "--workers", "0"], "workers"),
        (["PHOTOS", "--score", "most"], "score"),
        ([], "FOLDER|LIST"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: list[str], why: str, pictures: Path, capsys: Capture
) -> None:
    assert scan(*(pictures if word == "PHOTOS" else word for word in words)) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert why in told.err
    assert told.err.count("\n") == 1


def test_what_was_scanned_is_listed(pictures: Path, capsys: Capture) -> None:
    assert call("corpus", "list") == 0
    assert "Nothing is scanned yet" in capsys.readouterr().out
    scan(pictures, "--name", "Mine")
    (default_folder() / "damaged" / "states").mkdir(parents=True)
    capsys.readouterr()
    assert call("corpus", "list") == 0
    told = capsys.readouterr()
    assert "Mine  Whole    13 of 13" in told.out
    assert told.err.startswith("deepvis: damaged: There is no corpus in")
    assert call("corpus", "list", "--json") == 0
    mine, damaged = json.loads(capsys.readouterr().out)
    assert (mine["name"], mine["scanned"], mine["problem"]) == ("Mine", 13, "")
    assert damaged["problem"]
    assert call("corpus", "info", "Mine", "--json") == 0
    assert json.loads(capsys.readouterr().out)["path"] == mine["path"]


def test_what_was_scanned_is_removed(pictures: Path, capsys: Capture) -> None:
    scan(pictures)
    path = only_one()
    assert call("corpus", "remove", "photos", "--yes") == 0
    assert not path.exists()
    assert len(list(pictures.rglob("*.png"))) == 13
    capsys.readouterr()
    assert call("corpus", "remove", "photos", "--yes") == 2
    assert "There is no corpus photos" in capsys.readouterr().err


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_an_export(pictures: Path, tmp_path: Path, capsys: Capture) -> None:
    scan(pictures)
    found, out = load_corpus(only_one()), tmp_path / "exported"
    assert call("corpus", "export", "photos", out, "--crops", "--layers", "deep") == 0
    units = rows_of(out / "units.csv")
    state = found.stats("deep")
    assert [float(row["mean"]) for row in units] == state.mean.tolist()
    assert [row["dead"] for row in units] == [str(bool(one)) for one in state.dead]
    listed = rows_of(out / "pictures.csv")
    top = [row for row in listed if row["unit"] == "1" and row["end"] == "top"]
    patches = found.top(Unit("deep", 1))
    assert [float(row["value"]) for row in top] == [patch.value for patch in patches]
    assert [row["picture"] for row in top] == [
        str(patch.path.relative_to(pictures)) for patch in patches
    ]
    for row, patch in zip(top, patches, strict=True):
        with Image.open(patch.path) as picture, Image.open(out / row["crop"]) as crop:
            top_, left, bottom, right = patch.box
            whole = np.asarray(picture)
            assert whole.shape[:2] == (SIZE, SIZE)  # the network sees it as it is
            np.testing.assert_array_equal(np.asarray(crop), whole[top_:bottom, left:right])
    data = json.loads((out / "corpus.json").read_text())
    assert data["classes"] == ["a", "b"]
    assert [one["value"] for one in data["units"][1]["patches"] if one["end"] == "top"] == [
        patch.value for patch in patches
    ]


def test_an_export_leaves_out_what_changed_since(pictures: Path, tmp_path: Path) -> None:
    scan(pictures)
    changed = load_corpus(only_one()).top(Unit("deep", 0))[0].path
    changed.write_bytes(b"nothing at all")
    assert call("corpus", "export", "photos", tmp_path / "out", "--crops") == 0
    listed = rows_of(tmp_path / "out" / "pictures.csv")
    for row in listed:
        assert bool(row["crop"]) == (row["picture"] != str(changed.relative_to(pictures)))


@pytest.mark.skipif(os.name == "nt", reason="needs signals")
@pytest.mark.slow(seconds=15)
def test_ctrl_c_says_how_to_go_on(tmp_path: Path, shared_images: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "deepvis_app", "scan", str(shared_images), "--out", str(out)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    while not (out / "corpus.json").exists():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 130
    assert errors == "deepvis: Stopped. 0 of 500 pictures are kept; the same command goes on.\n"
    done = subprocess.run(
        [*command, "--json"], capture_output=True, check=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert json.loads(done.stdout)["scanned"] == 500
