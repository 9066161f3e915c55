"""Where a frame belongs in a map: the code as the scan kept it, smoothed over frames."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.corpus import Score, load_corpus, scan
from deepvis_app.corpus.codes import codes_of
from deepvis_app.corpus.map.embedding import embed_codes
from deepvis_app.corpus.map.placement import NEAREST, Placer
from deepvis_app.corpus.map.reduction import reduction_of
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.pooled import as_kept, pooled
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import AblationReader, GridReader, PlaceReader
from deepvis_app.engine.readers.placing import TRAIL, WEIGHT
from deepvis_app.engine.request import LiveRequest
from deepvis_app.frames.source import Frame
from deepvis_app.nets import Directions, Unit
from tests.corpus.tiny import Pictures, whole_network

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.corpus.map.placement import Placed
    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.readers import PlaceReading
    from deepvis_app.nets import Network

COUNT = 40
LAYER = "both"


def with_directions() -> Network:
    chance = np.random.default_rng(4)
    weight = torch.from_numpy(chance.integers(-1, 2, (7, 6)).astype(np.float32))
    return whole_network().with_directions(LAYER, Directions(weight, relu=True), name="made")


class Tokens(nn.Module):
    """Patches as tokens behind one that stands for all, in whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.block = nn.Conv2d(3, 6, 3, stride=3), nn.Linear(6, 5)
        self.head = nn.Linear(5, 3)
        generator = torch.Generator().manual_seed(1)
        for weight in self.parameters():
            weight.data = torch.randint(-1, 2, weight.shape, generator=generator).float()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        tokens = self.block(torch.cat([tokens.sum(1, keepdim=True), tokens], 1))
        return self.head(tokens.sum(1))


class Live:
    """A network that is shown pictures one after the other."""

    def __init__(self, network: Network, cpu: Device) -> None:
        self.now_s = 100.0
        self.processor = LiveProcessor(network.replica("cpu"), cpu, clock=lambda: self.now_s)
        self.number = -1
        self.frame: Frame | None = None

    def see(self, reader: PlaceReader, image: np.ndarray, **more: object) -> PlaceReading:
        self.number += 1
        self.now_s += 0.03
        facts = {"number": self.number, "captured_at": self.now_s, "title": "", "index": 0} | more
        self.frame = Frame(image, **facts)
        return self.again(reader)

    def again(self, *readers: object) -> PlaceReading:
        snapshot = self.processor.process(self.frame, LiveRequest(0, readers))
        assert not snapshot.left_out
        assert not snapshot.failed
        return snapshot.of(readers[0])


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures(COUNT)


def map_of(network: Network, pictures: Pictures, folder: Path, layer: str, score: Score):
    corpus = scan(network, pictures, out=folder, layers=[layer], score=score)
    codes = codes_of(load_corpus(corpus.path), layer)
    return codes, embed_codes(codes, MapSettings("pca", "euclidean"))


@pytest.mark.parametrize("score", list(Score))
@pytest.mark.parametrize("layer", ["both", "deep", "last", "both~made", "block", "block/class"])
def test_a_scanned_picture_has_the_very_code_of_the_scan_and_lands_on_itself(
    cpu, pictures, tmp_path, monkeypatch, layer, score
) -> None:
    network = whole_network(Tokens()) if "block" in layer else with_directions()
    codes, embedding = map_of(network, pictures, tmp_path / "c", layer, score)
    live, found, place = Live(network, cpu), [], Placer.__call__

    def noted(own: Placer, code: np.ndarray, *rest: object) -> Placed:
        found.append(code)
        return place(own, code, *rest)

    monkeypatch.setattr(Placer, "__call__", noted)
    reader = PlaceReader(layer, embedding.placer, score)
    values = codes.values
    alone = [n for n in range(COUNT) if (values == values[n]).all(1).sum() == 1][:8]
    assert len(alone) == 8
    for number in alone:
        image = pictures.images[codes.rows[number]]
        live.now_s += 1
        reading = live.see(reader, image)
        np.testing.assert_array_equal(found[-1], values[number])
        assert found[-1].dtype == values.dtype == np.float16
        assert reading.placed.nearest[0] == number
        np.testing.assert_array_equal(np.float32(reading.placed.point), embedding.points[number])


def test_it_is_read_off_whole_maps_too(cpu, pictures, tmp_path) -> None:
    codes, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    live, reader = Live(whole_network(), cpu), PlaceReader(LAYER, embedding.placer)
    alone = live.see(reader, pictures.images[codes.rows[3]])
    beside = live.again(reader, GridReader(LAYER, (8, 8), 3))
    np.testing.assert_array_equal(alone.placed.nearest, beside.placed.nearest)


def test_it_answers_to_what_is_switched_off(cpu, pictures, tmp_path) -> None:
    codes, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    live, reader = Live(whole_network(), cpu), PlaceReader(LAYER, embedding.placer)
    image = pictures.images[codes.rows[3]]
    before = live.see(reader, image)
    after = live.again(reader, AblationReader(Unit("one", 3), 9.0))
    assert not np.array_equal(before.placed.distances, after.placed.distances)


def test_the_picture_itself_is_no_neighbour_where_it_is_left_out(cpu, pictures, tmp_path) -> None:
    codes, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    live = Live(whole_network(), cpu)
    image = pictures.images[codes.rows[3]]
    reading = live.see(PlaceReader(LAYER, embedding.placer, without=3), image)
    away = np.linalg.norm(codes.values.astype(float) - codes.values[3].astype(float), axis=1)
    away[3] = np.inf
    assert 3 not in reading.placed.nearest
    np.testing.assert_allclose(reading.placed.distances, np.sort(away)[:NEAREST], rtol=1e-5)


# Over frames


@pytest.fixture
def film(cpu, pictures, tmp_path):
    """Return what shows pictures of a map by their places in it, a reader of it, and its places."""
    codes, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    live, reader = Live(whole_network(), cpu), PlaceReader(LAYER, embedding.placer)

    def see(place: int, by: PlaceReader = reader, **more: object) -> PlaceReading:
        return live.see(by, pictures.images[codes.rows[place]], **more)

    return see, live, reader, embedding


def test_the_place_is_smoothed_and_leaves_a_trail(film) -> None:
    see, live, reader, _ = film
    shown = [see(number) for number in range(TRAIL + 4)]
    point = np.array(shown[0].placed.point)
    np.testing.assert_allclose(shown[0].point, point)
    assert len(shown[0].trail) == 0
    points = [point]
    for reading in shown[1:]:
        point = point + WEIGHT * (np.array(reading.placed.point) - point)
        np.testing.assert_allclose(reading.point, point, rtol=1e-6)
        np.testing.assert_allclose(reading.trail, points[-TRAIL:], rtol=1e-5)
        points.append(point)
    assert len(shown[-1].trail) == TRAIL
    with pytest.raises(ValueError, match="read-only"):
        shown[-1].trail[0] = 1
    rests = live.again(reader)  # the same frame once more: it is where it belongs
    assert rests.point == rests.placed.point
    np.testing.assert_array_equal(rests.trail, shown[-1].trail)


@pytest.mark.parametrize(
    "jump",
    [{"number": 0}, {"index": 500}, {"captured_at": 2000.0}, {"index": -3}],
    ids=["another source", "a leap ahead", "a pause", "back"],
)
def test_where_the_source_jumps_the_place_does_too(film, jump) -> None:
    see, *_ = film
    for number in range(3):
        see(number)
    reading = see(7, **jump)
    assert reading.point == reading.placed.point
    assert len(reading.trail) == 0


def test_another_map_begins_anew(film) -> None:
    see, _, reader, embedding = film
    for number in range(3):
        see(number)
    other = PlaceReader(
        LAYER, Placer(embedding.codes.values, -embedding.points, embedding.reduction)
    )
    reading = see(4, other)
    assert reading.point == reading.placed.point
    assert len(reading.trail) == 0
    assert other != reader


def test_a_dear_look_is_taken_now_and_then(cpu, pictures, tmp_path) -> None:
    codes, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.RELEVANCE)
    live = Live(whole_network(), cpu)
    reader = PlaceReader(LAYER, embedding.placer, Score.RELEVANCE)
    shown = [live.see(reader, pictures.images[codes.rows[n]]) for n in range(9)]
    assert 1 < len(set(map(id, shown))) < 4
    live.now_s += 0.3
    assert live.again(reader) is not shown[-1]


# What cannot be


def left_out(live: Live, reader: PlaceReader, image: np.ndarray) -> str:
    frame = Frame(image, 0, 0.0, "")
    snapshot = live.processor.process(frame, LiveRequest(0, (reader,)))
    assert snapshot.of(reader) is None
    return str(snapshot.left_out[reader])


@pytest.mark.parametrize("score", [Score.MAX, Score.RELEVANCE])
def test_what_cannot_be_placed_is_said(cpu, pictures, tmp_path, score) -> None:
    _, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    live, image = Live(whole_network(), cpu), pictures.images[0]
    nowhere = PlaceReader("nowhere", embedding.placer, score)
    assert "nowhere" in left_out(live, nowhere, image)
    other = PlaceReader("deep", embedding.placer, score)
    assert "This code has 5 numbers, the map's 6" in left_out(live, other, image)


def test_a_code_that_is_not_finite_is_said(cpu, pictures, tmp_path) -> None:
    _, embedding = map_of(whole_network(), pictures, tmp_path / "c", LAYER, Score.MAX)
    network = whole_network()
    with torch.no_grad():
        network.module.one.bias[0] = torch.nan
    reader = PlaceReader(LAYER, embedding.placer)
    assert "gives NaN or infinity" in left_out(Live(network, cpu), reader, pictures.images[0])


def test_scores_are_rounded_as_in_a_scan() -> None:
    values = torch.tensor([-0.0, 1 / 3, 1e6, torch.inf])
    kept = as_kept(values)
    assert kept.dtype == np.float16
    assert kept[1] == np.float16(1 / 3)
    assert kept[2] == np.finfo(np.float16).max
    assert np.isnan(kept[3])
    assert not np.signbit(kept[0])
    maps = torch.arange(12.0).reshape(1, 3, 2, 2)
    assert pooled(maps, Score.MAX).tolist() == [3, 7, 11]
    assert pooled(maps, Score.MEAN).tolist() == [1.5, 5.5, 9.5]
    assert pooled(maps[:, :, :1, :1], Score.MEAN).tolist() == [0, 4, 8]


@pytest.mark.slow(seconds=20)
def test_it_takes_little_of_a_frame_among_many_codes() -> None:
    chance = np.random.default_rng(0)
    middles = np.maximum(chance.normal(size=(200, 384)), 0)
    values = np.repeat(middles, 500, 0).astype(np.float16)
    values += chance.random((100_000, 384), np.float32).astype(np.float16) / 4
    reduction = reduction_of(values[::20], "cosine", 50)
    placer = Placer(values, chance.random((len(values), 2), np.float32), reduction)
    times = []
    for number in range(60):
        began = time.perf_counter()
        placer(values[number * 1000])
        times.append(time.perf_counter() - began)
    assert min(times) < 0.002
