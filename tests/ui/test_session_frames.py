"""The best frames of a session on the page “Pictures”: shown, kept and thrown away."""

from __future__ import annotations

from concurrent.futures import Future
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from deepvis_app.engine.readers import BestFrame, BestFramesReader, BestFramesReading
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit, load_network
from deepvis_app.ui.panels.pictures.gathering import GatheringPresenter, write_frames

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.nets import Network

LAYER, UNIT = "relu3b", 7
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def network() -> Network:
    return load_network("pocket")


class View:
    """What the presenter tells a view, and the signals it listens to."""

    def __init__(self) -> None:
        self.tiles: list[Any] = []
        self.detail = self.words = ""
        self.offers = False
        self.keep_requested = self.drop_requested = SimpleNamespace(connect=lambda _: None)

    def set_frames(self, tiles: list[Any], detail: str) -> None:
        self.tiles, self.detail = list(tiles), detail

    def set_words(self, text: str) -> None:
        self.words = text

    def offer(self, *, keep: bool) -> None:
        self.offers = keep


class Bench:
    """A presenter with what it needs of a desk, and a clock of its own."""

    def __init__(self, network: Network, folder: Path) -> None:
        self.view, self.now_s = View(), 100.0
        self.frames: tuple[bytes, ...] = ()
        self.said: list[str] = []
        self.failed: list[str] = []
        self.scanned: list[str] = []
        self.dropped = 0
        engine = SimpleNamespace(
            ask_memory=self._ask,
            read=lambda question, is_order: _done(question),
            status=lambda: SimpleNamespace(source=SimpleNamespace(playback=None)),
        )
        desk = SimpleNamespace(
            engine=engine,
            selection=SimpleNamespace(as_unit=lambda: Unit(LAYER, UNIT)),
            options=SimpleNamespace(
                setting=SimpleNamespace(settings=SimpleNamespace(pictures_dir=folder))
            ),
            notices=SimpleNamespace(
                say=self.said.append,
                fail=lambda _key, cause, remedy: self.failed.append(f"{cause}. {remedy}"),
                clear=lambda _key: None,
            ),
        )
        self.presenter = GatheringPresenter(
            self.view,  # type: ignore[arg-type]
            desk,  # type: ignore[arg-type]
            self.scanned.append,
            lambda: self.now_s,
        )
        self.presenter.set_network(network)

    def _ask(self, _kind: type, question: Any) -> Future:
        if question.__name__ == "clear":
            self.dropped += 1
        return _done(lambda: self.frames)

    def show(self, *frames: BestFrame, unit: int = UNIT) -> None:
        reading = BestFramesReading(LAYER, unit, frames, len(frames))
        reader = BestFramesReader(LAYER, unit)
        readings = MappingProxyType({reader: reading})
        self.presenter.show_snapshot(_Snapshot(readings))  # type: ignore[arg-type]


class _Snapshot:
    def __init__(self, readings: Any) -> None:
        self._readings = readings

    def first(self, kind: type) -> Any:
        return next((v for k, v in self._readings.items() if isinstance(k, kind)), None)


def _done(question: Any) -> Future:
    future: Future = Future()
    try:
        future.set_result(question())
    except UserError as error:
        future.set_exception(error)
    return future


def frame(value: float, position: tuple[int, int] = (5, 6)) -> BestFrame:
    picture = np.arange(96 * 96 * 3, dtype=np.int64).reshape(96, 96, 3).astype(np.uint8)
    return BestFrame(value, position, picture, 90.0, "frame")


@pytest.fixture
def bench(network: Network, tmp_path: Path) -> Bench:
    return Bench(network, tmp_path)


def test_it_asks_for_the_picked_unit(bench: Bench) -> None:
    assert bench.presenter.ask() == (BestFramesReader(LAYER, UNIT),)
    bench.presenter.set_network(None)
    assert bench.presenter.ask() == ()


def test_a_tile_is_what_the_place_sees(bench: Bench, network: Network) -> None:
    shown = frame(3.0)
    bench.show(shown)
    (tile,) = bench.view.tiles
    field = network.layer(LAYER).receptive_field
    assert field is not None
    box = field.box((5, 6), (96, 96))
    expected = shown.picture[box.top : box.bottom, box.left : box.right]
    assert np.array_equal(tile.crop.picture, expected)
    assert "10 s before" in tile.tip
    assert bench.view.detail == "1 frame"
    assert bench.view.offers


def test_the_order_changes_no_faster_than_one_can_look(bench: Bench) -> None:
    bench.show(frame(3.0))
    bench.show(frame(4.0), frame(3.0))
    assert len(bench.view.tiles) == 1
    bench.now_s += 1
    bench.show(frame(4.0), frame(3.0))
    assert len(bench.view.tiles) == 2
    bench.show(frame(1.0), unit=UNIT + 1)  # another unit is shown at once
    assert len(bench.view.tiles) == 1


def test_what_is_kept_is_written_and_scanned(bench: Bench, tmp_path: Path) -> None:
    bench.frames = (b"one", b"two")
    bench.presenter.keep()
    bench.presenter.tick()
    bench.presenter.tick()
    (folder,) = tmp_path.iterdir()
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [b"one", b"two"]
    assert bench.scanned == [str(folder)]
    assert str(folder) in bench.said[0]
    bench.presenter.keep()  # a second time goes to a folder of its own
    bench.presenter.tick()
    bench.presenter.tick()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_told_and_nothing_is_scanned(
    network: Network, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    bench = Bench(network, tmp_path / "file")
    bench.frames = (b"one",)
    bench.presenter.keep()
    bench.presenter.tick()
    bench.presenter.tick()
    assert "cannot be written" in bench.failed[0]
    assert not bench.scanned
    with pytest.raises(UserError, match="cannot be written"):
        write_frames(tmp_path / "file", "a", (b"one",))


def test_what_is_thrown_away_is_gone(bench: Bench) -> None:
    bench.show(frame(3.0))
    bench.presenter.drop()
    assert bench.dropped == 1
    assert not bench.view.tiles
    assert not bench.view.offers


def test_in_the_window_frames_of_a_running_source_come_and_are_kept(
    qtbot: QtBot, start: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(6):
        colours = np.random.default_rng(number).integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(colours).resize((96, 96), 0).save(folder / f"{number}.png")
    deepvis = start(net="pocket", source=str(folder))
    deepvis.desk.engine.control(lambda source: (source.set_speed(20.0), source.play(True)))
    deepvis.shell.actions["page-pictures"].trigger()
    view = deepvis.panels.get("pictures").view
    qtbot.waitUntil(lambda: len(view.frames.tiles.tiles()) > 1, timeout=WAIT_MS)
    values = [float(tile.value.replace("\u2009", "")) for tile in view.frames.tiles.tiles()]
    assert values == sorted(values, reverse=True)
    home = deepvis.desk.options.setting.settings.pictures_dir
    view.frames.keep_requested.emit()
    qtbot.waitUntil(lambda: any(home.glob("session */0001.jpg")), timeout=WAIT_MS)
    (kept,) = home.glob("session *")
    assert kept.is_relative_to(tmp_path) or "pytest" in str(kept)
    qtbot.waitUntil(lambda: deepvis.desk.kept.corpora.present is not None, timeout=WAIT_MS)
    assert deepvis.desk.kept.corpora.present.source == str(kept)
