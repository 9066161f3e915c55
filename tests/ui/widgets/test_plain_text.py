"""What files and networks say is shown as it is: Qt would take some of it for markup."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QFontMetricsF
from PyQt6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip, QWidget

from deepvis_app.ui import kit
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.theme import LIGHT, apply_theme, font
from deepvis_app.ui.panels.pictures.tiles import Tile, TileGrid

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

MARKUP = "<b>tench</b><img src='/dev/zero'>"
PLAIN, RICH = Qt.TextFormat.PlainText, Qt.TextFormat.RichText


def test_qt_would_take_it_for_markup() -> None:
    assert Qt.mightBeRichText(MARKUP)
    assert QLabel(MARKUP).textFormat() is Qt.TextFormat.AutoText


def test_labels_show_text(qtbot: QtBot, qapp: QApplication) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    plain, elided, rich = QLabel(MARKUP, window), ElidedLabel(), QLabel(window)
    elided.setParent(window)
    elided.set_text(MARKUP)
    rich.setTextFormat(RICH)
    window.show()
    for _ in range(2):
        assert [label.textFormat() for label in (plain, elided, rich)] == [PLAIN, PLAIN, RICH]
        apply_theme(qapp, LIGHT)  # a change of the theme changes nothing of that


def test_messages_show_text(qtbot: QtBot) -> None:
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setText(MARKUP)
    box.show()
    shown = [label for label in box.findChildren(QLabel) if label.text() == MARKUP]
    assert [label.textFormat() for label in shown] == [PLAIN]


def test_tooltips_show_text(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    QToolTip.showText(QPoint(4, 4), MARKUP, widget)
    try:
        tips = [tip for tip in QApplication.topLevelWidgets() if tip.inherits("QTipLabel")]
        shown = [tip for tip in tips if isinstance(tip, QLabel) and tip.text() == MARKUP]
        assert [tip.textFormat() for tip in shown] == [PLAIN]
    finally:
        QToolTip.hideText()


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("two\nlines", "two lines"),
        ("a\ttab\r\nand more", "a tab and more"),
        ("a\u2028b", "a b"),
        ("\u202egpj.exe", "\ufffdgpj.exe"),
        ("half \udcff", "half \ufffd"),
        ("25\u202f% · d′ – “é”", "25\u202f% · d′ – “é”"),
        ("שלום", "שלום"),
        ("", ""),
    ],
)
def test_a_name_stands_on_one_line(qapp: QApplication, name: str, line: str) -> None:
    assert elided(QFontMetricsF(font()), name, Qt.TextElideMode.ElideRight, 1000.0) == line


def test_a_long_name_ends_where_its_room_does(qapp: QApplication) -> None:
    metrics = QFontMetricsF(font())
    for name in ("x" * 250, "x\n" * 250):
        shown = elided(metrics, name, Qt.TextElideMode.ElideRight, 60.0)
        assert shown.endswith("…")
        assert metrics.horizontalAdvance(shown) <= 60.0


def test_nothing_is_cut_past_this() -> None:
    own = Path(kit.__path__[0], "elided.py")
    sources = [path for path in own.parents[1].rglob("*.py") if path != own]
    assert len(sources) > 100
    assert [p.name for p in sources if ".elidedText(" in p.read_text(encoding="utf-8")] == []


def test_a_tile_s_label_is_a_line(qtbot: QtBot) -> None:
    pictures = []
    for label in ("two\nlines", "two lines"):
        grid = TileGrid(1, "tiles")
        qtbot.addWidget(grid)
        grid.set_tiles([Tile(None, "1.00", label)])
        grid.resize(120, 120)
        pictures.append(grid.grab().toImage())
    assert pictures[0] == pictures[1]
