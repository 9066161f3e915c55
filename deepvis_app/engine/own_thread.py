"""Work beside the worker's thread, in threads that leave nothing behind."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, get_native_id
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


MODEST = 10  # niceness, from where the live view keeps nearly all of a processor


def on_own_thread(function: Callable[[], Result]) -> Result:
    """Return `function()`, run in a thread that ends with it; raises what it raises.

    A thread that ran operators of torch keeps a team of OpenMP threads for as long as it lives.
    With more of them than processors GNU's OpenMP (`gomp_throttled_spin_count_var`) has all of them
    sleep at every wait: a pass through SqueezeNet was measured to take 1.6 times as long.
    """
    outcome: Future[Result] = Future()
    _begun(function, outcome).join()
    return outcome.result()


def apart(function: Callable[[], Result], *, modest: bool = False) -> Future[Result]:
    """Run something in a thread that ends with it; returns at once what will have the outcome.

    `modest`: where the system can tell threads apart, all others go before it.
    """
    outcome: Future[Result] = Future()
    _begun(_modestly(function) if modest else function, outcome)
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


def _modestly(function: Callable[[], Result]) -> Callable[[], Result]:
    def run() -> Result:
        if sys.platform == "linux":  # elsewhere this is for whole processes
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, get_native_id(), MODEST)
        return function()

    return run
