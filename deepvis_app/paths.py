"""Where things lie: the only file that knows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).parent
_BUNDLED = _PACKAGE / "_bundled"  # in a wheel
_ROOT = _BUNDLED if _BUNDLED.is_dir() else _PACKAGE.parent

RESOURCES = _ROOT / "resources"
CONFIGS = _ROOT / "configs"


# Where what is kept goes when there is no home folder: nothing can be made or read there.
NOWHERE = Path(os.devnull, "deepvis")


def _user_folder(variable: str, default: str) -> Path:
    """Return the user's folder, made if it can be; who writes there learns why it cannot."""
    folder = Path(os.environ.get(variable) or default)
    if str(folder).startswith("~"):  # nobody knows whose
        return NOWHERE
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def config_dir() -> Path:
    """Folder of the user's settings; `DEEPVIS_CONFIG_DIR` overrides it."""
    return _user_folder("DEEPVIS_CONFIG_DIR", platformdirs.user_config_dir("deepvis", False))


def cache_dir() -> Path:
    """Folder of what can be made again; `DEEPVIS_CACHE_DIR` overrides it."""
    return _user_folder("DEEPVIS_CACHE_DIR", platformdirs.user_cache_dir("deepvis", False))


def pictures_dir() -> Path:
    """Folder of saved pictures; `DEEPVIS_PICTURES_DIR` or the user's settings override it."""
    own = os.environ.get("DEEPVIS_PICTURES_DIR")
    return Path(own) if own else Path(platformdirs.user_pictures_dir()) / "deepvis"
