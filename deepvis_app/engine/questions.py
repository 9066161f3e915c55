"""Long questions about the shown picture: run in steps between frames, answered as they go."""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.jobs.lane import close_steps
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from torch import Tensor

    from deepvis_app.engine.live import LiveProcessor
    from deepvis_app.engine.worker import Model, PieceWork
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network

    Steps = Generator[object, None, object]
    Make = Callable[[Network, Tensor], Steps]

logger = logging.getLogger(__name__)

SMOOTHING = 0.3  # weight of a new step's time in its mean


class Answer:
    """What has been found so far; any thread may look, none waits.

    `progress` is the newest step's, `result` what came of them all, `error` why nothing did;
    `frame` is the picture that was asked about. `serial` grows with every change.
    """

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.progress: object = None
        self.result: object = None
        self.error: UserError | None = None
        self.done = False
        self.serial = 0
        self.is_cancelled = False

    def cancel(self) -> None:
        """Take no further step; what has been found stays."""
        self.is_cancelled = True

    def finish(self, result: object = None, error: UserError | None = None) -> None:
        """Say that it is over; only the first call counts. For the worker's thread."""
        if not self.done:
            self.result, self.error, self.done = result, error, True
            self.serial += 1


class Questions:
    """Questions in the order they were asked; the first is worked on.

    `add` and the methods of `PieceWork` are for the device worker's thread.
    """

    def __init__(self) -> None:
        self._open: deque[tuple[Answer, Steps]] = deque()
        self._step_s = 0.03

    def add(
        self, answer: Answer, make: Make, processor: LiveProcessor | None, frame: Frame | None
    ) -> None:
        """Begin to answer about the shown picture; no picture, no answer."""
        x = None if processor is None else processor.shown_input()
        if processor is None or x is None or frame is None:
            answer.finish(error=UserError("There is no picture yet", "Wait for the first one"))
            return
        answer.frame = frame
        try:
            steps = make(processor.network, x)
        except BaseException as error:  # noqa: BLE001 - as in a step
            answer.finish(error=_failure(error))
        else:
            if answer.done:  # given up meanwhile
                close_steps(steps)
            else:
                self._open.append((answer, steps))

    def next_s(self) -> float | None:
        return self._step_s if self._open else None

    def pushes(self) -> bool:
        return True

    def run_piece(self, model: Model) -> None:  # noqa: ARG002 - steps have their network
        first = answer, steps = self._open[0]
        if not answer.is_cancelled:
            began = time.monotonic()
            self._advance(answer, steps)
            if first in self._open:  # else it took so long that another thread put it aside
                self._step_s += SMOOTHING * (time.monotonic() - began - self._step_s)
        if answer.done or answer.is_cancelled:
            self._end(first)

    def put_aside(self, *, closing: bool = False) -> None:  # noqa: ARG002
        """End all: their network is no longer there."""
        while self._open:
            self._open[0][0].finish(error=UserError("The network has changed", "Ask again"))
            self._end(self._open[0])

    def _advance(self, answer: Answer, steps: Steps) -> None:
        try:
            progress = next(steps)
        except StopIteration as stop:
            answer.finish(stop.value)
        except BaseException as error:  # noqa: BLE001 - a model may raise anything
            answer.finish(error=_failure(error))
        else:
            if not answer.done:  # else another thread has put it aside meanwhile
                answer.progress = progress
                answer.serial += 1

    def _end(self, question: tuple[Answer, Steps]) -> None:
        answer, steps = question
        close_steps(steps)
        answer.done = True
        with suppress(ValueError):  # another thread has put it aside meanwhile
            self._open.remove(question)


def _failure(error: BaseException) -> UserError:
    if isinstance(error, UserError):
        return error
    logger.info("a question failed", exc_info=error)
    return failure_in_words(error)


class InTurn:
    """Several kinds of long work as one: the first that has any goes first."""

    def __init__(self, *works: PieceWork) -> None:
        self._works = works

    def _first(self) -> PieceWork | None:
        return next((work for work in self._works if work.next_s() is not None), None)

    def next_s(self) -> float | None:
        work = self._first()
        return None if work is None else work.next_s()

    def pushes(self) -> bool:
        work = self._first()
        return work is not None and work.pushes()

    def run_piece(self, model: Model) -> None:
        work = self._first()
        if work is not None:
            work.run_piece(model)

    def put_aside(self, *, closing: bool = False) -> None:
        for work in self._works:
            work.put_aside(closing=closing)
