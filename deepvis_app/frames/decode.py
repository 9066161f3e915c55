"""Still pictures of any kind, decoded to what a person would see."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from deepvis_app.errors import in_short
from deepvis_app.files import kind_of
from deepvis_app.frames.jpeg import jpeg_head, scan_count
from deepvis_app.frames.kinds import HEAD_BYTES, format_of, name_of, open_image
from deepvis_app.frames.room import (
    MAX_PIXELS,
    MOST_BYTES,
    check_file,
    check_room,
    check_steps,
    check_work,
    decoding_bytes,
    pillow_bytes,
)
from deepvis_app.frames.shrink import shrunk
from deepvis_app.frames.source import PictureError
from deepvis_app.frames.tiff import page_at, room_bytes
from deepvis_app.frames.values import Numbers, numbers_of, page_count, pages_of
from deepvis_app.frames.webp import still_webp, webp_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from numpy.typing import NDArray

    from deepvis_app.frames.scale import Scales

LONGEST_PX = 4096

# Sizes are judged here, for each format by what it takes; Pillow alone would warn at 89 Mpx.
Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS or 0, MAX_PIXELS)
# Sloppy metadata beside a sound picture is no news to anybody.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\b")

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)
_EXIF_ORIENTATION = 0x0112
# The upright picture of one that lies in the file as EXIF 2.32 (4.6.4 A) counts.
_UPRIGHT: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image.swapaxes(0, 1)[:, ::-1],
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: image.swapaxes(0, 1)[::-1],
}
_NO_FILM = ("TIFF", "MPO")  # their further pictures are pages, or a camera's other versions
_COPY_AGAIN = "Copy or download it again"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as a person would see it, uint8 RGB (H, W, 3), read-only."""

    image: NDArray[np.uint8]
    note: str = ""  # what was done to numbers that are no bytes: "float 0 … 1 shown as …"


def decode_picture(
    file: Path | BinaryIO,
    *,
    name: str | None = None,
    longest_px: int = LONGEST_PX,
    most_bytes: int = MOST_BYTES,
) -> NDArray[np.uint8]:
    """Return `read_picture(...).image`."""
    return read_picture(file, name=name, longest_px=longest_px, most_bytes=most_bytes).image


def read_picture(
    file: Path | BinaryIO,
    *,
    name: str | None = None,
    longest_px: int = LONGEST_PX,
    page: int | None = None,
    scales: Scales | None = None,
    most_bytes: int = MOST_BYTES,
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

    What is not recognised by its first bytes is shown to no decoder, and what would take more
    than 1 GB of memory is refused by its header.

    Raises `PictureError` naming the file, whatever a decoder makes of it: missing, no picture, of
    a kind that is not read, damaged, or too large.
    """
    name = name or (file.name if isinstance(file, Path) else "The picture")
    try:
        with _opened(file) as opened:
            return _read(opened, file, _Wish(name, longest_px, page, scales, most_bytes))
    except FileNotFoundError as error:
        raise PictureError(f"{name} is not there any more", "Open its folder again") from error
    except PictureError:
        raise
    except _BOMBS as error:
        raise PictureError(f"{name} has more than 300 million pixels", "Make it smaller") from error
    except MemoryError as error:
        raise PictureError(f"{name} does not fit into memory", "Make it smaller") from error
    except PermissionError as error:
        raise PictureError(f"{name} may not be read", "Check its permissions") from error
    except Exception as error:  # decoders raise anything, and one picture ends no folder
        raise PictureError(f"{name} is damaged ({in_short(error)})", _COPY_AGAIN) from error


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted of a picture."""

    name: str
    longest_px: int
    page: int | None
    scales: Scales | None
    most_bytes: int

    def check(self, size: tuple[int, int], needed: float) -> None:
        check_room(self.name, size, needed, self.most_bytes)


@contextmanager
def _opened(file: Path | BinaryIO) -> Iterator[BinaryIO]:
    # Never a path: Pillow maps some files into memory, and being cut short meanwhile is fatal then.
    if not isinstance(file, Path):
        yield file
        return
    if kind_of(file.stat()):
        raise PictureError(f"{file.name} is not a file", "Choose a picture")
    with file.open("rb") as opened:
        yield opened


def _read(opened: BinaryIO, file: Path | BinaryIO, wish: _Wish) -> Picture:
    path = file if isinstance(file, Path) else None
    pages = page_count(path) if path is not None and wish.page is None else 1
    words = f"page 1 of {pages}; open the file by itself for all" if pages > 1 else ""
    numbers = numbers_of(path, wish.page or 0) if path is not None else None
    if numbers is not None:
        return _of_numbers(numbers, wish, words)
    number = 0
    if path is not None and wish.page and (found := pages_of(path)):
        number = found[wish.page].number
    head = opened.read(HEAD_BYTES)
    format_ = format_of(head)
    if format_ is None:
        raise _not_a_picture(head, wish.name)
    if format_ == "HEIF":
        _learn_heic(wish.name)
    if format_ == "TIFF":
        # What Pillow is going to read, wherever it comes from: not all pages are shown as such.
        tiff = page_at(opened, number)
        wish.check(tiff.size, room_bytes(tiff))
    needed = _looked_at(opened, head, format_, wish)
    if format_ == "WEBP" and needed > wish.most_bytes:
        return _of_large_webp(opened.read(), wish)
    try:
        image = open_image(opened, format_)
    except UnidentifiedImageError as error:
        raise _without_picture(format_, wish.name) from error
    with image:
        if number:
            image.seek(number)
        _draft(image, wish.longest_px)
        check_steps(wish.name, image)
        wish.check(image.size, needed + decoding_bytes(image))
        return _decoded(image, wish, words)


def _looked_at(opened: BinaryIO, head: bytes, format_: str, wish: _Wish) -> float:
    """Check what can be told before a decoder is made; return what it takes besides the picture."""
    file_bytes = opened.seek(0, os.SEEK_END)
    opened.seek(0)
    check_file(wish.name, format_, file_bytes)
    if format_ == "JPEG":
        jpeg = jpeg_head(opened)
        opened.seek(0)
        if jpeg is None:
            raise PictureError(f"{wish.name} is damaged (in its header)", _COPY_AGAIN)
        wish.check(jpeg.size, jpeg.kept_bytes)
        if jpeg.is_kept:
            check_work(wish.name, jpeg.size, scan_count(opened))
            opened.seek(0)
        return jpeg.kept_bytes
    if format_ == "WEBP":
        webp = webp_head(head)
        if webp is None:
            raise PictureError(f"{wish.name} is damaged (in its header)", _COPY_AGAIN)
        needed = pillow_bytes(format_, webp.size) + 2 * file_bytes
        still = needed if webp.is_animated else webp.still_bytes + file_bytes
        wish.check(webp.size, min(needed, still))
        return needed
    return 0.0


def _draft(image: Image.Image, longest_px: int) -> None:
    excess = max(image.size) / longest_px
    if excess > 1:  # JPEG decodes at 1/2, 1/4, 1/8 size for little; others ignore this
        image.draft(None, (int(image.width / excess), int(image.height / excess)))


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
        with path.open("rb") as file:
            format_ = format_of(file.read(HEAD_BYTES))
            if format_ not in ("GIF", "PNG"):
                return None if format_ is None else False
            file.seek(0)
            with open_image(file, format_) as image:
                return bool(getattr(image, "is_animated", False))
    except _BOMBS:
        return False  # opening it gives the error that says why
    except Exception:  # noqa: BLE001 - decoders raise anything
        return None


def _not_a_picture(head: bytes, name: str) -> PictureError:
    kind = name_of(head)
    if not head:
        return PictureError(f"{name} is empty (0 bytes)", _COPY_AGAIN)
    if kind is not None:
        return PictureError(
            f"{name} is a {kind} file, which is not read here", "Convert it to PNG, TIFF or JPEG"
        )
    return PictureError(f"{name} is not a picture that can be read", "Convert it to JPEG or PNG")


def _without_picture(format_: str, name: str) -> PictureError:
    kind = "HEIC" if format_ == "HEIF" else format_
    return PictureError(
        f"{name} is damaged: it begins as {kind} and holds no picture that can be read", _COPY_AGAIN
    )


def _decoded(image: Image.Image, wish: _Wish, words: str) -> Picture:
    if image.format not in _NO_FILM and getattr(image, "is_animated", False):
        words = words or "the first picture of an animation"
    image.load()
    orientation = _orientation(image)
    if image.mode.startswith("I") or image.mode == "F":
        return _of_numbers(Numbers(_numbers(image), orientation=orientation), wish, words)
    mode = "RGBA" if image.has_transparency_data else "RGB"

    def rows(top: int, bottom: int) -> Image.Image:
        is_whole = bottom - top == image.height
        part = image if is_whole else image.crop((0, top, image.width, bottom))
        return part if part.mode == mode else part.convert(mode)

    return _finished(image.size, rows, wish, orientation, words)


def _numbers(image: Image.Image) -> NDArray[Any]:
    """Return a picture's numbers (H, W, 1), copied a part at a time: all at once takes thrice."""
    values = np.empty((image.height, image.width, 1), np.asarray(image.crop((0, 0, 1, 1))).dtype)
    step = max(1, 1_000_000 // image.width)
    for top in range(0, image.height, step):
        part = image.crop((0, top, image.width, min(top + step, image.height)))
        values[top : top + step, :, 0] = part
    return values


def _of_large_webp(data: bytes, wish: _Wish) -> Picture:
    found = still_webp(data)
    if found is None:
        raise PictureError(f"{wish.name} is damaged", _COPY_AGAIN)
    pixels, exif = found
    order = [2, 1, 0, 3][: pixels.shape[2]]

    def rows(top: int, bottom: int) -> Image.Image:
        return Image.fromarray(pixels[top:bottom, :, order])

    size = pixels.shape[1], pixels.shape[0]
    return _finished(size, rows, wish, int(exif.get(_EXIF_ORIENTATION, 1)), "")


def _of_numbers(numbers: Numbers, wish: _Wish, words: str) -> Picture:
    rows, rule = numbers.shown(wish.scales)
    words = "; ".join(filter(None, (rule, words)))
    return _finished(numbers.size, rows, wish, numbers.orientation, words)


def _finished(
    size: tuple[int, int],
    rows: Callable[[int, int], Image.Image],
    wish: _Wish,
    orientation: int,
    words: str,
) -> Picture:
    image = shrunk(size, rows, wish.longest_px)
    if orientation in _UPRIGHT:
        image = np.ascontiguousarray(_UPRIGHT[orientation](image))
    image.flags.writeable = False
    return Picture(image, words)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_EXIF_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - a damaged note beside a sound picture
        return 1
