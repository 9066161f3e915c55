"""Files that may be opened: not those whose reading has no end, or does not even begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.files import kind_of
from deepvis_app.frames.source import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def check_plain(path: Path) -> None:
    """Raise `SourceError` for pipes, devices and the like; what is not there is let pass."""
    try:
        kind = kind_of(path.stat())
    except (OSError, ValueError):
        return  # opening it tells
    if kind not in ("", "a folder"):
        is_camera = kind == "a device" and path.name.startswith("video")
        remedy = f"Give camera:{path.name[5:]}" if is_camera else "Give a file or a folder"
        raise SourceError(f"{path} is {kind}, not a file", remedy)
