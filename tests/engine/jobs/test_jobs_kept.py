"""What outlives the process, and what happens when it cannot be kept."""

from __future__ import annotations

import json

import pytest

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.synthesis import Purpose
from deepvis_app.engine.jobs.memory import LIST, checkpoint_key
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit
from deepvis_app.store import StoreBusyError
from deepvis_app.synth import LogitObjective, Sample

FULL = UserError("The disk is full: /x", "Free some space")


def offered(bench):
    return bench.jobs.take_back()


@pytest.mark.parametrize("killed", [False, True])
def test_unfinished_jobs_are_offered_again(make_bench, samples, short, killed) -> None:
    first = make_bench()
    done = first.submit(*samples(1))
    first.run()
    mixed = (Sample(Unit("conv", 3, (1, 2)), 5), Sample(LogitObjective(2)), *samples(2))
    first.submit(*mixed, purpose=Purpose.LAYER)
    paused = first.submit(Sample(Unit("conv", 8)))
    first.jobs.pause(paused)
    first.submit(Sample(Unit("conv", 9)), purpose=Purpose.PREFETCH)
    first.jobs.cancel(first.submit(Sample(Unit("conv", 10))))
    assert first.state(done) is JobState.DONE
    first.close(killed=killed)

    second = make_bench()
    layer, one = offered(second)
    assert layer.samples == mixed
    assert (layer.purpose, layer.recipe, layer.state) == (Purpose.LAYER, short, JobState.OFFERED)
    assert one.samples == (Sample(Unit("conv", 8)),)
    assert second.pieces.next_s() is None  # nothing runs that was not accepted
    second.jobs.resume(layer.id)
    second.run()
    assert second.state(layer.id) is JobState.DONE
    assert [s for (s,) in second.script.begun] == [*mixed[:2], mixed[3]]  # one was there
    assert offered(second)[0].id == one.id
    second.jobs.cancel(one.id)
    second.settle()
    second.close(killed=killed)
    assert offered(make_bench()) == ()


def test_what_was_not_accepted_is_offered_again_and_again(make_bench, samples) -> None:
    bench = make_bench()
    bench.submit(*samples(3))
    for _ in range(3):
        bench.close(killed=True)
        bench = make_bench()
        assert len(offered(bench)) == len(offered(bench)) == 1
        bench.submit(Sample(Unit("conv", 77)))  # the list is written again
        bench.jobs.cancel(bench.jobs.statuses()[0].id)


def test_an_accepted_job_of_another_network_waits_for_it(make_bench, samples) -> None:
    first = make_bench()
    first.submit(*samples(1))
    first.close(killed=True)
    second = make_bench()
    second.use("b")
    (job,) = offered(second)
    second.jobs.resume(job.id)
    second.run()
    assert second.state(job.id) is JobState.PAUSED
    second.use("a")
    second.run()
    assert second.state(job.id) is JobState.DONE


def test_a_list_of_the_first_version_is_read(make_bench, samples, short) -> None:
    """As versions before that with kinds of jobs wrote it."""
    first = make_bench()
    first.submit(*samples(2), purpose=Purpose.LAYER)
    first.close(killed=True)
    (job,) = json.loads(first.store.kept(LIST))["jobs"]
    old = {
        **{key: job[key] for key in ("uid", "network")},
        **job["request"],
        "steered": False,
    }
    assert set(old) == {"uid", "network", "purpose", "recipe", "steered", "samples"}
    first.store.keep(LIST, json.dumps({"version": 1, "jobs": [old]}))
    second = make_bench()
    (layer,) = offered(second)
    assert (layer.samples, layer.recipe) == (samples(2), short)
    assert (layer.purpose, layer.network) == (Purpose.LAYER, "network a")
    assert second.jobs.fault is None


def test_a_job_of_a_kind_that_is_not_known_is_said(make_bench, samples) -> None:
    first = make_bench()
    for sample in samples(2):
        first.submit(sample)
    first.close(killed=True)
    jobs = json.loads(first.store.kept(LIST))
    jobs["jobs"][0]["kind"] = "weaving"
    first.store.keep(LIST, json.dumps(jobs))
    second = make_bench()
    assert len(offered(second)) == 1
    assert "1 of 2 unfinished jobs make no sense" in second.jobs.fault.cause


def test_two_windows_leave_each_other_s_jobs_in_the_list(make_bench, samples) -> None:
    first, second = make_bench(), make_bench()
    first.submit(Sample(Unit("conv", 1)))
    second.submit(Sample(Unit("conv", 2)))
    first.submit(Sample(Unit("conv", 3)))
    second.run()
    first.close(killed=True)
    second.close(killed=True)
    third = make_bench()
    left = {one.samples[0].objective.index for one in offered(third)}
    assert left == {1, 3}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1, "jobs": [{"uid": "x"}]}', "null"])
def test_a_list_that_cannot_be_read_is_no_list(make_bench, samples, text) -> None:
    bench = make_bench()
    bench.store.keep(LIST, text)
    assert offered(bench) == ()
    bench.submit(*samples(1))
    bench.close(killed=True)
    assert len(offered(make_bench())) == 1


def test_the_list_is_written_when_it_changes_not_every_step(bench, samples, monkeypatch) -> None:
    written: list[str] = []
    keep = bench.store.keep
    monkeypatch.setattr(bench.store, "keep", lambda *a: (written.append(a[1]), keep(*a)))
    number = bench.submit(*samples(2))
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert [len(json.loads(text)["jobs"]) for text in written] == [1, 0]


@pytest.mark.parametrize("how", ["pause", "close", "killed"])
def test_a_running_batch_goes_on_from_its_checkpoint(make_bench, samples, short, how) -> None:
    long = short.with_value("stop.steps", 12)
    first = make_bench()
    number = first.submit(*samples(1), recipe=long)
    first.steps(7)
    if how == "pause":
        first.jobs.pause(number)
        first.piece()
    if how == "killed":
        first.clock.now_s += 11
        first.piece(2)
    done = len(first.script.steps)
    first.close(killed=how != "close")
    second = make_bench()
    (job,) = offered(second)
    second.jobs.resume(job.id)
    second.run()
    assert second.state(job.id) is JobState.DONE
    assert len(second.script.steps) in (12 - done, 12 - 7)
    assert second.store.get(checkpoint_key("")) is None
    assert second.store.find("checkpoint") == ()


def test_a_steered_batch_is_still_steered_after_a_restart(make_bench, samples, short) -> None:
    softer = short.with_value("regularise.decay", 0.01)
    first = make_bench()
    number = first.submit(*samples(1))
    first.steps(1)
    first.jobs.change(number, softer)
    first.steps(1)
    first.close()
    second = make_bench()
    (job,) = offered(second)
    assert job.recipe == softer
    second.jobs.resume(job.id)
    second.run()
    assert second.gallery.get(second.status(job.id).results[samples(1)[0]]).steered


def test_a_damaged_checkpoint_costs_its_steps_only(make_bench, samples) -> None:
    first = make_bench()
    first.submit(*samples(1))
    first.steps(2)
    first.close()
    (entry,) = first_entries(make_bench(), "checkpoint")
    for name in entry.files:
        (entry.folder / name).write_bytes(b"")
    second = make_bench()
    (job,) = offered(second)
    second.jobs.resume(job.id)
    second.run()
    assert second.state(job.id) is JobState.DONE
    assert len(second.script.steps) == 4


def first_entries(bench, kind: str):
    return bench.store.find(kind)


def test_checkpoints_are_of_one_cancelled_job_no_more(bench, samples) -> None:
    number = bench.submit(*samples(1))
    bench.steps(1)
    bench.jobs.pause(number)
    bench.piece()
    bench.settle()
    assert len(bench.store.find("checkpoint")) == 1
    bench.jobs.cancel(number)
    bench.settle()
    assert bench.store.find("checkpoint") == ()


def test_a_full_disk_pauses_the_job_and_loses_nothing(bench, samples, monkeypatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise FULL

    number = bench.submit(*samples(4))
    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "put", full)
        bench.run(until=lambda: bench.state(number) is JobState.PAUSED)
        bench.piece(3)
        bench.settle()
    assert bench.jobs.fault is FULL
    status = bench.status(number)
    assert "disk is full" in status.notes[0]
    assert status.results == {}
    assert bench.news > 0
    bench.jobs.resume(number)
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert bench.jobs.fault is None
    assert len(bench.status(number).results) == 4
    assert len(bench.script.steps) == 16  # nothing was made twice


def test_a_store_that_always_fails_does_not_stop_what_needs_it_not(
    bench, samples, monkeypatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise FULL

    for name in ("get", "keep", "kept", "put", "find", "remove"):
        monkeypatch.setattr(bench.store, name, broken)
    assert bench.jobs.take_back() == ()
    number = bench.submit(*samples(1))
    assert bench.state(number) is JobState.WAITING
    bench.run(until=lambda: bench.state(number) is JobState.PAUSED)
    assert (bench.status(number).previews[samples(1)[0]] == 104).all()
    assert bench.jobs.fault is FULL
    bench.jobs.cancel(number)
    bench.settle()
    monkeypatch.undo()


def test_a_store_that_others_keep_busy_is_asked_again_until_it_has_the_pictures(
    bench, samples, monkeypatch
) -> None:
    real, said = bench.store.put, []

    def put(*words):
        if len(said) < 3:
            said.append(str(bench.jobs.fault))
            raise StoreBusyError(bench.folder)
        return real(*words)

    monkeypatch.setattr(bench.store, "put", put)
    number = bench.submit(*samples(1))
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert said[0] == "None"
    assert all("Another program keeps the store" in text for text in said[1:])
    assert bench.jobs.fault is None
    assert len(bench.store.find("picture")) == 1
    assert len(bench.script.begun) == 1  # nothing was made twice


def test_a_job_pauses_where_too_much_waits_for_a_busy_store(bench, samples, monkeypatch) -> None:
    monkeypatch.setattr("deepvis_app.engine.jobs.keeper.MOST_UNKEPT", 2)
    real = bench.store.put

    def put(*words):
        raise StoreBusyError(bench.folder)

    monkeypatch.setattr(bench.store, "put", put)
    number = bench.submit(*samples(4), purpose=Purpose.LAYER)
    for _ in range(300):
        if bench.state(number) is JobState.PAUSED:
            break
        bench.piece()
    bench.settle()
    assert bench.state(number) is JobState.PAUSED
    monkeypatch.setattr(bench.store, "put", real)
    bench.jobs.resume(number)
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert len(bench.store.find("picture")) == 4


DAMAGED = {
    "brackets": "[" * 100_000,
    "half": '{"version": 1, "jobs": [',
    "newer": '{"version": 99, "jobs": []}',
    "no table": '{"version": 1, "jobs": [3]}',
    "digits": f'{{"version": {"9" * 5000}, "jobs": []}}',
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_list_is_said_and_set_aside(make_bench, samples, what) -> None:
    bench = make_bench()
    bench.store.keep(LIST, DAMAGED[what])
    assert offered(bench) == ()
    assert "jobs.txt cannot be read" in bench.jobs.fault.cause
    assert "jobs.broken" in bench.jobs.fault.remedy
    assert (bench.folder / "kept" / "jobs.broken").read_text() == DAMAGED[what]
    bench.submit(*samples(1))
    bench.close(killed=True)
    again = make_bench()
    assert len(offered(again)) == 1
    assert again.jobs.fault is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("recipe", "{" * 1000),
        ("purpose", "whim"),
        ("network", [1, 2, 3]),
        ("samples", [{"objective": '{"kind": "logit", "index": 1e400}', "unit": 0, "seed": 1}]),
        ("samples", [{"objective": '{"kind": "logit", "index": 1}', "unit": 0, "seed": 2**62}]),
        ("samples", [{"objective": '{"kind": "logit", "index": 1}', "unit": 0, "seed": None}]),
    ],
    ids=range(6),
)
def test_one_senseless_job_costs_only_itself(make_bench, samples, key, value) -> None:
    first = make_bench()
    for sample in samples(2):
        first.submit(sample)
    first.close(killed=True)
    jobs = json.loads(first.store.kept(LIST))
    first_job = jobs["jobs"][0]
    (first_job if key in first_job else first_job["request"])[key] = value
    first.store.keep(LIST, json.dumps(jobs))
    second = make_bench()
    assert [job.samples for job in offered(second)] == [samples(2)[1:]]
    assert "1 of 2 unfinished jobs" in second.jobs.fault.cause
    second.close(killed=True)
    third = make_bench()
    assert [job.samples for job in offered(third)] == [samples(2)[1:]]
    assert third.jobs.fault is None
