"""What a file is by its first bytes: the few kinds that are read, and names for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

HEAD_BYTES = 512

# The one list of what is ever given to a decoder, by Pillow's names. Others of Pillow's start
# programs (PostScript), hand files to whoever has registered (GRIB, HDF5), or are long forgotten.
_READ = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"\xff\x4f\xff\x51": "JPEG2000",
    b"\0\0\0\x0cjP  \r\n\x87\n": "JPEG2000",
}
_PORTABLE = b"123456fF"  # P1 … P6, Pf and PF
_NAMED = {
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"%PDF": "PDF",
    b"%!PS": "PostScript",
    b"\xc5\xd0\xd3\xc6": "PostScript",
    b"<svg": "SVG",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"\x89HDF": "HDF5",
    b"SIMPLE  =": "FITS",
    b"8BPS": "Photoshop",
    b"DDS ": "DirectDraw texture",
    b"qoif": "QOI",
    b"icns": "Apple icon",
    b"\0\0\1\0\1\0": "Windows icon",
    b"\xd7\xcd\xc6\x9a": "Windows metafile",
    b"FUJIFILM": "camera raw",
    b"FOVb": "camera raw",
    b"IIRO": "camera raw",
    b"IIU\0": "camera raw",
}
_BRANDS = {
    b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"heim": "HEIC", b"heis": "HEIC",
    b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "camera raw",
}  # fmt: skip


def open_image(file: BinaryIO, format_: str) -> Image.Image:
    """Open a picture with the one decoder of Pillow that `format_of` has named."""
    return Image.open(file, formats=[format_])


def format_of(head: bytes) -> str | None:
    """Return by which of Pillow's decoders a file that begins so is read; None: by none."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[:1] == b"P" and head[1:2] in _PORTABLE and head[2:3].isspace():
        return "PPM"
    if head[4:8] == b"ftyp":
        return {"AVIF": "AVIF", "HEIC": "HEIF"}.get(_container(head) or "")
    return next((name for start, name in _READ.items() if head.startswith(start)), None)


def kind_of(path: Path) -> str | None:
    """Return the name of a file's kind from its first bytes, as `name_of` does."""
    try:
        with path.open("rb") as file:
            return name_of(file.read(HEAD_BYTES))
    except OSError:
        return None


def name_of(head: bytes) -> str | None:
    """Return what people call a kind that is not read here, or not everywhere; else None."""
    if head[4:8] == b"ftyp":
        return _container(head)
    if head[128:132] == b"DICM":
        return "DICOM"
    if head[40:44] == b" EMF":
        return "Windows metafile"
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith(b"<?xml") and b"<svg" in head:
        return "SVG"
    return next((name for start, name in _NAMED.items() if text.startswith(start)), None)


def _container(head: bytes) -> str | None:
    """Tell apart what lies in the common container of videos and pictures by its brands."""
    # An AVIF may call itself a mif1 first.
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(head[3], 64), 4))]
    if any(brand in (b"avif", b"avis") for brand in brands):
        return "AVIF"
    return _BRANDS.get(head[8:12])
