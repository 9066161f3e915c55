"""Still pictures of any kind, decoded to what a person would see."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import NDArray

LONGEST_PX = 4096
MAX_PIXELS = 300_000_000

# Pillow alone would warn of large photographs and refuse larger ones at 179 Mpx.
Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, MAX_PIXELS)
# Sloppy metadata beside a sound picture is no news to anybody.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\b")

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
# What Pillow's decoders raise on damaged files.
_FAULTS = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError,
    AttributeError, NotImplementedError, struct.error,
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
_COPY_AGAIN = "Copy or download it again"


def decode_picture(
    file: Path | BinaryIO, *, name: str | None = None, longest_px: int = LONGEST_PX
) -> NDArray[np.uint8]:
    """Return a picture as uint8 RGB (H, W, 3), upright, its contrast untouched.

    * EXIF orientation is applied; of animations and multi-page files the first picture is taken.
    * 16-bit values are scaled by their full range (65535 -> 255), floats from 0..1.
    * Transparent parts lie over white. CMYK is converted without a colour profile.
    * Pictures with a side over `longest_px` are made smaller by area averaging: no network sees
      more, and a 12000 x 9000 JPEG is decoded at half size to begin with.

    Raises `PictureError` naming the file: missing, no picture, damaged, or over 300 Mpx.
    """
    name = name or (file.name if isinstance(file, Path) else "The picture")
    try:
        with Image.open(file) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise _too_large(name)
            return _decode(picture, longest_px)
    except FileNotFoundError as error:
        raise PictureError(f"{name} is not there any more", "Open its folder again") from error
    except UnidentifiedImageError as error:
        raise _not_a_picture(file, name) from error
    except _BOMBS as error:
        raise _too_large(name) from error
    except MemoryError as error:
        raise PictureError(f"{name} does not fit into memory", "Make it smaller") from error
    except PermissionError as error:
        raise PictureError(f"{name} may not be read", "Check its permissions") from error
    except _FAULTS as error:
        raise PictureError(f"{name} is damaged ({error})", _COPY_AGAIN) from error


def moves(path: Path) -> bool | None:
    """Tell from a file's first bytes whether it is a GIF or PNG that moves; None: no picture."""
    try:
        with Image.open(path) as picture:
            return picture.format in ("GIF", "PNG") and bool(getattr(picture, "is_animated", False))
    except _BOMBS:
        return False  # opening it gives the error that says why
    except _FAULTS:
        return None


def _too_large(name: str) -> PictureError:
    limit = MAX_PIXELS // 1_000_000
    return PictureError(f"{name} has more than {limit} million pixels", "Make it smaller")


def _not_a_picture(file: Path | BinaryIO, name: str) -> PictureError:
    if isinstance(file, Path) and file.is_file() and file.stat().st_size == 0:
        return PictureError(f"{name} is empty (0 bytes)", _COPY_AGAIN)
    return PictureError(f"{name} is not a picture that can be read", "Convert it to JPEG or PNG")


def _decode(picture: Image.Image, longest_px: int) -> NDArray[np.uint8]:
    excess = max(picture.size) / longest_px
    if excess > 1:  # JPEG decodes at 1/2, 1/4, 1/8 size for little; others ignore this
        picture.draft(None, (int(picture.width / excess), int(picture.height / excess)))
    picture.load()
    orientation = _orientation(picture)
    eight_bit = _to_eight_bit(picture)
    if max(eight_bit.size) > longest_px:
        eight_bit.thumbnail((longest_px, longest_px), Image.Resampling.BOX, reducing_gap=None)
    if eight_bit.mode == "RGBA":
        white = Image.new("RGBA", eight_bit.size, "white")
        eight_bit = Image.alpha_composite(white, eight_bit).convert("RGB")
    if orientation in _UPRIGHT:
        eight_bit = eight_bit.transpose(_UPRIGHT[orientation])
    image = np.array(eight_bit)
    image.flags.writeable = False
    return image


def _orientation(picture: Image.Image) -> int:
    try:
        return int(picture.getexif().get(_EXIF_ORIENTATION, 1))
    except _FAULTS:
        return 1  # a damaged note beside a sound picture


def _to_eight_bit(picture: Image.Image) -> Image.Image:
    """Return the picture as a new one of mode RGB, or RGBA where it is transparent."""
    if picture.mode.startswith("I"):
        values = np.asarray(picture).clip(0, 65535).astype(np.uint16)
        # round(v / 257), without overflow
        return Image.fromarray(((np.minimum(values, 65407) + 128) // 257).astype(np.uint8)).convert(
            "RGB"
        )
    if picture.mode == "F":
        unit_range = np.nan_to_num(np.asarray(picture)).clip(0.0, 1.0)
        return Image.fromarray((unit_range * 255 + 0.5).astype(np.uint8)).convert("RGB")
    return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
