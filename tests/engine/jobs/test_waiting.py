"""A job that waits for what is done elsewhere lets others go on, and goes on itself in time."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kind import JobKind, Kinds, Rank
from deepvis_app.engine.jobs.kinds.synthesis import Synthesis
from deepvis_app.engine.jobs.progress import Progress

if TYPE_CHECKING:
    from tests.engine.jobs.conftest import Bench

LOOKS = 3  # how often it waits


class Elsewhere(JobKind[str, int]):
    """Has pieces done elsewhere that a test ends; `busy` ones have then long work of their own."""

    name, request = "elsewhere", str
    needs_network, works_apart = False, True

    def __init__(self, store) -> None:
        super().__init__(store)
        self.awaited: dict[str, list[Future[int]]] = {}
        self.closed: list[str] = []

    def title(self, request: str) -> str:
        return request

    def rank(self, request: str) -> Rank:
        return Rank.ASKED

    def steps(self, network, request, resume):
        assert resume is None
        del network
        given = self.awaited.setdefault(request, [])
        try:
            yield Progress(0, LOOKS)
            for look in range(LOOKS):
                given.append(Future())
                yield given[-1]
                given[-1].result()
                yield Progress(look + 1, LOOKS, look)
                for _ in range(20 if "busy" in request else 0):
                    yield Progress(look + 1, LOOKS, look)
        except GeneratorExit:
            self.closed.append(request)
            raise
        return len(given)

    def to_data(self, request: str) -> dict[str, str]:
        return {"request": request}

    def from_data(self, data) -> str:
        return data["request"]


@pytest.fixture
def elsewhere(bench: Bench) -> Elsewhere:
    kind = Elsewhere(bench.store)
    bench.jobs._kinds = Kinds(Synthesis(bench.store, bench.script), kind)
    return kind


def until_it_waits(bench: Bench, kind: Elsewhere, request: str, times: int = 1) -> None:
    bench.run(lambda: len(kind.awaited.get(request, ())) == times)


def test_others_go_on_while_one_waits_and_none_loses_what_it_began(bench, elsewhere, samples):
    first = bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    other = bench.submit(*samples(1))
    bench.steps(1)
    assert {bench.state(first), bench.state(other)} == {JobState.RUNNING}
    for look in range(1, LOOKS):
        elsewhere.awaited["map"][-1].set_result(look)
        seen = set()
        while len(elsewhere.awaited["map"]) == look:
            bench.piece()
            seen |= {bench.state(first), bench.state(other)}
        assert seen == {JobState.RUNNING}  # neither flickers
        assert bench.status(first).step == look
        bench.steps(1)
    assert len(bench.script.begun) == 1  # the pictures were never begun again
    assert bench.status(other).step == LOOKS
    elsewhere.awaited["map"][-1].set_result(0)
    bench.run()
    assert (bench.state(first), bench.state(other)) == (JobState.DONE, JobState.DONE)
    assert bench.status(first).previews["map"] == LOOKS
    assert bench.status(other).traces[samples(1)[0]] == (1, 2, 3, 4)
    assert (elsewhere.closed, len(bench.script.begun)) == ([], 1)


def test_alone_it_leaves_nothing_to_do_until_it_may_go_on(bench, elsewhere):
    number = bench.jobs.submit("map")
    bench.run()
    assert bench.state(number) is JobState.RUNNING
    pokes = bench.pokes
    elsewhere.awaited["map"][0].set_result(0)
    assert bench.pokes > pokes  # the worker is told
    assert bench.pieces.next_s() is not None
    until_it_waits(bench, elsewhere, "map", 2)


def test_one_that_has_work_of_its_own_says_that_the_other_waits(bench, elsewhere, samples):
    busy = bench.jobs.submit("busy")
    until_it_waits(bench, elsewhere, "busy")
    other = bench.submit(*samples(1))
    bench.steps(1)
    elsewhere.awaited["busy"][0].set_result(0)
    bench.piece(10)
    assert (bench.state(busy), bench.state(other)) == (JobState.RUNNING, JobState.WAITING)
    until_it_waits(bench, elsewhere, "busy", 2)
    bench.steps(1)
    assert bench.state(other) is JobState.RUNNING
    assert len(bench.script.begun) == 1


def test_of_those_that_work_elsewhere_one_does_at_a_time(bench, elsewhere):
    bench.jobs.submit("map")
    second = bench.jobs.submit("map of another layer")
    bench.run()
    assert list(elsewhere.awaited) == ["map"]
    assert bench.state(second) is JobState.WAITING
    for look in range(LOOKS):
        elsewhere.awaited["map"][look].set_result(look)
        bench.run()
    assert list(elsewhere.awaited) == ["map", "map of another layer"]


def test_a_paused_one_goes_on_with_what_came_meanwhile(bench, elsewhere, samples):
    number = bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    bench.jobs.pause(number)
    elsewhere.awaited["map"][0].set_result(0)
    other = bench.submit(*samples(1))
    bench.run()
    assert bench.state(other) is JobState.DONE
    assert (bench.state(number), len(elsewhere.awaited["map"])) == (JobState.PAUSED, 1)
    bench.jobs.resume(number)
    until_it_waits(bench, elsewhere, "map", 2)


@pytest.mark.parametrize("has_other", [False, True])
def test_a_cancelled_one_is_let_go(bench, elsewhere, samples, has_other):
    number = bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    if has_other:
        bench.submit(*samples(1))
        bench.steps(1)
    bench.jobs.cancel(number)
    bench.run()
    assert (bench.state(number), elsewhere.closed) == (JobState.CANCELLED, ["map"])


def test_closing_keeps_what_an_interrupted_one_has_reached(make_bench, samples):
    bench = make_bench()
    kind = Elsewhere(bench.store)
    bench.jobs._kinds = Kinds(Synthesis(bench.store, bench.script), kind)
    bench.jobs.submit("busy")
    until_it_waits(bench, kind, "busy")
    bench.submit(*samples(1))
    bench.steps(2)
    kind.awaited["busy"][0].set_result(0)
    bench.piece(4)  # it is interrupted
    bench.close()
    assert kind.closed == ["busy"]
    again = make_bench()
    again.jobs._kinds = Kinds(Synthesis(again.store, again.script), Elsewhere(again.store))
    offered = again.jobs.take_back()
    assert {one.title.split()[0] for one in offered} == {"busy", "conv"}
    pictures = next(one for one in offered if one.title != "busy")
    again.jobs.resume(pictures.id)
    again.run(lambda: again.state(pictures.id) is JobState.DONE)
    assert len(again.script.steps) == 2  # of four: two were done before


def test_what_was_done_as_the_network_changed_is_taken(bench, elsewhere):
    bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    elsewhere.awaited["map"][0].set_result(0)
    bench.pieces.put_aside()  # before it could go on
    bench.use("b")
    until_it_waits(bench, elsewhere, "map", 2)
    assert elsewhere.closed == []


@pytest.mark.parametrize("is_taken_up", [False, True])
def test_it_goes_on_beside_another_network(bench, elsewhere, samples, is_taken_up):
    number = bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    if is_taken_up:  # just begun to wait, for the runner
        elsewhere.awaited["map"][0].set_result(0)
        while len(elsewhere.awaited["map"]) < 2:
            bench.piece()
    count = len(elsewhere.awaited["map"])
    bench.pieces.put_aside()  # as a worker does for another network
    bench.use("b")
    other = bench.submit(*samples(1))
    bench.run()
    assert (bench.state(number), bench.state(other)) == (JobState.RUNNING, JobState.DONE)
    assert (elsewhere.closed, len(elsewhere.awaited["map"])) == ([], count)
    elsewhere.awaited["map"][-1].set_result(0)
    until_it_waits(bench, elsewhere, "map", count + 1)


class Held:
    """A network that one can tell to be gone."""

    name, spec = "network a", "spec:a"


def test_one_that_waits_does_not_hold_the_network_that_was_there(bench, elsewhere):
    bench.model.replica = Held()
    left = weakref.ref(bench.model.replica)
    bench.jobs.submit("map")
    until_it_waits(bench, elsewhere, "map")
    bench.pieces.put_aside()
    bench.use("b")
    bench.run()
    gc.collect()
    assert left() is None
