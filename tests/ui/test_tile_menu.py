"""The menu of a tile does what it says, on the tile it was opened on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QContextMenuEvent, QGuiApplication
from PyQt6.QtWidgets import QApplication, QMenu

from deepvis_app.nets import Unit
from deepvis_app.settings import load_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App
    from deepvis_app.ui.panels.grid.mosaic_canvas import MosaicCanvas

WAIT_MS = 60_000


@pytest.fixture
def deepvis(qtbot: QtBot, start: Callable[..., App]) -> App:
    deepvis = start(net="torchvision:mobilenet_v3_small@none", source="demo", device="cpu")
    canvas = deepvis.panels["grid"].view.panes[0].canvas
    qtbot.waitUntil(lambda: canvas.tile_rect(5) is not None, timeout=WAIT_MS)
    return deepvis


def canvas_of(deepvis: App) -> MosaicCanvas:
    return deepvis.panels["grid"].view.panes[0].canvas


def opened(deepvis: App, unit: int) -> QMenu:
    """Click a tile with the right button, and return what opens."""
    canvas = canvas_of(deepvis)
    rect = canvas.tile_rect(unit)
    assert rect is not None
    at = rect.center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.mapToGlobal(at))
    QApplication.sendEvent(canvas, event)
    return shown_menu()


def shown_menu() -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(qtbot: QtBot, menu: QMenu, text: str) -> None:
    action = next(a for a in menu.actions() if a.text() == text)
    middle = menu.actionGeometry(action).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=QPoint(middle))


@pytest.mark.parametrize(("text", "page"), [("Preferred image", "preferred"), ("Why", "why")])
def test_it_leads_to_a_page_of_the_tile_s_unit(
    qtbot: QtBot, deepvis: App, text: str, page: str
) -> None:
    layer = deepvis.desk.selection.layer
    deepvis.desk.options.why.origin = Unit(layer, 2)
    choose(qtbot, opened(deepvis, 5), text)
    assert deepvis.desk.selection.as_unit() == Unit(layer, 5)
    assert deepvis.window.inspector.tab() == page
    asked = 5 if page == "why" else 2  # what is pinned gives way to what is asked
    assert deepvis.desk.options.why.origin == Unit(layer, asked)


def test_it_pins_and_lets_go(qtbot: QtBot, deepvis: App) -> None:
    picked, layer = deepvis.desk.selection.as_unit(), deepvis.desk.selection.layer
    choose(qtbot, opened(deepvis, 5), "Pin for “Why”")
    assert deepvis.desk.options.why.origin == Unit(layer, 5)
    assert deepvis.desk.selection.as_unit() == picked
    choose(qtbot, opened(deepvis, 5), "Unpin")
    assert deepvis.desk.options.why.origin is None


def test_it_copies_and_saves_the_tile(qtbot: QtBot, deepvis: App) -> None:
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    clipboard.clear()
    choose(qtbot, opened(deepvis, 5), "Copy tile")
    tile = canvas_of(deepvis).tile_image(5)
    assert tile is not None
    assert clipboard.image().size() == tile.size()
    choose(qtbot, opened(deepvis, 5), "Save tile")
    (path,) = load_settings()[0].pictures_dir.glob(f"*{deepvis.desk.selection.layer}-5.png")
    assert path.stat().st_size > 0


def test_it_opens_and_closes_a_second_layer(qtbot: QtBot, deepvis: App) -> None:
    layer = deepvis.desk.selection.layer
    choose(qtbot, opened(deepvis, 5), "Open layer beside")
    assert len(deepvis.desk.selection.panes) == 2
    assert layer in deepvis.desk.selection.panes
    choose(qtbot, opened(deepvis, 5), "Close second layer")
    assert len(deepvis.desk.selection.panes) == 1


def test_the_keyboard_opens_and_chooses(qtbot: QtBot, deepvis: App) -> None:
    canvas = canvas_of(deepvis)
    deepvis.desk.selection.pick_unit(5)
    qtbot.waitUntil(lambda: canvas.tile_rect(5) is not None, timeout=WAIT_MS)
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = shown_menu()
    why = next(a for a in menu.actions() if a.text() == "Why")
    for _ in menu.actions():
        if menu.activeAction() is not why:
            qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert deepvis.window.inspector.tab() == "why"
