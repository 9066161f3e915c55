"""Where results go: folders, and files in formats that can be written."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from PIL import Image

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def make_folder(out: Path) -> None:
    """Make a folder for results, unless it is there. Raises `UserError`."""
    if out.is_file():
        raise UserError(f"{out} cannot be used: it is a file", "Choose another folder")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out} cannot be used: {in_short(error)}", "Choose another --out"
        ) from error


def write_picture(file: Path, picture: NDArray[np.uint8], option: str = "--out") -> None:
    """Write a picture, uint8 (H, W, 3), in the format that its suffix names.

    `option` is where the file was named. Raises `UserError`.
    """
    try:
        with whole(file) as draft:
            Image.fromarray(picture).save(draft, Image.registered_extensions()[file.suffix.lower()])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{file} cannot be written: {in_short(error)}",
            f"Choose another {option}, such as picture.png",
        ) from error


def is_file_name(out: Path) -> bool:
    """Tell whether `out` names a picture's file, False where it is a folder.

    Raises `UserError` for a name with another extension, which would be neither.
    """
    suffix = out.suffix.lower()
    if out.is_dir() or not _is_extension(suffix):
        return False
    if suffix not in PICTURES:
        raise _unknown(out, PICTURES, ", or a folder: a name without a dot, or one that is there")
    return True


def check_file(out: Path, suffixes: Sequence[str] = PICTURES) -> None:
    """Raise `UserError` unless a file of one of these formats can be written as `out`.

    Folders on the way that are not there are made by whoever writes it.
    """
    if out.suffix.lower() not in suffixes:
        raise _unknown(out, suffixes)
    if out.is_dir():
        raise UserError(f"{out} cannot be written: it is a folder", "Choose another name")
    above = next(path for path in out.absolute().parents if os.path.lexists(path))
    if not above.is_dir():
        raise UserError(f"{out} cannot be written: {above} is no folder", "Choose another name")
    if not os.access(above, os.W_OK):
        raise UserError(
            f"{out} cannot be written: {above} is not to be written to", "Choose another folder"
        )


def _unknown(out: Path, suffixes: Sequence[str], more: str = "") -> UserError:
    return UserError(
        f"{out} has {f'the extension {out.suffix}' if out.suffix else 'no extension'}, "
        "which says no format that can be written",
        f"Use {' or '.join(suffixes)}{more}",
    )


def check_folder(out: Path) -> None:
    """Raise `UserError` where a name for a folder looks like a file's."""
    if not out.is_dir() and _is_extension(out.suffix):
        raise UserError(
            f"{out} looks like a file, and a folder is wanted",
            f"Give a name without a dot, such as {out.with_suffix('')}, or a folder that is there",
        )


def _is_extension(suffix: str) -> bool:
    """Whether it is one as formats have: ".png", ".mp4"; not the end of a version or a date."""
    return re.fullmatch(r"\.(?=\w*[A-Za-z])\w{1,6}", suffix) is not None
