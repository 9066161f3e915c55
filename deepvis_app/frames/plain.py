"""Files that may be opened: not those whose reading has no end, or does not even begin."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from deepvis_app.frames.source import SourceError

if TYPE_CHECKING:
    from pathlib import Path

_NAMES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a drive",
}


def check_plain(path: Path) -> None:
    """Raise `SourceError` for pipes, devices and the like; what is not there is let pass."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except (OSError, ValueError):
        return  # opening it tells
    if kind in _NAMES:
        is_camera = kind == stat.S_IFCHR and path.name.startswith("video")
        remedy = f"Give camera:{path.name[5:]}" if is_camera else "Give a file or a folder"
        raise SourceError(f"{path} is {_NAMES[kind]}, not a file", remedy)
