"""What a person does beside looking: settings, keys, drops, pastes, leaving at a bad moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from PyQt6.QtCore import QMimeData, Qt, QUrl
from PyQt6.QtGui import QGuiApplication, QImage

from deepvis_app import paths
from deepvis_app.engine.status import Phase
from deepvis_app.nets import Fit
from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.registry import PANELS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
SLOW = {"net": "torchvision:vgg11@none", "device": "cpu"}
WAIT_MS = 60_000


def banners(deepvis: App) -> tuple[str, ...]:
    return tuple(deepvis.window.banners.keys())


def shown_title(deepvis: App) -> str:
    snapshot = deepvis.rounds.snapshot
    return snapshot.frame.title if snapshot else ""


def no_threads() -> bool:
    return not [t for t in threading.enumerate() if t.name.startswith("deepvis")]


def test_every_explanation_has_a_title_and_some_words() -> None:
    topics = [topic for panel in PANELS for topic in panel.topics.values()]
    assert len(topics) > 20
    assert all(topic.title and len(topic.text) > 80 for topic in topics)


@pytest.mark.parametrize("name", ["settings.toml", "session.json"])
def test_a_broken_file_does_not_stop_the_start(qtbot: QtBot, start: Start, name: str) -> None:
    (paths.config_dir() / name).write_bytes(b"\x00\xff not for reading [[[")
    deepvis = start(keep_session=True, **TINY, source="demo")
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    assert "settings" in banners(deepvis)


def test_files_dropped_are_opened(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    for name, shade in (("b.png", 40), ("a.png", 200)):
        Image.new("RGB", (64, 48), (shade, shade, shade)).save(tmp_path / name)
    deepvis = start(**TINY, source="demo")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / n)) for n in ("a.png", "b.png")])
    deepvis.window.dropped.emit(mime)
    qtbot.waitUntil(lambda: shown_title(deepvis) == "a.png", timeout=WAIT_MS)
    deepvis.shell.actions["next-picture"].trigger()
    qtbot.waitUntil(lambda: shown_title(deepvis) == "b.png", timeout=WAIT_MS)


def test_a_pasted_picture_is_shown(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    picture = QImage(50, 40, QImage.Format.Format_RGB888)
    picture.fill(Qt.GlobalColor.red)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.setImage(picture)
    deepvis.shell.actions["paste"].trigger()
    qtbot.waitUntil(lambda: shown_title(deepvis) == "Pasted picture", timeout=WAIT_MS)
    snapshot = deepvis.rounds.snapshot
    assert snapshot is not None
    assert snapshot.frame.image[0, 0].tolist() == [255, 0, 0]


def test_rows_of_odd_width_come_out_straight() -> None:
    expected = np.arange(5 * 3 * 3, dtype=np.uint8).reshape(3, 5, 3)  # rows are padded to 16 bytes
    image = QImage(5, 3, QImage.Format.Format_RGB888)
    for y in range(3):
        for x in range(5):
            red, green, blue = (int(v) for v in expected[y, x])
            image.setPixel(x, y, 0xFF000000 | red << 16 | green << 8 | blue)
    assert (image_to_rgb(image) == expected).all()


def test_transparency_becomes_white() -> None:
    image = QImage(2, 1, QImage.Format.Format_ARGB32)
    image.fill(0)
    assert image_to_rgb(image).tolist() == [[[255] * 3] * 2]


def test_closing_while_a_network_loads_leaves_nothing(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**SLOW, source="demo")
    qtbot.waitUntil(
        lambda: deepvis.desk.engine.status().network.phase in (Phase.OPENING, Phase.READY),
        timeout=WAIT_MS,
    )
    deepvis.window.close()
    qtbot.waitUntil(no_threads, timeout=WAIT_MS)


def test_two_windows_at_once_do_not_disturb_each_other(qtbot: QtBot, start: Start) -> None:
    first, second = (start(**TINY, source="demo") for _ in range(2))
    qtbot.waitUntil(
        lambda: all(d.rounds.snapshot is not None for d in (first, second)), timeout=WAIT_MS
    )
    first.desk.options.view.fit = Fit.STRETCH
    assert second.desk.options.view.fit is None
    first.window.close()
    assert second.rounds.snapshot is not None
    number = second.rounds.snapshot.frame.number
    qtbot.waitUntil(
        lambda: second.rounds.snapshot.frame.number > number,  # type: ignore[union-attr]
        timeout=WAIT_MS,
    )


def test_the_last_source_that_is_gone_gives_way_to_the_demo(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    picture = tmp_path / "gone.png"
    Image.new("RGB", (64, 48)).save(picture)
    first = start(**TINY, source=str(picture))
    qtbot.waitUntil(lambda: shown_title(first) == "gone.png", timeout=WAIT_MS)
    first.window.close()
    picture.unlink()
    second = start(keep_session=True)
    qtbot.waitUntil(lambda: second.rounds.snapshot is not None, timeout=WAIT_MS)
    assert second.desk.engine.status().source.spec == "demo"
    assert "last-source" in banners(second)


def test_weights_that_are_no_numbers_are_told(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    torchvision = pytest.importorskip("torchvision")
    state = torchvision.models.squeezenet1_1().state_dict()
    state["features.0.weight"][0] = float("nan")
    torch.save(state, tmp_path / "nan.pth")
    deepvis = start(
        net="torchvision:squeezenet1_1", weights=str(tmp_path / "nan.pth"), source="demo"
    )
    qtbot.waitUntil(lambda: "nan" in banners(deepvis), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    snapshot = deepvis.rounds.snapshot
    assert snapshot is not None
    assert not snapshot.is_finite


def test_fit_and_mirror_reach_the_network(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    half = np.zeros((60, 60, 3), np.uint8)
    half[:, :30] = 255  # white on the left
    Image.fromarray(half).save(tmp_path / "half.png")
    deepvis = start(**TINY, source=str(tmp_path / "half.png"))
    qtbot.waitUntil(lambda: shown_title(deepvis) == "half.png", timeout=WAIT_MS)

    def left() -> int:
        snapshot = deepvis.rounds.snapshot
        return int(snapshot.picture[100, 10, 0]) if snapshot else -1

    assert left() == 255
    deepvis.shell.actions["mirror"].trigger()
    qtbot.waitUntil(lambda: left() == 0, timeout=WAIT_MS)
