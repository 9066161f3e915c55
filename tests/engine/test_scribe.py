"""Small files are written on a thread of their own, the newest of a name last."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from deepvis_app.engine import Scribe
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    import pytest

WAIT_S = 10


def test_of_one_name_the_newest_is_written() -> None:
    scribe, done = Scribe(), []
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        go_on.wait(WAIT_S)
        done.append("slow")

    scribe.write("a", slow)
    assert begun.wait(WAIT_S)
    for text in ("old", "older", "newest"):
        scribe.write("b", lambda text=text: done.append(text))  # type: ignore[misc]
    assert done == []  # nobody waited for the slow one
    go_on.set()
    scribe.close()
    assert done == ["slow", "newest"]


def test_what_waits_is_written_before_the_end() -> None:
    scribe, done = Scribe(), []
    for name in "abc":
        scribe.write(name, lambda name=name: done.append(name))  # type: ignore[misc]
    scribe.close()
    assert done == ["a", "b", "c"]


def test_a_failure_is_kept_until_the_next_success() -> None:
    scribe = Scribe()
    tried = threading.Event()

    def fail() -> None:
        raise UserError("The disk is full", "Make room")

    scribe.write("a", fail)
    scribe.write("b", tried.set)
    assert tried.wait(WAIT_S)
    assert [str(fault) for fault in scribe.faults().values()] == ["The disk is full. Make room."]
    scribe.write("a", lambda: None)
    scribe.close()
    assert scribe.faults() == {}


def test_an_unexpected_failure_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    scribe, done = Scribe(), []

    def fail() -> None:
        raise ZeroDivisionError

    scribe.write("a", fail)
    scribe.write("b", lambda: done.append("b"))
    scribe.close()
    assert done == ["b"]
    assert "ZeroDivisionError" in str(scribe.faults()["a"])
    caplog.clear()
