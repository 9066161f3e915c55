from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QMenu

from deepvis_app.ui.kit.theme import DARK
from deepvis_app.ui.panels.input.score_bars import ROW, Score, ScoreBars

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from tests.ui.widgets.conftest import Mouse

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
