"""Cyclic garbage goes in the thread that steps, when it steps, and no later than Python's would."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest

from deepvis_app.garbage import Collector, collect_soon

if TYPE_CHECKING:
    from collections.abc import Iterator


class Cycle:
    def __init__(self, went: list[int]) -> None:
        self._itself, self._went = self, went

    def __del__(self) -> None:
        self._went.append(threading.get_ident())


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    yield collector
    collector.end()


def allocate(many: int = 20_000) -> list[list[None]]:
    return [[None] for _ in range(many)]


def in_a_thread(work: threading.Thread) -> None:
    work.start()
    work.join(20)


def leave_garbage(went: list[int]) -> None:
    Cycle(went)
    allocate()


def test_garbage_of_another_thread_goes_in_the_thread_that_steps(collector: Collector) -> None:
    went: list[int] = []
    in_a_thread(threading.Thread(target=leave_garbage, args=(went,)))
    assert went == []
    kept = allocate()
    collector.step()
    assert went == [threading.get_ident()]
    assert kept


def test_little_garbage_waits(collector: Collector) -> None:
    went: list[int] = []
    gc.collect()
    Cycle(went)
    collector.step()
    assert went == []


def test_old_garbage_goes_in_time(collector: Collector) -> None:
    went: list[int] = []
    cycle = Cycle(went)
    for generation in (0, 1):
        gc.collect(generation)
    del cycle
    kept = []
    for _ in range(1000):
        kept += allocate(1000)
        collector.step()
        if went:
            break
    assert went == [threading.get_ident()]


def test_what_lasts_is_not_gone_through_again_while_little_comes(collector: Collector) -> None:
    lasting = allocate(500_000)
    collect_soon()
    collector.step()
    runs = gc.get_stats()[2]["collections"]
    for _ in range(140):  # Python would go through all about now, if more had lasted
        lasting += allocate(750)
        collector.step()
    assert gc.get_stats()[2]["collections"] == runs
    for _ in range(140):
        lasting += allocate(750)
        collector.step()
    assert gc.get_stats()[2]["collections"] == runs + 1


def test_what_is_asked_for_comes_with_the_next_step(collector: Collector) -> None:
    went: list[int] = []
    cycle = Cycle(went)
    gc.collect()
    del cycle
    collect_soon()
    assert went == []
    collector.step()
    assert went == [threading.get_ident()]


def test_without_a_collector_it_goes_at_once() -> None:
    went: list[int] = []
    cycle = Cycle(went)
    gc.collect()
    del cycle
    collect_soon()
    assert went == [threading.get_ident()]


def test_in_the_end_python_collects_by_itself() -> None:
    Collector().end()
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0
