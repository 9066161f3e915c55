"""A folder of one's own as a set: every subfolder is a class."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError, in_short
from deepvis_app.frames.decode import decode_picture
from deepvis_app.frames.listing import PICTURE_SUFFIXES, natural_key
from deepvis_app.frames.source import PictureError
from deepvis_app.lab.trainer.data.dataset import Raw
from deepvis_app.nets.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Report = Callable[[str, int, int], None]

MOST_SIDE = 64  # px, unless the plan says more
LEAST_SIDE = 4
MOST_BYTES = 4_000_000_000  # of all pictures together
MOST_CLASSES = 10_000
VAL_SHARE = 0.2
_LOOKED_AT = 25  # pictures whose size tells what all are made to
_FITTED = Preprocessing()  # how a picture becomes square: resized and cropped around its centre


def read_folder(folder: Path, side: int | None, report: Report | None = None) -> Raw:
    """Read all pictures below a folder's subfolders, made square: `side` px, or chosen by them.

    Pictures that cannot be read are left out and counted. Raises `UserError` where there are not
    two classes with pictures.
    """
    classes = _listed(folder)
    files = [(path, k) for k, (_, paths) in enumerate(classes) for path in paths]
    side = side or _side([path for path, _ in files])
    if len(files) * side * side * 3 > MOST_BYTES:
        raise UserError(
            f"{len(files)} pictures of {side} × {side} do not fit into memory",
            f"Set side to {max(LEAST_SIDE, int((MOST_BYTES / len(files) / 3) ** 0.5))} or less",
        )
    pictures: list[NDArray[np.uint8]] = []
    kept: list[tuple[Path, int]] = []
    fault = ""
    for number, (path, k) in enumerate(files):
        if report is not None and number % 50 == 0:
            report("Reading pictures", number, len(files))
        try:
            image = decode_picture(path, longest_px=1024)
        except PictureError as error:
            fault = fault or error.cause
            continue
        pictures.append(_FITTED.view(image, (3, side, side))[0])
        kept.append((path, k))
    return _raw(folder, [name for name, _ in classes], pictures, kept, len(files), fault)


def _raw(
    folder: Path,
    labels: list[str],
    pictures: list[NDArray[np.uint8]],
    kept: list[tuple[Path, int]],
    count: int,
    fault: str,
) -> Raw:
    notes = []
    if bad := count - len(kept):
        which = "1 picture" if bad == 1 else f"{bad} pictures"
        notes.append(f"{which} of {count} could not be read and {_was(bad)} left out: {fault}")
    left = sorted({k for _, k in kept})
    if len(left) < 2:
        why = f"only {labels[left[0]]} has pictures that can be read" if left else fault
        raise UserError(
            f"{folder} has no two classes: {why}", "Give a folder with a subfolder for each class"
        )
    if gone := [label for k, label in enumerate(labels) if k not in left]:
        notes.append(f"No picture of {', '.join(gone)} could be read: no class")
    classes = np.searchsorted(left, [k for _, k in kept]).astype(np.int64)
    stack = np.stack(pictures)
    return Raw(
        stack,
        classes,
        tuple(labels[k] for k in left),
        val_size=max(1, round(VAL_SHARE * len(kept))),
        grey=bool((stack == stack[..., :1]).all()),
        names=tuple(path.relative_to(folder).as_posix() for path, _ in kept),
        notes=tuple(notes),
    )


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _listed(folder: Path) -> list[tuple[str, list[Path]]]:
    """Return the classes with their pictures, in natural order. Raises `UserError`."""
    try:
        inside = [path for path in folder.iterdir() if not path.name.startswith(".")]
        folders = sorted((p for p in inside if p.is_dir()), key=lambda p: natural_key(p.name))
        found = [(p.name, _pictures(p)) for p in folders]
    except FileNotFoundError as error:
        raise UserError(f"There is no folder {folder}", "Check the path") from error
    except NotADirectoryError as error:
        raise UserError(f"{folder} is no folder", "Give one with a subfolder a class") from error
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {in_short(error)}", "Check it") from error
    classes = [(name, paths) for name, paths in found if paths]
    remedy = "Give a folder with a subfolder for each class, and pictures in these"
    if not folders:
        loose = any(path.suffix.lower() in PICTURE_SUFFIXES for path in inside)
        what = "pictures but no subfolders" if loose else "neither subfolders nor pictures"
        raise UserError(f"{folder} has {what}", remedy)
    if len(classes) < 2:
        what = f"only one class with pictures, {classes[0][0]}" if classes else "no pictures"
        raise UserError(f"{folder} has {what}", remedy)
    if len(classes) > MOST_CLASSES:
        raise UserError(f"{folder} has {len(classes)} classes", f"Use at most {MOST_CLASSES}")
    return classes


def _pictures(folder: Path) -> list[Path]:
    paths = (p for p in folder.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES)
    plain = [p for p in paths if not p.name.startswith(".") and p.is_file()]
    return sorted(plain, key=lambda path: natural_key(str(path.relative_to(folder))))


def _side(paths: Sequence[Path]) -> int:
    """Return what pictures are made to: the short side that is usual among some, at most 64 px."""
    chosen = paths[:: max(1, len(paths) // _LOOKED_AT)][:_LOOKED_AT]
    sides = []
    for path in chosen:
        try:
            sides.append(min(decode_picture(path, longest_px=1024).shape[:2]))
        except PictureError:
            continue
    return min(max(round(median(sides)), LEAST_SIDE), MOST_SIDE) if sides else MOST_SIDE
