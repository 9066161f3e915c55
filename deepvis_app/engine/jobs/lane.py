"""One batch of a job's parts in work: a generator of steps, driven a piece at a time."""

from __future__ import annotations

import logging
import math
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.job import SavedLane

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from deepvis_app.engine.jobs.kind import JobKind
    from deepvis_app.engine.jobs.progress import Step
    from deepvis_app.engine.worker import Model


logger = logging.getLogger(__name__)


class Lane:
    """A batch with its own steps, of a request for its parts alone.

    For one thread; raises whatever the steps raise.
    """

    def __init__(
        self,
        kind: JobKind[Any, Any],
        model: Model,
        request: Any,
        saved: SavedLane | None = None,
    ) -> None:
        self.parts = kind.parts(request)
        self.progress: Step | None = None
        self.advanced = 0  # by how much the last piece brought `step` on
        self.is_half = False  # within a step
        self.traces: dict[Any, list[float]] = {part: [] for part in self.parts}
        self._kind = kind
        self._begun = self._now = request  # what it works by
        self._saved = saved
        self._steps = kind.pieces(model, request, None if saved is None else saved.state)
        self._is_started = False
        self._awaited: Future[Any] | None = None  # something done elsewhere, to go on after

    @property
    def is_started(self) -> bool:
        return self._is_started

    @property
    def awaits(self) -> bool:
        """Tell whether it goes on with what is done elsewhere, or is done by now."""
        return self._awaited is not None

    @property
    def waits(self) -> bool:
        """Tell whether there is nothing to run until something elsewhere is done."""
        return self._awaited is not None and not self._awaited.done()

    def when_ready(self, tell: Callable[[], None]) -> None:
        """Have `tell` called, on any thread, when it waits no more."""
        if self._awaited is not None:
            self._awaited.add_done_callback(lambda _: tell())

    @property
    def piece(self) -> tuple[str, int, bool]:
        """By what the next piece's time is foretold."""
        return self._kind.name, len(self.parts), self.is_half

    @property
    def step(self) -> int:
        return 0 if self.progress is None else self.progress.step

    @property
    def total(self) -> int:
        return self._kind.total(self._begun) if self.progress is None else self.progress.total

    def advance(self, request: Any) -> Sequence[Any] | None:
        """Run one piece, changing to `request` where a step begins; return the values at the end.

        A request that is given after the first step and goes another way changes the batch.
        """
        before, self._awaited = self.step, None
        try:
            if self._is_started and not self.is_half and self._changes_to(request):
                value = self._steps.send(self._kind.steering(request))
            else:
                self._is_started = True
                value = next(self._steps)
        except StopIteration as end:
            values: Sequence[Any] = end.value
            return values
        if isinstance(value, Future):
            self._awaited, value = value, None
        self.is_half = value is None
        if value is not None:
            self.progress = value
            self._trace(value)
        self.advanced = self.step - before
        return None

    def _changes_to(self, request: Any) -> bool:
        old, self._now = self._now, request
        return request is not old and self._kind.manner(request) != self._kind.manner(old)

    def _trace(self, progress: Step) -> None:
        """Add the step's numbers; steps of which nothing is known are NaN."""
        for part, value in zip(self.parts, self._kind.values(progress), strict=False):
            trace = self.traces[part]
            del trace[progress.step - 1 :]
            trace += [math.nan] * (progress.step - 1 - len(trace))
            trace.append(value)

    def previews(self) -> list[tuple[Any, object, tuple[float, ...]]]:
        """Return each part with what there is to see of it, and its curve."""
        if self.progress is None:
            return []
        seen = zip(self.parts, self._kind.previews(self.progress), strict=True)
        return [(part, preview, tuple(self.traces[part])) for part, preview in seen]

    def can_rest(self) -> bool:
        """Tell whether it has to be kept as it is: it has come somewhere and saves nothing."""
        return self.progress is not None and not self._kind.has_state(self.progress)

    def save(self) -> SavedLane | None:
        """Return what another lane goes on from; None where there is no such thing yet."""
        if self.progress is None:
            return self._saved
        state = self._kind.state(self.progress)
        return None if state is None else SavedLane(self._begun, self.parts, state)

    def close(self) -> None:
        """End the steps; those that another thread is in are left to it."""
        close_steps(self._steps)


def close_steps(steps: Generator[Any, Any, Any]) -> None:
    """Close a generator. Must not raise: on its way out it may run a model's own code."""
    try:
        steps.close()
    except BaseException:
        logger.info("steps were left as they are", exc_info=True)
