"""A thread that talks to a disk: neither window nor device waits for one."""

from __future__ import annotations

import logging
import weakref
from collections import deque
from concurrent.futures import Future
from enum import IntEnum
from threading import Condition, Thread
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)
T = TypeVar("T")


class Urgency(IntEnum):
    """What is done first. At the end what is merely looked up is left undone."""

    LOOK = 0  # somebody waits for it
    KEEP = 1
    LATER = 2


class _Errand(NamedTuple):
    action: Callable[[], object]
    name: object


class Clerk:
    """Runs errands one after the other, by urgency and then in their order.

    An errand must not raise; one that does is logged. One whose `name` equals that of a waiting
    errand takes its place.
    """

    def __init__(self, name: str = "deepvis-clerk") -> None:
        self._changed = Condition()
        self._errands: tuple[deque[_Errand], ...] = tuple(deque() for _ in Urgency)
        self._is_busy = False
        self._closing = False
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_started(self) -> bool:
        return self._thread.ident is not None

    def do(self, urgency: Urgency, action: Callable[[], object], name: object = None) -> None:
        """Have `action` run soon; returns at once."""
        with self._changed:
            waiting = self._errands[urgency]
            errand = _Errand(action, name)
            place = next((i for i, e in enumerate(waiting) if name and e.name == name), None)
            if place is None:
                waiting.append(errand)
            else:
                waiting[place] = errand
            self._changed.notify_all()

    def ask(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]:
        """Have a question answered soon; returns at once with what will have the answer.

        What nobody holds any more is not looked for; an order is done all the same, also at the
        end. Where the thread ends before, no answer comes.
        """
        future: Future[T] = Future()
        if is_order:
            self.do(Urgency.KEEP, lambda: _answer(future, question))
            return future
        awaited = weakref.ref(future)
        self.do(Urgency.LOOK, lambda: _answer(awaited(), question))
        return future

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing is left to do; return False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._is_busy and not any(self._errands), timeout_s
            )

    def close(self) -> None:
        """Ask the thread to end when what must be kept is kept; returns at once."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # The thread

    def _run(self) -> None:
        while (errand := self._next()) is not None:
            try:
                errand.action()
            except Exception:
                logger.exception("an errand to the store failed")

    def _next(self) -> _Errand | None:
        with self._changed:
            self._is_busy = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: any(self._errands) or self._closing)
            wanted = [self._errands[Urgency.KEEP]] if self._closing else self._errands
            for errands in wanted:
                if errands:
                    self._is_busy = True
                    return errands.popleft()
            return None


def _answer(future: Future[T] | None, question: Callable[[], T]) -> None:
    if future is None:
        return
    try:
        answer = question()
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is taken
        future.set_exception(error)
    else:
        future.set_result(answer)
