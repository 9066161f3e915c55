"""A camera: opened by number or name, may be pulled out and come back."""

from __future__ import annotations

import os
import re
import sys
import time
from typing import TYPE_CHECKING, Protocol

from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.cameras import BACKEND, CameraInfo, list_cameras
from deepvis_app.frames.cv import cv2, rgb_of_bgr
from deepvis_app.frames.source import Frame, Policy, SourceError, SourceInfo, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

LOST_AFTER_S = 2.0
_TRIES = 3  # a single damaged picture is no loss
_SIZE = re.compile(r"(.*)@([0-9]{1,5})x([0-9]{1,5})")
_NUMBER = re.compile(r"[0-9]{1,4}")
_OTHERWISE = "Plug one in, or choose a video, a folder of pictures, or the demo"


class CaptureDevice(Protocol):
    """The part of `cv2.VideoCapture` that a camera needs."""

    def isOpened(self) -> bool: ...  # noqa: N802 - OpenCV's name

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]: ...

    def get(self, what: int, /) -> float: ...

    def set(self, what: int, value: float, /) -> bool: ...

    def release(self) -> None: ...


def open_device(index: int) -> CaptureDevice:
    """Open camera `index` through OpenCV."""
    return cv2.VideoCapture(index, BACKEND)  # type: ignore[return-value] # the stub knows no dtype


class CameraSource(BaseSource):
    """`which` is a number or a (part of a) name, then perhaps a size: `0`, `HD Webcam@1280x720`.

    `open` after `SourceLost` finds the camera by its name, also under a new number.
    """

    device = "camera"

    def __init__(
        self,
        which: str = "0",
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
        opener: Callable[[int], CaptureDevice] = open_device,
        lister: Callable[[], Sequence[CameraInfo]] = list_cameras,
    ) -> None:
        super().__init__(f"camera:{which}", policy=policy, clock=clock)
        sized = _SIZE.fullmatch(which)
        self._which = (sized[1] if sized else which).strip() or "0"
        self._size = (int(sized[2]), int(sized[3])) if sized else None
        self._opener = opener
        self._lister = lister
        self._device: CaptureDevice | None = None
        self._known_name: str | None = None
        self._title = f"Camera {self._which}"
        self._first: NDArray[np.uint8] | None = None

    def open(self) -> SourceInfo:
        self.close()
        index = self._find()
        device = self._opener(index)
        if not device.isOpened():
            device.release()
            raise _why_not(index, self._title)
        self._device = device
        if self._size:
            self._ask_for_size(device, self._size)
        try:
            self._first = self._wait(device)
        except SourceLost as error:
            self.close()
            raise SourceError(
                f"{self._title} opens but gives no picture",
                "Close other programs that use it, or plug it in again",
            ) from error
        return self._info(device, self._first)

    def _find(self) -> int:
        """Return the number of the camera that is meant, and remember its name."""
        cameras = self._lister()
        wanted = self._known_name or self._which
        found = next((c for c in cameras if wanted.casefold() == c.name.casefold()), None)
        if found is None and not _NUMBER.fullmatch(wanted):
            found = next((c for c in cameras if wanted.casefold() in c.name.casefold()), None)
        if found is None and _NUMBER.fullmatch(self._which):
            number = int(self._which)
            found = next((c for c in cameras if c.index == number), None)
            if found is None and not cameras:
                return number  # not every system lists its cameras
        if found is None:
            raise _not_found(wanted, cameras)
        self._known_name = self._title = found.name
        return found.index

    def _ask_for_size(self, device: CaptureDevice, size: tuple[int, int]) -> None:
        # Uncompressed, USB carries large pictures at a few a second only.
        device.set(cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG")))
        device.set(cv2.CAP_PROP_FRAME_WIDTH, float(size[0]))
        device.set(cv2.CAP_PROP_FRAME_HEIGHT, float(size[1]))

    def _info(self, device: CaptureDevice, first: NDArray[np.uint8]) -> SourceInfo:
        height, width = first.shape[:2]
        told_hz = device.get(cv2.CAP_PROP_FPS)
        rate_hz = told_hz if 0 < told_hz <= 1000 else None
        rate = f" · {rate_hz:.4g} fps" if rate_hz else ""
        return SourceInfo(self._title, f"{width} × {height}{rate}", width, height, rate_hz)

    def due_in_s(self) -> float | None:
        return None if self._device is None else 0.0

    def read(self) -> Frame | None:
        if self._device is None:
            return None
        image, self._first = self._first, None
        if image is None:
            try:
                image = self._wait(self._device)
            except SourceLost:
                self.close()
                raise
        return self._frame(image, self._title)

    def _wait(self, device: CaptureDevice) -> NDArray[np.uint8]:
        """Return the next picture (RGB); a device waits for it by itself."""
        since_s = self._clock()
        for _ in range(_TRIES):
            try:
                ok, bgr = device.read()
            except cv2.error:
                break
            if ok and bgr is not None and bgr.size:
                return rgb_of_bgr(bgr)
            if self._clock() - since_s >= LOST_AFTER_S:
                break
        raise SourceLost(
            f"{self._title} gives no pictures any more", "Plug it in again; it is then used again"
        )

    def close(self) -> None:
        self._first = None
        if self._device is not None:
            self._device.release()
            self._device = None


def _not_found(wanted: str, cameras: Sequence[CameraInfo]) -> SourceError:
    if not cameras:
        return SourceError("No camera was found", _OTHERWISE)
    names = ", ".join(camera.name for camera in cameras)
    return SourceError(f"There is no camera {wanted}", f"Choose one of: {names}")


def _why_not(index: int, title: str) -> SourceError:
    if sys.platform == "linux":
        path = f"/dev/video{index}"
        if not os.path.exists(path):  # noqa: PTH110 - a device, not a file
            return SourceError(f"No camera was found ({path} is not there)", _OTHERWISE)
        if not os.access(path, os.R_OK | os.W_OK):
            return SourceError(
                f"{path} may not be used by you", "Join its group: sudo usermod -aG video $USER"
            )
    return SourceError(
        f"{title} cannot be opened", "Close other programs that use it, and allow camera access"
    )
