from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image

from deepvis_app.errors import UserError
from deepvis_app.lab.pocket.pictures import TinyImageNet

if TYPE_CHECKING:
    from pathlib import Path

GREEN, RED, BLUE = (10, 250, 10), (250, 10, 10), (10, 10, 250)  # sorted by wnid


def test_classes_are_the_sorted_wnids_and_pixels_are_rgb(dataset: Path, tmp_path: Path) -> None:
    train = TinyImageNet.at(dataset).train(tmp_path / "cache")
    assert train.pixels.shape == (6, 64, 64, 3)
    assert train.pixels.dtype == torch.uint8
    assert train.classes.tolist() == [0, 0, 1, 1, 2, 2]
    found = train.pixels.float().mean((1, 2))[::2]
    assert torch.allclose(found, torch.tensor([GREEN, RED, BLUE]).float(), atol=4)  # JPEG


def test_validation_takes_classes_from_the_annotations(dataset: Path, tmp_path: Path) -> None:
    found = TinyImageNet.at(dataset).validation(tmp_path / "cache")
    assert found.classes.tolist() == [1, 0, 2]
    middle = found.pixels[:, 32, 32].float()
    assert torch.allclose(middle, torch.tensor([RED, GREEN, BLUE]).float(), atol=4)


def test_pictures_are_decoded_once(dataset: Path, tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    for _ in range(2):
        TinyImageNet.at(dataset).train(
            tmp_path / "cache", lambda done, total: reports.append((done, total))
        )
    assert reports == [(0, 6)]


def test_a_changed_dataset_is_decoded_again(dataset: Path, tmp_path: Path) -> None:
    source = TinyImageNet.at(dataset)
    source.train(tmp_path / "cache")
    (dataset / "train" / "n01" / "images" / "n01_0.JPEG").unlink()
    assert len(source.train(tmp_path / "cache")) == 5


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"wnids\.txt"):
        TinyImageNet.at(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_a_damaged_picture_is_named(dataset: Path, tmp_path: Path, content: bytes) -> None:
    (dataset / "train" / "n03" / "images" / "n03_1.JPEG").write_bytes(content)
    with pytest.raises(UserError, match=r"n03_1\.JPEG"):
        TinyImageNet.at(dataset).train(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_picture_of_another_size_is_named(dataset: Path, tmp_path: Path) -> None:
    Image.new("RGB", (64, 32)).save(dataset / "train" / "n03" / "images" / "n03_1.JPEG", "JPEG")
    with pytest.raises(UserError, match="64-pixel"):
        TinyImageNet.at(dataset).train(tmp_path / "cache")
