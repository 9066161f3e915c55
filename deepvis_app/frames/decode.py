"""Still pictures of any kind, decoded to what a person would see."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from deepvis_app.frames.alpha import laid_over_white
from deepvis_app.frames.kinds import kind_of
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.values import (
    MAX_PIXELS,
    Numbers,
    check_size,
    numbers_of,
    page_count,
    pages_of,
    too_large,
)

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

    from deepvis_app.frames.scale import Scales

LONGEST_PX = 4096

# Pillow alone would warn of large photographs and refuse larger ones at 179 Mpx.
Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, MAX_PIXELS)
# Sloppy metadata beside a sound picture is no news to anybody.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\b")

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What Pillow's decoders raise on damaged files.
_FAULTS = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError,
    AttributeError, NotImplementedError, struct.error, zlib.error,
)  # fmt: skip
_EXIF_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_NO_FILM = ("TIFF", "MPO")  # their further pictures are pages, or a camera's other versions
_COPY_AGAIN = "Copy or download it again"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as a person would see it, uint8 RGB (H, W, 3), read-only."""

    image: NDArray[np.uint8]
    note: str = ""  # what was done to numbers that are no bytes: "float 0 … 1 shown as …"


def decode_picture(
    file: Path | BinaryIO, *, name: str | None = None, longest_px: int = LONGEST_PX
) -> NDArray[np.uint8]:
    """Return `read_picture(...).image`."""
    return read_picture(file, name=name, longest_px=longest_px).image


def read_picture(
    file: Path | BinaryIO,
    *,
    name: str | None = None,
    longest_px: int = LONGEST_PX,
    page: int | None = None,
    scales: Scales | None = None,
) -> Picture:
    """Read a picture: upright, its contrast untouched.

    * EXIF orientation is applied. Of files with several `page` is taken (None: the first, and the
      note says so).
    * Numbers that are no bytes (16 and 32 bits, signed, floats; TIFF, PNG, .npy) are scaled by the
      rule of `natural_scale`, or by what `scales` have agreed on; the note tells it.
    * Of more than four channels the first three are shown; the note tells it.
    * Transparent parts lie over white. CMYK is converted without a colour profile.
    * Pictures with a side over `longest_px` are made smaller by area averaging: no network sees
      more, and a 12000 x 9000 JPEG is decoded at half size to begin with.

    Raises `PictureError` naming the file: missing, no picture, of a kind that is not read,
    damaged, or over 300 Mpx.
    """
    name = name or (file.name if isinstance(file, Path) else "The picture")
    try:
        return _read(file, name, longest_px, page, scales)
    except FileNotFoundError as error:
        raise PictureError(f"{name} is not there any more", "Open its folder again") from error
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise _not_a_picture(file, name) from error
    except _BOMBS as error:
        raise too_large(name) from error
    except MemoryError as error:
        raise PictureError(f"{name} does not fit into memory", "Make it smaller") from error
    except PermissionError as error:
        raise PictureError(f"{name} may not be read", "Check its permissions") from error
    except _FAULTS as error:
        raise PictureError(f"{name} is damaged ({error})", _COPY_AGAIN) from error


def _read(
    file: Path | BinaryIO, name: str, longest_px: int, page: int | None, scales: Scales | None
) -> Picture:
    path = file if isinstance(file, Path) else None
    pages = page_count(path) if path is not None and page is None else 1
    words = f"page 1 of {pages}; open the file by itself for all" if pages > 1 else ""
    numbers = numbers_of(path, page or 0) if path is not None else None
    if numbers is not None:
        return _finished(numbers, longest_px, scales, words)
    if path is not None and kind_of(path) == "HEIC":
        _learn_heic(name)
    with Image.open(file) as picture:
        check_size(name, picture.size)
        if path is not None and page and (found := pages_of(path)):
            picture.seek(found[page].number)
        return _decode(picture, longest_px, scales, words)


def _learn_heic(name: str) -> None:
    try:
        import pillow_heif
    except ImportError as error:
        raise PictureError(
            f"{name} is a HEIC picture, and pillow-heif, which reads these, is not installed",
            "Install it: pip install pillow-heif, or convert the picture to JPEG",
        ) from error
    pillow_heif.register_heif_opener()


def moves(path: Path) -> bool | None:
    """Tell from a file's first bytes whether it is a GIF or PNG that moves; None: no picture."""
    try:
        with Image.open(path) as picture:
            return picture.format in ("GIF", "PNG") and bool(getattr(picture, "is_animated", False))
    except _BOMBS:
        return False  # opening it gives the error that says why
    except _FAULTS:
        return None


def _not_a_picture(file: Path | BinaryIO, name: str) -> PictureError:
    if isinstance(file, Path) and file.is_file() and file.stat().st_size == 0:
        return PictureError(f"{name} is empty (0 bytes)", _COPY_AGAIN)
    kind = kind_of(file) if isinstance(file, Path) else None
    if kind == "HEIC":
        return PictureError(
            f"{name} is a HEIC file without a picture that can be read", _COPY_AGAIN
        )
    if kind is not None:
        return PictureError(
            f"{name} is a {kind} file, which is not read here", "Convert it to PNG, TIFF or JPEG"
        )
    return PictureError(f"{name} is not a picture that can be read", "Convert it to JPEG or PNG")


def _decode(picture: Image.Image, longest_px: int, scales: Scales | None, words: str) -> Picture:
    excess = max(picture.size) / longest_px
    if excess > 1:  # JPEG decodes at 1/2, 1/4, 1/8 size for little; others ignore this
        picture.draft(None, (int(picture.width / excess), int(picture.height / excess)))
    if picture.format not in _NO_FILM and getattr(picture, "is_animated", False):
        words = words or "the first picture of an animation"
    picture.load()
    orientation = _orientation(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        numbers = Numbers(np.asarray(picture)[:, :, None], orientation=orientation)
        return _finished(numbers, longest_px, scales, words)
    eight_bit = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    return Picture(_shrunk_and_upright(eight_bit, longest_px, orientation), words)


def _finished(numbers: Numbers, longest_px: int, scales: Scales | None, words: str) -> Picture:
    levels, rule = numbers.levels(scales)
    image = _shrunk_and_upright(Image.fromarray(levels), longest_px, numbers.orientation)
    return Picture(image, "; ".join(filter(None, (rule, words))))


def _shrunk_and_upright(
    picture: Image.Image, longest_px: int, orientation: int
) -> NDArray[np.uint8]:
    if max(picture.size) > longest_px:
        picture.thumbnail((longest_px, longest_px), Image.Resampling.BOX, reducing_gap=None)
    if picture.mode == "RGBA":
        picture = laid_over_white(picture)
    if orientation in _UPRIGHT:
        picture = picture.transpose(_UPRIGHT[orientation])
    image = np.array(picture)
    image.flags.writeable = False
    return image


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except _FAULTS:
        return 1  # a damaged note beside a sound picture
