"""Which cameras there are, by name."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from deepvis_app.frames.cv import cv2

CAMERA_SIZES = ((640, 480), (800, 600), (1280, 720), (1920, 1080), (2560, 1440), (3840, 2160))
"""Common (width, height) to choose from; a camera gives the nearest that it has."""

BACKEND = {"linux": cv2.CAP_V4L2, "win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}.get(
    sys.platform, cv2.CAP_ANY
)


@dataclass(frozen=True, slots=True)
class CameraInfo:
    """A camera that can be opened now."""

    index: int  # OpenCV's number; may be another one after the camera was pulled out
    name: str  # "HD Webcam"; a second of the same make is "HD Webcam (2)"

    @property
    def spec(self) -> str:
        return f"camera:{self.name}"


def list_cameras() -> tuple[CameraInfo, ...]:
    """Return the cameras that are plugged in, by index; takes some milliseconds."""
    return _distinct(sorted(_enumerate() or _device_files()))


def _enumerate() -> list[tuple[int, str]]:
    try:
        from cv2_enumerate_cameras import enumerate_cameras  # reads the registry on Windows
    except ImportError:  # its native part is missing on rare platforms
        return []
    try:
        found = enumerate_cameras(BACKEND)
    except (OSError, RuntimeError, NotImplementedError):
        return []
    return [(camera.index % 100, camera.name or f"Camera {camera.index}") for camera in found]


def _device_files(folder: Path = Path("/dev")) -> list[tuple[int, str]]:
    if sys.platform != "linux":
        return []
    numbers = [path.name.removeprefix("video") for path in folder.glob("video*")]
    return [(int(number), f"Camera {number}") for number in numbers if number.isdigit()]


def _distinct(found: list[tuple[int, str]]) -> tuple[CameraInfo, ...]:
    seen: dict[str, int] = {}
    cameras = []
    for index, name in found:
        seen[name] = seen.get(name, 0) + 1
        suffix = f" ({seen[name]})" if seen[name] > 1 else ""
        cameras.append(CameraInfo(index, name + suffix))
    return tuple(cameras)
