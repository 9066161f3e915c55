"""The pictures that `pocket` learns from, decoded once into one file that memory maps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image

from deepvis_app.errors import UserError
from deepvis_app.files import whole, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    Report = Callable[[int, int], None]

SIDE = 64  # pixels
_FORMATS = ("JPEG", "PNG")
_REMEDY = "Extract the dataset again"


@dataclass(frozen=True, slots=True)
class Pictures:
    """Square pictures and their classes: uint8 (N, 64, 64, 3) RGB and int64 (N,)."""

    pixels: Tensor
    classes: Tensor

    def __len__(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, slots=True)
class TinyImageNet:
    """An extracted Tiny-ImageNet-200: where each picture lies and which of the 200 it shows."""

    folder: Path
    wnids: tuple[str, ...]  # sorted; the position is the class

    @classmethod
    def at(cls, folder: str | Path) -> TinyImageNet:
        """Open the dataset's folder, the one with `train`, `val` and `wnids.txt` in it."""
        folder = Path(folder)
        listing = folder / "wnids.txt"
        if not listing.is_file() or not (folder / "train").is_dir():
            raise UserError(
                f"{folder} is not an extracted Tiny-ImageNet-200",
                "Give the folder that holds train, val and wnids.txt",
            )
        return cls(folder, tuple(sorted(listing.read_text(encoding="utf-8").split())))

    def train_files(self) -> list[tuple[Path, int]]:
        return [
            (path, k)
            for k, wnid in enumerate(self.wnids)
            for path in sorted((self.folder / "train" / wnid / "images").glob("*.JPEG"))
        ]

    def validation_files(self) -> list[tuple[Path, int]]:
        index = {wnid: k for k, wnid in enumerate(self.wnids)}
        text = (self.folder / "val" / "val_annotations.txt").read_text(encoding="utf-8")
        rows = [line.split("\t") for line in text.splitlines()]
        return [(self.folder / "val" / "images" / row[0], index[row[1]]) for row in rows]

    def train(self, cache: Path, report: Report | None = None) -> Pictures:
        return _decoded(self.train_files(), cache / "tiny-imagenet-train", report)

    def validation(self, cache: Path, report: Report | None = None) -> Pictures:
        return _decoded(self.validation_files(), cache / "tiny-imagenet-val", report)


def _decoded(files: Sequence[tuple[Path, int]], target: Path, report: Report | None) -> Pictures:
    if not files:
        raise UserError("The dataset's folder holds no pictures", _REMEDY)
    pixels, stamp = target.with_suffix(".npy"), target.with_suffix(".json")
    names = [[path.name, k] for path, k in files]
    if not (pixels.is_file() and stamp.is_file() and json.loads(stamp.read_text()) == names):
        stamp.unlink(missing_ok=True)
        _decode(files, pixels, report)
        write_whole(stamp, json.dumps(names))
    array = np.load(pixels, mmap_mode="c")  # copy on write: torch wants a writable array
    return Pictures(torch.from_numpy(array), torch.tensor([k for _, k in files]))


def _decode(files: Sequence[tuple[Path, int]], target: Path, report: Report | None) -> None:
    shape = (len(files), SIDE, SIDE, 3)
    with whole(target) as draft:
        array = np.lib.format.open_memmap(draft, mode="w+", dtype=np.uint8, shape=shape)
        for i, (path, _) in enumerate(files):
            array[i] = _picture(path)
            if report is not None and i % 1000 == 0:
                report(i, len(files))
        array.flush()


def _picture(path: Path) -> NDArray[np.uint8]:
    try:
        with Image.open(path, formats=_FORMATS) as picture:
            if picture.size != (SIDE, SIDE):
                raise UserError(f"{path} is not a {SIDE}-pixel picture", _REMEDY)
            return np.asarray(picture.convert("RGB"))
    except UserError:
        raise
    except Exception as error:  # decoders raise anything
        raise UserError(f"{path} is not a picture that can be read", _REMEDY) from error
