"""A child process of any kind: what it says when it cannot begin, and how it ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.process import Child, ChildState
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Counting:
    """Counts to a number; `leap` adds to it, `trip` is refused, `fall` raises."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._most, self._count = request["most"], 0

    def steps(self) -> Iterator[None]:
        while self._count < self._most:
            self._count += 1
            yield

    def facts(self) -> dict[str, Any]:
        return {"count": self._count, "nice": os.nice(0)}

    def do(self, command: str, values: dict[str, Any]) -> None:
        if command == "leap":
            self._count += values["by"]
        elif command == "trip":
            raise UserError("It trips", "Walk")
        elif command == "fall":
            raise ZeroDivisionError("It falls")
        elif command == "die":
            os._exit(3)

    def pause(self, paused: bool) -> None: ...

    def stop(self) -> None:
        self._count = -1

    def close(self) -> None: ...


def make_bad(_request: dict[str, Any]) -> Counting:
    raise UserError("There is nothing to count", "Give a number")


def test_it_works_to_its_end_and_says_how_far_it_came() -> None:
    child = Child("The counter", Counting)
    assert child.status.state is ChildState.NONE
    child.send("leap", by=1)  # nobody is there: nothing happens
    child.start({"most": 5})
    assert child.join(120)
    assert child.status.state is ChildState.ENDED
    assert child.status.facts["count"] == 5
    assert child.status.facts["nice"] >= 10


def test_commands_are_obeyed_during_a_pause() -> None:
    child = Child("The counter", Counting)
    child.start({"most": 10**9})
    child.pause()
    child.send("leap", by=10**6)
    child.send("trip")
    child.stop()
    assert child.join(120)
    assert child.status.state is ChildState.ENDED
    assert child.status.facts["count"] == -1
    child.start({"most": 3})  # another life
    assert child.join(120)
    assert child.status.facts["count"] == 3


def test_what_goes_wrong_is_said() -> None:
    for make, command, words in (
        (make_bad, "", "nothing to count"),
        (Counting, "fall", "ZeroDivisionError: It falls"),
        (Counting, "die", "ended without a word (exit code 3)"),
    ):
        child = Child("The counter", make)
        child.start({"most": 10**9})
        if command:
            child.send(command)
        assert child.join(120)
        assert child.status.state is ChildState.FAILED
        assert words in str(child.status.error)
