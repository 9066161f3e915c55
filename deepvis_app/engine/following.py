"""Brings a run's network what its training writes, a few times a second."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Condition, Thread
from typing import TYPE_CHECKING

from deepvis_app.engine.rate import RateMeter
from deepvis_app.errors import UserError, in_words
from deepvis_app.nets.run_folders import WATCHED, RunNetwork, run_network, step_words, weights_of
from deepvis_app.nets.run_weights import read_run_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.weights import Weights
    from deepvis_app.nets.network import Network

    Values = Mapping[str, NDArray[np.generic]]

logger = logging.getLogger(__name__)

LOOK_S = 0.1  # between two looks for newer weights
REST_S = 1.0  # the same of a run that has written none for `PATIENCE_S`
PATIENCE_S = 15.0
TOUCH_S = 1.0
SHARE = 0.05  # of the time new weights may take: of a large network they come less often


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the weights of a run that is watched have come.

    `problem` is what was wrong with the newest file, which was passed over; None: nothing.
    """

    spec: str
    note: str = ""  # "step 812"
    step: int | None = None
    rate: float = 0.0  # new weights a second
    problem: UserError | None = None


class Following:
    """Looks for newer weights of the present network, where that is a run's, and delivers them.

    On a thread of its own, which must not run torch (see `on_own_thread`) and lives only while
    there is a run to follow. A file that is torn, gone or of another network is passed over, and
    `status` says so until a sound one comes.
    """

    def __init__(
        self,
        take: Callable[[Network, Values, str], Weights],
        deliver: Callable[[Weights], None],
        on_news: Callable[[], None],
    ) -> None:
        self._take, self._deliver, self._on_news = take, deliver, on_news
        self._changed = Condition()
        self._network: Network | None = None
        self._run: RunNetwork | None = None
        self._thread: Thread | None = None
        self._read: tuple[str, int] | None = None  # the file that was looked at, and its time
        self._touched_s, self._came_s = -TOUCH_S, time.monotonic()
        self._took_s = 0.0  # by the last weights
        self._rate = RateMeter()
        self.status: Followed | None = None  # None: no run is followed

    # Any thread

    def follow(self, network: Network | None) -> None:
        """Follow the run that a network is the present one of; others are not followed."""
        run = None if network is None else run_network(network.spec)
        if run is None or run.step is not None:  # a checkpoint stays as it is
            network = run = None
        with self._changed:
            if network is self._network:
                return
            self._network, self._run = network, run
            self._read, self._came_s, self._took_s = None, time.monotonic(), 0.0
            self.status = None if network is None else Followed(network.spec)
            if network is not None and self._thread is None:
                self._thread = Thread(target=self._work, name="deepvis-following", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Follow nothing any more; the thread ends after its present look."""
        self.follow(None)

    def join(self, timeout_s: float) -> None:
        """Wait for the thread's end."""
        if (thread := self._thread) is not None:
            thread.join(timeout_s)

    # The thread

    def _work(self) -> None:
        while (found := self._next()) is not None:
            self._look(*found)

    def _next(self) -> tuple[Network, RunNetwork] | None:
        with self._changed:
            is_lively = time.monotonic() - self._came_s < PATIENCE_S
            before = self._network
            rest_s = max(LOOK_S, self._took_s / SHARE) if is_lively else REST_S
            self._changed.wait_for(lambda: self._network is not before, rest_s)
            if self._network is None or self._run is None:
                self._thread = None
                return None
            return self._network, self._run

    def _look(self, network: Network, run: RunNetwork) -> None:
        self._touch(run)
        began_s = time.monotonic()
        try:
            file = weights_of(run)
            mark = str(file), file.stat().st_mtime_ns
            if mark == self._read:
                return
            values, step = read_run_weights(file)
            self._read = mark
            note = "" if step is None else step_words(step)
            weights = self._take(network, values, note)
        except UserError as error:
            self._tell(network, problem=error)
            return
        except OSError:  # it was replaced just now
            return
        except Exception as error:  # whatever a file may hold
            logger.info("weights could not be read", exc_info=True)
            self._tell(
                network, problem=UserError(f"New weights are passed over: {in_words(error)}")
            )
            return
        self._rate.count()
        self._came_s = time.monotonic()
        self._took_s = self._came_s - began_s
        if self._tell(network, note=note, step=step, rate=self._rate.rate(), problem=None):
            self._deliver(weights)

    def _touch(self, run: RunNetwork) -> None:
        """Let the training know that somebody watches: then it writes its weights."""
        now_s = time.monotonic()
        if now_s - self._touched_s >= TOUCH_S:
            self._touched_s = now_s
            with suppress(OSError):  # of a folder that may only be read, checkpoints come still
                (run.folder / WATCHED).touch()

    def _tell(self, network: Network, **news: object) -> bool:
        """Say what is new; return False where another network is followed by now."""
        with self._changed:
            if network is not self._network or self.status is None:
                return False
            before = self.status
            self.status = replace(before, **news)  # type: ignore[arg-type]
        if (before.problem is None) != (self.status.problem is None):
            self._on_news()
        return True
