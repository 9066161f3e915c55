from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.engine.live import LiveProcessor, probabilities
from deepvis_app.engine.readers import GridReader, StripReader, UnitOrder, UnitReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.nets.layers import Unit
from deepvis_app.nets.network import Network
from deepvis_app.nets.preprocessing import Fit
from deepvis_app.tiles import BACKGROUND, TOP, Contrast, Scaling, Sign

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from deepvis_app.engine.device.device import Device
    from deepvis_app.frames.source import Frame

PLAIN = Contrast(Scaling.LAYER, Sign.SEQUENTIAL)
MakeFrame = "Callable[..., Frame]"


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def grid(layer: str = "first", **wishes: object) -> GridReader:
    wishes = {"contrast": PLAIN, **wishes}
    return GridReader(layer, (24, 32), 4, **wishes)  # type: ignore[arg-type]


def activations(network: Network, frame: Frame, layer: str, **fit: object) -> np.ndarray:
    x = network.prepare(frame.image, **fit).unsqueeze(0)  # type: ignore[arg-type]
    return network.activations(x, [layer])[layer][0].numpy()


def test_a_grid_is_the_layers_activations(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame = make_frame(0)
    snapshot = live.process(frame, LiveRequest(7, (grid(),)))
    values = activations(tiny, frame, "first")
    (reading,) = snapshot.every(GridReader)
    np.testing.assert_allclose(reading.maxima, values.max((1, 2)), rtol=1e-4)
    np.testing.assert_allclose(reading.means, values.mean((1, 2)), rtol=1e-3, atol=1e-5)
    assert reading.low == pytest.approx(values.min(), rel=1e-4)
    assert reading.high == pytest.approx(values.max(), rel=1e-4)
    assert not reading.signed
    shades = (values - values.min()) / (values.max() - values.min()) * TOP
    for tile, unit in enumerate(reading.units):
        box = reading.mosaic.tiling.rect(tile)
        pixels = reading.mosaic.pixels[box.top : box.bottom, box.left : box.right]
        assert np.abs(pixels - shades[unit]).max() <= 1
    assert (snapshot.generation, snapshot.network) == (7, tiny.fingerprint)
    assert snapshot.frame is frame
    assert snapshot.is_finite
    assert set(snapshot.stages_ms) == {"prepare", "forward", "tiles"}


def test_the_layer_before_an_in_place_relu_is_seen_as_it_was(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    (reading,) = live.process(make_frame(0), LiveRequest(0, (grid("second"),))).every(GridReader)
    assert reading.low < 0


def test_scores_are_the_softmax_of_the_output(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame = make_frame(3)
    scores = live.process(frame, LiveRequest()).scores
    with torch.no_grad():
        logits = tiny.module(tiny.prepare(frame.image).unsqueeze(0))
    np.testing.assert_allclose(scores, logits.softmax(1)[0].numpy(), rtol=1e-4)


def test_a_distribution_is_not_squeezed_a_second_time() -> None:
    given = np.array([0.7, 0.2, 0.1], np.float32)
    assert probabilities(given.copy()).tolist() == given.tolist()
    even = probabilities(np.array([5.0, 5.0], np.float32))
    assert even.tolist() == [0.5, 0.5]
    huge = probabilities(np.array([1e4, -1e4], np.float32))
    assert huge.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("ending", "labels", "shown"),
    [
        (nn.Linear(6, 1), (), lambda s: s),
        (nn.Linear(6, 1), ("tumour",), torch.sigmoid),
        (nn.Sequential(nn.Linear(6, 3), nn.Sigmoid()), (), lambda s: s),
        (nn.Sequential(nn.Linear(6, 3), nn.Softmax(1)), (), lambda s: s),
    ],
)
def test_scores_are_what_the_network_gives_them_as(
    ending: nn.Module,
    labels: tuple[str, ...],
    shown: Callable[[Tensor], Tensor],
    cpu: Device,
    make_frame: MakeFrame,
) -> None:
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), ending)
    net = Network(module, (3, 20, 20), labels=labels)
    frame = make_frame(3)
    scores = LiveProcessor(net, cpu).process(frame, LiveRequest()).scores
    with torch.no_grad():
        expected = shown(module(net.prepare(frame.image)[None]))[0]
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-4)


def test_maps_of_classes_are_shown_as_shares_of_the_picture(
    cpu: Device, make_frame: MakeFrame
) -> None:
    net = Network(nn.Conv2d(3, 4, 3), (3, 20, 20), labels="abcd")
    frame = make_frame(3)
    scores = LiveProcessor(net, cpu).process(frame, LiveRequest()).scores
    with torch.no_grad():
        best = net.module(net.prepare(frame.image)[None]).argmax(1)
    assert scores is not None
    assert scores.tolist() == pytest.approx([float((best == k).float().mean()) for k in range(4)])


def test_the_picked_unit_is_read(live: LiveProcessor, tiny: Network, make_frame: MakeFrame) -> None:
    frame = make_frame(1)
    values = activations(tiny, frame, "third")
    for index in range(6):
        reading = live.process(frame, LiveRequest(0, (UnitReader(Unit("third", index)),))).first(
            UnitReader
        )
        assert reading is not None
        np.testing.assert_allclose(reading.map, values[index], rtol=1e-3, atol=1e-5)
        assert reading.maximum == pytest.approx(values[index].max(), rel=1e-4)
        assert reading.mean == pytest.approx(values[index].mean(), rel=1e-3, abs=1e-5)
        assert values[index][reading.argmax] == values[index].max()
        maxima = values.max((1, 2))
        assert reading.rank == 1 + (maxima > maxima[index]).sum()


def test_what_the_network_has_not_is_left_out(live: LiveProcessor, make_frame: MakeFrame) -> None:
    request = LiveRequest(
        1,
        (
            grid("gone"),
            grid("first"),
            StripReader(("gone", "first")),
            UnitReader(Unit("gone", 0)),
        ),
    )
    snapshot = live.process(make_frame(0), request)
    assert [reading.layer for reading in snapshot.every(GridReader)] == ["first"]
    assert set(snapshot.first(StripReader).thumbs) == {"first"}
    assert snapshot.first(UnitReader) is None
    beyond = LiveRequest(0, (UnitReader(Unit("first", 99)),))
    assert live.process(make_frame(0), beyond).first(UnitReader) is None


def test_fit_and_mirror_are_those_of_the_request(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    frame = make_frame(0, size=(90, 70))
    for fit in Fit:
        for mirror in (False, True):
            snapshot = live.process(frame, LiveRequest(0, (grid(),), fit=fit, mirror=mirror))
            picture, placement = tiny.view(frame.image, fit, mirror)
            assert (snapshot.picture == picture).all()
            assert snapshot.placement == placement
            values = activations(tiny, frame, "first", fit=fit, mirror=mirror)
            np.testing.assert_allclose(
                snapshot.every(GridReader)[0].maxima, values.max((1, 2)), rtol=1e-4
            )


def test_only_the_visible_part_of_a_grid_is_drawn(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    frame = make_frame(0)
    (whole,) = live.process(frame, LiveRequest(0, (grid(),))).every(GridReader)
    (part,) = live.process(frame, LiveRequest(1, (grid(first=4, count=3),))).every(GridReader)
    assert part.units.tolist() == [4, 5, 6]
    assert (part.first, len(part.order), part.mosaic.count) == (4, 8, 3)
    box = whole.mosaic.tiling.rect(5)
    tile = part.mosaic.tiling.rect(1)
    assert (
        part.mosaic.pixels[tile.top : tile.bottom, tile.left : tile.right]
        == whole.mosaic.pixels[box.top : box.bottom, box.left : box.right]
    ).all()
    (beyond,) = live.process(frame, LiveRequest(2, (grid(first=400, count=3),))).every(GridReader)
    assert (beyond.first, beyond.units.tolist()) == (4, [4, 5, 6])
    (none,) = live.process(frame, LiveRequest(3, (grid(units=()),))).every(GridReader)
    assert (none.mosaic.pixels.size, len(none.units), none.first) == (0, 0, 0)


@pytest.mark.parametrize("scaling", list(Scaling))
def test_a_part_is_drawn_as_in_the_whole(
    tiny: Network, cpu: Device, make_frame: MakeFrame, scaling: Scaling
) -> None:
    contrast = Contrast(scaling, boost=0.5, gamma=0.7)
    frame = make_frame(0)
    ordered = grid(contrast=contrast, order=UnitOrder.MAXIMUM, units=(1, 3, 6))
    live = LiveProcessor(tiny.replica("cpu"), cpu)
    (whole,) = live.process(frame, LiveRequest(0, (grid(contrast=contrast),))).every(GridReader)
    (part,) = live.process(frame, LiveRequest(1, (ordered,))).every(GridReader)
    assert part.units.tolist() == sorted((1, 3, 6), key=lambda unit: -whole.maxima[unit])
    for tile, unit in enumerate(part.units):
        here, there = part.mosaic.tiling.rect(tile), whole.mosaic.tiling.rect(int(unit))
        assert (
            part.mosaic.pixels[here.top : here.bottom, here.left : here.right]
            == whole.mosaic.pixels[there.top : there.bottom, there.left : there.right]
        ).all()


def test_the_dead_unit_is_counted_and_hidden_once_it_is_known(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    request = LiveRequest(0, (grid("first", hide_dead=True),))
    counts = []
    for number in range(12):
        (reading,) = live.process(make_frame(number), request).every(GridReader)
        counts.append((reading.dead, len(reading.order)))
    assert counts == [(0, 8)] * 9 + [(1, 7)] * 3
    assert 5 not in reading.order


def test_the_same_frame_again_teaches_nothing(live: LiveProcessor, make_frame: MakeFrame) -> None:
    frame = make_frame(0)
    for generation in range(15):
        snapshot = live.process(frame, LiveRequest(generation, (grid("first"),)))
    assert snapshot.every(GridReader)[0].dead == 0


def test_thumbnails_take_turns_but_each_comes_ten_times_a_second(
    tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    clock = Clock()
    live = LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)
    names = tuple(info.name for info in tiny.layers)
    request = LiveRequest(0, (StripReader(names),))
    drawn: dict[str, list[float]] = {name: [] for name in names}
    work = []
    for number in range(90):
        clock.now_s = number / 30
        snapshot = live.process(make_frame(number), request)
        fresh = [
            name
            for name in names
            if snapshot.first(StripReader).thumbs[name].frame_number == number
        ]
        work.append(len(fresh))
        for name in fresh:
            drawn[name].append(clock.now_s)
    assert work[0] == len(names)  # the first ones at once
    assert max(work[1:]) <= -(-len(names) // 2)
    for times in drawn.values():
        assert len(times) / 3 >= 10
        assert max(np.diff(times)) <= 0.1 + 1e-6


def test_rare_frames_get_all_their_thumbnails(
    tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    clock = Clock()
    live = LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)
    request = LiveRequest(0, (StripReader(tuple(info.name for info in tiny.layers)),))
    for number in range(5):
        clock.now_s = number / 5
        thumbs = live.process(make_frame(number), request).first(StripReader).thumbs
        assert {thumb.frame_number for thumb in thumbs.values()} == {number}


def test_a_picture_at_rest_gets_its_whole_strip_and_its_own_range(
    tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    clock = Clock()
    live = LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)
    names = tuple(info.name for info in tiny.layers)
    request = LiveRequest(0, (grid(contrast=Contrast()), StripReader(names)))
    for number in range(10):
        clock.now_s = number / 100
        moving = live.process(make_frame(number), request)
    assert {thumb.frame_number for thumb in moving.first(StripReader).thumbs.values()} != {9}
    resting = live.process(moving.frame, request)
    assert {thumb.frame_number for thumb in resting.first(StripReader).thumbs.values()} == {9}
    fresh = LiveProcessor(tiny.replica("cpu"), cpu, clock=clock).process(moving.frame, request)
    assert resting.every(GridReader)[0].high == fresh.every(GridReader)[0].high
    for name in names:
        assert (
            resting.first(StripReader).thumbs[name].mosaic.pixels
            == fresh.first(StripReader).thumbs[name].mosaic.pixels
        ).all()
    again = live.process(moving.frame, request)
    assert all(
        again.first(StripReader).thumbs[name] is resting.first(StripReader).thumbs[name]
        for name in names
    )  # nothing to do


def test_not_finite_activations_are_told_and_shown(cpu: Device, make_frame: MakeFrame) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network = Network(module, (3, 24, 32))
    with torch.no_grad():
        module[0].bias[2] = float("nan")
    live = LiveProcessor(network, cpu)
    snapshot = live.process(
        make_frame(0), LiveRequest(0, (grid("0"), StripReader(("0",)), UnitReader(Unit("0", 2))))
    )
    assert not snapshot.is_finite
    (reading,) = snapshot.every(GridReader)
    box = reading.mosaic.tiling.rect(2)
    assert (reading.mosaic.pixels[box.top : box.bottom, box.left : box.right] == BACKGROUND).all()
    box = reading.mosaic.tiling.rect(1)
    assert (reading.mosaic.pixels[box.top : box.bottom, box.left : box.right] <= TOP).all()


@pytest.mark.parametrize("shape", [(1, 20, 30), (4, 16, 16), (3, 9, 40)])
def test_inputs_of_any_shape(cpu: Device, make_frame: MakeFrame, shape: tuple) -> None:
    module = nn.Sequential(nn.Conv2d(shape[0], 5, 3, padding=1), nn.ReLU())
    live = LiveProcessor(Network(module, shape), cpu)
    snapshot = live.process(make_frame(0), LiveRequest(0, (grid("1"), StripReader(("0", "1")))))
    assert snapshot.every(GridReader)[0].mosaic.count == 5
    assert snapshot.scores is None


def test_nothing_in_a_snapshot_can_be_written(live: LiveProcessor, make_frame: MakeFrame) -> None:
    request = LiveRequest(0, (grid(), StripReader(("first",)), UnitReader(Unit("first", 0))))
    snapshot = live.process(make_frame(0), request)
    (reading,) = snapshot.every(GridReader)
    unit = snapshot.first(UnitReader)
    assert unit is not None
    thumb = snapshot.first(StripReader).thumbs["first"].mosaic
    arrays = [
        snapshot.picture, snapshot.scores, unit.map, thumb.pixels, reading.mosaic.pixels,
        reading.order, reading.units, reading.maxima, reading.means,
    ]  # fmt: skip
    for array in arrays:
        assert isinstance(array, np.ndarray)
        assert not array.flags.writeable
    with pytest.raises(TypeError):
        snapshot.first(StripReader).thumbs["first"] = None  # type: ignore[index]


def test_no_tensor_is_kept_from_frame_to_frame(live: LiveProcessor, make_frame: MakeFrame) -> None:
    def tensors() -> int:
        gc.collect()
        return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())

    request = LiveRequest(
        0,
        (
            grid(),
            grid("second"),
            StripReader(("first", "second", "third")),
            UnitReader(Unit("third", 1)),
        ),
    )
    snapshot = live.process(make_frame(0), request)
    before = tensors()
    for number in range(1, 20):
        snapshot = live.process(make_frame(number), request)
    assert tensors() <= before
    assert snapshot.frame.number == 19


def test_taps_are_off_after_every_frame(live: LiveProcessor, make_frame: MakeFrame) -> None:
    live.process(make_frame(0), LiveRequest(0, (grid(), StripReader(("second",)))))
    assert not any(module._forward_hooks for module in live.network.module.modules())
