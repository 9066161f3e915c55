"""Long questions about a picture as jobs: on the worker's thread, kept, found and offered again."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from deepvis_app.engine import Engine, JobState, LiveRequest
from deepvis_app.engine.jobs import kinds
from deepvis_app.engine.jobs.kind import JobKind, Rank
from deepvis_app.engine.jobs.kinds.explaining import Question
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest
from deepvis_app.engine.jobs.kinds.truth import TruthQuestion
from deepvis_app.engine.jobs.progress import Progress
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.errors import UserError
from deepvis_app.explain import Method, Seed, attribute, deletion_insertion_steps
from deepvis_app.frames import StillSource
from deepvis_app.nets import Network, Unit
from deepvis_app.synth import PRESETS, Sample
from tests.engine.awaited import status_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis_app.frames import Frame

UNIT, SEED = Unit("third", 1), Seed.parse("max")
COVER = (("patch", 8), ("stride", 4), ("fill", "mean"))


class Told(JobKind[str, object]):
    """Its requests are the names of generators of a test's own."""

    name, request = "told", str
    made: dict[str, Callable[[], Any]] = {}  # noqa: RUF012 - each test has its own

    def title(self, request: str) -> str:
        return request

    def rank(self, request: str) -> Rank:
        return Rank.ASKED

    def steps(self, network, request: str, resume) -> Any:
        return self.made[request]()

    def to_data(self, request: str) -> None:
        return None


@pytest.fixture
def told(monkeypatch) -> dict[str, Callable[[], Any]]:
    made: dict[str, Callable[[], Any]] = {}
    monkeypatch.setattr(kinds, "KINDS", (*kinds.KINDS, Told))
    monkeypatch.setattr(Told, "made", made)
    return made


@pytest.fixture
def frame(make_frame: Callable[[int], Frame]) -> Frame:
    return make_frame(5)


@pytest.fixture
def engine(told, news, store, tiny: Network, frame: Frame) -> Iterator[Engine]:
    """An engine that shows one picture."""
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        engine.open_source(StillSource(frame.image))
        assert engine.next_snapshot() is not None
        yield engine


def finished(engine: Engine, news, job: int):
    news.until(lambda: status_of(engine, job).state.is_final, 60)
    return status_of(engine, job)


def picture_of(network: Network, frame: Frame) -> KnownArray:
    return KnownArray.of(network.view(frame.image)[0])


def question(network: Network, frame: Frame, **fields: Any) -> Question:
    facts = {"unit": UNIT, "seed": SEED, "method": "occlusion", "options": COVER}
    return Question(picture_of(network, frame), **{**facts, **fields})


def hold(engine: Engine) -> Event:
    """Keep the worker busy until the event is set."""
    leave = Event()
    engine.between_frames(lambda: leave.wait(20))
    return leave


def counted(engine: Engine, monkeypatch) -> list[object]:
    """Return a list that grows with every piece."""
    pieces: list[object] = []
    run = engine._worker.pieces.run_piece
    monkeypatch.setattr(
        engine._worker.pieces, "run_piece", lambda model: (pieces.append(model), run(model))
    )
    return pieces


def test_occlusion_is_that_of_a_notebook(engine, news, tiny, frame) -> None:
    asked = question(tiny, frame)
    status = finished(engine, news, engine.jobs.submit(asked))
    assert (status.state, status.error) == (JobState.DONE, None)
    assert (status.title, status.way, status.network) == (
        "third · unit 1", "Occlusion by 8 px", "tiny",
    )  # fmt: skip
    x = tiny.prepare(frame.image)
    expected = attribute(tiny, x, UNIT, "occlusion", "max", patch=8, stride=4)
    found = status.found
    rounding = 4 * torch.finfo(torch.float32).eps * abs(found.score)  # of a difference of scores
    assert np.allclose(found.drop, expected[0].numpy(), atol=rounding)
    assert not found.drop.flags.writeable


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients", "ablation"])
def test_the_same_question_of_the_same_picture_is_found_again(
    engine, news, tiny, frame, monkeypatch, method
) -> None:
    options = COVER if method == "occlusion" else ()
    asked = question(tiny, frame, method=method, options=options)
    first = finished(engine, news, engine.jobs.submit(asked))
    pieces = counted(engine, monkeypatch)
    again = question(tiny, frame, method=method, options=options)  # another array of the same
    second = finished(engine, news, engine.jobs.submit(again))
    assert second.id != first.id
    assert second.results[again] == first.results[asked]
    assert not pieces
    for name in ("drop", "map"):
        if hasattr(first.found, name):
            assert (getattr(second.found, name) == getattr(first.found, name)).all()
    assert second.found.score == first.found.score
    assert [(r.index, r.amount) for r in getattr(second.found, "rises", ())] == [
        (r.index, r.amount) for r in getattr(first.found, "rises", ())
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"unit": Unit("third", 2)},
        {"seed": Seed.parse("sum")},
        {"options": (("patch", 8), ("stride", 4), ("fill", "black"))},
        {"method": "ablation", "options": ()},
    ],
    ids=["unit", "seed", "options", "method"],
)
def test_another_question_is_another_answer(engine, news, tiny, frame, other) -> None:
    first = finished(engine, news, engine.jobs.submit(question(tiny, frame)))
    asked = question(tiny, frame, **other)
    second = finished(engine, news, engine.jobs.submit(asked))
    assert second.state is JobState.DONE
    assert set(second.results.values()).isdisjoint(first.results.values())


def test_another_picture_network_or_code_is_another_answer(
    engine, news, tiny, frame, make_frame, make_network, monkeypatch
) -> None:
    keys = set()

    def ask(network: Network, frame: Frame) -> None:
        status = finished(engine, news, engine.jobs.submit(question(network, frame)))
        keys.update(status.results.values())

    ask(tiny, frame)
    ask(tiny, make_frame(6))
    other = make_network(seed=4)
    engine.set_network(other)
    news.until(lambda: engine.status().network.network is other, 60)
    ask(other, frame)
    monkeypatch.setattr("deepvis_app.engine.jobs.kinds.explaining.Explaining.code", 2)
    ask(other, frame)
    assert len(keys) == 4


@pytest.mark.parametrize("given", [True, False])
def test_a_map_is_tested_and_its_curves_are_found_again(
    engine, news, tiny, frame, monkeypatch, given
) -> None:
    x = tiny.prepare(frame.image)
    found = attribute(tiny, x, UNIT, "gradient", SEED).numpy()
    asked = TruthQuestion(
        picture_of(tiny, frame), UNIT, SEED, Method.GRADIENT.value,
        KnownArray.of(found) if given else None,
    )  # fmt: skip
    first = finished(engine, news, engine.jobs.submit(asked))
    assert first.state is JobState.DONE, first.error
    *_, end = run_out(deletion_insertion_steps(tiny, x, UNIT, found, seed=SEED))
    assert np.allclose(first.found.deletion, end.deletion, rtol=1e-4)
    assert first.found.insertion_area == pytest.approx(end.insertion_area, rel=1e-4)
    pieces = counted(engine, monkeypatch)
    second = finished(engine, news, engine.jobs.submit(asked))
    assert (second.found.deletion == first.found.deletion).all()
    assert second.found.deletion_area == first.found.deletion_area
    assert not pieces


def run_out(steps: Iterator[Any]) -> list[Any]:
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return [*seen, end.value]


def test_a_damaged_answer_is_found_out_and_made_again(engine, news, tiny, frame, store) -> None:
    asked = question(tiny, frame)
    finished(engine, news, engine.jobs.submit(asked))
    (entry,) = store.find("explanation")
    for name in entry.files:
        (entry.folder / name).write_bytes(b"{}")
    status = finished(engine, news, engine.jobs.submit(asked))
    assert status.state is JobState.DONE
    assert status.found.drop.shape == tiny.input_shape[1:]
    assert len(store.find("explanation")) == 1


def test_frames_are_answered_between_the_steps(engine, news, told) -> None:
    generations: list[int] = []

    def steps() -> Any:
        yield Progress(1, 2, "begun")
        while len(generations) < 3:
            yield Progress(1, 2, "on and on")
        return "all"

    told["a"] = steps
    job = engine.jobs.submit("a")
    for generation in range(1, 4):
        engine.request(LiveRequest(generation))
        snapshot = engine.next_snapshot()
        while snapshot is not None and snapshot.generation < generation:
            snapshot = engine.next_snapshot()
        assert snapshot is not None
        assert not status_of(engine, job).state.is_final
        generations.append(generation)
    assert finished(engine, news, job).previews["a"] == "all"


def endless() -> Any:
    step = 0
    while True:
        step += 1
        yield Progress(step, 10**6, step)


def test_a_cancelled_question_ends_and_its_generator_is_closed(engine, news, told) -> None:
    closed: list[bool] = []

    def guarded() -> Any:
        try:
            yield from endless()
        finally:
            closed.append(True)

    told["a"], told["b"] = guarded, lambda: iter_of("b")
    job = engine.jobs.submit("a")
    news.until(lambda: status_of(engine, job).step > 2, 60)
    engine.jobs.cancel(job)
    assert finished(engine, news, job).state is JobState.CANCELLED
    news.until(lambda: bool(closed), 60)  # although nothing else is to be done
    assert closed == [True]
    assert finished(engine, news, engine.jobs.submit("b")).state is JobState.DONE


def iter_of(value: object) -> Any:
    yield Progress(1, 1)
    return value


def test_what_saves_no_checkpoint_rests_while_it_is_held_or_overtaken(engine, news, told) -> None:
    begun: list[str] = []

    def long() -> Any:
        begun.append("a")
        yield from endless()

    told["a"], told["b"] = long, lambda: iter_of("b")
    job = engine.jobs.submit("a")
    news.until(lambda: status_of(engine, job).step > 2, 60)
    engine.jobs.pause(job)
    assert finished(engine, news, engine.jobs.submit("b")).state is JobState.DONE
    assert status_of(engine, job).state is JobState.PAUSED
    step = status_of(engine, job).step
    engine.jobs.resume(job)
    news.until(lambda: status_of(engine, job).step > step + 2, 60)
    assert begun == ["a"]
    engine.jobs.pause(job)
    engine.jobs.cancel(job)


def test_a_question_waits_for_its_network(engine, news, told, tiny, make_network) -> None:
    told["a"] = endless
    job = engine.jobs.submit("a")
    news.until(lambda: status_of(engine, job).step > 2, 60)
    engine.set_network(make_network(seed=4))
    news.until(lambda: status_of(engine, job).state is JobState.PAUSED, 60)
    assert "Goes on when the network tiny" in status_of(engine, job).notes[-1]
    engine.set_network(tiny)
    news.until(lambda: status_of(engine, job).state is JobState.RUNNING, 60)


def test_a_question_goes_before_pictures(engine, told) -> None:
    engine.freeze(True)
    told["a"] = endless
    job = engine.jobs.submit("a")
    assert engine.jobs.statuses()[0].id == job


def test_what_is_put_first_goes_before_the_questions_that_are_there(engine, told) -> None:
    leave = hold(engine)
    try:
        told["a"] = told["b"] = endless
        sample = Sample(Unit("third", 1))
        layer = engine.jobs.submit(SynthesisRequest((sample,), PRESETS["clear"], Purpose.LAYER))
        first = engine.jobs.submit("a")
        assert [one.id for one in engine.jobs.statuses()] == [first, layer]
        engine.jobs.move(layer, 0)
        assert [one.id for one in engine.jobs.statuses()] == [layer, first]
        later = engine.jobs.submit("b")
        assert [one.id for one in engine.jobs.statuses()] == [later, layer, first]
        engine.jobs.move(first, 0)
        assert [one.id for one in engine.jobs.statuses()] == [first, later, layer]
        for job in (layer, first, later):
            engine.jobs.cancel(job)
    finally:
        leave.set()


@pytest.mark.parametrize(
    "error",
    [
        UserError("The patch is larger than the picture", "Make it smaller"),
        ZeroDivisionError("by zero"),
        SystemExit(2),
        KeyboardInterrupt(),
        GeneratorExit(),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_whatever_is_raised_is_an_answer(engine, news, told, error, at_once) -> None:
    def steps() -> Any:
        yield Progress(1, 2)
        raise error

    def make() -> Any:
        if at_once:
            raise error
        return steps()

    told["a"], told["b"] = make, lambda: iter_of("b")
    status = finished(engine, news, engine.jobs.submit("a"))
    assert status.state is JobState.FAILED
    if isinstance(error, UserError):
        assert status.error == error
    else:
        assert type(error).__name__ in status.error.cause
    assert finished(engine, news, engine.jobs.submit("b")).state is JobState.DONE
    assert engine.status().fault is None


def test_a_network_without_the_unit_says_so(engine, news, tiny, frame) -> None:
    asked = question(tiny, frame, unit=Unit("third", 99))
    status = finished(engine, news, engine.jobs.submit(asked))
    assert "no unit 99" in status.error.cause


def test_an_unfinished_question_is_offered_again_with_its_picture(
    told, news, store, tiny, frame, monkeypatch
) -> None:
    slow = (("patch", 4), ("stride", 1), ("fill", "mean"))
    asked = question(tiny, frame, options=slow)
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        job = engine.jobs.submit(asked)
        news.until(lambda: status_of(engine, job).step > 0, 60)
        engine.jobs.pause(job)
        news.until(lambda: len(store.find("checkpoint")) == 1, 60)
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        (offered,) = engine.jobs.take_back()
        assert (offered.title, offered.way) == ("third · unit 1", "Occlusion by 4 px")
        assert offered.request == asked
        engine.set_network(tiny)
        engine.jobs.resume(offered.id)
        status = finished(engine, news, offered.id)
        assert (status.state, status.error) == (JobState.DONE, None)
        assert status.found.drop.shape == tiny.input_shape[1:]
        news.until(lambda: not store.find("checkpoint"), 60)


def test_a_question_whose_picture_is_gone_says_so(told, news, store, tiny, frame) -> None:
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        engine.jobs.pause(engine.jobs.submit(question(tiny, frame)))
        news.until(lambda: len(store.find("checkpoint")) == 1, 60)
    store.clear("checkpoint")
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        (offered,) = engine.jobs.take_back()
        engine.jobs.resume(offered.id)
        status = finished(engine, news, offered.id)
        assert status.state is JobState.FAILED
        assert "picture of this question" in status.error.cause


def test_without_a_store_the_answer_is_in_the_status(told, news, tiny, frame) -> None:
    with Engine("cpu", threads=1, on_news=news) as engine:
        engine.set_network(tiny)
        status = finished(engine, news, engine.jobs.submit(question(tiny, frame)))
        assert status.found.drop.shape == tiny.input_shape[1:]
        assert dict(status.results) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("picture", "ff"),
        ("picture", None),
        ("unit", ["third", -1, None]),
        ("unit", [3, 1, None]),
        ("unit", ["third", 1, [1]]),
        ("seed", "whim"),
        ("seed", 3),
        ("method", "divination"),
        ("options", {"patch": [1]}),
        ("options", 3),
    ],
)
def test_what_is_no_question_is_refused(tiny, frame, key, value) -> None:
    kind = kinds.make_kinds(None).named("explanation")
    data = kind.to_data(question(tiny, frame))
    assert kind.from_data(data) == question(tiny, frame)
    with pytest.raises((UserError, ValueError, KeyError, TypeError, AttributeError)):
        kind.from_data({**data, key: value})
