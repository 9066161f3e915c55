"""A process that is asked to end closes its windows in the ordinary way."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from PyQt6.QtWidgets import QDialog, QWidget

from deepvis_app.ui.interrupts import ENDING, close_on_interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PyQt6.QtGui import QCloseEvent
    from pytestqt.qtbot import QtBot


class Window(QWidget):
    closed = 0

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.closed += 1
        super().closeEvent(event)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {one: signal.getsignal(one) for one in ENDING}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.skipif(os.name != "posix", reason="sends signals to itself")
@pytest.mark.parametrize("asked", ENDING)
def test_windows_close_and_so_do_dialogs(asked: signal.Signals, qtbot: QtBot) -> None:
    window = Window()
    qtbot.addWidget(window)
    window.show()
    dialog = QDialog(window)
    dialog.setModal(True)
    dialog.show()
    close_on_interrupt()
    os.kill(os.getpid(), asked)
    qtbot.waitUntil(lambda: window.closed == 1)
    assert not dialog.isVisible()
    assert not window.isVisible()
