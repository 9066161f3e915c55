from __future__ import annotations

import time
from threading import Event, Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
import torch

from deepvis_app.engine import Engine
from deepvis_app.engine.questions import Answer, Questions
from deepvis_app.engine.request import LiveRequest
from deepvis_app.errors import UserError
from deepvis_app.explain import attribute, occlusion_steps
from deepvis_app.frames import StillSource
from deepvis_app.nets import Network, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from deepvis_app.engine.live import LiveProcessor
    from deepvis_app.engine.worker import Model
    from deepvis_app.explain import OcclusionResult
    from deepvis_app.frames import Frame


def wait_until(true: Callable[[], bool], timeout_s: float = 20.0) -> None:
    until, never = time.monotonic() + timeout_s, Event()
    while not true():
        assert time.monotonic() < until
        never.wait(0.002)


def nothing() -> Generator[object, None, object]:
    yield from ()
    return None


def endless() -> Generator[object, None, object]:
    while True:
        yield "more"


@pytest.fixture
def picture(make_frame: Callable[[int], Frame]) -> Frame:
    return make_frame(5)


@pytest.fixture
def idle() -> Iterator[Engine]:
    with Engine("cpu") as engine:
        yield engine


@pytest.fixture
def engine(idle: Engine, tiny: Network, picture: Frame) -> Engine:
    """An engine that shows one picture."""
    idle.set_network(tiny)
    idle.open_source(StillSource(picture.image))
    assert idle.next_snapshot() is not None
    return idle


def finished(answer: Answer) -> None:
    wait_until(lambda: answer.done)


def test_occlusion_of_the_shown_picture(engine: Engine, tiny: Network, picture: Frame) -> None:
    unit = Unit("third", 1)
    answer = engine.ask(lambda net, x: occlusion_steps(net, x, unit, patch=8, stride=4))
    finished(answer)
    assert answer.error is None
    x = tiny.prepare(picture.image)
    expected = attribute(tiny, x, unit, "occlusion", "max", patch=8, stride=4)
    result = cast("OcclusionResult", answer.result)
    rounding = 4 * torch.finfo(torch.float32).eps * abs(result.score)  # of a difference of scores
    assert torch.allclose(torch.from_numpy(result.drop), expected[0], atol=rounding)
    assert answer.frame is not None
    assert answer.serial > 2


def test_frames_are_answered_between_the_steps(engine: Engine) -> None:
    rates: list[int] = []

    def steps() -> Generator[object, None, object]:
        yield "begun"
        while len(rates) < 3:
            yield "on and on"
        return "all"

    answer = engine.ask(lambda _net, _x: steps())
    for generation in range(1, 4):
        engine.request(LiveRequest(generation))
        snapshot = engine.next_snapshot()
        while snapshot is not None and snapshot.generation < generation:
            snapshot = engine.next_snapshot()
        assert snapshot is not None
        assert not answer.done
        rates.append(generation)
    finished(answer)
    assert answer.result == "all"


def test_a_cancelled_question_ends_and_its_generator_is_closed(engine: Engine) -> None:
    closed: list[bool] = []

    def guarded() -> Generator[object, None, object]:
        try:
            yield from endless()
        finally:
            closed.append(True)
        return None

    answer = engine.ask(lambda _net, _x: guarded())
    wait_until(lambda: answer.progress is not None)
    answer.cancel()
    finished(answer)
    assert closed == [True]
    assert answer.result is None
    finished(engine.ask(lambda _net, _x: nothing()))


def test_failures_come_back_in_words(engine: Engine) -> None:
    def wrong() -> Generator[object, None, object]:
        raise UserError("The patch is larger than the picture", "Make it smaller")
        yield

    def broken() -> Generator[object, None, object]:
        raise ZeroDivisionError("by zero")
        yield

    first = engine.ask(lambda _net, _x: wrong())
    second = engine.ask(lambda _net, _x: broken())
    finished(second)
    assert first.error is not None
    assert first.error.cause == "The patch is larger than the picture"
    assert second.error is not None
    assert "ZeroDivisionError: by zero" in second.error.cause
    assert engine.status().fault is None


def test_before_the_first_picture_it_says_so(idle: Engine) -> None:
    answer = idle.ask(lambda _net, _x: nothing())
    finished(answer)
    assert answer.error is not None
    assert "no picture" in answer.error.cause


def test_another_network_ends_what_was_asked_of_the_old_one(
    engine: Engine, make_network: Callable[..., Network]
) -> None:
    def endless() -> Generator[object, None, object]:
        while True:
            yield "more"

    answer = engine.ask(lambda _net, _x: endless())
    wait_until(lambda: answer.progress is not None)
    engine.set_network(make_network(seed=4))
    finished(answer)
    assert answer.error is not None
    assert "network has changed" in answer.error.cause


@pytest.mark.parametrize("error", [SystemExit(2), KeyboardInterrupt(), GeneratorExit()])
@pytest.mark.parametrize("at_once", [True, False])
def test_whatever_is_raised_is_an_answer(engine: Engine, error: BaseException, at_once) -> None:
    def steps() -> Generator[object, None, object]:
        yield 1
        raise error

    def make(*_: object) -> Generator[object, None, object]:
        if at_once:
            raise error
        return steps()

    answer = engine.ask(make)
    wait_until(lambda: answer.done)
    assert answer.error is not None
    assert type(error).__name__ in answer.error.cause
    after = engine.ask(lambda *_: nothing())
    wait_until(lambda: after.done)
    assert after.error is None


def test_a_question_that_was_given_up_while_it_began_is_not_asked() -> None:
    questions, answer = Questions(), Answer()
    steps = endless()
    next(steps)

    def make(*_: object) -> Generator[object, None, object]:
        answer.finish(error=UserError("given up"))
        return steps

    processor = SimpleNamespace(shown_input=lambda: torch.zeros(3, 4, 4), network=None)
    questions.add(answer, make, cast("LiveProcessor", processor), cast("Frame", object()))
    assert questions.next_s() is None
    assert steps.gi_frame is None  # closed


def test_a_question_that_another_thread_is_in_is_put_aside_and_stays_so() -> None:
    entered, gate = Event(), Event()

    def steps() -> Generator[object, None, object]:
        entered.set()
        gate.wait(20)
        yield "late"

    questions, answer = Questions(), Answer()
    questions._open.append((answer, steps()))
    thread = Thread(target=questions.run_piece, args=(cast("Model", None),))
    thread.start()
    assert entered.wait(10)
    questions.put_aside()
    assert answer.done
    questions._open.append((other := Answer(), nothing()))
    usual_s = questions.next_s()
    serial, error = answer.serial, answer.error
    gate.set()
    thread.join(10)
    assert (answer.serial, answer.error, answer.progress) == (serial, error, None)
    assert questions.next_s() == usual_s  # of the next one, which is still there
    questions.put_aside()
    assert other.done
