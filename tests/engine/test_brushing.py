from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import (
    Brush,
    ExplanationReader,
    GridReader,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.engine.request import LiveRequest
from deepvis_app.explain import Fill, Method, filling
from deepvis_app.nets import Box, ChannelOrder, Network, Preprocessing, Unit

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device

MakeFrame = "Callable[..., Frame]"
BOX = Box(4, 6, 14, 20)


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def covered(network: Network, image: np.ndarray, box: Box, fill: Fill) -> np.ndarray:
    """The unit's maps of an input whose box is filled by hand."""
    x = network.prepare(image).unsqueeze(0).clone()
    top, left, bottom, right = box
    part = (..., slice(max(top, 0), bottom), slice(max(left, 0), right))
    x[part] = filling(network, x, fill)[part]
    found: np.ndarray = network.activations(x, ["third"])["third"][0].numpy()
    return found


@pytest.mark.parametrize("fill", list(Fill))
def test_everything_answers_to_the_covered_picture(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame, fill: Fill
) -> None:
    frame, unit = make_frame(0), UnitReader(Unit("third", 1))
    plain = live.process(frame, LiveRequest(0, (unit,)))
    found = live.process(frame, LiveRequest(0, (Brush((BOX,), fill), unit)))
    want = covered(tiny, frame.image, BOX, fill)[1]
    reading = found.of(unit)
    assert reading is not None
    np.testing.assert_allclose(reading.map, want, rtol=1e-4, atol=1e-5)
    assert np.abs(found.scores - plain.scores).max() > 1e-6
    top, left, bottom, right = BOX
    changed = (found.picture != plain.picture).any(2)
    assert changed[top:bottom, left:right].mean() > 0.9
    changed[top:bottom, left:right] = False
    assert not changed.any()
    again = live.process(frame, LiveRequest(0, (unit,)))
    assert (again.picture == plain.picture).all()
    ours, theirs = again.of(unit), plain.of(unit)
    assert ours is not None
    assert theirs is not None
    assert (ours.map == theirs.map).all()


def test_the_covered_part_has_its_colours_in_the_picture(
    cpu: Device, tiny: Network, make_frame: MakeFrame
) -> None:
    order = Preprocessing(
        mean=(104.0, 117.0, 123.0), std=(1.0,), scale=1.0, channels=ChannelOrder.BGR
    )
    network = Network(tiny.replica("cpu").module, tiny.input_shape, order, name="caffe's way")
    live, frame = LiveProcessor(network, cpu), make_frame(0)
    mean = live.process(frame, LiveRequest(0, (Brush((BOX,), Fill.MEAN),))).picture
    expected = live.process(frame, LiveRequest()).picture.mean((0, 1))
    np.testing.assert_allclose(mean[8, 10], expected, atol=0.51)
    black = live.process(frame, LiveRequest(0, (Brush((BOX,), Fill.BLACK),))).picture
    assert not black[BOX.top : BOX.bottom, BOX.left : BOX.right].any()


def test_a_brush_may_reach_over_the_border_or_lie_outside(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame, unit, box = make_frame(0), UnitReader(Unit("third", 1)), Box(-5, -5, 6, 6)
    found = live.process(frame, LiveRequest(0, (Brush((box,)), unit))).of(unit)
    assert found is not None
    want = covered(tiny, frame.image, box, Fill.MEAN)[1]
    np.testing.assert_allclose(found.map, want, rtol=1e-4, atol=1e-5)
    outside = live.process(frame, LiveRequest(0, (Brush((Box(90, 90, 99, 99),)),)))
    assert (outside.picture == live.process(frame, LiveRequest()).picture).all()


def test_every_thumbnail_follows_the_brush_on_a_picture_at_rest(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame, strip = make_frame(0), StripReader(("first", "second", "third"), 40)
    for _ in range(2):
        plain = live.process(frame, LiveRequest(0, (strip,))).first(StripReader).thumbs
    brushed = live.process(frame, LiveRequest(0, (Brush((Box(0, 0, 24, 32),)), strip)))
    for name, thumb in brushed.first(StripReader).thumbs.items():
        assert thumb is not plain[name]
    assert (
        live.process(frame, LiveRequest(0, (strip,))).first(StripReader).thumbs["first"] is not None
    )


def test_an_explanation_is_of_the_covered_picture_and_carries_the_units_map(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame, unit = make_frame(0), Unit("third", 1)
    why = Why(unit, Method.GRADIENT_X_INPUT)
    grid, one = GridReader("first", (12, 16), 4, backward=why), UnitReader(unit)
    asked = ExplanationReader(why)
    plain = live.process(frame, LiveRequest(0, (grid, one, asked))).of(asked)
    snapshot = live.process(frame, LiveRequest(0, (Brush((BOX,)), grid, one, asked)))
    found, reading = snapshot.of(asked), snapshot.of(one)
    assert plain is not None
    assert found is not None
    assert reading is not None
    np.testing.assert_allclose(found.unit_map, reading.map, rtol=1e-5)
    assert not np.allclose(found.map, plain.map)
    assert snapshot.every(GridReader)[0].backward
