"""Work beside the worker's thread, in threads that leave nothing behind."""

from __future__ import annotations

from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


def on_own_thread(function: Callable[[], Result]) -> Result:
    """Return `function()`, run in a thread that ends with it; raises what it raises.

    A thread that ran operators of torch keeps a team of OpenMP threads for as long as it lives.
    With more of them than processors GNU's OpenMP (`gomp_throttled_spin_count_var`) has all of them
    sleep at every wait: a pass through SqueezeNet was measured to take 1.6 times as long.
    """
    outcome: Future[Result] = Future()
    _begun(function, outcome).join()
    return outcome.result()


def apart(function: Callable[[], Result]) -> Future[Result]:
    """Run something in a thread that ends with it; returns at once what will have the outcome.

    The thread is of no lower priority: such a one, put off while it has Python's lock, has been
    seen to hold up all others for seconds on a busy machine.
    """
    outcome: Future[Result] = Future()
    _begun(function, outcome)
    return outcome


def _begun(function: Callable[[], Result], outcome: Future[Result]) -> Thread:
    def work() -> None:
        try:
            result = function()
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    thread = Thread(target=work, name="deepvis-apart", daemon=True)
    thread.start()
    return thread
