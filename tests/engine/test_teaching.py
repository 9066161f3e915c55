"""Frames gathered for a concept: their codes to the bit, how often, and pictures of folders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from deepvis_app.corpus.concepts.examples import code_of
from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.examples import MOST, ExamplesRequest
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import Brush, Hold, TeachingReader, TeachingReading
from deepvis_app.engine.readers.teaching import EVERY_S, HOLDS, MOMENTS
from deepvis_app.engine.request import LiveRequest
from deepvis_app.engine.weights import Weights
from deepvis_app.nets import Box, Directions
from tests.drawn import draw
from tests.engine.awaited import status_of, until_done
from tests.engine.conftest import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deepvis_app.engine.device.device import Device
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets import Network
    from tests.engine.conftest import News

LAYER = "third"
IT, NOT = Hold(1, True), Hold(2, False)


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tiny: Network, cpu: Device, clock: Clock) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)


def reading(
    live: LiveProcessor, frame: Frame, hold: Hold | None, *more: object, layer: str = LAYER
) -> TeachingReading:
    request = LiveRequest(1, (TeachingReader(layer, hold), *more))  # type: ignore[arg-type]
    found = live.process(frame, request)
    assert not found.failed, found.failed
    told = found.first(TeachingReader)
    assert told is not None
    return told


def test_codes_are_those_of_the_networks_activations_to_the_bit(
    live: LiveProcessor, tiny: Network
) -> None:
    frame = frame_of(5)
    found = reading(live, frame, IT)
    twin = tiny.replica("cpu")  # laid out in memory as the engine's
    x = twin.normalise(twin.view(frame.image)[0], channels_last=True)[None]
    maps = twin.activations(x)
    (example,) = found.examples
    assert set(example.codes) == {info.name for info in tiny.layers}
    for layer, code in example.codes.items():
        np.testing.assert_array_equal(code, code_of(maps[layer]).numpy())
        by_hand = maps[layer][0].double().mean((1, 2)).numpy()
        np.testing.assert_allclose(code, by_hand, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.code, example.codes[LAYER])
    assert (example.name, example.is_inside) == (frame.title, True)
    assert not found.code.flags.writeable
    assert not example.thumb.flags.writeable


def test_nothing_is_gathered_unless_a_key_is_held(live: LiveProcessor, clock: Clock) -> None:
    for number in range(5):
        clock.now_s += 1
        found = reading(live, frame_of(number), None)
        assert found.examples == ()
        assert found.code.shape == (6,)
    network = live.network
    reader = TeachingReader(LAYER)
    look = type("Look", (), {"memory": live.memory, "network": network, "device": live.device,
                             "changes": (), "now_s": 0.0})  # fmt: skip
    assert set(reader.needs(look).reduced) == {LAYER}  # type: ignore[arg-type]


def test_while_it_is_held_frames_are_gathered_five_times_a_second(
    live: LiveProcessor, clock: Clock
) -> None:
    assert EVERY_S == 0.2
    start = clock.now_s
    for number in range(45):  # of a camera that gives 32 a second
        clock.now_s = start + number / 32
        found = reading(live, frame_of(number), IT)
    names = [f"frame {number}" for number in (0, 7, 14, 21, 28, 35, 42)]
    assert [one.name for one in found.examples] == names
    moments = [one.moment for one in found.examples]
    assert moments == [MOMENTS] * 5 + [MOMENTS + 1] * 2  # after a second it is another
    again = reading(live, frame_of(40), None)
    assert again.examples is found.examples  # it was let go


def test_a_picture_at_rest_is_gathered_once_a_hold(live: LiveProcessor, clock: Clock) -> None:
    frame = frame_of(3)
    for _ in range(5):
        clock.now_s += 1
        found = reading(live, frame, IT)
    assert len(found.examples) == 1
    clock.now_s += 1
    found = reading(live, replace(frame, number=99), IT)  # come back to in a folder
    assert len(found.examples) == 1
    found = reading(live, frame, NOT)
    assert [(one.is_inside, one.moment) for one in found.examples] == [
        (True, MOMENTS),
        (False, 2 * MOMENTS),
    ]
    assert found.examples[0].id == found.examples[1].id


def test_only_the_last_holds_are_told_of(live: LiveProcessor, clock: Clock) -> None:
    for number in range(1, 8):
        clock.now_s += 1
        found = reading(live, frame_of(number), Hold(number, number % 2 == 0))
    assert [one.moment // MOMENTS for one in found.examples] == [4, 5, 6, 7]
    assert len(found.examples) == HOLDS


def test_a_changed_input_is_not_gathered_and_that_is_said(live: LiveProcessor) -> None:
    brush = Brush((Box(0, 0, 4, 4),))
    found = reading(live, frame_of(1), IT, brush)
    assert found.examples == ()
    assert "changed" in found.why_not
    assert reading(live, frame_of(1), None, brush).why_not == ""
    assert len(reading(live, frame_of(1), IT).examples) == 1


def test_the_score_of_the_direction_is_the_mean_of_its_map(tiny: Network, cpu: Device) -> None:
    weight = torch.linspace(-1, 1, 6)[None]
    network = tiny.with_directions(LAYER, Directions(weight, [0.5]), "own")
    live = LiveProcessor(network.replica("cpu"), cpu)
    found = reading(live, frame_of(2), IT)
    of_direction = reading(live, frame_of(2), None, layer=f"{LAYER}~own")
    assert of_direction.code[0] == pytest.approx(float(found.code @ weight[0].numpy()) + 0.5)
    assert f"{LAYER}~own" not in found.examples[0].codes  # it is no layer of the network


def test_codes_of_other_weights_are_forgotten(
    live: LiveProcessor, make_network: Callable[..., Network]
) -> None:
    assert len(reading(live, frame_of(1), IT).examples) == 1
    values = {k: v.numpy() for k, v in make_network(1).module.state_dict().items()}
    live.take_weights(Weights(live.network, values, "0" * 64, "step 2"))
    assert reading(live, frame_of(1), None).examples == ()


@pytest.fixture
def engine(news: News) -> Iterator[Engine]:
    with Engine("cpu", threads=1, on_news=news) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    draw(tmp_path / "drawn", classes=2, each=6)
    (tmp_path / "drawn" / "broken.png").write_bytes(b"no picture")
    return tmp_path / "drawn"


def test_a_folder_is_looked_at_as_a_job(
    engine: Engine, tiny: Network, news: News, folder: Path
) -> None:
    engine.set_network(tiny)
    extra = folder.parent / "extra.png"
    Image.fromarray(frame_of(1).image).save(extra)
    request = ExamplesRequest(LAYER, 7000, True, str(folder), (str(extra),))
    job = engine.jobs.submit(request)
    status = until_done(engine, news, job)
    found = status.gathered
    assert (found.step, found.total) == (14, 14)
    assert len(found.examples) == 13
    (fault,) = found.faults
    assert fault.reason.startswith("broken.png")
    assert all(one.is_inside for one in found.examples)
    assert {one.moment for one in found.examples} == set(range(7001, 7014))
    twin = tiny.replica("cpu")
    image = np.asarray(Image.open(extra))
    maps = twin.activations(twin.normalise(twin.view(image)[0])[None], [LAYER])[LAYER]
    np.testing.assert_allclose(
        found.examples[-1].codes[LAYER], maps[0].mean((1, 2)).numpy(), rtol=1e-5, atol=1e-6
    )
    assert status.title == "Pictures of a concept, drawn"


def test_what_is_no_folder_of_pictures_fails_in_words(
    engine: Engine, tiny: Network, news: News, tmp_path: Path
) -> None:
    engine.set_network(tiny)
    (tmp_path / "empty").mkdir()
    for name, said in (("empty", "no pictures"), ("none", "no folder")):
        job = engine.jobs.submit(ExamplesRequest(LAYER, 1, False, str(tmp_path / name)))
        news.until(lambda job=job: status_of(engine, job).state.is_final, 60)
        status = status_of(engine, job)
        assert status.state is JobState.FAILED
        assert said in str(status.error)


def test_of_a_large_folder_even_steps_are_taken(
    engine: Engine, tiny: Network, news: News, tmp_path: Path
) -> None:
    engine.set_network(tiny)
    image = Image.fromarray(frame_of(1).image)
    for number in range(MOST + 30):
        image.save(tmp_path / f"{number:03}.png", compress_level=0)
    job = engine.jobs.submit(ExamplesRequest(LAYER, 1, False, str(tmp_path)))
    found = until_done(engine, news, job).gathered
    assert found.total == len(found.examples) == MOST
    assert found.examples[-1].name == f"{MOST + 29:03}.png"
