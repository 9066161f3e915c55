"""The thread that writes a recording as MP4."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.handle import Handle
from deepvis_app.errors import UserError
from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

QUEUE_PICTURES = 8  # a slow disk costs pictures, not memory
CODECS = ("avc1", "mp4v")
LEAST_SPACE = 32 << 20  # bytes that stay free
LONGEST_GAP_S = 10.0  # a longer pause between pictures is cut


class _Film:
    """A video file of constant rate, written beside its place and moved there when it is whole."""

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path, self._rate_hz = path, rate_hz
        self._part = path.with_name(f".{path.stem}.part{path.suffix}")
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)
        self._started_s = 0.0
        self._written = 0
        self._last: NDArray[np.uint8] | None = None

    def add(self, picture: NDArray[np.uint8], time_s: float) -> None:
        """Show `picture` from `time_s` on: repeat the one before until then."""
        if self._writer is None:
            self._open(picture, time_s)
        place = round((time_s - self._started_s) * self._rate_hz)
        if place - self._written > LONGEST_GAP_S * self._rate_hz:
            self._started_s = time_s - (self._written + 1) / self._rate_hz
            place = self._written + 1
        self._fill(place)
        self._last = self._fitted(picture)

    def _fill(self, place: int) -> None:
        while self._writer is not None and self._last is not None and self._written < place:
            if self._written % 32 == 0:
                self._check_space()
            self._writer.write(self._last)
            self._written += 1

    def _check_space(self) -> None:
        """OpenCV does not tell when the disk is full."""
        if shutil.disk_usage(self._path.parent).free < LEAST_SPACE:
            raise UserError(f"The disk of {self._path} is full", "Make room or choose another disk")

    def _open(self, picture: NDArray[np.uint8], time_s: float) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._part.open("wb"):  # says at once, and why, when it cannot be written
            pass
        height, width = (max(n // 2 * 2, 2) for n in picture.shape[:2])  # codecs want even sizes
        self._size, self._started_s = (width, height), time_s
        for codec in CODECS:
            code = cv2.VideoWriter.fourcc(*codec)
            writer = cv2.VideoWriter(str(self._part), code, self._rate_hz, self._size)
            if writer.isOpened():
                self._writer = writer
                return
        raise UserError("No MP4 encoder is here", "Reinstall opencv-python")

    def _fitted(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture as BGR in the film's size: cut or padded at the right and bottom."""
        width, height = self._size
        cut = picture[:height, :width]
        rest = ((0, height - cut.shape[0]), (0, width - cut.shape[1]), (0, 0))
        return np.ascontiguousarray(np.pad(cut, rest)[..., ::-1])

    def finish(self) -> None:
        """Close the file and move it to its place."""
        if self._writer is None:
            raise UserError("Nothing was recorded", "Record for longer")
        self._fill(self._written + 1)  # the last picture is shown, too
        self._writer.release()
        readable = cv2.VideoCapture(str(self._part))
        written = readable.get(cv2.CAP_PROP_FRAME_COUNT)
        readable.release()
        if written < 1:
            raise UserError(f"{self._path} could not be written", "Look for space on the disk")
        self._part.replace(self._path)

    def discard(self) -> None:
        """Leave nothing behind."""
        if self._writer is not None:
            self._writer.release()
        self._part.unlink(missing_ok=True)


class Recorder:
    """Takes pictures from one thread and writes them on another. One recording at a time."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[NDArray[np.uint8], float] | None] = Queue(QUEUE_PICTURES)
        self._handle: Handle | None = None
        self._thread: Thread | None = None
        self.dropped = 0  # pictures that the disk was too slow for

    @property
    def error(self) -> UserError | None:
        """Why the present or last recording ended early; None while all is well."""
        return None if self._handle is None else self._handle.error

    @property
    def is_recording(self) -> bool:
        return self._thread is not None

    def start(self, path: Path, rate_hz: float = 30.0) -> None:
        """Begin a recording of `rate_hz` pictures a second; one that runs is finished first."""
        self.stop()
        self.dropped = 0
        self._queue = Queue(QUEUE_PICTURES)
        self._handle = Handle(path)
        self._thread = Thread(
            target=_write,
            args=(_Film(path, rate_hz), self._queue, self._handle),
            name="deepvis-recorder",
            daemon=True,
        )
        self._thread.start()

    def add(self, picture: NDArray[np.uint8], time_s: float) -> None:
        """Append a picture, uint8 RGB (H, W, 3), that is shown from `time_s` on. Never blocks."""
        if self._thread is None:
            return
        try:
            self._queue.put_nowait((picture, time_s))
        except Full:
            self.dropped += 1

    def stop(self) -> Handle:
        """End the recording; the handle is done when the file is in its place."""
        handle, thread = self._handle, self._thread
        self._thread = None
        if handle is None or thread is None:
            handle = Handle(Path())
            handle.finish(UserError("Nothing is being recorded", "Start a recording first"))
            return handle
        self._queue.put(None)  # the writer empties the queue, so there will be room
        return handle

    def close(self, timeout_s: float) -> None:
        """Finish what is being recorded and wait for the file."""
        thread = self._thread
        self.stop()
        if thread is not None:
            thread.join(timeout_s)


def _write(
    film: _Film, queue: Queue[tuple[NDArray[np.uint8], float] | None], handle: Handle
) -> None:
    error: UserError | None = None
    while (item := queue.get()) is not None:
        if error is None:
            error = _explained(lambda: film.add(*item))
            if error is not None:
                handle.error = error
    error = error or _explained(film.finish)
    if error is not None:
        _explained(film.discard)
    handle.finish(error)


def _explained(action: Callable[[], None]) -> UserError | None:
    """Run `action` and return its failure as a line for people."""
    try:
        action()
    except UserError as error:
        return error
    except OSError as error:
        reason = error.strerror or str(error)
        return UserError(f"The recording failed: {reason}", "Choose another folder or disk")
    except Exception as error:
        logger.info("the recording failed", exc_info=True)
        return UserError(f"The recording failed: {error}", "Record again")
    return None
