"""The page “Pictures” and the grid's view of the same, in the real window with a small network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent

from deepvis_app.corpus import scan
from deepvis_app.engine import UnitReader
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.explain import Method, Rendering, attribute, render_map
from deepvis_app.known.looks import Backward
from deepvis_app.nets import load_network
from deepvis_app.state.appearance import GridShows
from deepvis_app.state.pictures import PictureLook
from deepvis_app.ui.panels.pictures.scan_bar import ScanState
from tests.ui.looking import live

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.known.unit_pictures import UnitPictures
    from deepvis_app.nets import Network
    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.pictures.view import PicturesView

    Start = Callable[..., App]

POCKET = {"net": "pocket", "device": "cpu"}
WAIT_MS = 90_000
LAYER, UNIT = "conv3b", 5
PICTURES = 14


def draw(path: Path, seed: int) -> None:
    """Write a picture with a few coloured discs."""
    numbers = np.random.default_rng(seed)
    rows, columns = np.mgrid[:90, :120]
    image = np.full((90, 120, 3), numbers.integers(0, 256, 3), np.uint8)
    for _ in range(4):
        top, left = numbers.integers(0, 90), numbers.integers(0, 120)
        radius = 6 + 14 * numbers.random()
        image[(rows - top) ** 2 + (columns - left) ** 2 < radius**2] = numbers.integers(0, 256, 3)
    Image.fromarray(image).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "drawn"
    folder.mkdir()
    for number in range(PICTURES):
        draw(folder / f"{number:02}.png", number)
    return folder


@pytest.fixture
def scanned(folder: Path, private_folders: None) -> Network:
    network = load_network("pocket")
    path = Corpora(default_folder()).path_for(network.fingerprint, folder)
    scan(network, folder, out=path, name="drawn", layers=[LAYER, "conv1"])
    return network


def opened(qtbot: QtBot, deepvis: App, unit: int = UNIT) -> PicturesView:
    """Open the page at a unit, and wait for its pictures."""
    live(qtbot, deepvis)
    deepvis.desk.selection.pick_unit(unit, LAYER)
    deepvis.shell.actions["page-pictures"].trigger()
    view: PicturesView = deepvis.panels["pictures"].view
    qtbot.waitUntil(
        lambda: (
            (known := found(deepvis)) is not None
            and known.wish.unit.index == unit
            and bool(view.tiles.tiles())
            and all(tile.crop is not None for tile in view.tiles.tiles())
        ),
        timeout=WAIT_MS,
    )
    return view


def found(deepvis: App) -> UnitPictures | None:
    known: UnitPictures | None = deepvis.panels["pictures"].presenter.found
    return known


def seen(network: Network, path: Path) -> np.ndarray:
    return network.view(np.asarray(Image.open(path).convert("RGB")))[0]


def test_a_folder_is_scanned_from_the_empty_page(qtbot: QtBot, start: Start, folder: Path) -> None:
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    deepvis.desk.selection.pick_unit(UNIT, LAYER)
    deepvis.shell.actions["page-pictures"].trigger()
    view: PicturesView = deepvis.panels["pictures"].view
    words = "No pictures scanned for this network"
    qtbot.waitUntil(lambda: view._empty_text.text() == words, timeout=WAIT_MS)
    assert view._choose.isVisible()
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    drop = QDropEvent(
        QPointF(9, 9), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    view.dropEvent(drop)
    qtbot.waitUntil(
        lambda: (known := found(deepvis)) is not None and known.scanned == known.total,
        timeout=WAIT_MS,
    )
    known = found(deepvis)
    assert known is not None
    assert known.total == PICTURES + 1
    qtbot.waitUntil(lambda: view.faults.isVisible(), timeout=WAIT_MS)
    assert view.faults.text() == "1 unreadable"
    assert not view._choose.isVisible()
    qtbot.waitUntil(lambda: not view.scan.isVisible(), timeout=WAIT_MS)


def test_a_first_scan_that_fails_says_why_and_another_folder_can_be_chosen(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    deepvis.shell.actions["page-pictures"].trigger()
    view: PicturesView = deepvis.panels["pictures"].view
    empty = tmp_path / "empty"
    empty.mkdir()
    view.folder_chosen.emit(str(empty))
    words = f"There are no pictures in {empty}"
    qtbot.waitUntil(lambda: view._empty_text.text() == words, timeout=WAIT_MS)
    assert "JPEG" in view._empty_remedy.text()
    assert view._choose.isVisible()
    assert not view.scan.isVisible()


def test_where_the_folder_of_corpora_cannot_be_read_that_is_said(
    qtbot: QtBot, start: Start, private_folders: None
) -> None:
    default_folder().parent.mkdir(parents=True, exist_ok=True)
    default_folder().write_text("a file")
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    deepvis.shell.actions["page-pictures"].trigger()
    view: PicturesView = deepvis.panels["pictures"].view
    qtbot.waitUntil(lambda: "cannot be read" in view._empty_text.text(), timeout=WAIT_MS)


def test_a_scan_is_held_and_goes_on_from_the_page(qtbot: QtBot, start: Start, folder: Path) -> None:
    for number in range(PICTURES, 400):
        draw(folder / f"{number}.png", number)
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    deepvis.shell.actions["page-pictures"].trigger()
    view: PicturesView = deepvis.panels["pictures"].view
    view.folder_chosen.emit(str(folder))
    qtbot.waitUntil(lambda: view.scan.state() is ScanState.RUNNING, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: found(deepvis) is not None, timeout=WAIT_MS)
    view.scan._hold.click()
    qtbot.waitUntil(lambda: view.scan.state() is ScanState.PAUSED, timeout=WAIT_MS)
    assert deepvis.desk.jobs.statuses()[0].state is JobState.PAUSED
    view.scan._hold.click()
    qtbot.waitUntil(lambda: view.scan.state() is ScanState.RUNNING, timeout=WAIT_MS)
    view.scan._stop.click()
    qtbot.waitUntil(lambda: view.scan.state() is ScanState.RESTING, timeout=WAIT_MS)
    assert view.scan._start.isVisible()


def test_tiles_are_slices_of_what_the_network_sees(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    known = found(deepvis)
    assert known is not None
    assert len(view.tiles.tiles()) == min(9, known.spread.fired)
    for patch, tile in zip(known.patches, view.tiles.tiles(), strict=True):
        box = patch.box
        part = seen(scanned, patch.path)[box.top : box.bottom, box.left : box.right]
        assert tile.crop is not None
        assert np.array_equal(tile.crop.picture, part)
        assert tile.label == patch.path.stem
        assert (tile.note == "edge") == patch.at_edge
    values = [patch.value for patch in known.patches]
    assert values == sorted(values, reverse=True)


def test_guided_tiles_are_attribute_s_map_from_the_same_place(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    known = found(deepvis)
    assert known is not None
    deepvis.desk.options.pictures.look = PictureLook.GUIDED
    best = known.patches[0]
    question = Backward(best.path, known.wish.unit, best.position, Method.GUIDED)
    looks = deepvis.panels["pictures"].presenter._looks
    qtbot.waitUntil(lambda: looks.map(question) is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: view.tiles.tiles()[0].crop is not None, timeout=WAIT_MS)
    assert best.position is not None
    x = scanned.normalise(seen(scanned, best.path))
    wanted = render_map(
        attribute(scanned, x, known.wish.unit, "guided", best.position).numpy(), Rendering.RAW
    )
    crop, box = view.tiles.tiles()[0].crop, best.box
    assert crop is not None
    part = wanted[box.top : box.bottom, box.left : box.right].astype(int)
    assert np.abs(crop.picture.astype(int) - part).max() <= 1  # another layout in memory


def test_the_card_shows_the_whole_and_the_keyboard_uses_the_picture(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    known = found(deepvis)
    assert known is not None
    deepvis.window.activateWindow()
    qtbot.waitUntil(deepvis.window.isActiveWindow, timeout=9000)
    view.tiles.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: view.card.isVisible(), timeout=WAIT_MS)
    qtbot.keyClick(view.tiles, Qt.Key.Key_Right)
    second = known.patches[1]
    title = f"<b>{second.path.stem}</b>"
    qtbot.waitUntil(lambda: view.card._title.text().startswith(title), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "network itself says" in view.card._verdict.text(), timeout=WAIT_MS)
    assert "2nd of" in view.card._title.text()
    qtbot.keyClick(view.tiles, Qt.Key.Key_Return)

    def live_value() -> float:
        snapshot = deepvis.rounds.snapshot
        reading = snapshot.first(UnitReader) if snapshot is not None else None
        is_it = reading is not None and snapshot.frame.title == second.path.name
        return reading.maximum if is_it and reading.unit == known.wish.unit else -1.0

    qtbot.waitUntil(lambda: live_value() >= 0, timeout=WAIT_MS)
    assert live_value() == pytest.approx(second.value, rel=1e-3)
    assert deepvis.shell.actions["reset"] is not None
    assert view.hide_card()
    assert not view.card.isVisible()


@pytest.mark.parametrize("gesture", ["use", "open"])
def test_a_picture_opened_from_a_tile_is_opened_as_if_the_user_had(
    qtbot: QtBot, start: Start, scanned: Network, gesture: str
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    deepvis.desk.options.view.mirror = True  # as a camera is
    known = found(deepvis)
    assert known is not None
    path = str(known.patches[0].path)
    deepvis.desk.engine.freeze(True)
    getattr(view, f"{gesture}_requested").emit(0)
    recents = deepvis.shell.choosers
    qtbot.waitUntil(lambda: recents.recent_sources[:1] == (path,), timeout=WAIT_MS)
    assert deepvis.shell.left_off().source == path
    assert not deepvis.desk.options.view.mirror
    assert not deepvis.desk.engine.status().frozen


def test_pointing_at_a_tile_shows_it_closer_after_a_rest(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    view = opened(qtbot, start(**POCKET, source="demo"))
    middle = view.tiles.cell_rect(0).center().toPoint()
    qtbot.mouseMove(view.tiles, middle)
    qtbot.mouseMove(view.tiles, middle + QPoint(1, 1))
    qtbot.waitUntil(lambda: view.card.isVisible(), timeout=WAIT_MS)
    assert view.card.geometry().right() < view.tiles.mapTo(view.window(), QPoint(0, 0)).x()


def test_a_band_and_what_is_left_out_are_asked_anew(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    view.band._slider.setValue(50)
    qtbot.waitUntil(
        lambda: (known := found(deepvis)) is not None and known.wish.band == 0.5, timeout=WAIT_MS
    )
    known = found(deepvis)
    assert known is not None
    assert known.ranks[len(known.ranks) // 2] == pytest.approx(PICTURES / 2, abs=2)
    view.band._slider.setValue(0)
    view.toggles._inner.click()
    qtbot.waitUntil(
        lambda: (known := found(deepvis)) is not None and known.wish.wants_inner, timeout=WAIT_MS
    )
    known = found(deepvis)
    assert known is not None
    assert not any(patch.at_edge for patch in known.patches)


def test_a_layer_that_was_not_scanned_is_said(qtbot: QtBot, start: Start, scanned: Network) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    deepvis.desk.selection.pick_layer("conv2b")
    qtbot.waitUntil(lambda: "was not scanned" in view._message.text(), timeout=WAIT_MS)
    assert view.tiles.tiles() == ()
    deepvis.desk.options.view.grid_shows = GridShows.PICTURES
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    qtbot.waitUntil(lambda: "was not scanned" in canvas._empty[0], timeout=WAIT_MS)


def test_while_it_is_shut_nothing_is_asked(qtbot: QtBot, start: Start, scanned: Network) -> None:
    deepvis = start(**POCKET, source="demo")
    opened(qtbot, deepvis)
    deepvis.shell.actions["page-now"].trigger()
    asked: list[object] = []
    deepvis.desk.kept.corpora.ask = lambda question: asked.append(question)  # type: ignore
    before = deepvis.rounds.snapshot
    deepvis.desk.selection.pick_unit(UNIT + 1)
    qtbot.waitUntil(
        lambda: (
            deepvis.rounds.snapshot is not before
            and (reading := deepvis.rounds.snapshot.first(UnitReader)) is not None  # type: ignore
            and reading.unit.index == UNIT + 1
        ),
        timeout=WAIT_MS,
    )
    assert asked == []


def test_the_grid_shows_each_unit_s_best_picture_lit_by_its_share(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    deepvis.desk.selection.pick_unit(UNIT, LAYER)
    deepvis.shell.actions["show-pictures"].trigger()
    pane = deepvis.panels["grid"].view.panes[0]
    records = deepvis.panels["grid"].records
    qtbot.waitUntil(
        lambda: (
            records._crops(LAYER) is not None
            and records._crops(LAYER)._is_whole
            and pane.canvas._shares is not None
            and records.grids.shown[LAYER][1] == records._crops(LAYER).version
        ),
        timeout=WAIT_MS,
    )
    assert f"Each unit’s strongest picture of {PICTURES}" in pane._count.text()
    best = records._crops(LAYER).best
    record = scanned_record(scanned, [s.path for s in best.sources if s is not None])
    assert best.record == pytest.approx(record, rel=1e-3)
    image = pane.canvas.tile_image(UNIT)
    assert image is not None
    assert image.width() >= 52
    deepvis.desk.options.view.grid_shows = GridShows.ACTIVITY
    qtbot.waitUntil(lambda: pane.canvas._shares is None, timeout=WAIT_MS)


def scanned_record(network: Network, paths: list[Path]) -> np.ndarray:
    """Return each unit's highest activation on pictures, asked of the network directly."""
    maxima = [
        network.activations(network.normalise(seen(network, path))[None], [LAYER])[LAYER][0]
        .amax((1, 2))
        .detach()
        .numpy()
        for path in dict.fromkeys(paths)
    ]
    return np.max(maxima, 0)


def test_g_goes_round_the_views_of_the_grid(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**POCKET, source="demo")
    live(qtbot, deepvis)
    seen_views = []
    for _ in range(len(GridShows) - 1):
        deepvis.shell.actions["next-shows"].trigger()
        seen_views.append(deepvis.desk.options.view.grid_shows)
    assert seen_views[-1] is GridShows.ACTIVITY
    assert seen_views[:2] == [GridShows.PREFERRED, GridShows.PICTURES]
    assert GridShows.BACKWARD not in seen_views


def test_how_pictures_are_looked_at_comes_back(qtbot: QtBot, start: Start) -> None:
    first = start(**POCKET, source="demo")
    options = first.desk.options.pictures
    options.look, options.is_masked = PictureLook.WHOLE, True
    options.choose("f", "/corpora/x")
    first.window.close()
    again = start(keep_session=True, **POCKET, source="demo").desk.options.pictures
    assert (again.look, again.is_masked) == (PictureLook.WHOLE, True)
    assert again.chosen == {"f": "/corpora/x"}


def test_a_corpus_is_removed_and_comes_back_with_undo(
    qtbot: QtBot, start: Start, scanned: Network
) -> None:
    deepvis = start(**POCKET, source="demo")
    view = opened(qtbot, deepvis)
    view.remove_requested.emit()
    qtbot.waitUntil(lambda: view._empty.isVisible(), timeout=WAIT_MS)
    assert deepvis.desk.notices.undo()
    qtbot.waitUntil(lambda: bool(view.tiles.tiles()), timeout=WAIT_MS)
    view.renamed.emit("holiday")
    qtbot.waitUntil(lambda: view._chip._title == "holiday", timeout=WAIT_MS)
    path = deepvis.desk.kept.corpora.present
    assert path is not None
    view.remove_requested.emit()
    deepvis.desk.notices.settle()
    qtbot.waitUntil(lambda: not path.path.exists(), timeout=WAIT_MS)
