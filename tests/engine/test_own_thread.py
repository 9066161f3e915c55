from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
import torch

from deepvis_app.engine.own_thread import on_own_thread


def test_it_gives_what_the_function_gives_and_raises_what_it_raises() -> None:
    def fails() -> None:
        raise KeyError("no such thing")

    assert on_own_thread(lambda: threading.current_thread().name) != threading.current_thread().name
    with pytest.raises(KeyError, match="no such thing"):
        on_own_thread(fails)


@pytest.mark.skipif(sys.platform != "linux", reason="finds threads in /proc")
@pytest.mark.skipif(
    (os.cpu_count() or 1) < 2 or "OpenMP" not in torch.__config__.parallel_info(),
    reason="there is no team of threads on one processor",
)
def test_no_team_of_openmp_threads_stays_behind() -> None:
    # Threads of earlier tests may end meanwhile: which ones are new tells, not how many there are.
    def threads() -> set[str]:
        return {entry.name for entry in Path("/proc/self/task").iterdir()}

    def parallel_work() -> set[str]:
        usual = torch.get_num_threads()
        torch.set_num_threads(2)
        torch.rand(1000, 1000).exp_()
        torch.set_num_threads(usual)
        return threads() - before

    before = threads()
    new = on_own_thread(parallel_work)
    assert len(new) >= 2  # the thread itself, and its team of two
    for _ in range(1000):  # the kernel takes them off its list a moment later
        if not threads() & new:
            break
        threading.Event().wait(0.01)
    assert not threads() & new
