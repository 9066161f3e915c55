"""While a unit is held, every reader answers to what is left; the whole network stays beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import (
    AblationReader,
    ExplanationReader,
    GridReader,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.engine.request import LiveRequest
from deepvis_app.explain import Method
from deepvis_app.nets import Network, Unit
from deepvis_app.nets.taps import hook_count

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device

MakeFrame = "Callable[..., Frame]"
HELD = Unit("second", 3)


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def by_hand(network: Network, image: np.ndarray, value: float) -> tuple[np.ndarray, np.ndarray]:
    """Return scores and the maps of `third` with a channel of `second` overwritten."""
    module = network.module
    with torch.no_grad():
        x = network.prepare(image)[None]
        y = module.second(module.act(module.first(x)))
        y[:, HELD.index] = value
        maps = module.third(module.act(y))
        logits = module.head(maps.mean((2, 3)))
    return torch.softmax(logits, 1)[0].numpy(), maps[0].numpy()


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_everything_answers_to_what_is_left(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame, value: float
) -> None:
    frame, unit, held = make_frame(0), UnitReader(Unit("third", 1)), AblationReader(HELD, value)
    plain = live.process(frame, LiveRequest(0, (unit,)))
    found = live.process(frame, LiveRequest(0, (unit, held)))
    scores, maps = by_hand(tiny, frame.image, value)
    np.testing.assert_allclose(found.of(unit).map, maps[1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.scores, scores, rtol=1e-4, atol=1e-6)
    reading = found.of(held)
    np.testing.assert_allclose(reading.before, plain.scores, rtol=1e-5)
    np.testing.assert_allclose(reading.after, scores, rtol=1e-4, atol=1e-6)
    assert reading.maximum == pytest.approx(
        float(tiny.activations(tiny.prepare(frame.image)[None], ["second"])["second"][0, 3].max()),
        rel=1e-4,
    )
    again = live.process(frame, LiveRequest(0, (unit,)))
    np.testing.assert_allclose(again.scores, plain.scores)
    assert hook_count(live.network.module) == 0


def test_explanations_go_through_what_is_left(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame, why = make_frame(0), Why(HELD, Method.GRADIENT)
    explained = ExplanationReader(why)
    plain = live.process(frame, LiveRequest(0, (explained,)))
    found = live.process(frame, LiveRequest(0, (explained, AblationReader(HELD))))
    assert np.ptp(plain.of(explained).map) > 0
    assert not np.asarray(found.of(explained).unit_map).any()


def test_the_pass_beside_it_is_run_only_while_it_is_on(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    passes = []
    live.network.module.register_forward_pre_hook(lambda *_: passes.append(1))
    frame, grid = make_frame(0), GridReader("third", (8, 8), 3)
    live.process(frame, LiveRequest(0, (grid,)))
    assert len(passes) == 1
    live.process(frame, LiveRequest(0, (grid, AblationReader(HELD))))
    assert len(passes) == 3


def test_thumbnails_and_grids_show_the_value(live: LiveProcessor, make_frame: MakeFrame) -> None:
    frame, grid = make_frame(0), GridReader("second", (8, 8), 4)
    strip = StripReader(("second",))
    found = live.process(frame, LiveRequest(0, (grid, strip, AblationReader(HELD, 0.5))))
    assert found.of(grid).maxima[HELD.index] == 0.5
    assert found.of(grid).means[HELD.index] == 0.5


def test_frames_with_a_unit_held_do_not_tell_which_units_are_dead(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    grid = GridReader("second", (8, 8), 4)
    for number in range(12):
        request = LiveRequest(0, (grid, AblationReader(HELD)))
        found = live.process(make_frame(number), request)
    assert found.of(grid).dead == 0


@pytest.mark.parametrize("unit", [Unit("nowhere", 0), Unit("second", 99)])
def test_a_unit_that_is_not_there_is_told_and_nothing_is_held(
    live: LiveProcessor, make_frame: MakeFrame, unit: Unit
) -> None:
    frame, held = make_frame(0), AblationReader(unit)
    plain = live.process(frame, LiveRequest(0))
    found = live.process(frame, LiveRequest(0, (held,)))
    assert held in found.left_out
    np.testing.assert_allclose(found.scores, plain.scores)


def test_a_recorded_pass_is_that_of_what_is_held(
    tiny: Network, cpu: Device, make_frame: MakeFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way of seeing has a recording of its own, also where all memory is used again."""
    kept: dict[object, object] = {}

    def replayed(key: object, compute: object, x: torch.Tensor) -> object:
        found = compute(x)  # type: ignore[operator]
        memory = kept.setdefault(key, found)
        for mine, new in zip(memory.tensors(), found.tensors(), strict=True):
            mine.copy_(new)
        for other in kept.values():  # a recording's memory may serve another one meanwhile
            if other is not memory:
                for tensor in other.tensors():
                    tensor.fill_(float("nan"))
        return memory

    live = LiveProcessor(tiny.replica("cpu"), replace(cpu, recorded=True))
    monkeypatch.setattr(live._passes._replay, "run", replayed)
    frame, held = make_frame(0), AblationReader(HELD)
    plain = live.process(frame, LiveRequest(0)).scores.copy()
    found = live.process(frame, LiveRequest(0, (held,)))
    scores, _ = by_hand(tiny, frame.image, 0.0)
    np.testing.assert_allclose(found.scores, scores, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.of(held).before, plain, rtol=1e-5)
    np.testing.assert_allclose(found.of(held).after, scores, rtol=1e-4, atol=1e-6)
    assert len(kept) >= 3
