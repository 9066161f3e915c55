"""Python's cyclic garbage, collected in one thread and between its other work alone.

By itself Python collects in whichever thread makes an object, at any line. What belongs to Qt must
go in the window's thread, and not while Qt goes through all widgets, as for a new style sheet: it
would find one that is no more, which ends the process.
"""

from __future__ import annotations

import gc
from threading import Event

GROWTH = 1.25  # of what has lasted, before all of it is gone through again; as Python's own
OLDEST = 2

_asked = Event()


def collect_soon() -> None:
    """Collect all garbage: now, or soon where a `Collector` does it."""
    if gc.isenabled():
        gc.collect()
    else:
        _asked.set()


class Collector:
    """Collects garbage when `step` is called, and never else until `end`.

    What exists when it is made is taken to stay (torch and its like: 380,000 objects, a third of a
    second at every full collection).
    """

    def __init__(self) -> None:
        _asked.clear()
        gc.disable()
        gc.freeze()
        self._lasting = 0  # objects that the last full collection left

    def step(self) -> None:
        """Collect the generations that Python would have collected by now, or all if asked."""
        due = [count > most for count, most in zip(gc.get_count(), gc.get_threshold(), strict=True)]
        if _asked.is_set() or (all(due) and _lasting() > GROWTH * self._lasting):
            _asked.clear()
            gc.collect()
            self._lasting = _lasting()
        elif due[0]:
            gc.collect(1 if due[1] else 0)

    def end(self) -> None:
        """Leave it to Python again."""
        gc.unfreeze()
        gc.enable()


def _lasting() -> int:
    return len(gc.get_objects(generation=OLDEST))
