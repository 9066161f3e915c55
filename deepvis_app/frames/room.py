"""How much memory a picture takes while it is decoded: told from its header, before that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 850_000_000  # with what making it smaller takes, it stays under 1 GB
MAX_PIXELS = 300_000_000
MAX_STREAM_PIXELS = 40_000_000  # of a picture of a video or stream; 8K has up to 35 million
_LONGEST_SIDE = 100_000
_MOST_FILE_BYTES = 200_000_000
_MOST_STEPS = 20_000_000  # pixels of the formats that are decoded one number at a time
_MOST_WORK = 3_000_000_000  # pixels, those of all scans: some seconds
_STEPWISE = ("ppm", "ppm_plain", "bmp_rle")

# Bytes a pixel at the peak of decoding, measured, where the decoder holds all of the picture
# besides what Pillow keeps.
_WHOLE = {"WEBP": 20, "AVIF": 17, "HEIF": 12, "JPEG2000": 22}
_STORED = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}


def check_room(name: str, size: tuple[int, int], needed: float, most: int = MOST_BYTES) -> None:
    """Raise `PictureError` for a picture of more pixels, or more bytes `needed`, than are read."""
    width, height = size
    if width * height > MAX_PIXELS or max(size) > _LONGEST_SIDE:
        raise PictureError(
            f"{name} has {width} × {height} pixels; at most {MAX_PIXELS // 1_000_000} million, "
            f"and {_LONGEST_SIDE} on a side, are read",
            "Make it smaller",
        )
    if needed > most:
        raise PictureError(
            f"{name} has {width} × {height} pixels, which would take {_told(needed)} of memory to "
            f"read; at most {_told(most)} are used for one picture",
            "Make it smaller, or save it as a baseline JPEG",
        )


def check_work(name: str, size: tuple[int, int], scans: int) -> None:
    """Raise `PictureError` for a JPEG that goes over its pixels so often that it takes long."""
    if size[0] * size[1] * scans > _MOST_WORK:
        raise PictureError(
            f"{name} has {size[0]} × {size[1]} pixels in {scans} scans, which would take too long",
            "Make it smaller, or save it as a baseline JPEG",
        )


def check_steps(name: str, image: Image.Image) -> None:
    """Raise `PictureError` for more pixels than are decoded in seconds, of the slow formats."""
    codecs = {tile[0] for tile in getattr(image, "tile", ())}
    if image.width * image.height > _MOST_STEPS and codecs.intersection(_STEPWISE):
        raise PictureError(
            f"{name} has {image.width} × {image.height} pixels, too many of a kind that is read "
            "one number at a time",
            "Save it as PNG",
        )


def check_file(name: str, format_: str, file_bytes: int) -> None:
    """Raise `PictureError` for a large file of a format whose decoder reads all of it first."""
    if format_ in _WHOLE and file_bytes > _MOST_FILE_BYTES:
        raise PictureError(
            f"{name} is a file of {_told(file_bytes)}; at most {_told(_MOST_FILE_BYTES)} are read "
            f"of its kind ({format_})",
            "Make it smaller",
        )


def pillow_bytes(format_: str, size: tuple[int, int]) -> float:
    """Return what decoding takes where the decoder holds the whole picture; 0 of others."""
    return size[0] * size[1] * _WHOLE.get(format_, 0)


def decoding_bytes(image: Image.Image) -> float:
    """Return the most memory that decoding an opened picture takes; 0 of WebP, known before."""
    pixels = image.width * image.height
    if image.format == "WEBP":
        return 0
    if image.format in _WHOLE:
        return pillow_bytes(image.format, image.size)
    as_array = 2 if image.mode.startswith("I") or image.mode == "F" else 1
    return pixels * _STORED.get(image.mode, 4) * as_array


def _told(count: float) -> str:
    return f"{count / 1e9:.2g} GB" if count < 1e10 else f"{count / 1e9:.0f} GB"
