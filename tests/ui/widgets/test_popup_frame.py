"""A popup stands by its anchor, inside the window at the right and on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtWidgets import QPushButton, QWidget

from deepvis_app.ui.kit.popup_frame import PopupFrame

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 200)
    window.move(0, 0)
    window.show()
    qtbot.waitExposed(window)
    return window


def button(window: QWidget, x: int, y: int) -> QPushButton:
    anchor = QPushButton("Open", window)
    anchor.setGeometry(x, y, 60, 20)
    anchor.show()
    return anchor


def popup(anchor: QWidget, width: int, height: int) -> tuple[PopupFrame, QWidget]:
    content = QWidget()
    content.setFixedSize(width, height)
    return PopupFrame(content, anchor), content


@pytest.mark.parametrize("x", [0, 200, 430])
def test_it_stays_inside_a_window_that_is_wide_enough(window: QWidget, x: int) -> None:
    anchor = button(window, x, 20)
    frame, _ = popup(anchor, 300, 50)
    frame.open_below(anchor)
    left = frame.x() - window.mapToGlobal(window.rect().topLeft()).x()
    assert left == min(x, 500 - frame.width())
    assert frame.y() >= anchor.mapToGlobal(anchor.rect().bottomLeft()).y()


def test_one_wider_than_the_window_begins_with_it(window: QWidget) -> None:
    anchor = button(window, 430, 20)
    frame, _ = popup(anchor, 600, 50)
    frame.open_below(anchor)
    assert frame.x() == window.mapToGlobal(window.rect().topLeft()).x()


def test_what_grows_beyond_the_screen_goes_above_and_stays_there(
    qtbot: QtBot, window: QWidget
) -> None:
    screen = window.screen()
    assert screen is not None
    room = screen.availableGeometry()
    window.move(0, room.bottom() - 300)
    anchor = button(window, 10, 20)
    frame, content = popup(anchor, 200, 50)
    frame.open_below(anchor)
    top = anchor.mapToGlobal(anchor.rect().topLeft()).y()
    bottom = anchor.mapToGlobal(anchor.rect().bottomLeft()).y()
    assert frame.y() > bottom
    content.setFixedHeight(room.bottom() - bottom + 20)
    qtbot.waitUntil(lambda: frame.geometry().bottom() < max(top, room.top() + frame.height()))
    assert room.contains(frame.geometry()) or frame.y() == room.top()
    content.setFixedHeight(60)
    qtbot.waitUntil(lambda: frame.height() < 80)
    assert frame.geometry().bottom() < top
    frame.close()
    frame.open_below(anchor)
    assert frame.y() > bottom
