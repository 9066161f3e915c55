"""Ctrl+C in the terminal, or a request to end, closes the window as its own button does."""

from __future__ import annotations

import signal

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

ENDING = (signal.SIGINT, signal.SIGTERM)


def close_on_interrupt() -> None:
    """Close all windows when the process is asked to end; without, it is an error in any slot.

    Python sees a signal when it next runs code in the main thread: the display clock sees to that.
    """

    def close(_signal: int, _frame: object) -> None:
        QTimer.singleShot(0, QApplication.closeAllWindows)  # what runs now comes to its end

    for one in ENDING:
        signal.signal(one, close)
