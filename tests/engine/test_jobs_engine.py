"""Jobs on the device worker's own thread, beside the live view."""

from __future__ import annotations

import time
from threading import Event, get_ident
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine import Engine, JobState, LiveRequest, Purpose, SynthesisRequest
from deepvis_app.nets.layers import Unit
from deepvis_app.synth import PRESETS, Sample, synthesize
from tests.engine.awaited import status_of, until_done

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = PRESETS["fast-preview"].with_value("stop.steps", 3)
ENDLESS = SHORT.with_value("stop.steps", 100_000)


@pytest.fixture
def engine(store, news) -> Iterator[Engine]:
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        yield engine


def ask(engine: Engine, *indices: int, recipe=SHORT, purpose=Purpose.LOOK) -> int:
    samples = tuple(Sample(Unit("third", index)) for index in indices)
    return engine.jobs.submit(SynthesisRequest(samples, recipe, purpose))


def hold(engine: Engine) -> Event:
    """Keep the worker busy until the event is set."""
    entered, leave = Event(), Event()

    def block(*_: object) -> None:
        entered.set()
        leave.wait(20)

    engine._worker.put_task(block)
    assert entered.wait(20)
    return leave


def test_a_job_gives_what_synthesis_gives_alone(engine, tiny, news) -> None:
    engine.set_network(tiny)
    job = ask(engine, 1, 4)
    until_done(engine, news, job)
    for index in (1, 4):
        sample = Sample(Unit("third", index))
        kept = engine.gallery.find(tiny.fingerprint, sample, SHORT)
        alone = synthesize(tiny, sample.objective, SHORT)
        assert kept.activation == pytest.approx(alone.activation, rel=1e-3)
        assert abs(kept.image.astype(int) - alone.image).max() <= 1


def test_live_goes_on_while_a_job_runs(engine, tiny, news, endless) -> None:
    engine.set_network(tiny)
    engine.open_source(endless(rate_hz=30))
    job = ask(engine, 0, recipe=ENDLESS)
    news.until(lambda: status_of(engine, job).step > 3, 60)
    step = status_of(engine, job).step
    frames = {engine.next_snapshot(20).frame.number for _ in range(10)}
    assert len(frames) == 10
    news.until(lambda: status_of(engine, job).step > step, 60)
    assert engine.status().rates.steps > 0
    assert engine.status().fault is None


def test_pieces_run_on_the_worker_s_thread(tiny, news, store, monkeypatch) -> None:
    seen: set[int] = set()
    engine = Engine("cpu", threads=1, on_news=news, store=store)
    run_piece = engine._worker.pieces.run_piece
    monkeypatch.setattr(
        engine._worker.pieces, "run_piece", lambda m: (seen.add(get_ident()), run_piece(m))
    )
    with engine:
        engine.set_network(tiny)
        until_done(engine, news, ask(engine, 2))
        assert seen == {engine._worker._shift.thread.ident}


def test_nobody_waits_for_the_device_or_the_disk(engine, tiny, news) -> None:
    engine.set_network(tiny)
    until_done(engine, news, ask(engine, 3))
    leave = hold(engine)
    try:
        stored = ask(engine, 3)
        news.until(lambda: status_of(engine, stored).state is JobState.DONE)
        new = ask(engine, 5)
        engine.jobs.pause(new)
        engine.jobs.move(new, 0)
        engine.jobs.look_at(Unit("third", 5))
        engine.jobs.cancel(new)
        assert status_of(engine, new).state is JobState.CANCELLED
    finally:
        leave.set()


def test_while_frozen_jobs_have_the_device(engine, tiny, news, endless) -> None:
    engine.set_network(tiny)
    engine.open_source(endless(rate_hz=500))
    assert engine.next_snapshot(20)
    engine.freeze(True)
    until_done(engine, news, ask(engine, 1, purpose=Purpose.PREFETCH))
    engine.request(LiveRequest(7))
    while engine.next_snapshot(20).generation != 7:
        pass


def test_another_network_takes_over_in_the_middle_of_a_job(engine, tiny, make_network, news):
    engine.set_network(tiny)
    job = ask(engine, 0, recipe=ENDLESS)
    news.until(lambda: status_of(engine, job).step > 1, 60)
    other = make_network(seed=1, name="other")
    engine.set_network(other)
    news.until(lambda: status_of(engine, job).state is JobState.PAUSED)
    assert any("tiny" in note for note in status_of(engine, job).notes)
    second = until_done(engine, news, ask(engine, 0))
    kept = engine.gallery.get(next(iter(second.results.values())))
    assert kept.note.fingerprint == other.fingerprint
    step = status_of(engine, job).step
    engine.set_network(tiny)
    news.until(lambda: status_of(engine, job).step > step, 60)


def test_the_network_s_own_words_for_a_wrong_unit(engine, tiny, news) -> None:
    engine.set_network(tiny)
    job = ask(engine, 99)
    news.until(lambda: status_of(engine, job).state.is_final, 60)
    status = status_of(engine, job)
    assert status.state is JobState.FAILED
    assert "no unit 99" in status.error.cause
    assert engine.status().fault is None


def test_closing_ends_within_the_step_and_the_job_is_offered_again(tiny, news, store) -> None:
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        engine.set_network(tiny)
        job = ask(engine, 0, recipe=ENDLESS)
        news.until(lambda: status_of(engine, job).step > 4, 60)
        step = status_of(engine, job).step
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 5
    with Engine("cpu", threads=1, on_news=news, store=store) as engine:
        (offered,) = engine.jobs.take_back()
        engine.set_network(tiny)
        engine.jobs.resume(offered.id)
        news.until(lambda: status_of(engine, offered.id).step > 1, 60)
        assert status_of(engine, offered.id).step > step


def test_a_store_s_fault_is_told(engine, tiny, news, store, monkeypatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    engine.set_network(tiny)
    monkeypatch.setattr(store._disk, "write", broken)
    job = ask(engine, 1)
    news.until(lambda: engine.jobs.fault is not None, 60)
    assert "full" in engine.jobs.fault.cause
    news.until(lambda: status_of(engine, job).state is JobState.PAUSED)
    monkeypatch.undo()
    engine.jobs.resume(job)
    until_done(engine, news, job)
    assert engine.jobs.fault is None
