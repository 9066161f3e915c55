"""The one file that imports OpenCV, quietly and without its grip on Qt."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Importing cv2 points Qt at plugins and fonts of its own, with which PyQt6 does not start.
_QT_VARIABLES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")
_before = {name: os.environ.get(name) for name in _QT_VARIABLES}
# Read once by OpenCV; what goes wrong is told by SourceError, not on stderr.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")  # seconds; 10 by default

import cv2  # noqa: E402


def _restore_qt() -> None:
    own_folder = str(Path(cv2.__file__).parent)
    for name, value in _before.items():
        if value is None or value.startswith(own_folder):  # cv2 may be imported before this file
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


_restore_qt()
# Pictures on their way to the screen are small: waking a team for them takes longer than they do,
# and takes a core from the network.
cv2.setNumThreads(1)
if "OPENCV_LOG_LEVEL" not in os.environ:
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def rgb_of_bgr(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return OpenCV's BGR or grey picture as a new RGB one (H, W, 3)."""
    grey = image.ndim == 2 or image.shape[2] == 1
    code = cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB
    return cv2.cvtColor(image, code)  # type: ignore[return-value] # the stub knows no dtype


__all__ = ["cv2", "rgb_of_bgr"]
