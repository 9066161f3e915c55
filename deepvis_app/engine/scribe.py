"""The thread that writes small files, so that a slow disk holds nobody up."""

from __future__ import annotations

import logging
from threading import Condition, Thread
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

CLOSE_S = 5.0  # a disk that has not answered by then is not waited for


class Scribe:
    """Does what it is handed under a name, one after the other; of one name the newest counts."""

    def __init__(self) -> None:
        self._ready = Condition()
        self._waiting: dict[str, Callable[[], None]] = {}
        self._faults: dict[str, UserError] = {}
        self._is_writing = self._is_closed = False
        self._thread: Thread | None = None  # until there is something to write

    def write(self, name: str, work: Callable[[], None]) -> None:
        """Have `work` done soon; it may raise `UserError`, see `faults`."""
        with self._ready:
            self._waiting[name] = work
            self._ready.notify_all()
            if self._thread is None:
                self._thread = Thread(target=self._run, name="deepvis-scribe", daemon=True)
                self._thread.start()

    def faults(self) -> dict[str, UserError]:
        """Return what could not be written last, by name."""
        with self._ready:
            return dict(self._faults)

    def settle(self) -> None:
        """Wait until all is written; not for a disk that does not answer."""
        with self._ready:
            self._ready.wait_for(lambda: not self._waiting and not self._is_writing, CLOSE_S)

    def close(self) -> None:
        """Write what waits, and end."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting:
                    return
                name = next(iter(self._waiting))
                work = self._waiting.pop(name)
                self._is_writing = True
            fault = _fault_of(work)
            with self._ready:
                self._is_writing = False
                self._ready.notify_all()
                self._faults.pop(name, None)
                if fault is not None:
                    self._faults[name] = fault


def _fault_of(work: Callable[[], None]) -> UserError | None:
    try:
        work()
    except UserError as error:
        return error
    except Exception as error:
        logger.exception("a file was not written")
        return UserError(f"A file was not written ({type(error).__name__})")
    return None
