"""The live dream: what it leaves alone, how it grows and follows, and how long it may take."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.engine import Engine
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import DreamReader, DreamReading, UnitReader, dreaming
from deepvis_app.engine.request import LiveRequest
from deepvis_app.frames import StillSource
from deepvis_app.frames.source import Frame
from deepvis_app.nets import Unit
from deepvis_app.synth import LayerObjective, Recipe, Sample, synthesis_steps
from tests.deepened import small_network, texture

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.nets.network import Network

    MakeFrame = Callable[..., Frame]

DREAM = DreamReader("second", strength=3)


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


class Clock:
    """Tells the time that is set; each look takes a tick."""

    def __init__(self, tick_s: float) -> None:
        self.now_s, self.tick_s = 100.0, tick_s

    def __call__(self) -> float:
        self.now_s += self.tick_s
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Let a step take 20 ms: it is timed by two looks at the clock, a third is between steps."""
    clock = Clock(0.02)
    monkeypatch.setattr(dreaming, "clock", clock)
    return clock


def seen(live: LiveProcessor, frame: Frame, *readers: object) -> Snapshot:
    snapshot = live.process(frame, LiveRequest(0, readers))
    assert not snapshot.failed
    return snapshot


def told(snapshot: Snapshot) -> DreamReading:
    reading = snapshot.first(DreamReader)
    assert reading is not None
    return reading


def drawn(snapshot: Snapshot) -> np.ndarray:
    return snapshot.picture.astype(float) - told(snapshot).picture


def test_without_strength_frames_stay_as_they_are(live, make_frame: MakeFrame) -> None:
    frame, unit = make_frame(0), UnitReader(Unit("third", 1))
    plain = seen(live, frame, unit)
    found = seen(live, frame, DreamReader("second", strength=0), unit)
    np.testing.assert_array_equal(found.picture, plain.picture)
    np.testing.assert_array_equal(found.scores, plain.scores)
    np.testing.assert_array_equal(found.of(unit).map, plain.of(unit).map)
    assert not found.goes_on
    assert found.first(DreamReader) is None


def test_everything_answers_to_the_dream(live, tiny: Network, make_frame: MakeFrame) -> None:
    frame, unit = make_frame(0), UnitReader(Unit("third", 1))
    plain = seen(live, frame, unit)
    found = seen(live, frame, DREAM, unit)
    reading = told(found)
    np.testing.assert_array_equal(reading.picture, plain.picture)
    assert 1 < np.abs(drawn(found)).mean() < 40
    # The map is that of the dream, which is shown in whole levels.
    want = tiny.activations(tiny.normalise(found.picture)[None], ["third"])["third"][0, 1]
    mine = np.abs(found.of(unit).map - want.numpy()).mean()
    other = np.abs(plain.of(unit).map - want.numpy()).mean()
    assert mine < 0.1 * other
    assert not found.picture.flags.writeable


def test_its_steps_are_those_of_the_engine(live, tiny: Network, make_frame: MakeFrame) -> None:
    frame = make_frame(3)
    found = seen(live, frame, DREAM)
    recipe = Recipe.model_validate(
        {
            "objective": {"place": "channel"},
            "transforms": {"jitter_px": 16},
            "gradient": {"normalise": "mean_abs"},
            "step": {"policy": "constant", "rate": 3.0},
            "stop": {"steps": 100},
        }
    )
    samples = [Sample(LayerObjective("second"), frame.number + 1)]
    run = synthesis_steps(tiny, samples, recipe, start=told(found).picture)
    for _ in range(told(found).steps):
        progress = next(run)
    assert told(found).reached == pytest.approx(progress.activations[0], rel=1e-4)
    assert np.abs(found.picture.astype(int) - progress.pictures()[0]).max() <= 1


def test_it_grows_on_a_picture_at_rest_up_to_a_bound(live, make_frame: MakeFrame) -> None:
    frame, sizes, looks = make_frame(0), [], 0
    while True:
        found = seen(live, frame, DREAM)
        sizes.append(np.abs(drawn(found)).mean())
        looks += 1
        assert told(found).looks == looks
        if not found.goes_on:
            break
    assert looks == dreaming.MOST_LOOKS
    assert sizes[5] > 1.5 * sizes[0]
    late = sizes[-8:]
    assert max(late) < 1.15 * min(late)  # it no longer grows


def test_what_was_dreamed_moves_along(cpu: Device) -> None:
    big, network = texture(size=(64, 128)), small_network((64, 96))
    frames = [np.ascontiguousarray(big[:, 3 * k : 3 * k + 96]) for k in range(9)]
    apart = {}
    for follows in (True, False):
        live = LiveProcessor(network, cpu)
        reader = DreamReader("second", strength=2, keep=0.95, follows=follows)
        made = [
            drawn(seen(live, Frame(frame, k, 0.0, "", k), reader)) for k, frame in enumerate(frames)
        ]
        # What was at column c + 3 before is at column c now.
        moved = [(a[8:-8, 11:-8], b[8:-8, 8:-11]) for a, b in pairwise(made[4:])]
        apart[follows] = np.mean([np.abs(b - a).mean() for a, b in moved])
    assert apart[True] < 0.8 * apart[False]


def test_another_layer_begins_anew(live, make_frame: MakeFrame) -> None:
    frame = make_frame(0)
    for _ in range(5):
        seen(live, frame, DREAM)
    other = DreamReader("third", strength=3)
    found = seen(live, frame, other)
    assert told(found).looks == 1
    fresh = seen(LiveProcessor(live.network, live.device), frame, other)
    assert np.abs(drawn(found)).mean() < 2 * np.abs(drawn(fresh)).mean()
    one = seen(live, frame, DreamReader("third", 2, strength=3))
    assert np.isfinite(told(one).reached)


@pytest.mark.parametrize(
    ("rate_hz", "steps"), [(1000, 1), (16, 1), (8, 2), (4, 4), (0.1, dreaming.MOST_STEPS)]
)
def test_as_many_steps_as_the_rate_allows(
    live, clock: Clock, make_frame: MakeFrame, rate_hz: float, steps: int
) -> None:
    found = seen(live, make_frame(0), DreamReader("second", rate_hz=rate_hz))
    # Begun at 0; steps end at 40, 100, 160, … ms. Whether another one, of 20 ms, ends by 1 / rate
    # is asked at 60, 120, 180, …
    assert told(found).steps == steps


def test_the_time_of_everything_else_is_left_to_it() -> None:
    pace = dreaming.Pace()
    assert pace.budget_s(0.1, 10.0) == pytest.approx(0.1)
    now_s = 10.0
    for _ in range(60):
        pace.used(0.03)
        now_s += 0.09  # 60 ms of others' work
        budget_s = pace.budget_s(0.1, now_s)
    assert budget_s == pytest.approx(0.04, abs=1e-3)
    for _ in range(60):
        pace.used(0.03)
        now_s += 60  # nothing came for a minute
        budget_s = pace.budget_s(0.1, now_s)
    assert budget_s == pytest.approx(0, abs=1e-3)


def test_what_is_no_number_leaves_the_frame_alone(live, make_frame: MakeFrame) -> None:
    frame = make_frame(0)
    good = seen(live, frame, DREAM)
    conv = live.network.module.second
    weight = conv.weight.detach().clone()
    with torch.no_grad():
        conv.weight.fill_(float("nan"))
    found = seen(live, frame, DREAM)
    np.testing.assert_array_equal(found.picture, told(found).picture)
    assert "no finite number" in told(found).note
    assert not found.goes_on
    with torch.no_grad():
        conv.weight.copy_(weight)
    again = seen(live, frame, DREAM)
    assert told(again).note == ""
    assert np.abs(drawn(again)).mean() < 2 * np.abs(drawn(good)).mean()


@pytest.mark.parametrize(
    ("reader", "said"),
    [(DreamReader("nowhere"), "nowhere"), (DreamReader("second", 99), "has no unit 99")],
)
def test_what_the_network_has_not_is_said(live, make_frame: MakeFrame, reader, said: str) -> None:
    snapshot = live.process(make_frame(0), LiveRequest(0, (reader,)))
    assert said in str(snapshot.left_out[reader])
    assert not snapshot.goes_on


def test_a_still_picture_dreams_on_by_itself_and_then_rests(tiny: Network, monkeypatch) -> None:
    monkeypatch.setattr(dreaming, "MOST_LOOKS", 4)
    image = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    with Engine("cpu", threads=1) as engine:
        engine.set_network(tiny)
        engine.request(LiveRequest(1, (DREAM,)))
        engine.open_source(StillSource(image))
        looks = []
        while len(looks) < 4:
            snapshot = engine.next_snapshot(timeout_s=5)
            assert snapshot is not None
            looks.append(told(snapshot).looks)
        assert looks[-1] == 4
        while (late := engine.next_snapshot(timeout_s=0.7)) is not None:
            assert late.frame is snapshot.frame
            looks.append(told(late).looks)
        assert len(looks) <= 6  # and once more for a picture at rest
