"""Work with torch beside the worker's thread, leaving nothing behind."""

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

    def work() -> None:
        try:
            outcome.set_result(function())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            outcome.set_exception(error)

    thread = Thread(target=work, name="deepvis-apart", daemon=True)
    thread.start()
    thread.join()
    return outcome.result()
