"""The store's thread as one that is asked."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine.jobs.clerk import Clerk
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

WAIT_S = 20.0


@pytest.fixture
def clerk() -> Iterator[Clerk]:
    clerk = Clerk()
    clerk.start()
    yield clerk
    clerk.close()
    clerk.join(WAIT_S)


def test_an_answer_comes_from_the_clerk_s_thread(clerk: Clerk) -> None:
    thread = clerk.ask(threading.current_thread).result(WAIT_S)
    assert thread.name == "deepvis-clerk"


def test_what_goes_wrong_is_raised_where_the_answer_is_taken(clerk: Clerk) -> None:
    def fail() -> None:
        raise UserError("The disk is full", "Free space")

    with pytest.raises(UserError, match="disk is full"):
        clerk.ask(fail).result(WAIT_S)
    assert clerk.ask(lambda: 3).result(WAIT_S) == 3


def test_what_nobody_waits_for_any_more_is_left_out_but_an_order_is_not(clerk: Clerk) -> None:
    busy, goes = threading.Event(), threading.Event()
    done: list[str] = []

    def hold() -> None:
        busy.set()
        goes.wait(WAIT_S)

    first = clerk.ask(hold)
    assert busy.wait(WAIT_S)
    clerk.ask(lambda: done.append("forgotten"))
    awaited = clerk.ask(lambda: done.append("awaited"))
    clerk.ask(lambda: done.append("ordered"), is_order=True)
    goes.set()
    assert clerk.wait(WAIT_S)
    assert first.done()
    assert awaited.done()
    assert done == ["awaited", "ordered"]


def test_at_the_end_orders_are_done_and_looks_are_not() -> None:
    clerk, done = Clerk(), list[str]()
    look = clerk.ask(lambda: done.append("look"))
    order = clerk.ask(lambda: done.append("order"), is_order=True)
    clerk.close()
    clerk.start()
    clerk.join(WAIT_S)
    assert order.done()
    assert not look.done()
    assert done == ["order"]
