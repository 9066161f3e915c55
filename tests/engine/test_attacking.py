"""Frames that are attacked before the network sees them, against the still attack and formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch.nn import functional

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import AttackReader, Brush, GridReader, UnitReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.nets import Box, ChannelOrder, Network, Preprocessing, Unit
from deepvis_app.synth import Norm, attack

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.snapshot import Snapshot

EPSILON = 4 / 255
UNIT = UnitReader(Unit("third", 1))


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def asked(live: LiveProcessor, frame, *readers) -> Snapshot:
    found = live.process(frame, LiveRequest(0, readers))
    assert not found.failed
    return found


def test_one_step_is_the_formula(live: LiveProcessor, tiny: Network, make_frame) -> None:
    frame, reader = make_frame(0), AttackReader(EPSILON, amplification=10)
    plain, found = asked(live, frame, UNIT), asked(live, frame, reader, UNIT)
    reading = found.of(reader)
    assert reading is not None
    before = plain.picture
    x = tiny.normalise(before)[None].requires_grad_()
    label = int(tiny.module(x).argmax())
    (gradient,) = torch.autograd.grad(
        functional.cross_entropy(tiny.module(x), torch.tensor([label])), x
    )
    sign = gradient.sign()[0].permute(1, 2, 0).numpy().astype(int)
    expected = np.clip(before.astype(int) + 4 * sign, 0, 255)
    assert (found.picture != expected).mean() < 1e-3  # signs of what is all but zero
    assert (found.picture != before).mean() > 0.9
    assert (reading.picture == before).all()
    assert reading.label == label == int(plain.scores.argmax())
    np.testing.assert_allclose(reading.scores_before, plain.scores, atol=1e-6)
    np.testing.assert_array_equal(reading.scores_after, found.scores)
    assert reading.success == (int(found.scores.argmax()) != label)
    assert reading.scores_after[label] < reading.scores_before[label] - 1e-4
    amplified = np.clip(np.rint(127.5 + 10 * (expected - before.astype(int))), 0, 255)
    assert (np.abs(reading.change.astype(int) - amplified) > 1).mean() < 1e-3
    assert reading.change_max == pytest.approx(4, abs=1e-3)
    assert reading.steps == 1
    x = tiny.normalise(before)[None].requires_grad_()
    (w,) = torch.autograd.grad(tiny.module(x)[0, label], x)
    std = torch.tensor(tiny.preprocessing.std).view(1, 3, 1, 1)
    expected_fall = -EPSILON * float((w / std).abs().sum())
    assert reading.w_eta == pytest.approx(expected_fall, rel=1e-3)
    assert reading.dimensions == 3 * 24 * 32
    seen = tiny.activations(tiny.normalise(found.picture)[None], ["third"])["third"][0, 1]
    np.testing.assert_allclose(found.of(UNIT).map, seen, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("norm", list(Norm))
def test_more_steps_are_the_still_attack(live: LiveProcessor, tiny, make_frame, norm: Norm) -> None:
    epsilon = EPSILON if norm is Norm.LINF else 0.5
    reader = AttackReader(epsilon, norm, target=6, steps=5)
    found = asked(live, make_frame(1), reader)
    still = attack(
        tiny, asked(live, make_frame(1)).picture, 6, epsilon, norm=norm, steps=5, step_share=0.5,
        scatter=False,
    )  # fmt: skip
    reading = found.of(reader)
    np.testing.assert_allclose(reading.scores_after, still.arrays["scores_after"], atol=1e-3)
    assert reading.success == still.facts["success"]
    assert reading.w_eta == pytest.approx(still.facts["w_eta"], rel=1e-3)
    assert (np.abs(found.picture.astype(int) - still.image) > 1).mean() < 0.01


def test_without_size_nothing_is_touched(live: LiveProcessor, make_frame) -> None:
    frame, reader, grid = make_frame(2), AttackReader(0.0), GridReader("first", (64, 64), 3)
    plain, found = asked(live, frame, UNIT, grid), asked(live, frame, reader, UNIT, grid)
    assert (found.picture == plain.picture).all()
    assert (found.scores == plain.scores).all()
    assert (found.of(UNIT).map == plain.of(UNIT).map).all()
    assert (found.of(grid).mosaic.pixels == plain.of(grid).mosaic.pixels).all()
    assert found.of(reader) is None


def test_what_it_says_already_is_left_alone(live: LiveProcessor, make_frame) -> None:
    frame = make_frame(3)
    says = int(asked(live, frame).scores.argmax())
    reader = AttackReader(EPSILON, target=says)
    found = asked(live, frame, reader)
    assert (found.picture == asked(live, frame).picture).all()
    assert found.of(reader).success
    assert found.of(reader).steps == 0
    wrong = AttackReader(EPSILON, target=10)
    answer = asked(live, frame, wrong, UNIT)
    assert "no class 10" in str(answer.left_out[wrong])
    assert answer.of(UNIT) is not None


def test_frames_go_on_from_the_last_change(live: LiveProcessor, make_frame) -> None:
    reader = AttackReader(EPSILON, warm=True, target=2)
    frames = [make_frame(4), *(make_frame(4) for _ in range(7))]
    readings = [asked(live, frame, reader).of(reader) for frame in frames]
    sizes = [reading.change_max for reading in readings]
    assert sizes[0] == pytest.approx(1, abs=1e-3)  # a quarter of 4
    assert sizes[2] > 2.9
    assert max(sizes) <= 4.001
    assert readings[-1].scores_after[2] > readings[0].scores_after[2]
    cold = asked(live, make_frame(4), AttackReader(EPSILON, target=2))
    assert cold.first(AttackReader).change_max == pytest.approx(4, abs=1e-3)


def test_a_picture_at_rest_is_attacked_once(live: LiveProcessor, make_frame, monkeypatch) -> None:
    frame, reader = make_frame(5), AttackReader(EPSILON, warm=True)
    first = asked(live, frame, reader)
    passes, forward = [], live.network.forward

    def heard(*args: object, **names: object) -> object:
        passes.append(args)
        return forward(*args, **names)

    monkeypatch.setattr(live.network, "forward", heard)
    second = asked(live, frame, reader)
    assert len(passes) == 1  # the live pass itself
    assert (first.picture == second.picture).all()
    brushed = asked(live, frame, Brush((Box(0, 0, 24, 32),)), reader)
    assert len(passes) > 2
    assert (brushed.of(reader).picture != first.of(reader).picture).any()


def test_channels_in_another_order(cpu: Device, tiny: Network, make_frame) -> None:
    order = Preprocessing(
        mean=(104.0, 117.0, 123.0), std=(60.0,), scale=1.0, channels=ChannelOrder.BGR
    )
    network = Network(tiny.replica("cpu").module, tiny.input_shape, order)
    reader = AttackReader(EPSILON)
    found = asked(LiveProcessor(network, cpu), make_frame(6), reader)
    still = attack(network, found.of(reader).picture, epsilon=EPSILON, method="fgsm")
    assert (found.picture != still.image).mean() < 1e-3


def test_a_network_without_classes_says_so(cpu: Device, make_frame) -> None:
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    live = LiveProcessor(Network(module.eval(), (3, 24, 32)), cpu)
    reader, unit = AttackReader(EPSILON), UnitReader(Unit("0", 1))
    found = asked(live, make_frame(7), reader, unit)
    assert "no class scores" in str(found.left_out[reader])
    assert found.of(unit) is not None
