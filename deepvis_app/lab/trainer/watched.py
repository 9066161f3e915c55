"""Whether somebody watches a run: a file in its folder that they touch once a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis_app.nets.run_folders import WATCHED, WATCHED_S

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EVERY_S = 0.2  # between two writings of the present weights


class Watchers:
    """Tells when the present weights are to be written; a look at the file costs microseconds.

    `clock` gives monotonic seconds, `now` those since 1970, as times of files are.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._file, self._clock, self._now = folder / WATCHED, clock, now
        self._looked_s = -EVERY_S

    def is_due(self) -> bool:
        """Tell whether somebody watches and has waited for long enough."""
        now_s = self._clock()
        if now_s - self._looked_s < EVERY_S:
            return False
        self._looked_s = now_s
        try:
            return abs(self._now() - self._file.stat().st_mtime) < WATCHED_S
        except OSError:
            return False
