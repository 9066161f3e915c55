from __future__ import annotations

from concurrent.futures import Future
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import torch

from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.readers import GridReader, StripReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.engine.worker import DeviceWorker, Model

if TYPE_CHECKING:
    from collections.abc import Iterator


def model_of(network) -> Model:
    return Model(network.replica("cpu"), choose_device("cpu"), network.fingerprint)


@pytest.fixture
def worker(news) -> Iterator[DeviceWorker]:
    worker = DeviceWorker(news)
    worker.start()
    yield worker
    worker.close()
    worker.join(10)


def held(worker: DeviceWorker) -> tuple[Event, Event]:
    """Keep the worker busy: (it is, let it go)."""
    entered, leave = Event(), Event()

    def block(*_: object) -> None:
        entered.set()
        leave.wait(20)

    worker.put_task(block)
    assert entered.wait(10)
    return entered, leave


def next_of(worker: DeviceWorker):
    snapshot = worker.snapshots.wait(20)
    assert snapshot is not None
    return snapshot


def test_the_newest_frame_is_answered_and_the_lost_ones_counted(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    assert next_of(worker).frame.number == 0
    _, leave = held(worker)
    for number in range(1, 6):
        worker.put_frame(make_frame(number))
    leave.set()
    assert next_of(worker).frame.number == 5
    assert worker.dropped == 4


def test_frames_before_the_first_network_are_not_called_dropped(worker, tiny, make_frame) -> None:
    for number in range(5):
        worker.put_frame(make_frame(number))
    worker.put_model(model_of(tiny))
    assert next_of(worker).frame.number == 4
    assert worker.dropped == 0


def test_with_a_policy_that_drops_nothing_every_frame_is_answered(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    seen: list[int] = []
    enough = Event()

    def read() -> None:
        while len(seen) < 50 and (snapshot := worker.snapshots.wait(20)) is not None:
            if snapshot.frame.number not in seen:
                seen.append(snapshot.frame.number)
        enough.set()

    reader = Thread(target=read)
    reader.start()
    for number in range(50):
        worker.put_frame(make_frame(number), lambda: False)
        while number not in seen and worker.snapshots.dropped == 0:
            if enough.wait(0.001):
                break
    reader.join(20)
    assert seen == list(range(50))
    assert worker.dropped == 0


def test_a_waiting_frame_gives_up_when_told(worker, tiny, make_frame) -> None:
    _, leave = held(worker)
    worker.put_frame(make_frame(0))
    given_up = Event()
    waiting = Thread(target=worker.put_frame, args=(make_frame(1), given_up.is_set))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    given_up.set()
    worker.poke()
    waiting.join(10)
    assert not waiting.is_alive()
    leave.set()


def test_a_new_request_is_answered_for_the_picture_that_is_shown(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    assert next_of(worker).generation == 0
    worker.put_request(LiveRequest(5, (GridReader("second", (12, 16), 4),)))
    snapshot = next_of(worker)
    assert (snapshot.generation, snapshot.frame.number) == (5, 0)
    assert snapshot.every(GridReader)[0].layer == "second"


def test_a_picture_at_rest_is_finished_once_and_then_nothing_runs(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    names = tuple(info.name for info in tiny.layers)
    worker.put_request(LiveRequest(1, (StripReader(names),)))
    for number in range(3):
        worker.put_frame(make_frame(number))
        next_of(worker)
    resting = next_of(worker)  # without a new frame
    assert resting.frame.number == 2
    assert {thumb.frame_number for thumb in resting.first(StripReader).thumbs.values()} == {2}
    assert worker.snapshots.wait(1.0) is None


def test_frozen_holds_the_frame_but_answers_requests(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    next_of(worker)
    worker.freeze(True)
    for number in range(1, 9):
        worker.put_frame(make_frame(number))
    worker.put_request(LiveRequest(3))
    while (snapshot := next_of(worker)).generation != 3:
        pass
    assert snapshot.frame.number == 0
    assert worker.dropped == 0  # nobody wanted to see them


@pytest.fixture
def in_work(worker, make_network, make_frame) -> tuple[DeviceWorker, Event]:
    """A worker that has answered frame 0 and is at frame 1, and what lets it end that."""
    entered, gate = Event(), Event()
    numbers = iter(range(99))

    def hold_second(*_: object) -> None:
        if next(numbers) == 1:
            entered.set()
            gate.wait(20)

    model = model_of(make_network())
    model.replica.module.register_forward_pre_hook(hold_second)
    worker.put_model(model)
    worker.put_frame(make_frame(0))
    assert next_of(worker).frame.number == 0
    worker.put_frame(make_frame(1))
    assert entered.wait(10)
    return worker, gate


def test_a_frame_in_work_when_the_picture_is_frozen_is_not_shown(in_work) -> None:
    worker, gate = in_work
    worker.freeze(True)
    assert worker.frozen
    gate.set()
    worker.put_request(LiveRequest(4))
    numbers = set()
    while (snapshot := next_of(worker)).generation != 4:
        numbers.add(snapshot.frame.number)
    assert numbers | {snapshot.frame.number} == {0}
    shown = Future()
    worker.put_task(lambda processor, frame: shown.set_result((processor._prepared.frame, frame)))
    assert {frame.number for frame in shown.result(10)} == {0}  # also what is saved of it


def test_a_frame_that_was_held_back_is_the_next_to_be_stepped_to(in_work, make_frame) -> None:
    worker, gate = in_work
    worker.freeze(True)
    gate.set()
    assert next_of(worker).frame.number == 0
    worker.step()
    while (snapshot := next_of(worker)).frame.number == 0:
        pass
    assert snapshot.frame.number == 1
    worker.freeze(False)
    worker.put_frame(make_frame(2))
    while (snapshot := next_of(worker)).frame.number == 1:
        pass
    assert snapshot.frame.number == 2


def test_a_newer_frame_takes_the_place_of_one_held_back(in_work, make_frame) -> None:
    worker, gate = in_work
    worker.freeze(True)
    worker.put_frame(make_frame(2))
    gate.set()
    assert next_of(worker).frame.number == 0
    worker.freeze(False)
    assert next_of(worker).frame.number == 2


def test_who_lets_the_picture_go_on_meanwhile_sees_the_frame_in_work(in_work) -> None:
    worker, gate = in_work
    worker.freeze(True)
    worker.freeze(False)
    gate.set()
    assert next_of(worker).frame.number == 1


def test_a_held_picture_stays_though_the_network_does_not_come_back(in_work, make_network) -> None:
    worker, gate = in_work
    worker.freeze(True)
    worker.put_model(model_of(make_network(seed=1)))
    worker.leave()
    assert next_of(worker).frame.number == 0
    gate.set()


def test_a_step_lets_exactly_one_new_frame_pass(worker, tiny, make_frame, news) -> None:
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    next_of(worker)
    worker.freeze(True)
    worker.put_frame(make_frame(1))
    worker.put_frame(make_frame(2))
    worker.step()
    while (snapshot := next_of(worker)).frame.number == 0:
        pass
    assert snapshot.frame.number == 2
    worker.put_frame(make_frame(3))
    worker.put_request(LiveRequest(9))
    while (snapshot := next_of(worker)).generation != 9:
        pass
    assert snapshot.frame.number == 2
    worker.freeze(False)
    assert next_of(worker).frame.number == 3


def test_a_step_before_the_next_frame_waits_for_it(worker, tiny, make_frame) -> None:
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    next_of(worker)
    worker.freeze(True)
    worker.step()
    worker.put_frame(make_frame(1))
    while (snapshot := next_of(worker)).frame.number == 0:
        pass
    assert snapshot.frame.number == 1


def test_frozen_before_anything_was_shown_shows_one_frame(worker, tiny, make_frame) -> None:
    worker.freeze(True)
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    assert next_of(worker).frame.number == 0


def test_a_failing_network_is_told_and_recovers_by_itself(
    worker, make_network, make_frame, news, caplog
) -> None:
    model = model_of(make_network())
    worker.put_model(model)
    worker.put_frame(make_frame(0))
    next_of(worker)
    model.replica.module.error = RuntimeError("the matrices do not fit\nand so on")
    worker.put_frame(make_frame(1))
    news.until(lambda: worker.fault is not None)
    assert "RuntimeError: the matrices do not fit" in worker.fault.cause
    assert "\n" not in str(worker.fault)
    count = news.count
    worker.put_frame(make_frame(2))  # the same failure is not told again and again
    news.until(lambda: worker._shift.shown is not None and worker._shift.shown.number == 2)
    model.replica.module.error = None
    worker.put_frame(make_frame(3))
    while (snapshot := next_of(worker)).frame.number != 3:
        pass
    assert worker.fault is None
    assert news.count == count + 1
    assert snapshot.frame.number == 3


class Strange(BaseException):
    def __str__(self) -> str:
        raise SystemExit(1)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SystemExit(3), "SystemExit: 3"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (StopIteration("no more"), "StopIteration: no more"),
        (Strange(), "Strange"),
        (RecursionError("too deep"), "RecursionError: too deep"),
        (RuntimeError("x" * 10**7), "RuntimeError: xxx"),
        (RuntimeError("\n\n<b>html</b>\nsecond"), "RuntimeError: <b>html</b>"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_whatever_a_network_raises_is_told_in_a_line_and_the_next_one_runs(
    worker, make_network, make_frame, news, error, said
) -> None:
    model = model_of(make_network())
    model.replica.module.error = error
    worker.put_model(model)
    worker.put_frame(make_frame(0))
    news.until(lambda: worker.fault is not None)
    assert worker.fault.cause.startswith(f"The network failed: {said}")
    assert len(str(worker.fault)) < 600
    assert "second" not in str(worker.fault)
    worker.put_model(model_of(make_network(seed=1)))
    assert next_of(worker).frame.number == 0
    assert worker.fault is None


def stuck(worker, make_network, make_frame) -> tuple[Event, Thread]:
    """Let a network not come back: (let it, the thread it is on)."""
    entered, gate = Event(), Event()

    def hang(*_: object) -> None:
        entered.set()
        gate.wait(20)

    model = model_of(make_network())
    model.replica.module.register_forward_pre_hook(hang)
    worker.put_model(model)
    worker.put_frame(make_frame(0))
    assert entered.wait(10)
    return gate, worker._shift.thread


def test_a_network_that_does_not_come_back_is_left(worker, make_network, make_frame, news) -> None:
    gate, thread = stuck(worker, make_network, make_frame)
    other = model_of(make_network(seed=1))
    worker.put_model(other)
    assert not worker.exchanged(0.05)
    assert worker.at_work_s > 0.05
    worker.leave()
    assert worker.exchanged(10)
    assert next_of(worker).network == other.fingerprint  # of the picture that was shown
    gate.set()
    thread.join(10)
    assert not thread.is_alive()
    worker.put_request(LiveRequest(7))
    while (snapshot := next_of(worker)).generation != 7:
        assert snapshot.network == other.fingerprint
    assert snapshot.network == other.fingerprint
    assert worker.fault is None
    news.until(lambda: worker.at_work_s == 0)


def test_a_failure_of_a_network_that_was_left_is_heard_by_nobody(
    worker, make_network, make_frame, news
) -> None:
    gate, thread = stuck(worker, make_network, make_frame)
    worker._shift.used.replica.module.error = SystemExit(1)
    worker.leave()
    gate.set()
    thread.join(10)
    assert not thread.is_alive()
    assert worker.fault is None
    assert worker.snapshots.take() is None


def test_who_waits_for_a_task_that_does_not_come_back_is_told(worker, news) -> None:
    told = Event()
    entered, gate = Event(), Event()
    worker.put_task(lambda *_: (entered.set(), gate.wait(20)), told.set)
    assert entered.wait(10)
    assert not told.is_set()
    worker.leave()
    assert told.is_set()
    done = Event()
    worker.put_task(lambda *_: done.set())
    assert done.wait(10)
    gate.set()


def test_tasks_that_were_given_up_are_not_run_after_all(worker) -> None:
    entered, gate, hold = Event(), Event(), Event()
    done: list[str] = []
    worker.put_task(lambda *_: (entered.set(), gate.wait(20)))
    assert entered.wait(10)
    entered.clear()
    left = worker._shift.thread
    worker.put_task(lambda *_: (entered.set(), hold.wait(20)))
    worker.put_task(lambda *_: done.append("run"), lambda: done.append("given up"))
    gate.set()
    assert entered.wait(10)  # both were taken together
    worker.leave()
    hold.set()
    left.join(10)
    assert not left.is_alive()
    assert done == ["given up"]


def test_the_end_does_not_wait_for_a_network_that_does_not_come_back(
    worker, make_network, make_frame
) -> None:
    gate, thread = stuck(worker, make_network, make_frame)
    told = Event()
    worker.put_task(lambda *_: None, told.set)
    worker.close()
    worker.join(0.05)
    assert thread.is_alive()
    assert told.is_set()
    gate.set()
    thread.join(10)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 byte"),
    ],
)
def test_out_of_memory_names_its_remedy(error: Exception) -> None:
    told = failure_in_words(error)
    assert "memory" in told.cause
    assert "smaller network" in told.remedy


def test_exchanging_the_network_answers_the_shown_picture_with_the_new_one(
    worker, tiny, make_network, make_frame
) -> None:
    other = make_network(seed=1)
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(0))
    assert next_of(worker).network == tiny.fingerprint
    worker.put_model(model_of(other))
    snapshot = next_of(worker)
    assert snapshot.network == other.fingerprint != tiny.fingerprint
    assert snapshot.frame.number == 0


def test_tasks_run_between_frames_and_are_told_of_the_end(tiny, make_frame, news) -> None:
    worker = DeviceWorker(news)
    worker.start()
    worker.put_model(model_of(tiny))
    worker.put_frame(make_frame(4))
    next_of(worker)
    seen: list[tuple[bool, int | None]] = []

    def note(processor, frame) -> None:
        seen.append((processor is not None, None if frame is None else frame.number))

    worker.put_task(note)
    news.until(lambda: seen)
    _, leave = held(worker)
    worker.put_task(note)
    worker.close()
    leave.set()
    worker.join(10)
    assert seen == [(True, 4), (False, None)]
