from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QEvent, QObject, QPointF, QRect, Qt
from PyQt6.QtGui import QPaintEvent
from PyQt6.QtWidgets import QMenu

from deepvis_app.ui.kit.row_list import ROW
from deepvis_app.ui.kit.theme import DARK
from deepvis_app.ui.panels.input.score_bars import Score, ScoreBars

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

LEFT = Qt.MouseButton.LeftButton
SCORES = (
    Score(232, "Border collie", 0.75),
    Score(230, "Shetland sheepdog", 0.25, pinned=True),
    Score(1, "goldfish", 0.0),
)


@pytest.fixture
def bars(qtbot: QtBot) -> ScoreBars:
    widget = ScoreBars()
    qtbot.addWidget(widget)
    widget.resize(280, 120)
    widget.show()
    widget.set_scores(SCORES)
    return widget


def coloured_share(bars: ScoreBars, row: int, colour: str) -> float:
    """Share of the line through a row's bar, label and number left out, that has a colour."""
    image = bars.grab().toImage()
    y = round((row + 0.5) * ROW * image.devicePixelRatio())
    line = [image.pixelColor(x, y).name() for x in range(image.width())]
    trough = [c for c in line[round(len(line) * 0.46) :] if c in (colour, DARK.control)]
    return trough.count(colour) / max(len(trough), 1)


def test_bars_are_as_long_as_the_values(bars: ScoreBars) -> None:
    assert coloured_share(bars, 0, DARK.accent) == pytest.approx(0.75, abs=0.03)
    assert coloured_share(bars, 1, DARK.pinned) == pytest.approx(0.25, abs=0.03)
    assert coloured_share(bars, 2, DARK.accent) == 0


def test_a_click_on_the_pin_pins(bars: ScoreBars, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.waitSignal(bars.class_pin_toggled) as toggled:
        mouse.click(bars, QPointF(6, 1.5 * ROW))
    assert toggled.args == [230]
    with qtbot.assertNotEmitted(bars.class_pin_toggled):
        mouse.click(bars, QPointF(6, 4.5 * ROW))  # no class there
        mouse.click(bars, QPointF(80, 4.5 * ROW))
    assert opened(bars) is None


def opened(bars: ScoreBars) -> QMenu | None:
    return next((m for m in bars.findChildren(QMenu) if m.isVisible()), None)


@pytest.mark.parametrize(("row", "index"), [(0, 232), (1, 230)])  # pinned or not
@pytest.mark.parametrize(("place", "page"), list(enumerate(["now", "preferred", "why"])))
def test_a_click_asks_about_a_class(
    bars: ScoreBars, qtbot: QtBot, mouse: Mouse, row: int, index: int, place: int, page: str
) -> None:
    mouse.click(bars, QPointF(80, (row + 0.5) * ROW))
    menu = opened(bars)
    assert menu is not None
    with qtbot.waitSignal(bars.class_asked) as asked:
        menu.actions()[place].trigger()
    assert asked.args == [index, page]
    menu.close()


def test_a_double_click_asks_for_the_unit(bars: ScoreBars, qtbot: QtBot, mouse: Mouse) -> None:
    at = QPointF(80, 0.5 * ROW)
    mouse.click(bars, at)
    menu = opened(bars)
    assert menu is not None
    under = menu.mapFromGlobal(bars.mapToGlobal(at.toPoint()))
    with qtbot.waitSignal(bars.class_asked) as asked:
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=under)
    assert asked.args == [232, "now"]


def test_a_double_click_that_no_menu_keeps_asks_too(
    bars: ScoreBars, qtbot: QtBot, mouse: Mouse
) -> None:
    with qtbot.waitSignal(bars.class_asked) as asked:
        mouse.send(bars, QEvent.Type.MouseButtonDblClick, QPointF(80, 1.5 * ROW), LEFT)
    assert asked.args == [230, "now"]
    with qtbot.waitSignal(bars.class_pin_toggled):
        mouse.send(bars, QEvent.Type.MouseButtonDblClick, QPointF(6, 1.5 * ROW), LEFT)
    bars.set_barred("No layer gives the scores")
    with qtbot.assertNotEmitted(bars.class_asked):
        mouse.send(bars, QEvent.Type.MouseButtonDblClick, QPointF(80, 1.5 * ROW), LEFT)


@pytest.mark.parametrize(("key", "index"), [(Qt.Key.Key_End, 1), (Qt.Key.Key_Home, 232)])
def test_home_and_end_go_to_the_ends(
    bars: ScoreBars, qtbot: QtBot, key: Qt.Key, index: int
) -> None:
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, key)
    with qtbot.waitSignal(bars.class_pin_toggled) as toggled:
        qtbot.keyClick(bars, Qt.Key.Key_Space)
    assert toggled.args == [index]


def test_the_rows_are_a_list_to_those_who_do_not_see_it(bars: ScoreBars) -> None:
    model = bars.model()
    assert model is not None
    told = [model.index(k, 0).data(Qt.ItemDataRole.AccessibleTextRole) for k in range(3)]
    assert told == ["Border collie, 0.75", "Shetland sheepdog, 0.25", "goldfish, 0.00"]
    assert "class 232 · 0.7500" in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_only_what_changed_is_painted(bars: ScoreBars, qtbot: QtBot) -> None:
    painted, viewport = Painted(bars), bars.viewport()
    assert viewport is not None
    viewport.update()  # the first time all is painted
    qtbot.waitUntil(lambda: bool(painted.areas))
    painted.areas.clear()
    bars.set_scores([replace(SCORES[0], value=0.5), *SCORES[1:]])
    qtbot.waitUntil(lambda: bool(painted.areas))
    (area,) = painted.areas
    assert (area.top(), area.height()) == (0, ROW)
    assert area.left() >= 0.47 * bars.width() - 1  # the name stays
    assert coloured_share(bars, 0, DARK.accent) == pytest.approx(0.5, abs=0.03)


class Painted(QObject):
    """The areas that a list's rows are painted in."""

    def __init__(self, bars: ScoreBars) -> None:
        super().__init__(bars)
        self.areas: list[QRect] = []
        viewport = bars.viewport()
        assert viewport is not None
        viewport.installEventFilter(self)

    def eventFilter(self, _watched: QObject | None, event: QEvent | None) -> bool:
        if isinstance(event, QPaintEvent):
            self.areas.append(event.rect())
        return False


def test_the_keyboard_opens_the_menu_of_the_row(bars: ScoreBars, qtbot: QtBot) -> None:
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    menu = opened(bars)
    assert menu is not None
    with qtbot.waitSignal(bars.class_pin_toggled) as toggled:
        menu.actions()[-1].trigger()
    assert toggled.args == [230]
    assert menu.actions()[-1].text() == "Let it go"
    menu.close()


def test_a_class_without_a_unit_says_why(bars: ScoreBars, qtbot: QtBot) -> None:
    bars.set_barred("No layer gives the scores")
    menu = bars.menu_for(SCORES[0])
    questions = menu.actions()[:3]
    assert not any(action.isEnabled() for action in questions)
    assert all(action.toolTip() == "No layer gives the scores" for action in questions)
    assert "No layer gives the scores" in [action.text() for action in menu.actions()]
    assert menu.actions()[-1].isEnabled()  # it can be pinned
    menu.close()


def test_the_keyboard_pins(bars: ScoreBars, qtbot: QtBot) -> None:
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    with qtbot.waitSignal(bars.class_pin_toggled) as toggled:
        qtbot.keyClick(bars, Qt.Key.Key_Space)
    assert toggled.args == [1]


def test_height_grows_with_pinned_classes(bars: ScoreBars) -> None:
    assert bars.sizeHint().height() == 5 * ROW
    bars.set_scores([Score(k, str(k), 0.1) for k in range(7)])
    assert bars.sizeHint().height() == 7 * ROW


def test_without_a_class_output_nothing_can_be_pinned(
    bars: ScoreBars, qtbot: QtBot, mouse: Mouse
) -> None:
    bars.set_scores(None)
    bars.grab()
    with qtbot.assertNotEmitted(bars.class_pin_toggled):
        mouse.click(bars, QPointF(40, 12))


def test_bare_numbers_go_from_the_middle_to_their_side(bars: ScoreBars) -> None:
    bars.set_scores([Score(0, "left", -2.0, extent=4.0), Score(1, "right", 4.0, extent=4.0)])
    assert coloured_share(bars, 0, DARK.accent) == pytest.approx(0.25, abs=0.06)
    assert coloured_share(bars, 1, DARK.accent) == pytest.approx(0.5, abs=0.06)
    assert [score.text for score in bars._scores or ()] == ["−2.00", "4.00"]
