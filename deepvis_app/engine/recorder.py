"""The thread that writes a recording as MP4."""

from __future__ import annotations

from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING

from deepvis_app.engine.film import Film, explained, given_up
from deepvis_app.engine.handle import Handle
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

QUEUE_PICTURES = 8  # a slow disk costs pictures, not memory


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

    def start(
        self, path: Path, rate_hz: float = 30.0, tags: Mapping[str, str] | None = None
    ) -> None:
        """Begin a recording of at most `rate_hz` pictures a second; one that runs is finished.

        `tags` go into the file's metadata: title, comment, date.
        """
        self.stop()
        self.dropped = 0
        self._queue = Queue(QUEUE_PICTURES)
        self._handle = Handle(path)
        self._thread = Thread(
            target=_write,
            args=(Film(path, rate_hz, tags), path, self._queue, self._handle),
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
        """Finish what is being recorded and wait for the file, also of one stopped just before."""
        self.stop()
        if self._handle is not None:
            self._handle.wait(timeout_s)


def _write(
    film: Film,
    path: Path,
    queue: Queue[tuple[NDArray[np.uint8], float] | None],
    handle: Handle,
) -> None:
    error: UserError | None = None
    while (item := queue.get()) is not None:
        if error is None:
            error = given_up(film, path, explained(lambda: film.add(*item), path))
            handle.error = error
    if error is None:
        error = given_up(film, path, explained(film.finish, path))
    handle.note = film.note
    handle.finish(error)
