"""A promise of a file that another thread writes."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.errors import UserError


class Handle:
    """Ask it now and then: `done`, and then `error` or `path`. Any thread may."""

    def __init__(self, path: Path) -> None:
        self._target = path
        self._done = Event()
        self.error: UserError | None = None
        self.note = ""  # what should be known of the file

    @property
    def done(self) -> bool:
        return self._done.is_set()

    @property
    def path(self) -> Path | None:
        """The finished file; None before, and after a failure."""
        return self._target if self.done and self.error is None else None

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until it is done; return False when that takes longer."""
        return self._done.wait(timeout_s)

    def finish(self, error: UserError | None = None) -> None:
        """Say that the file is there or why not; only the first call counts."""
        if not self.done:
            self.error = error
            self._done.set()
