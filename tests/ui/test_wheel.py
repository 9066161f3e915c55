"""The wheel scrolls the page; what lies under the pointer keeps its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.settings import Settings
from deepvis_app.ui.kit.jump_slider import JumpSlider
from deepvis_app.ui.kit.plots.trace_plot import TracePlot
from deepvis_app.ui.kit.wheel import ComboBox, DoubleSpinBox, SpinBox, TabBar
from deepvis_app.ui.registry import PANELS
from deepvis_app.ui.shell.actions import all_actions
from deepvis_app.ui.shell.settings.dialog import SettingsDialog

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from deepvis_app.ui.app import App

VALUED = (QAbstractSlider, QAbstractSpinBox, QComboBox, QTabBar)
WAIT_MS = 60_000


def turn(widget: QWidget, notches: int) -> None:
    """Turn the wheel over `widget`; as Qt does, what ignores it leaves it to its parent."""
    receiver: QWidget | None = widget
    while receiver is not None:
        at = QPointF(receiver.mapFromGlobal(widget.mapToGlobal(widget.rect().center())))
        event = QWheelEvent(
            at,
            QPointF(receiver.mapToGlobal(at)),
            QPoint(),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(receiver, event)
        if event.isAccepted() or receiver.isWindow():
            return
        receiver = receiver.parentWidget()


def value(widget: QWidget) -> Any:
    if isinstance(widget, QComboBox | QTabBar):
        return widget.currentIndex()
    if isinstance(widget, QAbstractSpinBox):
        return widget.text()
    assert isinstance(widget, QAbstractSlider)
    return widget.value()


def valued(window: QWidget) -> list[QWidget]:
    """Return all controls with a value, shown or not, in the order of the window."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, VALUED) and not isinstance(widget, QScrollBar)
    ]


def combo() -> ComboBox:
    widget = ComboBox()
    widget.addItems(["a", "b", "c"])
    widget.setCurrentIndex(1)
    return widget


def slider() -> JumpSlider:
    widget = JumpSlider()
    widget.setValue(50)
    return widget


def spin() -> SpinBox:
    widget = SpinBox()
    widget.setValue(50)
    return widget


def double() -> DoubleSpinBox:
    widget = DoubleSpinBox()
    widget.setValue(50)
    return widget


def tabs() -> TabBar:
    widget = TabBar()
    for name in "abc":
        widget.addTab(name)
    widget.setCurrentIndex(1)
    return widget


@pytest.mark.parametrize("make", [combo, slider, spin, double, tabs])
def test_the_wheel_over_a_control_scrolls_its_page(
    qtbot: QtBot, make: Callable[[], QWidget]
) -> None:
    page, area = QWidget(), QScrollArea()
    qtbot.addWidget(area)
    control = make()
    column = QVBoxLayout(page)
    column.addWidget(control)
    page.setFixedHeight(2000)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.resize(300, 200)
    area.show()
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    area.setFocus()
    bar = area.verticalScrollBar()
    assert bar is not None
    before = value(control)
    turn(control, -2)
    wheel = Qt.FocusPolicy.WheelFocus.value & ~Qt.FocusPolicy.StrongFocus.value
    assert not control.focusPolicy().value & wheel  # else the wheel would first give the focus
    assert value(control) == before
    assert bar.value() > 0

    control.setFocus()
    at = bar.value()
    turn(control, -1)
    if not isinstance(control, QTabBar):  # whose style may not let the wheel change it
        assert value(control) != before
        assert bar.value() == at


def test_the_wheel_over_a_plot_scrolls_its_page(qtbot: QtBot) -> None:
    page, area, plot = QWidget(), QScrollArea(), TracePlot()
    qtbot.addWidget(area)
    plot.add(0.0, 1.0, 0.5)
    QVBoxLayout(page).addWidget(plot)
    page.setFixedHeight(2000)
    area.setWidget(page)
    area.setWidgetResizable(True)
    area.resize(300, 200)
    area.show()
    bar = area.verticalScrollBar()
    assert bar is not None
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    plot.grab()
    under = plot.data_rect().center().toPoint()
    assert plot.childAt(under) is None  # what draws the lines leaves the mouse to the plot
    before = plot.shown_spans()
    turn(plot, -2)
    assert plot.shown_spans() == before
    assert bar.value() > 0


def test_no_control_of_the_window_is_changed_on_the_way(
    qtbot: QtBot, start: Callable[..., App]
) -> None:
    deepvis = start(net="torchvision:mobilenet_v3_small@none", source="demo", device="cpu")
    qtbot.waitUntil(lambda: deepvis.rounds.snapshot is not None, timeout=WAIT_MS)
    window = deepvis.window
    window.resize(1000, 640)
    tried = set()
    deepvis.panels["preferred"].view.parameters.fill()
    for page in ("now", "preferred", "why"):
        window.inspector.set_tab(page)
        for widget in valued(window):
            before = value(widget)
            for notches in (3, -3):
                turn(widget, notches)
                assert value(widget) == before, (page, widget, widget.accessibleName())
            tried.add(type(widget).__name__)
    assert {"JumpSlider", "Choice", "TabStrip"} <= tried


def test_no_setting_is_changed_on_the_way(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    dialog = SettingsDialog(Settings(), parent, all_actions(PANELS), ["cpu"])
    told: list[object] = []
    dialog.settings_changed.connect(told.append)
    dialog.show()
    controls = valued(dialog)
    assert len(controls) > 10
    for widget in controls:
        for notches in (3, -3):
            turn(widget, notches)
    assert told == []
    assert dialog.settings == Settings()
