"""However the process is told to end, what was done is kept, and it ends soon.

A signal (Ctrl+C in the terminal, its closing, `kill`) closes the window as its own button does.
When the screen's server is gone there is no window to close: Qt would leave at once and the
threads that still run would make that an abort.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from PyQt6.QtCore import (
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
)
from PyQt6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK")  # as far as the system has them
ENDING = tuple(getattr(signal, name) for name in _NAMES if hasattr(signal, name))
LEAVE_S = 12.0  # what has not been written by then never will be
# What Qt's platforms for X11 and Wayland say before they leave the process.
LOST_DISPLAY = ("connection broke", "connection experienced a fatal error")


def close_on_interrupt() -> None:
    """Close all windows when the process is asked to end; a second signal ends it at once.

    What is ignored stays so: `nohup` and scripts that run it in the background mean it. Python
    sees a signal when it next runs code in the main thread: the window's timers see to that.
    """
    taken = [one for one in ENDING if signal.getsignal(one) is not signal.SIG_IGN]

    def close(_signal: int, _frame: object) -> None:
        for one in taken:
            signal.signal(one, signal.SIG_DFL)
        _end_within(LEAVE_S)
        QTimer.singleShot(0, QApplication.closeAllWindows)  # what runs now comes to its end

    for one in taken:
        signal.signal(one, close)


def keep_when_the_display_is_lost(put_away: Callable[[], None]) -> None:
    """Run `put_away` and end the process when Qt says that the screen's server is gone."""

    def hear(kind: QtMsgType, context: QMessageLogContext, text: str | None) -> None:
        text = text or ""
        with suppress(OSError):  # the terminal may be gone, too
            print(qFormatLogMessage(kind, context, text), file=sys.stderr, flush=True)  # noqa: T201
        if any(words in text for words in LOST_DISPLAY):
            _end_within(LEAVE_S)
            put_away()
            os._exit(1)

    qInstallMessageHandler(hear)


def leave(code: int) -> int:
    """Return the exit code; where a thread would never end, end the process with it instead."""
    if threading.active_count() > 1:  # of a network that hangs; all files are written
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    return code


def _end_within(seconds: float) -> None:
    """End the process then, whatever its threads are at; a timer below Python sees to that."""
    nowhere = os.open(os.devnull, os.O_WRONLY)  # for the threads' places; it is to stay open
    faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
