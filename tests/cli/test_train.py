from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from deepvis_app.cli.train import app
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """One batch of pictures in the layout of Tiny-ImageNet-200."""
    folder, chance = tmp_path / "tiny", np.random.default_rng(0)
    for wnid in ("n01", "n02"):
        images = folder / "train" / wnid / "images"
        images.mkdir(parents=True)
        for i in range(65):
            noise = chance.integers(0, 256, (64, 64, 3), dtype=np.uint8)
            Image.fromarray(noise).save(images / f"{i}.JPEG", "JPEG")
    validation = folder / "val" / "images"
    validation.mkdir(parents=True)
    for i in range(10):
        Image.new("RGB", (64, 64), (20 * i, 0, 0)).save(validation / f"{i}.JPEG", "JPEG")
    rows = [f"{i}.JPEG\tn02\t0\t0\t63\t63" for i in range(10)]
    (folder / "val" / "val_annotations.txt").write_text("\n".join(rows))
    (folder / "wnids.txt").write_text("n02\nn01\n")
    return folder


def said(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_train_resume_export_evaluate(dataset: Path, tmp_path: Path) -> None:
    run, file = tmp_path / "run", tmp_path / "net.safetensors"
    first = said("pocket", dataset, "--out", run, "--epochs", 1)
    assert "step 1/1" in first
    assert "validation: top-1" in first
    again = said("pocket", dataset, "--out", run, "--epochs", 2, "--measure-every", 5)
    assert "step 2/2" in again
    assert "step 1/" not in again
    assert str(file) in said("export", run, file)

    picture = tmp_path / "conv1.png"
    told = said("evaluate", dataset, "--weights", file, "--side", 64, "--picture", picture)
    top1 = re.search(r"10 validation pictures at 64 px: top-1 ([\d.]+) %", told)
    assert top1
    assert 0 <= float(top1[1]) <= 100
    assert "relu5" in told
    assert "SqueezeNet 1.0 at 227 px" in told
    with Image.open(picture) as written:
        assert written.size == (8 * 60 + 4, 8 * 60 + 4)


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="Tiny-ImageNet-200"):
        said("evaluate", tmp_path)
