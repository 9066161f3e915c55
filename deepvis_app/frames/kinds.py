"""Names for files that are pictures, or like them, but of a kind that is not read here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_STARTS = {
    b"\xff\x0a": "JPEG XL",
    b"\x00\x00\x00\x0cJXL ": "JPEG XL",
    b"%PDF": "PDF",
    b"<svg": "SVG",
    b"v/1\x01": "OpenEXR",
    b"#?RADIANCE": "Radiance HDR",
    b"\x89HDF": "HDF5",
    b"FUJIFILM": "camera raw",
    b"FOVb": "camera raw",
    b"IIRO": "camera raw",
    b"IIU\0": "camera raw",
}
_BRANDS = {
    b"heic": "HEIC", b"heix": "HEIC", b"hevc": "HEIC", b"heim": "HEIC", b"heis": "HEIC",
    b"mif1": "HEIC", b"msf1": "HEIC", b"avif": "AVIF", b"avis": "AVIF", b"crx ": "camera raw",
}  # fmt: skip


def kind_of(path: Path) -> str | None:
    """Return the name of a file's kind from its first bytes; None for all others."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError:
        return None
    if head[4:8] == b"ftyp":
        # An AVIF may call itself a mif1 first.
        brands = [head[8:12], *(head[at : at + 4] for at in range(16, min(head[3], 64), 4))]
        if any(brand in (b"avif", b"avis") for brand in brands):
            return "AVIF"
        return _BRANDS.get(head[8:12])
    if head[128:132] == b"DICM":
        return "DICOM"
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t")
    if text.startswith(b"<?xml") and b"<svg" in head:
        return "SVG"
    return next((name for start, name in _STARTS.items() if text.startswith(start)), None)
