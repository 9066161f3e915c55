from __future__ import annotations

import time
from threading import Event
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine import capture as capture_module
from deepvis_app.engine.capture import Capture
from deepvis_app.engine.status import Phase
from deepvis_app.frames.source import Frame, PassedOver, PictureError, SourceError, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start(news) -> Iterator[Callable[..., tuple[Capture, list[Frame]]]]:
    running: list[Capture] = []

    def begin(source, **more: object) -> tuple[Capture, list[Frame]]:
        frames: list[Frame] = []

        def deliver(_: Capture, frame: Frame, policy: object) -> None:
            frames.append(frame)
            news()

        make = source if callable(source) else lambda: source
        capture = Capture(make, "spec", deliver, news, **more)  # type: ignore[arg-type]
        running.append(capture)
        capture.start()
        return capture, frames

    yield begin
    for capture in running:
        capture.close()
        capture.join(10)


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture_module, "RETRY_S", (0.01, 0.04))


def test_frames_arrive_in_order_and_the_end_is_told(start, scripted, make_frame, news) -> None:
    source = scripted()
    source.feed(*(make_frame(number) for number in range(5)), None)
    capture, frames = start(source)
    news.until(lambda: capture.status.phase is Phase.ENDED)
    assert [frame.number for frame in frames] == list(range(5))
    assert capture.status.info.title == "scripted"
    assert capture.status.playback.index == 6
    capture.close()
    capture.join(5)
    assert (source.opened, source.closed) == (1, 1)


def test_controls_run_between_reads_and_wake_a_source_that_ended(
    start, scripted, make_frame, news
) -> None:
    source = scripted()
    source.feed(None)
    capture, frames = start(source)
    news.until(lambda: capture.status.phase is Phase.ENDED)
    assert source.reads == 1  # an ended source is not asked again and again

    def again(controlled) -> None:
        controlled.step(3)
        controlled.feed(make_frame(7))

    capture.control(again)
    news.until(lambda: frames)
    assert (frames[0].number, source.steps) == (7, 3)
    assert capture.status.phase is Phase.READY


def test_a_source_that_cannot_be_opened_has_failed(start, scripted, news) -> None:
    source = scripted()
    source.opening.append(SourceError("No camera is here", "Plug one in"))
    capture, frames = start(source)
    news.until(lambda: capture.status.phase is Phase.FAILED)
    assert str(capture.status.error) == "No camera is here. Plug one in."
    assert frames == []


def test_a_spec_that_names_nothing_has_failed(start, news) -> None:
    def make() -> None:
        raise SourceError("There is no source x")

    capture, _ = start(make)
    news.until(lambda: capture.status.phase is Phase.FAILED)
    assert capture.status.error.cause == "There is no source x"


def test_a_source_that_cannot_even_be_made_has_failed(start, news) -> None:
    capture, _ = start(lambda: 1 / 0)
    news.until(lambda: capture.status.phase is Phase.FAILED)
    assert "ZeroDivisionError" in capture.status.error.cause


def test_a_lost_source_is_opened_again_until_it_is_back(start, scripted, make_frame, news) -> None:
    source = scripted()
    lost = SourceLost("The camera was unplugged", "Plug it in again")
    source.feed(make_frame(0), lost, make_frame(1))
    source.opening.extend([None, *[SourceError("Not there yet")] * 4, None])
    phases = []
    capture, frames = start(source)
    news.until(lambda: (phases.append(capture.status.phase), len(frames) == 2)[1])
    assert Phase.LOST in phases
    assert [frame.number for frame in frames] == [0, 1]
    assert capture.status.phase is Phase.READY
    assert capture.status.error is None
    assert source.opened == 2


def test_closing_does_not_wait_for_a_lost_source(start, scripted, news, monkeypatch) -> None:
    monkeypatch.setattr(capture_module, "RETRY_S", (60.0, 60.0))
    source = scripted()
    source.feed(SourceLost("gone"))
    capture, _ = start(source)
    news.until(lambda: capture.status.phase is Phase.LOST)
    started = time.monotonic()
    capture.close()
    capture.join(10)
    assert time.monotonic() - started < 1
    assert source.closed == 1


def test_a_bad_picture_among_good_ones_is_a_notice(start, scripted, make_frame, news) -> None:
    source = scripted()
    source.feed(make_frame(0), PictureError("b.jpg is damaged"), make_frame(2))
    capture, frames = start(source)
    news.until(lambda: len(frames) == 2)
    assert capture.status.phase is Phase.READY
    assert capture.status.error is None
    assert capture.status.notice.cause == "b.jpg is damaged"


def test_a_notice_goes_after_a_while(start, scripted, make_frame, news, monkeypatch) -> None:
    monkeypatch.setattr(capture_module, "NOTICE_S", 0.0)
    source = scripted()
    source.feed(PictureError("b.jpg is damaged"), make_frame(2))
    capture, frames = start(source)
    news.until(lambda: frames)
    assert capture.status.notice is None


@pytest.mark.parametrize(
    "error", [SourceError("Broken for good"), ZeroDivisionError("oops"), SystemExit(3)]
)
def test_any_other_failure_ends_the_source_with_one_line(
    start, scripted, make_frame, news, error
) -> None:
    source = scripted()
    source.feed(make_frame(0), error)
    capture, _ = start(source)
    news.until(lambda: capture.status.phase is Phase.FAILED)
    assert str(error).rstrip(".") in capture.status.error.cause
    capture.join(5)
    assert source.closed == 1


def test_a_source_that_fails_to_close_troubles_nobody(start, scripted, news) -> None:
    source = scripted()
    source.close = lambda: 1 / 0
    capture, _ = start(source)
    news.until(lambda: capture.status.phase is Phase.READY)
    capture.close()
    capture.join(5)
    assert not capture._thread.is_alive()


def test_a_blocked_read_does_not_hold_up_the_close(start, scripted, make_frame, news) -> None:
    source = scripted()
    source.gate = Event()
    source.feed(make_frame(0))
    capture, frames = start(source)
    news.until(lambda: source.reads == 1)
    started = time.monotonic()
    capture.close()
    capture.join(0.2)
    assert time.monotonic() - started < 1
    source.gate.set()
    capture.join(5)
    assert frames == []  # what came after the close is not delivered
    assert source.closed == 1


@pytest.mark.parametrize("shared", ["camera", "itself"])
def test_what_only_one_can_have_is_waited_for(start, scripted, news, shared: str) -> None:
    first = scripted("first")
    second = first if shared == "itself" else scripted("second")
    first.device = second.device = "camera" if shared == "camera" else ""
    order: list[str] = []
    first.close = lambda: order.append("first closed")
    capture, _ = start(first)
    news.until(lambda: capture.status.phase is Phase.READY)

    def reopen() -> None:
        order.append("second opened")
        return scripted.open(second)

    second.open = reopen
    capture.close()
    after, _ = start(second, before=[capture])
    news.until(lambda: after.status.phase is Phase.READY)
    assert order == ["first closed", "second opened"]


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def stuck(scripted, make_frame):
    """A source that answers nothing until `gate` is set."""

    class Stuck(scripted):
        def __init__(self) -> None:
            super().__init__("stuck")
            self.opens_at_once = False
            self.began = Event()
            self.gate = Event()
            self.feed(make_frame(0))

        def open(self):
            if not self.opens_at_once:
                self.began.set()
                assert self.gate.wait(20)
            return super().open()

        def read(self):
            self.began.set()
            return super().read()

    source = Stuck()
    yield source
    source.gate.set()


def test_a_source_that_does_not_answer_is_told_and_nobody_waits_for_it(
    start, scripted, make_frame, news, stuck
) -> None:
    clock = Clock()
    capture, frames = start(stuck, clock=clock)
    assert stuck.began.wait(10)
    clock.now_s = 10.4
    assert capture.status.phase is Phase.OPENING
    assert clock.now_s - capture.status.since_s == 10.4
    clock.now_s = 10.6
    assert capture.status.phase is Phase.FAILED
    assert capture.status.error.cause == "spec did not answer within 10 s"
    assert capture.status.error is capture.status.error  # said once

    other = scripted("other")
    other.feed(make_frame(1))
    after, others_frames = start(other, before=[capture])
    news.until(lambda: others_frames)
    assert after.status.phase is Phase.READY
    assert not frames

    stuck.gate.set()  # it comes after all
    news.until(lambda: frames)
    assert capture.status.phase is Phase.READY
    assert capture.status.error is None


def test_a_source_that_falls_silent_is_lost_until_it_is_back(start, news, stuck) -> None:
    clock = Clock()
    stuck.opens_at_once = True
    capture, frames = start(stuck, clock=clock)
    assert stuck.began.wait(10)
    assert capture.status.phase is Phase.READY
    clock.now_s = 11
    assert capture.status.phase is Phase.LOST
    assert capture.status.error.cause == "spec has given nothing for 10 s"
    stuck.gate.set()
    news.until(lambda: frames)
    news.until(lambda: capture.status.phase is Phase.READY)
    assert capture.status.error is None


def test_closing_interrupts_what_the_source_waits_for(start, news, stuck) -> None:
    stuck.interrupt = stuck.gate.set
    capture, frames = start(stuck)
    assert stuck.began.wait(10)
    capture.close()
    capture.join(10)
    assert not capture.is_alive
    assert not frames
    assert stuck.closed == 1


def test_a_bad_picture_is_in_nobodys_place(start, scripted, make_frame, news) -> None:
    source = scripted()
    source.feed(make_frame(0), PictureError("b.jpg is damaged"))
    capture, _ = start(source)
    news.until(lambda: capture.status.broken is not None)
    assert capture.status.broken.error.cause == "b.jpg is damaged"
    assert capture.status.broken.at_s <= time.monotonic()
    source.feed(make_frame(2))
    capture.control(lambda _: None)
    news.until(lambda: capture.status.broken is None)


def test_damage_in_a_video_is_a_notice_only(start, scripted, make_frame, news) -> None:
    source = scripted()
    source.feed(make_frame(0), PassedOver("clip.mp4 is damaged at 0:01"))
    capture, _ = start(source)
    news.until(lambda: capture.status.notice is not None)
    assert capture.status.broken is None
