"""A small dataset in the layout of Tiny-ImageNet-200, made of plain colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.lab.pocket.pictures import Pictures

if TYPE_CHECKING:
    from pathlib import Path

COLOURS = {"n02": (250, 10, 10), "n01": (10, 250, 10), "n03": (10, 10, 250)}


def write_colour(path: Path, colour: tuple[int, int, int], side: int = 64) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (side, side), colour).save(path, "JPEG", quality=95)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny"
    for wnid, colour in COLOURS.items():
        for i in range(2):
            write_colour(folder / "train" / wnid / "images" / f"{wnid}_{i}.JPEG", colour)
    rows = []
    for i, (wnid, colour) in enumerate(COLOURS.items()):
        write_colour(folder / "val" / "images" / f"val_{i}.JPEG", colour)
        rows.append(f"val_{i}.JPEG\t{wnid}\t0\t0\t63\t63\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(rows))
    (folder / "wnids.txt").write_text("\n".join(COLOURS) + "\n")
    return folder


@pytest.fixture
def pictures() -> Pictures:
    """64 pictures of four classes, told apart by colour."""
    chance = np.random.default_rng(0)
    classes = torch.arange(64) % 4
    pixels = torch.from_numpy(chance.integers(0, 60, (64, 64, 64, 3), dtype=np.uint8))
    for k, colour in enumerate([(190, 0, 0), (0, 190, 0), (0, 0, 190), (190, 190, 0)]):
        pixels[classes == k] += torch.tensor(colour, dtype=torch.uint8)
    return Pictures(pixels, classes)
