from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import (
    ExplanationReader,
    GridReader,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.engine.request import LiveRequest
from deepvis_app.explain import Method, Seed, SeedKind, attribute
from deepvis_app.nets import Network, Unit
from deepvis_app.nets.taps import hook_count
from deepvis_app.tiles import TOP, Contrast, Scaling

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.readers import ExplanationReading, Reader
    from deepvis_app.frames.source import Frame

MakeFrame = "Callable[..., Frame]"
UNIT = Unit("third", 2)
SEED = Seed(SeedKind.MAXIMUM)


@pytest.fixture
def live(tiny: Network, cpu: Device) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu)


def asking(method: Method, *others: Reader[object]) -> LiveRequest:
    return LiveRequest(0, (*others, ExplanationReader(Why(UNIT, method, SEED))))


def truth(network: Network, frame: Frame, method: Method) -> np.ndarray:
    found: torch.Tensor = attribute(
        network, network.prepare(frame.image), UNIT, method.value, "max"
    )
    return found.numpy()


@pytest.mark.parametrize("method", list(Method))
def test_a_frames_explanation_is_that_of_the_notebook(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame, method: Method
) -> None:
    reading = live.process(make_frame(3), asking(method)).first(ExplanationReader)
    assert reading is not None
    assert reading.problem == ""
    assert reading.map is not None
    expected = truth(tiny, make_frame(3), method)
    np.testing.assert_allclose(reading.map, expected, rtol=1e-4, atol=1e-6 * abs(expected).max())
    assert not reading.map.flags.writeable


def test_modes_that_switch_at_every_frame_never_mix(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    hooks = hook_count(live.network.module)
    frames = [make_frame(number) for number in range(2)]
    expected = {
        (number, method): truth(tiny, frames[number], method)
        for number in range(2)
        for method in Method
    }
    for turn in range(40):
        method, number = list(Method)[turn % 5], turn % 2
        reading = live.process(frames[number], asking(method)).first(ExplanationReader)
        assert reading is not None
        assert reading.map is not None
        assert reading.why.method is method
        want = expected[number, method]
        np.testing.assert_allclose(reading.map, want, rtol=1e-4, atol=1e-6 * abs(want).max())
        assert live.process(frames[number], LiveRequest()).first(ExplanationReader) is None
    assert hook_count(live.network.module) == hooks


@pytest.mark.slow(seconds=62)
def test_modes_switch_for_a_minute_without_a_leak(
    live: LiveProcessor, make_frame: MakeFrame
) -> None:
    from deepvis_app.engine.measure import rss_mb

    methods = list(Method)
    until, turn, before = time.monotonic() + 60, 0, 0.0
    while time.monotonic() < until:
        reading = live.process(make_frame(turn), asking(methods[turn % 5])).first(ExplanationReader)
        assert reading is not None
        assert reading.why.method is methods[turn % 5]
        turn += 1
        if turn == 300:
            before = rss_mb()
    assert turn > 600
    assert rss_mb() - before < 20
    assert hook_count(live.network.module) == 0


def test_the_rest_of_the_answer_is_as_without_an_explanation(
    live: LiveProcessor, tiny: Network, cpu: Device, make_frame: MakeFrame
) -> None:
    strip = StripReader(("first", "second", "third"), 40)
    grids = (GridReader("second", (12, 16), 4), GridReader("first", (24, 32), 4))
    unit = UnitReader(Unit("second", 3))
    readers = (*grids, strip, unit)
    plain = LiveProcessor(tiny.replica("cpu"), cpu).process(make_frame(1), LiveRequest(0, readers))
    found = live.process(make_frame(1), asking(Method.GUIDED, *readers))
    for ours, theirs in zip(found.every(GridReader), plain.every(GridReader), strict=True):
        assert not ours.backward
        np.testing.assert_allclose(ours.maxima, theirs.maxima, rtol=1e-5)
        assert np.abs(ours.mosaic.pixels.astype(int) - theirs.mosaic.pixels).max() <= 1
    np.testing.assert_allclose(found.scores, plain.scores, rtol=1e-5)
    ours, theirs = found.of(unit), plain.of(unit)
    assert ours is not None
    assert theirs is not None
    np.testing.assert_allclose(ours.map, theirs.map, rtol=1e-5)
    for name, thumb in plain.first(StripReader).thumbs.items():
        difference = (
            found.first(StripReader).thumbs[name].mosaic.pixels.astype(int) - thumb.mosaic.pixels
        )
        assert np.abs(difference).max() <= 1


def test_a_backward_grid_shows_the_gradients_around_zero(
    live: LiveProcessor, tiny: Network, make_frame: MakeFrame
) -> None:
    contrast = Contrast(Scaling.LAYER)
    why = Why(UNIT, Method.GRADIENT, SEED)
    grid = GridReader("first", (24, 32), 4, contrast=contrast, backward=why)
    above = GridReader("head", (8, 8), 4, contrast=contrast, backward=why)
    snapshot = live.process(make_frame(2), asking(Method.GRADIENT, grid, above))
    reading, higher = snapshot.every(GridReader)

    x = tiny.prepare(make_frame(2).image)[None]
    module = tiny.module
    maps = module.first(x).detach().requires_grad_()  # type: ignore[operator]
    relu = nn.functional.relu
    score = module.third(relu(module.second(relu(maps))))[0, UNIT.index].max()  # type: ignore[operator]
    (expected,) = torch.autograd.grad(score, maps)
    gradient = expected[0].numpy()
    reach = np.abs(gradient).max()
    assert reading.backward
    assert reading.signed
    assert reading.high == pytest.approx(reach, rel=1e-4)
    assert reading.low == pytest.approx(-reach, rel=1e-4)
    for tile, unit in enumerate(reading.units):
        box = reading.mosaic.tiling.rect(tile)
        pixels = reading.mosaic.pixels[box.top : box.bottom, box.left : box.right]
        shades = (gradient[unit] + reach) / (2 * reach) * TOP
        assert np.abs(pixels - shades).max() <= 1
    assert higher.backward
    assert higher.high == pytest.approx(0, abs=1e-6)  # the unit does not depend on what is above


def test_what_cannot_be_explained_says_so_and_the_frame_goes_on(
    live: LiveProcessor, make_frame: MakeFrame, cpu: Device
) -> None:
    gone = LiveRequest(
        0, (GridReader("first", (24, 32), 4), ExplanationReader(Why(Unit("third", 99))))
    )
    snapshot = live.process(make_frame(0), gone)
    reading = snapshot.first(ExplanationReader)
    assert reading is not None
    assert reading.map is None
    assert "third has no unit 99" in reading.problem
    assert len(snapshot.every(GridReader)) == 1

    smooth = nn.Sequential(nn.Conv2d(3, 4, 3), nn.GELU(), nn.Conv2d(4, 2, 3))
    network = Network(smooth, (3, 24, 32), name="smooth")
    ask = LiveRequest(0, (ExplanationReader(Why(Unit("2", 1), Method.GUIDED)),))
    reading = (
        LiveProcessor(network.replica("cpu"), cpu)
        .process(make_frame(0), ask)
        .first(ExplanationReader)
    )
    assert reading is not None
    assert "a rule for ReLUs" in reading.problem


def test_a_zero_gradient_is_explained_in_words(make_frame: MakeFrame, cpu: Device) -> None:
    dead = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    with torch.no_grad():
        dead[0].bias.fill_(-100)  # type: ignore[union-attr,operator]
    network = Network(dead, (3, 24, 32))
    live = LiveProcessor(network.replica("cpu"), cpu)
    ask = LiveRequest(0, (ExplanationReader(Why(Unit("1", 0))),))
    reading = live.process(make_frame(0), ask).first(ExplanationReader)
    assert reading is not None
    assert reading.map is not None
    assert not reading.map.any()
    assert "silent" in reading.empty


def test_a_network_that_cuts_gradients_is_named_and_not_gone_back_through(
    make_frame: MakeFrame, cpu: Device
) -> None:
    class Frozen(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.deep = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3)
            self.head = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            with torch.no_grad():
                x = self.body(x)
            return self.head(self.deep(x).mean((2, 3)))

    network = Network(Frozen(), (3, 24, 32), name="frozen")
    live = LiveProcessor(network.replica("cpu"), cpu)

    def ask(method: Method) -> ExplanationReading:
        asked = ExplanationReader(Why(Unit("head", 1), method))
        reading = live.process(make_frame(0), LiveRequest(0, (asked,))).of(asked)
        assert reading is not None
        return reading

    reading = ask(Method.GRADIENT)
    assert reading.map is None
    assert reading.problem.startswith("frozen itself cuts gradients")
    assert "occlusion" in reading.problem
    behind = ask(Method.GRADCAM)  # weighs the layer behind the cut
    assert behind.problem == ""
    assert behind.map is not None


def test_the_same_frame_of_a_random_network_gives_the_same_numbers(
    make_frame: MakeFrame, cpu: Device
) -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x.mul_(2)).relu()  # it writes into its input, too
            return self.head(torch.nn.functional.dropout(x.mean((2, 3))))

    module = Noisy()
    network = Network(module, (3, 24, 32))
    live = LiveProcessor(network.replica("cpu"), cpu)
    frame = make_frame(0)
    shown = [live.process(frame, LiveRequest()).scores for _ in range(3)]
    x = network.prepare(frame.image)[None]
    torch.manual_seed(0)
    with torch.no_grad():
        right = module.eval()(x).softmax(1)[0].numpy()
    for scores in shown:
        np.testing.assert_allclose(scores, right, atol=1e-5)
