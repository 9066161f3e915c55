"""Jobs from request to result: order, chunks, changes, failures."""

from __future__ import annotations

import dataclasses
from threading import Event, Thread
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kind import Chunk
from deepvis_app.engine.jobs.kinds.chunks import chunk_for
from deepvis_app.engine.jobs.kinds.synthesis import Purpose, SynthesisRequest
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit
from deepvis_app.synth import LayerObjective, Sample


def test_a_request_becomes_pictures_in_the_store(bench, samples, short) -> None:
    wanted = samples(2)
    number = bench.submit(*wanted)
    assert bench.state(number) is JobState.WAITING
    bench.piece()
    assert bench.state(number) is JobState.RUNNING
    bench.run()
    status = bench.status(number)
    assert status.state is JobState.DONE
    assert (status.made, status.wanted) == (2, 2)
    assert set(status.results) == set(wanted)
    for sample in wanted:
        picture = bench.gallery.find("fingerprint a", sample, short)
        assert picture.key == status.results[sample]
        assert (picture.image == 104).all()
        assert (status.previews[sample] == 104).all()
        assert status.traces[sample] == (1, 2, 3, 4)


def test_what_is_in_the_store_is_answered_without_the_device(bench, samples) -> None:
    bench.submit(*samples(3))
    bench.run()
    done = len(bench.script.steps)
    number = bench.submit(*samples(3))
    status = bench.status(number)
    assert status.state is JobState.DONE
    assert len(status.results) == 3
    assert (status.previews[samples(1)[0]] == 104).all()
    assert len(bench.script.steps) == done


def test_only_what_is_missing_is_made(bench, samples) -> None:
    bench.submit(*samples(2))
    bench.run()
    bench.script.begun.clear()
    number = bench.submit(*samples(4))
    bench.run()
    assert bench.script.begun == [(sample,) for sample in samples(4)[2:]]
    assert len(bench.status(number).results) == 4


def test_another_network_s_pictures_are_not_taken(bench, samples) -> None:
    bench.submit(*samples(1))
    bench.run()
    bench.use("b")
    number = bench.submit(*samples(1))
    assert bench.state(number) is JobState.WAITING


def test_the_same_request_is_the_same_job(bench, samples, short) -> None:
    first = bench.submit(*samples(2), purpose=Purpose.PREFETCH)
    assert bench.submit(*samples(2)) == first
    assert bench.status(first).purpose is Purpose.LOOK
    assert bench.submit(*samples(3)) != first
    assert bench.submit(*samples(2), recipe=short.with_value("stop.steps", 5)) != first
    with pytest.raises(UserError, match="No picture"):
        bench.jobs.submit(SynthesisRequest((), short))


def test_pictures_of_a_unit_grow_together_step_by_step(bench) -> None:
    seeds = [Sample(Unit("conv", 0), seed) for seed in range(5)]
    number = bench.submit(*seeds)
    bench.steps(6)
    assert bench.script.steps == [(seed,) for seed in seeds[:3]] * 2
    status = bench.status(number)
    assert (status.step, status.total) == (2, 4)
    assert status.title == "conv · unit 0, 5 seeds"


def test_a_layer_is_made_unit_by_unit_and_each_kept_at_once(bench, samples) -> None:
    number = bench.submit(*samples(30), purpose=Purpose.LAYER)
    bench.run(until=lambda: bench.status(number).made == 2)
    status = bench.status(number)
    assert len(status.results) == 2
    assert set(status.previews) <= {samples(30)[2]}  # a layer's finished ones are in the gallery
    assert status.title == "conv, 30 units"
    looked_at = samples(30)[20]
    bench.jobs.look_at(Unit("conv", 20, (1, 1)))
    bench.run(until=lambda: bench.status(number).made == 4)
    assert looked_at in bench.status(number).results


def test_the_unit_in_view_goes_first_and_guesses_last(bench, samples) -> None:
    guess = bench.submit(Sample(Unit("conv", 90)), purpose=Purpose.PREFETCH)
    layer = bench.submit(*samples(5), purpose=Purpose.LAYER)
    old = bench.submit(Sample(Unit("conv", 91)))
    bench.steps(1)
    look = bench.submit(Sample(Unit("conv", 92)))
    bench.jobs.look_at(Unit("conv", 92))
    assert [one.id for one in bench.jobs.statuses()] == [look, layer, old, guess]
    bench.run(until=lambda: bench.state(look) is JobState.DONE)
    assert bench.status(layer).made == 0
    bench.run()
    order = [one[0].objective.index for one in bench.script.steps]
    assert order == [0] + [92] * 4 + [0] * 3 + [k for k in (1, 2, 3, 4, 91, 90) for _ in range(4)]


def test_of_the_unit_in_view_what_was_asked_for_last_goes_first(bench, samples) -> None:
    bench.jobs.look_at(Unit("conv", 92))
    seeds = [Sample(Unit("conv", 92), seed) for seed in range(3)]
    first, second, third = (bench.submit(sample) for sample in seeds)
    assert [one.id for one in bench.jobs.statuses()] == [third, second, first]
    assert bench.submit(seeds[0]) == first  # asked for again
    assert [one.id for one in bench.jobs.statuses()] == [first, third, second]
    bench.submit(Sample(Unit("conv", 5)))
    assert [one.id for one in bench.jobs.statuses()][:3] == [first, third, second]


def test_moving_changes_the_order(bench, samples) -> None:
    numbers = [bench.submit(sample) for sample in samples(4)]
    bench.jobs.move(numbers[3], 0)
    bench.jobs.move(numbers[0], 9)
    order = [one.id for one in bench.jobs.statuses()]
    assert order == [numbers[3], numbers[1], numbers[2], numbers[0]]
    bench.run(until=lambda: len(bench.script.begun) == 2)
    assert bench.script.begun == [(samples(4)[3],), (samples(4)[1],)]


def test_a_paused_job_goes_on_from_where_it_was(bench, samples) -> None:
    number = bench.submit(*samples(1))
    bench.steps(3)
    bench.jobs.pause(number)
    bench.piece(5)
    assert bench.state(number) is JobState.PAUSED
    assert bench.pieces.next_s() is None
    assert len(bench.script.steps) == 3
    bench.jobs.resume(number)
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert len(bench.script.steps) == 4
    assert bench.status(number).traces[samples(1)[0]] == (1, 2, 3, 4)


def test_cancel_is_honoured_within_the_step(bench, samples) -> None:
    number = bench.submit(*samples(1))
    other = bench.submit(Sample(Unit("conv", 7)))
    bench.steps(1)
    bench.piece()  # in the middle of the second step
    bench.jobs.cancel(number)
    assert bench.state(number) is JobState.CANCELLED
    bench.piece()
    assert bench.script.closed == 1
    bench.run()
    assert bench.script.steps.count(samples(1)) == 1
    assert bench.state(other) is JobState.DONE


def test_finished_jobs_can_be_cleared_and_do_not_pile_up(bench) -> None:
    for index in range(60):
        bench.jobs.cancel(bench.submit(Sample(Unit("conv", index))))
    assert len(bench.jobs.statuses()) == 50
    waiting = bench.submit(Sample(Unit("conv", 99)))
    bench.jobs.clear_finished()
    assert [one.id for one in bench.jobs.statuses()] == [waiting]


def test_previews_come_at_most_eight_times_a_second_and_only_if_seen(bench, samples, short) -> None:
    number = bench.submit(*samples(1), recipe=short.with_value("stop.steps", 100))
    seen = set()
    for _ in range(200):  # pieces of a hundredth of a second
        bench.piece()
        for picture in bench.status(number).previews.values():
            seen.add(int(picture[0, 0, 0]))
            assert not picture.flags.writeable
    assert 5 <= len(seen) <= 2 * 8 + 1
    assert bench.status(number).seconds_left > 0
    before = bench.status(number).previews
    bench.clock.now_s += 10
    bench.piece(5)
    bench.clock.now_s += 1
    bench.piece(5)
    assert before is not bench.status(number).previews


def test_a_status_is_not_written_again(bench, samples) -> None:
    number = bench.submit(*samples(2))
    early = bench.status(number)
    bench.run()
    assert (early.state, early.made, dict(early.results)) == (JobState.WAITING, 0, {})
    with pytest.raises(TypeError):
        early.results[samples(1)[0]] = "x"
    with pytest.raises(dataclasses.FrozenInstanceError):
        early.step = 3


def test_the_time_left_is_that_of_the_steps_left(bench, samples, short) -> None:
    number = bench.submit(*samples(2), recipe=short.with_value("stop.steps", 50))
    bench.steps(40)  # 20 of each; two pieces of a hundredth each
    assert bench.status(number).seconds_left == pytest.approx(60 * 0.02, rel=0.2)


def test_a_changed_recipe_steers_what_runs_and_rules_what_comes(bench, samples, short) -> None:
    softer = short.with_value("regularise.decay", 0.01)
    number = bench.submit(*samples(4))
    bench.steps(4)
    bench.jobs.change(number, softer)
    bench.run()
    assert bench.status(number).recipe == softer
    first, last = samples(4)[0], samples(4)[3]
    assert bench.gallery.find("fingerprint a", first, short) is None
    assert bench.gallery.find("fingerprint a", first, softer) is None  # it is neither's
    assert bench.gallery.get(bench.status(number).results[first]).steered
    assert bench.gallery.find("fingerprint a", last, softer) is not None
    assert bench.state(number) is JobState.DONE


def test_a_change_after_a_pause_steers_all_the_same(bench, samples, short) -> None:
    softer = short.with_value("regularise.decay", 0.01)
    number = bench.submit(*samples(1))
    bench.steps(1)
    bench.jobs.pause(number)
    bench.piece()
    bench.jobs.change(number, softer)
    bench.jobs.resume(number)
    bench.run()
    assert bench.gallery.get(bench.status(number).results[samples(1)[0]]).steered


def test_another_kind_of_picture_is_no_change(bench, samples, short) -> None:
    number = bench.submit(*samples(1))
    other = short.with_value("image.size", 0.75)
    with pytest.raises(UserError, match="image"):
        bench.jobs.change(number, other)
    bench.run()
    assert bench.state(number) is JobState.DONE


def test_a_job_waits_for_its_network_and_goes_on_when_it_is_back(bench, samples) -> None:
    number = bench.submit(*samples(1))
    bench.steps(2)
    bench.use("b")
    bench.piece()
    status = bench.status(number)
    assert status.state is JobState.PAUSED
    assert any("network a" in note for note in status.notes)
    other = bench.submit(*samples(1))
    bench.run()
    assert bench.state(other) is JobState.DONE
    assert bench.state(number) is JobState.PAUSED
    bench.use("a")
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert bench.status(number).notes == ()
    assert len(bench.script.steps) == 4 + 4


def test_the_same_network_on_another_device_goes_on_from_the_checkpoint(bench, samples) -> None:
    number = bench.submit(*samples(1))
    bench.steps(3)
    bench.use("a")
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert len(bench.script.steps) == 4


@pytest.mark.parametrize("device", ["cuda:0", "cpu"])
def test_out_of_memory_halves_the_batch_and_says_so(bench, samples, device) -> None:
    bench.on(device)
    bench.script.most = 5 if device == "cuda:0" else 1000
    number = bench.submit(*samples(20), purpose=Purpose.LAYER)
    if device == "cpu":
        bench.script.error = torch.OutOfMemoryError("no memory")
        bench.run()
        status = bench.status(number)
        assert status.state is JobState.FAILED
        assert "memory" in status.error.cause
        return
    bench.run()
    status = bench.status(number)
    assert status.state is JobState.DONE
    assert len(status.results) == 20
    assert status.notes == (
        "The batch was halved to 10: memory",
        "The batch was halved to 5: memory",
    )
    sizes = [len(one) for one in bench.script.begun]
    assert sizes == [20, 10, 5, 5, 5, 5]
    bench.script.begun.clear()
    bench.submit(*samples(8)[:7], recipe=status.recipe.with_value("stop.steps", 2))
    bench.run()
    assert [len(one) for one in bench.script.begun] == [5, 2]  # it is not tried again


def test_one_picture_without_memory_fails_in_words(bench, samples) -> None:
    bench.script.most = 0
    number = bench.submit(*samples(5))
    bench.run()
    status = bench.status(number)
    assert status.state is JobState.FAILED
    assert "memory" in str(status.error)
    assert status.notes == ("The batch was halved to 1: memory",)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UserError("conv has no unit 99", "Use 0 to 7"), "conv has no unit 99"),
        (ValueError("odd\nlines"), "ValueError: odd"),
    ],
)
def test_a_failing_job_is_a_status_and_the_next_one_runs(bench, samples, error, words) -> None:
    bench.script.error = error
    number = bench.submit(*samples(1))
    other = bench.submit(*samples(2))
    bench.piece()
    bench.script.error = None
    bench.run()
    assert bench.state(number) is JobState.FAILED
    assert words in str(bench.status(number).error)
    assert "\n" not in str(bench.status(number).error)
    assert bench.state(other) is JobState.DONE


def test_a_request_before_the_first_network_waits_for_it(make_bench, samples) -> None:
    bench = make_bench()
    bench.jobs._board.network = None
    number = bench.submit(*samples(1))
    bench.piece()
    assert bench.state(number) is JobState.WAITING
    bench.use("b")
    bench.run()
    assert bench.state(number) is JobState.DONE


def test_without_a_store_the_pictures_are_in_the_status(make_bench, samples) -> None:
    bench = make_bench(kept=False)
    number = bench.submit(*samples(2))
    bench.run()
    status = bench.status(number)
    assert status.state is JobState.DONE
    assert (status.made, dict(status.results)) == (2, {})
    assert all((picture == 104).all() for picture in status.previews.values())
    assert bench.jobs.take_back() == ()


def test_the_share_is_the_worker_s(bench) -> None:
    bench.jobs.set_share(0.4)
    assert bench.share == 0.4


def test_whoever_asks_for_an_unknown_job_is_not_punished(bench, short) -> None:
    for action in (bench.jobs.pause, bench.jobs.resume, bench.jobs.cancel):
        action(77)
    bench.jobs.move(77, 0)
    bench.jobs.change(77, short)


def test_chunks_are_chosen_by_device_and_purpose(bench, short) -> None:
    bench.on("cuda:1")
    cuda = bench.model.device
    bench.on("cpu")
    cpu = bench.model.device
    assert chunk_for(cuda, Purpose.LAYER, short, 100) == Chunk(1, 32)
    assert chunk_for(cpu, Purpose.LOOK, short, 9) == Chunk(3, 1)
    assert chunk_for(cpu, Purpose.LAYER, short, 9) == Chunk(1, 1)
    apart = short.with_value("objective.diversity", 0.5)
    assert chunk_for(cpu, Purpose.LOOK, apart, 9) == Chunk(1, 9)
    assert Chunk(1, 32).within(8) == Chunk(1, 8)
    assert Chunk(3, 1).within(2) == Chunk(2, 1)
    assert Chunk(3, 1).within(0) == Chunk(1, 1)


def test_what_is_called_out_of_memory() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(RuntimeError("[enforce fail] can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(UserError("out of memory"))


def test_what_is_no_unit_has_a_title_too(bench) -> None:
    number = bench.submit(Sample(LayerObjective("conv"), 3))
    assert bench.status(number).title == "all of conv"
    assert np.isfinite(bench.status(number).total)


def test_a_job_in_a_piece_that_does_not_come_back_goes_on_elsewhere(bench, samples) -> None:
    """Another thread puts it aside; what the first one finds late changes nothing."""
    number = bench.submit(*samples(1))
    bench.steps(2)
    entered, gate = Event(), Event()
    synchronise = bench.model.device

    def hang() -> None:
        entered.set()
        gate.wait(20)

    bench.model.device = SimpleNamespace(name="cpu", synchronise=hang, release_memory=lambda: None)
    thread = Thread(target=bench.pieces.run_piece, args=(bench.model,))
    thread.start()
    assert entered.wait(10)
    bench.pieces.put_aside()
    bench.use("b")
    assert bench.state(number) is JobState.PAUSED
    before = bench.status(number)
    gate.set()
    thread.join(10)
    assert bench.status(number) == before
    bench.use("a")
    bench.model.device = synchronise
    bench.run()
    assert bench.state(number) is JobState.DONE
    assert bench.status(number).traces[samples(1)[0]] == (1, 2, 3, 4)


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_whatever_a_network_raises_fails_one_job_alone(bench, samples, error) -> None:
    bench.script.error = error
    number = bench.submit(*samples(1))
    bench.run()
    assert bench.state(number) is JobState.FAILED
    assert type(error).__name__ in bench.status(number).error.cause
    bench.script.error = None
    other = bench.submit(*samples(2))
    bench.run()
    assert bench.state(other) is JobState.DONE
