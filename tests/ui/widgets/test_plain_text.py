"""What files and networks say is shown as it is: Qt would take some of it for markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QLabel, QMessageBox, QToolTip, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.theme import LIGHT, apply_theme

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
