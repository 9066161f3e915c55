"""Two ends of a range by mouse, keyboard, wheel and typing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtTest import QTest

from deepvis_app.ui.kit.labelled_range import LabelledRange
from deepvis_app.ui.kit.range_slider import HANDLE

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

DEFAULT = (0.0, 99.5)


@pytest.fixture
def control(qtbot: QtBot) -> LabelledRange:
    widget = LabelledRange("Range", DEFAULT)
    qtbot.addWidget(widget)
    widget.resize(420, 30)
    widget.show()
    widget.activateWindow()
    qtbot.waitUntil(widget.isActiveWindow)
    return widget


@pytest.fixture
def told(control: LabelledRange) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    control.range_changed.connect(lambda low, high: found.append((low, high)))
    return found


def place(control: LabelledRange, percent: float) -> QPointF:
    slider = control.slider
    span = slider.width() - HANDLE
    return QPointF(HANDLE / 2 + span * percent / 100, slider.height() / 2)


def drag(control: LabelledRange, mouse: Mouse, start: float, end: float) -> None:
    mouse.press(control.slider, place(control, start))
    mouse.drag(control.slider, place(control, end))
    mouse.release(control.slider, place(control, end))


def test_a_press_takes_the_nearer_handle_and_a_drag_goes_on(
    control: LabelledRange, told: list[tuple[float, float]], mouse: Mouse
) -> None:
    drag(control, mouse, 20, 40)
    assert told[-1] == pytest.approx((40, 99.5), abs=0.6)
    drag(control, mouse, 90, 80)
    assert told[-1] == pytest.approx((40, 80), abs=0.6)


def test_ends_never_pass_one_another(
    control: LabelledRange, told: list[tuple[float, float]], mouse: Mouse
) -> None:
    drag(control, mouse, 10, 100)
    low, high = told[-1]
    assert high == 99.5
    assert low == pytest.approx(high - 0.1)


@pytest.mark.parametrize(
    ("which", "key", "expected"),
    [
        (0, Qt.Key.Key_Right, (0.1, 99.5)),
        (0, Qt.Key.Key_PageUp, (1.0, 99.5)),
        (0, Qt.Key.Key_End, (99.4, 99.5)),
        (1, Qt.Key.Key_Left, (0.0, 99.4)),
        (1, Qt.Key.Key_End, (0.0, 100.0)),
        (1, Qt.Key.Key_Home, (0.0, 0.1)),
    ],
)
def test_keys_move_the_focused_handle(
    control: LabelledRange,
    told: list[tuple[float, float]],
    which: int,
    key: Qt.Key,
    expected: tuple[float, float],
) -> None:
    handle = control.slider.handle(which)
    assert handle.focusPolicy() is Qt.FocusPolicy.TabFocus
    assert handle.accessibleName() == f"Range, {('low', 'high')[which]}"
    handle.setFocus()
    QTest.keyClick(handle, key)
    assert told == [pytest.approx(expected)]


def test_the_wheel_moves_the_focused_handle_and_else_the_page(
    control: LabelledRange, told: list[tuple[float, float]], mouse: Mouse
) -> None:
    at = place(control, 0)  # over a handle, which is not the focused one
    mouse.wheel(control.slider, at, 1)
    assert not told
    assert control.slider.childAt(at.toPoint()) is None  # the slider itself gets the wheel
    control.slider.handle(1).setFocus()
    mouse.wheel(control.slider, at, -1)
    assert told == [pytest.approx((0.0, 99.4))]


@pytest.mark.parametrize(
    ("which", "typed", "expected"),
    [
        (0, "12,5 %", (12.5, 99.5)),
        (0, "120", (99.4, 99.5)),
        (0, "-3", (0.0, 99.5)),
        (1, "50", (0.0, 50.0)),
        (1, "0", (0.0, 0.1)),
    ],
)
def test_both_values_can_be_typed(
    control: LabelledRange,
    told: list[tuple[float, float]],
    which: int,
    typed: str,
    expected: tuple[float, float],
) -> None:
    field = control.fields[which]
    field.setText(typed)
    field.editingFinished.emit()
    assert told == [pytest.approx(expected)]
    assert field.text() == f"{expected[which]:.1f} %"


def test_a_double_click_gives_the_defaults_back(
    control: LabelledRange, told: list[tuple[float, float]]
) -> None:
    control.set_range(30, 60)
    at = place(control, 50).toPoint()
    QTest.mouseDClick(control.slider, Qt.MouseButton.LeftButton, pos=at)
    assert told[-1] == DEFAULT


def test_what_is_shown_is_not_told(control: LabelledRange, told: list[tuple[float, float]]) -> None:
    control.set_range(10, 20)
    assert not told
    assert [field.text() for field in control.fields] == ["10.0 %", "20.0 %"]
    assert control.slider.range() == pytest.approx((0.1, 0.2))
