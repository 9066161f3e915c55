"""What adds up to a unit's value on a frame, and how it reaches the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn import functional

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import (
    ExplanationReader,
    ReachReader,
    UnitReader,
    WeightReader,
    Why,
)
from deepvis_app.engine.request import LiveRequest
from deepvis_app.explain import Method
from deepvis_app.nets import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.readers import WeightReading
    from deepvis_app.frames import Frame
    from deepvis_app.nets import Network

    MakeFrame = Callable[..., Frame]

THIRD = Unit("third", 2)


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tiny: Network, cpu: Device, clock: Clock) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)


def _read(live: LiveProcessor, frame: Frame, reader: WeightReader) -> WeightReading:
    snapshot = live.process(frame, LiveRequest(0, (reader,)))
    assert snapshot.failed == snapshot.left_out == {}
    found = snapshot.of(reader)
    assert found is not None
    return found


def _given(tiny: Network, frame: Frame) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the third convolution gets and gives, by hand."""
    module = tiny.module
    with torch.no_grad():
        x = tiny.prepare(frame.image)[None]
        given = functional.relu(module.second(functional.relu(module.first(x))))
        return given, module.third(given)


def test_the_parts_are_those_of_bare_convolution(
    tiny: Network, live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame = make_frame(3)
    found = _read(live, frame, WeightReader(THIRD, count=100)).sum
    assert found is not None
    given, values = _given(tiny, frame)
    i, j = found.place
    assert (i, j) == np.unravel_index(int(values[0, 2].argmax()), values.shape[2:])
    assert found.value == pytest.approx(float(values[0, 2, i, j]), rel=1e-4)
    assert found.total == pytest.approx(found.value, rel=1e-4, abs=1e-3)
    assert found.is_exact
    weight = tiny.module.third.weight.detach()
    apart = [  # each input alone
        float(functional.conv2d(given[:, k : k + 1], weight[2:3, k : k + 1], padding=1)[0, 0, i, j])
        for k in range(12)
    ]
    told = {part.entry: part.value for part in found.parts}
    assert [told[k] for k in range(12)] == pytest.approx(apart, rel=1e-3, abs=1e-3)
    strengths = [abs(part.value) for part in found.parts]
    assert strengths == sorted(strengths, reverse=True)
    assert found.plus == pytest.approx(sum(p for p in apart if p > 0), rel=1e-3)
    assert found.minus == pytest.approx(sum(p for p in apart if p < 0), rel=1e-3)
    assert found.plus_count == sum(p > 0 for p in apart)
    assert found.minus_count == sum(p < 0 for p in apart)
    assert found.bias == pytest.approx(float(tiny.module.third.bias.detach()[2]))
    padded = functional.pad(given, (1, 1, 1, 1))
    for part in found.parts:
        patch = padded[0, part.entry, i : i + 3, j : j + 3].numpy()
        np.testing.assert_allclose(part.seen, patch, rtol=1e-4, atol=1e-4)
        assert not part.seen.flags.writeable


def test_a_position_is_weighed_instead_of_the_largest_value(
    tiny: Network, live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame = make_frame(4)
    found = _read(live, frame, WeightReader(Unit("third", 2, (5, 0)), count=3)).sum
    assert found is not None
    assert found.place == (5, 0)
    assert len(found.parts) == 3
    assert found.total == pytest.approx(float(_given(tiny, frame)[1][0, 2, 5, 0]), rel=1e-3)
    beyond = _read(live, frame, WeightReader(Unit("third", 2, (500, 0))))
    assert beyond.sum is None
    assert beyond.problem == "The unit's map has no place (500, 0)"


def test_rows_may_be_those_with_the_strongest_weights(
    tiny: Network, live: LiveProcessor, make_frame: MakeFrame
) -> None:
    found = _read(live, make_frame(1), WeightReader(THIRD, count=4, by_weight=True)).sum
    assert found is not None
    norms = tiny.module.third.weight.detach()[2].flatten(1).norm(dim=1)
    assert [part.entry for part in found.parts] == norms.argsort(descending=True)[:4].tolist()


def test_what_does_not_change_is_the_same_object(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    reader = WeightReader(THIRD)
    first, second = (_read(live, make_frame(k), reader) for k in (0, 1))
    assert first.facts is second.facts
    assert first.facts.weights is not None
    placed = _read(live, make_frame(1), WeightReader(Unit("third", 2, (1, 1))))
    assert placed.facts is first.facts
    (scores,) = first.facts.outgoing
    assert scores.gives_scores
    assert first.facts.filters is None
    filters = _read(live, make_frame(0), WeightReader(Unit("first", 0))).facts.filters
    assert filters is not None
    assert filters.shape == (8, 3, 3, 3)


def test_a_relu_gives_the_sum_or_nothing(live: LiveProcessor, make_frame: MakeFrame) -> None:
    for index in range(8):
        found = _read(live, make_frame(7), WeightReader(Unit("act", index, (3, 4)))).sum
        assert found is not None
        assert found.is_exact
        assert found.value == pytest.approx(max(found.total, 0.0), rel=1e-4, abs=1e-4)


def test_the_sum_is_the_same_beside_an_explanation(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame, reader = make_frame(5), WeightReader(THIRD)
    alone = _read(live, frame, reader).sum
    why = ExplanationReader(Why(THIRD, Method.GUIDED))
    beside = live.process(frame, LiveRequest(1, (reader, why, UnitReader(THIRD)))).of(reader)
    assert alone is not None
    assert beside is not None
    assert beside.sum is not None
    assert beside.sum.total == pytest.approx(alone.total, rel=1e-5)


def test_the_way_to_the_picture_waits_until_the_unit_stays_picked(
    tiny: Network, live: LiveProcessor, clock: Clock, make_frame: MakeFrame
) -> None:
    def ask(number: int, unit: Unit) -> object:
        reader = ReachReader(unit)
        return live.process(make_frame(number), LiveRequest(0, (reader,))).of(reader)

    assert ask(0, THIRD) is None
    clock.now_s = 0.3
    assert ask(1, Unit("third", 3)) is None
    clock.now_s = 0.6
    assert ask(2, Unit("third", 3)) is None
    clock.now_s = 0.8
    found = ask(3, Unit("third", 3))
    assert found is ask(4, Unit("third", 3))  # from memory
    assert found.expanded.layer == "first"
    assert found.expanded.straight == ("ReLU",)
    assert np.array_equal(found.filters, tiny.module.first.weight.detach().numpy())


def test_at_a_picture_at_rest_the_way_is_told_at_once(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame, reader = make_frame(0), ReachReader(Unit("third", 3))
    live.process(frame, LiveRequest(0, (reader,)))
    still = live.process(frame, LiveRequest(1, (reader,))).of(reader)  # the same frame
    assert still is not None
    assert still.expanded is not None
    assert still.problem == ""


def test_an_unknown_unit_is_left_out(live: LiveProcessor, make_frame: MakeFrame) -> None:
    reader = WeightReader(Unit("third", 99))
    snapshot = live.process(make_frame(0), LiveRequest(0, (reader,)))
    assert str(snapshot.left_out[reader]) == "third has no unit 99. It has units 0 to 5."


def test_what_is_not_a_number_is_not_added_up(
    tiny: Network, live: LiveProcessor, make_frame: MakeFrame
) -> None:
    with torch.no_grad():
        live.network.module.third.weight[2, 0] = torch.nan
    reading = _read(live, make_frame(4), WeightReader(THIRD))
    assert reading.sum is None
    assert "NaN" in reading.problem
    with torch.no_grad():
        live.network.module.third.weight[2, 0] = 1e38
        live.network.module.third.weight[2, 1] = -1e38
    assert "infinite" in _read(live, make_frame(4), WeightReader(THIRD)).problem
