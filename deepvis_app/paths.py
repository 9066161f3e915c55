"""Where things lie: the only file that knows."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "_bundled"  # in a wheel
_ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

RESOURCES = _ROOT / "resources"
CONFIGS = _ROOT / "configs"


# Where what is kept goes when there is no home folder: nothing can be made or read there.
NOWHERE = Path(os.devnull, "deepvis")


def config_dir() -> Path:
    """Folder of the user's settings; `DEEPVIS_CONFIG_DIR` overrides it."""
    return _user_folder(
        "DEEPVIS_CONFIG_DIR", lambda: platformdirs.user_config_dir("deepvis", False)
    )


def cache_dir() -> Path:
    """Folder of what can be made again; `DEEPVIS_CACHE_DIR` overrides it."""
    usual = partial(platformdirs.user_cache_dir, "deepvis", False)
    return _user_folder("DEEPVIS_CACHE_DIR", usual)


def pictures_dir() -> Path:
    """Folder of saved pictures; `DEEPVIS_PICTURES_DIR` or the user's settings override it."""
    own = os.environ.get("DEEPVIS_PICTURES_DIR")
    return Path(own) if own else _of_system(platformdirs.user_pictures_dir) / "deepvis"


def directions_dir() -> Path:
    """Folder of directions, a file each; `DEEPVIS_DIRECTIONS_DIR` overrides it."""
    own = os.environ.get("DEEPVIS_DIRECTIONS_DIR")
    usual = partial(platformdirs.user_data_dir, "deepvis", False)
    return Path(own) if own else _of_system(usual) / "directions"


def runs_dir() -> Path:
    """Folder of trainings, a folder each; `DEEPVIS_RUNS_DIR` overrides it."""
    own = os.environ.get("DEEPVIS_RUNS_DIR")
    usual = partial(platformdirs.user_data_dir, "deepvis", False)
    return Path(own) if own else _of_system(usual) / "runs"


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path with ~ as the home folder; as it stands where nobody knows that home."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _user_folder(variable: str, default: Callable[[], str]) -> Path:
    """Return the user's folder, made if it can be; who writes there learns why it cannot."""
    own = os.environ.get(variable)
    folder = Path(own) if own else _of_system(default)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _of_system(default: Callable[[], str]) -> Path:
    try:
        return Path(default())
    except RuntimeError:  # nobody knows where home is
        return NOWHERE
