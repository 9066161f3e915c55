from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPointF, Qt

from deepvis_app.ui.theme import DARK
from deepvis_app.ui.widgets.score_bars import ROW, Score, ScoreBars

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


def test_a_click_pins(bars: ScoreBars, qtbot: QtBot, mouse: Mouse) -> None:
    with qtbot.waitSignal(bars.class_pin_toggled) as toggled:
        mouse.click(bars, QPointF(40, 1.5 * ROW))
    assert toggled.args == [230]
    with qtbot.assertNotEmitted(bars.class_pin_toggled):
        mouse.click(bars, QPointF(40, 4.5 * ROW))  # no class there


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
