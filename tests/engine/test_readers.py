"""Readers: any of them in any order, new ones without a change elsewhere, faults told of each."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.engine import Engine
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import (
    Brush,
    Changing,
    ExplanationReader,
    GridReader,
    Look,
    Needs,
    Reader,
    Seen,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.engine.readers.memory import Memory
from deepvis_app.engine.request import LiveRequest
from deepvis_app.explain import Fill, Method, attribute, filling
from deepvis_app.nets import Box, Network, Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from deepvis_app.engine.device.device import Device

MakeFrame = "Callable[..., Frame]"
GRID = GridReader("first", (24, 32), 4)
UNIT = UnitReader(Unit("third", 1))
NAMES = ("first", "second", "third")


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def activations(network: Network, x: Tensor, layer: str) -> np.ndarray:
    found: np.ndarray = network.activations(x, [layer])[layer][0].numpy()
    return found


@dataclass(frozen=True, slots=True)
class MeanReader(Reader[float]):
    """What a new kind of reader is at least."""

    layer: str

    def layers(self, network: Network) -> tuple[str, ...]:
        return (self.layer,)

    def read(self, seen: Seen) -> float:
        return float(seen.maps(self.layer).mean())


def test_a_new_reader_is_answered_by_the_engine_as_it_is(tiny: Network, endless) -> None:
    mean = MeanReader("second")
    with Engine("cpu") as engine:
        engine.set_network(tiny)
        engine.open_source(endless())
        engine.request(LiveRequest(1, (mean,)))
        while (snapshot := engine.next_snapshot(20)).generation != 1:
            pass
        assert engine.status().fault is None
    x = tiny.prepare(snapshot.frame.image)[None]
    expected = activations(tiny, x, "second").mean()
    assert snapshot.of(mean) == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert snapshot.every(MeanReader) == (snapshot.of(mean),)
    assert snapshot.first(GridReader) is None


def test_readings_are_in_the_order_of_the_request(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    strip, mean = StripReader(NAMES, 40), MeanReader("second")
    for readers in ((GRID, strip, UNIT, mean), (mean, UNIT, GRID, strip), (strip, mean, strip)):
        snapshot = live.process(make_frame(0), LiveRequest(0, readers))
        assert tuple(snapshot.readings) == tuple(dict.fromkeys(readers))
        assert snapshot.left_out == snapshot.failed == {}
    with pytest.raises(TypeError):
        snapshot.readings[GRID] = None  # type: ignore[index]


def test_a_reader_whose_layer_is_not_there_is_left_out_and_says_so(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    gone, beyond = MeanReader("gone"), UnitReader(Unit("first", 99))
    snapshot = live.process(make_frame(0), LiveRequest(0, (gone, beyond, GRID)))
    assert tuple(snapshot.readings) == (GRID,)
    assert snapshot.failed == {}
    assert set(snapshot.left_out) == {gone, beyond}
    assert "gone" in str(snapshot.left_out[gone])
    assert str(snapshot.left_out[beyond]) == "first has no unit 99. It has units 0 to 7."


@dataclass(frozen=True, slots=True)
class Failing(Changing[float]):
    """Raises at one of the three times that a reader is asked."""

    title: ClassVar[str] = "The failing one"

    when: str
    layer: str = "second"

    def change(self, look: Look, x: Tensor, picture: np.ndarray) -> tuple[Tensor, np.ndarray]:
        self._fail("change")
        return x, picture

    def needs(self, look: Look) -> Needs:
        self._fail("needs")
        return Needs((self.layer,))

    def read(self, seen: Seen) -> float:
        self._fail("read")
        return 1.0

    def _fail(self, now: str) -> None:
        if now == self.when:
            raise ZeroDivisionError("by nought")


@pytest.mark.parametrize("when", ["change", "needs", "read"])
def test_a_failure_is_told_of_its_reader_alone_and_logged_once(
    live: LiveProcessor, make_frame: MakeFrame, caplog: pytest.LogCaptureFixture, when: str
) -> None:
    failing = Failing(when)
    request = LiveRequest(0, (failing, GRID, UNIT))
    with caplog.at_level(logging.INFO, "deepvis_app.engine"):
        snapshots = [live.process(make_frame(number), request) for number in range(5)]
    said = [record.getMessage() for record in caplog.records]
    caplog.clear()
    assert said == ["The failing one failed"]
    plain = live.process(make_frame(4), LiveRequest(0, (UNIT,))).of(UNIT)
    for snapshot in snapshots:
        assert tuple(snapshot.readings) == (GRID, UNIT)
        assert set(snapshot.failed) == {failing}
        assert str(snapshot.failed[failing]).startswith(
            "The failing one failed: ZeroDivisionError: by nought. "
        )
    assert plain is not None
    np.testing.assert_allclose(snapshots[4].of(UNIT).map, plain.map, rtol=1e-5)  # type: ignore[union-attr]


def test_the_worker_goes_on_when_a_reader_fails(tiny: Network, endless) -> None:
    with Engine("cpu") as engine:
        engine.set_network(tiny)
        engine.open_source(endless())
        engine.request(LiveRequest(1, (Failing("read"), UNIT)))
        numbers = []
        while len(numbers) < 3:
            snapshot = engine.next_snapshot(20)
            if snapshot.generation == 1:
                assert snapshot.of(UNIT) is not None
                assert snapshot.failed
                numbers.append(snapshot.frame.number)
        assert engine.status().fault is None
    assert len(set(numbers)) == 3


@dataclass(frozen=True, slots=True)
class Flip(Changing[None]):
    """The picture upside down."""

    def change(self, look: Look, x: Tensor, picture: np.ndarray) -> tuple[Tensor, np.ndarray]:
        return x.flip(2), picture[::-1].copy()


def test_readers_that_change_the_input_do_so_in_their_order(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame, brush = make_frame(0), Brush((Box(2, 4, 9, 20),), Fill.BLACK)
    x = tiny.prepare(frame.image)[None]
    covering = filling(tiny, x, Fill.BLACK)

    def covered(values: Tensor) -> Tensor:
        values = values.clone()
        values[..., 2:9, 4:20] = covering[..., 2:9, 4:20]
        return values

    expected = {(brush, Flip()): covered(x).flip(2), (Flip(), brush): covered(x.flip(2))}
    pictures = []
    for changes, values in expected.items():
        snapshot = live.process(frame, LiveRequest(0, (*changes, UNIT)))
        want = activations(tiny, values, "third")[1]
        np.testing.assert_allclose(snapshot.of(UNIT).map, want, rtol=1e-4, atol=1e-5)  # type: ignore[union-attr]
        assert not snapshot.picture.flags.writeable
        assert tuple(snapshot.readings) == (UNIT,)  # what only changes has nothing to tell
        pictures.append(snapshot.picture)
    assert not pictures[0][24 - 9 : 24 - 2, 4:20].any()
    assert not pictures[1][2:9, 4:20].any()
    assert pictures[1][24 - 9 : 24 - 2, 4:20].any()


class Counting(nn.Module):
    """Two layers; counts its passes, and cannot be gone back through where it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
        self.passes: list[None] = []  # a list: passes are run on copies of the module
        self.is_broken: list[None] = []

    def forward(self, x: Tensor) -> Tensor:
        self.passes.append(None)
        x = self.b(self.a(x).relu())
        if self.is_broken and x.requires_grad:
            x.register_hook(self._break)
        return x.mean((2, 3))

    def _break(self, gradient: Tensor) -> Tensor:
        raise RuntimeError("no way back")


@pytest.fixture
def module() -> Counting:
    torch.manual_seed(0)
    return Counting().eval()


@pytest.fixture
def counting(module: Counting, cpu: Device) -> LiveProcessor:
    live = LiveProcessor(Network(module, (3, 24, 32)), cpu)
    module.passes.clear()
    return live


WHYS = (Why(Unit("b", 1), Method.GRADIENT), Why(Unit("b", 2), Method.GRADIENT_X_INPUT))


def readers_of(why: Why) -> tuple[Reader[object], ...]:
    grids = (GridReader(layer, (9, 9), 4, backward=why) for layer in "ab")
    return (*grids, ExplanationReader(why), StripReader(("a", "b"), 40))


def test_one_pass_answers_all_that_ask_the_same_question(
    counting: LiveProcessor, module: Counting, make_frame: MakeFrame
) -> None:
    counting.process(make_frame(0), LiveRequest(0, readers_of(WHYS[0])))  # looks at the method, too
    module.passes.clear()
    snapshot = counting.process(make_frame(1), LiveRequest(0, readers_of(WHYS[0])))
    assert len(module.passes) == 1
    assert [grid.backward for grid in snapshot.every(GridReader)] == [True, True]
    assert set(snapshot.first(StripReader).thumbs) == {"a", "b"}  # type: ignore[union-attr]


def test_two_questions_are_answered_beside_each_other(
    counting: LiveProcessor, module: Counting, make_frame: MakeFrame
) -> None:
    asked = [ExplanationReader(why) for why in WHYS]
    grid = GridReader("a", (9, 9), 4, backward=WHYS[1])
    counting.process(make_frame(1), LiveRequest(0, (*asked, grid)))
    module.passes.clear()
    snapshot = counting.process(make_frame(1), LiveRequest(0, (*asked, grid)))
    assert len(module.passes) == 2
    network, x = counting.network, counting.network.prepare(make_frame(1).image)
    for reader in asked:
        reading = snapshot.of(reader)
        assert reading is not None
        assert reading.map is not None
        want = attribute(network, x, reader.why.unit, reader.why.method.value).numpy()
        np.testing.assert_allclose(reading.map, want, rtol=1e-4, atol=1e-6)
    assert snapshot.of(grid).backward  # type: ignore[union-attr]


def test_where_the_way_back_fails_the_rest_is_answered(
    counting: LiveProcessor, module: Counting, make_frame: MakeFrame
) -> None:
    request = LiveRequest(0, (*readers_of(WHYS[0]), UnitReader(Unit("b", 1))))
    whole = counting.process(make_frame(0), request)
    module.is_broken.append(None)
    snapshot = counting.process(make_frame(1), request)
    assert "no way back" in snapshot.first(ExplanationReader).problem  # type: ignore[union-attr]
    assert tuple(snapshot.readings) == tuple(whole.readings)
    assert [grid.backward for grid in snapshot.every(GridReader)] == [False, False]
    x = counting.network.prepare(make_frame(1).image)[None]
    with torch.no_grad():
        want = activations(counting.network, x, "b")[1]
    np.testing.assert_allclose(snapshot.first(UnitReader).map, want, rtol=1e-4)  # type: ignore[union-attr]


class Maxima:
    """The maximum of each unit, and how often it was asked for."""

    def __init__(self, times: float) -> None:
        self.times, self.count = times, 0

    def __call__(self, maps: Tensor) -> Maxima.Kept:
        self.count += 1
        return Maxima.Kept(maps.amax((2, 3)) * self.times)

    @dataclass(frozen=True)
    class Kept:
        values: Tensor


@dataclass(frozen=True, slots=True)
class MaximaReader(Reader[float]):
    layer: str
    how: Maxima

    def needs(self, look: Look) -> Needs:
        return Needs(reduced={self.layer: self.how})

    def read(self, seen: Seen) -> float:
        return float(seen.reduced(self.layer, self.how).values.amax())


@pytest.mark.parametrize("others", [(), (GRID,), (ExplanationReader(Why(Unit("first", 2))),)])
def test_reductions_of_one_layer_stand_beside_each_other_and_its_maps(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame, others: tuple[Reader[object], ...]
) -> None:
    once, twice = Maxima(1), Maxima(2)
    one, two = MaximaReader("first", once), MaximaReader("first", twice)
    snapshot = live.process(make_frame(0), LiveRequest(0, (one, *others, two)))
    want = activations(tiny, tiny.prepare(make_frame(0).image)[None], "first").max()
    assert snapshot.of(one) == pytest.approx(want, rel=1e-4)
    assert snapshot.of(two) == pytest.approx(2 * want, rel=1e-4)
    assert (once.count, twice.count) == (1, 1)
    assert set(snapshot.readings) == {one, two, *others}


def test_equal_readers_find_what_was_kept_for_each_other(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    def request() -> LiveRequest:
        brush = Brush((Box(1, 1, 8, 8),), Fill.BLUR)
        return LiveRequest(0, (brush, replace(GRID), StripReader((*NAMES,), 40)))

    assert request() == request()
    assert hash(request()) == hash(request())
    frame = make_frame(0)
    for _ in range(2):
        before = live.process(frame, request()).first(StripReader)
    after = live.process(frame, request()).first(StripReader)
    assert before is not None
    assert after is not None
    assert all(after.thumbs[name] is before.thumbs[name] for name in NAMES)


def test_two_grids_of_a_layer_learn_from_a_frame_once(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    request = LiveRequest(0, (GRID, replace(GRID, tile_px=(12, 16))))
    dead = []
    for number in range(10):  # a unit is dead after ten frames without a change
        grids = live.process(make_frame(number), request).every(GridReader)
        dead.append([grid.dead for grid in grids])
    assert dead == [[0, 0]] * 9 + [[1, 1]]


def test_recorded_passes_come_again_whosever_turn_it_is(
    tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    class Keys:
        def __init__(self) -> None:
            self.seen: list[object] = []

        def run(self, key: object, compute: Callable[[Tensor], object], x: Tensor) -> object:
            self.seen.append(key)
            return compute(x)

    now = iter(np.arange(0, 10, 1 / 60))
    device = replace(cpu, recorded=True)
    live = LiveProcessor(tiny.replica("cpu"), device, clock=lambda: float(next(now)))
    keys = live._passes._replay = Keys()  # type: ignore[assignment]
    for number in range(60):
        request = LiveRequest(number, (replace(GRID), StripReader(NAMES), replace(UNIT)))
        snapshot = live.process(make_frame(number), request)
        assert set(snapshot.first(StripReader).thumbs) == set(NAMES)  # type: ignore[union-attr]
    assert len(keys.seen) == 60
    assert len(set(keys.seen)) <= 2  # with thumbnails and without


def test_memory_keeps_one_thing_of_each_type() -> None:
    memory = Memory()
    first = memory.of(list)
    assert memory.of(list) is first
    assert memory.of(dict, lambda: {1: 2}) == {1: 2}
    assert memory.of(dict, lambda: {3: 4}) == {1: 2}
