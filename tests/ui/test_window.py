"""The real window, driven as a person would, with the real network where it is at hand."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QLabel, QStackedWidget

from deepvis_app.engine.provenance import KEY
from deepvis_app.engine.readers import GridReader, UnitReader
from deepvis_app.engine.status import Phase
from deepvis_app.frames import StillSource
from deepvis_app.nets import Box, Unit
from deepvis_app.session import load_session
from deepvis_app.state.selection import Zoom
from deepvis_app.state.sight import Sight
from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.plots.trace_plot import TracePlot
from deepvis_app.ui.kit.segmented import Segmented
from deepvis_app.ui.main_window import MainWindow
from deepvis_app.ui.shell.save_dialog import SaveDialog
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from deepvis_app.engine.readers import GridReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.ui.app import App

    Start = Callable[..., App]

TINY = {"net": "torchvision:mobilenet_v3_small@none", "device": "cpu"}
WAIT_MS = 60_000


def shown(deepvis: App) -> Snapshot:
    snapshot = deepvis.rounds.snapshot
    assert snapshot is not None
    return snapshot


def grids(deepvis: App) -> tuple[GridReading, ...]:
    return shown(deepvis).every(GridReader)


def banners(deepvis: App) -> tuple[str, ...]:
    return tuple(deepvis.window.banners.keys())


def until_live(qtbot: QtBot, deepvis: App) -> None:
    def live() -> bool:
        snapshot = deepvis.rounds.snapshot
        return snapshot is not None and bool(snapshot.every(GridReader))

    qtbot.waitUntil(live, timeout=WAIT_MS)


def grid_pixels(deepvis: App) -> bytes:
    return grids(deepvis)[0].mosaic.pixels.tobytes()


def test_live_from_start_to_close(qtbot: QtBot, start: Start, real: dict[str, str]) -> None:
    deepvis = start(**real, source="demo", device="cpu")
    until_live(qtbot, deepvis)
    first = grid_pixels(deepvis)
    qtbot.waitUntil(lambda: grid_pixels(deepvis) != first, timeout=WAIT_MS)
    scores = shown(deepvis).scores
    assert scores is not None
    assert scores.sum() == pytest.approx(1, abs=1e-4)

    deepvis.window.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("deepvis")]


def test_the_real_network_knows_a_real_photograph(
    qtbot: QtBot, start: Start, real: dict[str, str], shared_images: Path
) -> None:
    deepvis = start(**real, source=str(shared_images / "n02007558_flamingo.jpg"))
    until_live(qtbot, deepvis)
    network, scores = deepvis.rounds.network, shown(deepvis).scores
    assert network is not None
    assert scores is not None
    assert network.labels[int(np.argmax(scores))] == "flamingo"


def test_a_click_on_a_tile_questions_that_unit(
    qtbot: QtBot, start: Start, real: dict[str, str]
) -> None:
    deepvis = start(**real, source="demo")
    until_live(qtbot, deepvis)
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    rect = canvas.tile_rect(7)
    assert rect is not None
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=rect.center())
    assert deepvis.desk.selection.unit == 7

    def answered() -> bool:
        unit = shown(deepvis).first(UnitReader)
        return unit is not None and unit.unit == deepvis.desk.selection.as_unit()

    qtbot.waitUntil(answered, timeout=WAIT_MS)
    reading = shown(deepvis).first(UnitReader)
    assert reading is not None
    assert reading.maximum == pytest.approx(float(reading.map.max()))


def test_pointing_at_a_place_marks_what_it_sees(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    picture = tmp_path / "still.png"
    Image.new("RGB", (300, 300), (200, 90, 30)).save(picture)
    deepvis = start(**TINY, source=str(picture))
    until_live(qtbot, deepvis)
    deepvis.desk.selection.pick_layer("features.0.0")  # 3 x 3, stride 2, padding 1
    qtbot.waitUntil(lambda: grids(deepvis)[0].layer == "features.0.0", timeout=WAIT_MS)
    pictures = deepvis.panels["input"].view.picture, deepvis.panels["now"].view.overlay
    deepvis.desk.sight.pointed = ("features.0.0", 10, 20)
    assert [picture._field for picture in pictures] == [Box(19, 39, 22, 42)] * 2
    deepvis.desk.sight.pointed = ("features.0.0", 0, 0)  # the padding is no part of the picture
    assert [picture._field for picture in pictures] == [Box(0, 0, 2, 2)] * 2


def test_layer_network_source_and_device_change_while_running(
    qtbot: QtBot, start: Start, real: dict[str, str], shared_images: Path
) -> None:
    deepvis = start(**real, source="demo")
    until_live(qtbot, deepvis)
    deepvis.desk.selection.pick_layer("features.12")
    qtbot.waitUntil(lambda: grids(deepvis)[0].layer == "features.12", timeout=WAIT_MS)
    assert len(grids(deepvis)[0].order) == 512  # fire9 of SqueezeNet 1.0

    deepvis.shell.sources.open(str(shared_images))
    qtbot.waitUntil(lambda: shown(deepvis).frame.title.endswith(".jpg"), timeout=WAIT_MS)

    deepvis.shell.sources.load(TINY["net"])
    qtbot.waitUntil(
        lambda: (network := deepvis.rounds.network) is not None and network.spec == TINY["net"],
        timeout=WAIT_MS,
    )
    until_live(qtbot, deepvis)
    assert shown(deepvis).scores is not None

    deepvis.desk.engine.use_device("cpu")
    generation = shown(deepvis).generation
    deepvis.rounds.mark_dirty()
    qtbot.waitUntil(lambda: shown(deepvis).generation > generation, timeout=WAIT_MS)


def test_keys_move_as_in_the_ancestor(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    window, selection = deepvis.window, deepvis.desk.selection
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=9000)
    deepvis.panels["grid"].view.panes[0].canvas.setFocus()
    assert selection.unit == 0
    qtbot.keyClick(window, Qt.Key.Key_L)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert selection.unit == 2
    qtbot.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
    assert selection.unit == 5
    layer = selection.layer
    qtbot.keyClick(window, Qt.Key.Key_O)
    assert selection.layer != layer
    qtbot.keyClick(window, Qt.Key.Key_U)
    assert (selection.layer, selection.unit) == (layer, 5)
    qtbot.keyClick(window, Qt.Key.Key_Z)
    assert selection.zoom is Zoom.UNIT
    qtbot.keyClick(window, Qt.Key.Key_T)
    assert deepvis.desk.options.view.contrast.gamma == 0.7
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert selection.zoom is Zoom.GRID
    assert deepvis.desk.options.view.contrast.gamma == 1


def test_typing_in_a_search_moves_nothing(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.window.activateWindow()
    qtbot.waitUntil(deepvis.window.isActiveWindow, timeout=9000)
    search = deepvis.panels["grid"].view.search
    search.setFocus()
    qtbot.keyClicks(search, "0-3, 7")
    assert search.text() == "0-3, 7"
    qtbot.waitUntil(lambda: grids(deepvis)[0].order.tolist() == [0, 1, 2, 3, 7], timeout=9000)
    search.setText("zebra")
    qtbot.waitUntil(lambda: len(grids(deepvis)[0].order) == 0, timeout=9000)
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(grids(deepvis)[0].order) > 5, timeout=9000)


def test_freeze_holds_the_picture_and_a_step_lets_one_pass(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.shell.actions["freeze"].trigger()
    qtbot.waitUntil(lambda: deepvis.desk.engine.status().frozen)
    deepvis.rounds.mark_dirty()
    generation = shown(deepvis).generation
    qtbot.waitUntil(lambda: shown(deepvis).generation > generation, timeout=9000)
    number = shown(deepvis).frame.number
    deepvis.rounds.mark_dirty()
    qtbot.waitUntil(lambda: shown(deepvis).generation > generation + 1, timeout=9000)
    assert shown(deepvis).frame.number == number
    deepvis.shell.actions["step"].trigger()
    qtbot.waitUntil(lambda: shown(deepvis).frame.number > number, timeout=9000)
    assert deepvis.desk.engine.status().frozen


def test_what_is_opened_while_a_picture_is_held_is_seen(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.shell.actions["freeze"].trigger()
    qtbot.waitUntil(lambda: deepvis.desk.engine.status().frozen)
    Image.new("RGB", (40, 30), "red").save(tmp_path / "red.png")
    deepvis.shell.sources.open(str(tmp_path / "red.png"))
    qtbot.waitUntil(lambda: shown(deepvis).frame.image.shape == (30, 40, 3), timeout=9000)
    qtbot.waitUntil(lambda: not deepvis.shell.actions["freeze"].isChecked(), timeout=9000)


def test_a_source_that_goes_on_is_no_change_of_status(
    qtbot: QtBot, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    told: list[object] = []
    show = deepvis.shell.choosers.show_status
    monkeypatch.setattr(
        deepvis.shell.choosers, "show_status", lambda old, new: (told.append(new), show(old, new))
    )
    first = deepvis.desk.engine.status().source.playback
    number = shown(deepvis).frame.number
    qtbot.waitUntil(lambda: shown(deepvis).frame.number > number + 10, timeout=WAIT_MS)
    assert deepvis.desk.engine.status().source.playback != first
    assert told == []
    deepvis.desk.engine.freeze(True)
    qtbot.waitUntil(lambda: len(told) == 1, timeout=WAIT_MS)


def test_the_words_of_a_unit_are_in_the_end_those_of_the_picture_at_rest(
    qtbot: QtBot, start: Start
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.desk.selection.pick_layer("features.0.0")
    deepvis.desk.selection.pick_unit(3)
    deepvis.desk.engine.freeze(True)

    def described() -> bool:
        reading = shown(deepvis).first(UnitReader)
        texts = [label.text() for label in deepvis.window.inspector.findChildren(QLabel)]
        return (
            reading is not None
            and reading.unit.index == 3
            and "features.0.0 · unit 3" in texts
            and any(f"max {figure(reading.maximum)} at {reading.argmax}" in one for one in texts)
        )

    qtbot.waitUntil(described, timeout=WAIT_MS)


def test_wheel_zooms_the_tiles(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    before = grids(deepvis)[0].mosaic.tile_px[0]
    centre = QPointF(canvas.rect().center())
    event = QWheelEvent(
        centre,
        canvas.mapToGlobal(centre),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas, event)
    qtbot.waitUntil(lambda: grids(deepvis)[0].mosaic.tile_px[0] > before, timeout=9000)


def test_a_second_layer_stands_beside(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.shell.actions["beside"].trigger()
    qtbot.waitUntil(lambda: len(grids(deepvis)) == 2, timeout=9000)
    assert deepvis.panels["grid"].view.panes[1].isVisible()
    deepvis.shell.actions["beside"].trigger()
    qtbot.waitUntil(lambda: len(grids(deepvis)) == 1, timeout=9000)


def test_a_failed_network_is_a_banner_and_the_old_one_goes_on(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    broken = tmp_path / "broken.pth"
    broken.write_bytes(b"PK\x03\x04 not a network")
    deepvis.shell.sources.load("torchvision:resnet18", str(broken))
    qtbot.waitUntil(lambda: "network" in banners(deepvis), timeout=WAIT_MS)
    number = shown(deepvis).frame.number
    qtbot.waitUntil(lambda: shown(deepvis).frame.number > number, timeout=9000)


def test_a_failed_source_is_a_banner_and_another_can_be_opened(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = start(**TINY, source=str(tmp_path))  # a folder without pictures
    qtbot.waitUntil(lambda: "source" in banners(deepvis), timeout=WAIT_MS)
    assert deepvis.desk.engine.status().source.phase is Phase.FAILED
    deepvis.shell.sources.open("demo")
    until_live(qtbot, deepvis)
    assert "source" not in banners(deepvis)


@pytest.mark.parametrize("size", [(1, 1), (40, 3000)])
def test_odd_pictures_are_shown(qtbot: QtBot, start: Start, size: tuple[int, int]) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    picture = np.full((*size, 3), 120, np.uint8)
    deepvis.desk.engine.open_source(StillSource(picture, "odd"))
    qtbot.waitUntil(lambda: shown(deepvis).frame.title == "odd", timeout=9000)


def test_window_layer_and_unit_come_back(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    network = deepvis.rounds.network
    assert network is not None
    layer = network.layers[5].name
    deepvis.desk.selection.pick_layer(layer)
    deepvis.desk.selection.pick_unit(3)
    deepvis.window.resize(1100, 760)
    deepvis.window.close()
    assert load_session()[0].layer == layer

    again = start(keep_session=True)
    until_live(qtbot, again)
    assert again.rounds.network is not None
    assert again.rounds.network.spec == TINY["net"]
    assert (again.desk.selection.layer, again.desk.selection.unit) == (layer, 3)
    assert again.window.size() == deepvis.window.size()


def test_saved_pictures_and_activations_are_real_files(
    qtbot: QtBot, start: Start, tmp_path: Path
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    folder = tmp_path / "pictures"
    for name in ("save-window", "save-grid", "save-tile", "save-activations"):
        deepvis.shell.actions[name].trigger()
    qtbot.waitUntil(lambda: len(list(folder.glob("*.npz"))) == 1, timeout=9000)
    assert len(list(folder.glob("*.png"))) == 3
    with np.load(next(folder.glob("*.npz"))) as saved:
        layer = deepvis.desk.selection.layer
        assert saved[layer].shape[0] == len(grids(deepvis)[0].maxima)
        facts = json.loads(str(saved["provenance"]))
    network = deepvis.rounds.network
    assert network is not None
    assert (facts["fingerprint"], facts["layer"]) == (network.fingerprint, layer)
    assert facts["source"] == "demo"
    for path in folder.glob("*.png"):
        with Image.open(path) as picture:
            assert json.loads(picture.text[KEY])["network"] == network.name  # type: ignore[attr-defined]
    (tile,) = folder.glob(f"*{layer}-{deepvis.desk.selection.unit}.png")
    with Image.open(tile) as picture:
        assert picture.width >= 512  # a map of a few pixels can be looked at


def test_a_figure_is_saved_as_it_was_chosen(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    saving = deepvis.shell.saving
    deepvis.panels.get("why")  # what it can save is offered once there is the page
    dialog = SaveDialog(saving.figures.all(), saving.style, deepvis.window)
    assert SaveDialog(saving.figures.all(), saving.style, None, "tile").what.currentData() == "tile"
    dialog.save_requested.connect(saving._save_chosen)
    grid = saving.figures.make("grid")
    assert grid is not None
    dialog.scale.picked.emit("2")
    assert dialog.width_px.value() == 2 * grid.content.width()
    dialog.width_px.setValue(3 * grid.content.width())
    assert dialog.style_chosen().scale == pytest.approx(3)
    dialog.bar.setChecked(True)
    dialog.caption.setChecked(True)
    dialog.format.set_current("svg")
    dialog._on_save()
    (svg,) = (tmp_path / "pictures").glob("*-grid.svg")
    assert f"{deepvis.desk.selection.layer}" in svg.read_text("utf-8")
    deepvis.shell.actions["save-grid"].trigger()  # the keys save in the same way
    assert len(list((tmp_path / "pictures").glob("*.svg"))) == 2
    dialog.what.setCurrentIndex(dialog.what.findData("explanation"))
    assert "none" in dialog._size.text()  # no explanation is shown
    dialog.deleteLater()


def test_a_plot_s_menu_saves_its_data_and_its_figure(
    qtbot: QtBot, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    plot, folder = deepvis.window.findChild(TracePlot), tmp_path / "pictures"
    assert plot is not None
    qtbot.waitUntil(lambda: plot.drawing() is not None)
    actions = {action.text(): action for action in plot.menu().actions()}
    expected = plot.data()
    actions["Save data (CSV)"].trigger()
    (data,) = folder.glob("*-trace.csv")
    assert data.read_bytes() == expected.encode()
    assert data.read_text("utf-8").startswith("time_s,maximum,mean")

    def choose(dialog: SaveDialog) -> int:
        assert dialog.what.currentData() == "trace"
        for format_ in ("svg", "pdf", "png"):
            dialog.format.set_current(format_)
            dialog._on_save()
        return 0

    monkeypatch.setattr(SaveDialog, "exec", choose)
    actions["Save figure (SVG, PDF, PNG)…"].trigger()
    assert ET.parse(next(folder.glob("*-trace.svg"))).getroot().tag.endswith("svg")
    assert next(folder.glob("*-trace.pdf")).read_bytes().startswith(b"%PDF-")
    with Image.open(next(folder.glob("*-trace.png"))) as picture:
        assert picture.size == (plot.width(), plot.height())


def test_a_recording_is_a_film(qtbot: QtBot, start: Start, tmp_path: Path) -> None:
    import av

    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.shell.actions["record-grid"].trigger()
    qtbot.wait(700)  # a film has a length
    deepvis.shell.actions["record-grid"].trigger()
    folder = tmp_path / "pictures"
    qtbot.waitUntil(lambda: "Recording saved" in deepvis.window.toast._text.text(), timeout=9000)
    with av.open(str(next(folder.glob("[!.]*.mp4")))) as film:
        assert film.streams.video[0].frames >= 5
        assert deepvis.desk.selection.layer in film.metadata["title"]
        assert "Source: Demo" in film.metadata["comment"]


def test_nothing_is_cut_in_a_narrow_window(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    window = deepvis.window
    window.resize(1000, 700)
    until_live(qtbot, deepvis)
    for page in (
        deepvis.panels["now"].view,
        deepvis.panels["preferred"].view,
        deepvis.panels["why"].view,
    ):
        bar = 10  # px of a scroll bar
        assert page.minimumSizeHint().width() <= window.inspector.width() - bar


@pytest.mark.parametrize("height", [640, 700, 900])
def test_a_low_window_keeps_the_picture_and_all_classes(
    qtbot: QtBot, start: Start, height: int
) -> None:
    deepvis = start(**TINY, source="demo")
    window, pane = deepvis.window, deepvis.panels["input"].view
    window.resize(1000, height)
    until_live(qtbot, deepvis)
    qtbot.waitUntil(lambda: pane.picture.heightForWidth(100) == 75)  # the demo is 4 : 3
    qtbot.waitUntil(lambda: pane.picture.picture_rect().height() >= 100)
    assert pane.scores.height() == pane.scores.sizeHint().height()
    for widget in (pane.scores, pane.picture, *pane.findChildren(ChipButton)):
        assert pane.rect().contains(widget.geometry())
    if height == 900:
        assert pane.seen.width() == 88
    if height == 640:
        return
    before = pane.height()
    window.banners.show_banner("one", "Something is amiss", "Mend it")
    pane.set_strokes(1)
    qtbot.waitUntil(lambda: pane.height() < before)  # the picture alone gives way
    qtbot.waitUntil(lambda: pane.scores.height() == pane.scores.sizeHint().height())


def test_maps_take_no_more_height_than_they_fill(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    deepvis.window.resize(1000, 700)
    until_live(qtbot, deepvis)
    deepvis.desk.sight.show_page("now")  # opens the drawer
    for view in (deepvis.panels["now"].view.overlay, deepvis.panels["now"].view.map):
        qtbot.waitUntil(lambda view=view: view.height() - view.picture_rect().height() <= 1)


def test_two_layers_leave_the_choice_of_what_is_shown_whole(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    deepvis.window.resize(1000, 700)
    until_live(qtbot, deepvis)
    grid, selection = deepvis.panels["grid"].view, deepvis.desk.selection
    first, second = selection.layer, deepvis.rounds.network.layers[-1].name
    selection.open_beside(second)
    named = (each for each in grid.findChildren(Segmented) if each.accessibleName())
    shows = next(each for each in named if each.accessibleName() == "What the tiles show")
    qtbot.waitUntil(grid.panes[1].isVisible)
    qtbot.waitUntil(lambda: shows.parent() is grid)
    qtbot.waitUntil(lambda: shows.width() >= shows.sizeHint().width())
    grid.panes[0].close_requested.emit()  # the other one stays
    assert selection.panes == (second,)
    selection.open_beside(first)
    qtbot.waitUntil(grid.panes[1].isVisible)
    grid.panes[1].close_requested.emit()
    assert selection.panes == (second,)
    qtbot.waitUntil(lambda: not grid.panes[1].isVisible())
    qtbot.waitUntil(lambda: shows.width() >= shows.sizeHint().width())


def test_a_window_that_is_narrow_from_the_start_has_narrow_columns(qtbot: QtBot) -> None:
    wide, narrow = MainWindow(Sight()), MainWindow(Sight())
    for window in (wide, narrow):
        qtbot.addWidget(window)
    narrow.resize(1000, 700)
    for window in (wide, narrow):
        window.show()
        qtbot.waitExposed(window)
    wide.resize(1000, 700)
    qtbot.waitUntil(lambda: wide.width() == narrow.width() == 1000)
    qtbot.waitUntil(lambda: wide.inspector.width() == narrow.inspector.width())
    assert wide._left.width() == narrow._left.width()


def test_what_is_below_the_unit_stays_in_its_place(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    head = deepvis.window.inspector
    head.resize(312, 600)
    pages = head.findChild(QStackedWidget)
    layout = head.layout()
    assert layout is not None
    assert pages is not None
    head.set_unit("a · unit 1", "max 1")
    layout.activate()
    before = pages.geometry()
    name = "features.denseblock3.denselayer24.conv2 · unit 31 · a class with a long name"
    head.set_unit(name, f"max 123 456 at (111, 111) · rank 1000 of 1000 {name}", name)
    layout.activate()
    assert pages.geometry() == before


def test_figures_that_change_do_not_move_what_stands_beside(qtbot: QtBot, start: Start) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    status = deepvis.window.status
    deepvis._clock.set_running(False)
    status.set_rates(0.5, 9.9, 1.0, 0)
    status.set_age(3)
    qtbot.wait(0)
    places = [label.x() for label in status.findChildren(QLabel)]
    status.set_rates(120.0, 31.5, 31.4, 212)
    status.set_age(1234)
    qtbot.wait(0)
    assert [label.x() for label in status.findChildren(QLabel)][:4] == places[:4]


@pytest.mark.parametrize("page", ["now", "preferred", "why"])
def test_a_class_leads_to_its_unit_its_picture_and_its_why(
    qtbot: QtBot, start: Start, page: str
) -> None:
    deepvis = start(**TINY, source="demo")
    until_live(qtbot, deepvis)
    deepvis.desk.options.why.origin = Unit("features.0.0", 2)  # pinned: another one is explained
    scores = shown(deepvis).scores
    assert scores is not None
    best = int(np.argmax(scores))
    deepvis.panels["input"].view.scores.class_asked.emit(best, page)
    network = deepvis.rounds.network
    assert network is not None
    assert network.output_layer == "classifier.3"
    assert deepvis.desk.selection.as_unit() == Unit("classifier.3", best)
    assert deepvis.window.inspector.tab() == page
    assert deepvis.desk.options.why.origin == Unit("classifier.3", best)
