"""The four mosaics of each layer, as the live loop gives them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from deepvis_app.engine import LiveRequest
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import LearningReader
from deepvis_app.engine.readers.learning import strongest
from deepvis_app.lab.one_picture import lesson

READER = LearningReader(("first", "second", "head"), (60, 90))


def test_four_mosaics_of_each_layer(tiny, cpu, make_frame) -> None:
    frame = replace(make_frame(1), label=3)
    processor = LiveProcessor(tiny.replica("cpu"), cpu)
    snapshot = processor.process(frame, LiveRequest(1, (READER,)))
    reading = snapshot.of(READER)
    assert (reading.target, reading.is_true) == (3, True)
    truth = lesson(tiny, tiny.prepare(frame.image)[None], 3, READER.names)
    assert reading.loss == pytest.approx(truth.loss, rel=1e-4)
    for name, one in reading.layers.items():
        own = truth.layers[name]
        for drawn, values in (
            (one.gradients, own.gradients),
            (one.weights, own.weight),
            (one.weight_gradients, own.weight_gradients),
        ):
            assert drawn.length == pytest.approx(float(values.norm()), rel=1e-3)
            assert drawn.signed
            assert drawn.low == -drawn.high
            assert drawn.mosaic.count == len(values)
            height, width = drawn.mosaic.pixels.shape
            assert height <= 60
            assert width <= 90
        assert one.activations.mosaic.count == len(own.activations)


def test_a_picture_that_nobody_named_asks_for_a_class(tiny, cpu, make_frame) -> None:
    processor = LiveProcessor(tiny.replica("cpu"), cpu)
    frame = make_frame(1)
    snapshot = processor.process(frame, LiveRequest(1, (READER,)))
    assert "Choose a class" in snapshot.left_out[READER].remedy
    chosen = replace(READER, target=2)
    reading = processor.process(frame, LiveRequest(2, (chosen,))).of(chosen)
    assert (reading.target, reading.is_true) == (2, False)


def test_a_moving_picture_is_asked_now_and_then(tiny, cpu, make_frame) -> None:
    now = [0.0]
    processor = LiveProcessor(tiny.replica("cpu"), cpu, clock=lambda: now[0])
    request = LiveRequest(1, (replace(READER, target=2),))
    first = processor.process(make_frame(1), request).of(request.readers[0])
    now[0] = 0.1
    assert processor.process(make_frame(2), request).of(request.readers[0]) is first
    now[0] = 0.25
    assert processor.process(make_frame(3), request).of(request.readers[0]) is not first


def test_the_strongest_of_what_a_pixel_stands_for_stays() -> None:
    maps = torch.tensor([[[1.0, -3.0, 0.0, 0.5], [2.0, 0.0, 0.0, -0.25]]])
    torch.testing.assert_close(strongest(maps, (1, 2)), torch.tensor([[[-3.0, 0.5]]]))
    assert strongest(maps, (9, 9)) is maps
